"""Every shipped rule on a real Prometheus and exporter: loaded, healthy, and with data when it should have some."""

import time
from contextlib import suppress

import yaml

import configuration
import shipped
from alerting import JOB, start_prometheus
from past import series
from programs import free_port
from simulation import DAY

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


def test_in_health_every_rule_works_only_those_of_trouble_have_no_data_and_no_alert_fires(
    start, tmp_path, healthy_cloud, alertmanager, webhook
):
    exporter = healthy_cloud.exporter()
    prometheus = start_prometheus(start, tmp_path, [exporter.address], alertmanager)

    (target,) = prometheus.targets()
    assert (target["health"], target["lastError"], target["labels"]["job"]) == ("up", "", JOB)
    assert loaded(prometheus) == written()
    assert complaints(prometheus) == []
    assert without_data(prometheus) == EMPTY_IN_HEALTH.keys()
    # Neither firing nor pending.
    assert prometheus.alerts() == []
    assert webhook.received("firing") == []


def test_in_trouble_every_rule_has_data(start, tmp_path, healthy_cloud, alertmanager):
    cloud = healthy_cloud
    make_trouble_of_every_kind(cloud)
    cloud.simulation.set_faults("odd-fields@user_quotas")
    # As many as have trouble.
    file = cloud.file(tmp_path / "exporter.yml", user_quotas={"max_users": 2})
    exporter = cloud.exporter(f"--config.file={file}")
    configuration.replace(file, "projects: []\n")
    exporter.program.send_sighup()
    # What was read before an API began to fail stays.
    cloud.simulation.set_faults("forbidden@user_quotas", "wrong-count@voice_training", "skewed-clock")
    nobody = f"127.0.0.1:{free_port()}"
    targets, history = [exporter.address, nobody], past(cloud, nobody)
    prometheus = start_prometheus(start, tmp_path, targets, alertmanager, history)

    # What follows says which have none in the end.
    with suppress(TimeoutError):
        prometheus.program.wait_until(lambda: not without_data(prometheus), "every rule has data")
    assert without_data(prometheus) == set()
    assert complaints(prometheus) == []


def make_trouble_of_every_kind(cloud):
    """Of users and resources; faults and the past do the rest."""
    simulation, (over, running_out) = cloud.simulation, cloud.users()[:2]
    simulation.apply_edits(
        *(simulation.usage(over, item, limit) for item, limit in cloud.limits(over).items()),
        simulation.quota(running_out, "video_time_2d_model", 100),
        simulation.usage(running_out, "video_time_2d_model", 75),
        simulation.expires(cloud.resource("BASIC"), time.time() + 3 * DAY),
        simulation.available(cloud.resource("BASIC"), 12),
        simulation.expires(cloud.resource("THIRD_PARTY"), time.time() - DAY),
        simulation.status(cloud.resource("THIRD_PARTY_LJZN"), 1),
        simulation.available(cloud.resource("FLEXUS"), 0),
        simulation.available(cloud.resource("TTS_LJZN"), 5),
    )


def past(cloud, instance):
    """What a test cannot wait for: a day's trend, a week's use; and of another exporter numbers and credentials that are
    an hour old."""
    now = time.time()
    project = {"project": cloud.project}
    filling = project | {"user_id": cloud.users()[1], "item": "video_time_2d_model", "unit": "seconds"}
    trained = project | {"resource_type": "BASIC", "resource_id": cloud.resource("BASIC")}
    other = project | {"job": JOB, "instance": instance}
    return "".join(
        [
            # From empty to three quarters in a day.
            series(
                "metastudio:user_quota_utilization:ratio",
                filling,
                ((now - ago * MINUTE, 0.75 * (1 - ago / (24 * 60))) for ago in range(24 * 60, 0, -5)),
            ),
            series("metastudio:voice_training_resource_models_used:max", trained, [(now - 3 * DAY, 0)]),
            series(
                "metastudio_last_success_timestamp_seconds",
                other | {"collector": "user_quotas"},
                [(now - MINUTE, now - HOUR)],
            ),
            # The same for over an hour: nobody renews them.
            series(
                "metastudio_exporter_credentials_expiry_timestamp_seconds",
                other,
                ((now - ago * MINUTE, int(now) + 5 * MINUTE) for ago in range(75, 0, -1)),
            ),
        ]
    )


def written():
    """The rules of the shipped file: name and severity, sorted."""
    groups = yaml.safe_load(shipped.RULES.read_text())["groups"]
    return sorted(
        (rule.get("alert") or rule["record"], rule.get("labels", {}).get("severity", ""))
        for group in groups
        for rule in group["rules"]
    )


def loaded(prometheus):
    """The same of the rules that Prometheus has."""
    return sorted((rule["name"], rule.get("labels", {}).get("severity", "")) for rule in prometheus.rules())


def complaints(prometheus):
    """What Prometheus says against rules."""
    return [
        (rule["name"], rule["health"], rule.get("lastError"))
        for rule in prometheus.rules()
        if rule["health"] != "ok" or rule.get("lastError")
    ]


def without_data(prometheus):
    """The names of the rules whose expressions have no data; both alerts of one name have to have some."""
    return {rule["name"] for rule in prometheus.rules() if not prometheus.query(rule["query"])}
