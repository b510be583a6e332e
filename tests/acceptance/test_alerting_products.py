"""A package of video minutes runs out and is topped up: from the list of all products to the webhook."""

import pytest

import shipped
from alerting import start_prometheus
from webhook import message, resolved

RUNBOOK = "https://github.com/metastudio-exporter/metastudio-exporter/blob/main/deploy/prometheus/RUNBOOK.md"


@pytest.fixture
def prometheus(start, tmp_path, healthy_cloud, alertmanager):
    exporter = healthy_cloud.exporter()
    prometheus = start_prometheus(start, tmp_path, shipped.static([exporter.address]), alertmanager)
    assert prometheus.alerts() == []
    return prometheus


def test_video_minutes_that_run_out_are_reported_until_they_are_topped_up(healthy_cloud, prometheus, webhook):
    simulation, package = healthy_cloud.simulation, healthy_cloud.product("VIDEO_2D_TIME")
    assert (package["business_type"], package["unit"], package["amount"]) == ("VIDEO_2D", "MIN", 600)
    project, resource_id = healthy_cloud.project, package["resource_id"]
    labels = {
        "project": project,
        "business_type": "VIDEO_2D",
        "resource_type": "VIDEO_2D_TIME",
        "resource_id": resource_id,
        "unit": "seconds",
    }
    high = message("firing", "MetaStudioResourceHigh", "critical", **labels)
    used_up = message("firing", "MetaStudioResourceUsedUp", "critical", **labels)

    simulation.apply_edits(simulation.product(package, usage=570))
    prometheus.program.wait_until(lambda: webhook.received("firing"), "95 percent are reported")
    assert webhook.received("firing") == [high]
    assert annotations(webhook, high) == {
        "summary": f"{project}: 95 % or more of a resource of VIDEO_2D is used",
        "description": f"Resource {resource_id} (VIDEO_2D, VIDEO_2D_TIME) of project {project} has used "
        "9h 30m 0s of 10h 0m 0s (95%).",
        "highest_first": "000000.9500",
        "runbook_url": runbook(high),
    }

    simulation.apply_edits(simulation.product(package, usage=600))
    prometheus.program.wait_until(lambda: used_up in webhook.received("firing"), "it is reported as used up")
    assert webhook.received("firing") == sorted([high, used_up]), "no message is repeated"
    assert annotations(webhook, used_up) == {
        "summary": f"{project}: a resource of VIDEO_2D is used up",
        "description": f"Resource {resource_id} (VIDEO_2D, VIDEO_2D_TIME) of project {project} has nothing left: "
        "10h 0m 0s of 10h 0m 0s are used.",
        "highest_first": "000001.0000",
        "runbook_url": runbook(used_up),
    }
    assert webhook.received("resolved") == [], "used up is not better than high"

    simulation.apply_edits(simulation.product(package, usage=600, amount=1200))
    ends = sorted(resolved(sent) for sent in (high, used_up))
    prometheus.program.wait_until(lambda: len(webhook.received("resolved")) >= len(ends), "its end is reported")
    assert webhook.received("resolved") == ends
    assert webhook.received("firing") == sorted([high, used_up]), "no message is repeated"
    prometheus.program.wait_until(lambda: prometheus.alerts() == [], "nothing else fires")


def annotations(webhook, sent):
    return webhook.annotations(sent.alerts[-1])


def runbook(sent):
    """The address of the runbook's section."""
    name = dict(sent.alerts[-1].labels)["alertname"]
    return f"{RUNBOOK}#{name.lower()}"
