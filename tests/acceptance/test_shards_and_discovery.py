"""Projects shared by replicas, and as targets of their own for a real Prometheus."""

import json

import pytest

import configuration
import exposition
import loopback
from cloud import Cloud
from prometheus import Prometheus

PROJECTS, SHARDS = 30, 3
# One poll, so that a scrape by hand and Prometheus' scrapes show the same.
ONE_POLL = ("--poll.interval=24h", "--poll.max-staleness=48h")
# As in the README, but for the times and the address.
PROMETHEUS = """\
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: metastudio-exporter
    http_sd_configs:
      - url: http://{address}/sd
        refresh_interval: 1s
    relabel_configs:
      - source_labels: [__param_project]
        regex: (.+)
        target_label: instance
"""


@pytest.fixture
def projects(simulate, tmp_path):
    """Projects as the file has them."""
    cloud = Cloud(simulate(f"--projects={PROJECTS + 1}", "--users=3", "--resources=2", "--speed=0"))
    return configuration.projects_with_key(cloud, tmp_path)


@pytest.fixture
def file(projects, tmp_path):
    """A file with all projects but one."""
    return configuration.write(tmp_path / "exporter.yml", projects[:PROJECTS])


@pytest.fixture
def exporter(file, serve):
    def started(*flags):
        exporter = serve({}, *ONE_POLL, f"--config.file={file}", *flags)
        exporter.wait_until_polled()
        return exporter

    return started


def names(samples):
    """The projects that have series, of data or about the exporter."""
    return {labels["project"] for labels in map(dict, (labels for _, labels in samples)) if "project" in labels}


def test_each_project_is_one_replicas_and_stays_so_when_another_is_added(projects, file, exporter):
    flags = (f"--total-shards={SHARDS}", "--web.enable-lifecycle")
    replicas = [exporter(f"--shard={shard}", *flags) for shard in range(SHARDS)]
    shares = [names(replica.scrape()) for replica in replicas]
    once_each = sorted(project["name"] for project in projects[:PROJECTS])
    assert sorted(name for share in shares for name in share) == once_each
    assert all(shares), "each has some"

    configuration.write(file, projects)
    for replica in replicas:
        assert loopback.send("POST", f"{replica.url}/-/reload", "").status == 200

    new = projects[PROJECTS]["name"]
    (taker,) = [number for number, replica in enumerate(replicas) if new in listed(replica)]
    for number, (replica, share) in enumerate(zip(replicas, shares)):
        assert listed(replica) == share | ({new} if number == taker else set())


def listed(exporter):
    """The projects of /sd."""
    groups = json.loads(loopback.get(f"{exporter.url}/sd").text)
    return {group["labels"]["__param_project"] for group in groups if "__param_project" in group["labels"]}


def test_prometheus_finds_a_target_a_project_and_one_of_the_exporter(projects, exporter, start, tmp_path):
    exporter = exporter()
    configuration_file = tmp_path / "prometheus.yml"
    configuration_file.write_text(PROMETHEUS.format(address=exporter.address))
    prometheus = Prometheus(start, configuration_file, tmp_path / "prometheus-data")
    instances = {project["name"] for project in projects[:PROJECTS]} | {exporter.address}
    prometheus.program.wait_until(
        lambda: len(prometheus.query_rows("scrape_samples_scraped")) == len(instances), "all targets are scraped"
    )

    targets = prometheus.targets()
    assert sorted(target["labels"]["instance"] for target in targets) == sorted(instances)
    assert {(target["health"], target["lastError"]) for target in targets} == {("up", "")}
    by_hand = lasting(exporter.scrape())
    names = "|".join(sorted({name for name, _ in by_hand}))
    rows = prometheus.query_rows(f'{{__name__=~"{names}"}}')
    assert len(rows) == len(by_hand), "none of them comes from two targets"
    for row in rows:
        assert row["metric"].get("project", exporter.address) == row["metric"]["instance"]
    assert lasting(prometheus.query(f'{{__name__=~"{names}"}}')) == by_hand


def lasting(samples):
    """What is the same in every scrape: all but the process' own needs."""
    return {series: value for series, value in samples.items() if not series[0].startswith("process_")}
