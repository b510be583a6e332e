"""Scrapes against nginx, which serves the same bytes from a file."""

import gzip
import statistics

import client
import table
from measure import cpu_seconds
from setting import NOTHING, ONCE, wait_until_polled


def gzip_scrape_at_10_000_users(setting):
    yield from _compare(setting, 10_000, True, requests=300, wall=0.8, cpu=1.5)


def gzip_scrape_at_100_000_users(setting):
    yield from _compare(setting, 100_000, True, requests=40, wall=0.6)


def plain_scrape_at_10_000_users(setting):
    yield from _compare(setting, 10_000, False, requests=60, wall=1.1)


def _compare(setting, users, compressed, requests, wall, cpu=None):
    cloud = setting.simulate(users, NOTHING)
    exporter = setting.export(cloud, ONCE)
    wait_until_polled(exporter)
    body = client.fetch(exporter.port, "/metrics", compressed)
    if compressed and not gzip.decompress(body).startswith(b"# HELP"):
        raise ValueError("the scrape has no metrics")
    name = "metrics.gz" if compressed else "metrics"
    (setting.directory / name).write_bytes(body)
    always = "gzip_static always;" if compressed else ""
    nginx = setting.nginx(f"; root {setting.directory}; default_type text/plain; {always}")

    servers = (exporter, nginx)
    rounds = [[], []]
    for number in range(setting.options.rounds):
        # In turn, so that neither always comes first.
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            rounds[which].append(_round(servers[which], compressed, requests))
    coding = "gzip" if compressed else "plain"
    what = f"{coding} scrape at {users:,} users ({len(body) / 1e6:.1f} MB, {requests} requests a round)"
    for field, label, most in ((0, "wall", wall), (1, "first byte", None), (2, "CPU", cpu)):
        ours, theirs = ([one[field] for one in each] for each in rounds)
        yield table.against(f"{what}, {label}", ours, theirs, "ms", most)


def _round(server, compressed, requests):
    """Medians of the seconds of a request and until its first byte, and the mean of the server's CPU time."""
    with client.Connection(server.port) as connection:
        for _ in range(3):
            connection.get("/metrics", compressed)
        before = cpu_seconds(server.process_id)
        answers = [connection.get("/metrics", compressed) for _ in range(requests)]
        cpu = (cpu_seconds(server.process_id) - before) / requests
    if {answer.status for answer in answers} != {200}:
        raise ConnectionError("a scrape failed")
    return statistics.median(answer.total for answer in answers), statistics.median(a.first_byte for a in answers), cpu
