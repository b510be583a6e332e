"""What a panel of a dashboard shows for the results of its queries, as Grafana 10 to 12 shows it."""

import math
from typing import NamedTuple

import panel_tables
from panel_fields import check, configuration, last_not_null, name_of_series
from value_display import Cell, UnknownFeature, display

NO_DATA = "No data"


class Line(NamedTuple):
    """A line of a graph, and its value at the end of the time range, or None if it ends before."""

    name: str
    last: Cell | None


class Shown(NamedTuple):
    """The contents of a panel, of which only one part has contents.

    `values` are those of stats and bars, by name; the name is empty if it is not shown. `rows` are those of a table.
    `nothing` is the text in place of a table or a graph without data.
    """

    values: tuple = ()
    rows: tuple = ()
    lines: tuple = ()
    nothing: str = ""

    @property
    def colors(self):
        """All colours in the panel, also of values that a stat of names does not show."""
        cells = [cell for _, cell in self.values]
        cells += [cell for row in self.rows for cell in row.values()]
        cells += [line.last for line in self.lines if line.last]
        return {cell.color for cell in cells} - {None}

    @property
    def texts(self):
        """All values as text, and the text in place of them."""
        texts = [cell.text for _, cell in self.values]
        texts += [cell.text for row in self.rows for cell in row.values()]
        texts += [line.last.text for line in self.lines if line.last]
        return [*texts, self.nothing] if self.nothing else texts


def shown(panel, results):
    """What a panel shows. `results` has, for each refId, the series as (labels, values); a gap is None."""
    check(panel)
    return _TYPES[panel["type"]](panel, results)


def _series(panel, results):
    """Every series with its query, its values and the configuration of its field."""
    for target in panel["targets"]:
        for labels, values in results[target["refId"]]:
            yield target, labels, values, configuration(panel, None, target["refId"])


def _stat(panel, results):
    names = panel["options"]["textMode"]
    if not panel["title"]:
        raise UnknownFeature("a stat without a title, in which Grafana shows the names of all values")
    many = sum(len(series) for series in results.values()) > 1
    values = []
    for target, labels, series, config in _series(panel, results):
        cell = _colored(panel, last_not_null(series, config))
        if "displayName" in config:
            raise UnknownFeature("a title of a value")
        if names == "name":
            values.append(("", Cell(name_of_series(target, labels), cell.color)))
        elif names == "value_and_name" or (names == "auto" and many):
            values.append((name_of_series(target, labels), cell))
        else:
            values.append(("", cell))
    return Shown(values=tuple(values) or (("", _colored(panel, _without_series(panel))),))


def _bar_gauge(panel, results):
    values = [
        (name_of_series(target, labels), last_not_null(series, config))
        for target, labels, series, config in _series(panel, results)
    ]
    return Shown(values=tuple(values) or (("", _without_series(panel)),))


def _without_series(panel):
    """Grafana shows null with the configuration of all fields, without overrides."""
    cell = display(None, panel["fieldConfig"]["defaults"])
    return Cell(cell.text or NO_DATA, cell.color)


def _colored(panel, cell):
    return cell._replace(color=None) if panel["options"]["colorMode"] == "none" else cell


def _table(panel, results):
    rows = panel_tables.rows(panel, results)
    return Shown(rows=tuple(rows)) if rows else _empty(panel)


def _graph(panel, results):
    lines = []
    for target, labels, series, config in _series(panel, results):
        if "displayName" in config:
            raise UnknownFeature("a title of a line")
        # NaN is a gap too.
        last = None if series[-1] is None or math.isnan(series[-1]) else display(series[-1], config)
        lines.append(Line(name_of_series(target, labels), last))
    return Shown(lines=tuple(sorted(lines))) if lines else _empty(panel)


def _empty(panel):
    return Shown(nothing=panel["fieldConfig"]["defaults"].get("noValue", NO_DATA))


_TYPES = {
    "stat": _stat,
    "bargauge": _bar_gauge,
    "table": _table,
    "timeseries": _graph,
    "state-timeline": _graph,
}
