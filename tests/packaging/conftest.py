"""What several tests share: the program, the release that `make dist` has built, the image, and the storage of containers."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

import shipped
from containers import Podman
from programs import running


@pytest.fixture(scope="session")
def binary():
    """The exporter under test."""
    return Path(os.environ["METASTUDIO_EXPORTER_BINARY"]).resolve()


@pytest.fixture
def start(tmp_path):
    """Starts any program, and stops it at the end of the test."""
    with ExitStack() as programs:
        yield lambda arguments, environment: programs.enter_context(running(arguments, environment, tmp_path))


@pytest.fixture(scope="session")
def dist():
    return Path(os.environ["DIST"])


@pytest.fixture(scope="session")
def package(dist):
    """The Debian package."""
    package, = dist.glob("*.deb")
    return package


@pytest.fixture(scope="session")
def podman():
    return Podman(Path(os.environ["CONTAINERS"]).resolve())


@pytest.fixture(scope="session")
def image():
    """The image that `build_image.py` has built."""
    return f"ghcr.io/metastudio-exporter/metastudio-exporter:{shipped.VERSION}"
