"""Types the quick blocks of a page: in one directory, with one environment, on a simulated cloud."""

import re
import shlex
import shutil
import ssl
import subprocess
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection

import yaml

import printed
from documented_places import EXPORTER, SIMULATION, Places
from programs import REPOSITORY, clean_environment, run_to_end
from simulated_account import SimulatedAccount

# Directories of the repository that pages name. They are copied, so that commands can change them.
COPIED = ("deploy", "dashboards", "tests/replays")
# The first command that fails ends a block.
SHELL = ("bash", "-e", "-c")
# Ends a pipe early, so that the command before it fails. Otherwise, a command that fails in a pipe ends a block too.
ENDS_EARLY = re.compile(r"\| *(?:head|grep (?:-\w*[mq]|--max-count|--quiet))\b")
# The last line, with the lines before it that end in a backslash.
LAST_COMMAND = re.compile(r"(?:^.*\\\n)*^.*\n\Z", re.MULTILINE)


def type_page(page, *of_test):
    """Types the blocks of a page in their order; `of_test` is what `TypedPage` needs of the test."""
    typed = TypedPage(page, *of_test)
    for block in page.blocks:
        typed.type(block)


class TypedPage:
    """A page's directory, its environment, and the programs that run."""

    def __init__(self, page, directory, binary, start, simulate):
        self._binary, self._start = binary, start
        self._directory, self._state = directory / "page", directory / "environment"
        for name in COPIED:
            shutil.copytree(REPOSITORY / name, self._directory / name, symlinks=True)
        self._places = Places(directory / "machine")
        self._account = SimulatedAccount(simulate())
        self._environment = _environment(directory, binary) | {
            "PWD": str(self._directory),
            "METASTUDIO_EXPORTER_WEB_LISTEN_ADDRESS": self._places.address(EXPORTER),
            "METASTUDIO_EXPORTER_LISTEN": self._places.address(SIMULATION),
        }
        self._exports_key = any("export HUAWEICLOUD_SDK_" in block.text for block in page.blocks)
        # Files whose projects are not the account's project yet.
        self._unconnected = {}
        # By kind: "demo" or "exporter", which have the same address, and "simulate".
        self._programs = {}
        # Returns what the last block of commands has printed until now; None if its commands are not typed here.
        self._output = None
        # The program of the last block, if it runs.
        self._running = None

    def type(self, block):
        """Does what a block says. Raises an error that names the place of the block."""
        try:
            if "file" in block.words:
                self._write(block)
            elif block.is_quick:
                self._run(block)
            elif block.needs:
                self._output = None
            elif "prints" in block.words and self._output:
                self._compare(block.text)
        except (AssertionError, RuntimeError, TimeoutError, subprocess.TimeoutExpired) as error:
            raise AssertionError(f"{block.place}: {error}\nThe block is:\n{block.text}") from None

    def _write(self, block):
        path, text = self._directory / block.words["file"], self._places.typed(block.text)
        path.write_text(text)
        for secret in self._places.secrets(block.text):
            secret.parent.mkdir(parents=True, exist_ok=True)
            if not secret.exists():
                secret.write_text(self._account.secret(secret))
        if block.language == "yaml" and "projects" in yaml.safe_load(text):
            self._check(path)
            self._unconnected[path] = text

    def _check(self, path):
        done = run_to_end(
            [self._binary, f"--config.file={path}", "--config.check"],
            self._directory,
            self._account.variables() | self._environment,
        )
        assert done.returncode == 0, f"--config.check: {done.stderr}"

    def _run(self, block):
        self._prepare(block.needs)
        text = self._account.filled_in(self._places.typed(block.text))
        if block.needs == "make":
            self._make(text)
        elif "runs" in block.words:
            last = LAST_COMMAND.search(text)
            self._type_in(text[: last.start()])
            self._keep_running(last[0])
        else:
            self._type_in(text, int(block.words.get("exit", 0)))

    def _prepare(self, needs):
        """Starts what a block needs, unless it runs."""
        if needs == "cloud":
            # A page that exports a key has to export all that readers need.
            account = self._account.endpoints() if self._exports_key else self._account.variables()
            self._environment = account | self._environment
            for path, text in self._unconnected.items():
                path.write_text(self._account.connected(text))
            self._unconnected = {}
        elif needs in ("demo", "exporter"):
            if needs not in self._programs:
                self._keep_running("metastudio-exporter demo\n" if needs == "demo" else "metastudio-exporter\n")
            address = self._places.address(EXPORTER)
            self._programs[needs].wait_until(lambda: has_polled(address), "the first poll ends")

    def _type_in(self, text, code=0):
        """Runs commands in a shell to their end, and keeps its environment and directory."""
        pipes = "" if ENDS_EARLY.search(text) else "set -o pipefail\n"
        script = f"trap 'env --null >{self._state}' EXIT\n{pipes}{text}"
        directory = self._environment["PWD"]
        done = run_to_end([*SHELL, script], directory, self._environment, stderr=subprocess.STDOUT)
        output = self._places.printed(done.stdout)
        said = f"exit code {done.returncode} instead of {code}; the output is:\n{output.rstrip()}"
        assert done.returncode == code, said
        self._environment = dict(entry.split("=", 1) for entry in self._state.read_text().split("\0") if entry)
        self._output, self._running = lambda: output, None

    def _keep_running(self, command):
        """Starts a program that serves, in place of one with the same address."""
        kind = next((kind for kind in ("demo", "simulate") if f" {kind}" in command), "exporter")
        for other in ("simulate",) if kind == "simulate" else ("demo", "exporter"):
            if program := self._programs.pop(other, None):
                program.stop()
        environment = self._environment if kind == "simulate" else self._account.variables() | self._environment
        # With `exec env`, the program has the shell's process ID; a command can begin with variables.
        directory = shlex.quote(self._environment["PWD"])
        program = self._start(["bash", "-c", f"cd {directory}\nexec env {command}"], environment)
        self._programs[kind] = self._running = program
        self._output = lambda: self._places.printed(program.stdout + program.stderr)
        ready = "METASTUDIO_REGION=" if kind == "simulate" else "listening"
        program.wait_until(lambda: ready in self._output(), "it listens")

    def _make(self, text):
        """Has make say what it would do. For a file without a rule it has nothing to do, which is no error."""
        dry_run = 'make() { command make --dry-run "$@"; }\n'
        done = run_to_end([*SHELL, dry_run + text], REPOSITORY, self._environment)
        is_target = done.returncode == 0 and "Nothing to be done" not in done.stdout
        assert is_target, f"make --dry-run: {done.stdout}{done.stderr}"

    def _compare(self, expected):
        """Compares what the last block has printed; a program that runs may print it later."""
        difference = lambda: printed.difference(*map(self._places.same_host, (expected, self._output())))
        if self._running:
            with suppress(TimeoutError):
                self._running.wait_until(lambda: not difference(), "it has printed this")
        assert not difference(), difference()


def _environment(directory, binary):
    """A home directory and the exporter on the PATH, without the settings of this machine."""
    home, programs = directory / "home", directory / "programs"
    home.mkdir()
    programs.mkdir()
    (programs / "metastudio-exporter").symlink_to(binary)
    clean = clean_environment(home)
    return clean | {"PATH": f"{programs}:{clean['PATH']}:/usr/sbin"}


def has_polled(address):
    """Whether an exporter has polled each API, or does not say so without credentials."""
    any_certificate = ssl.create_default_context()
    any_certificate.check_hostname, any_certificate.verify_mode = False, ssl.CERT_NONE
    clients = (HTTPConnection(address), HTTPSConnection(address, context=any_certificate))
    return any(_status(client) not in (None, 503) for client in clients)


def _status(client):
    """The status of /-/ready; None if there is no answer."""
    with closing(client), suppress(OSError, HTTPException):
        client.request("GET", "/-/ready")
        return client.getresponse().status
    return None
