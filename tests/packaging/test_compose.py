"""deploy/compose in containers: the demo, then an account, for which a simulated cloud of its own stands in.

Prometheus is the one of `go-programs.sh` and Alertmanager is Debian's, in images with the names in the file. Grafana's image
cannot be made here, so that service does not run.
"""

import json
import shlex
import shutil
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

import documents
from programs import REPOSITORY, free_port, go_program, installed, wait_until

SERVICES = ["exporter", "prometheus", "alertmanager"]
LIBRARIES = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"]
NETWORK = "metastudio_default"


class Project:
    """A copy of the compose file and what it mounts, with ports that are free."""

    def __init__(self, podman, directory):
        self._podman, self._root, self._directory = podman, directory, directory / "deploy" / "compose"
        for name in ("deploy", "dashboards"):
            shutil.copytree(REPOSITORY / name, directory / name, symlinks=True)
        file = self._directory / "compose.yaml"
        text = file.read_text()
        self.addresses = {}
        for service, port in (("exporter", 10036), ("prometheus", 9090), ("alertmanager", 9093)):
            self.addresses[service] = f"127.0.0.1:{free_port()}"
            assert text.count(f"127.0.0.1:{port}:{port}") == 1
            text = text.replace(f"127.0.0.1:{port}:{port}", f"{self.addresses[service]}:{port}")
        file.write_text(text)

    def compose(self, *arguments):
        return self._compose(self._directory, arguments)

    def type(self, command, *more):
        """A command of `docker compose`, as in a document; its directory is that of the repository."""
        program, subcommand, *arguments = shlex.split(command)
        assert (program, subcommand) == ("docker", "compose")
        return self._compose(self._root, [*arguments, *more])

    def _compose(self, directory, arguments):
        command = [Path(sys.executable).with_name("podman-compose"), "--in-pod=false", *arguments]
        done = self._podman.call(*command, cwd=directory)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def fill_in(self, variables):
        """Copies the example of an environment file, with values in place of its own."""
        lines = (self._directory / "example.env").read_text().splitlines()
        kept = [line for line in lines if line.split("=")[0] not in variables]
        lines = kept + [f"{name}={value}" for name, value in variables.items()]
        (self._directory / ".env").write_text("\n".join(lines) + "\n")

    def get(self, service, path):
        with urllib.request.urlopen(f"http://{self.addresses[service]}{path}", timeout=30) as response:
            return json.load(response)

    def query(self, expression):
        """The values of an expression in Prometheus, by project."""
        answer = self.get("prometheus", f"/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
        return {sample["metric"].get("project"): sample["value"][1] for sample in answer["data"]["result"]}


@pytest.fixture
def project(podman, image, tmp_path):
    prometheus = tmp_path / "prometheus-root"
    (prometheus / "bin").mkdir(parents=True)
    shutil.copy(go_program("prometheus"), prometheus / "bin" / "prometheus")
    (prometheus / "prometheus").mkdir()
    shutil.chown(prometheus / "prometheus", 65534, 65534)
    settings = ["--user=65534", "--workingdir=/prometheus", '--entrypoint=["/bin/prometheus"]']
    podman.import_directory(prometheus, "docker.io/prom/prometheus:v3.16.0", *settings)

    alertmanager = tmp_path / "alertmanager-root"
    (alertmanager / "bin").mkdir(parents=True)
    shutil.copy(installed("prometheus-alertmanager"), alertmanager / "bin" / "alertmanager")
    for library in LIBRARIES:
        (alertmanager / library[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, alertmanager / library[1:])
    # Debian's takes its templates from there, the one in the image has them within.
    shutil.copytree("/usr/share/prometheus/alertmanager", alertmanager / "usr" / "share" / "prometheus" / "alertmanager")
    (alertmanager / "alertmanager").mkdir()
    shutil.chown(alertmanager / "alertmanager", 65534, 65534)
    settings = ["--user=65534", "--workingdir=/alertmanager", '--entrypoint=["/bin/alertmanager"]']
    podman.import_directory(alertmanager, "docker.io/prom/alertmanager:v0.35.0", *settings)

    project = Project(podman, tmp_path)
    try:
        yield project
    finally:
        project.compose("down", "--volumes")
        # podman-compose keeps a network that it has not created.
        podman("network", "rm", "--force", NETWORK)


def test_the_demo_then_an_account(podman, image, project):
    (command,) = documents.slow_commands("docs/installing.md", "Try it with Docker Compose")
    project.type(command, "--detach", "--no-build", *SERVICES)
    projects = {"production": "1", "staging": "1"}
    up = 'metastudio_up{collector="user_quotas"}'
    wait_until(lambda: reachable(project) and project.query(up) == projects, "Prometheus has the projects of the demo")
    assert project.query("count(metastudio_user_quota_limit) by (project)").keys() == projects.keys()
    rules = project.get("prometheus", "/api/v1/rules")["data"]["groups"]
    assert sum(len(group["rules"]) for group in rules) > 50
    found = project.get("prometheus", "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
    assert [alertmanager["url"] for alertmanager in found] == ["http://alertmanager:9093/api/v2/alerts"]
    configuration = project.get("alertmanager", "/api/v2/status")["config"]["original"]
    assert "- /etc/alertmanager/metastudio.tmpl\n" in configuration and "- name: not-sent\n" in configuration

    project.compose("down")
    podman("network", "create", NETWORK)
    # The cloud of the account.
    with podman.running(image, "simulate", "--listen=0.0.0.0:8480", "--users=7", flags=[f"--network={NETWORK}"]) as cloud:
        wait_until(lambda: "METASTUDIO_REGION=" in podman("logs", cloud), "the cloud listens")
        lines = (line.split("=", maxsplit=1) for line in podman("logs", cloud).splitlines() if line[:1].isupper())
        variables = {name: value.replace("localhost", cloud[:12]) for name, value in lines}
        project.fill_in(variables)
        project.compose("up", "--detach", "--no-build", *SERVICES)
        name = variables["HUAWEICLOUD_SDK_PROJECT_ID"]
        wait_until(
            lambda: reachable(project) and project.query("metastudio_users").get(name) == "7",
            "Prometheus has the users of the account",
        )


def reachable(project):
    """Whether Prometheus has started."""
    try:
        return project.get("prometheus", "/api/v1/status/buildinfo")
    except OSError:
        return False
