"""Starts programs, ours and others, in a clean environment, waits for them, and stops them by their handle."""

import atexit
import functools
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# Long, because the tests of other processes may slow programs down. Only a test that fails takes so long.
DEADLINE = 90.0
PAUSE = 0.02
# Below the ports that Linux gives to clients and for port 0. Otherwise, another program could get a port between
# `free_port` and its use.
PORTS = (20000, 32000)
PORTS_A_BLOCK = 100
_PORTS_LOCK = threading.Lock()


class Program:
    """A running program. Its output goes to files, so that no pipe fills up and tests can read it at any time."""

    def __init__(self, arguments, environment, directory):
        self.name = Path(arguments[0]).name
        self._stdout, self._stderr = directory / "stdout", directory / "stderr"
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self._process = subprocess.Popen(
                arguments,
                env=clean_environment(directory) | environment,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )

    @property
    def process_id(self):
        return self._process.pid

    @property
    def stdout(self):
        return self._stdout.read_text()

    @property
    def stderr(self):
        return self._stderr.read_text()

    def wait_until(self, condition, description, deadline=DEADLINE):
        """Returns the first true value of `condition`. Raises an error if the program exits or the deadline passes."""

        def while_running():
            value = condition()
            if not value and self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self._process.returncode}:\n{self.stderr}")
            return value

        try:
            return wait_until(while_running, description, deadline)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\nstderr of {self.name}:\n{self.stderr[-4000:]}") from None

    def send_sighup(self):
        """Makes the program reload its configuration."""
        self._process.send_signal(signal.SIGHUP)

    def kill(self):
        """Ends the program without a chance to clean up."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        """Stops the program and returns its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(timeout=10)
        finally:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(arguments, environment, parent):
    """Runs a program in a new directory below `parent`, which is also its home directory."""
    directory = Path(tempfile.mkdtemp(prefix=f"{Path(arguments[0]).name}-", dir=parent))
    program = Program([str(argument) for argument in arguments], environment, directory)
    try:
        yield program
    finally:
        program.stop()


def run_to_end(command, directory, environment=None, *, timeout=60, **options):
    """Runs a program in a clean environment until it exits; `options` are those of `subprocess.run`."""
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [str(part) for part in command],
        env=clean_environment(directory) | (environment or {}),
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=options.pop("stderr", subprocess.PIPE),
        text=True,
        timeout=timeout,
        check=False,
        **options,
    )


def clean_environment(home):
    """An environment without this machine's credentials, proxies and settings."""
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def memory(process_id):
    """Resident memory now and at its highest, in bytes."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process_id}/status").read_text().splitlines())
    return tuple(int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))


def wait_until(condition, description, deadline=DEADLINE):
    """Returns the first true value of `condition`."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"timed out after {deadline} s: {description}")
        # The only sleep: programs outside of this process cannot notify it.
        time.sleep(PAUSE)
    return value


def go_program(name):
    """The path of a program that `go-programs.sh` builds."""
    directory = Path(os.environ.get("GO_PROGRAMS", REPOSITORY / "target" / "go-programs"))
    path = directory / "bin" / name
    if not path.is_file():
        raise RuntimeError(f"{path} is missing; `make programs` builds it")
    return path.resolve()


def installed(name):
    """The path of a Debian program. Some directories are not on every user's PATH."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        raise RuntimeError(f"{name} is not installed; tests/acceptance/debian-packages.sh installs it")
    return path


def free_port():
    """A port of the loopback interface that stays unused until the caller's program listens on it."""
    with _PORTS_LOCK:
        _, block = _ports()
        for port in itertools.islice(block, PORTS_A_BLOCK):
            with socket.socket() as listener:
                if _binds(listener, port):
                    return port
    raise RuntimeError("all ports of this process are in use")


@functools.cache
def _ports():
    """The ports of this process. It holds the first one of its block, so that another process takes another block."""
    for first in range(*PORTS, PORTS_A_BLOCK):
        guard = socket.socket()
        if _binds(guard, first):
            atexit.register(guard.close)
            return guard, itertools.cycle(range(first + 1, first + PORTS_A_BLOCK))
        guard.close()
    raise RuntimeError("other processes hold all blocks of ports")


def _binds(listener, port):
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
