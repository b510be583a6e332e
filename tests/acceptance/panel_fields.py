"""Fields of a panel: their configuration with overrides, their names, and what panels may contain.

What is not listed here raises `UnknownFeature`: tests would otherwise say something that Grafana does not show.
"""

import math
import re

from value_display import UnknownFeature, display

ANY = object()
PANEL = {
    *("id", "type", "title", "description", "datasource", "gridPos", "targets", "fieldConfig", "options"),
    *("repeat", "repeatDirection", "interval", "maxDataPoints", "transformations"),
}
TARGET = {
    *("datasource", "editorMode", "expr", "refId", "instant", "range", "format", "legendFormat", "interval", "exemplar")
}
CONFIG = {
    *("unit", "decimals", "min", "max", "mappings", "thresholds", "color", "noValue", "displayName", "links", "custom"),
}
# Options that do not change what a panel says may have any value.
_REDUCE = {"calcs": [["lastNotNull"]], "fields": [""], "values": [False]}
_BAR = {
    "displayMode": ANY, "valueMode": ["color"], "reduceOptions": _REDUCE, "orientation": ANY, "showUnfilled": ANY,
    "minVizWidth": ANY, "minVizHeight": ANY, "maxVizHeight": ANY, "namePlacement": ANY, "sizing": ANY,
    "legend": ANY, "text": ANY,
}  # fmt: skip
OPTIONS = {
    "stat": {
        "colorMode": ["value", "background", "none"], "textMode": ["auto", "name", "value", "value_and_name"],
        "graphMode": ["none"], "reduceOptions": _REDUCE, "justifyMode": ANY, "orientation": ANY,
        "wideLayout": ANY, "showPercentChange": [False], "text": ANY,
    },
    "bargauge": _BAR,
    "table": {
        "cellHeight": ANY, "showHeader": [True], "sortBy": ANY,
        "footer": {"show": [False], "countRows": ANY, "reducer": ANY, "fields": ANY},
    },
    "timeseries": {"legend": ANY, "tooltip": ANY},
    "state-timeline": {
        "alignValue": ANY, "legend": ANY, "mergeValues": ANY, "rowHeight": ANY, "showValue": ANY, "tooltip": ANY,
    },
}  # fmt: skip


def check(panel):
    """Raises `UnknownFeature` for a panel with anything unknown."""
    if panel["type"] not in OPTIONS:
        raise UnknownFeature(f"panels of type {panel['type']}")
    _check_keys("panel", panel, PANEL)
    _check_options("options", panel["options"], OPTIONS[panel["type"]])
    _check_keys("fieldConfig.defaults", panel["fieldConfig"]["defaults"], CONFIG)
    for target in panel["targets"]:
        _check_keys("target", target, TARGET)
        if (target.get("format") == "table") != (panel["type"] == "table"):
            raise UnknownFeature(f"the format {target.get('format')} in a panel of type {panel['type']}")
    if panel["type"] != "table" and panel.get("transformations"):
        raise UnknownFeature("transformations outside of tables")


def _check_keys(name, value, known):
    if unknown := sorted(value.keys() - known):
        raise UnknownFeature(f"{name}: {', '.join(unknown)}")


def _check_options(name, options, known):
    _check_keys(name, options, known.keys())
    for key, value in options.items():
        if isinstance(known[key], dict):
            _check_options(f"{name}.{key}", value, known[key])
        elif known[key] is not ANY and value not in known[key]:
            raise UnknownFeature(f"{name}.{key}: {value}")


def configuration(panel, name, ref_id):
    """The configuration of a field: the defaults, and the overrides that match its name in a table or else the refId of
    its query. The names of other fields depend on Grafana's version; a merged table has no refId."""
    config = {**panel["fieldConfig"]["defaults"]}
    config["custom"] = {**config.get("custom", {})}
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        if matcher["id"] not in _MATCHERS:
            raise UnknownFeature(f"the matcher {matcher['id']}")
        matches, given = _MATCHERS[matcher["id"]], name if ref_id is None else ref_id
        if (matcher["id"] == "byFrameRefID") == (ref_id is None):
            raise UnknownFeature(f"the matcher {matcher['id']} in a panel of type {panel['type']}")
        if matches(matcher["options"], given):
            for option in override["properties"]:
                _set(config, option["id"], option.get("value"))
    return config


def _set(config, key, value):
    kind, _, custom = key.partition(".")
    if kind == "custom":
        config["custom"][custom] = value
    elif key in CONFIG:
        config[key] = value
    else:
        raise UnknownFeature(f"the override of {key}")


_MATCHERS = {
    "byName": lambda options, name: name == options,
    "byRegexp": lambda options, name: re.search(options.strip("/"), name) is not None,
    "byFrameRefID": lambda options, ref_id: ref_id == options,
}


def last_not_null(values, config):
    """What is shown for the last value that is not null. Grafana before 10.3 shows a last NaN, later versions do not;
    a panel must say the same in all of them."""
    numbers = [value for value in values if value is not None]
    later = [value for value in numbers if not math.isnan(value)]
    shown = display(numbers[-1] if numbers else None, config)
    if shown != display(later[-1] if later else None, config):
        raise UnknownFeature("a last value of NaN, which Grafana before and after 10.3 show differently")
    return shown


def name_of_series(target, labels):
    """The name by the legend's format. Without one, Grafana makes a name that no panel here should show."""
    pattern = target.get("legendFormat", "")
    if pattern in ("", "__auto"):
        raise UnknownFeature(f"the name of a series without a format of the legend: {labels}")
    name = re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: labels.get(found[1], ""), pattern)
    # As a browser shows it.
    return " ".join(name.split())
