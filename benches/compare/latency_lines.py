"""The tail of scrapes and their first byte, while the exporter is idle and while it polls all the time."""

import statistics
import time

import client
import table
from polls import wait_for_poll
from setting import EVERY_USER, NOTHING, ONCE, wait_until_polled

USERS, SCRAPES = 100_000, 200
# So long that several polls end during the scrapes.
PAUSE = 0.05


def tail_of_scrapes(setting):
    idle_cloud = setting.simulate(USERS, NOTHING)
    idle = setting.export(idle_cloud, ONCE)
    wait_until_polled(idle)
    yield from _tail(idle, f"{SCRAPES} gzip scrapes at {USERS:,} users, idle")
    idle.program.stop()
    cloud = setting.simulate(USERS, EVERY_USER)
    busy = setting.export(cloud, "100ms")
    wait_for_poll(cloud, busy, 2)
    before = cloud.polls_begun()[1]
    rows = list(_tail(busy, f"{SCRAPES} gzip scrapes at {USERS:,} users, polls all the time"))
    yield from rows[:1]
    polls = cloud.polls_begun()[1] - before
    yield from (row._replace(what=f"{row.what} ({polls} polls ended)") for row in rows[1:])


def _tail(exporter, what):
    with client.Connection(exporter.port) as connection:
        for _ in range(3):
            connection.get("/metrics")
        answers = []
        for _ in range(SCRAPES):
            time.sleep(PAUSE)
            answers.append(connection.get("/metrics"))
    if {answer.status for answer in answers} != {200}:
        raise ConnectionError("a scrape failed")
    for label, values, most in (
        ("wall", [answer.total for answer in answers], None),
        ("first byte", [answer.first_byte for answer in answers], 1),
    ):
        median, p90 = statistics.median(values), table.percentile(values, 90)
        if most is None:
            yield table.at_most(f"{what}, p90 against the median", _ms(p90), _ms(median), [p90 / median], 3)
        else:
            text = f"{what}, first byte, p90 (median {_ms(median)}, maximum {_ms(max(values))})"
            yield table.value_at_most(text, [p90], "ms", most)


def _ms(seconds):
    return table.spread([seconds], "ms")
