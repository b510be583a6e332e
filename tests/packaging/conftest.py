"""The images and the storage that several tests share."""

import os
from pathlib import Path

import pytest

from containers import Podman

REPOSITORY = Path(__file__).resolve().parents[2]
IMAGE = "ghcr.io/metastudio-exporter/metastudio-exporter"


@pytest.fixture(scope="session")
def podman(tmp_path_factory):
    podman = Podman(tmp_path_factory.mktemp("containers"))
    yield podman
    podman.remove_all()


@pytest.fixture(scope="session")
def image(podman):
    """The image that `make image` builds. Its base image is this machine's Rust on a minimal Debian."""
    base = next(line.split()[1] for line in dockerfile() if line.startswith("FROM "))
    podman.import_directory(os.environ["RUST_ROOT"], base, "--env=PATH=/usr/local/bin:/usr/bin:/bin")
    # The machine's own authorities, in case it reaches the registries through a proxy.
    flags = "--network=host --volume=/etc/ssl/certs:/etc/ssl/certs:ro"
    environment = podman.environment | {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    command = ["make", "image", "DOCKER=podman", f"DOCKER_FLAGS={flags}"]
    done = podman.call(*command, cwd=REPOSITORY, env=environment, timeout=3000)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return f"{IMAGE}:{version()}"


def dockerfile():
    return (REPOSITORY / "deploy" / "docker" / "Dockerfile").read_text().splitlines()


def version():
    lines = (REPOSITORY / "Cargo.toml").read_text().splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("version = "))
