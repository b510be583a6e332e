"""Every rule has the same result in VictoriaMetrics as in Prometheus, with the same samples, except those in `DIFFERENT`,
and vmalert accepts the rules."""

import re
import subprocess
import time

import pytest
import yaml

import shipped
from alerting import HealthyCloud, start_prometheus
from cloud import start_simulation
from compared_results import compared
from consumers import SCRAPE, VictoriaMetrics
from exporter import Exporter
from programs import go_program, run_to_end
from test_rules_on_prometheus import recorded_past, rules_without_data, scrapes_with_all_problems

CHANGES = "VictoriaMetrics counts the first sample of a series as a change, if the series begins in the time range"
INCREASE = "VictoriaMetrics does not extrapolate to the ends of the time range"
# The values of these rules differ, but not for which exporters they are.
DIFFERENT = {
    "MetaStudioExporterRestarting": CHANGES,
    "MetaStudioLogLinesDropped": INCREASE,
    "MetaStudioPanicked": INCREASE,
    "MetaStudioThrottled": INCREASE,
}


@pytest.fixture
def cloud(start, binary, tmp_path):
    """A simulated cloud without problems, which tests can change."""
    def serve(variables, *flags, address):
        return Exporter(start([binary, "--web.listen-address", address, *flags], variables))

    return HealthyCloud(
        lambda *flags: start_simulation(start, binary, *flags),
        lambda variables, *flags: run_to_end([binary, "once", *flags], tmp_path, variables),
        serve,
    )


def rules():
    """Name and text of every rule."""
    for group in yaml.safe_load(shipped.RULES.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]


def test_every_rule_has_the_same_result(cloud, start, tmp_path, monkeypatch):
    """Prometheus writes all that it scrapes and records to VictoriaMetrics."""
    monkeypatch.setenv("PATH", str(go_program("prometheus").parent), prepend=":")
    victoriametrics = VictoriaMetrics(start, tmp_path / "victoria-metrics-data")
    past = recorded_past(cloud)
    victoriametrics.write_past(past)
    remote_write = f"remote_write:\n  - url: http://{victoriametrics.address}/api/v1/write\n"
    scrape_configs = scrapes_with_all_problems(cloud, tmp_path) + remote_write
    prometheus = start_prometheus(start, tmp_path, scrape_configs, "127.0.0.1:9", past)
    prometheus.program.wait_until(lambda: not rules_without_data(prometheus), "every rule has data")
    at = time.time()
    last_scrape = f"min(timestamp(scrape_samples_scraped)) > {at + 2}"
    victoriametrics.program.wait_until(lambda: victoriametrics.query(last_scrape), "it has all samples until then")
    victoriametrics.flush()

    different, with_rows = compared(prometheus, victoriametrics, rules(), at)

    assert different.keys() == DIFFERENT.keys(), different
    for one, another in different.values():
        assert one.keys() == another.keys()
    assert with_rows | DIFFERENT.keys() == {name for name, _ in rules()}


def test_vmalert_accepts_the_rules():
    """With the command of the README."""
    (command,) = re.findall(r"^vmalert (.*?)^```", (SCRAPE / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    flags = command.replace("\\\n", " ").split()
    done = subprocess.run(
        [go_program("vmalert"), "-dryRun", *flags], cwd=shipped.ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
