"""One version: `make version` changes it everywhere."""

import re
import shutil
import subprocess
import tomllib
from datetime import UTC, datetime

import pytest
import yaml

from conftest import REPOSITORY

CHART = "deploy/helm/metastudio-exporter/Chart.yaml"
PAGES = [
    str(page.relative_to(REPOSITORY))
    for pages in ("README*.md", "docs/**/*.md")
    for page in sorted(REPOSITORY.glob(pages))
]
# What `make version` reads and writes.
FILES = [
    *("Cargo.toml", "Cargo.lock", "fuzz/Cargo.lock", "CHANGELOG.md", "Makefile", "deploy/version.sh"),
    *("tests/packaging/packaging.mk", *PAGES),
    *("deploy/man/metastudio-exporter.1", "deploy/compose/compose.yaml", CHART),
]
# "metastudio-exporter 0.1.0", "metastudio-exporter:0.1.0", "metastudio-exporter_0.1.0_amd64.deb"
NAME = re.compile(r"metastudio-exporter[:_ -]v?(\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?)")
NOW = re.compile(r"^## \[Unreleased\]\n", re.MULTILINE)


@pytest.fixture
def copy(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def versions(root):
    """The versions, and where they are."""
    found = {"Cargo.toml": tomllib.loads((root / "Cargo.toml").read_text())["package"]["version"]}
    for name in ("Cargo.lock", "fuzz/Cargo.lock"):
        crates = tomllib.loads((root / name).read_text())["package"]
        found[name], = (crate["version"] for crate in crates if crate["name"] == "metastudio-exporter")
    for name in FILES[4:]:
        if not name.endswith(("Makefile", ".mk", ".sh")):
            text = (root / name).read_text()
            found |= {f"{name}:{number}": version for number, version in enumerate(NAME.findall(text))}
    found["man page"], = re.findall(r"^v(.*)$", (root / "deploy/man/metastudio-exporter.1").read_text(), re.MULTILINE)
    chart = yaml.safe_load((root / CHART).read_text())
    return found | {key: chart[key] for key in ("version", "appVersion")}


def make_version(root, version):
    command = ["make", f"--directory={root}", "version", f"VERSION={version}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_all_places_have_the_same_version():
    found = versions(REPOSITORY)
    assert len(set(found.values())) == 1, found
    assert {"Cargo.lock", "fuzz/Cargo.lock", "man page", "deploy/man/metastudio-exporter.1:0"} < set(found)


@pytest.mark.parametrize("version", ["9.8.7", "9.8.7-rc.1"])
def test_all_places_get_the_new_version(copy, version):
    before = versions(copy)
    assert make_version(copy, version).returncode == 0
    assert versions(copy) == dict.fromkeys(before, version)
    old = re.escape(before["Cargo.toml"])
    changed = [line for line in (copy / "Cargo.toml").read_text().splitlines() if version in line]
    assert changed == [f'version = "{version}"']
    for name in ("deploy/man/metastudio-exporter.1", "docs/installing.md", "docs/zh-CN/installing.md"):
        assert not re.search(rf"(?<![\d.]){old}(?!\d)", (copy / name).read_text()), name


def test_no_other_package_gets_the_version(copy):
    lock = (copy / "Cargo.lock").read_text()
    assert make_version(copy, "9.8.7").returncode == 0
    new = (copy / "Cargo.lock").read_text().splitlines()
    assert [after for before, after in zip(lock.splitlines(), new, strict=True) if before != after] == ['version = "9.8.7"']


def test_what_was_unreleased_is_the_new_version(copy):
    before = (copy / "CHANGELOG.md").read_text()
    assert len(NOW.findall(before)) == 1
    days = [datetime.now(UTC).date()]
    assert make_version(copy, "9.8.7").returncode == 0
    days.append(datetime.now(UTC).date())
    expected = [NOW.sub(f"## [Unreleased]\n\n## [9.8.7] - {day}\n", before) for day in days]
    assert (copy / "CHANGELOG.md").read_text() in expected


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.3", "1.2.3.4", "1.2.3-"])
def test_what_is_no_version_is_refused(copy, version):
    before = {name: (copy / name).read_bytes() for name in ("Cargo.toml", "CHANGELOG.md")}
    refused = make_version(copy, version)
    assert refused.returncode == 2
    assert (f"{version} is not a version such as 0.2.0 or 0.2.0-rc.1" if version else "usage: ") in refused.stderr
    assert {name: (copy / name).read_bytes() for name in before} == before
