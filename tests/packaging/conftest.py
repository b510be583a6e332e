"""What several tests share: the release that `make dist` has built, the image, and the storage of containers."""

import os
from pathlib import Path

import pytest

from containers import Podman

REPOSITORY = Path(__file__).resolve().parents[2]


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
    return f"ghcr.io/metastudio-exporter/metastudio-exporter:{version()}"


def version():
    lines = (REPOSITORY / "Cargo.toml").read_text().splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("version = "))
