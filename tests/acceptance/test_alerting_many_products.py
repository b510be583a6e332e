"""Three thousand resources: one message for each alert and severity, with their number and the ten worst."""

import time

import pytest

import shipped
from alerting import ALL_COLLECTORS, start_alertmanager
from prometheus import Prometheus
from simulation import DAY, Simulation

PRODUCTS = 3000
HIGH, USED_UP, EXPIRING = "MetaStudioResourceHigh", "MetaStudioResourceUsedUp", "MetaStudioResourceExpiring"


@pytest.fixture
def cloud(simulate):
    variables = simulate("--users=1", "--resources=1", f"--products={PRODUCTS}", "--speed=0")
    return variables, Simulation(variables)


def test_the_resources_of_a_project_are_a_message_with_their_number_and_the_ten_worst(
    cloud, serve, start, tmp_path, webhook
):
    variables, simulation = cloud
    simulation.make_healthy({})
    videos, channels = (
        [row for row in simulation.products() if row["business_type"] == business_type]
        for business_type in ("VIDEO_2D", "LIVE_2D")
    )
    assert (len(videos), {row["amount"] for row in videos}, len(channels)) == (188, {600}, 188)
    # From 80 percent up, in steps of a minute: 95 percent are 570 minutes.
    high, nearly, used_up, rest = videos[:90], videos[90:120], videos[120:140], videos[140:]
    # In steps of six hours, the last one first; a week is 28 of them.
    soon, later = channels[:28], channels[28:100]
    now = time.time()
    simulation.apply_edits(
        *(simulation.product(row, usage=480 + minute) for minute, row in enumerate(high + nearly)),
        *(simulation.product(row, usage=600) for row in used_up),
        *(simulation.product(row, usage=479) for row in rest),
        *(
            simulation.product(row, resource_expire_time=now + (step + 1) * DAY / 4 - 60)
            for step, row in enumerate(soon + later)
        ),
    )
    exporter = serve(variables, ALL_COLLECTORS)
    exporter.wait_until_polled()
    # Longer than the evaluation of the rules, as in the shipped configuration.
    alertmanager = start_alertmanager(start, tmp_path, webhook.address, group_wait="10s")
    configuration = shipped.write_prometheus(tmp_path, shipped.static([exporter.address]), alertmanager)
    prometheus = Prometheus(start, configuration, tmp_path / "prometheus-data")

    expected = {
        ("/critical", USED_UP): used_up,
        ("/critical", HIGH): nearly,
        ("/warning", HIGH): high,
        ("/critical", EXPIRING): soon,
        ("/warning", EXPIRING): later,
    }
    prometheus.program.wait_until(
        lambda: len(bodies(webhook)) >= len(expected) and len(texts(webhook)) >= 2, "each group has a message", 60
    )
    assert {key: ids(alert["labels"] for alert in alerts) for key, alerts in bodies(webhook)} == {
        key: ids(rows) for key, rows in expected.items()
    }
    assert len(bodies(webhook)) == len(expected), "no group has two messages"
    project, alerts = simulation.project, dict(bodies(webhook))
    assert texts(webhook) == {
        f"[FIRING:72] {EXPIRING} {project}": text(later[:10], 72, alerts["/warning", EXPIRING]),
        f"[FIRING:90] {HIGH} {project}": text(high[:-11:-1], 90, alerts["/warning", HIGH]),
    }


def bodies(webhook):
    """The messages to webhooks on resources: path and name, and their alerts."""
    return [
        ((path, body["groupLabels"]["alertname"]), body["alerts"])
        for path, body in webhook.bodies
        if body["groupLabels"]["alertname"].startswith("MetaStudioResource")
    ]


def texts(webhook):
    """The title and the lines of each message to Slack on resources."""
    return {title: lines.splitlines() for title, lines in webhook.texts if "MetaStudioResource" in title}


def ids(rows):
    return sorted(row["resource_id"] for row in rows)


def text(worst, number, alerts):
    """The lines of a message to Slack."""
    annotations = {alert["labels"]["resource_id"]: alert["annotations"] for alert in alerts}
    lines = [f"- {annotations[row['resource_id']]['description']}" for row in worst]
    return [f"{number} firing, the 10 worst:", *lines, f"Runbook: {alerts[0]['annotations']['runbook_url']}"]
