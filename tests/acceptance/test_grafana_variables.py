"""The values of variables in queries and titles, and the table of all panels."""

import pytest

from dashboard_scenarios import _ordered, _with_gaps
from grafana_variables import escaped, selection
from panel_report import panel_text
from panel_values import Line, Shown
from value_display import Cell, UnknownFeature


class Labels:
    """A Prometheus that knows only the values of labels."""

    def __init__(self, *values):
        self._values, self.asked = values, []

    def ask(self, path, **parameters):
        self.asked.append((path, parameters["match[]"]))
        return self._values


def variable(name, query="", **settings):
    query_type = {"type": "query", "query": {"query": query}, "regex": "", "current": {"value": ["$__all"]}}
    return {"name": name} | query_type | settings


def selected(*definitions, jobs=(), **chosen):
    prometheus = Labels(*jobs)
    return selection({"templating": {"list": list(definitions)}}, prometheus, **chosen), prometheus


JOBS = variable("job", 'label_values(up{cluster=~"$cluster"}, job)')


@pytest.mark.parametrize(
    ("jobs", "query"),
    [((), 'up{job=~"()"}'), (("a.b",), 'up{job=~"a\\\\.b"}'), (("b", "a"), 'up{job=~"(a|b)"}')],
)
def test_all_jobs_are_a_regular_expression(jobs, query):
    """It depends on the variables before it."""
    found, prometheus = selected(variable("cluster", allValue=".*"), JOBS, jobs=jobs)
    assert found.query('up{job=~"$job"}') == query
    assert prometheus.asked == [("label/job/values", 'up{cluster=~".*"}')]


def test_custom_variables_have_a_text_and_a_value():
    horizon = variable("horizon", type="custom", current={"value": "604800", "text": "7 days"})
    found, _ = selected(horizon)
    assert found.query("predict_linear(x[$__range], ${horizon})") == "predict_linear(x[1h], 604800)"
    assert found.text("In ${horizon:text}, $horizon") == "In 7 days, $horizon"


def test_chosen_values_replace_those_of_the_dashboard():
    found, prometheus = selected(JOBS, job="mine")
    assert (found.values["job"], prometheus.asked) == ("mine", [])


def test_unknown_variables_are_errors():
    with pytest.raises(UnknownFeature, match="a value of the variable user"):
        selected(variable("user", current={}))
    with pytest.raises(UnknownFeature, match="all values of the variable user"):
        selected(variable("user", "query_result(up)"))
    with pytest.raises(KeyError, match="missing"):
        selected()[0].query("$missing")


def test_special_characters_are_escaped_twice():
    assert escaped("a.b|c") == r"a\\.b\\|c"
    assert escaped("a\\b") == r"a\\\\b"


def test_series_with_equal_values_are_in_the_order_of_their_labels():
    rows = [({"a": "3"}, [1.0]), ({"a": "9"}, [2.0]), ({"a": "1"}, [1.0])]
    assert _ordered(rows) == [({"a": "1"}, [1.0]), ({"a": "9"}, [2.0]), ({"a": "3"}, [1.0])]


def test_times_without_a_value_are_gaps():
    values = _with_gaps([(100.0, "1"), (130.0, "2")], 100.0)
    assert (values[0], values[1:-1], values[-1]) == (1.0, [None] * 29, 2.0)


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("Oldest data", "3.5 mins", "TIME"),
        ("Oldest data", "1 s", "TIME"),
        ("Growth", "0 s", "0 s"),
        ("Clock skew", "0 s", "TIME"),
        ("Oldest data", "never", "never"),
        ("Memory", "12.5 MiB", "BYTES"),
        ("Requests", "0.5 req/s", "RATE"),
        ("In force since", "2026-11-28 16:34:42", "DATE"),
        ("Failed polls", "3", "NUMBER"),
        ("Failed polls", "0", "0"),
        ("Open files", "0.07%", "NUMBER%"),
        ("Open files", "0.00%", "NUMBER%"),
        ("Users", "3", "3"),
        ("Limit", "2 hours", "2 hours"),
        ("Expected in 7 days", "2 hours", "TIME"),
        ("Utilisation in 7 days", "52.5%", "NUMBER%"),
        ("Utilisation", "52.5%", "52.5%"),
    ],
)
def test_what_differs_in_every_run_is_written_as_its_kind(title, text, kind):
    assert panel_text(title, Shown(values=(("", Cell(text, "green")),))) == f"`{kind}` (green)"


def test_the_contents_of_a_panel_are_one_line():
    red, plain = Cell("1", "red"), Cell("x", None)
    assert panel_text("Panel", Shown(values=(("a", red), ("b", plain)))) == "a: `1` (red); b: `x`"
    assert panel_text("Panel", Shown(rows=({"A": red, "B": plain},))) == "1 row: A `1` (red), B `x`"
    assert panel_text("Panel", Shown(rows=({"A": red},) * 3)) == "3 rows: A `1` (red); A `1` (red)"
    lines = (Line("a", Cell("1", "palette")), Line("b", None))
    assert panel_text("Panel", Shown(lines=lines)) == "2 lines: a `1`; b gap"
    assert panel_text("Panel", Shown(nothing="No data")) == "`No data` instead of the panel"
