"""The shipped unit, as systemd's own program judges it. `make test-packaging` boots a systemd with it."""

import subprocess

import pytest

from conftest import REPOSITORY
from programs import installed

UNIT = REPOSITORY / "deploy" / "systemd" / "metastudio-exporter.service"


@pytest.fixture
def unit(binary, tmp_path):
    """The unit with the path of the program under test."""
    text = UNIT.read_text()
    assert "ExecStart=/usr/bin/metastudio-exporter " in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace("ExecStart=/usr/bin/metastudio-exporter ", f"ExecStart={binary} "))
    return unit


def analyze(*arguments):
    command = [installed("systemd-analyze"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_systemd_knows_every_setting(unit):
    verified = analyze("verify", unit)
    assert (verified.returncode, verified.stderr) == (0, "")

    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    assert "Unknown key 'WatchdogSecs' in section [Service]" in analyze("verify", unit).stderr


def test_its_exposure_is_at_most_1_1_of_10(unit):
    assert analyze("security", "--offline=true", "--threshold=11", unit).returncode == 0
    assert analyze("security", "--offline=true", "--threshold=10", unit).returncode == 1
