"""The programs of a scenario: a simulated cloud, exporters, and a Prometheus."""

import json

import configuration
import exposition
from cloud import start_simulation
from exporter import Exporter
from programs import run_to_end, running
from prometheus import Prometheus
from simulation import SECONDS_A_MINUTE, Simulation

PROJECT = "studio"
FAST_POLLS = ("--poll.interval=1s", "--poll.requests-per-second=1000")
# Enough for rates and trends.
SCRAPES = 6
JOB = "metastudio-exporter"
CONFIGURATION = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: {job}
    static_configs: [{{targets: {targets}}}]
"""
# A recorded series of each API and one alert, named as those of the shipped rules, which have tests of their own.
RULES = """\
groups:
  - name: metastudio
    rules:
      - record: metastudio:user_quota_utilization:ratio
        expr: metastudio_user_quota_usage / metastudio_user_quota_limit
      - record: metastudio:voice_training_models:sum
        expr: sum by (job, project) (metastudio_voice_training_resource_models)
      - alert: MetaStudioExporterDown
        expr: up == 0
        labels: {severity: critical}
"""


class Programs:
    """Starts the programs of one scenario, which end with the context `ends`."""

    def __init__(self, ends, binary, directory):
        self._ends, self._binary, self._directory = ends, binary, directory
        self._variables = self._file = None
        self.simulation = None

    def start(self, arguments, environment):
        return self._ends.enter_context(running(arguments, environment, self._directory))

    def start_cloud(self, *flags, **settings):
        """Starts a cloud and writes the configuration of the exporters that poll it, with settings of the project."""
        self._variables = start_simulation(self.start, self._binary, *flags)
        self.simulation = Simulation(self._variables)
        project = {"name": PROJECT, "id": self.simulation.project, "region": self._variables["METASTUDIO_REGION"]}
        entry = configuration.project(self.simulation.endpoint, project, None, **settings)
        self._file = configuration.write(self._directory / "exporter.yml", [entry])

    def make_healthy(self):
        """Removes the problems that the simulated world has by design; returns its data before that."""
        once = [self._binary, "once", f"--config.file={self._file}"]
        samples = exposition.parse(run_to_end(once, self._directory, self._variables).stdout)
        self.simulation.make_healthy(samples)
        return samples

    def start_exporter(self, address="127.0.0.1:0"):
        flags = [f"--config.file={self._file}", f"--web.listen-address={address}", *FAST_POLLS]
        return Exporter(self.start([self._binary, *flags], self._variables))

    def start_prometheus(self, *targets, polled=True):
        """Starts a Prometheus and waits until it has scraped all targets often enough, after their first polls if they
        end. Nothing asks for /-/ready: it answers 503 before the first poll ends, and dashboards show refusals."""
        (self._directory / "rules.yml").write_text(RULES, encoding="utf-8")
        file = self._directory / "prometheus.yml"
        file.write_text(CONFIGURATION.format(job=JOB, targets=json.dumps(targets)), encoding="utf-8")
        prometheus = Prometheus(self.start, file, self._directory / "prometheus-data")
        if targets:
            wait_for(prometheus, f"count_over_time({'metastudio_up' if polled else 'up'}[1h]) >= {SCRAPES}")
        return prometheus


def wait_for(prometheus, query):
    """Waits until a query has a result."""
    prometheus.program.wait_until(lambda: prometheus.query_rows(query), query)


def limits(samples):
    """The limits of each user by item, in the API's unit."""
    users = {}
    for row, limit in exposition.rows(samples, "metastudio_user_quota_limit"):
        factor = SECONDS_A_MINUTE if row["unit"] == "seconds" else 1
        users.setdefault(row["user_id"], {})[row["item"]] = limit / factor
    return users
