"""Debian's Chromium, headless, and exporters for it to look at. A module takes these with `pytest_plugins = ["browser"]`.

All modules share one browser and these exporters, which stand still: their world does not move, and nothing is polled a
second time.
"""

from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import sync_playwright

from exporter import Exporter
from programs import installed, running
from visitor import Visitor

# One poll, whose numbers last.
ONE_POLL = ("--poll.interval=24h", "--poll.max-staleness=48h", "--poll.requests-per-second=1000")
STANDING_STILL = ("--speed=0", "--seed=1", *ONE_POLL)
# Root's Chromium has no sandbox in a container. No name is looked up, not even by Chromium for itself.
CHROMIUM_FLAGS = ("--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")


@pytest.fixture(scope="session")
def chromium():
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed("chromium"), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Opens a page of an exporter; what troubled any of the pages fails the test at its end."""
    with ExitStack() as contexts:
        visitors = []

        def opened(exporter, path="/", **options):
            visitor = Visitor(chromium, exporter, options)
            contexts.callback(visitor.context.close)
            visitors.append(visitor)
            visitor.go(path)
            return visitor

        yield opened
        for visitor in visitors:
            visitor.assert_quiet()


@pytest.fixture(scope="session")
def demo(binary, tmp_path_factory):
    """Two projects, all well."""
    with demonstrating(binary, tmp_path_factory) as exporter:
        yield exporter


@pytest.fixture(scope="session")
def failing(binary, tmp_path_factory):
    """Two projects, an API of each failing."""
    faults = ("--fault=forbidden@voice_training#staging", "--fault=server-error@user_quotas#production")
    with demonstrating(binary, tmp_path_factory, *faults) as exporter:
        yield exporter


@pytest.fixture(scope="session")
def landing(binary, tmp_path_factory):
    """An exporter without the overview."""
    with demonstrating(binary, tmp_path_factory, "--web.no-overview", "--users=3") as exporter:
        yield exporter


@contextmanager
def demonstrating(binary, tmp_path_factory, *flags):
    """A demonstration that has polled once and stands still."""
    arguments = [binary, "demo", "--web.listen-address=127.0.0.1:0", *STANDING_STILL, *flags]
    with running(arguments, {}, tmp_path_factory.mktemp("demo")) as program:
        exporter = Exporter(program)
        exporter.wait_until_polled()
        yield exporter
