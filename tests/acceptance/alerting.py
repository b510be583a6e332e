"""A healthy cloud, and Prometheus and Alertmanager with the shipped configuration."""

import configuration
import exposition
import loopback
import shipped
from past import write_past
from programs import free_port, installed
from prometheus import Prometheus
from simulation import SECONDS_A_MINUTE, Simulation

# One resource of each type, one user of each kind, one product of each type, and a world that only tests change.
WORLD = ("--users=8", "--resources=8", "--products=16", "--speed=0")
COLLECTORS = ["voice_training", "user_quotas", "tenant_resources"]
ALL_COLLECTORS = f"--project.collectors={','.join(COLLECTORS)}"
FAST_POLLS = ("--poll.interval=1s", "--poll.requests-per-second=1000")
JOB = "metastudio-exporter"


class HealthyCloud:
    """A simulated cloud without problems; starts exporters on it."""

    def __init__(self, simulate, once, serve):
        self._variables, self._serve = simulate(*WORLD), serve
        self.simulation = Simulation(self._variables)
        self.samples = exposition.parse(once(self._variables, ALL_COLLECTORS).stdout)
        self.simulation.make_healthy(self.samples)

    @property
    def project(self):
        return self.simulation.project

    def file(self, path, **settings):
        """Writes a configuration file with the project and the credentials of the environment."""
        project = {"name": self.project, "id": self.project, "region": self._variables["METASTUDIO_REGION"]}
        entry = configuration.project(self.simulation.endpoint, project, None, collectors=COLLECTORS, **settings)
        return configuration.write(path, [entry])

    def exporter(self, *flags, address="127.0.0.1:0"):
        """Starts an exporter and waits for its first poll. A configuration file says what to poll itself."""
        if not any(flag.startswith("--config.file") for flag in flags):
            flags = (ALL_COLLECTORS, *flags)
        exporter = self._serve(self._variables, *FAST_POLLS, *flags, address=address)
        exporter.wait_until_polled()
        return exporter

    def users(self):
        """The IDs of all users, in the cloud's order."""
        return sorted({row["user_id"] for row, _ in exposition.rows(self.samples, "metastudio_user_quota_limit")})

    def limits(self, user_id):
        """The user's limits in the API's unit, by item."""
        return {
            row["item"]: limit / SECONDS_A_MINUTE if row["unit"] == "seconds" else int(limit)
            for row, limit in exposition.rows(self.samples, "metastudio_user_quota_limit")
            if row["user_id"] == user_id
        }

    def product(self, resource_type, sub_resource_type=None):
        """The one row of a type in the list of all products."""
        (row,) = (
            row
            for row in self.simulation.products()
            if (row["resource_type"], row.get("sub_resource_type")) == (resource_type, sub_resource_type)
        )
        return row

    def resource(self, resource_type):
        """The ID of the one resource of a type."""
        (resource_id,) = (
            row["resource_id"]
            for row, _ in exposition.rows(self.samples, "metastudio_voice_training_resource_models")
            if row["resource_type"] == resource_type
        )
        return resource_id


def start_alertmanager(start, directory, webhook, **times):
    """Starts Alertmanager with the shipped configuration and the address `webhook`; returns its own address."""
    address = f"127.0.0.1:{free_port()}"
    program = start(
        [
            installed("prometheus-alertmanager"),
            f"--config.file={shipped.write_alertmanager(directory, webhook, **times)}",
            f"--storage.path={directory / 'alertmanager-data'}",
            f"--web.listen-address={address}",
            # No cluster.
            "--cluster.listen-address=",
        ],
        {},
    )
    program.wait_until(lambda: loopback.returns_200(f"http://{address}/-/ready"), "Alertmanager is ready")
    return address


def start_prometheus(start, directory, scrape_configs, alertmanager, past=""):
    """Starts Prometheus with the shipped configuration; waits until every rule was evaluated after a scrape."""
    configuration = shipped.write_prometheus(directory, scrape_configs, alertmanager)
    data = directory / "prometheus-data"
    if past:
        write_past(directory, data, past)
    prometheus = Prometheus(start, configuration, data)
    prometheus.program.wait_until(
        lambda: prometheus.query("metastudio:user_quota_utilization:ratio"), "users' quotas are recorded"
    )
    seen = {rule["name"]: rule["lastEvaluation"] for rule in prometheus.rules()}
    prometheus.program.wait_until(
        lambda: all(rule["lastEvaluation"] > seen[rule["name"]] for rule in prometheus.rules()),
        "every rule is evaluated with the recorded series",
    )
    return prometheus
