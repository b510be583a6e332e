"""The machine and the versions of all programs."""

import hashlib
import os
import platform
import re
import subprocess
from pathlib import Path

from programs import installed


def describe(binary):
    """A list in Markdown."""
    model = next((l.split(": ")[1] for l in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in l), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = Path("/etc/os-release").read_text().split('PRETTY_NAME="')[1].split('"')[0]
    versions = [
        f"{_first_line(binary, '--version')}, revision {_revision(binary)}, SHA-256 {_digest(binary)}",
        _first_line(installed("nginx"), "-v").replace("version: nginx/", ""),
        _first_line(installed("prometheus-node-exporter"), "--version").split(" (")[0].replace(", version", ""),
        _first_line(installed("prometheus"), "--version").split(" (")[0].replace(", version", ""),
        _first_line(installed("gzip"), "--version"),
        f"Python {platform.python_version()}",
    ]
    return (
        f"- {model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, "
        f"load {os.getloadavg()[0]:.2f} at the start\n"
        f"- {system}, Linux {platform.release()}\n- {'; '.join(versions)}"
    )


def _revision(binary):
    """The commit of the exporter, from its metrics. It does not tell whether the tree had other changes."""
    keys = {"HUAWEICLOUD_SDK_AK": "AK", "HUAWEICLOUD_SDK_SK": "SK", "HUAWEICLOUD_SDK_PROJECT_ID": "0" * 32}
    # The port of the discard service, which does not run.
    environment = {**keys, "METASTUDIO_REGION": "cn-north-4", "METASTUDIO_ENDPOINT": "http://127.0.0.1:9"}
    command = [binary, "once", "--poll.timeout=100ms"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found = re.search(r'build_info\{[^}]*revision="([^"]*)"', done.stdout)
    return found[1] if found else "unknown"


def _digest(binary):
    return hashlib.sha256(binary.read_bytes()).hexdigest()[:12]


def _first_line(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return done.stdout.splitlines()[0]
