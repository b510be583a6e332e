"""`make dist` in two clones: the same bytes, and a program that needs nothing else."""

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The archives that two clones in directories of different names build."""
    built = []
    for name in ("one", "another-name"):
        clone = tmp_path_factory.mktemp("clones") / name
        run("git", "clone", "--quiet", REPOSITORY, clone)
        environment = {**os.environ, "CARGO_TARGET_DIR": str(clone / "target")}
        run(clone / "deploy" / "dist.sh", clone / "dist", env=environment)
        archive, = (clone / "dist").glob("*.tar.gz")
        built.append(archive)
    return built


@pytest.mark.timeout(3600)
def test_two_builds_give_the_same_bytes(archives):
    one, another = archives
    assert one.name == another.name
    digests = {hashlib.sha256(archive.read_bytes()).hexdigest() for archive in archives}
    assert len(digests) == 1
    assert one.with_name(f"{one.name}.sha256").read_text() == f"{digests.pop()}  {one.name}\n"


@pytest.mark.timeout(3600)
def test_the_program_runs_in_an_empty_directory(archives, tmp_path):
    with tarfile.open(archives[0]) as archive:
        archive.extractall(tmp_path, filter="data")
    directory, = tmp_path.iterdir()
    assert not [path for path in directory.rglob("*") if path.stat().st_mode & 0o022], "others can write it"
    root = tmp_path / "root"
    root.mkdir()
    (directory / "metastudio-exporter").rename(root / "metastudio-exporter")
    version = run("chroot", root, "/metastudio-exporter", "--version").splitlines()
    revision = run("git", "-C", REPOSITORY, "rev-parse", "--short=12", "HEAD").strip()
    assert version[1] == f"revision {revision}"
    assert directory.name.startswith(f"{version[0].replace(' ', '-')}-")
