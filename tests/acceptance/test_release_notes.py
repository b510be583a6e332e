"""The text of a release: the changelog's section of its tag."""

import shutil
import subprocess

import pytest

from conftest import REPOSITORY

CHANGELOG = """# Changelog

## [Unreleased]

- Later.

## [1.2.3] - 2026-01-02

### Added

- A metric.

- Another metric.

## [1.2.2] - 2025-12-31

- Earlier.
"""


@pytest.fixture
def notes(tmp_path):
    """Runs the script for a tag, in a copy whose version is 1.2.3."""
    (tmp_path / "deploy").mkdir()
    shutil.copy(REPOSITORY / "deploy" / "release-notes.sh", tmp_path / "deploy")
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "a"\nversion = "1.2.3"\n\n[dependencies]\nversion = "9"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    script = tmp_path / "deploy" / "release-notes.sh"
    return lambda tag: subprocess.run([script, tag], capture_output=True, text=True, timeout=60)


def test_the_section_of_the_tag(notes):
    done = notes("v1.2.3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "### Added\n\n- A metric.\n\n- Another metric.\n"


@pytest.mark.parametrize("tag", ["v1.2.2", "v1.2.4", "1.2.3", "v1.2.3-rc.1", "v1.2"])
def test_a_tag_that_is_not_the_version_is_refused(notes, tag):
    done = notes(tag)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"The tag is {tag}, but Cargo.toml has the version 1.2.3\n"


@pytest.mark.parametrize("heading", ["## [1.2.3-rc.1] - 2026-01-02", "## [11.2.3] - 2026-01-02"])
def test_a_version_without_a_section_is_refused(notes, tmp_path, heading):
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG.replace("## [1.2.3] - 2026-01-02", heading))
    done = notes("v1.2.3")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "CHANGELOG.md has no section of 1.2.3\n")
