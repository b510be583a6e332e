"""The shipped Alertmanager configuration: routes by amtool, inhibition and grouping by Alertmanager itself.

The names of an alert's labels are those that the rules' own tests expect, so that an inhibition cannot rest on labels
that no alert has.
"""

import itertools
import json
import subprocess
import time
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
# As long again as a group waits and its interval lasts, in seconds, and some more: time for a second message to come.
A_SECOND_MESSAGE = 4

WARNING, CRITICAL = "warning", "critical"


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
# Values are of this case alone; a trailing number makes another thing of the same kind.
KINDS = ["project", "resource_type", "resource_id", "user_id", "item", "unit", "collector", "job", "instance"]


def alert(alertname, severity, case, other=()):
    """An alert with the labels that its rule gives it; `other` names labels with another value than usual."""
    labels = {"alertname": alertname, "severity": severity}
    for kind in KINDS:
        if kind in ALERTS[alertname, severity]:
            labels[kind] = f"{kind}-{case}" + ("-other" if kind in other else "")
    return labels


def test_configuration_is_valid():
    run("amtool", "check-config", CONFIG)


@pytest.mark.parametrize(("labels", "receiver"), routes())
def test_route(labels, receiver):
    run("amtool", "config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receiver}", *labels.split())


def test_every_alert_of_the_rules_reaches_the_receiver_of_its_severity():
    for alertname, severity in sorted(ALERTS):
        labels = [f"{name}={value}" for name, value in alert(alertname, severity, 0).items()]
        run("amtool", "config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={severity}", *labels)


BOTH = sorted(name for name, severity in ALERTS if severity == CRITICAL and (name, WARNING) in ALERTS)
# (what fires, what else fires, labels in which they differ, whether the second is inhibited)
INHIBITIONS = [
    *[((name, CRITICAL), (name, WARNING), (), True) for name in BOTH],
    *[((name, WARNING), (name, CRITICAL), (), False) for name in BOTH],
    (("MetaStudioVoiceTrainingLow", CRITICAL), ("MetaStudioVoiceTrainingLow", WARNING), ("resource_type",), False),
    (("MetaStudioVoiceTrainingLow", CRITICAL), ("MetaStudioVoiceTrainingLow", WARNING), ("project",), False),
    (("MetaStudioVoiceTrainingExpiring", CRITICAL), ("MetaStudioVoiceTrainingExpiring", WARNING), ("resource_id",), False),
    (("MetaStudioUserQuotaHigh", CRITICAL), ("MetaStudioUserQuotaHigh", WARNING), ("user_id",), False),
    (("MetaStudioUserQuotaHigh", CRITICAL), ("MetaStudioUserQuotaHigh", WARNING), ("item",), False),
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioAPIFailing", WARNING), ("collector",), False),
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioAPIFailing", WARNING), ("instance",), False),
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioAPIFailing", WARNING), ("job",), False),
    # Another alert on the same thing is another matter.
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingExpiring", WARNING), (), False),
    # Used up is more than low.
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingLow", WARNING), (), True),
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingLow", CRITICAL), (), True),
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingShortAfterExpiry", WARNING), (), True),
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingLow", CRITICAL), ("resource_type",), False),
    (("MetaStudioVoiceTrainingUsedUp", CRITICAL), ("MetaStudioVoiceTrainingLow", CRITICAL), ("project",), False),
    (("MetaStudioUserQuotaUsedUp", CRITICAL), ("MetaStudioUserQuotaHigh", WARNING), (), True),
    (("MetaStudioUserQuotaUsedUp", CRITICAL), ("MetaStudioUserQuotaHigh", CRITICAL), (), True),
    (("MetaStudioUserQuotaUsedUp", CRITICAL), ("MetaStudioUserQuotaRunningOut", WARNING), (), True),
    (("MetaStudioUserQuotaUsedUp", CRITICAL), ("MetaStudioUserQuotaHigh", CRITICAL), ("project",), False),
    (("MetaStudioUserQuotaUsedUp", CRITICAL), ("MetaStudioUserQuotaHigh", CRITICAL), ("user_id",), False),
    (("MetaStudioUserQuotaUsedUp", CRITICAL), ("MetaStudioUserQuotaHigh", CRITICAL), ("item",), False),
    (("MetaStudioUserQuotaHigh", CRITICAL), ("MetaStudioUserQuotaRunningOut", WARNING), (), True),
    (("MetaStudioUserQuotaHigh", CRITICAL), ("MetaStudioUserQuotaRunningOut", WARNING), ("project",), False),
    (("MetaStudioUserQuotaHigh", CRITICAL), ("MetaStudioUserQuotaRunningOut", WARNING), ("user_id",), False),
    (("MetaStudioUserQuotaHigh", CRITICAL), ("MetaStudioUserQuotaRunningOut", WARNING), ("item",), False),
    (("MetaStudioUserQuotaHigh", WARNING), ("MetaStudioUserQuotaRunningOut", WARNING), (), False),
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingExpiring", WARNING), (), True),
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingExpiring", CRITICAL), (), True),
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingFrozen", WARNING), (), True),
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingExpiring", CRITICAL), ("project",), False),
    (("MetaStudioVoiceTrainingExpired", CRITICAL), ("MetaStudioVoiceTrainingExpiring", CRITICAL), ("resource_id",), False),
    # An exporter that is down and what it says of itself; other exporters are others.
    *[
        (("MetaStudioExporterDown", CRITICAL), (name, severity), (), True)
        for name, severity in sorted(ALERTS)
        if "instance" in ALERTS[name, severity] and name != "MetaStudioExporterDown"
    ],
    (("MetaStudioExporterDown", CRITICAL), ("MetaStudioAPIFailing", CRITICAL), ("instance",), False),
    (("MetaStudioExporterDown", CRITICAL), ("MetaStudioAPIFailing", CRITICAL), ("job",), False),
    (("MetaStudioExporterDown", CRITICAL), ("MetaStudioUserQuotaUsedUp", CRITICAL), (), False),
    # Polls that fail and what comes of it.
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", WARNING), (), True),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), (), True),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioListInconsistent", WARNING), (), True),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioInvalidValues", WARNING), (), True),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), ("project",), False),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), ("collector",), False),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), ("instance",), False),
    (("MetaStudioAPIFailing", WARNING), ("MetaStudioDataStale", CRITICAL), ("job",), False),
    # One cause does not hide another.
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioCredentialsExpiring", CRITICAL), (), False),
    (("MetaStudioAPIFailing", CRITICAL), ("MetaStudioUserQuotaUsedUp", CRITICAL), (), False),
]
cases = itertools.count()


@pytest.mark.parametrize(("source", "target", "other", "inhibited"), INHIBITIONS)
def test_inhibition(alertmanager, source, target, other, inhibited):
    case = next(cases)
    first, second = alert(*source, case), alert(*target, case, other)
    # Alertmanager's inhibitor hears of alerts one after the other, a moment after they are taken in. Once it has
    # inhibited the witness, it has heard of those before.
    cause, witness = (alert("MetaStudioUserQuotaHigh", severity, f"{case}-witness") for severity in (CRITICAL, WARNING))
    for one in (first, second, witness, cause):
        alertmanager.post([one])
    wait_until(lambda: alertmanager.state(witness) == "suppressed", "the witness is inhibited")
    assert alertmanager.state(second) == ("suppressed" if inhibited else "active")
    if inhibited:
        assert alertmanager.state(first) == "active"


def test_a_user_who_crosses_eight_items_is_one_message(alertmanager):
    crossed = [alert("MetaStudioUserQuotaHigh", WARNING, "eight") | {"item": f"item-{n}"} for n in range(8)]
    elsewhere = alert("MetaStudioUserQuotaHigh", WARNING, "eight", other=["project"])
    alertmanager.post([*crossed, elsewhere])
    wait_until(lambda: len(alertmanager.messages("project-eight")) == 1, "one message")
    wait_until(lambda: len(alertmanager.messages("project-eight-other")) == 1, "another message")
    time.sleep(A_SECOND_MESSAGE)
    (path, message), = alertmanager.messages("project-eight")
    assert path == "/warning"
    assert sorted(one["labels"]["item"] for one in message["alerts"]) == [f"item-{n}" for n in range(8)]
    assert len(alertmanager.messages("project-eight-other")) == 1


def test_worse_is_one_message_to_the_pager_and_none_to_the_queue(alertmanager):
    worse = [alert("MetaStudioUserQuotaHigh", severity, "worse") for severity in (WARNING, CRITICAL)]
    alertmanager.post([*worse, alert("MetaStudioUserQuotaUsedUp", CRITICAL, "worse")])
    wait_until(lambda: alertmanager.messages("project-worse"), "a message")
    time.sleep(A_SECOND_MESSAGE)
    sent = [(path, one["labels"]["alertname"]) for path, message in alertmanager.messages("project-worse") for one in message["alerts"]]
    assert sent == [("/critical", "MetaStudioUserQuotaUsedUp")]


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory):
    """One for all cases, which differ in their labels."""
    directory = tmp_path_factory.mktemp("alertmanager")
    with ExitStack() as programs:

        def start(arguments, environment):
            return programs.enter_context(running(arguments, environment, directory))

        webhook = programs.enter_context(receiving())
        yield Alertmanager(start_alertmanager(start, directory, webhook.address), webhook)


class Alertmanager:
    """A running Alertmanager and where it sends to."""

    def __init__(self, address, webhook):
        self._alerts, self._webhook = f"http://{address}/api/v2/alerts", webhook

    def post(self, labels):
        body = json.dumps([{"labels": one} for one in labels])
        answer = loopback.send("POST", self._alerts, body, Content_Type="application/json")
        assert answer.status == 200, answer.text

    def state(self, labels):
        """`active` or `suppressed`; an alert that is not there is an error."""
        alerts = json.loads(loopback.get(self._alerts).text)
        (state,) = [one["status"]["state"] for one in alerts if one["labels"] == labels]
        return state

    def messages(self, project):
        return [(path, body) for path, body in self._webhook.bodies if body["groupLabels"].get("project") == project]


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
