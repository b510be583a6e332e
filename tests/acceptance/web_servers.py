"""Programs that take a web configuration: the exporter, and Prometheus, which uses exporter-toolkit itself."""

import re

from programs import free_port, installed, run_to_end

# How long a program may take to reject a configuration, in seconds.
REFUSAL = 20
LISTENING = re.compile(r'message=listening address="?([^\s"]+:\d+)')
# No cloud: these tests do not need one.
NO_CLOUD = {
    "HUAWEICLOUD_SDK_AK": "ACCESSKEYOFNOBODY001",
    "HUAWEICLOUD_SDK_SK": "SecretKeyOfNobody",
    "HUAWEICLOUD_SDK_PROJECT_ID": "0123456789abcdef0123456789abcdef",
    "METASTUDIO_REGION": "cn-north-4",
    # The port of the discard service, which is not running.
    "METASTUDIO_ENDPOINT": "http://127.0.0.1:9",
}


class Refusal:
    """A program that rejected its configuration and exited."""

    def __init__(self, done):
        self.code, self.output = done.returncode, done.stdout + done.stderr


class Server:
    """A program that listens."""

    def __init__(self, program, addresses):
        self.program, self.addresses = program, addresses

    @property
    def address(self):
        """The first of its addresses, as HOST:PORT."""
        return self.addresses[0]


class ExporterKind:
    """Starts exporters."""

    name = "exporter"

    def __init__(self, binary, start, directory):
        self._binary, self._start, self._directory = binary, start, directory

    def serve(self, web, *flags, variables=None, listen=("127.0.0.1:0",)):
        """Starts an exporter with the web configuration; returns when it listens on all addresses."""
        addresses = [f"--web.listen-address={address}" for address in listen]
        return self.launch([*self._web(web), *addresses, *flags], len(listen), variables=variables)

    def launch(self, flags, addresses, launcher=(), variables=None):
        """Starts an exporter with these flags, through `launcher` if given; returns when it listens on that many
        addresses."""
        program = self._start([*launcher, self._binary, *flags], NO_CLOUD if variables is None else variables)

        def all_addresses():
            found = LISTENING.findall(program.stderr)
            return found if len(found) >= addresses else None

        return Server(program, program.wait_until(all_addresses, f"it listens on {addresses} addresses"))

    def refuse(self, web, *flags):
        """Runs an exporter that rejects the web configuration."""
        command = [self._binary, *self._web(web), "--web.listen-address=127.0.0.1:0", *flags]
        return Refusal(run_to_end(command, self._directory, NO_CLOUD, timeout=REFUSAL))

    @staticmethod
    def _web(web):
        return [f"--web.config.file={web}"] if web else []


class PrometheusKind:
    """Starts Prometheus as a web server."""

    name = "prometheus"

    def __init__(self, start, directory):
        self._start, self._directory = start, directory
        self._configuration = directory / "nothing-to-scrape.yml"
        self._configuration.write_text("global: {scrape_interval: 1h}\n")

    def serve(self, web):
        address = f"127.0.0.1:{free_port()}"
        program = self._start(self._command(web, address), {})
        program.wait_until(lambda: "Server is ready to receive web requests" in program.stderr, "it serves")
        return Server(program, [address])

    def refuse(self, web):
        return Refusal(run_to_end(self._command(web, "127.0.0.1:0"), self._directory, timeout=REFUSAL))

    def _command(self, web, address):
        return [
            installed("prometheus"),
            f"--config.file={self._configuration}",
            "--enable-feature=agent",
            "--storage.agent.path=data",
            f"--web.config.file={web}",
            f"--web.listen-address={address}",
        ]

