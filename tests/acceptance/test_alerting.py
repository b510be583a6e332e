"""From the cloud to the webhook: the alerts of the shipped rules and routing, with the real programs."""

import re
from contextlib import suppress

import pytest

import shipped
from alerting import JOB, start_prometheus
from trouble import cause_problems
from webhook import Message, message, resolved


@pytest.fixture
def cloud(healthy_cloud):
    return healthy_cloud


@pytest.fixture
def exporter(cloud):
    return cloud.exporter()


@pytest.fixture
def prometheus(start, tmp_path, exporter, alertmanager):
    prometheus = start_prometheus(start, tmp_path, shipped.static([exporter.address]), alertmanager)
    # No alert is firing or pending, so later alerts are caused by the test.
    assert prometheus.alerts() == []
    return prometheus


@pytest.fixture
def own_labels(exporter):
    """The labels that identify this exporter."""
    return {"job": JOB, "instance": exporter.address, "exporter": exporter.address}


def test_problems_of_users_and_resources_are_reported_once_with_their_numbers_and_resolve(cloud, prometheus, webhook):
    expected_messages = cause_problems(cloud)
    messages = [expected.message for expected in expected_messages]

    wait_until_received(prometheus, webhook, "firing", messages)
    assert webhook.received("firing") == messages
    for expected in expected_messages:
        assert_description(webhook, expected.message, expected.description)
    unsent = firing_labels(prometheus) - alert_labels(messages)
    assert len(unsent) == 8 + 8 + 1 + 1 + 1 + 2, "high twice, nearly used up, only information, expiring, low twice"

    cloud.simulation.apply_edits()

    wait_until_received(prometheus, webhook, "resolved", messages)
    assert_resolved(webhook, messages, unsent)
    assert webhook.received("firing") == messages, "no message is repeated"
    assert prometheus.alerts() == []


def test_a_failing_api_is_reported_without_alerts_on_its_data(cloud, prometheus, webhook, own_labels):
    def failing(severity):
        labels = {"project": cloud.project, "collector": "user_quotas", **own_labels}
        return message("firing", "MetaStudioAPIFailing", severity, **labels)

    messages = [failing("critical"), failing("warning")]
    cloud.simulation.set_faults("forbidden@user_quotas")

    wait_until_received(prometheus, webhook, "firing", messages)
    assert webhook.received("firing") == messages
    polls = f"Polls of user_quotas of project {cloud.project} have failed for over"
    assert_description(
        webhook, failing("warning"), f"{polls} 12 minutes (reason: forbidden). Its numbers are ...s old."
    )
    assert_description(
        webhook,
        failing("critical"),
        f"{polls} 30 minutes (reason: forbidden). Its numbers are ...s old and no longer shown. "
        "Until polls work again, no alert on them can fire.",
    )

    cloud.simulation.set_faults()

    ends = [resolved(sent) for sent in messages]
    prometheus.program.wait_until(lambda: ends[0] in webhook.received("resolved"), "the receiver gets the resolved message")
    # The warning resolves a moment before the critical alert, which still inhibits it. If Alertmanager flushes the
    # group in that moment, which is rare, it sends no resolved message for the warning.
    assert webhook.received("resolved") in (ends, ends[:1])
    assert webhook.received("firing") == messages, "no message is repeated"
    assert prometheus.alerts() == []


def test_a_stopped_exporter_is_the_only_alert_until_it_returns(
    cloud, exporter, prometheus, webhook, own_labels
):
    down = message("firing", "MetaStudioExporterDown", "critical", **own_labels)
    assert exporter.program.stop() == 0

    wait_until_received(prometheus, webhook, "firing", [down])
    assert firing_labels(prometheus) == alert_labels([down])
    assert_description(
        webhook,
        down,
        f"Prometheus cannot scrape {exporter.address}. Projects that it watched: {cloud.project}.",
    )

    cloud.exporter(address=exporter.address)

    wait_until_received(prometheus, webhook, "resolved", [down])
    assert_resolved(webhook, [down])
    assert webhook.received("firing") == [down]
    prometheus.program.wait_until(lambda: prometheus.alerts() == [], "the restarted exporter has no alerts")


def wait_until_received(prometheus, webhook, status, messages):
    """Waits for this number of messages or the deadline. The test compares the messages itself."""
    with suppress(TimeoutError):
        prometheus.program.wait_until(
            lambda: len(webhook.received(status)) >= len(messages), f"{len(messages)} messages are {status}"
        )


def assert_description(webhook, sent, description):
    actual = webhook.annotations(sent.alerts[-1])["description"]
    assert re.fullmatch(re.escape(description).replace(r"\.\.\.", ".+"), actual), actual


def assert_resolved(webhook, messages, inhibited=frozenset()):
    """Asserts a resolved message for each message. It may also contain alerts that were inhibited before."""
    received = webhook.received("resolved")
    known = [
        Message(end.receiver, tuple(alert for alert in end.alerts if alert.labels not in inhibited))
        for end in received
    ]
    assert known == [resolved(sent) for sent in messages]


def alert_labels(messages):
    """The labels of all alerts in the messages."""
    return {alert.labels for sent in messages for alert in sent.alerts}


def firing_labels(prometheus):
    """The labels of all firing alerts, inhibited ones included."""
    return {
        tuple(sorted(alert["labels"].items())) for alert in prometheus.alerts() if alert["state"] == "firing"
    }
