"""Outside programs and our own: started with an environment of their own, ended by their own handle, waited for."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

DEADLINE = 30.0
PAUSE = 0.02


class Program:
    """A running program. Its output goes to files: no pipe fills up, and what was said can be read at any time."""

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
    def stdout(self):
        return self._stdout.read_text()

    @property
    def stderr(self):
        return self._stderr.read_text()

    def wait_until(self, condition, promise, deadline=DEADLINE):
        """The first true value of `condition`, unless the program ends or the time does."""

        def of_the_living():
            value = condition()
            if not value and self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self._process.returncode}:\n{self.stderr}")
            return value

        try:
            return wait_until(of_the_living, promise, deadline)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.name} said:\n{self.stderr[-4000:]}") from None

    def hang_up(self):
        """Has it read its configuration again."""
        self._process.send_signal(signal.SIGHUP)

    def stop(self):
        """Ends it, and gives its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(timeout=10)
        finally:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(arguments, environment, parent):
    """A program in a fresh directory below `parent`, which is its home too."""
    directory = Path(tempfile.mkdtemp(prefix=f"{Path(arguments[0]).name}-", dir=parent))
    program = Program([str(argument) for argument in arguments], environment, directory)
    try:
        yield program
    finally:
        program.stop()


def clean_environment(home):
    """Nothing of this machine's credentials, proxies and settings."""
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def wait_until(condition, promise, deadline=DEADLINE):
    """The first true value of `condition`."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {deadline} s: {promise}")
        time.sleep(PAUSE)
    return value


def installed(name):
    """The path of a Debian program; some of them are not on every user's PATH."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        raise RuntimeError(f"{name} is not installed; tests/acceptance/debian-packages.sh installs it")
    return path


def free_port():
    """A port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
