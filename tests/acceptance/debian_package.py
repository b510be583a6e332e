"""Builds the Debian package around a program."""

import os
import subprocess

from conftest import REPOSITORY

# 2026-01-02 03:04:05 UTC
TIME = 1767323045


def build(program, directory, version="1.2.3", time=TIME):
    """The package of this version, not compressed, so that it takes little time."""
    command = [REPOSITORY / "deploy" / "debian" / "build.sh", program, version, directory, "-Znone"]
    done = subprocess.run(
        command, env={**os.environ, "SOURCE_DATE_EPOCH": str(time)}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    package, = directory.glob(f"metastudio-exporter_{version.replace('-', '~')}_*.deb")
    return package


def dpkg_deb(*arguments):
    command = ["dpkg-deb", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=_utc()).stdout


def _utc():
    return {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
