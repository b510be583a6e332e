"""Small panels for tests of what panels show."""

import math

NAN, INFINITY = math.nan, math.inf
STEPS = [{"color": "green", "value": None}, {"color": "orange", "value": 0.8}, {"color": "red", "value": 0.95}]
THRESHOLDS = {"color": {"mode": "thresholds"}, "thresholds": {"mode": "absolute", "steps": STEPS}}
NOTHING = {"type": "special", "options": {"match": "null+nan", "result": {"text": "no data", "color": "purple"}}}
REDUCE = {"calcs": ["lastNotNull"], "fields": "", "values": False}
OPTIONS = {
    "stat": {"textMode": "auto", "colorMode": "value", "graphMode": "none", "reduceOptions": REDUCE},
    "bargauge": {"displayMode": "basic", "valueMode": "color", "reduceOptions": REDUCE},
    "table": {"showHeader": True, "sortBy": []},
    "timeseries": {},
    "state-timeline": {},
}


def panel(kind="stat", defaults=None, overrides=(), targets="A", **settings):
    """A panel with the default thresholds; `targets` are refIds."""
    options = OPTIONS[kind] | settings.pop("options", {})
    table = {"format": "table"} if kind == "table" else {"legendFormat": "{{name}}"}
    return {
        "type": kind,
        "title": "Panel",
        "targets": [{"refId": ref_id, "expr": "up", **table} for ref_id in targets],
        "fieldConfig": {"defaults": THRESHOLDS | (defaults or {}), "overrides": list(overrides)},
        "options": options,
        **settings,
    }


def override(matcher, options, **properties):
    changes = [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": matcher, "options": options}, "properties": changes}


def series(*values, **labels):
    return labels, list(values)
