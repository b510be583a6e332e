"""A real Prometheus and its API."""

import json
import urllib.parse

import exposition
import loopback
from programs import free_port, installed

ADDED_BY_PROMETHEUS = ("instance", "job")
# Whether a process that starts now has another start time. The time is rounded down twice, that of the machine's boot and
# that since then, so it can be two seconds early.
NEXT_START_DIFFERS = "process_start_time_seconds < time() - 3"


class Prometheus:
    """A running Prometheus."""

    def __init__(self, start, configuration, data, *flags, scrapes_itself=False):
        self.address = f"127.0.0.1:{free_port()}"
        if scrapes_itself:
            # `scrape_configs` comes last.
            job = f"  - job_name: prometheus\n    static_configs: [{{targets: ['{self.address}']}}]\n"
            configuration.write_text(configuration.read_text() + job)
        self._api = f"http://{self.address}/api/v1"
        self.program = start(
            [
                installed("prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={data}",
                f"--web.listen-address={self.address}",
                # A hidden flag: targets are known at once, not after 5 s, so that alerts on missing targets do not fire.
                "--scrape.discovery-reload-interval=100ms",
                *flags,
            ],
            {},
        )
        self.program.wait_until(
            lambda: loopback.returns_200(f"http://{self.address}/-/ready"), "Prometheus is ready"
        )

    def targets(self):
        """The active targets."""
        return self.ask("targets", state="active")["activeTargets"]

    def query(self, expression):
        """The samples of an instant query, without the labels that Prometheus adds."""
        samples = {}
        for row in self.query_rows(expression):
            labels = {name: value for name, value in row["metric"].items() if name not in ADDED_BY_PROMETHEUS}
            samples[exposition.key(labels.pop("__name__", ""), **labels)] = float(row["value"][1])
        return samples

    def query_rows(self, expression):
        """The samples of an instant query, with all labels."""
        return self.ask("query", query=expression)["result"]

    def rules(self):
        """All rules, with their health."""
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def alerts(self):
        """The alerts that are pending or firing."""
        return self.ask("alerts")["alerts"]

    def ask(self, path, **parameters):
        """The data of an API response; raises `ValueError` with Prometheus' message if it is an error."""
        answer = loopback.get(f"{self._api}/{path}?{urllib.parse.urlencode(parameters, doseq=True)}")
        body = json.loads(answer.text)
        if body["status"] != "success":
            raise ValueError(body["error"])
        return body["data"]
