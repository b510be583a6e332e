"""docs/installing.md for Linux machines: its commands, as they are written there, in a booted minimal Debian."""

import os
import re

import pytest

import documents
import printed
from booted import booted
from simulated import metrics, start_cloud

UNIT = "metastudio-exporter"
RELEASE = "/release"


@pytest.fixture
def system(dist, tmp_path):
    """A minimal Debian with the files of a release in a directory, as after a download."""
    with booted(os.environ["DEBIAN_ROOT"], tmp_path, (dist, RELEASE)) as system:
        system.run("sh", "-ec", f"cp --recursive {RELEASE} /root/download && rm -rf /root/download/*.cdx.json")
        yield system


def commands(heading):
    """The blocks of commands below a heading."""
    # There is no other user.
    blocks = documents.slow_commands("docs/installing.md", heading)
    return [block.replace("sudo ", "") for block in blocks]


def type_in(system, text, directory="/root/download"):
    return system.run("bash", "-ec", f"cd {directory}\n{text}")


def configure(system, program, unit=UNIT):
    """Follows the first two steps in /etc/metastudio-exporter/config.yml for a simulated cloud. Returns the third."""
    file = f"/etc/{UNIT}/config.yml"
    text = system.run("cat", file)
    secret, = re.findall(r"^# +(install .*)$", text, re.MULTILINE)
    start, = re.findall(r"^# 3\. (.*)$", text, re.MULTILINE)
    cloud = start_cloud(system, program)
    project = f"    project_id: {cloud['HUAWEICLOUD_SDK_PROJECT_ID']}\n    endpoint: {cloud['METASTUDIO_ENDPOINT']}\n"
    text = text.replace("    credentials:\n", f"{project}    credentials:\n")
    text = text.replace("        ak:\n", f"        ak: {cloud['HUAWEICLOUD_SDK_AK']}\n")
    text = text.replace(f"sk_file: /run/credentials/{UNIT}.", f"sk_file: /run/credentials/{unit}.")
    system.run("bash", "-ec", 'printf %s "$1" >"$2"', "bash", text, file)
    system.run("bash", "-ec", f'printf %s "$1" | {secret}', "bash", cloud["HUAWEICLOUD_SDK_SK"])
    return start


def wait_for_users(system, read):
    line = 'metastudio_users{project="production"} 3\n'
    system.wait_until(lambda: line in read(), "it has polled")


def test_debian_and_ubuntu(system):
    install, = commands("Debian and Ubuntu")
    expected, = documents.slow_output("docs/installing.md", "Debian and Ubuntu")
    assert printed.difference(expected, type_in(system, install)) == ""
    assert system.run("systemctl", "is-active", UNIT, check=False) == "inactive\n"
    type_in(system, configure(system, f"/usr/bin/{UNIT}"))
    wait_for_users(system, lambda: metrics(system))
    assert system.show(UNIT, "ActiveState", "UnitFileState") == ("active", "enabled")


def test_other_linux_machines(system):
    unpack, install = commands("Other Linux machines")
    unpack = unpack.replace("./metastudio-exporter demo", "timeout --preserve-status 2 ./metastudio-exporter demo 2>&1")
    output = type_in(system, unpack)
    assert re.search(r"^metastudio-exporter-.*\.tar\.gz: OK$", output, re.MULTILINE), output
    assert "http://localhost:10036" in output
    directory = type_in(system, "ls --directory metastudio-exporter-*-gnu").strip()
    type_in(system, install, f"/root/download/{directory}")
    type_in(system, configure(system, f"/usr/bin/{UNIT}"))
    wait_for_users(system, lambda: metrics(system))
    assert system.show(UNIT, "ActiveState", "UnitFileState") == ("active", "enabled")


def test_textfile_collector(system):
    install, = commands("Debian and Ubuntu")
    type_in(system, install)
    configure(system, f"/usr/bin/{UNIT}", f"{UNIT}-textfile")
    # As the package of node_exporter does.
    system.run("mkdir", "--parents", "/var/lib/prometheus/node-exporter")
    start, = commands("Textfile collector")
    type_in(system, start)
    file = "/var/lib/prometheus/node-exporter/metastudio.prom"
    wait_for_users(system, lambda: system.run("cat", file, check=False))
