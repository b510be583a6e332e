"""Every shipped rule on a real Prometheus and a real exporter: loaded, healthy, and with data when it should have some."""

import time

import pytest
import yaml

import shipped
from alerting import JOB, Well, start_alertmanager, start_prometheus
from past import series
from programs import free_port
from simulation import DAY
from webhook import Webhook

# Whose expressions have no data when all is well, each with what is well then.
EMPTY_IN_HEALTH = {
    "metastudio:voice_training_models_expiring:sum30d": "no resource expires within 30 days",
    "MetaStudioVoiceTrainingLow": "every resource is full",
    "MetaStudioVoiceTrainingUsedUp": "every resource is full",
    "MetaStudioVoiceTrainingExpiring": "no resource expires within 30 days",
    "MetaStudioVoiceTrainingExpired": "no resource has expired",
    "MetaStudioVoiceTrainingFrozen": "no resource is frozen",
    "MetaStudioVoiceTrainingShortAfterExpiry": "nothing expires, and nothing is trained",
    "MetaStudioUserQuotaHigh": "half of each quota is used",
    "MetaStudioUserQuotaUsedUp": "half of each quota is used",
    "MetaStudioUserQuotaRunningOut": "usage stands still",
    "MetaStudioExporterDown": "the exporter is up",
    "MetaStudioAPIFailing": "both APIs answer",
    "MetaStudioDataStale": "the last poll was a second ago",
    "MetaStudioCredentialsExpiring": "an access key does not end",
    "MetaStudioClockSkewed": "cloud and exporter have the same clock",
    "MetaStudioListInconsistent": "the lists stand still",
    "MetaStudioInvalidValues": "every field can be read",
    "MetaStudioUsersOmitted": "no user is beyond a limit on users",
    "MetaStudioConfigReloadFailed": "the configuration is good",
}
HOUR, MINUTE = 60 * 60, 60


@pytest.fixture
def cloud(simulate, once, serve):
    return Well(simulate, once, serve)


@pytest.fixture
def webhook():
    with Webhook() as webhook:
        yield webhook


@pytest.fixture
def alertmanager(start, tmp_path, webhook):
    return start_alertmanager(start, tmp_path, webhook)


def test_in_health_every_rule_works_only_those_of_trouble_have_no_data_and_no_alert_fires(
    start, tmp_path, cloud, alertmanager, webhook
):
    exporter = cloud.exporter()
    prometheus = start_prometheus(start, tmp_path, [exporter.address], alertmanager)

    (target,) = prometheus.targets()
    assert (target["health"], target["lastError"], target["labels"]["job"]) == ("up", "", JOB)
    assert loaded(prometheus) == written()
    assert complaints(prometheus) == []
    assert without_data(prometheus) == EMPTY_IN_HEALTH.keys()
    # Neither firing nor pending.
    assert prometheus.alerts() == []
    assert webhook.received("firing") == []


def test_in_trouble_every_rule_has_data(start, tmp_path, cloud, alertmanager):
    make_every_trouble(cloud)
    exporter = cloud.exporter()
    nobody = f"127.0.0.1:{free_port()}"
    prometheus = start_prometheus(
        start, tmp_path, [exporter.address, nobody], alertmanager, past=past(cloud, nobody)
    )
    # What was shown before the API began to fail stays.
    cloud.simulation.faults("skewed-clock", "moving-list@voice_training", "odd-fields@voice_training", "forbidden@user_quotas")

    prometheus.program.wait_until(lambda: not without_data(prometheus), "every rule has data")
    assert complaints(prometheus) == []


def make_every_trouble(cloud):
    """What edits can do; faults and the past do the rest."""
