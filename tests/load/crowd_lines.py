"""The lines of a crowd: what the clients saw, and whether polls kept their interval."""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor

import exposition
import figures
from crowd import SCRAPE_TIMEOUT, Crowd
from limited import CONNECTIONS
from programs import memory, wait_until

# In addition to a list of metrics for each connection and what it buffers.
MOST_MEMORY = 128e6
# From one end to the next. Before each of its requests a poll waits for a part of the crowd, but none is left out.
MOST_INTERVALS = 2
PAGES_OF_A_POLL = 3


def crowd_lines(exporter, cloud, size, seconds, limit, interval, patience):
    """The lines of a crowd of (scrapers, idle connections) that stays for so long."""
    with ProcessPoolExecutor(1) as another:
        # The clients take all of a core, so that they cannot see when polls are late.
        stay = another.submit(_stay, exporter.address, size, seconds)
        ends = _ends_of_polls(cloud, stay)
        crowd = stay.result()
    peak, gaps = memory(exporter.program.process_id)[1], [after - before for before, after in zip(ends, ends[1:])]
    failed = exposition.rows(exporter.scrape(), "metastudio_exporter_poll_failures_total")
    who = f"{size[0]} scrapers, limit of {limit or 'none'}"
    answers = f"{crowd.seen[200]:,} scrapes, {crowd.seen['reconnected']:,} connections closed between two"
    idle = f"idle connections at once, {crowd.seen['disconnected']:,} closed for others"
    return [
        figures.none(f"{who}: failed, besides {answers}", crowd.failures),
        _refused(f"{who}: refused with 503 as documented", crowd.seen[503], limit),
        figures.at_most(f"{who}: connections that the exporter has at once", crowd.most_open, CONNECTIONS),
        figures.at_least(f"{who}: {idle}", crowd.most_idle(), min(size[1], CONNECTIONS - size[0])),
        figures.at_most(f"{who}: slowest scrape", max(crowd.durations), SCRAPE_TIMEOUT, "s"),
        figures.at_most(f"{who}: peak memory", peak, MOST_MEMORY, "MB"),
        figures.none(f"{who}: polls that failed", [row for row in failed if row[1]]),
        figures.at_least(f"{who}: polls every {interval:g} s", len(ends) - 2, int(seconds / interval / patience)),
        figures.at_most(f"{who}: longest time between polls", max(gaps), MOST_INTERVALS * interval * patience, "s"),
    ]


def _stay(address, size, seconds):
    crowd = Crowd(address)
    asyncio.run(crowd.run(*size, seconds))
    return crowd


def _ends_of_polls(cloud, stay):
    """When polls of the user quotas ended, between the start and the end of a stay."""
    ends, known = [time.monotonic()], _polls(cloud)

    def is_over():
        if _polls(cloud) >= known + len(ends):
            ends.append(time.monotonic())
        return stay.done()

    wait_until(is_over, "the crowd has left", deadline=600)
    return [*ends, time.monotonic()]


def _polls(cloud):
    pages = sum(count for (_, path, _), count in cloud.requests().items() if path.endswith("user/quotas"))
    return pages // PAGES_OF_A_POLL


def _refused(what, number, limit):
    """Beyond a limit, any number of scrapes may be refused."""
    return figures.Figure(what, f"{number:,}", "any" if limit else "0", bool(limit) or number == 0)
