"""Every query of every panel on a real Prometheus, with the demo, which has no failures, and with the golden scrape,
which has the special cases: no name, no limit, no usage, a quota of 0, a failing API.
"""

import json
import math
import re
import time
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import pytest

import loopback
from exporter import Exporter
from grafana_prometheus import GrafanaPrometheus
from panel_queries import (
    ALL,
    BUILT_IN,
    EMPTY_IN_HEALTH,
    dashboards,
    variables,
    panel_queries,
    panels,
    substituted,
)
from programs import running, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDEN = REPOSITORY / "tests" / "golden" / "metrics.prom"
RULES = REPOSITORY / "deploy" / "prometheus" / "metastudio.rules.yml"

CONFIGURATION = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: metastudio
    static_configs:
      - targets: {targets}
"""
# Enough for rates, trends and forecasts.
SCRAPES = 6
MAX_LINES = 12
# A case that the golden scrape does not have: a quota that was reduced to 0 after it was used.
REDUCED = 'project="production",user_id="0b02",item="modeling_count_2d_model",unit="count"'
# Another: a project without metastudio_project_info. And a project that waits for its first poll.
WITHOUT_ATTRIBUTES, WAITING = "unknown", "waiting"
CASES = f"""\
metastudio_up{{project="{WITHOUT_ATTRIBUTES}",collector="user_quotas"}} 1
metastudio_project_info{{project="{WAITING}",project_id="",region="cn-north-4",endpoint=""}} 1
metastudio_user_quota_limit{{{REDUCED}}} 0
metastudio_user_quota_usage{{{REDUCED}}} 2
"""
# The users of the golden scrape.
GOLDEN_USERS = NAMED, UNNAMED, WITHOUT_LIMIT = "0b01", "0b02", "数字人-03"


@contextmanager
def scraping_prometheus(targets, directory):
    """Runs a Prometheus; yields it after it has scraped all targets often enough."""
    configuration = directory / "prometheus.yml"
    configuration.write_text(CONFIGURATION.format(targets=json.dumps(targets), rules=RULES), encoding="utf-8")
    with ExitStack() as programs:

        def start(arguments, environment):
            return programs.enter_context(running(arguments, environment, directory))

        prometheus = GrafanaPrometheus(start, configuration, directory / "data")
        scraped = f"count_over_time(metastudio_exporter_build_info[1h]) >= {SCRAPES}"
        prometheus.program.wait_until(
            lambda: len(prometheus.rows(scraped)) == len(targets), f"it has scraped {SCRAPES} times"
        )
        yield prometheus


@pytest.fixture(scope="module")
def demo(binary, tmp_path_factory):
    """A Prometheus that scrapes the demo: two projects, 253 users."""
    directory = tmp_path_factory.mktemp("demo")
    arguments = [binary, "demo", "--web.listen-address=127.0.0.1:0", "--poll.interval=1s", "--speed=600"]
    with ExitStack() as programs:
        exporter = Exporter(programs.enter_context(running(arguments, {}, directory)))
        exporter.wait_until_polled()
        yield programs.enter_context(scraping_prometheus([exporter.address], directory))


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    """A Prometheus with the golden scrape, from two exporters that poll the same projects."""
    with ExitStack() as programs:
        exporters = [programs.enter_context(serve_metrics(golden_scrape())) for _ in range(2)]
        directory = tmp_path_factory.mktemp("golden")
        yield programs.enter_context(scraping_prometheus(exporters, directory))


def golden_scrape():
    """The golden scrape, with numbers in place of the values that differ in every run."""
    text = GOLDEN.read_text(encoding="utf-8")
    an_hour_ago = f"{time.time() - 3600:.0f}"
    lines = (
        re.sub(r" \.\.\.$", f" {an_hour_ago if 'timestamp' in line or 'start_time' in line else 1}", line)
        for line in text.splitlines()
    )
    return "".join(f"{line}\n" for line in lines) + CASES


def serve_metrics(text):
    class Handler(loopback.Handler):
        def do_GET(self):
            self.respond(200, text.encode(), "text/plain; version=0.0.4; charset=utf-8")

    return loopback.serving(Handler)


@pytest.fixture(scope="module")
def a_user(demo):
    """Values of the variables: a user with limits and growing usage."""
    growing = 'deriv(metastudio_user_quota_usage{item="video_time_2d_model"}[1h]) > 0'
    limited = 'metastudio_user_quota_limit{item="video_time_2d_model"} < Inf'
    counted = 'metastudio_user_quota_limit{item="voice_clone_basic"} < Inf'
    query = f"topk(1, {growing} and on (user_id) {limited} and on (user_id) {counted})"
    ((labels, _),) = wait_until(lambda: demo.rows(query), "a user makes videos")
    return {
        "user_id": labels["user_id"],
        "count_item": "voice_clone_basic",
        "time_item": "video_time_2d_model",
    }


def targets():
    """Every query with its panel, in the order of `panel_queries`."""
    return [
        (panel, target)
        for dashboard in dashboards().values()
        for panel in panels(dashboard)
        for target in panel["targets"]
    ]


def test_every_panel_query_returns_data(demo, a_user):
    """Also the queries that may be empty: the demo has a frozen resource and credentials that expire."""
    wrong = {}
    for panel_query, (_, target) in zip(panel_queries(**a_user), targets(), strict=True):
        try:
            if not (demo.lines(panel_query.query) if target.get("range") else demo.rows(panel_query.query)):
                wrong[str(panel_query)] = "no data"
        except ValueError as error:
            wrong[str(panel_query)] = str(error)
    assert wrong == {}


def test_queries_that_may_be_empty_exist():
    queries = panel_queries(user_id="", count_item="", time_item="")
    assert EMPTY_IN_HEALTH.keys() <= {(panel_query.dashboard, panel_query.panel, panel_query.ref_id) for panel_query in queries}


def test_no_panel_shows_too_many_lines(demo, a_user):
    """The number of users does not matter: the demo has hundreds."""
    long = {}
    for panel_query, (_, target) in zip(panel_queries(**a_user, topn="5"), targets(), strict=True):
        shown = demo.lines(panel_query.query) if target.get("range") else len(demo.rows(panel_query.query))
        if shown > (5 if "k($topn" in target["expr"] else MAX_LINES):
            long[str(panel_query)] = shown
    assert long == {}


@pytest.fixture(params=["demo", "golden"])
def world(request, a_user):
    """A Prometheus, and the values of the variables for each user to test."""
    prometheus = request.getfixturevalue(request.param)
    users = [a_user["user_id"]] if request.param == "demo" else GOLDEN_USERS
    return prometheus, [a_user | {"user_id": user} for user in users]


def tables():
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            if panel["type"] == "table":
                yield name, panel


def answers(prometheus, panel, values):
    """The rows of each query of a panel, as Grafana sends them: at one time. It is past, so that no scrape changes what
    a later query sees."""
    at = time.time() - 2
    values = BUILT_IN | ALL | values
    queries = {target["refId"]: substituted(target["expr"], values) for target in panel["targets"]}
    return {ref_id: prometheus.rows(query, at) for ref_id, query in queries.items()}


def keys_of_rows(queries):
    """For each query, the values of the labels that all rows of all queries have."""
    shared = None
    for labels, _ in chain(*queries):
        shared = labels.keys() if shared is None else shared & labels.keys()
    return [sorted(tuple(labels[name] for name in sorted(shared)) for labels, _ in rows) for rows in queries]


def test_all_queries_of_a_table_have_the_same_rows(world):
    """Grafana joins them by their common labels. A query without rows has no labels and would break the join."""
    prometheus, users = world
    different = []
    for name, panel in tables():
        for values in users:
            keys = keys_of_rows(answers(prometheus, panel, values).values())
            if any(key != keys[0] for key in keys) or len(set(keys[0])) != len(keys[0]):
                different.append((name, panel["title"], values["user_id"], keys))
    assert different == []


def test_tables_arrange_exactly_the_existing_columns(demo, a_user):
    missing = []
    for name, panel in tables():
        rows = answers(demo, panel, a_user)
        values = {f"Value #{ref_id}" for ref_id in rows} if len(rows) > 1 else {"Value"}
        columns = {"Time"} | values | {label for labels, _ in chain(*rows.values()) for label in labels}
        overrides = panel["fieldConfig"]["overrides"]
        options = [option for override in overrides for option in override["properties"]]
        titles = {option["value"] for option in options if option["id"] == "displayName"}
        (organize,) = (step["options"] for step in panel["transformations"] if step["id"] == "organize")
        arranged = {override["matcher"]["options"] for override in overrides}
        arranged |= organize["excludeByName"].keys() | organize["indexByName"].keys()
        arranged |= set(re.findall(r"\$\{__data\.fields\.(\w+)", json.dumps(panel)))
        # The label `cluster` exists only where Prometheus adds it.
        missing += [(name, panel["title"], column) for column in sorted(arranged - columns - {"cluster"})]
        # Grafana would show other columns without a title and format.
        missing += [(name, panel["title"], column) for column in sorted(columns - arranged)]
        sorted_by = {sort["displayName"] for sort in panel["options"]["sortBy"]}
        missing += [(name, panel["title"], title) for title in sorted(sorted_by - titles)]
    assert missing == []


def mappings(panel, ref_id):
    """The value mappings of a query of a panel."""
    column = f"Value #{ref_id}" if len(panel["targets"]) > 1 else "Value"
    for override in panel["fieldConfig"]["overrides"]:
        for option in override["properties"]:
            if (override["matcher"]["options"], option["id"]) == (column, "mappings"):
                return option["value"]
    return panel["fieldConfig"]["defaults"].get("mappings", [])


def is_mapped(value, mappings):
    """Whether Grafana maps a value. It treats NaN as a special value, and infinity by its name in JavaScript."""
    if math.isnan(value):
        special = [mapping["options"]["match"] for mapping in mappings if mapping["type"] == "special"]
        return "nan" in special or "null+nan" in special
    name = "Infinity" if value > 0 else "-Infinity"
    return any(name in mapping["options"] for mapping in mappings if mapping["type"] == "value")


def test_infinity_and_nan_are_never_shown(golden, a_user):
    """Graphs show a gap for NaN; all other panels map the values to words."""
    seen, unmapped = set(), []
    for panel, target in targets():
        graph = panel["type"] == "timeseries"
        for user in GOLDEN_USERS:
            rows = golden.rows(substituted(target["expr"], BUILT_IN | ALL | a_user | {"user_id": user}))
            for value in {str(value): value for _, value in rows if not math.isfinite(value)}.values():
                seen.add(str(value))
                if math.isinf(value) if graph else not is_mapped(value, mappings(panel, target["refId"])):
                    unmapped.append((panel["title"], target["refId"], value))
    assert unmapped == []
    assert seen >= {"inf", "nan"}, "otherwise this test checks nothing"


def panel_named(name, title):
    return next(panel for panel in panels(dashboards()[name]) if panel["title"] == title)


def by_item(rows):
    return {labels["item"]: value for labels, value in rows}


def test_a_user_without_limits(golden):
    """An unlimited quota is infinite in the table and has a ratio of 0. A quota of 0 without usage has no ratio."""
    rows = answers(golden, panel_named("metastudio-user", "Counted items"), {"user_id": NAMED})
    used, limit, utilisation = by_item(rows["A"]), by_item(rows["B"]), by_item(rows["C"])
    assert (used["voice_clone_basic"], limit["voice_clone_basic"], utilisation["voice_clone_basic"]) == (
        4,
        math.inf,
        0,
    )
    assert (used["modeling_count_2d_model"], utilisation["modeling_count_2d_model"]) == (10, 1)
    assert limit["modeling_count_2d_model_flexus"] == 0 and math.isnan(
        utilisation["modeling_count_2d_model_flexus"]
    )
    assert math.isnan(used["voice_clone_advance"]), "its usage is not reported"


def test_users_nearest_exhaustion_have_a_limit_and_a_usage(golden):
    rows = answers(golden, panel_named("metastudio-overview", "Nearest exhaustion: counted items"), {})["A"]
    assert [(labels["item"], labels["user_name"], utilisation) for labels, utilisation in rows] == [
        ("modeling_count_2d_model", UNNAMED, math.inf),
        ("modeling_count_2d_model", 'studio "north"', 1),
    ]


def test_failing_apis_and_projects_that_wait_come_first_and_never_succeeded(golden):
    rows = answers(golden, panel_named("metastudio-overview", "APIs, failing first"), {"topn": "3"})
    refused = {("refused", collector, "cn-north-4") for collector in ("tenant_resources", "user_quotas")}
    expected = refused | {(WAITING, "not polled", "cn-north-4")}
    assert {(labels["project"], labels["collector"], labels["region"]) for labels, _ in rows["A"]} == expected
    assert [up for _, up in rows["A"]] == [0] * 3
    assert [age for _, age in rows["B"]] == [math.inf] * 3


def test_an_api_of_a_project_without_attributes_is_listed(golden):
    rows = answers(golden, panel_named("metastudio-overview", "APIs, failing first"), {"topn": "50"})["A"]
    regions = {(labels["project"], labels["collector"]): labels.get("region") for labels, _ in rows}
    assert regions[WITHOUT_ATTRIBUTES, "user_quotas"] is None
    assert regions["production", "user_names"] == "cn-north-4"


def test_names_of_users_are_looked_up_hourly_and_have_no_age(golden):
    rows = answers(golden, panel_named("metastudio-overview", "APIs, failing first"), {"topn": "50"})["B"]
    ages = {labels["collector"]: age for labels, age in rows if labels["project"] == "production"}
    assert {collector for collector, age in ages.items() if math.isnan(age)} == {"user_names"}


@pytest.mark.parametrize(
    ("user", "name"), [(NAMED, 'studio "north"'), (UNNAMED, UNNAMED), (WITHOUT_LIMIT, WITHOUT_LIMIT)]
)
def test_a_user_is_shown_by_name_or_else_by_id(golden, user, name):
    rows = answers(golden, panel_named("metastudio-user", "Name"), {"user_id": user})["A"]
    assert [labels["user_name"] for labels, _ in rows] == [name]


def test_a_user_is_selected_by_name_or_else_by_id(golden):
    variable = variables(dashboards()["metastudio-user"])["user_id"]
    query = substituted(variable["query"]["query"], ALL)
    # Named groups in JavaScript are written without P.
    pattern = re.compile(variable["regex"].strip("/").replace("(?<", "(?P<"))
    choices = [pattern.search(choice) for choice in golden.values_of_variable(query)]
    assert {(choice["text"], choice["value"]) for choice in choices} == {
        ('studio "north"', NAMED),
        (UNNAMED, UNNAMED),
        (WITHOUT_LIMIT, WITHOUT_LIMIT),
    }


def test_every_variable_has_values(demo, a_user):
    empty = []
    for name, dashboard in dashboards().items():
        for variable in variables(dashboard).values():
            # Without the label, "All" is the only cluster.
            if variable["type"] == "query" and variable["name"] != "cluster":
                query = substituted(variable["query"]["query"], ALL | a_user)
                if not demo.values_of_variable(query):
                    empty.append((name, variable["name"]))
    assert empty == []


def test_queries_exclude_projects_that_are_not_selected(demo, a_user):
    """No query that depends on the project returns a row of another project."""
    unexpected = []
    for panel_query in panel_queries(**a_user, project="staging"):
        projects = {labels.get("project", "staging") for labels, _ in demo.rows(panel_query.query)}
        unexpected += [(str(panel_query), project) for project in sorted(projects - {"staging"})]
    assert unexpected == []
