"""The values of the variables of a dashboard, as Grafana selects and writes them into a query."""

import re
from typing import NamedTuple

from panel_queries import BUILT_IN, VARIABLE_QUERY, substituted, variables
from value_display import UnknownFeature

ALL = ["$__all"]
_OF_A_REGULAR_EXPRESSION = re.compile(r"[\^$*+?.()|\[\]{}]")
_AS_TEXT = re.compile(r"\$\{(\w+):text\}")


class Selection(NamedTuple):
    """The values of all variables: for a query, and as people read them."""

    values: dict
    texts: dict

    def query(self, expression):
        """An expression with its variables replaced. A variable without a value is a KeyError."""
        return substituted(expression, self.values)

    def text(self, text):
        """A title with its variables replaced."""
        return _AS_TEXT.sub(lambda found: self.texts[found[1]], text)


def selection(dashboard, prometheus, **chosen):
    """What a dashboard selects when it is opened, with the `chosen` values in place of its own."""
    values, texts = dict(BUILT_IN), {}
    for name, variable in variables(dashboard).items():
        if variable["type"] == "datasource":
            continue
        if name in chosen:
            values[name] = texts[name] = chosen[name]
        elif variable["type"] == "custom":
            values[name], texts[name] = variable["current"]["value"], variable["current"]["text"]
        elif variable["type"] == "query" and variable["current"].get("value") == ALL:
            values[name], texts[name] = _all(variable, Selection(values, texts), prometheus), "All"
        else:
            raise UnknownFeature(f"a value of the variable {name}")
    return Selection(values, texts)


def _all(variable, selected, prometheus):
    """All values, as a regular expression that is part of a string in PromQL."""
    if "allValue" in variable:
        return variable["allValue"]
    options = [escaped(option) for option in options_of(variable, selected, prometheus)]
    return options[0] if len(options) == 1 else f"({'|'.join(options)})"


def options_of(variable, selected, prometheus):
    """The values of a variable with `label_values`."""
    selector, label, _ = VARIABLE_QUERY.fullmatch(selected.query(variable["query"]["query"])).groups()
    if label is None or variable["regex"]:
        raise UnknownFeature(f"all values of the variable {variable['name']}")
    return sorted(prometheus.ask(f"label/{label}/values", **{"match[]": selector}))


def escaped(value):
    """A value with its special characters escaped, first for the regular expression and then for the string."""
    return _OF_A_REGULAR_EXPRESSION.sub(r"\\\\\g<0>", value.replace("\\", "\\" * 4))
