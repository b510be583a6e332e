"""Ten thousand users: the size of pages stays constant, and every user can be found."""

import re

import pytest

import loopback
from metrics import Metrics

pytest_plugins = ["browser"]

USERS = 10_000
ROWS_A_PAGE, TOP = 50, 10
# The maximum number of elements of a page with 50 rows.
MAX_ELEMENTS = 1500


@pytest.fixture(scope="module")
def many_users(run_demo):
    """Ten thousand users in one project and three in another."""
    with run_demo(f"--users={USERS}") as exporter:
        yield exporter


def test_the_size_of_pages_does_not_depend_on_the_number_of_users(visit, many_users):
    page = visit(many_users)
    assert page.texts("[data-total=users] [data-number]") == ["10,003"]
    assert len(page.rows("nearest")) == TOP
    assert page.page.locator("*").count() < MAX_ELEMENTS

    for path in ("/users", "/users?page=100", "/users?sort=user&project=production", "/users?level=used-up&q=a"):
        page.go(path)
        assert len(page.rows("users")) == ROWS_A_PAGE
        assert page.page.locator("*").count() < MAX_ELEMENTS


def test_the_last_page_has_the_last_users(visit, many_users):
    metrics = loopback.get(f"{many_users.url}/metrics").text
    names = sorted(re.findall(r'^metastudio_user_info{.*user_name="([^"]+)"', metrics, re.MULTILINE))
    assert len(names) == USERS + 3

    page = visit(many_users, "/users?sort=user&page=201")

    assert page.texts("#users tbody th bdi") == names[-3:]
    where, rows = page.texts("#pager span")
    assert (where, rows) == ("Page 201 of 201", "10,001 to 10,003 of 10,003")
    assert page.page.locator("#pager a[rel=next]").count() == 0


def test_a_user_who_runs_out_is_found_among_thousands(visit, many_users):
    metrics = Metrics(many_users)
    ratios = metrics.highest_utilisation
    used_up = sum(found >= 1 for found in ratios.values())
    running_out = {user for user, found in ratios.items() if 0.95 <= found < 1}
    assert used_up > 5 * ROWS_A_PAGE and running_out

    page = visit(many_users, "/users")
    assert page.texts("#levels [data-filter=used-up] .count") == [f"{used_up:,}"]
    page.page.click("#levels [data-filter=running-out]")

    rows = page.rows("users")
    assert page.texts("#levels [aria-current] .count") == [f"{len(running_out):,}"]
    assert {(row["data"]["project"], row["data"]["user"]) for row in rows} <= running_out
    assert len(rows) == min(len(running_out), ROWS_A_PAGE)
    project, user = min(running_out)
    page.page.fill("#search", user[:-1].upper())
    page.page.keyboard.press("Enter")
    page.page.wait_for_url("**q=*")
    assert (project, user) in {(row["data"]["project"], row["data"]["user"]) for row in page.rows("users")}
