#!/usr/bin/env python3
"""Checks what promtool does not: every alert has tests and a runbook section and uses existing metrics.

Usage: check.py [ROOT]    (the repository; default: the repository of this file)

Prints one line per fault with what to do, and exits with 1 if there are any.
"""

import re
import sys
from pathlib import Path

import yaml

RUNBOOK_URL = "https://github.com/metastudio-exporter/metastudio-exporter/blob/main/deploy/prometheus/RUNBOOK.md#"
# The runbook in each language, and what each of its sections has.
RUNBOOKS = {
    "deploy/prometheus/RUNBOOK.md": ("**Means**", "**Look**", "**Do**"),
    "deploy/prometheus/RUNBOOK.zh-CN.md": ("**含义**", "**查看**", "**处理**"),
}

# Metrics of Prometheus itself.
TARGET_LABELS = {"job", "instance"}
PROMETHEUS = {
    "up": TARGET_LABELS,
    "scrape_duration_seconds": TARGET_LABELS,
    "scrape_timeout_seconds": TARGET_LABELS,
    "ALERTS": {"alertname", "alertstate", "severity"},
}
# Labels of series that rules and templates make themselves.
MADE = {"__name__", "exporter"}


def main(root: Path) -> list[str]:
    rules_file = root / "deploy/prometheus/metastudio.rules.yml"
    rules = [rule for group in load(rules_file)["groups"] for rule in group["rules"]]
    alerts = [rule for rule in rules if "alert" in rule]
    records = {rule["record"] for rule in rules if "record" in rule}
    tests = [test for file in sorted((root / "tests/rules").glob("*.yml")) for test in load(file).get("tests", [])]

    faults = Faults()
    metrics = known_metrics(root)
    for rule in rules:
        check_names(rule, records, metrics, faults)
    for alert in alerts:
        check_shape(alert, faults)
        check_tests(alert, tests, faults)
    check_records(records, tests, faults)
    check_series(tests, metrics, faults)
    for file, parts in RUNBOOKS.items():
        check_runbook(root, file, parts, {alert["alert"] for alert in alerts}, faults)
    check_alertmanager(root, alerts, faults)
    return faults.lines


class Faults:
    def __init__(self):
        self.lines = []

    def add(self, what: str, do: str):
        line = f"{what}: {do}"
        if line not in self.lines:
            self.lines.append(line)


def load(file: Path):
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def title(alert: dict) -> str:
    return f"{alert['alert']} ({alert.get('labels', {}).get('severity', 'no severity')})"


def known_metrics(root: Path) -> dict[str, set[str]]:
    """The metrics of the golden scrape, with the names of their labels."""
    metrics = dict(PROMETHEUS)
    for line in (root / "tests/golden/metrics.prom").read_text(encoding="utf-8").splitlines():
        found = re.match(r"([a-z_][a-z0-9_]*)(?:\{(.*)\})? ", line)
        if found and not line.startswith("#"):
            labels = set(re.findall(r'(?:^|,)([a-z_]+)="', found[2] or ""))
            metrics.setdefault(found[1], set(TARGET_LABELS)).update(labels)
    return metrics


def check_names(rule: dict, records: set[str], metrics: dict[str, set[str]], faults: Faults):
    """Every metric and label of a rule must exist. PromQL does not report unknown names."""
    name = title(rule) if "alert" in rule else rule["record"]
    texts = [rule["expr"], *rule.get("annotations", {}).values()]
    labels = set().union(*metrics.values()) | MADE
    for text in texts:
        for metric in re.findall(r"(?<![\w:/.-])metastudio[_:][a-z0-9_:]+", text):
            if metric not in metrics and metric not in records:
                faults.add(name, f"{metric} is neither in tests/golden/metrics.prom nor recorded; correct its name")
        grouped = re.findall(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)", text)
        used = {label.strip() for group in grouped for label in group.split(",")}
        used.update(re.findall(r"\$labels\.(\w+)", text), re.findall(r'label "(\w+)"', text))
        for selector in re.findall(r"\b(?:metastudio[_:][a-z0-9_:]+|up)\{([^}]*)\}", text):
            used.update(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
        for label in sorted(used - labels - {""}):
            faults.add(name, f"no metric has a label {label}; correct its name")


def check_shape(alert: dict, faults: Faults):
    name = title(alert)
    if not alert["alert"].startswith("MetaStudio"):
        faults.add(name, "begin its name with MetaStudio")
    if alert.get("labels", {}).get("severity") not in ("info", "warning", "critical"):
        faults.add(name, "give it the label severity: info, warning or critical")
    annotations = alert.get("annotations", {})
    for annotation in ("summary", "description", "runbook_url"):
        if not str(annotations.get(annotation, "")).strip():
            faults.add(name, f"write its annotation {annotation}")
    if "{{" not in annotations.get("description", ""):
        faults.add(name, "use labels, the number and its unit in its description")
    url = RUNBOOK_URL + alert["alert"].lower()
    if annotations.get("runbook_url") != url:
        faults.add(name, f"set its runbook_url to {url}")


def check_tests(alert: dict, tests: list[dict], faults: Faults):
    """An alert needs a case in which it fires, with all its annotations, and a case in which it does not."""
    name, severity = title(alert), alert.get("labels", {}).get("severity")
    cases = [case for test in tests for case in test.get("alert_rule_test", []) if case["alertname"] == alert["alert"]]
    fired = [
        [expected for expected in case.get("exp_alerts") or [] if expected["exp_labels"].get("severity") == severity]
        for case in cases
    ]
    if not any(fired):
        faults.add(name, "it fires in no test; add a case with its exp_alerts to tests/rules")
    if all(fired):
        faults.add(name, "it fires in every test; add a case without it to tests/rules")
    for expected in (expected for case in fired for expected in case):
        for annotation in alert.get("annotations", {}):
            if annotation not in expected.get("exp_annotations", {}):
                faults.add(name, f"it fires in a test without its {annotation}; add all exp_annotations")


def check_records(records: set[str], tests: list[dict], faults: Faults):
    tested = " ".join(case["expr"] for test in tests for case in test.get("promql_expr_test", []))
    for record in sorted(records):
        if record not in tested:
            faults.add(record, "no test uses it; add a promql_expr_test to tests/rules")


def check_series(tests: list[dict], metrics: dict[str, set[str]], faults: Faults):
    """The input series of tests must have the names and labels of the exporter's series."""
    for test in tests:
        for series in test.get("input_series", []):
            metric, _, inside = series["series"].partition("{")
            labels = set(re.findall(r'(?:^|,)\s*([a-z_]+)="', inside))
            if metric not in metrics:
                faults.add(test["name"], f"{metric} is not in tests/golden/metrics.prom; correct its name")
            elif labels != metrics[metric]:
                wrong = ", ".join(sorted(labels ^ metrics[metric]))
                faults.add(test["name"], f"{metric} has other labels in tests/golden/metrics.prom; correct {wrong}")


def check_runbook(root: Path, file: str, parts: tuple[str, ...], alerts: set[str], faults: Faults):
    text = (root / file).read_text(encoding="utf-8")
    sections = re.split(r"^### +(.+?) *$", text, flags=re.MULTILINE)
    explained = dict(zip(sections[1::2], sections[2::2]))
    for alert in sorted(alerts - explained.keys()):
        faults.add(alert, f"{file} has no section with this name; write it")
    for section in sorted(explained.keys() - alerts):
        faults.add(section, f"no alert has this name; remove its section from {file}")
    for section, body in explained.items():
        for part in parts:
            if part not in body:
                faults.add(section, f"its section in {file} has no {part}; write it")
    anchors = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in re.findall(r"^#+ +(.+)", text, re.M)}
    for anchor in sorted(set(re.findall(r"\]\(#([^)]+)\)", text)) - anchors):
        faults.add(f"#{anchor}", f"{file} links to it, but has no such heading")


def check_alertmanager(root: Path, alerts: list[dict], faults: Faults):
    """Every alert name in the Alertmanager configuration must exist. Alertmanager does not report unknown names."""
    names = {alert["alert"] for alert in alerts}
    config = (root / "deploy/alertmanager/alertmanager.yml").read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r"\bMetaStudio[A-Z]\w+", config)) - names):
        faults.add(name, "deploy/alertmanager/alertmanager.yml names it, but no alert has this name; correct it")


if __name__ == "__main__":
    repository = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = main(repository)
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(1 if found else 0)
