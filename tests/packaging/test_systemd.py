"""The shipped units in a booted Debian: start, health, reload, secrets, watchdog, errors and stop."""

import os

import pytest

from booted import booted
from programs import REPOSITORY
from simulated import configuration, metrics, start_cloud

UNIT = "metastudio-exporter"


@pytest.fixture(scope="module")
def etc(tmp_path_factory):
    """The directory /etc/metastudio-exporter."""
    etc = tmp_path_factory.mktemp("etc")
    etc.chmod(0o755)
    (etc / "secrets").mkdir(mode=0o700)
    return etc


@pytest.fixture(scope="module")
def system(binary, etc, tmp_path_factory):
    """A system with the exporter's unit, a simulated cloud, and a configuration for it."""
    units = (REPOSITORY / "deploy" / "systemd").iterdir()
    binds = [(binary, f"/usr/bin/{UNIT}"), (etc, f"/etc/{UNIT}")]
    binds += [(unit, f"/usr/lib/systemd/system/{unit.name}") for unit in units]
    with booted(os.environ["DEBIAN_ROOT"], tmp_path_factory.mktemp("system"), *binds) as system:
        system.cloud = start_cloud(system, f"/usr/bin/{UNIT}")
        yield system


@pytest.fixture
def started(system, etc):
    """The system after `systemctl start`, with a good configuration."""
    configure(system, etc)
    system.run("systemctl", "start", UNIT)
    yield system
    system.run("systemctl", "stop", UNIT)
    system.run("systemctl", "reset-failed", UNIT, check=False)


def configure(system, etc, name="production", unit=UNIT):
    (etc / "config.yml").write_text(configuration(system.cloud, name, unit))
    (etc / "secrets" / "sk").write_text(system.cloud["HUAWEICLOUD_SDK_SK"])
    (etc / "secrets" / "sk").chmod(0o600)


def test_it_is_active_when_it_listens_and_polls_with_the_credential(started):
    assert started.show(UNIT, "ActiveState", "SubState", "NRestarts", "User") == ("active", "running", "0", UNIT)
    assert started.run(f"/usr/bin/{UNIT}", "healthcheck") == "http://127.0.0.1:10036/-/healthy responds 200 OK\n"
    started.wait_until(lambda: 'metastudio_users{project="production"} 3\n' in metrics(started), "it has polled")
    assert 'metastudio_up{project="production",collector="user_quotas"} 1\n' in metrics(started)


def test_it_is_not_root_and_others_cannot_read_its_secret(started):
    main, = started.show(UNIT, "MainPID")
    status = started.run("cat", f"/proc/{main}/status")
    user = next(line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
    assert len(set(user)) == 1 and 61184 <= int(user[0]) <= 65519, user
    assert "CapEff:\t0000000000000000\n" in status and "NoNewPrivs:\t1\n" in status
    secret = f"/run/credentials/{UNIT}.service/secrets_sk"
    assert started.run("stat", "--format=%a %u", secret).split() == ["400", user[0]]
    started.run("systemd-analyze", "security", "--threshold=15", UNIT)


def test_root_can_check_with_its_configuration_while_it_runs(started):
    report = started.run(f"/usr/bin/{UNIT}", "check", f"--config.file=/etc/{UNIT}/config.yml")
    assert report.endswith("\n2 checks: 2 ok.\n"), report


def test_a_reload_reads_the_configuration_and_keeps_the_process(started, etc):
    before = started.show(UNIT, "MainPID")
    configure(started, etc, name="renamed")
    started.run("systemctl", "reload", UNIT)
    started.wait_until(lambda: 'metastudio_users{project="renamed"} 3\n' in metrics(started), "it has polled")
    assert 'project="production"' not in metrics(started)
    assert started.show(UNIT, "MainPID") == before


def test_a_new_secret_is_read_by_a_restart(started, etc):
    (etc / "secrets" / "sk").write_text("wrong")
    started.run("systemctl", "restart", UNIT)
    down = 'metastudio_up{project="production",collector="user_quotas"} 0\n'
    started.wait_until(lambda: down in metrics(started), "the wrong secret is refused")
    assert "poll failed; the last data is shown until it is stale" in started.journal(UNIT)
    configure(started, etc)
    started.run("systemctl", "restart", UNIT)
    started.wait_until(lambda: 'metastudio_users{project="production"} 3\n' in metrics(started), "it has polled")


def test_the_watchdog_restarts_an_exporter_that_hangs(started):
    started.run("mkdir", "-p", f"/run/systemd/system/{UNIT}.service.d")
    short = f"printf '[Service]\\nWatchdogSec=2s\\nRestartSec=100ms\\n' >/run/systemd/system/{UNIT}.service.d/short.conf"
    started.run("sh", "-c", short)
    started.run("systemctl", "daemon-reload")
    started.run("systemctl", "restart", UNIT)
    main, = started.show(UNIT, "MainPID")
    started.run("sh", "-c", f"kill -STOP {main}")
    started.wait_until(lambda: started.show(UNIT, "NRestarts", "ActiveState") == ("1", "active"), "it is restarted")
    assert "Watchdog timeout" in started.journal(UNIT)
    assert started.show(UNIT, "MainPID") != (main,)


def test_a_wrong_configuration_is_an_error_without_restarts(started, etc):
    started.run("systemctl", "stop", UNIT)
    (etc / "config.yml").write_text("projects: []\n")
    started.run("systemctl", "start", UNIT, check=False)
    assert started.show(UNIT, "ActiveState", "ExecMainStatus", "NRestarts") == ("failed", "2", "0")
    assert f"metastudio-exporter: /etc/{UNIT}/config.yml:1: projects" in started.journal(UNIT)


def test_a_stop_is_a_success(started):
    started.run("systemctl", "stop", UNIT)
    assert started.show(UNIT, "ActiveState", "Result", "ExecMainStatus") == ("inactive", "success", "0")


def test_the_timer_writes_a_file_that_all_can_read(system, etc):
    textfile = f"{UNIT}-textfile"
    configure(system, etc, unit=textfile)
    directory = "/var/lib/prometheus/node-exporter"
    system.run("mkdir", "--parents", directory)
    system.run("systemctl", "start", f"{textfile}.timer")
    states = ("ActiveState", "Result", "ExecMainStatus")
    system.wait_until(lambda: "metastudio.prom" in system.run("ls", directory), "the file is written")
    system.wait_until(lambda: system.show(textfile, *states) == ("inactive", "success", "0"), "it has ended")
    assert system.run("ls", "-A", directory) == "metastudio.prom\n"
    file = f"{directory}/metastudio.prom"
    assert system.run("stat", "--format=%a %U", file) == "644 root\n"
    assert 'metastudio_users{project="production"} 3\n' in system.run("cat", file)
    system.run("systemd-analyze", "security", "--threshold=15", f"{textfile}.service")
    system.run("systemctl", "stop", f"{textfile}.timer")
