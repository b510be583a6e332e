"""Projects distributed to replicas, and discovered as separate targets by a real Prometheus."""

import json

import pytest

import configuration
import loopback
import shipped
from cloud import Cloud
from exporter import ONE_POLL
from prometheus import Prometheus

PROJECTS, SHARDS = 30, 3


@pytest.fixture
def projects(simulate, tmp_path):
    """The projects as in the configuration file."""
    cloud = Cloud(simulate(f"--projects={PROJECTS + 1}", "--users=3", "--resources=2", "--speed=0"))
    return configuration.projects_with_key(cloud, tmp_path)


@pytest.fixture
def file(projects, tmp_path):
    """A configuration file with all projects except the last one."""
    return configuration.write(tmp_path / "exporter.yml", projects[:PROJECTS])


@pytest.fixture
def exporter(file, serve):
    # With one poll, the scrape of the test and Prometheus' scrapes have the same values.
    def start_exporter(*flags):
        exporter = serve({}, *ONE_POLL, f"--config.file={file}", *flags)
        exporter.wait_until_polled()
        return exporter

    return start_exporter


def names(samples):
    """The projects that have any series."""
    return {labels["project"] for labels in map(dict, (labels for _, labels in samples)) if "project" in labels}


def test_each_project_has_one_replica_and_keeps_it_when_another_project_is_added(projects, file, exporter):
    flags = (f"--total-shards={SHARDS}", "--web.enable-lifecycle")
    replicas = [exporter(f"--shard={shard}", *flags) for shard in range(SHARDS)]
    shares = [names(replica.scrape()) for replica in replicas]
    once_each = sorted(project["name"] for project in projects[:PROJECTS])
    assert sorted(name for share in shares for name in share) == once_each
    assert all(shares), "each replica has projects"

    configuration.write(file, projects)
    for replica in replicas:
        assert loopback.send("POST", f"{replica.url}/-/reload", "").status == 200

    new = projects[PROJECTS]["name"]
    (owner,) = [number for number, replica in enumerate(replicas) if new in discovered_projects(replica)]
    for number, (replica, share) in enumerate(zip(replicas, shares)):
        assert discovered_projects(replica) == share | ({new} if number == owner else set())


def discovered_projects(exporter):
    """The projects of /sd."""
    groups = json.loads(loopback.get(f"{exporter.url}/sd").text)
    return {group["labels"]["__param_project"] for group in groups if "__param_project" in group["labels"]}


def test_prometheus_discovers_one_target_per_project_and_one_for_the_exporter(projects, exporter, start, tmp_path):
    exporter = exporter()
    configuration_file = tmp_path / "prometheus.yml"
    configuration_file.write_text(f"global: {{scrape_interval: 1s}}\n{shipped.discovered([exporter.address])}")
    prometheus = Prometheus(start, configuration_file, tmp_path / "prometheus-data")
    instances = {f"{exporter.address}/{project['name']}" for project in projects[:PROJECTS]} | {exporter.address}
    prometheus.program.wait_until(
        lambda: len(prometheus.query_rows("scrape_samples_scraped")) == len(instances), "all targets are scraped"
    )

    targets = prometheus.targets()
    assert sorted(target["labels"]["instance"] for target in targets) == sorted(instances)
    assert {(target["health"], target["lastError"]) for target in targets} == {("up", "")}
    by_hand = constant_samples(exporter.scrape())
    names = "|".join(sorted({name for name, _ in by_hand}))
    rows = prometheus.query_rows(f'{{__name__=~"{names}"}}')
    assert len(rows) == len(by_hand), "no series comes from two targets"
    for row in rows:
        project = row["metric"].get("project")
        assert row["metric"]["instance"] == (f"{exporter.address}/{project}" if project else exporter.address)
    assert constant_samples(prometheus.query(f'{{__name__=~"{names}"}}')) == by_hand


def constant_samples(samples):
    """The samples that are the same in every scrape: all except those of the process and of its requests."""
    changing = ("process_", "metastudio_exporter_http_", "metastudio_exporter_tasks")
    return {series: value for series, value in samples.items() if not series[0].startswith(changing)}
