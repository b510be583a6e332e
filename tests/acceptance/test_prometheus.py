"""A real Prometheus scrapes the exporter."""

import json
import urllib.parse

import pytest

import exposition
import loopback
from programs import free_port, installed

CONFIGURATION = """\
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: metastudio
    static_configs:
      - targets: ['{target}']
"""
# One poll, so that a scrape by hand and Prometheus' scrapes show the same.
ONE_POLL = ("--poll.interval=24h", "--poll.max-staleness=48h")
ADDED_BY_PROMETHEUS = ("instance", "job")


class Prometheus:
    """A running Prometheus and its API."""

    def __init__(self, start, directory, target):
        configuration = directory / "prometheus.yml"
        configuration.write_text(CONFIGURATION.format(target=target))
        address = f"127.0.0.1:{free_port()}"
        self._api = f"http://{address}/api/v1"
        self.program = start(
            [
                installed("prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={directory / 'prometheus-data'}",
                f"--web.listen-address={address}",
            ],
            {},
        )
        self.program.wait_until(
            lambda: loopback.answers_200(f"http://{address}/-/ready"), "Prometheus is ready"
        )

    def target(self):
        """The one target."""
        (target,) = self._ask("targets", state="active")["activeTargets"]
        return target

    def query(self, expression):
        """The samples of an instant query, without the labels that Prometheus adds."""
        samples = {}
        for row in self._ask("query", query=expression)["result"]:
            labels = {name: value for name, value in row["metric"].items() if name not in ADDED_BY_PROMETHEUS}
            samples[exposition.key(labels.pop("__name__", ""), **labels)] = float(row["value"][1])
        return samples

    def _ask(self, path, **parameters):
        answer = loopback.get(f"{self._api}/{path}?{urllib.parse.urlencode(parameters)}")
        assert answer.status == 200, answer.text
        return json.loads(answer.text)["data"]


@pytest.fixture
def exporter(simulate, serve):
    exporter = serve(simulate("--speed", "0"), *ONE_POLL)
    exporter.wait_until_polled()
    return exporter


@pytest.fixture
def prometheus(start, tmp_path, exporter):
    prometheus = Prometheus(start, tmp_path, exporter.url.removeprefix("http://"))
    prometheus.program.wait_until(lambda: prometheus.query("scrape_samples_scraped"), "it has scraped")
    return prometheus


def test_prometheus_scrapes_every_sample_without_an_error(exporter, prometheus):
    target = prometheus.target()
    assert (target["health"], target["lastError"]) == ("up", "")

    by_hand = exporter.scrape()

    (scraped,) = prometheus.query("scrape_samples_scraped").values()
    (stored,) = prometheus.query("scrape_samples_post_metric_relabeling").values()
    assert (scraped, stored) == (len(by_hand), len(by_hand))
    data = exposition.data(by_hand)
    assert len(data) > 250 * 8
    assert exposition.data(prometheus.query('{job="metastudio"}')) == data


def test_the_ratio_of_usage_and_limit_is_0_for_users_without_a_limit(exporter, prometheus):
    samples = exporter.scrape()
    limits = exposition.named(samples, "metastudio_user_quota_limit")
    unlimited = {labels for (_, labels), limit in limits.items() if limit == float("inf")}
    usages = exposition.named(samples, "metastudio_user_quota_usage")
    used = {labels for (_, labels), usage in usages.items() if usage > 0}
    assert unlimited & used, "or the ratio would be 0 anyway"

    ratios = prometheus.query(
        "(metastudio_user_quota_usage / metastudio_user_quota_limit) and metastudio_user_quota_limit == Inf"
    )

    assert set(ratios.values()) == {0.0}
    told = {labels for _, labels in usages}
    assert {labels for _, labels in ratios} == unlimited & told
