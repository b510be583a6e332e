"""From the cloud to the webhook: what the shipped rules and the shipped routing make of trouble, on the real programs."""

import re
import time

import pytest

from alerting import JOB, Well, start_alertmanager, start_prometheus
from simulation import DAY
from webhook import Webhook, message

RUNBOOK = "https://github.com/metastudio-exporter/metastudio-exporter/blob/main/deploy/prometheus/RUNBOOK.md"


@pytest.fixture
def webhook():
    with Webhook() as webhook:
        yield webhook


@pytest.fixture
def cloud(simulate, once, serve):
    return Well(simulate, once, serve)


@pytest.fixture
def exporter(cloud):
    return cloud.exporter()


@pytest.fixture
def prometheus(start, tmp_path, exporter, webhook):
    alertmanager = start_alertmanager(start, tmp_path, webhook)
    prometheus = start_prometheus(start, tmp_path, [exporter.address], alertmanager)
    # Neither firing nor pending: whatever comes later comes from what the test does.
    assert prometheus.alerts() == []
    return prometheus


@pytest.fixture
def trouble(cloud, exporter):
    """Exactly what should be said of all that `make_trouble` does: firing messages."""
    return make_trouble(cloud)


def test_trouble_of_users_and_resources_is_told_once_with_its_numbers_and_resolves(cloud, prometheus, webhook):
    expected = make_trouble(cloud)

    wait_until(prometheus, lambda: len(webhook.received("firing")) >= len(expected))
    assert webhook.received("firing") == expected
    assert_texts(cloud, webhook, expected)

    cloud.simulation.trouble()

    wait_until(prometheus, lambda: len(webhook.received("resolved")) >= len(expected))
    assert_resolved(webhook, expected)
    assert webhook.received("firing") == expected, "nothing was told twice"
    assert prometheus.alerts() == []
