"""A real Prometheus scrapes the exporter."""

import pytest

import exposition
import shipped
from exporter import ONE_POLL
from prometheus import Prometheus

CONFIGURATION = """\
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: metastudio
    static_configs:
      - targets: ['{target}']
"""


@pytest.fixture
def exporter(simulate, serve):
    # With one poll, the scrape of the test and Prometheus' scrapes have the same values.
    exporter = serve(simulate("--speed", "0"), *ONE_POLL)
    exporter.wait_until_polled()
    return exporter


@pytest.fixture
def prometheus(start, tmp_path, exporter):
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(CONFIGURATION.format(target=exporter.address))
    prometheus = Prometheus(start, configuration, tmp_path / "prometheus-data")
    prometheus.program.wait_until(lambda: prometheus.query("scrape_samples_scraped"), "it has scraped")
    return prometheus


def test_prometheus_scrapes_every_sample_without_an_error(exporter, prometheus):
    (target,) = prometheus.targets()
    assert (target["health"], target["lastError"]) == ("up", "")

    by_hand = exporter.scrape()

    (scraped,) = prometheus.query("scrape_samples_scraped").values()
    (stored,) = prometheus.query("scrape_samples_post_metric_relabeling").values()
    assert (scraped, stored) == (len(by_hand), len(by_hand))
    data = exposition.data(by_hand)
    assert len(data) > 250 * 8
    assert exposition.data(prometheus.query('{job="metastudio"}')) == data


def test_a_target_label_project_does_not_merge_projects(exporter, start, tmp_path):
    configuration = shipped.write_prometheus(tmp_path, shipped.static([exporter.address]), "127.0.0.1:9")
    targets = f'- targets: ["{exporter.address}"]'
    text = configuration.read_text()
    assert text.count(targets) == 1
    configuration.write_text(text.replace(targets, f"{targets}\n        labels: {{project: of the target}}"))
    prometheus = Prometheus(start, configuration, tmp_path / "prometheus-data")
    prometheus.program.wait_until(lambda: prometheus.query("scrape_samples_scraped"), "it has scraped")

    by_hand = exposition.data(exporter.scrape())
    assert len({project for _, labels in by_hand for name, project in labels if name == "project"}) == 1
    assert exposition.data(prometheus.query('{job="metastudio-exporter",__name__!~"metastudio:.*"}')) == by_hand


def test_the_ratio_of_usage_and_limit_is_0_for_users_without_a_limit(exporter, prometheus):
    samples = exporter.scrape()
    limits = exposition.with_prefix(samples, "metastudio_user_quota_limit")
    unlimited = {labels for (_, labels), limit in limits.items() if limit == float("inf")}
    usages = exposition.with_prefix(samples, "metastudio_user_quota_usage")
    used = {labels for (_, labels), usage in usages.items() if usage > 0}
    assert unlimited & used, "otherwise the ratio is 0 in any case"

    ratios = prometheus.query(
        "(metastudio_user_quota_usage / metastudio_user_quota_limit) and metastudio_user_quota_limit == Inf"
    )

    assert set(ratios.values()) == {0.0}
    reported = {labels for _, labels in usages}
    assert {labels for _, labels in ratios} == unlimited & reported
