"""Exporters that may open 1,024 files only."""

import re

from cloud import Cloud, start_simulation
from exporter import Exporter
from https_exporter import HttpsExporter, ServerCertificate
from programs import installed

FILES = 1024
# Connections get half of the files.
CONNECTIONS = FILES // 2
# Scrapes of about 200 KB of text.
WORLD = ("--users=250", "--speed=0")
POLLS = "--poll.requests-per-second=1000"
LIMIT = re.compile(r"^Max open files +(\d+) +(\d+) ", re.MULTILINE)


def start_exporter(start, binary, *flags):
    """An exporter and its cloud."""
    program, cloud = _start(start, binary, *flags)
    exporter = Exporter(program)
    exporter.wait_until_polled()
    return exporter, cloud


def start_https_exporter(start, binary, directory):
    """An exporter with TLS."""
    certificate = ServerCertificate(directory / "web")
    program, _ = _start(start, binary, "--poll.interval=1s", f"--web.config.file={certificate.file}")
    return HttpsExporter(program, certificate)


def _start(start, binary, *flags):
    variables = start_simulation(start, binary, *WORLD)
    # The exporter raises the soft limit to the hard one.
    limited = [installed("prlimit"), f"--nofile={FILES}:{FILES}", binary]
    program = start([*limited, "--web.listen-address=127.0.0.1:0", POLLS, *flags], variables)
    return program, Cloud(variables)
