"""Rows of the table, numbers with their spread, and verdicts."""

import statistics
from typing import NamedTuple, Optional

HEADER = "| what | exporter | reference | ratio | target | verdict |\n|---|---|---|---|---|---|"
UNITS = {
    "ms": (1e3, "ms"),
    "us": (1e6, "us"),
    "s": (1, "s"),
    "MB": (1e-6, "MB"),
    "KB": (1e-3, "KB"),
    "": (1, ""),
}


class Row(NamedTuple):
    """A row of the table. `met` is None if the row has no target."""

    what: str
    exporter: str
    reference: str = ""
    ratio: str = ""
    target: str = ""
    met: Optional[bool] = None

    def markdown(self):
        verdict = {True: "meets", False: "**misses**", None: ""}[self.met]
        return "| " + " | ".join([*self[:5], verdict]) + " |"


def failed(line, error):
    """The row of a line that could not be measured."""
    return Row(line, f"FAILED: {type(error).__name__}: {' '.join(str(error).split())[:300]}")


def number(value):
    """Three significant digits."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.5f}"


def spread(values, unit=""):
    """The median, and the minimum and maximum of several values."""
    factor, name = UNITS[unit]
    scaled = [value * factor for value in values]
    text = f"{number(statistics.median(scaled))} {name}".strip()
    if len(scaled) > 1:
        text += f" ({number(min(scaled))} to {number(max(scaled))})"
    return text


def percentile(values, percent):
    """The value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * percent // 100) - 1)]


def against(what, ours, theirs, unit, most=None):
    """Compares the rounds of the exporter with those of the reference, pair by pair; the median ratio counts."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return at_most(what, spread(ours, unit), spread(theirs, unit), ratios, most)


def at_most(what, exporter, reference, ratios, most=None):
    """A row whose median ratio has to be at most `most`."""
    target = "" if most is None else f"at most {most:g}"
    met = None if most is None else statistics.median(ratios) <= most
    return Row(what, exporter, reference, spread(ratios), target, met)


def value_at_most(what, values, unit, most):
    """A row whose median has to be at most `most`, in `unit`."""
    met = statistics.median(values) * UNITS[unit][0] <= most
    return Row(what, spread(values, unit), target=f"at most {most:g} {UNITS[unit][1]}".strip(), met=met)
