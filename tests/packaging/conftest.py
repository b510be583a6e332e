"""The release that `make dist` has built."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def dist():
    return Path(os.environ["DIST"])


@pytest.fixture(scope="session")
def package(dist):
    """The Debian package."""
    package, = dist.glob("*.deb")
    return package
