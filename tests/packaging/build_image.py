"""Builds the container image as its users do, with `make image`, in the storage that the tests use.

Usage: build_image.py STORAGE RUST_ROOT. In place of the image `rust`, it takes the files in RUST_ROOT: a minimal Debian with
this machine's Rust. Layers of an earlier build are used again.
"""

import os
import sys
from pathlib import Path

from containers import Podman

REPOSITORY = Path(__file__).resolve().parents[2]


def main(storage, rust):
    podman = Podman(storage.resolve())
    lines = (REPOSITORY / "deploy" / "docker" / "Dockerfile").read_text().splitlines()
    base = next(line.split()[1] for line in lines if line.startswith("FROM "))
    if podman.call("podman", "image", "exists", base).returncode:
        podman.import_directory(rust, base, "--env=PATH=/usr/local/bin:/usr/bin:/bin")
    # Only this format has health checks. The authorities are the machine's own, in case it reaches the registries through a proxy.
    flags = "--format=docker --layers --network=host --volume=/etc/ssl/certs:/etc/ssl/certs:ro"
    command = ["make", f"--directory={REPOSITORY}", "image", "DOCKER=podman", f"DOCKER_FLAGS={flags}"]
    os.execvpe(command[0], command, podman.environment | {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
