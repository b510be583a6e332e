"""A failing API: the page shows the reason, the advice and the request ID, and no secret."""

import json
import re

import pytest

import loopback
from metrics import Metrics

pytest_plugins = ["browser"]

FORBIDDEN = {
    "reason": "The credentials may not call this API.",
    "advice": "What to do: Grant the IAM user the right to read MetaStudio in this project (system policy "
    "MetaStudio FullAccess, or a custom policy), and check that the project ID belongs to this account.",
    "code": "Error code: HTTP 403 MSS.00000005",
}
BROKEN = {
    "reason": "The cloud failed.",
    "advice": "What to do: If the problem persists, report the request ID to Huawei Cloud.",
    "code": "Error code: HTTP 500 MSS.00000004",
}
FAILURES = {("staging", "voice_training"): FORBIDDEN, ("production", "user_quotas"): BROKEN}
# Parts of a secret of this length must not appear either.
FRAGMENT = 12


@pytest.fixture
def overview(visit, failing):
    return visit(failing)


def test_the_page_shows_reason_advice_and_request_id(overview, failing):
    request_ids = logged_request_ids(failing)

    for (project, collector), expected in FAILURES.items():
        row = overview.page.locator(f"tr[data-project={project}][data-collector={collector}]")
        details = {
            line.get_attribute("data-detail"): line.inner_text() for line in row.locator("[data-detail]").all()
        }
        assert details.pop("failed-at").startswith("Last poll: ")
        assert details == expected | {"request-id": f"Request ID: {request_ids[project, collector]}"}
        assert row.locator(".badge").inner_text() == "Failing"


def test_failing_apis_match_the_metrics_and_come_first(overview, failing):
    up = {(row["project"], row["collector"]): value for row, value in Metrics(failing).series("metastudio_up")}
    rows = [(row["data"]["project"], row["data"]["collector"], row["data"]["state"]) for row in overview.rows("apis")]

    assert {row[:2] for row in rows if row[2] == "fails"} == {place for place in up if not up[place]} == set(FAILURES)
    # The names of production's users are looked up after its user quotas, which fail.
    assert [state for *_, state in rows] == ["fails", "fails", "waiting", *["works"] * 5]
    assert [row[:2] for row in rows if row[2] == "waiting"] == [("production", "user_names")]


def test_missing_numbers_are_marked_as_missing(overview, failing):
    assert overview.texts("[data-total=projects] li") == ["2 with a failing API"]
    assert overview.texts("[data-gap]") == ["Data from 1 of 2 projects."] * 2
    assert overview.texts("[data-total=users] [data-number]") == ["3"]

    overview.go("/?project=production")
    assert overview.texts("[data-gap=user_quotas]") == ["No data recent enough to show."]
    assert overview.texts("[data-total=users] [data-unknown]") == ["unknown"]
    assert overview.page.locator("#nearest").count() == 0


def test_no_page_contains_a_secret(overview, failing):
    secrets = secrets_of(failing)
    # Otherwise this test checks nothing.
    assert len(secrets) >= 3

    for path in ("/", "/?lang=zh", "/users", "/resources", "/products", "/?project=staging"):
        overview.go(path)
        page = overview.page.content()
        for secret in secrets:
            fragments = (secret[start : start + FRAGMENT] for start in range(len(secret) - FRAGMENT + 1))
            assert not [fragment for fragment in fragments if fragment in page]


def logged_request_ids(exporter):
    """{(project, collector): the request ID of the failed poll}"""
    failures = [line for line in exporter.program.stderr.splitlines() if 'message="poll failed' in line]
    fields = [dict(re.findall(r'(\w+)="?([^" ]+)', line)) for line in failures]
    return {(line["project"], line["collector"]): line["request_id"] for line in fields}


def secrets_of(exporter):
    """The credentials of the simulated cloud."""
    endpoint = re.search(r"runs at (\S+)", exporter.program.stdout)[1].rstrip("/")
    account = json.loads(loopback.get(f"{endpoint}/simulation/accounts").text)
    return sorted(set(strings(account, ("access_key", "secret_key", "password"))))


def strings(found, names):
    """The strings with these names, at any depth."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from [value] if name in names and isinstance(value, str) else strings(value, names)
    elif isinstance(found, list):
        for value in found:
            yield from strings(value, names)
