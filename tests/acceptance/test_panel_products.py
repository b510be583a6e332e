"""What the panels of products show, from histories on a real Prometheus: what is left, burn and forecast, what expires,
and products without a limit. The variable `job` selects a case.
"""

import pytest

from grafana_prometheus import prometheus_of
from panel_history import END, SHOWN
from panel_products import history
from panel_queries import ALL, BUILT_IN, dashboards, panels, substituted
from panel_values import shown

OVERVIEW, RESOURCES = "metastudio-overview", "metastudio-resources"
COUNTED, TIMED = "Nearest exhaustion: other units", "Nearest exhaustion: time"
ZERO = ("0", "green")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    with prometheus_of(history(), tmp_path_factory.mktemp("products")) as prometheus:
        yield prometheus


@pytest.fixture
def show(prometheus):
    """What a panel shows, by title."""

    def ask(title, name=RESOURCES, **values):
        panel = next(panel for panel in panels(dashboards()[name]) if panel["title"] == title)
        values = BUILT_IN | ALL | SHOWN | values
        results = {
            target["refId"]: [
                (labels, [value])
                for labels, value in prometheus.rows(substituted(target["expr"], values), END)
            ]
            for target in panel["targets"]
        }
        return shown(panel, results)

    return ask


@pytest.fixture
def stat(show):
    """The text and colour of a stat."""

    def ask(title, **values):
        ((_, cell),) = show(title, **values).values
        return tuple(cell)

    return ask


@pytest.fixture
def table(show):
    """Columns of a table in its order. A column with a colour has its text and colour."""

    def ask(title, *columns, **values):
        return [
            tuple(row[column].text if row[column].color is None else tuple(row[column]) for column in columns)
            for row in show(title, **values).rows
        ]

    return ask


def test_utilisation_and_what_is_left(table):
    assert table(COUNTED, "Resource", "Utilisation", "Used", "Of", "Left", job="used") == [
        ("105", ("105.0%", "red"), "105", "100", "0"),
        ("100", ("100.0%", "red"), "100", "100", "0"),
        ("99.5", ("99.5%", "red"), "99.5", "100", "0.500"),
        ("95", ("95.0%", "red"), "95", "100", "5"),
        ("94.9", ("94.9%", "orange"), "94.9", "100", "5.10"),
        ("other status", ("81.0%", "orange"), "81", "100", "19"),
        ("80", ("80.0%", "orange"), "80", "100", "20"),
        ("79.9", ("79.9%", "green"), "79.9", "100", "20.1"),
        ("0", ("0.0%", "green"), "0", "100", "100"),
    ]


def test_products_at_80_percent_and_used_up(stat):
    assert stat("Products at 80 % or more", job="used") == ("7", "orange")
    assert stat("Used up", job="used") == ("2", "red")
    assert stat("Products", job="used") == ("12", "text")


def test_burn_and_forecast_start_at_the_top_up_or_the_reset(table):
    columns = "Resource", "Left", "Used a day", "Used up in"
    assert table(TIMED, *columns, job="trends") == [
        ("growing", "2.0 hours", "1.0 day", ("2.0 hours", "red")),
        ("steady", "30.0 mins", "0 s", ("never", "green")),
    ]
    assert sorted(table(COUNTED, *columns, job="trends")) == [
        ("reduced", "100", "2880.0", ("50.0 mins", "red")),
        ("reset", "40", "1440.0", ("40.0 mins", "red")),
        ("topped up", "40", "1440.0", ("40.0 mins", "red")),
    ]


def test_the_products_that_are_used_up_first_come_first(table, stat):
    assert table("Used up first", "Resource", "Used up in", "Left", "Left (time)", "Unit", job="forecasts") == [
        ("used up", ("used up", "red"), "0", "–", "count"),
        ("1430 left", ("23.8 hours", "red"), "1430", "–", "count"),
        ("1450 left", ("1.0 days", "orange"), "1450", "–", "count"),
        ("10070 left", ("7.0 days", "orange"), "10070", "–", "count"),
        ("10090 left", ("1.0 weeks", "green"), "10090", "–", "count"),
    ]
    assert stat("First product is used up in", job="forecasts") == ("used up", "red")
    assert stat("First product is used up in", job="trends") == ("40.0 mins", "red")
    assert stat("First product is used up in", job="expiry") == ("does not run out", "green")


def test_what_expires_next(table, stat):
    assert table("Expires next", "Resource", "Days left", "Left (time)", "Left", "Unit", job="expiry") == [
        ("next", ("0.0 days", "red"), "–", "90", "count"),
        ("before 7", ("7.0 days", "red"), "–", "90", "count"),
        ("at 7", ("7.0 days", "orange"), "–", "90", "count"),
        ("before 30", ("30.0 days", "orange"), "–", "90", "count"),
        ("at 30", ("30.0 days", "yellow"), "–", "90", "count"),
        ("before 90", ("90.0 days", "yellow"), "–", "90", "count"),
        ("at 90", ("90.0 days", "green"), "–", "90", "count"),
        ("time", ("100.0 days", "green"), "2.0 hours", "–", "seconds"),
        ("unlimited", ("101.0 days", "green"), "–", "unlimited", "count"),
        ("on demand", ("102.0 days", "green"), "–", "on demand", "count"),
        ("unknown", ("103.0 days", "green"), "–", "–", "–"),
    ]
    # The next, and those before and at 7 days and before 30 days.
    assert stat("Expiring within 30 days", job="expiry") == ("4", "orange")
    assert stat("Expired", job="expiry") == ("2", "red")
    assert [row[0] for row in table("Expires next", "Resource", job="expiry", topn="2")] == ["next", "before 7"]


def test_left_by_product_in_its_own_unit(table):
    columns = "Business", "Product", "Utilisation", "Left", "Of"
    assert table("Left by product: time", *columns, "Products", job="kinds") == [
        ("FLEXUS_2D", "FLEXUS_2D_PACKAGE / video_time_flexus_2d_model", ("100.0%", "red"), "0 s", "2.0 hours", "1"),
        ("VIDEO_2D", "VIDEO_2D_TIME", ("37.5%", "green"), "12.5 hours", "20.0 hours", "2"),
    ]
    assert table("Left by product: other units", *columns, "Unit", "Products", job="kinds") == [
        ("TTSA_3D", "TTSA_3D_WORDS", ("85.0%", "orange"), "80000", "200000", "words", "2"),
        ("FLEXUS_2D", "FLEXUS_2D_PACKAGE / voice_clone_flexus", ("40.0%", "green"), "6", "10", "count", "1"),
        ("ASSET_MANAGER", "ASSET_STORAGE", ("25.0%", "green"), "37.5", "50", "gigabytes", "1"),
        ("HOLOGRAM_4D", "HOLOGRAM", ("25.0%", "green"), "3", "4", "light_year", "1"),
        ("LIVE_2D", "LIVE_2D_CHANNEL", ("0.0%", "green"), "unlimited", "unlimited", "channels", "1"),
    ]


def test_the_business_type_selects_products(table, stat):
    selected = {"job": "kinds", "business_type": "(VIDEO_2D|LIVE_2D)"}
    assert table("Left by product: time", "Product", **selected) == [("VIDEO_2D_TIME",)]
    assert table("Left by product: other units", "Product", **selected) == [("LIVE_2D_CHANNEL",)]
    assert stat("Products", **selected) == ("6", "text")
    assert stat("Used up", **selected) == ZERO


def test_products_without_a_limit_have_words_and_never_press(table, stat, show):
    columns = "Resource", "Amount", "Used (time)", "Used a day (time)", "Used", "Used a day"
    assert table("On demand and unlimited", *columns, job="limitless") == [
        ("unlimited", "unlimited", "–", "–", "300", "1440.0"),
        ("with amount", "on demand", "–", "–", "5", "0.0"),
        ("time", "on demand", "2.0 hours", "12.0 hours", "–", "–"),
        ("without usage", "on demand", "–", "–", "–", "–"),
    ]
    assert (stat("On demand", job="limitless"), stat("Unlimited", job="limitless")) == (("3", "text"), ("1", "text"))
    for title in ("Products at 80 % or more", "Used up", "Expiring within 30 days", "Expired", "Frozen"):
        assert stat(title, job="limitless") == ZERO, title
    assert show("Used up first", job="limitless").nothing.startswith("none in the data")


def test_what_cannot_be_used(table, stat):
    assert table("Cannot be used", "Resource", "Why", "Days left", "Utilisation", job="unusable") == [
        ("used up", ("used up", "red"), ("–", "text"), ("100.0%", "red")),
        ("frozen", ("frozen", "red"), ("–", "text"), ("100.0%", "red")),
        ("other", ("not normal", "red"), ("–", "text"), ("20.0%", "green")),
        ("expired", ("expired", "red"), ("-2.0 days", "red"), ("100.0%", "red")),
    ]
    counted = {title: stat(title, job="unusable") for title in ("Used up", "Frozen", "Expired")}
    assert counted == {"Used up": ("1", "red"), "Frozen": ("2", "red"), "Expired": ("1", "red")}


def test_replicas_do_not_count_twice_and_equal_names_do_not_merge(table, stat):
    assert stat("Products", job="replicas") == ("1", "text")
    assert stat("Products", job="(replicas|others)") == ("2", "text")
    for title in (COUNTED, "Left by product: other units", "Expires next"):
        assert table(title, "Job", job="replicas") == [("replicas",)], title
        assert sorted(table(title, "Job", job="(replicas|others)")) == [("others",), ("replicas",)], title
    assert table("Left by product: other units", "Left", "Products", job="replicas") == [("10", "1")]
    assert table("Most pressing products", "Job", name=OVERVIEW, job="replicas") == [("replicas",)]


def test_replicas_with_different_units_do_not_break_a_table(table):
    """As after an update of one of them."""
    assert table("Used up first", "Resource", "Left", job="units") == [("r", "0")]
    ((days, unit),) = table("Expires next", "Days left", "Unit", job="units")
    assert (days, unit in ("count", "times")) == (("1.0 days", "red"), True)


def test_a_project_without_the_collector_says_so(stat):
    assert stat("Projects with this list", job="off") == ("needs the collector tenant_resources", "orange")
    assert stat("Projects with this list", job="used") == ("1", "text")
    assert stat("Projects with this list", job="absent") == ("no data", "purple")
    assert stat("Products", job="off") == ("no data", "purple")


def test_a_project_without_products_has_zeros(stat):
    zeros = dict.fromkeys(("Products at 80 % or more", "Used up", "Expiring within 30 days", "Expired", "Frozen"), ZERO)
    zeros |= dict.fromkeys(("Products", "On demand", "Unlimited"), ("0", "text"))
    assert {title: stat(title, job="empty") for title in zeros} == zeros
    assert stat("First product is used up in", job="empty") == ("no data", "purple")
    assert {stat(title, job="off") for title in zeros} == {("no data", "purple")}


def test_the_overview_has_the_most_pressing_products_of_both_lists_once(table):
    columns = "Resource", "Business", "Product", "Urgency", "Utilisation", "Days left", "Status"
    none, normal = ("–", "text"), ("normal", "green")
    rows = table("Most pressing products", *columns, name=OVERVIEW, job="both")
    assert sorted(rows[:2]) == [
        ("expired", "VIDEO_2D", "TYPE", ("100.0%", "red"), ("10.0%", "green"), ("-29.0 days", "red"), normal),
        ("frozen", "VIDEO_2D", "TYPE", ("100.0%", "red"), ("10.0%", "green"), none, ("frozen", "red")),
    ]
    assert rows[2:] == [
        ("95", "VIDEO_2D", "TYPE", ("95.0%", "red"), ("95.0%", "red"), ("100.0 days", "green"), normal),
        ("own", "VOICE_CLONE", "BASIC", ("90.7%", "orange"), ("75.0%", "green"), ("14.0 days", "orange"), normal),
        ("shared", "VOICE_CLONE", "VOICE_CLONE_PACKAGE", *[("90.0%", "orange")] * 2, ("400.0 days", "green"), normal),
        ("at 30", "VIDEO_2D", "TYPE", ("80.0%", "orange"), ("10.0%", "green"), ("30.0 days", "yellow"), normal),
        ("after 30", "FLEXUS_2D", "P / sub", ("80.0%", "green"), ("10.0%", "green"), ("30.0 days", "yellow"), normal),
        ("79.9", "VIDEO_2D", "TYPE", ("79.9%", "green"), ("79.9%", "green"), none, normal),
    ]
    assert len(table("Most pressing products", "Resource", name=OVERVIEW, job="both", topn="5")) == 5
