"""No secret appears in any output, at the most verbose log level, for any response of the cloud."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

import configuration
import exposition
import leaks
import loopback
from cloud import Cloud
from configuration import Credentials
from echo_cloud import echo_cloud, error, escaped_error, escaped_stranger, json_string, plain_text
from exporter import ONE_POLL
from programs import run_to_end
from recorder import recording

# `=`, `/` and `+` are in real tokens, and some servers escape them in JSON.
TOKEN = "MIITokenOfNobodyAtAll+2026/01==" * 4
# Where the secrets of each kind must be seen in transit. Otherwise the tests check nothing.
PLACES = {
    "access_key": {"signature"},
    "temporary_key": {"signature", "x-security-token"},
    "token": {"x-auth-token"},
    "password": {"password", "x-subject-token", "x-auth-token"},
    "agency": {"metadata_token", "x-metadata-token", "secret", "securitytoken", "x-security-token"},
    "oidc": {"id_token", "secret_access_key", "security_token", "x-security-token"},
    "pod_identity": {"pod_token", "secretAccessKey", "securityToken", "x-security-token"},
    "profile": {"signature"},
}
# What a cloud with an echo receives: of the issuers only requests, because it issues nothing.
ECHOED = {"signature", "x-security-token", "x-auth-token", "password", "id_token", "pod_token"}
ECHOES = {
    "401": (401, error),
    "403": (403, error),
    "500": (500, error),
    "401-escaped": (401, escaped_error),
    "403-escaped": (403, escaped_error),
    "403-unknown-shape": (403, escaped_stranger),
    "500-plain-text": (500, plain_text),
    "200-plain-text": (200, plain_text),
    "200-json-string": (200, json_string),
}
# Commands that exit, each with a format of logs.
COMMANDS = {
    "once": ("once", "--log.format=logfmt"),
    "check": ("check", "--log.format=json"),
    "recording": ("check", "--format=json", "--record=recording.json", "--log.format=logfmt"),
}
FLAGS = ("--log.level=trace", "--poll.timeout=2s", "--poll.requests-per-second=1000")
PAGES = ("/metrics", "/", "/users", "/resources", "/products", "/sd", "/-/ready", "/nowhere?secret=no")


class World:
    """A simulated account, and a configuration file that polls each of its projects with each kind of credentials."""

    def __init__(self, cloud, directory, endpoint):
        self.cloud, self._directory = cloud, directory
        (account,) = cloud.accounts()
        projects = [
            configuration.project(endpoint, project, credentials, name=f"{kind} {project['name']}")
            for kind, credentials in self._kinds(account, endpoint).items()
            for project in account["projects"]
        ]
        self.file = configuration.write(directory / "exporter.yml", projects)
        # The chain of credentials, for projects without any of their own.
        self.variables = {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(directory / "profile")}

    def _kinds(self, account, endpoint):
        permanent = Credentials(self.cloud, account, self._directory, endpoint)
        (self._directory / "temporary").mkdir()
        temporary = Credentials(self.cloud, account, self._directory / "temporary", endpoint)
        ak, sk, security_token = self._temporary_key()
        permanent.put("profile", f"[basic]\nak = {account['access_key']}\nsk = {account['secret_key']}")
        return {
            "access_key": permanent.access_key(),
            "temporary_key": temporary.key_pair(ak, sk, security_token=security_token),
            "token": permanent.token(TOKEN),
            "password": permanent.password(),
            "agency": permanent.agency(),
            "oidc": permanent.oidc(),
            "pod_identity": permanent.pod_identity(),
            "profile": None,
        }

    def _temporary_key(self):
        url, token = f"{self.cloud.endpoint}/pod-identity/credentials", self.cloud.identity("pod_token")
        found = json.loads(loopback.send("POST", url, "{}", Authorization=token).text)["credentials"]
        return found["accessKeyId"], found["secretAccessKey"], found["securityToken"]

    def spoil(self):
        """Replaces each secret by one that is not valid."""
        for path in self._secret_files():
            text = path.read_text().strip()
            *rest, secret = text.split(" ")
            path.write_text(" ".join([*rest, f"Not{secret[:-3]}Not"]))

    def secrets(self):
        """All secrets in files."""
        return {path.read_text().split(" ")[-1].strip() for path in self._secret_files()}

    def _secret_files(self):
        names = ("sk", "security_token", "token", "password", "id_token", "pod_token", "profile")
        paths = [folder / name for folder in (self._directory, self._directory / "temporary") for name in names]
        return [path for path in paths if path.exists()]


@pytest.fixture
def run_all(binary, serve, tmp_path):
    """Runs all commands at once, with the exporter itself in both formats of logs; returns all output."""

    def run_command(name, world):
        directory = tmp_path / name
        directory.mkdir()
        command = [binary, *COMMANDS[name], *FLAGS, f"--config.file={world.file}"]
        result = run_to_end(command, directory, world.variables, timeout=120)
        assert result.returncode == 1 and result.stdout, result.stderr
        files = [path.read_text() for path in directory.iterdir()]
        assert bool(files) == (name == "recording")
        return [result.stdout, result.stderr, *files]

    def serve_all(world):
        flags = [*FLAGS, *ONE_POLL, f"--config.file={world.file}"]
        exporters = [serve(world.variables, f"--log.format={log}", *flags) for log in ("logfmt", "json")]
        for exporter in exporters:
            exporter.program.wait_until(lambda: is_ready(exporter), "the first poll ends", deadline=120)
            yield from responses(exporter.url)
            # Another thread writes the log; all of it is there at the end.
            assert exporter.program.stop() == 0
            yield from (exporter.program.stdout, exporter.program.stderr)

    def run(world):
        with ThreadPoolExecutor() as pool:
            running = [pool.submit(run_command, name, world) for name in COMMANDS]
            texts = list(serve_all(world))
            return texts + [text for command in running for text in command.result()]

    return run


def is_ready(exporter):
    return loopback.returns_200(f"{exporter.url}/-/ready")


def responses(url):
    """The text and headers of all pages, good and bad."""
    answers = [loopback.get(f"{url}{path}", Authorization=f"Bearer {TOKEN}") for path in PAGES]
    answers += [loopback.send("POST", f"{url}{path}", TOKEN) for path in ("/-/reload", "/metrics")]
    return [f"{answer.headers}\n{answer.text}" for answer in answers]


@pytest.fixture
def world_of(simulate, tmp_path):
    """Starts a cloud, with a recorder in front of it unless another endpoint is given."""

    @contextmanager
    def start(faults=(), projects=1, endpoint=None):
        cloud = Cloud(simulate("--users=3", "--resources=2", f"--projects={projects}"))
        with recording(cloud.endpoint) as recorder:
            world = World(cloud, tmp_path, endpoint or recorder.endpoint)
            cloud.set_faults(*faults)
            yield world, recorder

    return start


def all_faults(binary, directory):
    """The names of all faults, from the error about an unknown one."""
    result = run_to_end([binary, "simulate", "--fault=unknown"], directory)
    return re.search(r"the faults are (.*)", result.stderr)[1].split(", ")


def test_no_secret_leaks_for_any_fault_of_metastudio(binary, world_of, run_all, tmp_path):
    faults = [fault for fault in all_faults(binary, tmp_path) if not fault.startswith("iam-")]
    assert len(faults) == 21
    # Each fault has a project of its own.
    at_projects = [f"{fault}#project-{number:04}" for number, fault in enumerate(faults, 1)]
    with world_of(at_projects, projects=len(faults)) as (world, recorder):
        texts = run_all(world)
        assert recorder.places() >= set().union(*PLACES.values())
        assert leaks.find(texts, recorder.secrets() | world.secrets()) is None


@pytest.mark.parametrize("fault", ["iam-error", "iam-forbidden"])
def test_no_secret_leaks_for_any_fault_of_issuers(world_of, run_all, fault):
    with world_of([fault]) as (world, recorder):
        texts = run_all(world)
        assert recorder.places() >= ECHOED - ({"x-security-token"} if fault == "iam-error" else set())
        assert leaks.find(texts, recorder.secrets() | world.secrets()) is None


def test_no_secret_leaks_when_all_are_rejected(world_of, run_all):
    with world_of() as (world, recorder):
        valid = world.secrets()
        world.spoil()
        assert not valid & world.secrets()
        texts = run_all(world)
        # The cloud repeats the canonical request, with all signed headers.
        assert any("verify aksk signature fail" in text for text in texts)
        assert recorder.places() >= ECHOED
        assert leaks.find(texts, recorder.secrets() | world.secrets()) is None


@pytest.mark.parametrize("echo", ECHOES)
def test_no_secret_leaks_when_the_cloud_echoes_every_request(world_of, run_all, echo):
    with echo_cloud(*ECHOES[echo]) as cloud, world_of(endpoint=cloud.endpoint) as (world, _):
        texts = run_all(world)
        received = "".join(cloud.received())
        unsent = [secret for secret in world.secrets() if secret not in received]
        assert len(unsent) == 2, "the secret keys; otherwise this test checks nothing"
        assert leaks.find(texts, world.secrets() | cloud.secrets()) is None


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_no_secret_leaks_when_credentials_are_renewed_or_the_renewal_fails(world_of, serve, log_format):
    with world_of() as (world, recorder):
        flags = ("--poll.interval=300ms", *FLAGS, f"--log.format={log_format}", f"--config.file={world.file}")
        exporter = serve(world.variables, *flags)

        def wait_until_up(*kinds):
            ups = {f"{kind} production": int(kind in kinds) for kind in PLACES}
            exporter.program.wait_until(lambda: up_by_project(exporter) == ups, f"these are up: {kinds}")

        wait_until_up(*set(PLACES) - {"token"})
        world.cloud.set_faults("iam-error")
        world.cloud.revoke("temporary_keys")
        world.cloud.revoke("iam_tokens")
        wait_until_up("access_key", "profile")
        texts = [*responses(exporter.url), exporter.program.stdout, exporter.program.stderr]
        assert leaks.find(texts, recorder.secrets() | world.secrets()) is None


def up_by_project(exporter):
    """Whether both APIs of each project are up."""
    ups = {}
    for (_, labels), up in exposition.with_prefix(exporter.scrape(), "metastudio_up").items():
        project = dict(labels)["project"]
        ups[project] = min(up, ups.get(project, 1))
    return ups
