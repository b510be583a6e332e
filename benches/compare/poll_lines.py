"""CPU time of one poll, all in, against `gzip -6` of the same text; and the duration of a long walk."""

import os
import statistics
import subprocess
import time

import client
import table
from measure import cpu_seconds
from polls import wait_for_poll
from programs import wait_until
from setting import EVERY_USER, NOTHING, ONCE, wait_until_polled

ITEM = "voice_clone_basic"
# Longer than a poll and `gzip` together.
APART = "8s"
# The interval of polls of many projects, in seconds.
SPREAD = 8
LATENCY_MS, PAGES, CONCURRENCY = 50, 1_000, 16


def cpu_of_a_poll(setting):
    """All users change, then nothing, then 1 percent of them, evenly over the list."""
    whole, gzip = _measure(setting, 100_000, EVERY_USER, APART, against_gzip=True)
    yield table.against("CPU of a poll of 100,000 users, all change, against `gzip -6`", whole, gzip, "s", 0.6)
    nothing, _ = _measure(setting, 100_000, NOTHING, APART)
    yield _part_of("nothing changes", nothing, whole, None)
    some, _ = _measure(setting, 100_000, NOTHING, APART, edit=_edit_one_percent)
    yield _part_of("1,000 users change", some, whole, 0.3)


def cpu_a_user(setting):
    """100,000 users in lists of different lengths. One short list alone would find the caches of the CPU empty."""
    costs = {users: _cpu_a_user(setting, users) for users in (1_000, 10_000, 100_000)}
    values = ", ".join(f"{table.spread([cost], 'us')} in lists of {users:,}" for users, cost in costs.items())
    ratio = max(costs.values()) / min(costs.values())
    what = "CPU a user of a poll of 100,000 users, all change, the most against the least"
    yield table.at_most(what, values, "", [ratio], 1.2)


def walk_of_1_000_pages(setting):
    """A walk of 1,000 pages, each of which the cloud answers after 50 ms."""
    # The last page is not full: after a full one, the exporter asks for one more.
    cloud = setting.simulate(100 * PAGES - 50, NOTHING, f"--latency={LATENCY_MS}ms")
    durations = []
    for _ in range(min(3, setting.options.rounds)):
        exporter = setting.export(cloud, ONCE, concurrency=CONCURRENCY)
        wait_until_polled(exporter)
        text = client.fetch(exporter.port, "/metrics", gzip=False).decode()
        start = text.index("metastudio_poll_duration_seconds{")
        rows = text[start : start + 1000].splitlines()
        durations += [float(row.split()[-1]) for row in rows if "poll_duration" in row and '"user_quotas"' in row]
        exporter.program.stop()
    ideal = PAGES / CONCURRENCY * LATENCY_MS / 1000
    what = f"walk of {PAGES:,} pages at {LATENCY_MS} ms, concurrency {CONCURRENCY}"
    reference = f"{ideal:.3f} s ({PAGES:,} / {CONCURRENCY} * {LATENCY_MS} ms)"
    yield table.at_most(what, table.spread(durations, "s"), reference, [each / ideal for each in durations], 1.1)


def _measure(setting, users, speed, interval, edit=None, against_gzip=False):
    """CPU seconds of each poll after the first two, and of `gzip -6` after each of them."""
    cloud = setting.simulate(users, speed)
    exporter = setting.export(cloud, interval)
    text = setting.directory / "text"
    if against_gzip:
        wait_until_polled(exporter)
        text.write_bytes(client.fetch(exporter.port, "/metrics", gzip=False))
    number = cloud.polls_begun()[0] + 2
    wait_for_poll(cloud, exporter, number)
    polls, gzips = [], []
    for _ in range(setting.options.rounds):
        # What is between two polls is not lost, even if the next one begins early.
        before = cpu_seconds(exporter.process_id)
        if edit:
            edit(cloud, number)
        if against_gzip:
            gzips.append(_cpu_of_gzip(text))
        number += 1
        wait_for_poll(cloud, exporter, number)
        poll = cpu_seconds(exporter.process_id) - before
        # Work that a poll leaves to the first scrape belongs to the poll.
        first, second = (_cpu_of_a_scrape(exporter) for _ in (1, 2))
        if cloud.polls_begun()[0] > number:
            raise RuntimeError("the machine is too busy: polls are not apart")
        polls.append(poll + max(first - second, 0))
    exporter.program.stop()
    return polls, gzips


def _cpu_a_user(setting, users):
    """CPU seconds a user of a poll of 100,000 users, of which each project has so many."""
    projects = 100_000 // users
    cloud = setting.simulate(users, EVERY_USER, projects=projects)
    exporter = setting.export(cloud, f"{SPREAD}s")
    wait_until(lambda: cloud.polls_begun()[1] >= 3, "three polls of each project", deadline=300)
    # Each project is polled at a point of its own, once in each interval.
    before = cpu_seconds(exporter.process_id)
    time.sleep(SPREAD * setting.options.rounds)
    seconds = cpu_seconds(exporter.process_id) - before
    exporter.program.stop()
    return seconds / setting.options.rounds / 100_000


def _cpu_of_a_scrape(exporter):
    before = cpu_seconds(exporter.process_id)
    client.length(exporter.port, "/metrics")
    return cpu_seconds(exporter.process_id) - before


def _cpu_of_gzip(path):
    process = subprocess.Popen(["gzip", "-6", "-c", path], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"gzip ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def _edit_one_percent(cloud, number):
    """Gives every hundredth user another usage than before."""
    project = cloud.projects[0]["id"]
    if not hasattr(cloud, "hundredths"):
        cloud.hundredths = [row["user_id"] for row in cloud.truth(project)["assets"]][::100]
    cloud.edit({f"projects/{project}/users/{user}/usage/{ITEM}": number % 2 for user in cloud.hundredths})


def _part_of(what, part, whole, most):
    base = statistics.median(whole)
    what = f"CPU of a poll of 100,000 users, {what}, against all change"
    return table.at_most(what, table.spread(part, "s"), table.spread([base], "s"), [each / base for each in part], most)
