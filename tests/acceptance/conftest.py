"""Fixtures of all acceptance tests: the built binary, its commands, and clouds for it to poll."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from alerting import HealthyCloud, start_alertmanager
from cloud import start_simulation
from exporter import Exporter
from programs import REPOSITORY, run_to_end, running
from webhook import receiving

# These files take longest. With several processes, the last file to start must not be one of them.
LONGEST = [
    "test_instruction_counts",
    "test_rules",
    "test_alerting",
    "test_panel_queries_on_prometheus",
    "test_vendor_sdk",
    "test_alerts_on_exporters",
    "test_browser_hostile",
    "test_many_projects",
    "test_dashboard_scenarios",
    "test_web_options",
    "test_secrets",
    "test_browser_navigation",
]
# Files without fixtures that their tests share, whose tests take long.
SPLIT = ["test_rules", "test_many_projects", "test_alerting", "test_alerts_on_exporters"]


def pytest_collection_modifyitems(config, items):
    """Puts the longest files first if several processes run the tests."""
    if hasattr(config, "workerinput"):
        places = {name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """One process runs all tests of a file, except of those that can be split."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file, _, _ = nodeid.partition("::")
            return nodeid if Path(file).stem in SPLIT else file

    return ByFile(config, log)


@pytest.fixture(scope="session")
def binary():
    """The exporter under test."""
    default = REPOSITORY / "target" / "debug" / "metastudio-exporter"
    path = Path(os.environ.get("METASTUDIO_EXPORTER_BINARY", default))
    if not path.is_file():
        pytest.exit(f"{path} does not exist: run `cargo build`, or set METASTUDIO_EXPORTER_BINARY", returncode=2)
    return path.resolve()


@pytest.fixture
def start(tmp_path):
    """Starts any program, and stops it at the end of the test."""
    with ExitStack() as programs:
        yield lambda arguments, environment: programs.enter_context(running(arguments, environment, tmp_path))


@pytest.fixture
def simulate(binary, start):
    """Starts `simulate` with flags; returns the variables that configure a client for it."""
    return lambda *flags: start_simulation(start, binary, *flags)


@pytest.fixture
def serve(binary, start):
    """Starts an exporter with the variables of a cloud."""

    def start_exporter(variables, *flags, address="127.0.0.1:0"):
        return Exporter(start([binary, "--web.listen-address", address, *flags], variables))

    return start_exporter


@pytest.fixture
def once(binary, tmp_path):
    """Runs `once` with the variables of a cloud until it exits."""
    return lambda variables, *flags: run_to_end([binary, "once", *flags], tmp_path, variables)


@pytest.fixture
def healthy_cloud(simulate, once, serve):
    """A simulated cloud without problems, which tests can change."""
    return HealthyCloud(simulate, once, serve)


@pytest.fixture
def webhook():
    """The receiver of Alertmanager's notifications."""
    with receiving() as webhook:
        yield webhook


@pytest.fixture
def alertmanager(start, tmp_path, webhook):
    """The address of an Alertmanager with the shipped configuration."""
    return start_alertmanager(start, tmp_path, webhook.address)
