"""The numbers on the pages match the numbers in the metrics at the same moment."""

import math
import re
from datetime import datetime

import pytest

from metrics import ratio

pytest_plugins = ["browser"]

COUNT = re.compile(r"[\d,]+")
DAY = 24 * 60 * 60
HIGH = 0.8
PROJECTS = ("production", "staging")
# The demo looks up the names of users.
COLLECTORS = ("voice_training", "user_quotas", "tenant_resources", "user_names")
SHOWN, EXPIRED_SHOWN = 10, 3
PRODUCT = ("project", "resource_id", "resource_type", "business_type", "sub_resource_type")


@pytest.fixture
def overview(visit, demo):
    return visit(demo)


def test_the_totals_match_the_metrics(overview, metrics):
    resources = [labels for labels, _ in metrics.series("metastudio_voice_training_resource_models_available")]
    value = lambda labels, name: metrics.value(f"metastudio_voice_training_resource_{name}", **labels)
    # Nothing is lost with a resource of which no models are left.
    lossy = [labels for labels in resources if value(labels, "models_available") > 0]
    frozen = [labels for labels in lossy if value(labels, "status") == 1]
    times = [value(labels, "expiry_timestamp_seconds") for labels in lossy]
    left = [time - now(overview) for time in times if time is not None]
    ratios = metrics.highest_utilisation.values()
    assert not [seconds for seconds in left if seconds <= 0]

    assert card(overview, "projects") == (2, ["all OK"])
    assert card(overview, "resources") == (
        metrics.total("metastudio_voice_training_resources"),
        [
            f"{len(frozen)} frozen",
            f"{sum(0 < seconds < 7 * DAY for seconds in left)} expiring within 7 days",
            f"{sum(0 < seconds < 30 * DAY for seconds in left)} expiring within 30 days",
            f"{len(resources) - len(lossy)} used up",
        ],
    )
    assert card(overview, "users") == (
        metrics.total("metastudio_users"),
        [
            f"{sum(found >= 1 for found in ratios)} with a quota used up",
            f"{sum(0.95 <= found < 1 for found in ratios)} at 95 % to 100 % of a quota",
            f"{sum(HIGH <= found < 0.95 for found in ratios)} at 80 % to 95 % of a quota",
        ],
    )


def test_available_resources_are_the_sum_of_all_projects(overview, metrics):
    series = metrics.series("metastudio_voice_training_available")
    types = sorted({labels["resource_type"] for labels, _ in series})
    expected = [
        (
            name,
            sum(value for labels, value in series if labels["resource_type"] == name),
            " ".join(l["project"] for l, value in series if l["resource_type"] == name and value == 0) or "none",
        )
        for name in types
    ]

    rows = overview.rows("available")

    assert [(row["data"]["resourceType"], count(row["cells"][1]), row["cells"][2]) for row in rows] == expected
    assert len(expected) == 6


def test_expiring_resources_are_sorted_and_have_their_remaining_days(overview, metrics):
    left = {place: time - now(overview) for place, time in expiry_times(metrics).items()}
    order = sorted(left, key=lambda place: (left[place], place))
    expired = [place for place in order if -30 * DAY < left[place] <= 0][-EXPIRED_SHOWN:]
    coming = [place for place in order if left[place] > 0]
    expected = (expired + coming)[:SHOWN]

    rows = overview.rows("expiring")

    assert sorted_ties(rows, left) == expected
    assert expired and any(left[place] > 2 * DAY for place in expected)
    for row in rows:
        assert_resource(row, metrics, now(overview))


def test_the_list_of_resources_matches_the_metrics(visit, demo, metrics):
    page = visit(demo, "/resources")

    rows = page.rows("resources")

    listed = [key_of(labels) for labels, _ in metrics.series("metastudio_voice_training_resource_status")]
    assert sorted(row_key(row) for row in rows) == sorted(listed)
    for row in rows:
        assert_resource(row, metrics, now(page))


def test_the_list_of_products_matches_the_metrics(visit, demo, metrics):
    page = visit(demo, "/products")
    rows = rows_of_all_pages(page, "products")

    infos = {
        (labels["project"], labels["resource_id"], labels["sub_resource_type"]): labels
        for labels, _ in metrics.series("metastudio_resource_info")
    }
    shown = [(row["data"]["project"], row["data"]["resource"], row["data"]["subResource"]) for row in rows]
    assert sorted(shown) == sorted(infos)
    assert len(rows) == metrics.total("metastudio_resources")
    for key, row in zip(shown, rows, strict=True):
        assert_product(row, infos[key], metrics)


def assert_product(row, info, metrics):
    """Asserts that the row matches the metrics of its product."""
    labels = {name: info[name] for name in PRODUCT}
    amounts = [(found, value) for found, value in metrics.series("metastudio_resource_amount") if labels.items() <= found.items()]
    usages = [(found, value) for found, value in metrics.series("metastudio_resource_usage") if labels.items() <= found.items()]
    [(with_unit, used)] = usages
    types = [info["business_type"], info["resource_type"], info["sub_resource_type"], info["charging_mode"]]
    assert row["cells"][2].split("\n")[1:] == [text for text in types if text]
    if info["charging_mode"] == "ON_DEMAND":
        assert (amounts, row["percent"]) == ([], "–")
        assert row["cells"][3].endswith(" (pay-per-use)")
        return
    [(_, amount)] = amounts
    assert row["percent"] == percent(used / amount)
    numbers = [float(number.replace(",", "")) for number in re.findall(r"[\d,.]+", row["cells"][3])]
    if with_unit["unit"] != "seconds":
        assert numbers == [round(used, 3), amount]
        unit = {"gigabytes": " GB", "count": ""}.get(with_unit["unit"], f" {with_unit['unit']}")
        assert row["cells"][3].endswith(unit)
    expiry = metrics.value("metastudio_resource_expiry_timestamp_seconds", **labels)
    assert [seconds(time) for time in row["times"]] == ([] if expiry is None else [expiry])
    frozen = metrics.value("metastudio_resource_status", **labels) == 1
    assert ("frozen" in row["data"]["marks"].split()) == frozen


def test_users_nearest_exhaustion_are_sorted_by_utilisation(overview, metrics):
    highest_utilisation, names = metrics.highest_utilisation, metrics.names
    order = sorted(highest_utilisation, key=lambda user: weight(metrics, user))[:SHOWN]

    rows = overview.rows("nearest")

    assert [(row["data"]["project"], row["data"]["user"]) for row in rows] == order
    assert [row["cells"][0] for row in rows] == [names[user] for user in order]
    for user, row in zip(order, rows, strict=True):
        assert row["percent"] == percent(highest_utilisation[user])
        assert ratio(*metrics.quotas[user][row["data"]["item"]]) == highest_utilisation[user]
    assert highest_utilisation[order[0]] == 1 > highest_utilisation[order[-1]]


def test_the_user_pages_list_every_user_once(visit, demo, metrics):
    page = visit(demo, "/users")
    rows = rows_of_all_pages(page, "users")

    users = [(row["data"]["project"], row["data"]["user"]) for row in rows]
    assert sorted(users) == sorted(metrics.quotas)
    used = [user for user in users if user in metrics.highest_utilisation]
    assert used == sorted(used, key=lambda user: weight(metrics, user))
    assert len(rows) == metrics.total("metastudio_users")
    highest_utilisation = metrics.highest_utilisation
    for row in rows:
        user = (row["data"]["project"], row["data"]["user"])
        assert row["cells"][0] == metrics.names[user]
        assert row["cells"][6] == f"{used_up_items(metrics, user)} of 8"
        if user in highest_utilisation:
            assert row["percent"] == percent(highest_utilisation[user])
        else:
            assert row["percent"] in ("unlimited", "not reported", "quota of 0, unused")


@pytest.mark.parametrize("kind", ["highest_utilisation", "unlimited", "without", "not reported"])
def test_a_users_page_has_all_eight_items(visit, demo, metrics, kind):
    user = user_of_kind(metrics, kind)
    quotas = metrics.quotas[user]

    page = visit(demo, f"/user?project={user[0]}&id={user[1]}")

    rows = {row["data"]["item"]: row for row in page.rows("quotas")}
    assert len(rows) == 8 and rows.keys() == quotas.keys()
    assert page.texts("#user-id") == [user[1]]
    assert page.texts("#user-name") == [metrics.names[user]]
    for item, (usage, limit) in quotas.items():
        used, allowed = rows[item]["cells"][1:3]
        assert (amount(used), amount(allowed)) == (usage, limit), item
        assert rows[item]["percent"] == utilisation_text(usage, limit), item


def test_the_filters_of_users_have_the_numbers_of_the_metrics(visit, demo, metrics):
    found = [metrics.highest_utilisation.get(user, 0) for user in metrics.quotas]
    expected = {
        "": len(found),
        "used-up": sum(highest >= 1 for highest in found),
        "running-out": sum(0.95 <= highest < 1 for highest in found),
        "high": sum(HIGH <= highest < 0.95 for highest in found),
        "ok": sum(highest < HIGH for highest in found),
    }

    links = visit(demo, "/users").page.locator("#levels a").all()

    assert {link.get_attribute("data-filter"): count(link.locator(".count").inner_text()) for link in links} == expected


def test_the_age_of_each_api_matches_the_metrics(overview, metrics):
    rows = {(row["data"]["project"], row["data"]["collector"]): row for row in overview.rows("apis")}

    assert rows.keys() == {(project, collector) for project in PROJECTS for collector in COLLECTORS}
    for (project, collector), row in rows.items():
        labels = {"project": project, "collector": collector}
        assert (row["data"]["state"], metrics.value("metastudio_up", **labels)) == ("works", 1)
        fetched = metrics.value("metastudio_last_success_timestamp_seconds", **labels)
        assert [seconds(time) for time in row["times"]] == [math.floor(fetched)]


def rows_of_all_pages(page, table):
    """The rows of a table, page by page."""
    rows = page.rows(table)
    while (following := page.page.locator("#pager a[rel=next]")).count():
        following.click()
        rows += page.rows(table)
    return rows


def card(page, total):
    """The number and the notes of a card."""
    card = page.page.locator(f"[data-total={total}]")
    return count(card.locator("[data-number]").inner_text()), card.locator("li").all_inner_texts()


def assert_resource(row, metrics, now):
    """Asserts that the row matches the metrics of its resource."""
    labels = {
        "project": row["data"]["project"],
        "resource_id": row["data"]["resource"],
        "resource_type": row["cells"][2].split()[-1],
    }
    value = {
        name: metrics.value(f"metastudio_voice_training_resource_{name}", **labels)
        for name in ("models", "models_available", "status", "expiry_timestamp_seconds")
    }
    assert row["cells"][0] == labels["resource_id"]
    assert [count(number) for number in row["cells"][3].split(" of ")] == [value["models_available"], value["models"]]
    marks = row["data"]["marks"].split()
    assert ("frozen" in marks) == (value["status"] == 1)
    assert ("used-up" in marks) == (value["models_available"] == 0)
    expires = value["expiry_timestamp_seconds"]
    if expires is None:
        assert row["cells"][4] == "does not expire"
        return
    left = expires - now
    assert ("expired" in marks) == (left <= 0)
    assert ("expires-very-soon" in marks) == (0 < left < 7 * DAY)
    assert ("expires-soon" in marks) == (7 * DAY <= left < 30 * DAY)
    assert [seconds(time) for time in row["times"]] == [expires]
    assert row["cells"][4].startswith(distance(left)), (row["cells"][4], left)


def distance(left):
    """The distance in time as text, rounded down; in days from two days on."""
    number, unit = (abs(left) // DAY, "days") if abs(left) >= 2 * DAY else (abs(left) // 3600, "hours")
    return f"in {number:.0f} {unit}" if left > 0 else f"{number:.0f} {unit} ago"


def expiry_times(metrics):
    """{(project, resource ID): when it expires}"""
    series = metrics.series("metastudio_voice_training_resource_expiry_timestamp_seconds")
    return {key_of(labels): value for labels, value in series}


def key_of(labels):
    return labels["project"], labels["resource_id"]


def row_key(row):
    return row["data"]["project"], row["data"]["resource"]


def sorted_ties(rows, left):
    """The keys of the rows; rows with the same expiry are sorted by key."""
    keys = [row_key(row) for row in rows]
    times = [left[key] for key in keys]
    assert times == sorted(times)
    return sorted(keys, key=lambda key: (left[key], key))


def weight(metrics, user):
    """The sort key of a user: the highest utilisation, how many items are used up, the second highest, the name."""
    ratios = sorted((ratio(*quota) or 0 for quota in metrics.quotas[user].values()), reverse=True)
    return -ratios[0], -used_up_items(metrics, user), -ratios[1], metrics.names[user]


def used_up_items(metrics, user):
    return sum((ratio(*quota) or 0) >= 1 for quota in metrics.quotas[user].values())


def user_of_kind(metrics, kind):
    """A user with the given property."""
    quotas, highest_utilisation = metrics.quotas, metrics.highest_utilisation
    conditions = {
        "highest_utilisation": lambda user: highest_utilisation.get(user) == 1,
        "unlimited": lambda user: all(limit == math.inf for _, limit in quotas[user].values()),
        "without": lambda user: any(limit == 0 for _, limit in quotas[user].values()),
        "not reported": lambda user: all(usage is None for usage, _ in quotas[user].values()),
    }
    return next(user for user in sorted(quotas) if conditions[kind](user))


def utilisation_text(usage, limit):
    """The utilisation as the page shows it."""
    if limit == math.inf:
        return "unlimited"
    if usage is None:
        return "not reported"
    if limit == 0:
        return "quota of 0, unused"
    return percent(usage / limit)


def percent(found):
    """Rounded down, with a tolerance for the precision of floats."""
    return f"{math.floor(found * 1000 + 1e-6) / 10:.1f} %"


def amount(text):
    """A quota or usage in the metric's unit. The page shows video time also in seconds."""
    if text in ("unlimited", "not reported"):
        return {"unlimited": math.inf, "not reported": None}[text]
    exact = re.search(r"([\d,.]+) seconds$", text)
    return float((exact[1] if exact else text).replace(",", ""))


def count(text):
    assert COUNT.fullmatch(text), text
    return int(text.replace(",", ""))


def now(page):
    """The time at which the page was rendered."""
    return seconds(page.page.locator("#now").get_attribute("datetime"))


def seconds(time):
    return datetime.fromisoformat(time).timestamp()
