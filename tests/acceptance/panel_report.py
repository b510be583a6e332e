"""The table of all panels in all scenarios, as text for `tests/PANELS.md`."""

import re

from panel_queries import dashboards, panels

HEAD = """\
# What the panels of the dashboards show

`tests/acceptance/test_dashboard_scenarios.py` compares this file with what all panels show in its scenarios.
`UPDATE_PANELS=1` writes it; review the difference. Values that differ in every run are written as their kind, such as
`TIME`. The colour of a value is in parentheses. A `gap` is a line without a value at the end of the time range.
"""
MOST_ROWS = 2
MOST_LINES = 4
# What differs in every run.
_KINDS = (
    (re.compile(r"-?[\d.]+ (ns|µs|ms|s|mins?|hours?|days?|weeks?|years?)"), "TIME"),
    (re.compile(r"[\d.]+ [KMG]?i?B"), "BYTES"),
    (re.compile(r"[\d.]+[KM]? req/s"), "RATE"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "DATE"),
)
_NUMBER = re.compile(r"-?\d[\d.]*")
_ZERO = re.compile(r"0[.0]*( s| req/s|%)?")
# Panels whose numbers differ in every run, even if they are rounded to zero.
VARYING = {
    *("CPU", "Threads", "Open file descriptors", "Open files", "Samples scraped", "Open connections", "Clock skew"),
    *("Longest poll of its time-out", "Request rate, share of the limit"),
}
# Panels that count until the end of the run. A zero is exact.
COUNTING = {"Failed polls", "Failed polls by reason", "Retries by reason", "Share of requests that failed"}
# Forecasts differ too.
FORECAST = re.compile(r"Growth a day|(Utilisation|Expected|expected) in ")
# Columns of tables, and panels of one item, whose times are those of the cloud.
STEADY = {"Used", "Limit", "Left", "Of", "$time_item"}


def report(scenarios):
    """The text for the results of `dashboard_scenarios.run_all`."""
    parts = [HEAD]
    for name, dashboard in dashboards().items():
        parts.append(f"\n## {name}\n")
        for panel in panels(dashboard):
            parts.append(f"\n### {panel['title']} ({panel['type']})\n\n")
            same = {}
            for scenario, (contents, names) in scenarios.items():
                text = _named(panel_text(panel["title"], contents[name, panel["id"]]), names)
                same.setdefault(text, []).append(scenario)
            parts += [f"- {', '.join(in_scenarios)}: {text}\n" for text, in_scenarios in same.items()]
    return "".join(parts)


def panel_text(title, shown):
    """The contents of a panel on one line."""
    if shown.values:
        return "; ".join(f"{name}: {_cell(title, cell)}" if name else _cell(title, cell) for name, cell in shown.values)
    if shown.rows:
        rows = [
            ", ".join(f"{column} {_cell(title, cell, column)}" for column, cell in row.items())
            for row in shown.rows[:MOST_ROWS]
        ]
        return f"{_counted(shown.rows, 'row')}: {'; '.join(rows)}"
    if shown.lines:
        lines = [f"{name} {_cell(title, last, name) if last else 'gap'}" for name, last in shown.lines[:MOST_LINES]]
        return f"{_counted(shown.lines, 'line')}: {'; '.join(lines)}"
    return f"`{shown.nothing}` instead of the panel"


def _counted(things, name):
    return f"{len(things)} {name}{'s' if len(things) > 1 else ''}"


def _cell(title, cell, part=""):
    """A value. `part` is the title of its column or the name of its line."""
    text = _steady(title, part, cell.text)
    return f"`{text}`" if cell.color in (None, "palette") else f"`{text}` ({cell.color})"


def _steady(title, part, text):
    is_forecast = FORECAST.search(title) or FORECAST.search(part)
    if _ZERO.fullmatch(text) and title not in VARYING:
        return text
    if is_forecast or not {title, part} & STEADY:
        for pattern, kind in _KINDS:
            if pattern.fullmatch(text):
                return kind
    return _NUMBER.sub("NUMBER", text) if is_forecast or title in VARYING | COUNTING else text


def _named(text, names):
    for value, name in names.items():
        text = text.replace(value, name)
    return text
