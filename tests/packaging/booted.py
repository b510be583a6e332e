"""A Debian that is booted in a container, with a network of its own."""

import os
import subprocess
import time
from contextlib import contextmanager

PATIENCE = 60


class Booted:
    """A running systemd. Commands run beside its services."""

    def __init__(self, process_id):
        self._enter = ["nsenter", f"--target={process_id}", "--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup"]

    def run(self, *command, check=True):
        """Runs a command to its end, and returns its output."""
        done = subprocess.run([*self._enter, *command], capture_output=True, text=True, timeout=PATIENCE)
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def show(self, unit, *properties):
        """The values of these properties of a unit."""
        lines = self.run("systemctl", "show", unit, f"--property={','.join(properties)}").splitlines()
        values = dict(line.split("=", maxsplit=1) for line in lines)
        return tuple(values[name] for name in properties)

    def journal(self, unit):
        return self.run("journalctl", f"--unit={unit}", "--no-pager", "--output=cat")

    def wait_until(self, holds, what):
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"waited {PATIENCE} s until {what}"
            time.sleep(0.1)


@contextmanager
def booted(root, directory, *binds):
    """Boots the system in `root`, which stays as it is. `binds` are pairs of a path here and a path there."""
    command = ["systemd-nspawn", "--quiet", f"--directory={root}", "--boot", "--volatile=overlay", "--private-network"]
    # There is no systemd here that could register it.
    command += ["--register=no", "--keep-unit", "--console=pipe", "--machine=metastudio-exporter"]
    command += [f"--bind-ro={here}:{there}" for here, there in binds]
    with _in_memory("/run/systemd/nspawn"), _running(command, directory / "console") as nspawn:
        system = Booted(_first_process(nspawn))
        state = lambda: system.run("systemctl", "is-system-running", check=False).strip()
        system.wait_until(lambda: state() in ("running", "degraded"), "it has booted")
        yield system


@contextmanager
def _running(command, console):
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    with open(console, "wb") as output:
        nspawn = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield nspawn
    finally:
        # The system halts.
        nspawn.terminate()
        nspawn.wait(PATIENCE)


@contextmanager
def _in_memory(directory):
    """systemd-nspawn refuses to remove its files if they are on a disk, as in a container where /run is one."""
    os.makedirs(directory, exist_ok=True)
    find = ["findmnt", "--noheadings", "--output=FSTYPE", "--target", directory]
    if subprocess.run(find, capture_output=True, text=True, check=True).stdout == "tmpfs\n":
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", directory], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", directory], check=True)


def _first_process(nspawn):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and nspawn.poll() is None:
        with open(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children") as children:
            for child in children.read().split():
                with open(f"/proc/{child}/comm") as name:
                    if name.read() == "systemd\n":
                        return child
        time.sleep(0.1)
    raise RuntimeError("the system does not boot")
