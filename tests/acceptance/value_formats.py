"""Units: a number as Grafana 10 to 12 writes it."""

import math
import time

_ENGLISH = {math.inf: "∞", -math.inf: "-∞"}
_SECONDS = (
    # (below, divisor, suffix); the suffix has an `s` if the number is above 1.
    (3600, 60, " min"),
    (86400, 3600, " hour"),
    (604800, 86400, " day"),
    (31536000, 604800, " week"),
)
_YEAR = (3.15569e7, " year")
_SMALL_SECONDS = ((0.000001, 1e9, " ns"), (0.001, 1e6, " µs"), (1, 1e3, " ms"), (60, 1, " s"))


def formatted(number, unit, decimals=None):
    """The text of a number that is not NaN. An unknown unit is a KeyError."""
    if unit.startswith("suffix:"):
        return f"{_fixed(number, decimals)} {unit.removeprefix('suffix:')}"
    return _UNITS[unit](number, decimals)


def script_text(value):
    """The text of a value in JavaScript, which is also its key in a value mapping."""
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) and abs(value) < 1e21 else repr(float(value))


def _fixed(number, decimals):
    if math.isinf(number):
        return _ENGLISH[number]
    if decimals is None:
        decimals = _own_decimals(number)
    factor = 10**decimals
    rounded = math.floor(number * factor + 0.5) / factor
    # JavaScript writes no minus for a rounded -0.
    return f"{rounded + 0.0:.{decimals}f}"


def _own_decimals(number):
    """Grafana's choice without `decimals`: about three significant digits, none for a whole number."""
    if number == int(number):
        return 0
    digits = 1 - math.floor(math.log10(abs(number)))
    if abs(number) * 10**digits > 2.25:
        digits += 1
    return max(0, digits)


def _seconds(number, decimals):
    if number == 0:
        return "0 s"
    for below, factor, suffix in _SMALL_SECONDS:
        if abs(number) < below:
            return _fixed(number * factor, decimals) + suffix
    scales = ((divisor, suffix) for below, divisor, suffix in _SECONDS if abs(number) < below)
    divisor, suffix = next(scales, _YEAR)
    scaled = number / divisor
    return _fixed(scaled, decimals) + suffix + ("s" if abs(scaled) > 1 else "")


def _scaled(factor, prefixes):
    def text(number, decimals):
        if math.isinf(number):
            return _ENGLISH[number]
        power = 0 if number == 0 else math.floor(math.log(abs(number), factor))
        power = min(max(power, 0), len(prefixes) - 1)
        return _fixed(number / factor**power, decimals) + prefixes[power]

    return text


def _iso(number, _):
    """Milliseconds since 1970, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(number / 1000))


_UNITS = {
    "none": _fixed,
    "s": _seconds,
    "percentunit": lambda number, decimals: _fixed(100 * number, decimals) + "%",
    "percent": lambda number, decimals: _fixed(number, decimals) + "%",
    "short": _scaled(1000, ("", " K", " Mil", " Bil", " Tri")),
    "bytes": _scaled(1024, (" B", " KiB", " MiB", " GiB", " TiB")),
    "reqps": _scaled(1000, (" req/s", "K req/s", "M req/s")),
    "dateTimeAsIso": _iso,
}
