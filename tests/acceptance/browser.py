"""Fixtures with Debian's headless Chromium and exporters to visit. Use them with `pytest_plugins = ["browser"]`.

All modules share one browser and these exporters. The exporters poll once and their simulated world does not change.
"""

from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from browser_tab import BrowserTab
from exporter import ONE_POLL, Exporter
from metrics import Metrics
from programs import installed, running

STATIC_WORLD = ("--speed=0", "--seed=1", *ONE_POLL, "--poll.requests-per-second=1000")
# Root's Chromium has no sandbox in a container. Chromium can reach only this machine, also for its own requests.
CHROMIUM_FLAGS = ("--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")


@pytest.fixture(scope="session")
def chromium():
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed("chromium"), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tabs(chromium):
    """All tabs so far. A new tab takes a third of a second, so tests reuse them."""
    known = []
    yield known
    for tab in known:
        tab.context.close()


@pytest.fixture
def visit(chromium, tabs):
    """Opens a page of an exporter. The test fails at its end if any page had a problem."""
    busy = []

    def opened(exporter, path="/", **options):
        free = (tab for tab in tabs if tab.options == options and tab not in busy)
        tab = next(free, None)
        if tab is None:
            tab = BrowserTab(chromium, options)
            tabs.append(tab)
        busy.append(tab)
        tab.open(exporter.url)
        tab.go(path)
        return tab

    yield opened
    problems = [problem for tab in busy for problem in tab.reset()]
    assert problems == []


@pytest.fixture(scope="session")
def run_demo(binary, tmp_path_factory):
    """Runs `demo` with a static world, as a context manager that yields the exporter after its first poll."""

    @contextmanager
    def running_demo(*flags):
        arguments = [binary, "demo", "--web.listen-address=127.0.0.1:0", *STATIC_WORLD, *flags]
        with running(arguments, {}, tmp_path_factory.mktemp("demo")) as program:
            exporter = Exporter(program)
            exporter.wait_until_polled()
            yield exporter

    return running_demo


@pytest.fixture(scope="session")
def demo(run_demo):
    """Two projects without failures."""
    with run_demo() as exporter:
        yield exporter


@pytest.fixture(scope="session")
def metrics(demo):
    """The metrics of the demo, which do not change."""
    return Metrics(demo)


@pytest.fixture(scope="session")
def failing(run_demo):
    """Two projects; one API of each fails."""
    faults = ("--fault=forbidden@voice_training#staging", "--fault=server-error@user_quotas#production")
    with run_demo(*faults) as exporter:
        yield exporter


@pytest.fixture(scope="session")
def landing(run_demo):
    """An exporter without the overview."""
    with run_demo("--web.no-overview", "--users=3") as exporter:
        yield exporter
