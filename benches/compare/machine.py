"""The machine and the versions of all programs."""

import os
import platform
import subprocess
from pathlib import Path

from programs import installed


def describe(binary):
    """A list in Markdown."""
    model = next((l.split(": ")[1] for l in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in l), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = Path("/etc/os-release").read_text().split('PRETTY_NAME="')[1].split('"')[0]
    versions = [
        _first_line(binary, "--version"),
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


def _first_line(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return done.stdout.splitlines()[0]
