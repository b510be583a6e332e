"""The tables of docs/ for operators are those of the program, of the rules and of the dashboards."""

import json
import re

import pytest
import yaml

import shipped
from programs import REPOSITORY

DOCS = REPOSITORY / "docs"
# Where the messages of polls and of `check` are, and the generated list of what is logged under every fault.
SOURCES = [*(REPOSITORY / "src").rglob("*.rs"), REPOSITORY / "tests" / "FAULTS.md"]
# What the program puts between the texts of a message.
INSERTED = re.compile(
    r"\.\.\.|[:()]|(?<=is not polled)[.,]|access key|tenant_resources|line 1, column 1|8388608|METASTUDIO_REGION"
    r"|IAM$|from (?:IAM|STS)|the (?:ECS metadata|CCE pod identity) service"
)


def rows(page, heading):
    """The cells of the tables below a heading of a page, with the tables' headers, up to the next heading of level 2."""
    text = (DOCS / page).read_text().partition(f"{heading}\n")[2].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code(cell):
    return re.findall(r"`(.*?)`", cell)


def documented_alerts():
    """The severities of each alert by the page of alerts."""
    alerts, header = {}, []
    for row in rows("alerts.md", "## The alerts"):
        if row[0] == "alert":
            header = row
            continue
        name, anchor = re.fullmatch(r"\[(\w+)\]\(\.\./deploy/prometheus/RUNBOOK\.md#(\w+)\)", row[0]).groups()
        assert anchor == name.lower()
        assert name not in alerts
        alerts[name] = {severity for severity, cell in zip(header[1:], row[1:]) if cell}
    return alerts


def test_the_page_of_alerts_has_every_alert_with_its_severities():
    alerts = {}
    for group in yaml.safe_load(shipped.RULES.read_text())["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                alerts.setdefault(rule["alert"], set()).add(rule["labels"]["severity"])
    assert documented_alerts() == alerts
    assert f"has {len(alerts)} alerts" in (DOCS / "alerts.md").read_text()


def test_troubleshooting_has_every_reason():
    source = (REPOSITORY / "src" / "cloud" / "reason.rs").read_text()
    reasons = re.findall(r'Self::\w+ => "(\w+)"', source)
    documented = [reason for row in rows("troubleshooting.md", "## By reason")[1:] for reason in code(row[0])]
    assert documented == reasons
    assert len(reasons) == 11


def messages():
    """The messages that the page of troubleshooting explains."""
    table = rows("troubleshooting.md", "## By the message of check or of the log")
    return [message for row in table[1:] for message in code(row[0])]


@pytest.fixture(scope="module")
def sources():
    """The texts of the program, with spaces in place of line breaks within a text."""
    return re.sub(r"\\\n\s*", "", "\n".join(path.read_text() for path in SOURCES))


@pytest.mark.parametrize("message", messages())
def test_the_program_has_the_messages_of_troubleshooting(message, sources):
    pieces = [piece.strip() for piece in INSERTED.split(message)]
    missing = [piece for piece in pieces if piece and piece not in sources]
    assert missing == []
    assert any(len(piece) > 8 for piece in pieces), f"{message} has no text of its own"


def test_the_page_of_dashboards_has_every_variable_and_file():
    files = sorted((REPOSITORY / "dashboards").glob("*.json"))
    dashboards = {path.name: json.loads(path.read_text()) for path in files}
    table = rows("dashboards.md", "# Dashboards")
    listed = {re.search(r"\((.*)\)", row[1])[1]: row[0] for row in table[1:5]}
    assert listed == {f"../dashboards/{name}": dashboard["title"] for name, dashboard in dashboards.items()}

    documented = {}
    for row in rows("dashboards.md", "## Variables")[1:]:
        of = list(dashboards) if row[1] == "all" else [f"metastudio-{row[1]}.json"]
        for name in of:
            documented.setdefault(name, set()).update(code(row[0]))
    variables = {
        name: {variable["name"] for variable in dashboard["templating"]["list"]}
        for name, dashboard in dashboards.items()
    }
    assert documented == variables
