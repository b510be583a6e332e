"""From the cloud to the webhook: what the shipped rules and routing make of trouble, on the real programs."""

import re
from contextlib import suppress

import pytest

from alerting import JOB, start_prometheus
from trouble import make_trouble
from webhook import Message, message


@pytest.fixture
def cloud(healthy_cloud):
    return healthy_cloud


@pytest.fixture
def exporter(cloud):
    return cloud.exporter()


@pytest.fixture
def prometheus(start, tmp_path, exporter, alertmanager):
    prometheus = start_prometheus(start, tmp_path, [exporter.address], alertmanager)
    # Neither firing nor pending: what comes later comes from what the test does.
    assert prometheus.alerts() == []
    return prometheus


@pytest.fixture
def own_labels(exporter):
    """What tells this exporter from others."""
    return {"job": JOB, "instance": exporter.address}


def test_trouble_of_users_and_resources_is_told_once_with_its_numbers_and_resolves(cloud, prometheus, webhook):
    told = make_trouble(cloud)
    messages = [expected.message for expected in told]

    wait_until_received(prometheus, webhook, "firing", messages)
    assert webhook.received("firing") == messages
    for expected in told:
        assert_description(webhook, expected.message, expected.description)
    inhibited = firing_labels(prometheus) - alert_labels(messages)
    assert len(inhibited) == 8 + 8 + 1 + 1 + 2, "too high twice, nearly out, expiring, low twice, by what is worse"

    cloud.simulation.apply_edits()

    wait_until_received(prometheus, webhook, "resolved", messages)
    assert_resolved(webhook, messages, inhibited)
    assert webhook.received("firing") == messages, "nothing is told twice"
    assert prometheus.alerts() == []


def test_an_api_that_fails_is_told_and_nothing_of_its_data(cloud, prometheus, webhook, own_labels):
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

    ends = [resolved(told) for told in messages]
    prometheus.program.wait_until(lambda: ends[0] in webhook.received("resolved"), "the pager hears of the end")
    # Alertmanager hears of the warning's end a moment before that of the critical alert, which inhibits it still: if it
    # looks just then, which it seldom does, nobody is told of the warning's end.
    assert webhook.received("resolved") in (ends, ends[:1])
    assert webhook.received("firing") == messages, "nothing is told twice"
    assert prometheus.alerts() == []


def test_an_exporter_that_ends_is_told_and_nothing_else_until_it_is_back(
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
    prometheus.program.wait_until(lambda: prometheus.alerts() == [], "the returned exporter is well")


def wait_until_received(prometheus, webhook, status, messages):
    """Until there are as many messages as there should be, or it is too late: which ones, the test has to see."""
    with suppress(TimeoutError):
        prometheus.program.wait_until(
            lambda: len(webhook.received(status)) >= len(messages), f"{len(messages)} messages are {status}"
        )


def assert_description(webhook, told, description):
    said = webhook.annotations(told.alerts[-1])["description"]
    assert re.fullmatch(re.escape(description).replace(r"\.\.\.", ".+"), said), said


def assert_resolved(webhook, messages, inhibited=frozenset()):
    """Each message has its end. One more thing may be in it: what was inhibited, and so is not known to the reader."""
    received = webhook.received("resolved")
    known = [
        Message(end.receiver, tuple(alert for alert in end.alerts if alert.labels not in inhibited))
        for end in received
    ]
    assert known == [resolved(told) for told in messages]


def resolved(told):
    """The message that this is over."""
    return Message(told.receiver, tuple(alert._replace(status="resolved") for alert in told.alerts))


def alert_labels(messages):
    """The labels of all alerts in the messages."""
    return {alert.labels for told in messages for alert in told.alerts}


def firing_labels(prometheus):
    """The labels of all alerts that fire, told or inhibited."""
    return {
        tuple(sorted(alert["labels"].items())) for alert in prometheus.alerts() if alert["state"] == "firing"
    }
