"""Three thousand users: one message for each project and alert, with the number of alerts and the ten worst."""

import json
import math
from typing import NamedTuple

import pytest

import configuration
import loopback
import shipped
from alerting import start_alertmanager
from expected import UNLIMITED
from prometheus import Prometheus
from simulation import Simulation

PROJECTS, USERS = 2, 1500
# Fewer than all, so that the test takes less time.
ITEMS = ["voice_clone_basic", "voice_clone_middle", "video_time_2d_model"]
HIGH, USED_UP = "MetaStudioUserQuotaHigh", "MetaStudioUserQuotaUsedUp"


class Quota(NamedTuple):
    """A user's quota of an item and how much of it is used, in the order of the messages: worst first, then by labels."""

    minus_ratio: float
    item: str
    user_id: str
    limit: int

    @property
    def ratio(self):
        return -self.minus_ratio


@pytest.fixture
def cloud(simulate):
    """A cloud in which users of the first project have used a multiple of a quota, and one has used without a quota."""
    cloud = Simulation(simulate(f"--projects={PROJECTS}", f"--users={USERS}", "--resources=1", "--speed=0"))
    *over, without = [quota for quota in quotas(cloud, cloud.project) if quota.ratio == 1][:12]
    cloud.apply_edits(
        cloud.quota(without.user_id, without.item, 0),
        *(cloud.usage(one.user_id, one.item, one.limit * times) for times, one in enumerate(over, start=2)),
    )
    assert [quota.ratio for quota in quotas(cloud, cloud.project)[:13]] == [math.inf, *range(12, 1, -1), 1]
    return cloud


def test_the_users_of_a_project_are_one_message_with_their_number_and_the_ten_worst(
    cloud, serve, start, tmp_path, webhook
):
    # Longer than the evaluation of the rules, as in the shipped configuration.
    alertmanager = start_alertmanager(start, tmp_path, webhook.address, group_wait="10s")
    projects = [each | {"user_quotas": {"items": ITEMS}} for each in configuration.projects_with_key(cloud, tmp_path)]
    exporter = serve({}, f"--config.file={configuration.write(tmp_path / 'exporter.yml', projects)}")
    exporter.wait_until_polled()
    groups = {}
    for project in projects:
        all_quotas = quotas(cloud, project["project_id"])
        groups[USED_UP, project["name"]] = [quota for quota in all_quotas if quota.ratio >= 1]
        groups[HIGH, project["name"]] = [quota for quota in all_quotas if 0.95 <= quota.ratio < 1]

    prometheus_file = shipped.write_prometheus(tmp_path, shipped.static([exporter.address]), alertmanager)
    prometheus = Prometheus(start, prometheus_file, tmp_path / "prometheus-data")
    prometheus.program.wait_until(
        lambda: min(len(bodies(webhook)), len(texts(webhook))) >= len(groups), "each group has a message and its text", 60
    )

    assert sorted((path, group, len(alerts)) for path, group, alerts in bodies(webhook)) == sorted(
        ("/warning", group, len(found)) for group, found in groups.items()
    )
    assert texts(webhook) == sorted(expected_text(group, groups[group], alerts) for _, group, alerts in bodies(webhook))
    unsent = {severity for severity, receiver in severities(alertmanager) if receiver == "not-sent"}
    assert unsent == {"info"}


def expected_text(group, found, alerts):
    """The title, the head and the lines of a message."""
    descriptions = {(alert["labels"]["user_id"], alert["labels"]["item"]): alert["annotations"]["description"] for alert in alerts}
    head = f"{len(found)} firing{', the 10 worst' if len(found) > 10 else ''}:"
    lines = [f"- {descriptions[quota.user_id, quota.item]}" for quota in found[:10]]
    return f"[FIRING:{len(found)}] {' '.join(group)}", [head, *lines, f"Runbook: {alerts[0]['annotations']['runbook_url']}"]


def texts(webhook):
    """The titles and the lines of the messages to Slack on users' quotas, sorted."""
    return sorted((title, text.splitlines()) for title, text in webhook.texts if "UserQuota" in title)


def bodies(webhook):
    """The messages to webhooks on users' quotas: path, alert and project, and alerts."""
    return [
        (path, (body["groupLabels"]["alertname"], body["groupLabels"]["project"]), body["alerts"])
        for path, body in webhook.bodies
        if "UserQuota" in body["groupLabels"]["alertname"]
    ]


def severities(alertmanager):
    """The severity and the receiver of each alert that Alertmanager has."""
    alerts = json.loads(loopback.get(f"http://{alertmanager}/api/v2/alerts").text)
    return [(alert["labels"]["severity"], receiver["name"]) for alert in alerts for receiver in alert["receivers"]]


def quotas(cloud, project_id):
    """The quotas of a project of which something can be used up, the worst first."""
    return sorted(
        Quota(-(user["usage"][item] / limit if limit else math.inf), item, user["user_id"], limit)
        for user in cloud.truth(project_id)["assets"]
        for item, limit in user["quota"].items()
        if item in ITEMS and limit != UNLIMITED and user.get("usage", {}).get(item, UNLIMITED) > 0
    )
