"""The shipped Alertmanager configuration: amtool checks the routes, Alertmanager itself inhibition and grouping.

The label names of each alert come from the tests of the rules, so that no inhibition depends on labels that the alert
does not have.
"""

import itertools
import json
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

import loopback
from alerting import start_alertmanager
from programs import running, wait_until
from webhook import receiving

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "deploy/alertmanager/alertmanager.yml"

INFO, WARNING, CRITICAL = "info", "warning", "critical"
RECEIVERS = {INFO: "not-sent", WARNING: WARNING, CRITICAL: CRITICAL}


def routes():
    lines = (ROOT / "tests/alertmanager/routes.txt").read_text(encoding="utf-8").splitlines()
    return [line.split(" -> ") for line in lines if line and not line.startswith("#")]


def labels_of_alerts():
    """(alertname, severity) -> the names of its labels, from the rules' tests."""
    names = {}
    for file in (ROOT / "tests/rules").glob("*.yml"):
        for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]:
            for case in test.get("alert_rule_test", []):
                for alert in case.get("exp_alerts") or []:
                    key = (case["alertname"], alert["exp_labels"]["severity"])
                    names.setdefault(key, set()).update(alert["exp_labels"])
    return names


ALERTS = labels_of_alerts()
# The labels that identify a resource. Their values contain the number of the case, so that cases are independent.
IDENTIFYING_LABELS = [
    "project", "business_type", "resource_type", "sub_resource_type", "resource_id", "user_id", "item", "unit", "collector", "job", "instance", "exporter",
]


def alert(alertname, severity, case, other=()):
    """An alert with the labels of its rule. The labels in `other` have another value than usual."""
    labels = {"alertname": alertname, "severity": severity}
    for name in IDENTIFYING_LABELS:
        if name in ALERTS[alertname, severity]:
            labels[name] = f"{name}-{case}" + ("-other" if name in other else "")
    return labels


def test_configuration_is_valid():
    run("amtool", "check-config", CONFIG)


@pytest.mark.parametrize(("labels", "receiver"), routes())
def test_route(labels, receiver):
    run("amtool", "config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receiver}", *labels.split())


def test_every_alert_reaches_the_receiver_of_its_severity():
    for alertname, severity in sorted(ALERTS):
        labels = [f"{name}={value}" for name, value in alert(alertname, severity, 0).items()]
        run("amtool", "config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={RECEIVERS[severity]}", *labels)


# Alerts with two severities: name, the worse severity, the milder one.
BOTH = sorted(
    (name, severity, milder)
    for name, severity in ALERTS
    for milder in {CRITICAL: [WARNING, INFO], WARNING: [INFO], INFO: []}[severity]
    if (name, milder) in ALERTS
)
# What follows from an exporter that is down.
ABOUT_EXPORTERS = sorted(
    (name, severity) for name, severity in ALERTS if "exporter" in ALERTS[name, severity] and name != "MetaStudioExporterDown"
)
# (first alert, second alert, labels in which they differ, whether the second alert is inhibited)
INHIBITIONS = [
    *[((name, worse), (name, milder), (), True) for name, worse, milder in BOTH],
    *[((name, milder), (name, worse), (), False) for name, worse, milder in BOTH],
    (("MetaStudioVoiceTrainingLow", CRITICAL), ("MetaStudioVoiceTrainingLow", WARNING), ("resource_type",), False),
    (("MetaStudioVoiceTrainingLow", CRITICAL), ("MetaStudioVoiceTrainingLow", WARNING), ("project",), False),
    (("MetaStudioVoiceTrainingExpiring", CRITICAL), ("MetaStudioVoiceTrainingExpiring", WARNING), ("resource_id",), False),
    (("MetaStudioResourceHigh", CRITICAL), ("MetaStudioResourceHigh", WARNING), ("resource_id",), False),
    # Sub-resources of a package have its ID.
    (("MetaStudioResourceHigh", CRITICAL), ("MetaStudioResourceHigh", WARNING), ("sub_resource_type",), False),
    (("MetaStudioResourceExpiring", CRITICAL), ("MetaStudioResourceExpiring", WARNING), ("resource_id",), False),
    (("MetaStudioUserQuotaHigh", WARNING), ("MetaStudioUserQuotaHigh", INFO), ("user_id",), False),
    (("MetaStudioUserQuotaHigh", WARNING), ("MetaStudioUserQuotaHigh", INFO), ("item",), False),
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioAPIFailing", WARNING), ("collector",), False),
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioAPIFailing", WARNING), ("instance",), False),
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioAPIFailing", WARNING), ("job",), False),
    # Another alert on the same resource is independent.
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingExpiring", WARNING), (), False),
    (("MetaStudioResourceUsedUp", CRITICAL), ("MetaStudioResourceExpiring", WARNING), (), False),
    (("MetaStudioResourceUsedUp", CRITICAL), ("MetaStudioVoiceTrainingLow", WARNING), (), False),
    # "Used up" includes "low".
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingLow", WARNING), (), True),
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingLow", CRITICAL), (), True),
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingShortAfterExpiry", WARNING), (), True),
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingLow", CRITICAL), ("resource_type",), False),
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingLow", CRITICAL), ("project",), False),
    *[
        (("MetaStudioResourceUsedUp", CRITICAL), milder, other, not other)
        for milder in [
            ("MetaStudioResourceHigh", WARNING), ("MetaStudioResourceHigh", CRITICAL), ("MetaStudioResourceRunningOut", WARNING)
        ]
        for other in [(), ("project",), ("resource_type",), ("sub_resource_type",), ("resource_id",)]
    ],
    (("MetaStudioUserQuotaUsedUp", WARNING), ("MetaStudioUserQuotaHigh", INFO), (), True),
    (("MetaStudioUserQuotaUsedUp", WARNING), ("MetaStudioUserQuotaHigh", WARNING), (), True),
    (("MetaStudioUserQuotaUsedUp", WARNING), ("MetaStudioUserQuotaRunningOut", WARNING), (), True),
    (("MetaStudioUserQuotaUsedUp", WARNING), ("MetaStudioUserQuotaHigh", WARNING), ("project",), False),
    (("MetaStudioUserQuotaUsedUp", WARNING), ("MetaStudioUserQuotaHigh", WARNING), ("user_id",), False),
    (("MetaStudioUserQuotaUsedUp", WARNING), ("MetaStudioUserQuotaHigh", WARNING), ("item",), False),
    (("MetaStudioUserQuotaHigh", WARNING), ("MetaStudioUserQuotaRunningOut", WARNING), (), True),
    (("MetaStudioUserQuotaHigh", WARNING), ("MetaStudioUserQuotaRunningOut", WARNING), ("project",), False),
    (("MetaStudioUserQuotaHigh", WARNING), ("MetaStudioUserQuotaRunningOut", WARNING), ("user_id",), False),
    (("MetaStudioUserQuotaHigh", WARNING), ("MetaStudioUserQuotaRunningOut", WARNING), ("item",), False),
    (("MetaStudioUserQuotaHigh", INFO), ("MetaStudioUserQuotaRunningOut", WARNING), (), False),
    *[
        (("MetaStudioResourceHigh", CRITICAL), ("MetaStudioResourceRunningOut", WARNING), other, not other)
        for other in [(), ("project",), ("resource_type",), ("sub_resource_type",), ("resource_id",)]
    ],
    (("MetaStudioResourceHigh", WARNING), ("MetaStudioResourceRunningOut", WARNING), (), False),
    *[
        (("MetaStudioResourceExpired", CRITICAL), milder, other, not other)
        for milder in [
            ("MetaStudioResourceExpiring", WARNING), ("MetaStudioResourceExpiring", CRITICAL), ("MetaStudioResourceFrozen", WARNING)
        ]
        for other in [(), ("project",), ("resource_id",)]
    ],
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingExpiring", WARNING), (), True),
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingExpiring", CRITICAL), (), True),
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingFrozen", WARNING), (), True),
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingExpiring", CRITICAL), ("project",), False),
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingExpiring", CRITICAL), ("resource_id",), False),
    # An exporter that is down inhibits alerts on its own state, but not on other exporters.
    *[(("MetaStudioExporterDown", CRITICAL), about_exporter, (), True) for about_exporter in ABOUT_EXPORTERS],
    # The target of a project has another instance.
    (("MetaStudioExporterDown", CRITICAL), ("MetaStudioAPIFailing", CRITICAL), ("instance",), True),
    (("MetaStudioExporterDown", CRITICAL), ("MetaStudioAPIFailing", CRITICAL), ("exporter",), False),
    (("MetaStudioExporterDown", CRITICAL), ("MetaStudioAPIFailing", CRITICAL), ("job",), False),
    (("MetaStudioExporterDown", CRITICAL), ("MetaStudioExporterDown", CRITICAL), ("instance",), False),
    (("MetaStudioExporterDown", CRITICAL), ("MetaStudioUserQuotaUsedUp", WARNING), (), False),
    (("MetaStudioExporterDown", CRITICAL), ("MetaStudioShardMissing", CRITICAL), (), False),
    # An exporter that restarts repeatedly.
    (("MetaStudioExporterRestarting", WARNING), ("MetaStudioTargetDown", WARNING), (), True),
    (("MetaStudioExporterRestarting", WARNING), ("MetaStudioTargetDown", WARNING), ("exporter",), False),
    (("MetaStudioExporterRestarting", WARNING), ("MetaStudioTargetDown", WARNING), ("job",), False),
    (("MetaStudioExporterRestarting", WARNING), ("MetaStudioProjectNotPolled", CRITICAL), (), False),
    (("MetaStudioShardMissing", CRITICAL), ("MetaStudioExporterDown", CRITICAL), (), False),
    # Failing polls and their consequences.
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", WARNING), (), True),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), (), True),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioListInconsistent", WARNING), (), True),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioInvalidValues", WARNING), (), True),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioPollSlow", WARNING), (), True),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioPollSlow", WARNING), ("collector",), False),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), ("project",), False),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), ("collector",), False),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), ("instance",), False),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), ("job",), False),
    # One cause does not inhibit another.
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioCredentialsExpiring", CRITICAL), (), False),
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioUserQuotaUsedUp", WARNING), (), False),
]
cases = itertools.count()


@pytest.mark.parametrize(("source", "target", "other", "inhibited"), INHIBITIONS)
def test_inhibition(alertmanager, source, target, other, inhibited):
    case = next(cases)
    first, second = alert(*source, case), alert(*target, case, other)
    # Alertmanager's inhibitor processes alerts in order, a moment after they arrive. Once it has inhibited the witness,
    # it has processed the alerts before.
    cause, witness = (alert("MetaStudioAPIFailing", severity, f"{case}-witness") for severity in (CRITICAL, WARNING))
    for one in (first, second, witness, cause):
        alertmanager.post([one])
    wait_until(lambda: alertmanager.state(witness) == "suppressed", "the witness is inhibited")
    assert alertmanager.state(second) == ("suppressed" if inhibited else "active")
    if inhibited:
        assert alertmanager.state(first) == "active"


def test_eight_items_of_one_user_are_one_message(alertmanager):
    exceeded = [alert("MetaStudioUserQuotaHigh", WARNING, "eight") | {"item": f"item-{n}"} for n in range(8)]
    elsewhere = alert("MetaStudioUserQuotaHigh", WARNING, "eight", other=["project"])
    alertmanager.post([*exceeded, elsewhere])
    wait_until(lambda: len(alertmanager.messages("project-eight")) == 1, "one message")
    wait_until(lambda: len(alertmanager.messages("project-eight-other")) == 1, "another message")
    alertmanager.wait_for_later_messages("eight")
    (path, message), = alertmanager.messages("project-eight")
    assert path == "/warning"
    assert sorted(one["labels"]["item"] for one in message["alerts"]) == [f"item-{n}" for n in range(8)]
    assert len(alertmanager.messages("project-eight-other")) == 1


def test_resources_of_a_project_are_one_message_for_each_severity(alertmanager):
    case = "forty"
    expiring = [alert("MetaStudioResourceExpiring", WARNING, case) | {"resource_id": f"resource-{n}"} for n in range(40)]
    soon = [alert("MetaStudioResourceExpiring", CRITICAL, case) | {"resource_id": f"resource-{n}"} for n in range(5)]
    # In the order of the rules.
    alertmanager.post(soon)
    alertmanager.post(expiring)
    wait_until(lambda: len(alertmanager.messages("project-forty")) == 2, "two messages")
    alertmanager.wait_for_later_messages(case)
    messages = [
        (path, sorted(one["labels"]["resource_id"] for one in message["alerts"]))
        for path, message in alertmanager.messages("project-forty")
    ]
    ids = [f"resource-{n}" for n in range(40)]
    assert sorted(messages) == [("/critical", ids[:5]), ("/warning", sorted(ids[5:]))]


@pytest.mark.parametrize(
    ("worst", "milder", "path"),
    [
        (("MetaStudioVoiceTrainingUsedUp", CRITICAL), "MetaStudioVoiceTrainingLow", "/critical"),
        (("MetaStudioResourceUsedUp", CRITICAL), "MetaStudioResourceHigh", "/critical"),
        (("MetaStudioUserQuotaUsedUp", WARNING), "MetaStudioUserQuotaHigh", "/warning"),
    ],
)
def test_the_worst_alert_is_one_message_without_the_milder_ones(alertmanager, worst, milder, path):
    case = f"worse-than-{milder}"
    alertmanager.post([alert(name, severity, case) for name, severity in sorted(ALERTS) if name == milder])
    alertmanager.post([alert(*worst, case)])
    wait_until(lambda: alertmanager.messages(f"project-{case}"), "a message")
    alertmanager.wait_for_later_messages(case)
    assert sent(alertmanager.messages(f"project-{case}")) == [(path, worst[0])]


def test_information_is_sent_nowhere(alertmanager):
    alertmanager.post([alert("MetaStudioUserQuotaHigh", INFO, "info")])
    alertmanager.wait_for_later_messages("info")
    assert alertmanager.messages("project-info") == []
    assert alertmanager.state(alert("MetaStudioUserQuotaHigh", INFO, "info")) == "active"


def test_projects_of_one_exporter_are_one_message(alertmanager):
    failing = [alert("MetaStudioAPIFailing", WARNING, "many") | {"project": f"many-{n}"} for n in range(500)]
    elsewhere = alert("MetaStudioAPIFailing", WARNING, "many", other=["exporter"])
    alertmanager.post([*failing, elsewhere])
    wait_until(lambda: len(alertmanager.messages("exporter-many", "exporter")) == 1, "one message")
    wait_until(lambda: len(alertmanager.messages("exporter-many-other", "exporter")) == 1, "another message")
    alertmanager.wait_for_later_messages("many")
    ((path, message),) = alertmanager.messages("exporter-many", "exporter")
    assert (path, len(message["alerts"])) == ("/warning", 500)
    assert len(alertmanager.messages("exporter-many-other", "exporter")) == 1


def sent(messages):
    """The path and the alert name of each alert in the messages."""
    return [(path, one["labels"]["alertname"]) for path, message in messages for one in message["alerts"]]


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory):
    """One Alertmanager for all cases, which differ in their labels."""
    directory = tmp_path_factory.mktemp("alertmanager")
    with ExitStack() as programs:

        def start(arguments, environment):
            return programs.enter_context(running(arguments, environment, directory))

        webhook = programs.enter_context(receiving())
        yield Alertmanager(start_alertmanager(start, directory, webhook.address, group_wait="1s"), webhook)


class Alertmanager:
    """A running Alertmanager and its webhook."""

    def __init__(self, address, webhook):
        self._alerts, self._webhook = f"http://{address}/api/v2/alerts", webhook

    def post(self, labels):
        body = json.dumps([{"labels": one} for one in labels])
        answer = loopback.send("POST", self._alerts, body, Content_Type="application/json")
        assert answer.status == 200, answer.text

    def state(self, labels):
        """`active` or `suppressed`. An unknown alert is an error."""
        alerts = json.loads(loopback.get(self._alerts).text)
        (state,) = [one["status"]["state"] for one in alerts if one["labels"] == labels]
        return state

    def wait_for_later_messages(self, case):
        """Waits until two groups that are posted now, one after the other, have their messages.

        A group waits 1 s for its first message and repeats it every second if it changed, so any further message of an
        earlier group arrives before.
        """
        for later in (f"{case}-later", f"{case}-last"):
            self.post([alert("MetaStudioUserQuotaHigh", WARNING, later)])
            wait_until(lambda: self.messages(f"project-{later}"), "the message of a later group")

    def messages(self, value, label="project"):
        """The messages of the groups with this label: path and body."""
        return [(path, body) for path, body in self._webhook.bodies if body["groupLabels"].get(label) == value]


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
