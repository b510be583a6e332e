"""What panels show for given results, on both sides of every bound. The expected texts are Grafana's."""

import pytest

from panel_examples import INFINITY, NAN, NOTHING, THRESHOLDS, override, panel, series
from panel_values import Line, shown
from value_display import Cell, UnknownFeature, display
from value_formats import formatted


def stat(*results, **settings):
    return shown(panel(**settings), {"A": list(results)}).values


@pytest.mark.parametrize(
    ("number", "unit", "decimals", "text"),
    [
        (0, "none", None, "0"),
        (3, "none", None, "3"),
        (3, "none", 1, "3.0"),
        (2.5, "none", 0, "3"),
        (-2.5, "none", 0, "-2"),
        (-0.04, "none", 1, "0.0"),
        (12.345, "none", None, "12.3"),
        (0.3, "none", None, "0.300"),
        (INFINITY, "none", None, "∞"),
        (-INFINITY, "none", 1, "-∞"),
        (0, "s", 1, "0 s"),
        (0.0000009, "s", 0, "900 ns"),
        (0.000001, "s", 0, "1 µs"),
        (0.000999, "s", 0, "999 µs"),
        (0.001, "s", 0, "1 ms"),
        (0.999, "s", 0, "999 ms"),
        (1, "s", 0, "1 s"),
        (59.9, "s", 1, "59.9 s"),
        (60, "s", 1, "1.0 min"),
        (61, "s", 1, "1.0 mins"),
        (3599, "s", 1, "60.0 mins"),
        (3600, "s", 1, "1.0 hour"),
        (86399, "s", 1, "24.0 hours"),
        (86400, "s", 1, "1.0 day"),
        (604799, "s", 1, "7.0 days"),
        (604800, "s", 1, "1.0 week"),
        (31535999, "s", 1, "52.1 weeks"),
        (31556900, "s", 1, "1.0 year"),
        (-7200, "s", 1, "-2.0 hours"),
        (INFINITY, "s", 1, "∞ years"),
        (0.5, "percentunit", 1, "50.0%"),
        (0.9499, "percentunit", 0, "95%"),
        (INFINITY, "percentunit", 1, "∞%"),
        (50, "percent", 1, "50.0%"),
        (999, "short", None, "999"),
        (1000, "short", None, "1 K"),
        (2500000, "short", 1, "2.5 Mil"),
        (0, "bytes", 0, "0 B"),
        (1023, "bytes", 0, "1023 B"),
        (1024, "bytes", 0, "1 KiB"),
        (1.5 * 1024**2, "bytes", 1, "1.5 MiB"),
        (0.25, "reqps", 2, "0.25 req/s"),
        (1000, "reqps", 0, "1K req/s"),
        (400, "suffix:days", 1, "400.0 days"),
        (1700000000000, "dateTimeAsIso", None, "2023-11-14 22:13:20"),
    ],
)
def test_units(number, unit, decimals, text):
    assert formatted(number, unit, decimals) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (-INFINITY, ("-∞", "green")),
        (0, ("0", "green")),
        (0.799, ("0.799", "green")),
        (0.8, ("0.800", "orange")),
        (0.949, ("0.949", "orange")),
        (0.95, ("0.950", "red")),
        (INFINITY, ("∞", "red")),
        (NAN, ("NaN", "green")),
        (None, ("", "green")),
        ("text", ("text", "green")),
    ],
)
def test_thresholds(value, cell):
    """A value on a step has its colour. What is not a number has that of the lowest step."""
    assert display(value, THRESHOLDS) == cell


def test_no_value_replaces_null_but_not_nan():
    assert display(None, THRESHOLDS | {"noValue": "never"}) == ("never", "green")
    assert display(NAN, THRESHOLDS | {"noValue": "never"}) == ("NaN", "green")


def test_a_mapping_without_a_colour_keeps_that_of_the_thresholds():
    config = THRESHOLDS | {"mappings": [{"type": "value", "options": {"1": {"text": "one"}, "2": {"color": "blue"}}}]}
    assert display(1, config) == ("one", "red")
    assert display(2, config) == ("2", "blue")
    assert display(3, config) == ("3", "red")


@pytest.mark.parametrize(
    ("value", "key"), [(0, "0"), (1.0, "1"), (0.5, "0.5"), (INFINITY, "Infinity"), (-INFINITY, "-Infinity"), ("a", "a")]
)
def test_value_mappings_use_the_text_of_javascript(value, key):
    config = THRESHOLDS | {"mappings": [{"type": "value", "options": {key: {"text": "mapped", "color": "blue"}}}]}
    assert display(value, config) == ("mapped", "blue")


@pytest.mark.parametrize(
    ("options", "inside", "outside"),
    [
        ({"from": 1, "to": 2}, [1, 1.5, 2], [0.99, 2.01, NAN, None]),
        ({"from": None, "to": 2}, [-INFINITY, 2], [2.01]),
        ({"from": 1, "to": None}, [1, INFINITY], [0.99]),
    ],
)
def test_range_mappings_include_both_ends(options, inside, outside):
    config = THRESHOLDS | {"mappings": [{"type": "range", "options": options | {"result": {"text": "in"}}}]}
    assert [display(value, config).text for value in inside] == ["in"] * len(inside)
    assert "in" not in [display(value, config).text for value in outside]


@pytest.mark.parametrize(
    ("match", "values"), [("null", [None]), ("nan", [NAN]), ("null+nan", [None, NAN]), ("empty", [""])]
)
def test_special_mappings(match, values):
    """Text is not NaN."""
    mapping = {"type": "special", "options": {"match": match, "result": {"text": "special"}}}
    config = THRESHOLDS | {"mappings": [mapping]}
    others = [value for value in (None, NAN, "", 0, "text") if not any(value is one for one in values)]
    assert [display(value, config).text for value in values] == ["special"] * len(values)
    assert "special" not in [display(value, config).text for value in others]


def test_regular_expressions_map_text_only():
    config = {"mappings": [{"type": "regex", "options": {"pattern": "/^a(.)$/", "result": {"text": "<$1>"}}}]}
    assert [display(value, THRESHOLDS | config).text for value in ("ab", "abc", 1)] == ["<b>", "abc", "1"]


def test_the_first_mapping_wins():
    first, second = ({"type": "value", "options": {"1": {"text": text}}} for text in ("first", "second"))
    assert display(1, THRESHOLDS | {"mappings": [first, second]}).text == "first"


def test_a_stat_shows_the_last_value():
    assert stat(series(1, 0.5, None)) == (("", ("0.500", "green")),)


def test_a_stat_without_series_has_no_data_in_the_colour_of_the_lowest_step():
    assert stat() == (("", ("No data", "green")),)
    assert stat(defaults={"noValue": "never"}) == (("", ("never", "green")),)
    assert stat(defaults={"mappings": [NOTHING], "noValue": "never"}) == (("", ("no data", "purple")),)
    assert stat(options={"colorMode": "none"}) == (("", ("No data", None)),)


def test_a_stat_without_series_ignores_overrides():
    overrides = [override("byFrameRefID", "A", noValue="never")]
    assert stat(overrides=overrides) == (("", ("No data", "green")),)


def test_a_stat_of_nan_must_show_the_same_in_all_versions():
    assert stat(series(NAN), defaults={"mappings": [NOTHING]}) == (("", ("no data", "purple")),)
    with pytest.raises(UnknownFeature, match="a last value of NaN"):
        stat(series(NAN))
    with pytest.raises(UnknownFeature, match="a last value of NaN"):
        stat(series(1, NAN), defaults={"mappings": [NOTHING]})


def test_names_of_a_stat():
    one, two = series(0, name="one"), series(1, name="two")
    assert stat(one) == (("", ("0", "green")),)
    assert stat(one, two) == (("one", ("0", "green")), ("two", ("1", "red")))
    assert stat(one, two, options={"textMode": "value"}) == (("", ("0", "green")), ("", ("1", "red")))
    assert stat(one, options={"textMode": "value_and_name"}) == (("one", ("0", "green")),)
    assert stat(one, options={"textMode": "name"}) == (("", ("one", "green")),)


def test_overrides_of_a_query():
    overrides = [override("byFrameRefID", "B", color={"mode": "fixed", "fixedColor": "blue"})]
    contents = {"A": [series(1, name="a")], "B": [series(1, name="b")]}
    assert shown(panel("bargauge", overrides=overrides, targets="AB"), contents).values == (
        ("a", ("1", "red")),
        ("b", ("1", "blue")),
    )
    assert shown(panel("bargauge"), {"A": []}).values == (("", ("No data", "green")),)


def test_lines_of_a_graph():
    """A line that ends before the end of the range, or in NaN, has no last value."""
    results = {"A": [series(1, 2, name="b"), series(1, None, name="a"), series(1, NAN, name="c")]}
    palette = {"color": {"mode": "palette-classic"}, "unit": "s"}
    assert shown(panel("timeseries", palette), results).lines == (
        Line("a", None),
        Line("b", Cell("2 s", "palette")),
        Line("c", None),
    )
    assert shown(panel("timeseries", palette), {"A": []}).nothing == "No data"
    assert shown(panel("timeseries", {"noValue": "none"}), {"A": []}).nothing == "none"


def test_a_state_timeline_has_mapped_states():
    states = {"mappings": [{"type": "value", "options": {"0": {"text": "failed"}}}]}
    assert shown(panel("state-timeline", states), {"A": [series(0, name="a")]}).lines == (
        Line("a", Cell("failed", "green")),
    )
