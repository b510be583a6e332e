"""Alerts on exporters that restart or are missing: real exporters, Prometheus and Alertmanager, shipped configuration."""

import itertools

import pytest

import configuration
import shipped
from alerting import JOB
from cloud import Cloud
from programs import free_port
from prometheus import NEXT_START_DIFFERS, Prometheus
from webhook import message

PROJECTS, SHARDS = 20, 3
# Enough for any alert: a restart takes a scrape, and scrapes come every second.
MOST_RESTARTS = 40


@pytest.fixture
def projects(simulate, tmp_path):
    """The projects of a cloud, as in the configuration file."""
    cloud = Cloud(simulate(f"--projects={PROJECTS}", "--users=3", "--resources=2", "--speed=0"))
    return configuration.projects_with_key(cloud, tmp_path)


@pytest.fixture
def replica(projects, serve, tmp_path):
    """Starts an exporter of the projects, or of a shard of them, and waits for its first poll."""
    file = configuration.write(tmp_path / "exporter.yml", projects)

    def started(*flags):
        exporter = serve({}, f"--config.file={file}", *flags)
        exporter.wait_until_polled()
        return exporter

    return started


@pytest.fixture
def watch(start, alertmanager, tmp_path):
    """Starts Prometheus with a scrape configuration."""
    return lambda scrape_configs: Prometheus(
        start, shipped.write_prometheus(tmp_path, scrape_configs, alertmanager), tmp_path / "prometheus-data"
    )


def test_a_dead_replica_is_one_alert_whatever_the_number_of_its_projects(projects, replica, watch, webhook):
    dead, alive = replica(), replica()
    addresses = [dead.address, alive.address]
    prometheus = watch(shipped.discovered(addresses))
    of_projects = {f"{address}/{project['name']}" for address in addresses for project in projects}
    prometheus.program.wait_until(
        lambda: instances(prometheus, "up == 1") == sorted(of_projects | set(addresses)), "all targets are up"
    )
    assert instances(prometheus, "metastudio_users") == sorted(of_projects), "the replicas have series of their own"

    assert dead.program.stop() == 0
    prometheus.program.wait_until(lambda: about_exporters(webhook), "it is reported")
    labels = {"job": JOB, "instance": dead.address, "exporter": dead.address}
    assert about_exporters(webhook) == [message("firing", "MetaStudioExporterDown", "critical", **labels)]
    alerts = [(alert["labels"]["alertname"], alert["labels"]["exporter"]) for alert in about_job(prometheus)]
    assert alerts == [("MetaStudioExporterDown", dead.address)], "nothing is pending for the other one"


def test_a_shard_that_no_exporter_polls_is_reported(replica, watch, webhook):
    # The one in the middle is not even a target.
    addresses = [replica(f"--shard={shard}", f"--total-shards={SHARDS}").address for shard in (0, 2)]
    prometheus = watch(shipped.static(addresses))
    prometheus.program.wait_until(lambda: about_exporters(webhook), "it is reported")
    assert about_exporters(webhook) == [message("firing", "MetaStudioShardMissing", "critical", job=JOB)]
    assert [alert["labels"]["alertname"] for alert in about_job(prometheus)] == ["MetaStudioShardMissing"]


def test_an_exporter_that_restarts_before_its_first_poll_ends_is_reported(simulate, serve, watch, webhook):
    variables, address = simulate("--fault=stalled"), f"127.0.0.1:{free_port()}"
    exporter = serve(variables, address=address)
    prometheus = watch(shipped.static([address]))
    labels = {"job": JOB, "instance": address, "exporter": address}
    expected = [
        message("firing", "MetaStudioExporterRestarting", "warning", **labels),
        message(
            "firing", "MetaStudioProjectNotPolled", "critical", project=variables["HUAWEICLOUD_SDK_PROJECT_ID"], **labels
        ),
    ]

    seen = ""
    for restarts in itertools.count():
        assert restarts < MOST_RESTARTS, about_exporters(webhook)
        if len(about_exporters(webhook)) >= len(expected):
            break
        prometheus.program.wait_until(lambda: started(prometheus) not in ("", seen), "the new process is scraped")
        seen = started(prometheus)
        assert instances(prometheus, "metastudio_up") == [], "no poll has ended"
        exporter.program.stop()
        exporter = serve(variables, address=address)
    assert about_exporters(webhook) == sorted(expected)


def instances(prometheus, expression):
    """The instances of the samples of a query, sorted."""
    return sorted(row["metric"]["instance"] for row in prometheus.query_rows(expression))


def started(prometheus):
    """When the scraped process was started, or an empty text before its first scrape and in its first seconds."""
    rows = prometheus.query_rows(NEXT_START_DIFFERS)
    return rows[0]["value"][1] if rows else ""


def about_exporters(webhook):
    """The messages so far on exporters, not those on the cloud's numbers."""
    return [sent for sent in webhook.received("firing") if "job" in dict(sent.alerts[0].labels)]


def about_job(prometheus):
    """The alerts on exporters that are pending or firing."""
    return [alert for alert in prometheus.alerts() if alert["labels"].get("job") == JOB]
