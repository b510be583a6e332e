"""The shipped configuration of Prometheus and Alertmanager, with only the changes that tests need.

The changes are:
- addresses: of the exporter, of Alertmanager and of the webhooks;
- targets: as in prometheus.yml, or discovered as in docs/many-projects.md;
- receivers: the messages to Slack that alertmanager.yml has as an example go to the webhook;
- times: seconds instead of minutes. `for` and `keep_firing_for` are 200 times shorter, so that they keep their order
  (10m: 3s, 30m: 9s). Scrapes, evaluations and messages of a group come every second, the first message after two
  seconds. An exporter is down if it was down for half of the last 6 s instead of 5 m.

The ages in expressions (15 minutes, 30 days) stay. `repeat_interval` stays too, so that no message is repeated.
"""

import re
import tomllib
from pathlib import Path

import documents

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "metastudio.rules.yml"
PROMETHEUS = DEPLOY / "prometheus" / "prometheus.yml"
ALERTMANAGER = DEPLOY / "alertmanager" / "alertmanager.yml"
TEMPLATES = DEPLOY / "alertmanager" / "metastudio.tmpl"

SPEED = 200
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_DURATION = r"(\d+)([smh])\b"


def write_prometheus(directory, scrape_configs, alertmanager):
    """Writes Prometheus' configuration and rules; returns the path of the configuration."""
    text = PROMETHEUS.read_text()
    text = text[: text.index("scrape_configs:\n")] + scrape_configs
    text = _replaced(text, "scrape_interval: 1m", "scrape_interval: 1s")
    text = _replaced(text, "evaluation_interval: 1m", "evaluation_interval: 1s")
    text = _replaced(text, '"localhost:9093"', f'"{alertmanager}"')
    (directory / RULES.name).write_text(_faster_rules(RULES.read_text()))
    return _write(directory / PROMETHEUS.name, text)


def static(addresses):
    """The scrape configuration of prometheus.yml with these exporters."""
    text = PROMETHEUS.read_text()
    text = _replaced(text[text.index("scrape_configs:\n") :], "scrape_timeout: 30s", "scrape_timeout: 1s")
    return _replaced(text, '"localhost:10036"', ", ".join(f'"{address}"' for address in addresses))


def discovered(addresses):
    """The scrape configuration of docs/many-projects.md, with HTTP service discovery at these exporters."""
    blocks = documents.read("docs/many-projects.md").blocks
    (text,) = [block.text for block in blocks if "http_sd_configs:" in block.text]
    (url,) = re.findall(r"      - url: http://localhost:10036/sd\n", text)
    urls = [f"{url}        refresh_interval: 1s\n".replace("localhost:10036", address) for address in addresses]
    return _replaced(text, url, "".join(urls))


def write_alertmanager(directory, webhook, group_wait="2s"):
    """Writes Alertmanager's configuration; returns its path."""
    text = _replaced(ALERTMANAGER.read_text(), "group_wait: 30s", f"group_wait: {group_wait}")
    text = _replaced(text, "group_interval: 5m", "group_interval: 1s")
    text = with_examples(text, "slack_configs")
    text = _replaced(text, "http://localhost:9095/", f"http://{webhook}/", times=4)
    (directory / TEMPLATES.name).write_text(TEMPLATES.read_text())
    return _write(directory / ALERTMANAGER.name, text)


def with_examples(text, *names):
    """Alertmanager's configuration with these examples of receivers, which are comments."""
    for name in names:
        text, count = re.subn(
            rf"^    # {name}:\n(?:    #   .*\n)+",
            lambda example: example[0].replace("    # ", "    "),
            text,
            flags=re.MULTILINE,
        )
        if count != 1:
            raise ValueError(f"{ALERTMANAGER.name} has {count} instead of 1 example of {name}")
    return text


def _faster_rules(text):
    text = _replaced(text, 'up{job="metastudio-exporter"}[5m]', 'up{job="metastudio-exporter"}[6s]', times=3)
    text = _replaced(text, "    interval: 4m\n", "    interval: 1s\n", times=2)
    text = _replaced(text, "    interval: 5m\n", "    interval: 1s\n")
    text = _replaced(text, "    interval: 15m\n", "    interval: 1s\n")
    faster, changed = re.subn(rf"^( +(?:keep_firing_)?for: ){_DURATION}$", _faster, text, flags=re.MULTILINE)
    if changed != len(re.findall(r"^ +(?:keep_firing_)?for:", text, re.MULTILINE)):
        raise ValueError(f"{RULES.name} has durations in another format than 10m")
    return faster


def _faster(found):
    return f"{found[1]}{int(found[2]) * _SECONDS[found[3]] * 1000 // SPEED}ms"


def _replaced(text, old, new, times=1):
    if text.count(old) != times:
        raise ValueError(f"a shipped file has {text.count(old)} instead of {times} occurrences of: {old}")
    return text.replace(old, new)


def _write(path, text):
    path.write_text(text)
    return path
