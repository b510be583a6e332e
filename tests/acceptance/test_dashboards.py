"""Checks the dashboard files: they can be imported anywhere, and everything that they name exists."""

import re
from collections import Counter
from pathlib import Path

import pytest

from panel_queries import BUILT_IN, VARIABLE_QUERY, dashboards, panels, variables

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDEN = (REPOSITORY / "tests" / "golden" / "metrics.prom").read_text(encoding="utf-8")

DASHBOARDS = dashboards()
DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GRAFANA_COLUMNS = 24
# Variables that Grafana defines itself.
GRAFANA_VARIABLES = {*BUILT_IN, "__all", "__data", "__url_time_range"}
# Prometheus adds these to every series; `cluster` where it is configured.
TARGET_LABELS = {"cluster", "job", "instance"}
# Series of Prometheus itself, with their own labels.
OF_PROMETHEUS = {
    "up": set(),
    "scrape_duration_seconds": set(),
    "scrape_samples_scraped": set(),
    "ALERTS": {"alertname", "alertstate", "severity", "project"},
}
RECORDED = '__name__=~"metastudio:.+"'
SELECTING = ["cluster", "job", "project", "instance"]
# Counters of rare events. `increase` extrapolates them to numbers that never happened, such as 1.05 failures.
RARE = re.compile(r"metastudio_exporter_(?:poll_failures|api_retries|panics|log_lines_dropped|http_requests)_total")
NO_DATA = {"text": "no data", "color": "purple", "index": 9}

METRIC = re.compile(r"\b(?:metastudio_\w+|process_\w+|scrape_\w+|up|ALERTS)\b")
SELECTOR = re.compile(r"([A-Za-z_]\w+)?\s*\{([^{}]*)\}")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
GROUPING = re.compile(r"\b(?:by|on|ignoring|without|group_left|group_right)\s*\(([^()]*)\)")
USED_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")


def golden_labels():
    """The labels of each metric in the golden scrape."""
    labels = {}
    for line in GOLDEN.splitlines():
        if not line.startswith("#"):
            name, _, rest = line.partition("{") if "{" in line else line.partition(" ")
            labels.setdefault(name, set()).update(label for label, _ in MATCHER.findall(rest))
    return labels


OF_EXPORTER = golden_labels()
METRICS = OF_EXPORTER | OF_PROMETHEUS
DATA_METRICS = {name for name in OF_EXPORTER if not name.startswith(("metastudio_exporter_", "process_"))}
# A label that queries make: the type of a product, and that of its sub-resource behind it.
MADE = {"product"}
LABELS = set().union(*METRICS.values()) | TARGET_LABELS | MADE


def walk(value):
    """A JSON value and every value inside it."""
    yield value
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def all_panels(dashboard):
    """All panels, including rows."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", ())


def strings(value):
    return (inner for inner in walk(value) if isinstance(inner, str))


def variable_queries(dashboard):
    return {
        name: variable["query"]["query"]
        for name, variable in variables(dashboard).items()
        if variable["type"] == "query"
    }


def expressions(dashboard):
    """All PromQL expressions of the panels and variables of a dashboard."""
    yield from (target["expr"] for panel in panels(dashboard) for target in panel["targets"])
    yield from variable_queries(dashboard).values()


@pytest.fixture(params=DASHBOARDS)
def dashboard(request):
    return DASHBOARDS[request.param]


def test_there_are_four_dashboards_and_each_file_is_named_after_its_uid():
    assert {name: dashboard["uid"] for name, dashboard in DASHBOARDS.items()} == {
        name: name for name in ("metastudio-exporter", "metastudio-overview", "metastudio-resources", "metastudio-user")
    }


def test_it_imports_anywhere(dashboard):
    """It contains nothing specific to one Grafana: no internal ID, no inputs to ask for at the import."""
    assert not {"id", "__inputs", "__requires"} & dashboard.keys()
    assert dashboard["schemaVersion"] == 39
    assert dashboard["title"] and dashboard["description"] and dashboard["refresh"]


def test_panel_ids_are_unique(dashboard):
    ids = Counter(panel["id"] for panel in all_panels(dashboard))
    assert [number for number, times in ids.items() if times > 1] == []


def test_every_query_uses_the_selected_data_source(dashboard):
    assert variables(dashboard)["datasource"]["type"] == "datasource"
    assert variables(dashboard)["datasource"]["query"] == "prometheus"
    with_source = [*panels(dashboard), *(target for panel in panels(dashboard) for target in panel["targets"])]
    with_source += [variable for variable in variables(dashboard).values() if variable["type"] == "query"]
    assert [element for element in with_source if element.get("datasource") != DATA_SOURCE] == []
    anywhere = [
        value["datasource"] for value in walk(dashboard) if isinstance(value, dict) and "datasource" in value
    ]
    assert [source for source in anywhere if source != DATA_SOURCE] == []


def test_every_panel_has_a_title_and_a_description(dashboard):
    incomplete = [
        panel["id"]
        for panel in panels(dashboard)
        if not panel["title"].strip() or not panel.get("description", "").strip().endswith(".")
    ]
    assert incomplete == []
    assert [
        row["id"] for row in dashboard["panels"] if row["type"] == "row" and not row["title"].strip()
    ] == []


def test_panels_do_not_overlap_and_begin_with_a_row(dashboard):
    occupied = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["w"] > 0 and place["h"] > 0
        assert place["x"] + place["w"] <= GRAFANA_COLUMNS, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in occupied, f"{panel['title']} overlaps {occupied[x, y]}"
                occupied[x, y] = panel["title"]
    assert min(dashboard["panels"], key=lambda panel: panel["gridPos"]["y"])["type"] == "row"


def test_dashboards_link_to_each_other(dashboard):
    assert dashboard["tags"] == ["metastudio"]
    (link,) = dashboard["links"]
    assert (link["type"], link["tags"]) == ("dashboards", ["metastudio"])
    assert link["keepTime"] and link["includeVars"]


def test_links_lead_to_existing_dashboards_and_variables(dashboard):
    urls = [text for text in strings(dashboard) if text.startswith("/d/")]
    for url in urls:
        uid, _, query = url.removeprefix("/d/").partition("?")
        assert uid in DASHBOARDS, url
        passed = re.findall(r"var-(\w+)=|\$\{(\w+):queryparam\}", query)
        assert {one or other for one, other in passed} <= variables(DASHBOARDS[uid]).keys(), url
        assert "${__url_time_range}" in query, url


def test_the_overview_links_to_a_user_of_the_installation_and_project():
    urls = [text for text in strings(DASHBOARDS["metastudio-overview"]) if text.startswith("/d/metastudio-user?")]
    # A row has no field `cluster` where the series have no such label.
    passed = [
        "${datasource:queryparam}",
        "${cluster:queryparam}",
        *(f"var-{name}=${{__data.fields.{name}:percentencode}}" for name in ("job", "project", "user_id")),
        "${__url_time_range}",
    ]
    assert urls == ["/d/metastudio-user?" + "&".join(passed)] * 2


def test_the_overview_links_to_the_products_of_a_business_type():
    urls = [text for text in strings(DASHBOARDS["metastudio-overview"]) if text.startswith("/d/metastudio-resources?")]
    passed = [
        "${datasource:queryparam}",
        "${cluster:queryparam}",
        *(f"var-{name}=${{__data.fields.{name}:percentencode}}" for name in ("job", "project", "business_type")),
        "${__url_time_range}",
    ]
    assert urls == ["/d/metastudio-resources?" + "&".join(passed)]


def test_business_types_can_be_selected():
    dashboard = DASHBOARDS["metastudio-resources"]
    variable = variables(dashboard)["business_type"]
    of_project = 'cluster=~"$cluster", job=~"$job", project=~"$project"'
    assert variable["query"]["query"] == f"label_values(metastudio_resource_info{{{of_project}}}, business_type)"
    # "All" includes products without a business type.
    assert (variable["multi"], variable["includeAll"], variable["allValue"]) == (True, True, ".*")
    selectors = {
        (metric, matchers)
        for panel in panels(dashboard)
        for target in panel["targets"]
        for metric, matchers in SELECTOR.findall(target["expr"])
        if metric.startswith("metastudio_resource_") or "metastudio_resource_" in matchers
    }
    assert [selector for selector in selectors if 'business_type=~"$business_type"' not in selector[1]] == []
    assert {metric for metric, _ in selectors} >= {f"metastudio_resource_{name}" for name in ("amount", "info", "usage")}


def test_used_and_defined_variables_are_the_same(dashboard):
    used = {name for text in strings(dashboard) for name in USED_VARIABLE.findall(text)}
    assert used - GRAFANA_VARIABLES == variables(dashboard).keys()


def test_installations_and_projects_can_be_selected_on_every_dashboard(dashboard):
    selecting = [variable for name, variable in variables(dashboard).items() if name in SELECTING]
    for variable in selecting:
        assert variable["multi"] and variable["includeAll"] and variable["current"]["value"] == ["$__all"]
    exporter, of_installation = "metastudio_exporter_build_info", 'cluster=~"$cluster", job=~"$job"'
    # Each selects from what the ones before it leave.
    expected = {
        "cluster": (f"label_values({exporter}, cluster)", ".*"),
        # Without an allValue, "All" is a list of the exporters' jobs. `.+` would select `up` of everything that
        # Prometheus scrapes.
        "job": (f'label_values({exporter}{{cluster=~"$cluster"}}, job)', None),
        "project": (f"label_values(metastudio_project_info{{{of_installation}}}, project)", ".+"),
        "instance": (f"label_values({exporter}{{{of_installation}}}, instance)", ".+"),
    }
    if dashboard["uid"] != "metastudio-exporter":
        del expected["instance"]
    found = {of["name"]: (of["query"]["query"], of.get("allValue")) for of in selecting}
    assert list(found.items()) == list(expected.items())


def test_the_number_of_rows_can_be_selected_on_every_dashboard(dashboard):
    assert [option["value"] for option in variables(dashboard)["topn"]["options"]] == ["5", "10", "20", "50"]


def test_nothing_stands_in_for_missing_data(dashboard):
    """`or vector(0)` is a green zero when the exporter is dead."""
    assert [expression for expression in expressions(dashboard) if "vector(" in expression] == []


def test_no_data_has_a_text_and_a_colour_of_its_own(dashboard):
    special = {"type": "special", "options": {"match": "null+nan", "result": NO_DATA}}
    for panel in panels(dashboard):
        if panel["type"] in ("stat", "bargauge"):
            config = panel["fieldConfig"]
            mappings = [
                config["defaults"]["mappings"],
                *(
                    option["value"]
                    for override in config["overrides"]
                    for option in override["properties"]
                    if option["id"] == "mappings"
                ),
            ]
            assert config["defaults"]["noValue"] == "no data", panel["title"]
            for of in mappings:
                assert [mapping for mapping in of if mapping["type"] == "special"] == [special], panel["title"]
            colors = [value["color"] for value in walk(config) if isinstance(value, dict) and "color" in value]
            assert colors.count("purple") == len(mappings), panel["title"]


def test_installations_do_not_merge(dashboard):
    """What is grouped or matched by project or instance is also grouped or matched by job and cluster."""
    merged = []
    for panel in panels(dashboard):
        for target in panel["targets"]:
            for labels in GROUPING.findall(target["expr"]):
                names = set(re.findall(r"\w+", labels))
                if names & {"project", "instance"} and not names >= {"cluster", "job"}:
                    merged.append((panel["title"], labels))
            shown = set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")))
            if shown & {"project", "instance"} and not shown >= {"cluster", "job"}:
                merged.append((panel["title"], target["legendFormat"]))
    assert merged == []


def test_rare_events_are_counted_whole(dashboard):
    extrapolated = re.compile(rf"(?<!round\()\b(?:increase|rate|delta)\(\s*{RARE.pattern}")
    assert [expression for expression in expressions(dashboard) if extrapolated.search(expression)] == []


def test_trends_start_at_the_last_reset(dashboard):
    """All trends are of the samples after the last fall below half."""
    trend = re.compile(r"\b(?:deriv|predict_linear)\((.*)")
    after_reset = re.compile(r"\(\s*max by .*?\)\s*unless\s*max_over_time\(timestamp\(.*? < 0\.5 \* ", re.DOTALL)
    for expression in expressions(dashboard):
        for found in trend.finditer(expression):
            assert after_reset.match(expression, found.start(1)), expression


def test_graphs_select_their_lines_once(dashboard):
    """`topk` without `@ end()` selects different series at every step, and the graph shows all of them."""
    every_step = []
    for panel in panels(dashboard):
        for target in panel["targets"]:
            _, choice, chosen = target["expr"].partition("k($topn")
            if target.get("range") and choice and " @ end()" not in chosen:
                every_step.append((panel["title"], target["refId"]))
    assert every_step == []


def test_queries_of_variables_have_a_form_that_grafana_recognises(dashboard):
    unknown = {
        name: query
        for name, query in variable_queries(dashboard).items()
        if not VARIABLE_QUERY.fullmatch(query)
    }
    assert unknown == {}


def test_every_used_metric_exists(dashboard):
    used = {name for expression in expressions(dashboard) for name in METRIC.findall(expression)}
    assert used - METRICS.keys() == set()


def test_every_data_metric_is_used():
    used = {
        name
        for dashboard in DASHBOARDS.values()
        for expression in expressions(dashboard)
        for name in METRIC.findall(expression)
    }
    assert DATA_METRICS - used == set()


def test_every_used_label_exists(dashboard):
    wrong = []
    for expression in expressions(dashboard):
        for metric, matchers in SELECTOR.findall(expression):
            # Without a name, the selector is that of the recorded series or of the limits and usages of users.
            known = METRICS.get(metric, LABELS | {"__name__"}) | TARGET_LABELS
            wrong += [(metric, label) for label, _ in MATCHER.findall(matchers) if label not in known]
        for labels in GROUPING.findall(expression):
            wrong += [(expression, label) for label in re.findall(r"\w+", labels) if label not in LABELS]
    for panel in panels(dashboard):
        for target in panel["targets"]:
            shown = re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", ""))
            wrong += [(panel["title"], label) for label in shown if label not in LABELS]
    assert wrong == []


def test_every_query_selects_only_the_chosen_installations_projects_and_exporters(dashboard):
    # The queries of the variables that select them are tested above.
    queries = [query for name, query in variable_queries(dashboard).items() if name not in SELECTING]
    queries += [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
    unbound = []
    for query in queries:
        for metric, matchers in SELECTOR.findall(query):
            expected = bound(dashboard, metric, matchers)
            unbound += [(metric, matchers, matcher) for matcher in expected if matcher not in matchers]
        unbound += METRIC.findall(re.sub(r'"[^"]*"', "", SELECTOR.sub("", query)))
    assert unbound == []


def bound(dashboard, metric, matchers):
    """The matchers that a selector needs."""
    if metric == "ALERTS" or RECORDED in matchers:
        # Alerts on the cloud's numbers, and recorded series, have no label of an installation.
        return ['cluster=~"$cluster|"', 'job=~"$job|"', 'project=~"$project|"']
    matchers = ['cluster=~"$cluster"', 'job=~"$job"']
    if not metric or "project" in METRICS[metric]:
        return [*matchers, 'project=~"$project"']
    if "instance" not in variables(dashboard) or metric == "metastudio_exporter_total_shards":
        return matchers
    # A project's target has the address and the project as its instance.
    of_target = metric == "up" or metric.startswith("scrape_")
    return [*matchers, 'instance=~"$instance(/.*)?"' if of_target else 'instance=~"$instance"']
