"""A real Prometheus and its API."""

import json
import urllib.parse

import exposition
import loopback
from programs import free_port, installed

ADDED_BY_PROMETHEUS = ("instance", "job")


class Prometheus:
    """A running Prometheus."""

    def __init__(self, start, configuration, data):
        self.address = f"127.0.0.1:{free_port()}"
        self._api = f"http://{self.address}/api/v1"
        self.program = start(
            [
                installed("prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={data}",
                f"--web.listen-address={self.address}",
            ],
            {},
        )
        self.program.wait_until(
            lambda: loopback.answers_200(f"http://{self.address}/-/ready"), "Prometheus is ready"
        )

    def targets(self):
        """The targets that it scrapes."""
        return self._ask("targets", state="active")["activeTargets"]

    def query(self, expression):
        """The samples of an instant query, without the labels that Prometheus adds."""
        samples = {}
        for row in self._ask("query", query=expression)["result"]:
            labels = {name: value for name, value in row["metric"].items() if name not in ADDED_BY_PROMETHEUS}
            samples[exposition.key(labels.pop("__name__", ""), **labels)] = float(row["value"][1])
        return samples

    def rules(self):
        """All rules, with their health."""
        return [rule for group in self._ask("rules")["groups"] for rule in group["rules"]]

    def alerts(self):
        """The alerts that are pending or firing."""
        return self._ask("alerts")["alerts"]

    def _ask(self, path, **parameters):
        answer = loopback.get(f"{self._api}/{path}?{urllib.parse.urlencode(parameters)}")
        assert answer.status == 200, answer.text
        return json.loads(answer.text)["data"]
