"""Memory: of many users while they are polled and scraped, and of many projects."""

import statistics
import time

import client
import table
from polls import changed_users, wait_for_next_poll, wait_for_poll
from programs import memory, wait_until
from setting import AS_IN_REAL_TIME, EVERY_USER, NOTHING, wait_until_polled

PROJECTS, USERS_A_PROJECT, RESOURCES_A_PROJECT = 5_000, 20, 5
# The interval of the projects, in seconds.
SPREAD = 10
SETTLED = 1


def memory_at_100_000_users(setting):
    """Nearly every user changes from poll to poll, which is the hardest case."""
    polls = setting.options.polls
    cloud, exporter, resident, peak, text = _poll_and_scrape(setting, 100_000, EVERY_USER, polls)
    first, twelfth, last = resident[0], resident[min(12, polls) - 1], resident[-1]
    changed = changed_users(cloud, lambda: wait_for_next_poll(cloud, exporter))
    steady = statistics.median(resident[-20:])
    what = "memory at 100,000 users"
    text_mb = table.spread([text], "MB") + " of text"
    yield table.at_most(
        f"{what}, {changed:,} of them change a poll, steady",
        _mb(resident[-20:]),
        text_mb,
        [steady / text],
        0.15,
    )
    yield table.at_most(f"{what}, peak (VmHWM)", _mb([peak]), text_mb, [peak / text], 0.25)
    yield table.at_most(
        f"{what}, after {polls} polls against after 12 (after the first: {_mb([first])})",
        _mb([last]),
        _mb([twelfth]),
        [last / twelfth],
        1.05,
    )


def memory_with_few_changes(setting):
    """Usage grows as fast as real time, then not at all."""
    for speed in (AS_IN_REAL_TIME, NOTHING):
        cloud, exporter, resident, peak, text = _poll_and_scrape(setting, 100_000, speed, 12)
        changed = changed_users(cloud, lambda: wait_for_next_poll(cloud, exporter)) if speed != NOTHING else 0
        exporter.program.stop()
        steady, text_mb = statistics.median(resident[-4:]), table.spread([text], "MB") + " of text"
        what = f"memory at 100,000 users, {changed:,} of them change a poll, after 12 polls"
        yield table.at_most(what, _mb(resident[-4:]), text_mb, [steady / text], 0.15)
        yield table.at_most(f"{what}, peak (VmHWM)", _mb([peak]), text_mb, [peak / text], 0.25)


def memory_at_10_000_users(setting):
    """Every user changes from poll to poll."""
    *_, resident, peak, text = _poll_and_scrape(setting, 10_000, EVERY_USER, 24, "3s")
    steady, text_mb = statistics.median(resident[-12:]), table.spread([text], "MB") + " of text"
    what = "memory at 10,000 users"
    yield table.at_most(f"{what}, steady", _mb(resident[-12:]), text_mb, [steady / text], 0.5)
    yield table.at_most(f"{what}, peak (VmHWM)", _mb([peak]), text_mb, [peak / text], 0.5)


def memory_a_project(setting):
    """5,000 projects of 20 users and 5 resources against one such project, each scraped after some polls."""
    many, one = (_memory_of_projects(setting, projects) for projects in (PROJECTS, 1))
    a_project = (many - one) / (PROJECTS - 1)
    what = f"memory a project ({PROJECTS:,} projects of {USERS_A_PROJECT} users: {_mb([many])}; 1: {_mb([one])})"
    yield table.value_at_most(what, [a_project], "KB", 20)


def _poll_and_scrape(setting, users, speed, polls, interval=None):
    """Polls and scrapes in turn; returns the memory after each scrape, its peak, and the length of the plain text."""
    cloud = setting.simulate(users, speed)
    exporter = setting.export(cloud, interval or setting.options.interval)
    resident = []
    for poll in range(1, polls + 1):
        wait_for_poll(cloud, exporter, poll)
        client.length(exporter.port, "/metrics")
        # What a poll has taken goes back to the system half a second after it.
        time.sleep(SETTLED)
        resident.append(memory(exporter.process_id)[0])
    peak = memory(exporter.process_id)[1]
    wait_until_polled(exporter)
    return cloud, exporter, resident, peak, client.length(exporter.port, "/metrics", gzip=False)


def _memory_of_projects(setting, projects):
    """Polls of many projects are spread over the interval, so that the median over an interval counts."""
    cloud = setting.simulate(USERS_A_PROJECT, f"--resources={RESOURCES_A_PROJECT}", EVERY_USER, projects=projects)
    exporter = setting.export(cloud, f"{SPREAD}s")
    wait_until_polled(exporter)
    for polls in (2, 3):
        client.length(exporter.port, "/metrics")
        wait_until(lambda: cloud.polls_begun()[1] >= polls, f"{polls} polls of each project", deadline=120)
    resident = []
    for _ in range(2 * SPREAD):
        time.sleep(0.5)
        client.length(exporter.port, "/metrics")
        resident.append(memory(exporter.process_id)[0])
    exporter.program.stop()
    return statistics.median(resident)


def _mb(values):
    return table.spread(values, "MB")
