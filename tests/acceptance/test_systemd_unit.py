"""The shipped units, as systemd's own program judges them. `make test-packaging` boots a systemd with them."""

import subprocess

import pytest

from conftest import REPOSITORY
from programs import installed

UNITS = REPOSITORY / "deploy" / "systemd"
PROGRAM = "ExecStart=/usr/bin/metastudio-exporter "


@pytest.fixture
def units(binary, tmp_path):
    """A directory with the units for the program under test."""
    for unit in UNITS.iterdir():
        text = unit.read_text()
        assert PROGRAM in text or unit.suffix == ".timer"
        (tmp_path / unit.name).write_text(text.replace(PROGRAM, f"ExecStart={binary} "))
    return tmp_path


def analyze(*arguments):
    command = [installed("systemd-analyze"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_systemd_knows_every_setting(units):
    for unit in units.iterdir():
        verified = analyze("verify", unit)
        assert (verified.returncode, verified.stderr) == (0, ""), unit

    unit = units / "metastudio-exporter.service"
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    assert "Unknown key 'WatchdogSecs' in section [Service]" in analyze("verify", unit).stderr


@pytest.mark.parametrize(("name", "tenths"), [("metastudio-exporter", 11), ("metastudio-exporter-textfile", 14)])
def test_the_exposure_is_low(units, name, tenths):
    unit = units / f"{name}.service"
    assert analyze("security", "--offline=true", f"--threshold={tenths}", unit).returncode == 0
    assert analyze("security", "--offline=true", f"--threshold={tenths - 1}", unit).returncode == 1
