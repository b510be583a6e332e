"""Tables: the rows that Grafana shows for the results of the queries of a panel."""

import math
from itertools import chain

from panel_fields import configuration
from value_display import Cell, UnknownFeature, display

TIME = "Time"
_COLORED = {"color-text", "color-background", "gauge"}


def rows(panel, results):
    """The rows in the shown order, each as {title of the column: Cell}."""
    columns, records = _transformed(panel, _frames(panel, results))
    if TIME in columns:
        raise UnknownFeature("a column with the time")
    configs = {name: configuration(panel, name, None) for name in columns}
    shown = [name for name in columns if not configs[name]["custom"].get("hidden", False)]
    titles = {name: configs[name].get("displayName", name) for name in columns}
    if len(set(titles.values())) != len(titles):
        raise UnknownFeature(f"two columns with the same title: {sorted(titles.values())}")
    records = _sorted(panel, records, {title: name for name, title in titles.items()})
    return [{titles[name]: _cell(record.get(name), configs[name]) for name in shown} for record in records]


def _frames(panel, results):
    """One table per query: its columns and its rows. A column of values is named after the query if there are several.
    A label that a series does not have is empty."""
    frames = []
    for target in panel["targets"]:
        ref_id = target["refId"]
        value = f"Value #{ref_id}" if len(panel["targets"]) > 1 else "Value"
        labels = sorted({name for series, _ in results[ref_id] for name in series})
        columns = [TIME, *labels, value]
        records = [
            {TIME: 0} | {name: series.get(name, "") for name in labels} | {value: values[-1]}
            for series, values in results[ref_id]
        ]
        frames.append((columns, records))
    return frames


def _transformed(panel, frames):
    """One table after all transformations. Without any row Grafana has no columns."""
    if not any(records for _, records in frames):
        return [], []
    for step in panel.get("transformations", ()):
        if step["id"] not in _TRANSFORMATIONS or step.keys() - {"id", "options"}:
            raise UnknownFeature(f"the transformation {step}")
        frames = [_TRANSFORMATIONS[step["id"]](frames, step["options"])]
    if len(frames) > 1:
        raise UnknownFeature("a table of several queries without `merge`")
    return frames[0]


def _merged(frames, options):
    """Joins rows without different values in any common column."""
    if options:
        raise UnknownFeature(f"options of merge: {options}")
    columns = list(dict.fromkeys(chain(*(columns for columns, _ in frames))))
    merged = []
    for _, records in frames:
        # A row is joined to all rows that were there before this query.
        for record in records:
            same = [row for row in merged if all(row[name] == record[name] for name in row.keys() & record.keys())]
            for row in same:
                row.update(record)
            if not same:
                merged.append(dict(record))
    return columns, merged


def _organized(frames, options):
    ((columns, records),) = frames
    if unknown := options.keys() - {"excludeByName", "indexByName", "renameByName"}:
        raise UnknownFeature(f"options of organize: {sorted(unknown)}")
    if options.get("renameByName"):
        raise UnknownFeature("options of organize: renameByName")
    excluded = {name for name, is_excluded in options["excludeByName"].items() if is_excluded}
    left = [name for name in columns if name not in excluded]
    return sorted(left, key=lambda name: options["indexByName"].get(name, math.inf)), records


_TRANSFORMATIONS = {"merge": _merged, "organize": _organized}


def _sorted(panel, records, names):
    """Grafana sorts null and NaN as minus infinity, and text without regard to case."""
    for order in reversed(panel["options"].get("sortBy", ())):
        if order["displayName"] not in names:
            if names:
                raise UnknownFeature(f"no column {order['displayName']} to sort by")
            continue
        name = names[order["displayName"]]
        records = sorted(records, key=lambda record: _order(record.get(name)), reverse=order.get("desc", False))
    return records


def _order(value):
    if isinstance(value, str):
        return value.lower()
    return -math.inf if value is None or math.isnan(value) else value


def _cell(value, config):
    """A cell has the colour of its value only if its type says so."""
    kind = config["custom"].get("cellOptions", {"type": "auto"})["type"]
    shown = display(value, config)
    if kind in _COLORED:
        return shown
    if kind != "auto":
        raise UnknownFeature(f"cells of type {kind}")
    return Cell(shown.text, None)
