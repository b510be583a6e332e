"""Navigation by mouse and keyboard: filter, order, paging, back."""

from urllib.parse import quote

import pytest

from browser_tab import PHONE

pytest_plugins = ["browser"]

ROWS_A_PAGE = 50
# The focused element: its name, whether its outline is visible, and whether it is in the window.
FOCUSED = """
    () => {
        const element = document.activeElement, style = getComputedStyle(element);
        const box = element.getBoundingClientRect();
        return {
            name: element.id || element.innerText.trim(),
            link: element.getAttribute("href"),
            column: element.closest("thead th")?.innerText.trim(),
            body: element === document.body,
            outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
            inSight: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth
                && box.bottom > 0 && box.top < innerHeight,
        };
    }
"""


def users(page):
    return [(row["data"]["project"], row["data"]["user"]) for row in page.rows("users")]


def test_the_filter_selects_one_project_or_all(visit, demo, metrics):
    page = visit(demo, "/users?sort=user")

    page.page.select_option("#project", "staging")
    page.page.click("#filter button")

    expected = [user for user in metrics.names if user[0] == "staging"]
    assert sorted(users(page)) == sorted(expected)
    assert page.page.locator("#project").input_value() == "staging"
    assert page.path == "/users?sort=user&project=staging&q="

    page.page.click("#pages a >> nth=2")
    assert {row["data"]["project"] for row in page.rows("resources")} == {"staging"}
    page.page.click("#pages a >> nth=0")
    assert page.texts("#project-facts dd bdi")[0] == "staging"

    page.page.select_option("#project", "")
    page.page.click("#filter button")
    assert {row["data"]["project"] for row in page.rows("apis")} == {"production", "staging"}


def test_an_unknown_project_is_reported_as_unknown(visit, demo):
    page = visit(demo, "/?project=nobody")

    assert page.texts("#unknown-project") == ["No project has this name. Showing all projects."]
    assert len(page.rows("apis")) == 8


def test_a_column_heading_sorts_in_both_directions(visit, demo, metrics):
    names = metrics.names
    page = visit(demo, "/users")
    assert sorting(page) == {"Utilisation": "descending"}

    page.page.click("#users thead a:text-is('User')")
    assert sorting(page) == {"User": "ascending"}
    assert [names[user] for user in users(page)] == sorted(names.values())[:ROWS_A_PAGE]

    page.page.click("#users thead a:text-is('User')")
    assert sorting(page) == {"User": "descending"}
    assert [names[user] for user in users(page)] == sorted(names.values(), reverse=True)[:ROWS_A_PAGE]

    page.page.click("#users thead a:text-is('Project')")
    assert sorting(page) == {"Project": "ascending"}
    assert {project for project, _ in users(page)} == {"production"}


@pytest.mark.parametrize(
    ("column", "key"),
    [("Resource", "resource"), ("Models left", "left"), ("Type", "type"), ("Expires", "expiry"), ("State", "state")],
)
def test_resources_can_be_sorted_in_both_directions(visit, demo, column, key):
    page = visit(demo, "/resources?sort=project")

    page.page.click(f"#resources thead a:text-is('{column}')")
    assert (page.path, sorting(page)) == (f"/resources?sort={key}", {column: "ascending"})
    ascending = [sort_value(row, key) for row in page.rows("resources")]
    assert ascending == sorted(ascending)

    page.page.click(f"#resources thead a:text-is('{column}')")
    assert (page.path, sorting(page)) == (f"/resources?sort=-{key}", {column: "descending"})
    descending = [sort_value(row, key) for row in page.rows("resources")]
    if key == "expiry":
        known = [value for value in descending if value != NEVER]
        assert descending == sorted(known, reverse=True) + [NEVER] * (len(descending) - len(known))
    else:
        assert descending == sorted(descending, reverse=True)


def test_paging_works_in_both_directions_and_with_the_back_button(visit, demo, metrics):
    page = visit(demo, "/users?sort=user&project=production")
    names = metrics.names
    expected = sorted(name for user, name in names.items() if user[0] == "production")
    assert page.page.locator("#pager a[rel=prev]").count() == 0
    assert page.texts("#pager span") == ["Page 1 of 5", "1 to 50 of 250"]

    for number in range(2, 6):
        page.page.click("#pager a[rel=next]")
        first = (number - 1) * ROWS_A_PAGE
        assert [names[user] for user in users(page)] == expected[first : first + ROWS_A_PAGE]
        assert page.texts("#pager span")[0] == f"Page {number} of 5"
    assert page.page.locator("#pager a[rel=next]").count() == 0

    page.page.click("#pager a[rel=prev]")
    assert page.path.endswith("page=4")
    page.page.click("#users tbody th a >> nth=0")
    assert page.texts("#user-name") == [expected[3 * ROWS_A_PAGE]]

    page.page.go_back()
    assert page.texts("#pager span")[0] == "Page 4 of 5"
    assert page.page.locator("#project").input_value() == "production"


def test_links_lead_from_the_overview_to_a_user_and_back(visit, demo):
    page = visit(demo)
    row = page.rows("nearest")[0]

    page.page.click("#nearest tbody th a >> nth=0")
    assert page.texts("#user-id") == [row["data"]["user"]]
    assert page.page.locator(f"#quotas tr[data-item={row['data']['item']}]").get_attribute("data-level") == "used-up"

    page.page.click("main > p:last-child a")
    assert page.page.locator("#totals").count() == 1


def test_a_search_and_a_level_narrow_the_list_and_all_links_keep_them(visit, demo, metrics):
    names, highest = metrics.names, metrics.highest_utilisation
    high = {user for user, found in highest.items() if 0.8 <= found < 0.95}
    # A part of a name that several users have, but not all.
    part = next(
        part
        for part in sorted({name[:9].upper() for name in names.values()})
        if 1 < sum(part.lower() in names[user].lower() for user in high) < len(high)
    )
    found = {user for user in names if part.lower() in names[user].lower() or part.lower() in user[1].lower()}
    page = visit(demo, "/users?sort=user")

    page.page.fill("#search", part)
    page.page.keyboard.press("Enter")
    page.page.wait_for_url("**/users?sort=user&project=&q=*")
    assert counts(page)[""] == len(found)
    page.page.click("#levels a[data-filter=high]")

    assert set(users(page)) == found & high
    assert page.page.locator("#search").input_value() == part
    assert page.texts("#levels [aria-current] .count") == [str(len(found & high))]
    assert sorting(page) == {"User": "ascending"}
    before = users(page)
    page.page.click("#users thead a:text-is('User')")
    assert users(page) == before[::-1]
    page.page.click("#reload")
    assert users(page) == before[::-1]
    page.page.click("#levels a[data-filter='']")
    assert page.texts("#levels [aria-current] .count") == [str(len(found))]
    page.page.fill("#search", "no such user")
    page.page.keyboard.press("Enter")
    page.page.click("#no-match a")
    assert counts(page)[""] == len(names)


def test_products_can_be_sorted_filtered_and_found(visit, demo):
    page = visit(demo, "/products?project=production")
    assert sorting(page) == {"State": "ascending"}
    page.page.click("#products thead a:text-is('Utilisation')")
    assert (page.path, sorting(page)) == (
        "/products?project=production&sort=-utilisation",
        {"Utilisation": "descending"},
    )
    used = [float(row["percent"].removesuffix(" %")) for row in page.rows("products") if row["percent"] != "–"]
    assert len(used) == 28 and used == sorted(used, reverse=True)

    numbers = counts(page)
    assert numbers[""] == 30
    for level, mark in {"frozen": "frozen", "running-out": "running-out", "high": "high", "used-up": "used-up"}.items():
        page.page.click(f"#levels a[data-filter='{level}']")
        rows = page.rows("products")
        assert len(rows) == numbers[level] > 0
        assert all(mark in row["data"]["marks"].split() for row in rows)
    page.page.click("#levels a[data-filter='']")
    page.page.fill("#search", "voice_clone_flexus")
    page.page.click("#filter button")
    assert {row["data"]["subResource"] for row in page.rows("products")} == {"voice_clone_flexus"}
    assert sorting(page) == {"Utilisation": "descending"}


def test_the_levels_of_resources_list_those_with_something_left(visit, demo):
    page = visit(demo, "/resources")
    rows = [(row["data"]["resource"], row["data"]["marks"].split()) for row in page.rows("resources")]
    expected = {
        "": {name for name, _ in rows},
        "expired": {name for name, marks in rows if "expired" in marks and "used-up" not in marks},
        "frozen": {name for name, marks in rows if "frozen" in marks and "used-up" not in marks},
        "expires-7d": {name for name, marks in rows if "expires-very-soon" in marks and "used-up" not in marks},
        "expires-30d": {
            name
            for name, marks in rows
            if {"expires-very-soon", "expires-soon"} & set(marks) and "used-up" not in marks
        },
        "used-up": {name for name, marks in rows if "used-up" in marks},
        "ok": {name for name, marks in rows if not marks},
    }
    assert counts(page) == {level: len(names) for level, names in expected.items()}

    for level, names in expected.items():
        page.page.click(f"#levels a[data-filter='{level}']")
        assert {row["data"]["resource"] for row in page.rows("resources")} == names, level


def test_a_user_leads_back_to_the_list_as_it_was(visit, demo):
    page = visit(demo, "/users?sort=user&project=production&level=used-up&lang=en")
    before, path = users(page), page.path

    page.page.click("#users tbody th a >> nth=1")
    assert page.texts("#user-id") == [before[1][1]]
    ratios = [row["percent"] for row in page.rows("quotas")]
    assert ratios[0] == "100.0 %"
    page.page.click("#quotas thead a:text-is('Item')")
    items = [row["data"]["item"] for row in page.rows("quotas")]
    assert items == sorted(items)
    page.page.click("#back")

    assert users(page) == before
    assert sorted(page.path.split("?")[1].split("&")) == sorted(path.split("?")[1].split("&"))


def test_the_way_back_stays_on_this_site(visit, demo, metrics):
    project, user = min(metrics.quotas)
    page = visit(demo)

    for link in ("https://example.com/users", "//example.com/users", "javascript:alert(1)", "/../users", "/metrics"):
        page.go(f"/user?project={project}&id={user}&from={quote(link, safe='')}")
        page.page.click("#back")
        assert page.path == f"/?project={project}", link


def test_a_page_loads_itself_again_until_it_is_stopped(visit, demo):
    page = visit(demo, "/users?refresh=5")
    made = page.page.locator("#now").get_attribute("datetime")

    page.page.wait_for_function("made => document.querySelector('#now')?.dateTime > made", arg=made)
    assert page.path == "/users?refresh=5"
    assert page.texts("#refresh .muted") == ["Reloads every 5 seconds"]
    page.page.click("#pages a >> nth=2")
    assert page.path == "/resources?refresh=5"
    page.page.click("#refresh a")
    assert page.path == "/resources"
    assert page.page.locator("#refresh").count() == 0


@pytest.mark.parametrize(("options", "sticky"), [({}, True), ({"viewport": PHONE}, False)], ids=["desktop", "phone"])
def test_the_head_of_a_table_stays_in_view(visit, demo, options, sticky):
    page = visit(demo, "/users", **options)

    page.page.locator("#users tbody tr >> nth=30").scroll_into_view_if_needed()

    place = "document.querySelector('#users thead th').getBoundingClientRect()"
    top, bottom = page.page.evaluate(f"[{place}.top, {place}.bottom]")
    assert (top == 0) if sticky else (bottom < 0)


@pytest.mark.parametrize(
    "options", [{}, {"viewport": PHONE}, {"color_scheme": "dark"}], ids=["desktop", "phone", "dark"]
)
def test_the_tab_key_reaches_every_control_visibly(visit, demo, options):
    page = visit(demo, "/users?project=staging", **options)
    links = page.page.locator("a[href], select, button, input:not([type=hidden]), .scroll").count()

    stops = []
    page.page.keyboard.press("Tab")
    while not (stop := page.page.evaluate(FOCUSED))["body"] and len(stops) <= links:
        stops.append(stop)
        page.page.keyboard.press("Tab")

    assert [stop for stop in stops if not (stop["outlined"] and stop["inSight"])] == []
    assert stops[0]["link"] == "#main"
    assert len(stops) == links
    names = [stop["name"] for stop in stops]
    assert [stop["column"] for stop in stops if stop["column"]] == [
        "User",
        "Project",
        "Utilisation",
        "Items used up",
    ]
    places = [names.index(name) for name in ("reload", "project", "search", "Show", "User", "Metrics")]
    assert places == sorted(places)


def test_the_keyboard_can_skip_filter_sort_and_open(visit, demo):
    page = visit(demo, "/users")
    keys = page.page.keyboard

    keys.press("Tab")
    keys.press("Enter")
    assert page.page.evaluate("document.activeElement.id") == "main"

    keys.press("Tab")
    assert page.page.evaluate("document.activeElement.id") == "project"
    keys.type("staging")
    keys.press("Tab")
    assert page.page.evaluate("document.activeElement.id") == "search"
    keys.press("Tab")
    keys.press("Enter")
    page.page.wait_for_url("**/users?project=staging&q=")
    assert {project for project, _ in users(page)} == {"staging"}

    page.page.locator("#users thead a >> nth=0").focus()
    keys.press("Enter")
    page.page.wait_for_url("**/users?project=staging&sort=user")
    page.page.locator("#users tbody th a >> nth=0").focus()
    keys.press("Enter")
    page.page.wait_for_url("**/user?*")
    assert page.texts("#user-facts dd bdi")[0] == "staging"


def counts(page):
    """{level: the number on its filter}"""
    links = page.page.locator("#levels a").all()
    return {link.get_attribute("data-filter"): int(link.locator(".count").inner_text()) for link in links}


def sorting(page):
    """{column: direction}, as a screen reader announces it."""
    columns = page.page.locator("thead th[aria-sort]").all()
    return {column.text_content().strip(): column.get_attribute("aria-sort") for column in columns}


NEVER = "9999"


def sort_value(row, key):
    """The sort key of a row. Resources that never expire come last."""
    worst = ["expired", "frozen", "expires-very-soon", "expires-soon", "used-up", ""]
    marks = row["data"].get("marks", "").split() or [""]
    return {
        "resource": lambda: row["data"]["resource"],
        "left": lambda: int(row["cells"][3].split(" of ")[0]),
        "type": lambda: row["cells"][2].split()[-1],
        "expiry": lambda: row["times"][0] if row["times"] else NEVER,
        "state": lambda: worst.index("used-up" if "used-up" in marks else marks[0]),
    }[key]()
