"""Podman without a service, with a storage of its own."""

import json
import subprocess
from contextlib import contextmanager

# Podman asks for more than a process without all rights may have.
LIMITS = '["nofile=20000:20000", "nproc=5000:5000"]'
CONTAINERS_CONF = """
[containers]
default_ulimits = {limits}
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
[network]
network_backend = "netavark"
network_config_dir = "{directory}/networks"
"""
STORAGE_CONF = """
[storage]
driver = "overlay"
graphroot = "{directory}/storage"
runroot = "{directory}/run"
"""


class Podman:
    """Images, and containers of them."""

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        texts = {"containers.conf": CONTAINERS_CONF, "storage.conf": STORAGE_CONF}
        for name, text in texts.items():
            (directory / name).write_text(text.format(directory=directory, limits=LIMITS))
        self.environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(directory),
            "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_CONF": str(directory / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(directory / "storage.conf"),
        }

    def call(self, *arguments, timeout=120, **options):
        """Runs any program with this storage to its end."""
        command = [str(argument) for argument in arguments]
        options = {"env": self.environment, "text": True, "timeout": timeout} | options
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def __call__(self, *arguments, **options):
        """Runs `podman`, and returns what it prints."""
        done = self.call("podman", *arguments, **options)
        assert done.returncode == 0, f"podman {arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def inspect(self, name):
        description, = json.loads(self("inspect", name))
        return description

    def import_directory(self, directory, image, *settings):
        """Makes an image of the files in a directory. `settings` are flags of `buildah config`."""
        container = self._buildah("from", "scratch")
        # `buildah add` gives all files to root.
        subprocess.run(["cp", "--archive", f"{directory}/.", self._buildah("mount", container)], check=True)
        self._buildah("config", *settings, container)
        self._buildah("commit", "--quiet", "--rm", container, image)

    def _buildah(self, *arguments):
        done = self.call("buildah", *arguments, timeout=600)
        assert done.returncode == 0, f"buildah {arguments}: {done.stderr}"
        return done.stdout.strip()

    @contextmanager
    def running(self, image, *command, flags=()):
        """The name of a container that runs until the end of the block."""
        name = self("run", "--detach", *flags, image, *command)
        try:
            yield name
        finally:
            self("rm", "--force", "--time=10", name)


def within(process_id, *command):
    """Runs a program of this machine in the network of a container's process."""
    entered = ["nsenter", f"--target={process_id}", "--net", *command]
    return subprocess.run(entered, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
