"""The numbers of single panels, from histories on a real Prometheus: what ran out, what never succeeded, what was
reset, and what two installations and two replicas share.
"""

import math

import pytest

from grafana_prometheus import prometheus_of
from panel_history import END, HOUR, SHOWN, History, always, counted, growing, since, until
from panel_queries import ALL, BUILT_IN, dashboards, panel_queries, panels, substituted

EXPORTER, OVERVIEW, USER = "metastudio-exporter", "metastudio-overview", "metastudio-user"
FAILURES, REFUSALS = "metastudio_exporter_poll_failures_total", "metastudio_exporter_http_requests_total"
UNLIMITED = math.inf


def history():
    """One job for each case, so that the variable `job` selects it."""
    return [
        *installations(),
        *what_failed(),
        *what_ran_out(),
        *counters(),
        *limits(),
        *alerts(),
    ]


def installations():
    """Equal names of projects and users in three installations; the first one has two replicas."""
    for instance, labels in (
        ("a:10036", {"cluster": "east"}),
        ("b:10036", {"cluster": "east"}),
        ("a:10036", {"cluster": "west"}),
        ("a:10036", {"job": "test"}),
    ):
        of = History(instance=instance, **labels).runs().polls("production", "user_quotas")
        users = {"east": 3, "west": 4}.get(labels.get("cluster"), 5)
        of.add("metastudio_users", always(users), project="production")
        of.quota("production", "u1", "voice_clone_basic", always(users), 5)
        of.add(FAILURES, counted((10, 0), (1, 1)), project="production", collector="user_quotas", reason="server")
        yield of


def what_failed():
    never = History("never").runs().polls("fine", "voice_training").polls("waiting")
    never.add("metastudio_voice_training_resources", always(2), project="fine")
    never.add("metastudio_users", always(1), project="fine").quota("fine", "u1", "idle", always(1), 5)
    yield never.polls("refused", "user_quotas", up=0, age=None)
    names = History("names").runs().polls("production", "user_quotas")
    yield names.add("metastudio_up", always(0), project="production", collector="user_names")


def what_ran_out():
    ran_out = History("ran-out").runs().polls("p", "user_quotas").add("metastudio_users", always(1), project="p")
    # 138.5 minutes are left: the 8,310 s that stood above the two used-up items.
    ran_out.quota("p", "u1", "growing", growing(1, of=1000), 1138.5)
    ran_out.quota("p", "u1", "used_up", always(5), 5).quota("p", "u1", "over", always(7), 5)
    ran_out.quota("p", "u1", "withdrawn", always(1), 0).quota("p", "u1", "none", always(0), 0)
    ran_out.quota("p", "u1", "unlimited", growing(1, of=1000), UNLIMITED)
    ran_out.quota("p", "u1", "idle", always(1), 5)
    # A monthly reset an hour ago; since then 1 a minute, so that 40 of 100 last for 40 minutes.
    before = [(at, 5000 + (at - END) / 60) for at, _ in always(0) if at < END - HOUR]
    after = [(at, 60 - (END - at) / 60) for at, _ in always(0) if at >= END - HOUR]
    ran_out.quota("p", "u2", "reset", before + after, 100)
    # Three are returned an hour ago. That is no reset: 2 a minute before and after.
    returned = [(at, value - (3 if at >= END - HOUR else 0)) for at, value in growing(2, of=5500)]
    ran_out.quota("p", "u3", "returned", returned, 5497 + 120)
    ran_out.quota("p", "u4", "idle", always(1), 5).quota("p", "u4", "unlimited", growing(1, of=9), UNLIMITED)
    yield ran_out


def counters():
    which = {"project": "p", "collector": "user_quotas"}
    counting = History("counters").runs().polls("p", "user_quotas")
    # 3 - 1 = 2.
    counting.add(FAILURES, counted((30, 1), (30, 2), (1, 3)), **which, reason="server")
    # 6 - 4 = 2 before the restart, 1 after it.
    counting.add(FAILURES, counted((30, 4), (30, 6), (30, 0), (1, 1)), **which, reason="auth")
    counting.add(FAILURES, always(9), **which, reason="other")
    # The first refusal creates its series: 3, and 2 of the other code.
    counting.add(REFUSALS, growing(1, of=500), code="200")
    counting.add(REFUSALS, since(20, counted((110, 1), (1, 3))), code="401")
    counting.add(REFUSALS, counted((30, 7), (1, 9)), code="503")
    counting.add("metastudio_exporter_panics_total", counted((30, 0), (1, 1)))
    counting.add("metastudio_exporter_log_lines_dropped_total", always(0))
    yield counting.add("process_start_time_seconds", counted((30, 1), (30, 2), (30, 3), (1, 4)))
    # An exporter that restarted twice and ended ten minutes ago.
    dead = History("dead").runs(until(10, always(1))).add("up", since(10, always(0)))
    dead.add("process_start_time_seconds", until(10, counted((30, 1), (30, 2), (1, 3))))
    yield dead.add(FAILURES, until(10, counted((30, 0), (1, 2))), **which, reason="server")
    # Prometheus began to scrape a running exporter in the middle: what was before does not count.
    late = History("late").runs(since(30, always(1)))
    late.add("process_start_time_seconds", since(30, always(END - 24 * HOUR)))
    yield late.add(REFUSALS, since(30, always(40)), code="401").add(REFUSALS, since(30, always(4)), code="200")


def limits():
    for instance, seconds in (("a:10036", 96), ("b:10036", 60)):
        limited = History("limits", instance).runs().polls("p", "user_quotas")
        limited.add("metastudio_poll_duration_seconds", always(seconds), project="p", collector="user_quotas")
        limited.add("metastudio_exporter_poll_timeout_seconds", always(120))
        limited.add("metastudio_exporter_api_requests_per_second_limit", always(10))
        # 8 a second.
        requests = {"project": "p", "collector": "user_quotas", "code": "200"}
        limited.add("metastudio_exporter_api_requests_total", growing(480, of=100_000), **requests)
        limited.add("metastudio_exporter_total_shards", always(3), shard="0")
        limited.add("process_open_fds", always(seconds)).add("process_max_fds", always(120))
        limited.add("scrape_duration_seconds", always(0.5)).add("scrape_samples_scraped", always(700))
        yield limited
    # With service discovery, each project of an exporter is a target.
    yield History("discovered").runs()
    for instance in ("a:10036/p", "a:10036/q", "aa:10036/p"):
        yield History("discovered", instance).add("up", always(0))
    expiring = History("expiring").runs().polls("p", "user_quotas").polls("permanent", "user_quotas")
    yield expiring.add("metastudio_exporter_credentials_expiry_timestamp_seconds", always(END + 900), project="p")


def alerts():
    alerting = History("alerts").add("metastudio:voice_training_models:sum", always(1), project="p")
    firing = {"alertstate": "firing", "project": "p"}
    alerting.add("ALERTS", always(1), **firing, alertname="MetaStudioAPIFailing", severity="critical")
    alerting.add("ALERTS", always(1), **firing, alertname="MetaStudioUserQuotaHigh", severity="info", item="a")
    alerting.add("ALERTS", always(1), **firing, alertname="MetaStudioUserQuotaHigh", severity="info", item="b")
    alerting.add("ALERTS", always(1), **firing, alertname="Watchdog", severity="warning")
    pending = firing | {"alertstate": "pending"}
    yield alerting.add("ALERTS", always(1), **pending, alertname="MetaStudioDataStale", severity="warning")


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    with prometheus_of(history(), tmp_path_factory.mktemp("history")) as prometheus:
        yield prometheus


@pytest.fixture
def shows(prometheus):
    """Asks for the rows of a query of the first panel with a title."""

    def ask(name, title, ref_id="A", **values):
        values = BUILT_IN | ALL | SHOWN | values
        panel = next(panel for panel in panels(dashboards()[name]) if panel["title"] == title)
        (target,) = [target for target in panel["targets"] if target["refId"] == ref_id]
        return prometheus.rows(substituted(target["expr"], values), END)

    return ask


@pytest.fixture
def number(shows):
    """Asks for the only value of a panel; `None` is no data."""

    def ask(name, title, ref_id="A", **values):
        rows = shows(name, title, ref_id, **values)
        assert len(rows) < 2, rows
        return rows[0][1] if rows else None

    return ask


def by(rows, *names):
    """The values by labels."""
    found = {tuple(labels.get(name) for name in names): value for labels, value in rows}
    assert len(found) == len(rows), rows
    return found


INSTALLATIONS = {"job": "(metastudio|test)"}


def test_equal_names_of_two_installations_do_not_merge_and_replicas_do_not_count_twice(number, shows):
    assert number(OVERVIEW, "Projects", **INSTALLATIONS) == 3
    assert number(OVERVIEW, "Users", **INSTALLATIONS) == 3 + 4 + 5
    assert number(OVERVIEW, "Users at 80 % or more", **INSTALLATIONS) == 2
    levels = [number(OVERVIEW, "Users by highest utilisation", ref_id, **INSTALLATIONS) for ref_id in "ABCD"]
    assert levels == [0, 1, 1, 1]
    nearest = shows(OVERVIEW, "Nearest exhaustion: counted items", **INSTALLATIONS)
    utilisations = by(nearest, "cluster", "job")
    assert utilisations == {("east", "metastudio"): 0.6, ("west", "metastudio"): 0.8, (None, "test"): 1}
    used = shows(USER, "Counted items", user_id="u1", **INSTALLATIONS)
    assert by(used, "cluster", "job") == {("east", "metastudio"): 3, ("west", "metastudio"): 4, (None, "test"): 5}
    listed = shows(OVERVIEW, "APIs, failing first", **INSTALLATIONS)
    assert by(listed, "cluster", "job").keys() == {("east", "metastudio"), ("west", "metastudio"), (None, "test")}


@pytest.mark.parametrize(
    ("selected", "users"),
    [
        ({"cluster": "east", "job": "metastudio"}, 3),
        ({"cluster": "(east|west)", "job": "metastudio"}, 7),
        ({"cluster": ".*", "job": "test"}, 5),
        ({"cluster": "east", "job": "test"}, None),
    ],
)
def test_cluster_and_job_select_an_installation(number, selected, users):
    assert number(OVERVIEW, "Users", **selected) == users


def test_counters_of_replicas_add_up(number):
    assert number(OVERVIEW, "Failed polls", job="metastudio", cluster="east") == 2


@pytest.mark.parametrize("name", [EXPORTER, OVERVIEW])
def test_what_never_succeeded_is_failing_and_has_the_oldest_data(number, name):
    assert number(name, "APIs failing", job="never") == 2
    assert number(name, "Oldest data", job="never") == math.inf
    for project, failing, oldest in (("fine", 0, 100), ("waiting", 1, math.inf), ("refused", 1, math.inf)):
        selected = {"job": "never", "project": project}
        assert (number(name, "APIs failing", **selected), number(name, "Oldest data", **selected)) == (failing, oldest)


def test_names_of_users_are_no_data_but_an_api(number):
    """Their look-up may fail; the numbers do not get older by that."""
    assert (number(OVERVIEW, "APIs failing", job="names"), number(OVERVIEW, "Oldest data", job="names")) == (1, 100)


def test_the_table_lists_what_never_succeeded(shows):
    apis = ("project", "collector")
    listed = by(shows(OVERVIEW, "APIs, failing first", job="never"), *apis)
    assert listed == {("fine", "voice_training"): 1, ("waiting", "not polled"): 0, ("refused", "user_quotas"): 0}
    ages = by(shows(OVERVIEW, "APIs, failing first", "B", job="never"), *apis)
    never = {("waiting", "not polled"): math.inf, ("refused", "user_quotas"): math.inf}
    assert ages == {("fine", "voice_training"): 100} | never
    ages = by(shows(OVERVIEW, "APIs, failing first", "B", job="names"), *apis)
    assert ages["production", "user_quotas"] == 100 and math.isnan(ages["production", "user_names"])


def test_what_is_used_up_runs_out_in_no_time(number, shows):
    assert number(USER, "First item runs out in", job="ran-out", user_id="u1") == 0
    left = by(shows(USER, "Counted items", "G", job="ran-out", user_id="u1"), "item")
    assert math.isnan(left.pop(("none",))), "a quota of 0 without usage is not used up"
    assert left.pop(("growing",)) == pytest.approx(8310, abs=1)
    assert left == {("used_up",): 0, ("over",): 0, ("withdrawn",): 0, ("unlimited",): math.inf, ("idle",): math.inf}
    # The table is sorted by the utilisation: what is used up comes first.
    used = by(shows(USER, "Counted items", "C", job="ran-out", user_id="u1"), "item")
    assert {item for (item,), value in used.items() if value >= 1} == {"used_up", "over", "withdrawn"}
    table = next(panel for panel in panels(dashboards()[USER]) if panel["title"] == "Counted items")
    assert table["options"]["sortBy"] == [{"displayName": "Utilisation", "desc": True}]


def test_nothing_runs_out_without_a_trend(number):
    assert number(USER, "First item runs out in", job="ran-out", user_id="u4") == math.inf


def test_a_trend_starts_at_the_reset(number, shows):
    assert number(USER, "First item runs out in", job="ran-out", user_id="u2") == pytest.approx(40 * 60, rel=0.01)
    of = {"job": "ran-out", "user_id": "u2", "horizon": "1200"}
    ((_, growth),) = shows(USER, "Counted items", "D", **of)
    ((_, expected),) = shows(USER, "Counted items", "E", **of)
    ((_, utilisation),) = shows(USER, "Counted items", "F", **of)
    ((_, bar),) = shows(USER, "Utilisation in ${horizon:text}", **of)
    ((_, line),) = shows(USER, "$count_item", "C", count_item="reset", **of)
    assert growth == pytest.approx(24 * 60, rel=0.01)
    assert [expected, utilisation, bar, line] == pytest.approx([80, 0.8, 0.8, 80], rel=0.01)


def test_a_small_fall_is_no_reset(shows):
    ((_, growth),) = shows(USER, "Counted items", "D", job="ran-out", user_id="u3")
    assert growth == pytest.approx(2 * 24 * 60, rel=0.03)
    assert growth < 0.99 * 2 * 24 * 60, "the fall is part of the trend"


def test_failures_are_counted_whole(number):
    assert number(OVERVIEW, "Failed polls", job="counters") == 2 + 3
    assert number(EXPORTER, "HTTP refusals", job="counters") == 3 + 2
    assert number(EXPORTER, "Panics", job="counters") == 1
    assert number(EXPORTER, "Log lines dropped", job="counters") == 0
    assert number(EXPORTER, "Restarts", job="counters") == 3
    assert number(EXPORTER, "Restarts in the last hour", job="counters") == 1


def test_what_was_before_the_first_scrape_does_not_count(number):
    assert number(EXPORTER, "HTTP refusals", job="late") == 0


@pytest.mark.parametrize("name", [OVERVIEW, EXPORTER])
def test_graphs_count_each_failure_once_and_whole(prometheus, name):
    counted_failures = added_up(prometheus, name, "Failed polls by reason", "reason", job="counters")
    assert counted_failures == {"server": 2, "auth": 3, "other": 0}


def test_the_graph_counts_the_first_refusal(prometheus):
    refusals = added_up(prometheus, EXPORTER, "HTTP refusals by code", "code", job="counters")
    assert refusals == {"401": 3, "503": 2}


def added_up(prometheus, name, title, label, **values):
    """The sum of the bars of a graph, by a label."""
    (panel,) = [panel for panel in panels(dashboards()[name]) if panel["title"] == title]
    query = substituted(panel["targets"][0]["expr"], BUILT_IN | ALL | SHOWN | values)
    lines = prometheus.ask("query_range", query=query, start=END - 2 * HOUR + 60, end=END, step=60)["result"]
    return {line["metric"][label]: sum(float(value) for _, value in line["values"]) for line in lines}


def test_a_dead_exporter_has_no_zeros(number):
    """What happened before is shown; nothing else is."""
    assert number(EXPORTER, "Targets down", job="dead") == number(OVERVIEW, "Exporter targets down", job="dead") == 1
    assert number(EXPORTER, "Restarts", job="dead") == 2
    assert number(OVERVIEW, "Failed polls", job="dead") == 2
    for title in ("Projects", "Users at 80 % or more", "APIs failing", "Oldest data", "Frozen"):
        assert number(OVERVIEW, title, job="dead") is None, title
    for title in ("Exporters", "APIs failing", "Credentials expire in", "Panics", "HTTP refusals"):
        assert number(EXPORTER, title, job="dead") is None, title


def test_a_zero_is_shown_only_where_the_data_is(number):
    titles = ("Users at 80 % or more", "Expiring within 30 days", "Frozen")
    for project, shown in (("fine", 0), ("refused", None), (".+", 0)):
        zeros = [number(OVERVIEW, title, job="never", project=project) for title in titles]
        assert zeros == [shown] * 3, project
    of_user = {"job": "never", "user_id": "u1"}
    for project, shown in (("fine", 0), ("refused", None)):
        zeros = [number(USER, title, **of_user, project=project) for title in ("Items at 80 % or more", "Unlimited items")]
        assert zeros == [shown] * 2, project


def test_without_data_no_query_returns_anything(prometheus):
    nothing = dict.fromkeys(("job", "project", "user_id", "count_item", "time_item"), "absent")
    returned = {
        str(query): rows
        for query in panel_queries(**SHOWN, **nothing)
        if (rows := prometheus.rows(query.query, END))
    }
    assert returned == {}


def test_polls_requests_files_and_shards_against_their_limits(number, shows):
    assert number(EXPORTER, "Longest poll of its time-out", job="limits") == 0.8
    assert number(EXPORTER, "Poll duration", "B", job="limits") == 120
    assert number(EXPORTER, "Open files", job="limits") == 0.8
    assert number(EXPORTER, "Shards without an exporter", job="limits") == 2
    # Two replicas send 8 a second each, and each may send 10.
    assert number(EXPORTER, "Request rate, share of the limit", job="limits") == pytest.approx(0.8)
    targets = {("a:10036",): 0.5, ("b:10036",): 0.5}
    assert by(shows(EXPORTER, "Scrape duration", job="limits"), "instance") == targets
    assert set(by(shows(EXPORTER, "Samples scraped", job="limits"), "instance").values()) == {700}
    assert set(by(shows(EXPORTER, "Up by target", job="limits"), "instance").values()) == {1}
    assert number(EXPORTER, "Targets down", job="limits") == 0


def test_an_exporter_has_its_own_target_and_one_for_each_project(number, shows):
    selected = {"job": "discovered", "instance": "a:10036"}
    assert number(EXPORTER, "Targets down", **selected) == 2
    targets = by(shows(EXPORTER, "Up by target", **selected), "instance")
    assert targets == {("a:10036",): 1, ("a:10036/p",): 0, ("a:10036/q",): 0}


def test_permanent_credentials_never_expire(prometheus):
    expiry = [panel for panel in panels(dashboards()[EXPORTER]) if panel["title"] == "Credentials expire in"]
    stat, bars = (panel["targets"][0]["expr"] for panel in expiry)

    def ask(query, **values):
        return prometheus.rows(substituted(query, BUILT_IN | ALL | SHOWN | values), END)

    assert [value for _, value in ask(stat, job="expiring")] == [900]
    assert [value for _, value in ask(stat, job="expiring", project="permanent")] == [math.inf]
    shown = [(labels["project"], value) for labels, value in ask(bars, job="expiring")]
    assert shown == [("p", 900), ("permanent", math.inf)]


def test_firing_alerts_by_severity(number):
    """Other alerts, and alerts that are pending, do not count."""
    for name in (OVERVIEW, EXPORTER):
        counts = [number(name, "Firing alerts", ref_id, job="alerts") for ref_id in "ABC"]
        assert counts == [1, 0, 2]
        assert number(name, "Firing alerts", job="alerts", project="absent") is None
