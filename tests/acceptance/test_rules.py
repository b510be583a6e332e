"""The shipped Prometheus rules: valid, tested by promtool, and complete by tests/rules/check.py, which can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy/prometheus"
CHECK = ROOT / "tests/rules/check.py"
TESTS = sorted((ROOT / "tests/rules").glob("*.yml"))


def test_configuration_and_rules_are_valid():
    passes("promtool", "check", "config", DEPLOY / "prometheus.yml")
    passes("promtool", "check", "rules", "--lint=all", "--lint-fatal", DEPLOY / "metastudio.rules.yml")


def test_there_are_tests():
    assert TESTS


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_rules(file):
    passes("promtool", "test", "rules", file)


def test_everything_is_tested_explained_and_exists():
    passes(sys.executable, CHECK)


RULES, RUNBOOK = "deploy/prometheus/metastudio.rules.yml", "deploy/prometheus/RUNBOOK.md"
ROUTES, EXPORTER = "deploy/alertmanager/alertmanager.yml", "tests/rules/exporter.yml"
# (file, what is there, what is put in its place, what the check must say)
FAULTS = [
    (RULES, "expr: metastudio_users_omitted > 0", "expr: metastudio_users_omited > 0", "metastudio_users_omited is neither"),
    (RULES, 'printf "metastudio_user_info{', 'printf "metastudio_user_name{', "metastudio_user_name is neither"),
    (RULES, "metastudio:voice_training_available:ratio < 0.2", "metastudio:voice_training_availble:ratio < 0.2", "metastudio:voice_training_availble:ratio is neither"),
    (RULES, "sum by (project, resource_type) (metastudio", "sum by (project, resourcetype) (metastudio", "no metric has a label resourcetype"),
    (RULES, 'label "user_name"', 'label "username"', "no metric has a label username"),
    (RULES, 'up{job="', 'up{jobs="', "no metric has a label jobs"),
    (RULES, "- alert: MetaStudioUsersOmitted", "- alert: MetaStudioUsersLeftOut", "MetaStudioUsersLeftOut (warning): no test lets it fire"),
    (RULES, "- alert: MetaStudioUsersOmitted", "- alert: UsersOmitted", "let its name begin with MetaStudio"),
    (RULES, "severity: critical", "severity: page", "give it the label severity"),
    (RULES, "RUNBOOK.md#metastudiousersomitted", "RUNBOOK.md#metastudiousers", "set its runbook_url to"),
    (RULES, 'summary: "{{ $labels.project }}: users are omitted because of the limit on users"', 'note: "x"', "write its annotation summary"),
    (RUNBOOK, "### MetaStudioUsersOmitted", "### MetaStudioUsersLeftOut", "MetaStudioUsersOmitted: deploy/prometheus/RUNBOOK.md has no section"),
    (RUNBOOK, "### MetaStudioUsersOmitted", "### MetaStudioUsersLeftOut", "MetaStudioUsersLeftOut: there is no such alert"),
    (RUNBOOK, "**Do** Repair the file", "Repair the file", "has no **Do**"),
    (RUNBOOK, "(#metastudioapifailing)", "(#metastudioapifails)", "#metastudioapifails"),
    (ROUTES, "alertname = MetaStudioExporterDown", "alertname = MetaStudioExporterDead", "MetaStudioExporterDead"),
    (EXPORTER, "series: metastudio_users_omitted{", "series: metastudio_users_left_out{", "metastudio_users_left_out is not in"),
    (EXPORTER, 'metastudio_users_omitted{project="p",job', 'metastudio_users_omitted{project="p",user_id="u",job', "see to user_id"),
    (EXPORTER, "summary: \"p: users are omitted", "summery: \"p: users are omitted", "without its summary"),
    ("tests/rules/user-quotas.yml", "expr: metastudio:user_quota_utilization:ratio", "expr: vector(1)", "metastudio:user_quota_utilization:ratio: no test asks for it"),
]


@pytest.mark.parametrize(("file", "there", "instead", "said"), FAULTS)
def test_the_check_can_fail(tmp_path, file, there, instead, said):
    for part in ("deploy", "tests/rules", "tests/golden"):
        shutil.copytree(ROOT / part, tmp_path / part)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert there in text, f"{file} has no {there!r} any more; change this test with it"
    (tmp_path / file).write_text(text.replace(there, instead), encoding="utf-8")
    done = run(sys.executable, CHECK, tmp_path)
    assert done.returncode == 1
    assert said in done.stderr


def test_an_alert_without_a_case_in_which_it_does_not_fire_is_a_fault(tmp_path):
    for part in ("deploy", "tests/rules", "tests/golden"):
        shutil.copytree(ROOT / part, tmp_path / part)
    lines = (tmp_path / EXPORTER).read_text(encoding="utf-8").splitlines()
    kept = [line for n, line in enumerate(lines) if not quiet_case(lines, n, "MetaStudioClockSkewed")]
    assert len(kept) < len(lines)
    (tmp_path / EXPORTER).write_text("\n".join(kept), encoding="utf-8")
    assert "MetaStudioClockSkewed (warning): no test sees it not fire" in run(sys.executable, CHECK, tmp_path).stderr


def quiet_case(lines, n, alertname):
    """Whether the line is one of the three of a case in which the alert does not fire."""
    return any(
        f"alertname: {alertname}" in lines[first] and "exp_alerts: []" in lines[first + 2]
        for first in range(max(n - 2, 0), min(n + 1, len(lines) - 2))
    )


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def passes(*command):
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr
