"""The container image: what is in it, and how it runs with a read-only root, without rights and as process 1."""

import subprocess

import pytest

import documents
import loopback
import shipped
from containers import within
from programs import REPOSITORY, free_port, wait_until

RESTRICTED = ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--network=none"]
HEALTHY = "http://127.0.0.1:10036/-/healthy responds 200 OK\n"


@pytest.fixture
def demo(podman, image):
    """A container that runs the demo, and is healthy."""
    with podman.running(image, "demo", flags=RESTRICTED) as name:
        wait_until_healthy(podman, name)
        yield name


def wait_until_healthy(podman, name):
    # This runs the image's health check.
    wait_until(lambda: podman.call("podman", "healthcheck", "run", name).returncode == 0, f"{name} is healthy")


def test_it_is_below_12_mb(podman, image):
    size = podman.inspect(image)["Size"]
    print(f"size of the image: {size} bytes")
    assert 4_000_000 < size < 12_000_000


def test_its_files(podman, image):
    root = podman("image", "mount", image)
    found = subprocess.run(["find", root, "-type", "f", "-printf", "%P %m %U\n"], capture_output=True, text=True, check=True)
    assert sorted(found.stdout.splitlines()) == [
        "LICENSE 644 0",
        "bin/metastudio-exporter 755 0",
        "etc/ssl/certs/ca-certificates.crt 644 0",
    ]
    with open(f"{root}/etc/ssl/certs/ca-certificates.crt") as authorities:
        assert authorities.read().count("BEGIN CERTIFICATE") > 100
    with open(f"{root}/bin/metastudio-exporter", "rb") as program:
        assert b".dep-v0" in program.read(), "the list of dependencies is missing"
    podman("image", "unmount", image)


def test_its_description(podman, image):
    description = podman.inspect(image)
    config = description["Config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/bin/metastudio-exporter"]
    assert config.get("Cmd") is None
    assert list(config["ExposedPorts"]) == ["10036/tcp"]
    assert description["Healthcheck"]["Test"] == ["CMD", "/bin/metastudio-exporter", "healthcheck"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    labels.pop("io.buildah.version", None)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert labels == {
        "title": "metastudio-exporter",
        "description": "Prometheus exporter for the resources and user quotas of Huawei Cloud MetaStudio",
        "source": "https://github.com/metastudio-exporter/metastudio-exporter",
        "licenses": "Apache-2.0",
        "version": shipped.VERSION,
        "revision": head.stdout.strip(),
    }


def test_its_program_knows_its_version_and_revision(podman, image):
    head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True)
    lines = podman("run", "--rm", *RESTRICTED, image, "--version").splitlines()
    assert lines[:2] == [f"metastudio-exporter {shipped.VERSION}", f"revision {head.stdout.strip()}"]


def test_it_runs_as_a_number_without_rights(podman, demo):
    process = podman.inspect(demo)["State"]["Pid"]
    with open(f"/proc/{process}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", maxsplit=1) for line in file)
    assert set(status["Uid"].split()) == {"65532"} and set(status["Gid"].split()) == {"65532"}
    assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd")} == {"0000000000000000"}
    assert status["NoNewPrivs"] == "1"
    assert status["NSpid"].split()[-1] == "1"


def test_it_serves_its_own_numbers_and_the_projects(podman, demo):
    assert podman("exec", demo, "metastudio-exporter", "healthcheck") + "\n" == HEALTHY
    process = podman.inspect(demo)["State"]["Pid"]
    scrape = lambda: within(process, "curl", "--silent", "--fail", "http://127.0.0.1:10036/metrics").stdout
    up = 'metastudio_up{project="production",collector="user_quotas"} 1\n'
    wait_until(lambda: up in scrape(), "it has polled")
    # These are read from /proc.
    names = {line.split()[0] for line in scrape().splitlines() if line.startswith("process_")}
    assert names >= {"process_cpu_seconds_total", "process_open_fds", "process_resident_memory_bytes"}


def test_what_listens_elsewhere_is_not_healthy(podman, image):
    with podman.running(image, "simulate", flags=RESTRICTED) as name:
        done = podman.call("podman", "healthcheck", "run", name)
        assert done.returncode == 1, done.stdout
        asked = podman.call("podman", "exec", name, "metastudio-exporter", "healthcheck")
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "http://127.0.0.1:10036/-/healthy: " in asked.stderr and "onnection refused" in asked.stderr


def test_the_health_check_knows_the_address_of_the_variable(podman, image):
    flags = [*RESTRICTED, "--env=METASTUDIO_EXPORTER_WEB_LISTEN_ADDRESS=127.0.0.1:9999"]
    with podman.running(image, "demo", flags=flags) as name:
        wait_until_healthy(podman, name)
        asked = podman("exec", name, "metastudio-exporter", "healthcheck")
    assert asked + "\n" == HEALTHY.replace("10036", "9999")


def test_with_tls_and_users_it_is_healthy(podman, image, tmp_path):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-keyout", f"{tmp_path}/key.pem", "-out", f"{tmp_path}/cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    (tmp_path / "web.yml").write_text(
        "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"
        # The password is `test`.
        "basic_auth_users: {alice: $2y$10$hfftv3/DbHBgVrxDhmHGge7mthOS2dT6o4Iw.xuQQCT7Je6MWqIM.}\n"
    )
    for file in tmp_path.iterdir():
        file.chmod(0o644)
    tmp_path.chmod(0o755)
    flags = [*RESTRICTED, f"--volume={tmp_path}:/web:ro", "--env=METASTUDIO_EXPORTER_WEB_CONFIG_FILE=/web/web.yml"]
    with podman.running(image, "demo", flags=flags) as name:
        wait_until_healthy(podman, name)
        asked = podman("exec", name, "metastudio-exporter", "healthcheck")
        process = podman.inspect(name)["State"]["Pid"]
        url = "https://127.0.0.1:10036/-/healthy"
        codes = [
            within(process, "curl", "--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}", *user, url)
            for user in ([], ["--user", "alice:test"])
        ]
    assert asked == f"{url} responds 401 Unauthorized"
    assert [code.stdout for code in codes] == ["401", "200"]


def test_as_process_1_it_ends_at_once_and_well(podman, demo):
    podman("stop", "--time=60", demo)
    state = podman.inspect(demo)["State"]
    assert (state["Status"], state["ExitCode"], state["OOMKilled"]) == ("exited", 0, False)


def test_without_a_project_it_says_what_to_do(podman, image):
    done = podman.call("podman", "run", "--rm", *RESTRICTED, image)
    assert done.returncode == 2
    assert "metastudio-exporter: no project: set HUAWEICLOUD_SDK_PROJECT_ID" in done.stderr


@pytest.fixture
def network(podman):
    """A network in which containers find each other."""
    name = "metastudio_documents"
    podman("network", "create", name)
    yield name
    podman("network", "rm", "--force", name)


def test_the_command_of_the_document(podman, image, network, start):
    """As it is typed, with another port and a simulated cloud in place of the account's."""
    (command,) = documents.slow_commands("docs/installing.md", "Docker")
    address = f"127.0.0.1:{free_port()}"
    flags = [f"--network={network}"]
    with podman.running(image, "simulate", "--listen=0.0.0.0:8480", "--users=7", flags=flags) as cloud:
        wait_until(lambda: "METASTUDIO_REGION=" in podman("logs", cloud), "the cloud listens")
        account = dict(line.split("=", 1) for line in podman("logs", cloud).splitlines() if line[:1].isupper())
        project = account["HUAWEICLOUD_SDK_PROJECT_ID"]
        endpoint = account["METASTUDIO_ENDPOINT"].replace("localhost", cloud[:12])
        more = f"--network={network} --env METASTUDIO_ENDPOINT={endpoint} --env HUAWEICLOUD_SDK_PROJECT_ID={project}"
        for documented, typed in (
            ("docker run ", f"exec podman run {more} "),
            ("127.0.0.1:10036:10036", f"{address}:10036"),
        ):
            assert command.count(documented) == 1, command
            command = command.replace(documented, typed)
        keys = {name: account[name] for name in ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK")}
        docker = start(["bash", "-ec", command], podman.environment | keys)
        docker.wait_until(lambda: loopback.returns_200(f"http://{address}/-/ready"), "the first poll ends")
        assert f'metastudio_users{{project="{project}"}} 7\n' in loopback.get(f"http://{address}/metrics").text
        assert docker.stop() == 0
