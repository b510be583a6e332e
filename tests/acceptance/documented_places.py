"""The addresses and directories that documents name, and those that a test has in place of them."""

import re
from pathlib import Path

from programs import free_port

EXPORTER, SIMULATION = "10036", "8480"
# Directories of a machine that pages name.
DIRECTORIES = ("/etc/metastudio-exporter", "/run/secrets")
SECRET = re.compile(r"(?<![\w.])(?:/etc/metastudio-exporter/secrets|/run/secrets)/[\w./-]*\w")


class Places:
    """A directory in place of the machine's, and free ports in place of the documented ones."""

    def __init__(self, directory):
        self._directory = directory
        self._ports = {port: str(free_port()) for port in (EXPORTER, SIMULATION)}
        for name in DIRECTORIES:
            (directory / name[1:]).mkdir(parents=True)

    def address(self, port):
        """Where a program of the test listens in place of a documented port."""
        return f"127.0.0.1:{self._ports[port]}"

    def typed(self, text):
        """A documented text as a test types it."""
        text = text.replace("cargo run --release --", "metastudio-exporter")
        text = re.sub(r"\bsudo ", "", text)
        for documented, used in self._ports.items():
            # Certificates are for the name.
            text = re.sub(rf"\blocalhost:{documented}\b", f"localhost:{used}", text)
            text = re.sub(rf"(?:127\.0\.0\.1|0\.0\.0\.0|\[::\])?:{documented}\b", f"127.0.0.1:{used}", text)
        return re.sub(rf"(?<![\w.])(?:{'|'.join(DIRECTORIES)})\b", lambda name: f"{self._directory}{name[0]}", text)

    def printed(self, text):
        """What a program of the test printed, as readers see it."""
        for documented, used in self._ports.items():
            text = text.replace(f":{used}", f":{documented}")
        return text.replace(str(self._directory), "")

    def same_host(self, text):
        """A text without the difference between the names of this machine."""
        hosts = r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::\])"
        return re.sub(rf"{hosts}:(?={'|'.join(self._ports)})", "localhost:", text)

    def secrets(self, text):
        """The files of secrets that a text names, as they are in a test."""
        return [Path(self.typed(name)) for name in SECRET.findall(text)]
