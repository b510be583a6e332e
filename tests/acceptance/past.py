"""Writes samples from before the test into Prometheus, for rules that look back for hours and days."""

import subprocess

from programs import installed


def series(name, labels, points):
    """Lines in the OpenMetrics format; `points` are times and values."""
    pairs = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return "".join(f"{name}{{{pairs}}} {value} {timestamp:.0f}\n" for timestamp, value in points)


def write_past(directory, data, lines):
    """Writes OpenMetrics lines into the database of a Prometheus that is not running yet."""
    text = directory / "past.om"
    text.write_text(f"{lines}# EOF\n")
    subprocess.run(
        [installed("promtool"), "tsdb", "create-blocks-from", "openmetrics", "--quiet", text, data],
        check=True,
        timeout=60,
    )
