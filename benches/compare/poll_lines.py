"""CPU time of one poll, all in, against `gzip -6` of the same text; and the duration of a long walk."""

import os
import statistics
import subprocess

import client
import table
from measure import cpu_seconds
from polls import wait_for_next_poll
from setting import EVERY_USER, NOTHING, ONCE, wait_until_polled

ITEM = "voice_clone_basic"
LATENCY_MS, PAGES, CONCURRENCY = 50, 1_000, 16


def cpu_of_a_poll(setting):
    """All users change, then nothing, then 1 percent of them, evenly over the list."""
    whole, gzip = _measure(setting, 100_000, EVERY_USER, "5s", against_gzip=True)
    yield table.against("CPU of a poll of 100,000 users, all change, against `gzip -6`", whole, gzip, "s", 0.6)
    nothing, _ = _measure(setting, 100_000, NOTHING, "5s")
    yield _part_of("nothing changes", nothing, whole, None)
    some, _ = _measure(setting, 100_000, NOTHING, "5s", edit=_edit_one_percent)
    yield _part_of("1,000 users change", some, whole, 0.3)


def cpu_a_user(setting):
    """The CPU time of a poll in which all users change, divided by their number."""
    all_sizes = [
        (users, statistics.median(_measure(setting, users, EVERY_USER, interval)[0]) / users)
        for users, interval in ((1_000, "1s"), (10_000, "1s"), (100_000, "5s"))
    ]
    values = ", ".join(f"{table.spread([value], 'us')} at {users:,}" for users, value in all_sizes)
    costs = [value for _, value in all_sizes]
    yield table.at_most("CPU a user of a poll, the most against the least", values, "", [max(costs) / min(costs)], 1.2)


def walk_of_1_000_pages(setting):
    """A walk of 1,000 pages, each of which the cloud answers after 50 ms."""
    cloud = setting.simulate(100 * PAGES, NOTHING, f"--latency={LATENCY_MS}ms")
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
    for _ in (1, 2):
        wait_for_next_poll(cloud, exporter)
    text = setting.directory / "text"
    if against_gzip:
        text.write_bytes(client.fetch(exporter.port, "/metrics", gzip=False))
        wait_for_next_poll(cloud, exporter)
    polls, gzips = [], []
    for number in range(setting.options.rounds):
        if edit:
            edit(cloud, number)
        before = cpu_seconds(exporter.process_id)
        wait_for_next_poll(cloud, exporter)
        poll = cpu_seconds(exporter.process_id) - before
        # Work that a poll leaves to the first scrape belongs to the poll.
        first, second = (_cpu_of_a_scrape(exporter) for _ in (1, 2))
        polls.append(poll + max(first - second, 0))
        if against_gzip:
            gzips.append(_cpu_of_gzip(text))
    exporter.program.stop()
    return polls, gzips


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
