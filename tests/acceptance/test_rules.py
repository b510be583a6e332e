"""The shipped Prometheus rules are valid, pass their tests in promtool, and pass tests/rules/check.py."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy/prometheus"
CHECK = ROOT / "tests/rules/check.py"
RULES_NAME = "metastudio.rules.yml"
TESTS = sorted((ROOT / "tests/rules").glob("*.yml"))


def test_configuration_and_rules_are_valid():
    assert_passes("promtool", "check", "config", DEPLOY / "prometheus.yml")
    assert_passes("promtool", "check", "rules", "--lint=all", "--lint-fatal", DEPLOY / RULES_NAME)


def test_rule_tests_exist():
    assert TESTS


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_rules(file, tmp_path):
    """promtool evaluates all groups of a rule file, so it gets those that the tests of `file` are about."""
    wanted = yaml.safe_load(file.read_text())["group_eval_order"]
    groups = {group["name"]: group for group in yaml.safe_load((DEPLOY / RULES_NAME).read_text())["groups"]}
    (tmp_path / RULES_NAME).write_text(yaml.safe_dump({"groups": [groups[name] for name in wanted]}))
    shipped = f"../../deploy/prometheus/{RULES_NAME}"
    assert shipped in file.read_text()
    (tmp_path / file.name).write_text(file.read_text().replace(shipped, RULES_NAME))
    assert_passes("promtool", "test", "rules", tmp_path / file.name)


def test_every_rule_passes_the_check():
    assert_passes(sys.executable, CHECK)


RULES, RUNBOOK = "deploy/prometheus/metastudio.rules.yml", "deploy/prometheus/RUNBOOK.md"
RUNBOOK_ZH = "deploy/prometheus/RUNBOOK.zh-CN.md"
ROUTES, EXPORTER = "deploy/alertmanager/alertmanager.yml", "tests/rules/exporter.yml"
# (file, text to replace, its replacement, expected output of the check)
FAULTS = [
    (RULES, "expr: metastudio_users_omitted > 0", "expr: metastudio_users_omited > 0", "metastudio_users_omited is neither"),
    (RULES, "metastudio_user_info|", "metastudio_user_name|", "metastudio_user_name is neither"),
    (RULES, "metastudio:voice_training_available:ratio < 0.2", "metastudio:voice_training_availble:ratio < 0.2", "metastudio:voice_training_availble:ratio is neither"),
    (RULES, "sum by (project, resource_type) (metastudio", "sum by (project, resourcetype) (metastudio", "no metric has a label resourcetype"),
    (RULES, 'label "user_name"', 'label "username"', "no metric has a label username"),
    (RULES, 'up{job="', 'up{jobs="', "no metric has a label jobs"),
    (RULES, "- alert: MetaStudioUsersOmitted", "- alert: MetaStudioUsersLeftOut", "MetaStudioUsersLeftOut (warning): it fires in no test"),
    (RULES, "- alert: MetaStudioUsersOmitted", "- alert: UsersOmitted", "begin its name with MetaStudio"),
    (RULES, "severity: critical", "severity: page", "give it the label severity"),
    (RULES, "RUNBOOK.md#metastudiousersomitted", "RUNBOOK.md#metastudiousers", "set its runbook_url to"),
    (RULES, 'summary: "{{ $labels.project }}: users are omitted because of the limit on users"', 'note: "x"', "write its annotation summary"),
    (RUNBOOK, "### MetaStudioUsersOmitted", "### MetaStudioUsersLeftOut", "MetaStudioUsersOmitted: deploy/prometheus/RUNBOOK.md has no section"),
    (RUNBOOK, "### MetaStudioUsersOmitted", "### MetaStudioUsersLeftOut", "MetaStudioUsersLeftOut: no alert has this name"),
    (RUNBOOK, "**Do** Repair the file", "Repair the file", "has no **Do**"),
    (RUNBOOK, "(#metastudioapifailing)", "(#metastudioapifails)", "#metastudioapifails: deploy/prometheus/RUNBOOK.md links to it"),
    (RUNBOOK_ZH, "### MetaStudioUsersOmitted", "### MetaStudioUsersLeftOut", "MetaStudioUsersOmitted: deploy/prometheus/RUNBOOK.zh-CN.md has no section"),
    (RUNBOOK_ZH, "### MetaStudioUsersOmitted", "### MetaStudioUsersLeftOut", "MetaStudioUsersLeftOut: no alert has this name; remove its section from deploy/prometheus/RUNBOOK.zh-CN.md"),
    (RUNBOOK_ZH, "**处理** 修正配置文件", "修正配置文件", "its section in deploy/prometheus/RUNBOOK.zh-CN.md has no **处理**"),
    (RUNBOOK_ZH, "(#语音模型训练)", "(#语音训练)", "#语音训练: deploy/prometheus/RUNBOOK.zh-CN.md links to it"),
    (ROUTES, "alertname = MetaStudioExporterDown", "alertname = MetaStudioExporterDead", "MetaStudioExporterDead"),
    (EXPORTER, "series: metastudio_users_omitted{", "series: metastudio_users_left_out{", "metastudio_users_left_out is not in"),
    (EXPORTER, 'metastudio_users_omitted{project="p",job', 'metastudio_users_omitted{project="p",user_id="u",job', "correct user_id"),
    (EXPORTER, "summary: \"p: users are omitted", "summery: \"p: users are omitted", "without its summary"),
    ("tests/rules/user-quotas.yml", "expr: metastudio:user_quota_utilization:ratio", "expr: vector(1)", "metastudio:user_quota_utilization:ratio: no test uses it"),
]


@pytest.mark.parametrize(("file", "old", "new", "output"), FAULTS)
def test_the_check_finds_faults(tmp_path, file, old, new, output):
    for part in ("deploy", "tests/rules", "tests/golden"):
        shutil.copytree(ROOT / part, tmp_path / part)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text, f"{file} no longer contains {old!r}; update this test"
    (tmp_path / file).write_text(text.replace(old, new), encoding="utf-8")
    done = run(sys.executable, CHECK, tmp_path)
    assert done.returncode == 1
    assert output in done.stderr


def test_the_check_finds_an_alert_without_a_case_in_which_it_does_not_fire(tmp_path):
    for part in ("deploy", "tests/rules", "tests/golden"):
        shutil.copytree(ROOT / part, tmp_path / part)
    lines = (tmp_path / EXPORTER).read_text(encoding="utf-8").splitlines()
    kept = [line for n, line in enumerate(lines) if not is_case_without_alert(lines, n, "MetaStudioClockSkewed")]
    assert len(kept) < len(lines)
    (tmp_path / EXPORTER).write_text("\n".join(kept), encoding="utf-8")
    assert "MetaStudioClockSkewed (warning): it fires in every test" in run(sys.executable, CHECK, tmp_path).stderr


def is_case_without_alert(lines, n, alertname):
    """Whether the line belongs to a case (three lines) in which the alert does not fire."""
    return any(
        f"alertname: {alertname}" in lines[first] and "exp_alerts: []" in lines[first + 2]
        for first in range(max(n - 2, 0), min(n + 1, len(lines) - 2))
    )


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


def assert_passes(*command):
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr
