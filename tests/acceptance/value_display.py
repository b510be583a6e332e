"""What Grafana 10 to 12 makes of one value: its text and colour by value mappings, thresholds, unit and noValue."""

import math
import re
from typing import NamedTuple

from value_formats import formatted, script_text


class UnknownFeature(Exception):
    """A dashboard uses something that these modules do not know, so that they cannot say what it shows."""


class Cell(NamedTuple):
    """A shown value. The colour is None where Grafana uses that of all text."""

    text: str
    color: str | None


def display(value, config):
    """The text and colour of a number, a string or None, with the configuration of its field."""
    number = value if isinstance(value, (int, float)) and not math.isnan(value) else None
    if isinstance(value, str) and config.get("unit"):
        raise UnknownFeature("a unit for text")
    text, color = mapped(value, config.get("mappings", ()))
    if text is None and number is not None:
        text = _text(number, config)
    if text is None:
        text = ("" if value is None else script_text(value)) or config.get("noValue", "")
    return Cell(text, color or _color(number, config))


def _text(number, config):
    unit = config.get("unit", "none")
    try:
        return formatted(number, unit, config.get("decimals"))
    except KeyError:
        raise UnknownFeature(f"the unit {unit}") from None


def mapped(value, mappings):
    """The text and colour of the first value mapping that matches; each may be None."""
    for mapping in mappings:
        kind, options = mapping["type"], mapping["options"]
        if kind == "value":
            result = None if value is None else options.get(script_text(value))
        elif kind in _MATCHES:
            result = options["result"] if _MATCHES[kind](value, options) else None
        else:
            raise UnknownFeature(f"a value mapping of type {kind}")
        if result is not None:
            if unknown := result.keys() - {"text", "color", "index"}:
                raise UnknownFeature(f"{sorted(unknown)} of a value mapping")
            return _mapped_text(value, mapping, result), result.get("color")
    return None, None


def _mapped_text(value, mapping, result):
    """A regular expression's text may contain `$1`."""
    if mapping["type"] != "regex" or "text" not in result:
        return result.get("text")
    return re.sub(_pattern(mapping["options"]), re.sub(r"\$(\d)", r"\\\1", result["text"]), value, count=1)


def _in_range(value, options):
    """Both ends belong to the range; an absent end is open."""
    if isinstance(value, str):
        raise UnknownFeature("a range of text, in which Grafana reads numbers")
    if value is None or math.isnan(value):
        return False
    first, last = options.get("from"), options.get("to")
    return (first is None or value >= first) and (last is None or value <= last)


def _is_special(value, options):
    if options["match"] not in _SPECIAL:
        raise UnknownFeature(f"the special value {options['match']}")
    return _SPECIAL[options["match"]](value)


def _is_nan(value):
    """Text is not NaN."""
    return isinstance(value, float) and math.isnan(value)


_SPECIAL = {
    "null": lambda value: value is None,
    "nan": _is_nan,
    "null+nan": lambda value: value is None or _is_nan(value),
    "empty": lambda value: value == "",
}
_MATCHES = {
    "range": _in_range,
    "special": _is_special,
    "regex": lambda value, options: isinstance(value, str) and re.search(_pattern(options), value) is not None,
}


def _pattern(options):
    """`/.../` or the expression itself, which must match the whole text."""
    pattern = options["pattern"]
    return pattern[1:-1] if pattern.startswith("/") and pattern.endswith("/") else f"^{pattern}$"


def _color(number, config):
    """Without a number, the colour is that of the lowest threshold."""
    color = config.get("color", {"mode": "none"})
    if color["mode"] == "fixed":
        return color["fixedColor"]
    if color["mode"] == "palette-classic":
        return "palette"
    if color["mode"] != "thresholds":
        raise UnknownFeature(f"the colour mode {color['mode']}")
    thresholds = config["thresholds"]
    if thresholds["mode"] != "absolute":
        raise UnknownFeature(f"{thresholds['mode']} thresholds")
    first, *others = thresholds["steps"]
    if first["value"] is not None:
        raise UnknownFeature("thresholds without a lowest step")
    reached = [step["color"] for step in others if number is not None and number >= step["value"]]
    if [step["value"] for step in others] != sorted(step["value"] for step in others):
        raise UnknownFeature("thresholds that are not sorted")
    return [first["color"], *reached][-1]
