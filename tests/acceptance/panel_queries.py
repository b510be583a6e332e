"""The dashboards and their queries, with variables replaced as in Grafana, for tests on a real Prometheus."""

import json
import re
from pathlib import Path
from typing import NamedTuple

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"
# Grafana's built-in variables. Tests query the last hour, and Prometheus scrapes every second.
BUILT_IN = {"__rate_interval": "1m", "__interval": "1s", "__range": "1h", "__range_s": "3600"}
# The value of a variable with "All" selected is a regular expression. Grafana lists the jobs.
ALL = {"cluster": ".*", "job": "metastudio", "project": ".+", "instance": ".+", "business_type": ".*"} | {
    "topn": "50",
    "horizon": "86400",
}
# Queries that may return nothing without failures, by dashboard, panel and refId.
EMPTY_IN_HEALTH = {
    **{("metastudio-overview", "Frozen", ref_id): "nothing is frozen" for ref_id in "ABCDEF"},
    ("metastudio-user", "$count_item", "B"): "an unlimited item has no line for its limit",
    ("metastudio-user", "$time_item", "B"): "an unlimited item has no line for its limit",
}
# `$name`, `${name}` or `${name:format}`; not the `$1` of label_replace.
VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::\w+)?\}|([A-Za-z_]\w*))")
# The query of a variable, as Grafana's Prometheus data source recognises it. It must be on one line.
VARIABLE_QUERY = re.compile(r"label_values\((.+), (\w+)\)|query_result\((.+)\)")


class PanelQuery(NamedTuple):
    """One query of a panel."""

    dashboard: str
    panel: str
    ref_id: str
    query: str

    def __str__(self):
        return f"{self.dashboard}: {self.panel} ({self.ref_id})"


def dashboards():
    """All dashboards, by file name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))
    }


def panels(dashboard):
    """The panels of a dashboard without rows, but with the panels of collapsed rows."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel["panels"]
        else:
            yield panel


def variables(dashboard):
    """The variables of a dashboard, by name."""
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def substituted(text, values):
    """The text with its variables replaced. A variable without a value is a KeyError."""
    return VARIABLE.sub(lambda found: values[found[1] or found[2]], text)


def panel_queries(**values):
    """The queries of all panels. `values` are values of variables: at least `user_id`, `count_item`, `time_item`."""
    values = BUILT_IN | ALL | values
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield PanelQuery(name, panel["title"], target["refId"], substituted(target["expr"], values))
