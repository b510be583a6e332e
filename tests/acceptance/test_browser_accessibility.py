"""axe-core finds no violation of WCAG 2.2, levels A and AA, on any page in any language, colour scheme and size."""

import pytest

from browser_tab import DESKTOP, PHONE

pytest_plugins = ["browser"]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
COLOUR_RULES = ["cat.color"]
MISSING = "/user?project=staging&id=nobody"


def pages(metrics):
    project, user = max(metrics.highest_utilisation, key=metrics.highest_utilisation.get)
    lists = ("/users", "/resources", "/products", "/users?level=used-up&refresh=600", "/resources?q=none")
    return ("/", "/?project=staging", *lists, f"/user?project={project}&id={user}", "/?project=nobody")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_axe_finds_no_violation(visit, demo, metrics, failing, locale, size):
    found = []
    page = visit(demo, locale=locale, viewport=size)
    for path in pages(metrics):
        page.go(path)
        found += in_both_colours(page, path)
    page.go_to_missing(MISSING)
    found += in_both_colours(page, MISSING)
    found += in_both_colours(visit(failing, locale=locale, viewport=size), "/ failing")

    assert found == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_on_the_landing_page(visit, landing, size):
    page = visit(landing, viewport=size)

    assert in_both_colours(page, "landing") == []
    assert page.page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


def test_the_links_of_the_landing_page_work(visit, landing):
    page = visit(landing)

    for place, text in enumerate(("Metrics", "Service discovery", "Health", "Readiness")):
        link = page.page.locator("a").nth(place)
        assert link.inner_text() == text
        assert page.go(link.get_attribute("href")).status == 200
        page.page.go_back()
    assert page.page.locator("table").count() == 0


def in_both_colours(page, path):
    """All violations with their elements, in both colour schemes."""
    found = []
    # The dark scheme changes only colours.
    for scheme, rules in (("light", RULES), ("dark", COLOUR_RULES)):
        page.page.emulate_media(color_scheme=scheme)
        found += [
            f"{violation['impact']} {violation['id']} on {path} ({scheme}): {node['html']}: {node['failureSummary']}"
            for violation in page.axe(rules)
            for node in violation["nodes"]
        ]
    return found
