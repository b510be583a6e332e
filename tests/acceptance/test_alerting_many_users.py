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
    *over, without = [quota for quota in quotas(cloud, cloud.project) if quota.ratio == 1][::5][:12]
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
    alertmanager = start_alertmanager(start, tmp_path, webhook.address, group_wait="6s")
    projects = configuration.projects_with_key(cloud, tmp_path)
    exporter = serve({}, f"--config.file={configuration.write(tmp_path / 'exporter.yml', projects)}")
    exporter.wait_until_polled()
    expected, unsent = {}, 0
    for project in projects:
        users = quotas(cloud, project["project_id"])
        expected[USED_UP, project["name"]] = [quota for quota in users if quota.ratio >= 1]
        expected[HIGH, project["name"]] = [quota for quota in users if 0.95 <= quota.ratio < 1]
        unsent += len([quota for quota in users if 0.8 <= quota.ratio])
    assert max(map(len, expected.values())) > 10

    prometheus_file = shipped.write_prometheus(tmp_path, shipped.static([exporter.address]), alertmanager)
    prometheus = Prometheus(start, prometheus_file, tmp_path / "prometheus-data")
    prometheus.program.wait_until(lambda: len(of_users(webhook)) >= len(expected), "each group has a message", 60)

    sent = of_users(webhook)
    assert {(path, status) for path, status, _, _ in sent} == {("/warning", "firing")}
    assert {(name, project): len(alerts) for _, _, (name, project), alerts in sent} == {
        group: len(found) for group, found in expected.items()
    }
    assert len(sent) == len(expected), "one message each"
    for _, _, group, alerts in sent:
        descriptions = {(alert["labels"]["user_id"], alert["labels"]["item"]): alert["annotations"]["description"] for alert in alerts}
        worst = [f"- {descriptions[quota.user_id, quota.item]}" for quota in expected[group][:10]]
        ((title, text),) = [(title, text) for title, text in webhook.texts if title.endswith(" ".join(group))]
        assert title == f"[FIRING:{len(alerts)}] {' '.join(group)}"
        head, *listed, runbook = text.splitlines()
        assert head == f"{len(alerts)} firing{', the 10 worst' if len(alerts) > 10 else ''}:"
        assert listed == worst
        assert runbook.startswith("Runbook: https://")
    assert len(informative(alertmanager)) == unsent


def of_users(webhook):
    """The messages on users' quotas: path, status, alert and project, and alerts."""
    return [
        (path, body["status"], (body["groupLabels"]["alertname"], body["groupLabels"]["project"]), body["alerts"])
        for path, body in webhook.bodies
        if body["groupLabels"].get("alertname") in (HIGH, USED_UP)
    ]


def informative(alertmanager):
    """The alerts that Alertmanager has and sends nowhere."""
    alerts = json.loads(loopback.get(f"http://{alertmanager}/api/v2/alerts").text)
    return [alert for alert in alerts if [receiver["name"] for receiver in alert["receivers"]] == ["not-sent"]]


def quotas(cloud, project_id):
    """The quotas of a project of which something can be used up, the worst first."""
    return sorted(
        Quota(-(user["usage"][item] / limit if limit else math.inf), item, user["user_id"], limit)
        for user in cloud.truth(project_id)["assets"]
        for item, limit in user["quota"].items()
        if limit != UNLIMITED and user.get("usage", {}).get(item, UNLIMITED) > 0
    )
