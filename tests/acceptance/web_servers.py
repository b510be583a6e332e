"""Programs that take a web configuration: the exporter, and Prometheus, which stands on exporter-toolkit itself."""

import re
import subprocess

from programs import clean_environment, free_port, installed

# How long a program may take to refuse a configuration, in seconds.
REFUSAL = 20
LISTENING = re.compile(r'message=listening address="?([^\s"]+:\d+)')
# There is no cloud: what is asked of the exporter here needs none.
NO_CLOUD = {
    "HUAWEICLOUD_SDK_AK": "ACCESSKEYOFNOBODY001",
    "HUAWEICLOUD_SDK_SK": "SecretKeyOfNobody",
    "HUAWEICLOUD_SDK_PROJECT_ID": "0123456789abcdef0123456789abcdef",
    "METASTUDIO_REGION": "cn-north-4",
    # The port for programs that discard, which nobody runs.
    "METASTUDIO_ENDPOINT": "http://127.0.0.1:9",
}


class Refusal:
    """A program that ended at its start."""

    def __init__(self, done):
        self.code, self.said = done.returncode, done.stdout + done.stderr


class Server:
    """A program that serves."""

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
        """An exporter that serves with the web configuration, once it listens everywhere."""
        addresses = [f"--web.listen-address={address}" for address in listen]
        return self.launch([*self._web(web), *addresses, *flags], len(listen), variables=variables)

    def launch(self, flags, addresses, launcher=(), variables=None):
        """An exporter with these flags, or what `launcher` makes of it, once it listens on that many addresses."""
        program = self._start([*launcher, self._binary, *flags], NO_CLOUD if variables is None else variables)

        def all_of_them():
            found = LISTENING.findall(program.stderr)
            return found if len(found) >= addresses else None

        return Server(program, program.wait_until(all_of_them, f"it listens on {addresses} addresses"))

    def refuse(self, web, *flags):
        """The refusal of the web configuration."""
        command = [self._binary, *self._web(web), "--web.listen-address=127.0.0.1:0", *flags]
        return Refusal(run_to_its_end(command, self._directory, NO_CLOUD))

    @staticmethod
    def _web(web):
        return [f"--web.config.file={web}"] if web else []


class PrometheusKind:
    """Starts Prometheus as a server of its own pages."""

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
        return Refusal(run_to_its_end(self._command(web, "127.0.0.1:0"), self._directory, {}))

    def _command(self, web, address):
        return [
            installed("prometheus"),
            f"--config.file={self._configuration}",
            "--enable-feature=agent",
            "--storage.agent.path=data",
            f"--web.config.file={web}",
            f"--web.listen-address={address}",
        ]


def run_to_its_end(command, directory, environment):
    """Runs a program that shall end by itself."""
    return subprocess.run(
        [str(part) for part in command],
        env=clean_environment(directory) | environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=REFUSAL,
        check=False,
    )
