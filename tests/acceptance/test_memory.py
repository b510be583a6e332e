"""Former secrets are nowhere in the memory of the exporter, and other programs of its user cannot read that memory."""

import base64
import json
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import configuration
import exposition
import loopback
import memory
from certificates import P256, SERVER, openssl
from cloud import Cloud
from configuration import Credentials
from exporter import Exporter
from programs import run_to_end
from recorder import recording
from web_client import Request, basic, send_request
from web_options import LONG, LONG_HASH, tls, users
from web_servers import NO_CLOUD

pytest_plugins = ["web_fixtures"]

TOKEN = "MIITokenOfNobodyAtAll+2026/01==" * 4
FAST_POLLS = {"interval": "300ms", "requests_per_second": 1000}
# Without polls, the connections to the cloud close. Their buffers keep what was sent last.
NO_POLLS = {"interval": "24h"}
# Without rights, also without those that root passes on.
UNPRIVILEGED = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
KINDS = ("access_key", "password", "agency", "oidc", "pod_identity")


def wait_for_success(exporter, projects):
    """Waits until both APIs of these projects have been polled successfully after this moment."""
    since = time.time()

    def successes():
        times = exposition.with_prefix(exporter.scrape(), "metastudio_last_success_timestamp_seconds")
        return sum(time > since for time in times.values())

    exporter.program.wait_until(lambda: successes() == 2 * projects, "polls succeed")


def test_no_former_secret_of_the_cloud_stays_in_memory(simulate, serve, tmp_path):
    cloud = Cloud(simulate("--users=3", "--resources=2"))
    (account,) = cloud.accounts()
    (project,) = account["projects"]
    with recording(cloud.endpoint) as recorder:
        credentials = Credentials(cloud, account, tmp_path, recorder.endpoint)
        kinds = {kind: getattr(credentials, kind)() for kind in KINDS}
        # Secrets in the configuration itself.
        password = {name: account[name] for name in ("domain", "user", "password")}
        kinds["password"] = {"password": password}
        kinds["token"] = {"token": {"value": TOKEN}}
        projects = {
            kind: configuration.project(recorder.endpoint, project, entry, name=kind) for kind, entry in kinds.items()
        }
        file = configuration.write(tmp_path / "exporter.yml", list(projects.values()), **FAST_POLLS)
        exporter = serve({}, f"--config.file={file}")
        wait_for_success(exporter, len(KINDS))
        former = {"secret key": account["secret_key"]} | recorder.by_place()
        in_memory = memory.occurrences(exporter.program.process_id, former)
        assert in_memory["secret key", "plain", "anonymous"] > 0, f"otherwise this test checks nothing: {in_memory}"

        access_key, secret_key = cloud.new_access_key(0)
        credentials.key_pair(access_key, secret_key)
        cloud.delete_access_key(account["access_key"])
        for identity in ("id_token", "pod_token"):
            credentials.put(identity, cloud.new_identity(identity))
        for issued in ("temporary_keys", "iam_tokens"):
            cloud.revoke(issued)
        wait_for_success(exporter, len(KINDS))
        kept = [project for kind, project in projects.items() if kind not in ("password", "token")]
        configuration.write(file, kept, **NO_POLLS)
        exporter.program.send_sighup()

        current = [secret_key, *recorder.secrets() - set(former.values())]
        memory.wait_until_absent(exporter.program.process_id, former, without=current)
        new = memory.occurrences(exporter.program.process_id, {"secret key": secret_key})
        assert new["secret key", "plain", "anonymous"] > 0


def test_no_password_and_no_former_private_key_of_the_web_server_stays_in_memory(certificates, exporter, tmp_path):
    live = [tmp_path / "live.crt", tmp_path / "live.key"]

    def install(name, algorithm):
        """Installs a new certificate; returns the secrets of its key."""
        made = certificates.authority.sign(name, SERVER, algorithm, directory=tmp_path)
        for source, target in zip((made.certificate, made.key), live, strict=True):
            shutil.copyfile(source, target.with_suffix(".new"))
            os.replace(target.with_suffix(".new"), target)
        return secrets_of_key(made.key)

    former = install("first", P256)
    web = tmp_path / "web.yml"
    web.write_text(json.dumps(tls(cert_file=str(live[0]), key_file=str(live[1])) | users(alice=LONG_HASH)))
    server = exporter.serve(web)
    process_id = server.program.process_id
    assert memory.occurrences(process_id, former), "otherwise this test checks nothing"
    right, wrong = ("alice", LONG), ("alice", "NotThePasswordOfAliceButOfBob")
    for login, status in ((right, 200), (wrong, 401)):
        assert send_request(server.address, certificates, Request(tls=True, login=login))["status"] == status
    for login in (right, wrong):
        former |= {f"password {login[1]}": login[1], f"header {login[1]}": basic(*login).removeprefix("Basic ")}
    install("second", P256)
    server.program.wait_until(lambda: "web configuration reloaded" in server.program.stderr, "it uses the new key")
    memory.wait_until_absent(process_id, former)


def secrets_of_key(path):
    """The private number of a P-256 key, in both orders of bytes, and the lines of its file."""
    text = openssl("pkey", "-in", path, "-noout", "-text")
    digits = re.search(r"priv:([0-9a-f:\s]+)pub:", text)[1]
    number = bytes.fromhex(re.sub(r"[:\s]", "", digits))[-32:]
    lines = "".join(path.read_text().splitlines()[1:-1])
    return {"number": number, "number from its end": number[::-1], "file": base64.b64decode(lines), "lines": lines}


def test_the_memory_and_environment_of_an_exporter_are_closed_to_its_own_user(binary, start):
    variables = NO_CLOUD | {"METASTUDIO_EXPORTER_POLL_INTERVAL": "24h"}
    with tempfile.TemporaryDirectory() as directory:
        # Not below the directory of the test, which only its owner can enter.
        os.chmod(directory, 0o755)
        copy = shutil.copy(binary, directory)
        as_user = UNPRIVILEGED if os.geteuid() == 0 else []
        exporter = Exporter(start([*as_user, copy, "--web.listen-address=127.0.0.1:0"], variables))
        process = Path(f"/proc/{exporter.program.process_id}")

        def run(*command):
            return run_to_end([*as_user, *command], directory)

        for secret in ("environ", "mem", "maps"):
            assert (process / secret).stat().st_uid == 0
            read = run("head", "--bytes=1", process / secret)
            assert (read.returncode, read.stdout) == (1, ""), secret
            assert "Permission denied" in read.stderr
        # What needs no secret still works: metrics about the process, and signals of its user.
        samples = exporter.scrape()
        for name in ("open_fds", "max_fds", "resident_memory_bytes", "start_time_seconds", "threads"):
            assert samples[exposition.key(f"process_{name}")] > 0
        assert run("kill", "-HUP", process.name).returncode == 0
        exporter.program.wait_until(lambda: "configuration reloaded" in exporter.program.stderr, "it reloads")
