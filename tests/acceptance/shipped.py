"""The shipped configuration of Prometheus and Alertmanager, as it is but for what a test must change.

What is changed, and only that:
- addresses: of the exporter, of Alertmanager and of the webhooks;
- time: what takes minutes takes seconds. `for` and `keep_firing_for` go 200 times as fast, so that they keep their
  order (10m: 3s, 30m: 9s); scrapes, evaluations and messages of a group come every second, the first message after
  two; an exporter has to be down for half of the last 6 s instead of 5 m.

Ages that expressions look for (15 minutes, 30 days) stay, and so does `repeat_interval`: nothing may be said twice.
"""

import re
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "metastudio.rules.yml"
PROMETHEUS = DEPLOY / "prometheus" / "prometheus.yml"
ALERTMANAGER = DEPLOY / "alertmanager" / "alertmanager.yml"

SPEED = 200
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_DURATION = r"(\d+)([smh])\b"


def write_prometheus(directory, targets, alertmanager):
    """Writes Prometheus' configuration and rules; gives the path of the configuration."""
    text = _replaced(PROMETHEUS.read_text(), "scrape_interval: 1m", "scrape_interval: 1s")
    text = _replaced(text, "evaluation_interval: 1m", "evaluation_interval: 1s")
    text = _replaced(text, "scrape_timeout: 30s", "scrape_timeout: 1s")
    text = _replaced(text, '"localhost:10036"', ", ".join(f'"{target}"' for target in targets))
    text = _replaced(text, '"localhost:9093"', f'"{alertmanager}"')
    (directory / RULES.name).write_text(_faster_rules(RULES.read_text()))
    return _write(directory / PROMETHEUS.name, text)


def write_alertmanager(directory, webhook):
    """Writes Alertmanager's configuration; gives its path."""
    text = _replaced(ALERTMANAGER.read_text(), "group_wait: 30s", "group_wait: 2s")
    text = _replaced(text, "group_interval: 5m", "group_interval: 1s")
    text = _replaced(text, "http://localhost:9095/", f"http://{webhook}/", times=3)
    return _write(directory / ALERTMANAGER.name, text)


def _faster_rules(text):
    text = _replaced(text, 'up{job="metastudio-exporter"}[5m]', 'up{job="metastudio-exporter"}[6s]')
    text = _replaced(text, "    interval: 5m\n", "    interval: 1s\n")
    faster, changed = re.subn(rf"^( +(?:keep_firing_)?for: ){_DURATION}$", _faster, text, flags=re.MULTILINE)
    if changed != len(re.findall(r"^ +(?:keep_firing_)?for:", text, re.MULTILINE)):
        raise ValueError(f"{RULES.name} has durations that are not written as 10m")
    return faster


def _faster(found):
    return f"{found[1]}{int(found[2]) * _SECONDS[found[3]] * 1000 // SPEED}ms"


def _replaced(text, old, new, times=1):
    if text.count(old) != times:
        raise ValueError(f"{text.count(old)} times instead of {times} in a shipped file: {old}")
    return text.replace(old, new)


def _write(path, text):
    path.write_text(text)
    return path
