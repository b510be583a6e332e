"""A real Prometheus that scrapes 10,000 users, plain against gzip.

Debian's Prometheus always asks for gzip, so that nginx stands between it and the exporter: it passes Accept-Encoding on
for one measurement and drops it for the other, and the way is the same. The CPU time is that of Prometheus alone.
"""

import json
import statistics
import tempfile
import urllib.parse
from pathlib import Path

import client
import table
from measure import cpu_seconds
from programs import wait_until
from setting import EVERY_USER, wait_until_polled

USERS, SCRAPES, INTERVAL = 10_000, 6, 4
# The first scrapes create the series.
WARM_UP = 2


def prometheus_plain_and_gzip(setting):
    """Users change between the scrapes, as they do between polls."""
    cloud = setting.simulate(USERS, EVERY_USER)
    exporter = setting.export(cloud, f"{INTERVAL}s")
    wait_until_polled(exporter)
    upstream = f"proxy_pass http://127.0.0.1:{exporter.port}; proxy_buffering off; proxy_http_version 1.1;"
    results = []
    for coding in ("gzip", '""'):
        proxy = setting.nginx(f"; location / {{ {upstream} proxy_set_header Accept-Encoding {coding}; }}")
        results.append(_scrape(setting, proxy.port))
        proxy.program.stop()
    (gzip, gzip_cpu), (plain, plain_cpu) = results
    what = f"Prometheus scrapes {USERS:,} users through nginx, gzip against plain"
    yield table.at_most(
        f"{what}, `scrape_duration_seconds` ({SCRAPES} scrapes)",
        table.spread(gzip, "ms"),
        table.spread(plain, "ms"),
        [statistics.median(gzip) / statistics.median(plain)],
    )
    yield table.at_most(
        f"{what}, CPU of Prometheus a scrape",
        table.spread([gzip_cpu], "ms"),
        table.spread([plain_cpu], "ms"),
        [gzip_cpu / plain_cpu],
    )


def _scrape(setting, port):
    """`scrape_duration_seconds` of each scrape after the first ones, and the CPU seconds of a scrape."""
    directory = Path(tempfile.mkdtemp("", "prometheus-", setting.directory))
    configuration = directory / "prometheus.yml"
    configuration.write_text(
        f"global: {{scrape_interval: {INTERVAL}s, scrape_timeout: {INTERVAL}s}}\n"
        f"scrape_configs: [{{job_name: exporter, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
    )
    prometheus = setting.prometheus(configuration, directory / "data")
    _wait_for_scrapes(prometheus, WARM_UP)
    before = cpu_seconds(prometheus.process_id)
    durations = _wait_for_scrapes(prometheus, WARM_UP + SCRAPES)
    cpu = (cpu_seconds(prometheus.process_id) - before) / (len(durations) - WARM_UP)
    prometheus.program.stop()
    return durations[WARM_UP:], cpu


def _wait_for_scrapes(prometheus, number):
    """All samples of `scrape_duration_seconds` as soon as there are so many; fails if a scrape failed."""

    def samples():
        if _samples(prometheus, "up == 0"):
            raise RuntimeError("Prometheus could not scrape")
        durations = _samples(prometheus, "scrape_duration_seconds[1h]")
        return durations if len(durations) >= number else None

    return wait_until(samples, f"{number} scrapes", deadline=INTERVAL * (number + 10))


def _samples(prometheus, expression):
    """The values of the only series of a query."""
    query = urllib.parse.urlencode({"query": expression})
    answer = json.loads(client.fetch(prometheus.port, f"/api/v1/query?{query}", gzip=False))
    rows = answer["data"]["result"]
    return [float(value) for _, value in rows[0].get("values", [rows[0].get("value")])] if rows else []
