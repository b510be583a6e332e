"""Every shipped rule on a real Prometheus and exporter is loaded and healthy, and has data when it should."""

import time
from contextlib import suppress

import yaml

import configuration
import shipped
from alerting import JOB, start_prometheus
from past import series
from programs import free_port
from simulation import DAY

# Rules whose expressions have no data without problems, and why.
EMPTY_IN_HEALTH = {
    "metastudio:voice_training_resource_models_available:max7d": "no resource has been listed for six days",
    "metastudio:voice_training_models_expiring:sum30d": "no resource expires within 30 days",
    "MetaStudioVoiceTrainingLow": "every resource is full",
    "MetaStudioVoiceTrainingUsedUp": "every resource is full",
    "MetaStudioVoiceTrainingExpiring": "no resource expires within 30 days",
    "MetaStudioVoiceTrainingExpired": "no resource has expired",
    "MetaStudioVoiceTrainingFrozen": "no resource is frozen",
    "MetaStudioVoiceTrainingShortAfterExpiry": "nothing expires, and nothing is trained",
    "metastudio:resource_utilization:min7d": "no resource has been listed for six days",
    "metastudio:resource_utilization:reset": "usage does not change",
    "MetaStudioResourceUsedUp": "half of each amount is used",
    "MetaStudioResourceHigh": "half of each amount is used",
    "MetaStudioResourceRunningOut": "usage does not change",
    "MetaStudioResourceExpiring": "no resource expires within 30 days",
    "MetaStudioResourceExpired": "no resource has expired",
    "MetaStudioResourceFrozen": "no resource is frozen",
    "MetaStudioUserQuotaHigh": "half of each quota is used",
    "MetaStudioUserQuotaUsedUp": "half of each quota is used",
    "MetaStudioUserQuotaRunningOut": "usage does not change",
    "metastudio:user_quota_utilization:reset": "usage does not change",
    "MetaStudioExporterDown": "the exporter is up",
    "MetaStudioTargetDown": "the exporter is up",
    "MetaStudioExporterRestarting": "the exporter is not restarted",
    "MetaStudioProjectNotPolled": "the project has been polled",
    "MetaStudioShardMissing": "there is one shard, and one exporter",
    "MetaStudioAPIFailing": "both APIs answer",
    "MetaStudioDataStale": "the last poll was a second ago",
    "MetaStudioCredentialsExpiring": "an access key does not expire",
    "MetaStudioClockSkewed": "cloud and exporter have the same clock",
    "MetaStudioListInconsistent": "the lists do not change",
    "MetaStudioInvalidValues": "every field can be read",
    "MetaStudioUsersOmitted": "no user exceeds the limit on users",
    "MetaStudioConfigReloadFailed": "the configuration is good",
    "MetaStudioPollSlow": "a poll takes less than a second",
    "MetaStudioOpenFilesHigh": "few files are open",
    "MetaStudioThrottled": "the cloud does not throttle",
    "MetaStudioScrapeSlow": "a scrape takes less than a second",
    "MetaStudioPanicked": "nothing has panicked",
    "MetaStudioLogLinesDropped": "the log is a file",
}
HOUR, MINUTE = 60 * 60, 60


def test_without_problems_every_rule_works_and_no_alert_fires(
    start, tmp_path, healthy_cloud, alertmanager, webhook
):
    exporter = healthy_cloud.exporter()
    prometheus = start_prometheus(start, tmp_path, shipped.static([exporter.address]), alertmanager)

    (target,) = prometheus.targets()
    assert (target["health"], target["lastError"], target["labels"]["job"]) == ("up", "", JOB)
    assert loaded_rules(prometheus) == shipped_rules()
    assert rule_errors(prometheus) == []
    assert rules_without_data(prometheus) == EMPTY_IN_HEALTH.keys()
    # No alert is firing or pending.
    assert prometheus.alerts() == []
    assert webhook.received("firing") == []


def test_with_problems_every_rule_has_data(start, tmp_path, healthy_cloud, alertmanager):
    cloud = healthy_cloud
    scrape_configs = scrapes_with_all_problems(cloud, tmp_path)
    prometheus = start_prometheus(start, tmp_path, scrape_configs, alertmanager, recorded_past(cloud))

    # After a timeout, the next assertion shows which rules have no data.
    with suppress(TimeoutError):
        prometheus.program.wait_until(lambda: not rules_without_data(prometheus), "every rule has data")
    assert rules_without_data(prometheus) == set()
    assert rule_errors(prometheus) == []


def scrapes_with_all_problems(cloud, directory):
    """Causes all problems that need no past, and returns the configuration of scrapes that see them."""
    cause_all_problems(cloud)
    cloud.simulation.set_faults("odd-fields@user_quotas")
    # Two users have problems.
    file = cloud.file(directory / "exporter.yml", user_quotas={"max_users": 2})
    exporter = cloud.exporter(f"--config.file={file}")
    configuration.replace(file, "projects: []\n")
    exporter.program.send_sighup()
    # The data that was read before an API began to fail stays.
    cloud.simulation.set_faults("forbidden@user_quotas", "wrong-count@voice_training", "skewed-clock")
    # An exporter that is down, and one that is up without one of its projects.
    down, gone = free_address(), free_address()
    one_of_a_project = f"      - targets: [{gone}]\n        labels: {{instance: {exporter.address}/gone}}\n"
    return shipped.static([exporter.address, down]) + one_of_a_project


def cause_all_problems(cloud):
    """Causes all problems of users and resources. Faults and recorded samples cause the others."""
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
        simulation.product(cloud.product("VIDEO_2D_TIME"), usage=600),
        simulation.product(cloud.product("LIVE_2D_CHANNEL"), resource_expire_time=time.time() + 3 * DAY),
        simulation.product(cloud.product("ASSET_STORAGE"), resource_expire_time=time.time() - DAY),
        simulation.product(cloud.product("MODELING_2D_PACKAGE"), status=1),
        simulation.product(cloud.product("CHAT_2D_TIME"), usage=150),
    )


def free_address():
    """An address at which nothing listens."""
    return f"127.0.0.1:{free_port()}"


def recorded_past(cloud):
    """Samples that a test cannot wait for or cause: the trend of a day and the usage of a week, and another exporter,
    which has every problem."""
    now = time.time()
    project = {"project": cloud.project}
    reset, filling = (
        project | {"user_id": user_id, "item": "video_time_2d_model", "unit": "seconds"} for user_id in cloud.users()[:2]
    )
    trained = project | {"resource_type": "BASIC", "resource_id": cloud.resource("BASIC")}
    emptied, consumed = (
        product_labels(cloud, resource_type) | {"unit": "seconds"} for resource_type in ("VIDEO_2D_TIME", "CHAT_2D_TIME")
    )
    exporter = {"job": JOB, "instance": "recorded:10036"}
    other = exporter | project
    poll = other | {"collector": "user_quotas"}
    before_and_now = [
        ("metastudio_exporter_api_retries_total", poll | {"reason": "throttled"}, 0, 5),
        ("metastudio_exporter_panics_total", exporter, 0, 1),
        ("metastudio_exporter_log_lines_dropped_total", exporter, 0, 1),
        ("metastudio_project_info", other | {"project_id": "", "region": "r", "endpoint": "e"}, 1, 1),
        ("metastudio_exporter_total_shards", exporter | {"shard": "0"}, 2, 2),
        ("metastudio_poll_duration_seconds", poll, 96, 96),
        ("metastudio_exporter_poll_timeout_seconds", exporter, 120, 120),
        ("process_open_fds", exporter, 80, 80),
        ("process_max_fds", exporter, 100, 100),
        ("scrape_duration_seconds", exporter, 8, 8),
    ]
    return "".join(
        [
            # From 0 to three quarters of the quota in a day.
            series(
                "metastudio:user_quota_utilization:ratio",
                filling,
                ((now - ago * MINUTE, 0.75 * (1 - ago / (24 * 60))) for ago in range(24 * 60, 0, -5)),
            ),
            # More than the whole quota, which is used up now.
            series("metastudio:user_quota_utilization:ratio", reset, [(now - 10 * MINUTE, 1.2)]),
            # From 60 to 75 percent of the amount in two days.
            series(
                "metastudio:resource_utilization:ratio",
                consumed,
                ((now - ago * MINUTE, 0.75 - 0.15 * ago / (48 * 60)) for ago in range(48 * 60, 0, -5)),
            ),
            series("metastudio:resource_utilization:ratio", emptied, [(now - 6.5 * DAY, 0.1), (now - 10 * MINUTE, 1.2)]),
            series("metastudio_voice_training_resource_models_available", trained, [(now - 6.5 * DAY, 12)]),
            series("metastudio:voice_training_resource_models_used:max", trained, [(now - 3 * DAY, 0)]),
            series("metastudio_last_success_timestamp_seconds", poll, [(now - MINUTE, now - HOUR)]),
            *(
                series(name, labels, [(now - 10 * MINUTE, before), (now - MINUTE, after)])
                for name, labels, before, after in before_and_now
            ),
            # Three restarts.
            series("process_start_time_seconds", exporter, ((now - ago * MINUTE, now - ago * MINUTE) for ago in (4, 3, 2, 1))),
            # The same for over an hour: not renewed.
            series(
                "metastudio_exporter_credentials_expiry_timestamp_seconds",
                other,
                ((now - ago * MINUTE, int(now) + 5 * MINUTE) for ago in range(75, 0, -1)),
            ),
        ]
    )


def product_labels(cloud, resource_type):
    """The labels of a product in recorded series."""
    row = cloud.product(resource_type)
    return {"project": cloud.project} | {name: row[name] for name in ("business_type", "resource_type", "resource_id")}


def shipped_rules():
    """The rules of the shipped file: name and severity, sorted."""
    groups = yaml.safe_load(shipped.RULES.read_text())["groups"]
    return sorted(
        (rule.get("alert") or rule["record"], rule.get("labels", {}).get("severity", ""))
        for group in groups
        for rule in group["rules"]
    )


def loaded_rules(prometheus):
    """The rules that Prometheus has loaded, in the same form."""
    return sorted((rule["name"], rule.get("labels", {}).get("severity", "")) for rule in prometheus.rules())


def rule_errors(prometheus):
    """The rules that Prometheus reports as not healthy."""
    return [
        (rule["name"], rule["health"], rule.get("lastError"))
        for rule in prometheus.rules()
        if rule["health"] != "ok" or rule.get("lastError")
    ]


def rules_without_data(prometheus):
    """The names of the rules whose expressions have no data. Both alerts with the same name must have data."""
    return {rule["name"] for rule in prometheus.rules() if not prometheus.query(rule["query"])}
