"""The tables of `make soak` and `make load`: a figure and its bound in each line."""

from typing import NamedTuple

# With fewer values, a fault that lasts for some seconds looks like growth.
JUDGED_FROM = 300
HEADER = "| what | figure | bound | verdict |\n|---|---|---|---|"


class Figure(NamedTuple):
    """A line of the table."""

    what: str
    figure: str
    bound: str
    met: bool

    def markdown(self):
        return f"| {self.what} | {self.figure} | {self.bound} | {'meets' if self.met else '**misses**'} |"


def at_most(what, value, most, unit=""):
    """A line whose value has an upper bound."""
    return Figure(what, _with_unit(value, unit), f"at most {_with_unit(most, unit)}", value <= most)


def at_least(what, value, least, unit=""):
    """A line whose value has a lower bound."""
    return Figure(what, _with_unit(value, unit), f"at least {_with_unit(least, unit)}", value >= least)


def none(what, found):
    """A line that lists what must not be there; `found` are texts."""
    found = [str(each) for each in found]
    shown = "; ".join(" ".join(text.split())[:200] for text in found[:3])
    return Figure(what, f"{len(found)}: {shown}" if found else "0", "0", not found)


def flat(what, values, unit="", slack=0.0):
    """A line of a value that must not grow: the least of the last third against the least of the second one.

    Projects, connections and polls come and go at random. What leaks is there at all times.
    """
    third = len(values) // 3
    if len(values) < JUDGED_FROM:
        return Figure(what, f"{len(values)} values", f"at least {JUDGED_FROM} values, else not judged", True)
    second, last = min(values[third : 2 * third]), min(values[-third:])
    bound = 1.1 * second + slack
    thirds = f"{_with_unit(last, unit)} in the last third, {_with_unit(second, unit)} in the second"
    figure = f"{thirds}, {_with_unit(max(values), unit)} at most"
    return Figure(what, figure, f"at most {_with_unit(bound, unit)}", last <= bound)


def show(figures):
    """Prints each line as soon as it is measured; returns the exit code."""
    print(HEADER)
    missed = 0
    for figure in figures:
        print(figure.markdown(), flush=True)
        missed += not figure.met
    return 1 if missed else 0


def _with_unit(value, unit):
    factor = 1e-6 if unit == "MB" else 1
    text = f"{value * factor:,.3f}".rstrip("0").rstrip(".")
    return f"{text} {unit}".strip()
