"""What every acceptance test starts from: the built binary, its commands, and clouds for it to poll."""

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from alerting import HealthyCloud, start_alertmanager
from exporter import Exporter
from programs import clean_environment, running
from webhook import receiving

REPOSITORY = Path(__file__).resolve().parents[2]
@pytest.fixture(scope="session")
def binary():
    """The exporter under test."""
    default = REPOSITORY / "target" / "debug" / "metastudio-exporter"
    path = Path(os.environ.get("METASTUDIO_EXPORTER_BINARY", default))
    if not path.is_file():
        pytest.exit(f"{path} is not there: run `cargo build`, or set METASTUDIO_EXPORTER_BINARY", returncode=2)
    return path.resolve()


@pytest.fixture
def start(tmp_path):
    """Starts any program, and ends it with the test."""
    with ExitStack() as programs:
        yield lambda arguments, environment: programs.enter_context(running(arguments, environment, tmp_path))


@pytest.fixture
def simulate(binary, start):
    """Starts `simulate` with flags; gives the variables that point a client at it."""

    def started(*flags):
        program = start([binary, "simulate", "--listen", "127.0.0.1:0", *flags], {})
        # The last of the variables.
        program.wait_until(lambda: "METASTUDIO_REGION=" in program.stdout, "it prints its variables")
        return dict(line.split("=", 1) for line in program.stdout.splitlines())

    return started


@pytest.fixture
def serve(binary, start):
    """Starts an exporter with the variables of a cloud."""

    def started(variables, *flags, address="127.0.0.1:0"):
        return Exporter(start([binary, "--web.listen-address", address, *flags], variables))

    return started


@pytest.fixture
def once(binary, tmp_path):
    """Runs `once` with the variables of a cloud, to its end."""

    def ran(variables, *flags):
        return subprocess.run(
            [binary, "once", *flags],
            env=clean_environment(tmp_path) | variables,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return ran


@pytest.fixture
def healthy_cloud(simulate, once, serve):
    """A simulated cloud in which all is well, and that can be changed."""
    return HealthyCloud(simulate, once, serve)


@pytest.fixture
def webhook():
    """Where Alertmanager's notifications go."""
    with receiving() as webhook:
        yield webhook


@pytest.fixture
def alertmanager(start, tmp_path, webhook):
    """The address of an Alertmanager with the shipped configuration."""
    return start_alertmanager(start, tmp_path, webhook.address)
