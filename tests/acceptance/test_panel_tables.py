"""What tables show for given results, and that unknown features of any panel are errors."""

import pytest

from panel_examples import NAN, NOTHING, override, panel
from panel_values import shown
from value_display import UnknownFeature

MERGE = {"id": "merge", "options": {}}
TEXT = {"custom__cellOptions": {"type": "color-text"}}


def organize(exclude=("Time",), **index):
    return {"id": "organize", "options": {"excludeByName": dict.fromkeys(exclude, True), "indexByName": index}}


def table(results, overrides=(), steps=(MERGE, organize()), sort=(), **defaults):
    """The rows of a table, each as a dictionary of tuples, or the text instead of it."""
    sort_by = [{"displayName": name, "desc": descending} for name, descending in sort]
    example = panel(
        "table", defaults, overrides, targets=results, options={"sortBy": sort_by}, transformations=list(steps)
    )
    found = shown(example, {ref_id: [(labels, [value]) for labels, value in rows] for ref_id, rows in results.items()})
    return [{title: tuple(cell) for title, cell in row.items()} for row in found.rows] or found.nothing


def test_labels_and_values_are_columns():
    assert table({"A": [({"user": "a", "item": "x"}, 1)]}) == [
        {"item": ("x", None), "user": ("a", None), "Value": ("1", None)}
    ]


def test_queries_are_joined_by_their_common_labels():
    """A missing value is null; values of NaN join too."""
    results = {"A": [({"user": "a"}, NAN), ({"user": "b"}, 2)], "B": [({"user": "b"}, 3), ({"user": "c"}, 4)]}
    assert table(results, noValue="-") == [
        {"user": ("a", None), "Value #A": ("NaN", None), "Value #B": ("-", None)},
        {"user": ("b", None), "Value #A": ("2", None), "Value #B": ("3", None)},
        {"user": ("c", None), "Value #A": ("-", None), "Value #B": ("4", None)},
    ]


def test_a_query_without_a_label_joins_all_rows_that_it_matches():
    results = {"A": [({"user": "a", "item": "x"}, 1), ({"user": "a", "item": "y"}, 2)], "B": [({"user": "a"}, 3)]}
    assert [row["Value #B"] for row in table(results)] == [("3", None), ("3", None)]


def test_a_label_that_a_series_does_not_have_is_empty():
    assert table({"A": [({"user": "a"}, 1), ({}, 2)]}, noValue="none")[1]["user"] == ("none", None)


def test_a_table_without_rows_shows_a_text():
    assert table({"A": [], "B": []}) == "No data"
    assert table({"A": []}, noValue="nothing") == "nothing"
    assert table({"A": [({"user": "a"}, 1)], "B": []})[0]["Value #A"] == ("1", None)


def test_columns_are_in_the_order_of_the_index():
    rows = table({"A": [({"a": "1", "b": "2"}, 3)]}, steps=[MERGE, organize(Value=0, b=1, a=2)])
    assert list(rows[0]) == ["Value", "b", "a"]
    rows = table({"A": [({"a": "1", "b": "2"}, 3)]}, steps=[organize(("Time", "a"), Value=0, b=1)])
    assert list(rows[0]) == ["Value", "b"]


def test_only_coloured_cells_have_the_colour_of_their_value():
    for kind, color in [("auto", None), ("color-text", "red"), ("color-background", "red"), ("gauge", "red")]:
        overrides = [override("byName", "Value", custom__cellOptions={"type": kind})]
        assert table({"A": [({}, 1)]}, overrides) == [{"Value": ("1", color)}]


def test_overrides_by_name_have_titles_units_and_mappings():
    overrides = [
        override("byName", "Value", displayName="Share", unit="percentunit", decimals=0, mappings=[NOTHING], **TEXT)
    ]
    assert table({"A": [({"user": "a"}, 0.8), ({"user": "b"}, NAN)]}, overrides) == [
        {"user": ("a", None), "Share": ("80%", "orange")},
        {"user": ("b", None), "Share": ("no data", "purple")},
    ]


def test_the_last_override_wins():
    overrides = [override("byName", "Value", unit="s"), override("byRegexp", "/^Val/", unit="percent")]
    assert table({"A": [({}, 5)]}, overrides) == [{"Value": ("5%", None)}]


def test_hidden_columns_are_not_shown():
    assert list(table({"A": [({"a": "1"}, 1)]}, [override("byName", "a", custom__hidden=True)])[0]) == ["Value"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ([("Value", False)], ["nan", "low", "high", "Higher"]),
        ([("Value", True)], ["Higher", "high", "low", "nan"]),
        ([("user", False)], ["high", "Higher", "low", "nan"]),
        ([], ["high", "nan", "low", "Higher"]),
    ],
)
def test_rows_are_sorted(sort, expected):
    """NaN is below all numbers; upper and lower case are the same."""
    rows = [({"user": "high"}, 2), ({"user": "nan"}, NAN), ({"user": "low"}, 1), ({"user": "Higher"}, 3)]
    assert [row["user"][0] for row in table({"A": rows}, sort=sort)] == expected


def test_rows_are_sorted_by_the_first_column_first():
    rows = [({"a": "x", "b": "2"}, 1), ({"a": "x", "b": "1"}, 1), ({"a": "w", "b": "3"}, 2)]
    found = table({"A": rows}, sort=[("Value", True), ("b", False)])
    assert [row["b"][0] for row in found] == ["3", "1", "2"]


PROPORTIONAL = {"mode": "percentage", "steps": [{"color": "green", "value": None}]}
STEPS = [{"color": "a", "value": None}, {"color": "b", "value": 2}, {"color": "c", "value": 1}]
UNSORTED = {"mode": "absolute", "steps": STEPS}
SPARKLINE = override("byName", "Value", custom__cellOptions={"type": "sparkline"})
UNKNOWN = [
    ("panels of type gauge", panel() | {"type": "gauge"}),
    ("panel: timeFrom", panel(timeFrom="1h")),
    ("target: hide", panel() | {"targets": [{"refId": "A", "hide": True}]}),
    ("fieldConfig.defaults: filterable", panel(defaults={"filterable": True})),
    ("options: showThresholdLabels", panel(options={"showThresholdLabels": True})),
    ("options.graphMode: area", panel(options={"graphMode": "area"})),
    ("options.reduceOptions.calcs: .'mean'", panel(options={"reduceOptions": {"calcs": ["mean"]}})),
    ("options.reduceOptions.values: True", panel(options={"reduceOptions": {"values": True}})),
    ("the format table in a panel of type stat", panel() | {"targets": [{"refId": "A", "format": "table"}]}),
    ("transformations outside of tables", panel(transformations=[MERGE])),
    ("the unit furlongs", panel(defaults={"unit": "furlongs"})),
    ("the colour mode shades", panel(defaults={"color": {"mode": "shades"}})),
    ("percentage thresholds", panel(defaults={"thresholds": PROPORTIONAL})),
    ("thresholds that are not sorted", panel(defaults={"thresholds": UNSORTED})),
    ("thresholds without a lowest step", panel(defaults={"thresholds": {"mode": "absolute", "steps": [{"value": 1}]}})),
    ("a value mapping of type fancy", panel(defaults={"mappings": [{"type": "fancy", "options": {}}]})),
    ("the special value true", panel(defaults={"mappings": [{"type": "special", "options": {"match": "true"}}]})),
    ("'icon'. of a value mapping", panel(defaults={"mappings": [{"type": "value", "options": {"1": {"icon": "x"}}}]})),
    ("the matcher byType", panel(overrides=[override("byType", "number")])),
    ("the matcher byName in a panel of type stat", panel(overrides=[override("byName", "Value")])),
    ("the override of nullValueMode", panel(overrides=[override("byFrameRefID", "A", nullValueMode="x")])),
    ("a title of a value", panel(defaults={"displayName": "x"})),
    ("a stat without a title", panel(title="")),
]


@pytest.mark.parametrize(("message", "example"), UNKNOWN, ids=[message for message, _ in UNKNOWN])
def test_what_is_unknown_is_an_error(message, example):
    with pytest.raises(UnknownFeature, match=message):
        shown(example, {"A": [({"name": "a"}, [1])]})


@pytest.mark.parametrize(
    ("message", "settings"),
    [
        ("the transformation", {"steps": [{"id": "groupBy", "options": {}}]}),
        ("the transformation", {"steps": [MERGE | {"filter": {}}]}),
        ("options of merge", {"steps": [{"id": "merge", "options": {"x": 1}}]}),
        ("options of organize", {"steps": [{"id": "organize", "options": {"includeByName": {"a": True}}}]}),
        ("renameByName", {"steps": [{"id": "organize", "options": {"renameByName": {"a": "b"}}}]}),
        ("a column with the time", {"steps": [MERGE]}),
        ("no column Missing to sort by", {"sort": [("Missing", True)]}),
        ("cells of type sparkline", {"overrides": [SPARKLINE]}),
        ("two columns with the same title", {"overrides": [override("byName", "Value", displayName="user")]}),
        ("the matcher byFrameRefID in a panel of type table", {"overrides": [override("byFrameRefID", "A")]}),
        ("a unit for text", {"unit": "s"}),
    ],
)
def test_what_is_unknown_in_a_table_is_an_error(message, settings):
    with pytest.raises(UnknownFeature, match=message):
        table({"A": [({"user": "a"}, 1)]}, **settings)


def test_several_queries_must_be_merged():
    with pytest.raises(UnknownFeature, match="a table of several queries without `merge`"):
        table({"A": [({}, 1)], "B": [({}, 2)]}, steps=[])


def test_a_name_without_a_format_is_an_error_only_if_it_is_shown():
    without_name = panel() | {"targets": [{"refId": "A", "legendFormat": ""}]}
    assert shown(without_name, {"A": [({}, [1])]}).values == (("", ("1", "red")),)
    with pytest.raises(UnknownFeature, match="the name of a series without a format of the legend"):
        shown(without_name, {"A": [({}, [1]), ({"a": "b"}, [1])]})


def test_text_in_a_range_is_an_error():
    mapping = {"type": "range", "options": {"from": 0, "to": 1, "result": {"text": "x"}}}
    with pytest.raises(UnknownFeature, match="a range of text"):
        table({"A": [({"user": "a"}, 1)]}, mappings=[mapping])
