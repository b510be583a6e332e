"""What a line runs: simulated clouds, exporters that poll them, and reference programs."""

import json
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import interrupts
import loopback
from cloud import Cloud, start_simulation
from measure import only_child
from nginx import start_nginx
from programs import Program, free_port, installed

# So fast that the usage of nearly every user grows from one poll to the next, and so slow that few reach their limits.
EVERY_USER = "--speed=17280"
AS_IN_REAL_TIME = "--speed=1"
NOTHING = "--speed=0"
# Polls once; the values do not become stale.
ONCE = "24h"
LIST = "user/quotas"


class Options(NamedTuple):
    """What the command line says."""

    binary: Path
    rounds: int
    polls: int
    interval: str


class Server(NamedTuple):
    """A program that serves on a port. `command` starts another one, given its address."""

    program: Program
    process_id: int
    port: int
    command: list


class Simulated(Cloud):
    """A simulated cloud with one account."""

    def __init__(self, variables, users):
        super().__init__(variables)
        self.users = users
        (self.account,) = self.accounts()
        self.projects = self.account["projects"]

    def polls_begun(self):
        """How many walks of the user quotas have begun, and how many of them have all their pages."""
        pages = sum(count for (_, path, _), count in self.requests().items() if path.endswith(LIST))
        # After a full page, the exporter asks for one more.
        a_walk = (self.users // 100 + 1) * len(self.projects)
        return -(-pages // a_walk), pages // a_walk

    def edit(self, edits):
        """Replaces all edits."""
        self.change("PUT", "edits", "".join(f"{path} {value}\n" for path, value in edits.items()))


class Setting:
    """Starts programs in a directory of their own; all of them end with it."""

    def __init__(self, options, directory, start):
        self.options, self.directory, self.start = options, directory, start

    def simulate(self, users, *flags, projects=1):
        """Starts a cloud whose projects have this many users each."""
        sizes = (f"--users={users}", f"--projects={projects}")
        return Simulated(start_simulation(self.start, self.options.binary, *sizes, *flags), users)

    def export(self, cloud, interval, concurrency=8, endpoint=None, names=False, **settings):
        """Starts an exporter that polls all projects of the cloud."""
        entries = [
            {
                "name": project["name"],
                "project_id": project["id"],
                "region": project["region"],
                "endpoint": endpoint or cloud.endpoint,
                "iam_endpoint": endpoint or cloud.endpoint,
                "credentials": {
                    "access_key": {"ak": cloud.account["access_key"], "sk": cloud.account["secret_key"]}
                },
                "user_quotas": {"max_users": 1_000_000, "names": names},
                **settings,
            }
            for project in cloud.projects
        ]
        poll = {"timeout": "10m", "max_staleness": "48h", "concurrency": concurrency, "requests_per_second": 1_000_000}
        if interval:
            poll["interval"] = interval
        # JSON is YAML.
        file = Path(tempfile.mkstemp(".yml", "exporter-", self.directory)[1])
        file.write_text(json.dumps({"poll": poll, "projects": entries}))
        return self._serve([self.options.binary, f"--config.file={file}"])

    def node_exporter(self):
        """Starts node_exporter as Debian packages it."""
        server = self._serve([installed("prometheus-node-exporter")])
        wait_for_200(server, "/metrics")
        return server

    def prometheus(self, configuration, data):
        """Starts Prometheus."""
        server = self._serve([installed("prometheus"), f"--config.file={configuration}", f"--storage.tsdb.path={data}"])
        wait_for_200(server, "/-/ready")
        return server

    def nginx(self, block):
        """Starts nginx with a server of these directives; the process ID is that of its only worker."""
        directory, port = Path(tempfile.mkdtemp("", "nginx-", self.directory)), free_port()
        settings = "sendfile on; keepalive_requests 1000000000; keepalive_timeout 1h;"
        text = f"{settings}\nserver {{ listen 127.0.0.1:{port}{block} }}\n"
        program = start_nginx(self.start, directory, text)
        program.wait_until(lambda: _listens(port), "nginx listens")
        return Server(program, only_child(program.process_id), port, [])

    def _serve(self, command):
        port = free_port()
        program = self.start([*command, listen_address(port)], {})
        return Server(program, program.process_id, port, [str(word) for word in command])


def listen_address(port):
    """The flag of exporters for an address."""
    return f"--web.listen-address=127.0.0.1:{port}"


def wait_for_200(server, path, deadline=120):
    """Waits until the server answers `path` with status 200."""
    url = f"http://127.0.0.1:{server.port}{path}"
    server.program.wait_until(lambda: loopback.returns_200(url), f"it answers {path}", deadline)


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
        return True
    except ConnectionRefusedError:
        return False


def wait_until_polled(exporter):
    """Waits until each API has been polled once, and checks that it succeeded."""
    wait_for_200(exporter, "/-/ready")
    if "poll failed" in exporter.program.stderr:
        raise RuntimeError(f"a poll failed: {exporter.program.stderr[-2000:]}")


@contextmanager
def new_setting(options):
    """A setting for one line."""
    with tempfile.TemporaryDirectory(prefix="bench-compare-") as directory:
        parent = Path(directory)
        with interrupts.starting(parent) as start:
            yield Setting(options, parent, start)
