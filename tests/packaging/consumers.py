"""Prometheus, VictoriaMetrics, vmagent and an OpenTelemetry Collector with the shipped scrape examples."""

import re

import loopback
import shipped
from programs import free_port, go_program
from prometheus import Prometheus

SCRAPE = shipped.DEPLOY / "scrape"
# As many set it. It must not replace the label of the exporter's series.
TARGET_LABELS = {"project": "of the target"}


def with_target_labels(text):
    """A configuration whose static targets have `TARGET_LABELS`."""
    (name, value), = TARGET_LABELS.items()
    text, count = re.subn(r"^( *)(- targets: .*)$", rf"\1\2\n\1  labels: {{{name}: {value}}}", text, flags=re.MULTILINE)
    assert count == 1
    return text


def example(file, directory, **addresses):
    """A copy of an example that scrapes every second, with other addresses: port 10036 is the exporter's."""
    text = file.read_text()
    replacements = {"scrape_interval: 1m": "scrape_interval: 1s", "scrape_timeout: 30s": "scrape_timeout: 1s"}
    replacements |= {f"localhost:{port.removeprefix('port_')}": address for port, address in addresses.items()}
    for old, new in replacements.items():
        assert old in text, f"{file.name} has no {old}"
        text = text.replace(old, new)
    path = directory / file.name
    path.write_text(text)
    return path


class VictoriaMetrics(Prometheus):
    """A running VictoriaMetrics, single node. It answers as Prometheus does."""

    def __init__(self, start, data, *flags):
        self.address = f"127.0.0.1:{free_port()}"
        self._api = f"http://{self.address}/api/v1"
        self.program = start(
            [
                go_program("victoria-metrics"),
                f"-httpListenAddr={self.address}",
                f"-storageDataPath={data}",
                # Queries see new samples at once.
                "-search.latencyOffset=0s",
                "-search.disableCache",
                *flags,
            ],
            {},
        )
        self.program.wait_until(lambda: loopback.returns_200(f"http://{self.address}/health"), "it is ready")

    def write_past(self, lines):
        """Stores lines in the OpenMetrics format, as `past.write_past` does for Prometheus."""
        milliseconds = re.sub(r"(\d+)$", r"\g<1>000", lines, flags=re.MULTILINE)
        stored = loopback.send("POST", f"{self._api}/import/prometheus", milliseconds)
        assert stored.status == 204, stored.text
        self.flush()

    def flush(self):
        """Makes all samples that it has received visible to queries."""
        assert loopback.get(f"http://{self.address}/internal/force_flush").status == 200


def start_vmagent(start, directory, configuration, receiver):
    """Starts a vmagent that writes to a VictoriaMetrics."""
    return start(
        [
            go_program("vmagent"),
            f"-httpListenAddr=127.0.0.1:{free_port()}",
            f"-promscrape.config={configuration}",
            f"-remoteWrite.url=http://{receiver.address}/api/v1/write",
            f"-remoteWrite.tmpDataPath={directory}",
        ],
        {},
    )
