"""`make dist`: the same bytes in a clone, a program that needs nothing else, and the lists of its crates."""

import hashlib
import json
import os
import subprocess
import zlib
from pathlib import Path

import pytest

from programs import REPOSITORY

# cargo metadata, from which both lists of crates are, also has those of features that only tests or nothing turns on.
NOT_BUILT = {"base64ct", "rand_core", "time-macros"}


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def name(dist):
    """The name of the archive."""
    archive, = dist.glob("*.tar.gz")
    return archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def archive(dist, name, tmp_path_factory):
    """A directory with the files of the archive."""
    directory = tmp_path_factory.mktemp("archive")
    subprocess.run(["tar", "--extract", f"--file={dist / f'{name}.tar.gz'}", f"--directory={directory}"], check=True)
    assert [path.name for path in directory.iterdir()] == [name]
    return directory / name


def read(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.mark.timeout(3600)
def test_a_clone_gives_the_same_bytes(dist, tmp_path):
    clone = tmp_path / "another-name"
    run("git", "clone", "--quiet", REPOSITORY, clone)
    environment = {**os.environ, "CARGO_TARGET_DIR": str(clone / "target")}
    run(clone / "deploy" / "dist.sh", clone / "dist", env=environment)
    one, another = read(dist), read(clone / "dist")
    assert one.keys() == another.keys()
    assert [file for file in one if one[file] != another[file]] == []


def test_the_files_and_their_checksums(dist, name, archive, package):
    version = run(archive / "metastudio-exporter", "--version").split()[1]
    target = run("rustc", "--print=host-tuple").strip()
    architecture = run("dpkg", "--print-architecture").strip()
    assert name == f"metastudio-exporter-{version}-{target}"
    files = [f"{name}.cdx.json", f"{name}.tar.gz", f"metastudio-exporter_{version}_{architecture}.deb"]
    assert sorted(path.name for path in dist.iterdir()) == sorted([*files, f"{name}.sha256"])
    sums = [f"{hashlib.sha256((dist / file).read_bytes()).hexdigest()}  {file}\n" for file in files]
    assert (dist / f"{name}.sha256").read_text() == "".join(sums)


def test_the_program_runs_in_an_empty_directory(archive, tmp_path):
    assert not [path for path in archive.rglob("*") if path.stat().st_mode & 0o022], "others can write it"
    (tmp_path / "metastudio-exporter").write_bytes((archive / "metastudio-exporter").read_bytes())
    (tmp_path / "metastudio-exporter").chmod(0o755)
    version = run("chroot", tmp_path, "/metastudio-exporter", "--version").splitlines()
    revision = run("git", "-C", REPOSITORY, "rev-parse", "HEAD")[:12]
    assert version[1] == f"revision {revision}"


def test_the_package_has_the_program_of_the_archive(archive, package, tmp_path):
    run("dpkg-deb", "--extract", package, tmp_path)
    assert (tmp_path / "usr/bin/metastudio-exporter").read_bytes() == (archive / "metastudio-exporter").read_bytes()


def crates(edges):
    """The names and versions of the crates that cargo builds for these edges."""
    command = ["cargo", "tree", "--locked", f"--edges={edges}", "--prefix=none", "--no-dedupe", "--format={p}"]
    lines = run(*command, cwd=REPOSITORY).splitlines()
    return {(line.split()[0], line.split()[1].removeprefix("v")) for line in lines}


def components(dist, name):
    """The crates in the SBOM."""
    sbom = json.loads((dist / f"{name}.cdx.json").read_text())
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.5")
    return [sbom["metadata"]["component"], *sbom["components"]]


def audited(program, directory):
    """The crates in the program, as scanners read them."""
    section = directory / "section"
    run("objcopy", f"--dump-section=.dep-v0={section}", program, directory / "copy")
    return json.loads(zlib.decompress(section.read_bytes()))["packages"]


def test_the_sbom_lists_the_crates_of_the_program(dist, name):
    listed = [(component["name"], component["version"]) for component in components(dist, name)]
    assert len(listed) == len(set(listed))
    built = crates("normal,build")
    assert built - set(listed) == set()
    assert {crate for crate, _ in set(listed) - built} == NOT_BUILT
    assert listed[0][0] == "metastudio-exporter"


def test_the_sbom_names_the_target_and_no_path_of_this_machine(dist, name):
    text = (dist / f"{name}.cdx.json").read_text()
    properties = json.loads(text)["metadata"]["properties"]
    assert {"name": "cdx:rustc:sbom:target:triple", "value": run("rustc", "--print=host-tuple").strip()} in properties
    assert str(REPOSITORY) not in text and str(Path.home()) not in text


def test_the_program_has_the_same_list(dist, name, archive, tmp_path):
    packages = audited(archive / "metastudio-exporter", tmp_path)
    listed = sorted((component["name"], component["version"]) for component in components(dist, name))
    assert sorted((package["name"], package["version"]) for package in packages) == listed
    assert [package["name"] for package in packages if package.get("root")] == ["metastudio-exporter"]
