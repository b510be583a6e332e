"""What every panel shows on a real Prometheus when an exporter is killed, restarts in a loop or has never succeeded,
and when a project is empty or a user's quota is used up."""

import os
from pathlib import Path

import pytest

from dashboard_scenarios import COUNT_ITEM, SCENARIOS, TIME_ITEM, run_all
from panel_queries import dashboards, panels
from panel_report import report

PANELS = Path(__file__).resolve().parents[1] / "PANELS.md"
EXPORTER, OVERVIEW, USER = "metastudio-exporter", "metastudio-overview", "metastudio-user"
RESOURCES = "metastudio-resources"
ALL_DASHBOARDS = [EXPORTER, OVERVIEW, RESOURCES, USER]
NO_DATA = ("no data", "purple")
ZERO = ("0", "green")
# Green in the loop of restarts, because it is true there: the process runs, with a valid configuration.
TRUE_OF_THE_PROCESS = {
    *("Exporter targets down", "Targets down", "Configuration", "Configuration of each exporter", "Open files"),
    *("Panics", "Log lines dropped", "HTTP refusals", "Shards without an exporter"),
}


@pytest.fixture(scope="module")
def scenarios(binary, tmp_path_factory):
    return run_all(binary, tmp_path_factory.mktemp("scenarios"))


@pytest.fixture
def panel(scenarios):
    """What a panel shows, by scenario, dashboard, title and type."""

    def find(scenario, dashboard, title, kind):
        found = [panel for panel in panels(dashboards()[dashboard]) if (panel["title"], panel["type"]) == (title, kind)]
        (number,) = (panel["id"] for panel in found)
        return scenarios[scenario][0][dashboard, number]

    return find


@pytest.fixture
def stat(panel):
    """The text and colour of a stat with one value."""

    def find(*place):
        ((_, cell),) = panel(*place, "stat").values
        return tuple(cell)

    return find


def all_stats(dashboard):
    return [panel["title"] for panel in panels(dashboards()[dashboard]) if panel["type"] == "stat"]


def test_every_panel_shows_what_the_table_says(scenarios):
    text = report(scenarios)
    if "UPDATE_PANELS" in os.environ:
        PANELS.write_text(text, encoding="utf-8")
    assert PANELS.read_text(encoding="utf-8") == text


def test_the_healthy_exporter_is_green(stat):
    """Otherwise the tests below would pass with dashboards that are never green."""
    assert stat("healthy", OVERVIEW, "APIs failing") == ZERO
    assert stat("healthy", EXPORTER, "APIs failing") == ZERO
    assert stat("healthy", OVERVIEW, "Oldest data")[1] == "green"
    assert stat("healthy", USER, "Highest utilisation") == ("50.0%", "green")


def colors(scenarios, scenario, dashboard):
    """The colours of each panel by its title, without graphs of the past."""
    contents, _ = scenarios[scenario]
    return {
        f"{panel['title']} ({panel['type']})": contents[dashboard, panel["id"]].colors
        for panel in panels(dashboards()[dashboard])
        if panel["type"] != "state-timeline"
    }


@pytest.mark.parametrize("scenario", ["killed", "without targets"])
@pytest.mark.parametrize("dashboard", ALL_DASHBOARDS)
def test_without_an_exporter_nothing_is_green(scenarios, scenario, dashboard):
    assert [title for title, found in colors(scenarios, scenario, dashboard).items() if "green" in found] == []


@pytest.mark.parametrize("scenario", ["killed", "without targets"])
@pytest.mark.parametrize("dashboard", ALL_DASHBOARDS)
def test_without_an_exporter_every_stat_shows_no_data_or_red(panel, scenario, dashboard):
    others = {}
    for title in all_stats(dashboard):
        cells = [tuple(cell) for _, cell in panel(scenario, dashboard, title, "stat").values]
        if [cell for cell in cells if cell != NO_DATA and cell[1] != "red"]:
            others[title] = cells
    assert others == {}


@pytest.mark.parametrize("scenario", ["killed", "restarting", "without targets"])
def test_no_table_or_graph_says_why_it_is_empty(scenarios, scenario):
    """It cannot know whether there is nothing or no data. The text may refer to a stat that can."""
    texts = {shown.nothing for shown in scenarios[scenario][0].values() if shown.nothing}
    assert {text for text in texts if not text.endswith("at the top says whether there is data")} == {"No data"}


def test_a_killed_exporter_is_a_target_that_is_down(panel, stat):
    assert stat("killed", EXPORTER, "Targets down") == ("1", "red")
    assert stat("healthy", EXPORTER, "Targets down") == ZERO
    assert stat("without targets", EXPORTER, "Targets down") == NO_DATA


@pytest.mark.parametrize("dashboard", ALL_DASHBOARDS)
def test_nothing_that_needs_a_poll_is_green_before_the_first_poll_ends(scenarios, dashboard):
    found = colors(scenarios, "restarting", dashboard)
    green = {title.rpartition(" (")[0] for title in found if "green" in found[title]}
    assert green - TRUE_OF_THE_PROCESS == set()


def test_a_killed_exporter_is_a_firing_alert(panel):
    for dashboard in (EXPORTER, OVERVIEW):
        assert panel("killed", dashboard, "Firing alerts", "stat").values == (("critical", ("1", "red")),)
        assert {cell for _, cell in panel("healthy", dashboard, "Firing alerts", "stat").values} == {ZERO}


@pytest.mark.parametrize("dashboard", [EXPORTER, OVERVIEW])
def test_apis_are_failing_before_the_first_poll_ends(stat, dashboard):
    text, color = stat("restarting", dashboard, "APIs failing")
    assert (int(text) >= 1, color) == (True, "red")
    assert stat("restarting", dashboard, "Oldest data") == ("never", "red")


def test_restarts_are_counted(stat):
    assert stat("restarting", EXPORTER, "Restarts") == ("4", "orange")
    assert stat("healthy", EXPORTER, "Restarts") == ZERO


def test_zeros_of_an_empty_project_are_zeros(stat):
    shown = {
        title: stat("emptied", OVERVIEW, title)
        for title in (
            "Users", "Voice training resources", "Users at 80 % or more", "Expiring within 30 days", "Frozen",
            "APIs failing", "Unreadable values", "Omitted users", "Inconsistent lists",
        )
    }  # fmt: skip
    no_color = {"Users": ("0", "text"), "Voice training resources": ("0", "text")}
    assert shown == dict.fromkeys(shown, ZERO) | no_color


def test_a_user_that_is_gone_has_no_data(panel, stat):
    assert stat("emptied", USER, "Highest utilisation") == NO_DATA
    assert stat("emptied", USER, "Items at 80 % or more") == NO_DATA
    assert stat("emptied", USER, "First item runs out in") == NO_DATA


def test_a_user_with_used_up_items_has_already_run_out(stat):
    assert stat("exhausted", USER, "First item runs out in") == ("used up", "red")
    assert stat("exhausted", USER, "Highest utilisation") == ("100.0%", "red")
    assert stat("exhausted", USER, "Items at 80 % or more") == ("2", "orange")


def test_used_up_items_are_red_and_come_first(panel):
    rows = panel("exhausted", USER, "Counted items", "table").rows
    assert [(row["Item"].text, *row["Exhausted in"]) for row in rows[:3]] == [
        (COUNT_ITEM, "used up", "red"),
        ("voice_clone_middle", "used up", "red"),
        ("modeling_count_2d_model", "never", "green"),
    ]
    growing, steady = panel("exhausted", USER, "Video time", "table").rows
    assert (growing["Item"].text, growing["Exhausted in"].color) == (TIME_ITEM, "red")
    assert tuple(steady["Exhausted in"]) == ("never", "green")


@pytest.mark.parametrize("dashboard", [EXPORTER, OVERVIEW])
def test_an_api_that_never_succeeded_fails_and_has_no_age(stat, dashboard):
    assert stat("refused", dashboard, "APIs failing") == ("1", "red")
    assert stat("refused", dashboard, "Oldest data") == ("never", "red")


def test_an_api_that_never_succeeded_comes_first(panel):
    failing, succeeding = panel("refused", OVERVIEW, "APIs, failing first", "table").rows
    assert (failing["API"].text, *failing["Last poll"]) == ("user_quotas", "failed", "red")
    assert (succeeding["API"].text, *succeeding["Last poll"]) == ("voice_training", "succeeded", "green")
    assert failing["Age of data"].color != "green"


def test_users_that_were_never_read_are_not_zero(stat):
    assert stat("refused", OVERVIEW, "Users") == NO_DATA
    assert stat("refused", OVERVIEW, "Users at 80 % or more") == NO_DATA
    assert stat("refused", OVERVIEW, "Voice training resources") == ("2", "text")


def test_without_the_collector_of_products_the_dashboard_says_so(stat):
    assert stat("healthy", RESOURCES, "Projects with this list") == ("needs the collector tenant_resources", "orange")
    assert stat("killed", RESOURCES, "Projects with this list") == NO_DATA
    assert stat("with products", RESOURCES, "Projects with this list") == ("1", "text")
    assert stat("healthy", RESOURCES, "Products") == NO_DATA


def test_products_of_the_cloud(stat, panel):
    """16 rows: one that expired three days ago, one that is frozen, one on demand and one unlimited."""
    shown = {title: stat("with products", RESOURCES, title) for title in all_stats(RESOURCES)}
    assert shown == {
        "Projects with this list": ("1", "text"),
        "Products": ("16", "text"),
        "On demand": ("1", "text"),
        "Unlimited": ("1", "text"),
        "First product is used up in": ("used up", "red"),
        "Products at 80 % or more": ("3", "orange"),
        "Used up": ("1", "red"),
        "Expiring within 30 days": ("2", "orange"),
        "Expired": ("1", "red"),
        "Frozen": ("1", "red"),
    }
    rows = panel("with products", RESOURCES, "Left by product: time", "table").rows
    packages = [row["Product"].text for row in rows if row["Business"].text == "FLEXUS_2D"]
    assert packages == ["FLEXUS_2D_PACKAGE / video_time_flexus_2d_model"]


def test_all_scenarios_are_in_the_table():
    text = PANELS.read_text(encoding="utf-8")
    assert [name for name in SCENARIOS if name not in text] == []
