"""The Debian package in a booted Debian: installed, configured, upgraded, removed and purged; and lintian."""

import os
import shutil
import subprocess

import pytest

from booted import booted
from simulated import configuration, metrics, start_cloud

UNIT = "metastudio-exporter"
TEXTFILE = "/var/lib/prometheus/node-exporter/metastudio.prom"
# What dpkg, systemd and the journal write for every package.
OTHERS = ("/var/lib/dpkg/", "/var/log/", "/var/cache/", "/var/lib/systemd/random-seed", "/tmp/", "/var/tmp/")


@pytest.fixture(scope="module")
def packages(package, tmp_path_factory):
    """A directory with the package, with one of a higher version, and with a program for the simulated cloud."""
    directory = tmp_path_factory.mktemp("packages")
    shutil.copy(package, directory / "package.deb")
    root = tmp_path_factory.mktemp("newer")
    subprocess.run(["dpkg-deb", "--raw-extract", package, root], check=True)
    shutil.copy(root / "usr" / "bin" / UNIT, directory / "program")
    control = (root / "DEBIAN" / "control").read_text()
    version = next(line for line in control.splitlines() if line.startswith("Version: "))
    (root / "DEBIAN" / "control").write_text(control.replace(version, "Version: 99.0.0"))
    config = root / "etc" / UNIT / "config.yml"
    config.write_text(config.read_text() + "# A newer comment.\n")
    subprocess.run(["dpkg-deb", "-Znone", "--root-owner-group", "--build", root, directory / "newer.deb"], check=True)
    return directory


@pytest.fixture
def system(packages, tmp_path):
    """A minimal Debian without the package."""
    with booted(os.environ["DEBIAN_ROOT"], tmp_path, (packages, "/packages")) as system:
        yield system


@pytest.fixture
def started(system):
    """A system on which the package is installed, configured for a simulated cloud, and started."""
    system.run("dpkg", "--install", "/packages/package.deb")
    system.cloud = start_cloud(system, "/packages/program")
    write(system, f"/etc/{UNIT}/config.yml", configuration(system.cloud))
    write(system, f"/etc/{UNIT}/secrets/sk", system.cloud["HUAWEICLOUD_SDK_SK"])
    system.run("systemctl", "enable", "--now", UNIT)
    wait_for_users(system, "production")
    return system


def write(system, path, text):
    system.run("sh", "-c", 'printf %s "$1" >"$2"', "sh", text, path)


def wait_for_users(system, project):
    line = f'metastudio_users{{project="{project}"}} 3\n'
    system.wait_until(lambda: line in metrics(system), f"it has polled {project}")


def state(system, unit=UNIT):
    return system.show(unit, "ActiveState", "UnitFileState")


def files(system):
    """All files, without those of other programs."""
    found = system.run("find", "/", "-xdev", "-not", "-path", "/packages*").splitlines()
    return {path for path in found if not path.startswith(OTHERS)}


def test_lintian_has_no_complaint(package):
    command = ["lintian", "--allow-root", "--fail-on=error,warning", package]
    linted = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_installation_starts_nothing_and_says_what_to_do(system):
    output = system.run("dpkg", "--install", "/packages/package.deb")
    assert f"\n{UNIT} is not started: /etc/{UNIT}/config.yml says what to do.\n" in output
    assert state(system) == ("inactive", "disabled")
    assert state(system, f"{UNIT}-textfile.timer") == ("inactive", "disabled")
    assert system.run("stat", "--format=%a %U", f"/etc/{UNIT}/secrets") == "700 root\n"
    assert system.run("dpkg", "--verify", UNIT) == ""
    assert system.run("systemctl", "--failed", "--no-legend") == ""

    system.run("systemctl", "start", UNIT, check=False)
    assert system.show(UNIT, "ActiveState", "ExecMainStatus", "NRestarts") == ("failed", "2", "0")
    assert "access_key.ak: is empty: write a text, or remove the key\n" in system.journal(UNIT)


def test_it_starts_with_a_configuration_and_reloads_another(started):
    assert state(started) == ("active", "enabled")
    before = started.show(UNIT, "MainPID")
    write(started, f"/etc/{UNIT}/config.yml", configuration(started.cloud, "renamed"))
    started.run("systemctl", "reload", UNIT)
    wait_for_users(started, "renamed")
    assert started.show(UNIT, "MainPID") == before


def test_flags_are_variables_in_etc_default(started):
    write(started, f"/etc/default/{UNIT}", "METASTUDIO_EXPORTER_WEB_TELEMETRY_PATH=/elsewhere\n")
    started.run("systemctl", "restart", UNIT)
    assert metrics(started).startswith("HTTP/1.0 404 Not Found\n")


def test_an_upgrade_restarts_it_and_keeps_its_configuration(started):
    before = started.show(UNIT, "MainPID")
    configured = started.run("cat", f"/etc/{UNIT}/config.yml")
    output = started.run("dpkg", "--force-confdef", "--install", "/packages/newer.deb")
    assert "is not started" not in output
    assert state(started) == ("active", "enabled")
    assert started.show(UNIT, "MainPID") != before
    wait_for_users(started, "production")
    assert started.run("cat", f"/etc/{UNIT}/config.yml") == configured
    assert started.run("tail", "-1", f"/etc/{UNIT}/config.yml.dpkg-dist") == "# A newer comment.\n"
    assert started.run("cat", f"/etc/{UNIT}/secrets/sk") == started.cloud["HUAWEICLOUD_SDK_SK"]


def test_an_upgrade_does_not_start_what_is_stopped(started):
    started.run("systemctl", "stop", UNIT)
    started.run("dpkg", "--force-confdef", "--install", "/packages/newer.deb")
    assert state(started) == ("inactive", "enabled")


def test_a_removal_stops_it_and_keeps_its_configuration(started):
    started.run("mkdir", "--parents", "/var/lib/prometheus/node-exporter")
    write(started, TEXTFILE, "metastudio_users 3\n")
    started.run("systemctl", "start", f"{UNIT}-textfile.timer")
    started.run("dpkg", "--remove", UNIT)
    assert started.show(UNIT, "LoadState", "ActiveState") == ("not-found", "inactive")
    assert started.show(f"{UNIT}-textfile.timer", "LoadState", "ActiveState") == ("not-found", "inactive")
    assert started.run("ls", "/var/lib/prometheus/node-exporter") == ""
    assert started.run("ls", f"/etc/{UNIT}", f"/etc/{UNIT}/secrets").split() == [
        *(f"/etc/{UNIT}:", "config.yml", "secrets"),
        *(f"/etc/{UNIT}/secrets:", "sk"),
    ]

    started.run("dpkg", "--install", "/packages/package.deb")
    started.run("systemctl", "start", UNIT)
    wait_for_users(started, "production")


@pytest.mark.parametrize("removed_before", [False, True])
def test_a_purge_leaves_nothing(system, removed_before):
    before = files(system)
    system.run("dpkg", "--install", "/packages/package.deb")
    assert files(system) > before
    write(system, f"/etc/{UNIT}/secrets/sk", "secret")
    write(system, f"/etc/{UNIT}/config.yml", "projects: []\n")
    system.run("systemctl", "enable", UNIT, f"{UNIT}-textfile.timer")
    system.run("dpkg", "--force-confdef", "--install", "/packages/newer.deb")
    if removed_before:
        system.run("dpkg", "--remove", UNIT)
    system.run("dpkg", "--purge", UNIT)
    assert files(system) == before
    assert system.run("systemctl", "list-unit-files", f"{UNIT}*", "--no-legend", check=False) == ""
