"""The tail of scrapes and their first byte: back to back, with pauses, and with pauses while the exporter polls."""

import statistics
import time

import client
import table
from polls import wait_for_poll
from setting import EVERY_USER, NOTHING, ONCE, wait_until_polled

USERS, SCRAPES = 100_000, 200
# So long that several polls end during the scrapes. After a pause the caches of the processor are cold.
PAUSE = 0.05
FIRST_BYTE_MS = 1


def tail_of_scrapes(setting):
    """nginx, which serves the same bytes, shows what a pause costs any server on this machine."""
    cloud = setting.simulate(USERS, NOTHING)
    idle = setting.export(cloud, ONCE)
    wait_until_polled(idle)
    (setting.directory / "metrics.gz").write_bytes(client.fetch(idle.port, "/metrics"))
    nginx = setting.nginx(f"; root {setting.directory}; default_type text/plain; gzip_static always;")
    for label, pause in (("back to back", 0), ("with pauses", PAUSE)):
        yield from _rows(f"idle, {label}", _scrape(idle, pause), _scrape(nginx, pause))
    idle.program.stop()
    cloud = setting.simulate(USERS, EVERY_USER)
    busy = setting.export(cloud, "100ms")
    wait_for_poll(cloud, busy, 2)
    before = cloud.polls_begun()[1]
    answers = _scrape(busy, PAUSE)
    ended = cloud.polls_begun()[1] - before
    yield from _rows(f"polling all the time ({ended} polls ended), with pauses", answers, _scrape(nginx, PAUSE))


def _scrape(server, pause):
    with client.Connection(server.port) as connection:
        for _ in range(3):
            connection.get("/metrics")
        answers = []
        for _ in range(SCRAPES):
            time.sleep(pause)
            answers.append(connection.get("/metrics"))
    if {answer.status for answer in answers} != {200}:
        raise ConnectionError("a scrape failed")
    return answers


def _rows(what, ours, theirs):
    what = f"{SCRAPES} gzip scrapes at {USERS:,} users, {what}"
    totals = [answer.total for answer in ours]
    p90, median = table.percentile(totals, 90), statistics.median(totals)
    yield table.at_most(f"{what}: p90 against the median", _ms(p90), _ms(median), [p90 / median], 3)
    first = [answer.first_byte for answer in ours]
    p90 = table.percentile(first, 90)
    yield table.Row(
        f"{what}: first byte",
        f"p90 {_ms(p90)}, median {_ms(statistics.median(first))}, maximum {_ms(max(first))}",
        f"nginx: p90 {_ms(table.percentile([answer.first_byte for answer in theirs], 90))}",
        target=f"p90 under {FIRST_BYTE_MS} ms",
        met=p90 * 1000 < FIRST_BYTE_MS,
    )


def _ms(seconds):
    return table.spread([seconds], "ms")
