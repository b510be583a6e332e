"""curl, `openssl s_client` and Prometheus read exporters with every combination of TLS and authentication, but only
with the required certificate and password."""

import dataclasses
import json
import tempfile
from contextlib import ExitStack

import pytest

import exposition
from cloud import start_simulation
from exporter import ONE_POLL
from programs import run_to_end, running
from prometheus import Prometheus
from web_client import Request, send_request
from web_modes import MODES
from web_options import ALICE
from web_servers import ExporterKind

pytest_plugins = ["web_fixtures"]


WITH_TLS = [mode for mode in MODES if mode.tls]
GUARDED = [mode for mode in MODES if mode.certificate or mode.password]
# Exit codes of curl for a rejected certificate. They depend on its state: in the handshake, sending, receiving.
NO_ANSWER = {35, 52, 55, 56, 92}
UNKNOWN_AUTHORITY = 60


@pytest.fixture(scope="module")
def start_once(tmp_path_factory):
    """Starts a program for all tests in this file."""
    directory = tmp_path_factory.mktemp("clients")
    with ExitStack() as programs:
        yield lambda command, environment: programs.enter_context(running(command, environment, directory))


@pytest.fixture(scope="module")
def exporters(binary, start_once, certificates, tmp_path_factory):
    """The address of an exporter in each mode. All have polled the same cloud once."""
    variables = start_simulation(start_once, binary, "--speed=0", "--users=20")
    kind = ExporterKind(binary, start_once, tmp_path_factory.mktemp("exporters"))
    servers = {
        mode: kind.serve(
            mode.file(certificates), *ONE_POLL, variables=variables | mode.variables(certificates)
        )
        for mode in MODES
    }
    for mode, server in servers.items():
        ready = request(mode, path="/-/ready")
        server.program.wait_until(
            lambda: send_request(server.address, certificates, ready)["status"] == 200, "the first poll ends"
        )
    return {mode: server.address for mode, server in servers.items()}


@pytest.fixture(scope="module")
def samples(exporters, certificates):
    """The samples that all of them expose."""
    (open_to_all,) = [mode for mode in MODES if mode.web is None]
    text = curl(exporters[open_to_all], open_to_all, certificates).stdout
    samples = exposition.steady(exposition.parse(text))
    assert len(samples) > 20 * 8
    return samples


@pytest.mark.parametrize("version", ["1.1", "2"])
@pytest.mark.parametrize("mode", MODES, ids=str)
def test_curl_reads_every_sample(mode, version, exporters, samples, certificates):
    read = curl(exporters[mode], mode, certificates, f"--http{version}", "--write-out", "%{stderr}%{http_version}")

    assert exposition.steady(exposition.parse(read.stdout)) == samples
    assert (read.returncode, read.stderr) == (0, version if mode.tls else "1.1")


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_curl_reads_the_compressed_metrics(mode, exporters, samples, certificates):
    read = curl(exporters[mode], mode, certificates, "--compressed")

    assert exposition.steady(exposition.parse(read.stdout)) == samples


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_discovered_targets_have_the_scheme_and_address_of_the_exporter(mode, exporters, certificates):
    groups = json.loads(curl(exporters[mode], mode, certificates, path="/sd").stdout)

    assert len(groups) == 2
    for group in groups:
        # Prometheus' default is http.
        assert group["labels"].get("__scheme__", "http") == mode.scheme
        assert group["targets"] == [exporters[mode]]


@pytest.mark.parametrize("mode", GUARDED, ids=str)
def test_curl_reads_nothing_without_the_required_certificate_or_password(mode, exporters, certificates):
    for missing in [name for name in ("certificate", "password") if getattr(mode, name)]:
        incomplete = dataclasses.replace(mode, **{missing: False})
        result = curl(exporters[mode], incomplete, certificates, "--write-out", "%{stderr}%{http_code}")
        assert "metastudio" not in result.stdout
        if missing == "password":
            assert (result.returncode, result.stderr, result.stdout) == (0, "401", "Unauthorized\n")
        else:
            assert result.returncode in NO_ANSWER, result.stderr
            assert result.stderr.endswith("000")


@pytest.mark.parametrize("mode", WITH_TLS, ids=str)
def test_curl_does_not_trust_an_exporter_of_another_authority(mode, exporters, certificates):
    url = f"https://{exporters[mode]}/metrics"

    result = run("curl", "--silent", "--cacert", certificates.path("other-ca.crt"), url)

    assert (result.returncode, result.stdout) == (UNKNOWN_AUTHORITY, "")


@pytest.mark.parametrize("mode", WITH_TLS, ids=str)
def test_openssl_verifies_the_exporter_and_gets_an_answer(mode, exporters, certificates):
    result = s_client(exporters[mode], *mode.openssl(certificates))

    assert result.returncode == 0, result.stderr
    assert f"Protocol version: {mode.version}\n" in result.stderr
    assert "Verification: OK\n" in result.stderr
    assert result.stdout.startswith("HTTP/1.1 401 " if mode.password else "HTTP/1.1 200 ")


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.certificate], ids=str)
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl_gets_an_alert_with_the_reason_of_the_rejection(mode, version, exporters, certificates):
    without = dataclasses.replace(mode, certificate=False)
    stranger = ("-cert", certificates.path("stranger.crt"), "-key", certificates.path("stranger.key"))

    missing = s_client(exporters[mode], version, *without.openssl(certificates))
    untrusted = s_client(exporters[mode], version, *without.openssl(certificates), *stranger)

    assert [result.stdout for result in (missing, untrusted)] == ["", ""]
    # Alert 116, certificate required, exists in TLS 1.3; TLS 1.2 has a handshake failure instead.
    assert "alert certificate required" in missing.stderr or "alert handshake failure" in missing.stderr
    assert "alert unknown ca" in untrusted.stderr or "alert bad certificate" in untrusted.stderr


def test_prometheus_scrapes_every_mode_and_stores_every_sample(exporters, samples, start_once, certificates, tmp_path):
    incomplete = {
        f"{mode}-without-{missing}": dataclasses.replace(mode, **{missing: False})
        for mode in GUARDED
        for missing in ("certificate", "password")
        if getattr(mode, missing)
    }
    addresses = {mode.name: exporters[mode] for mode in MODES}
    jobs = [job(mode.name, mode, exporters[mode], certificates) for mode in MODES]
    refused = [job(name, mode, addresses[mode.name], certificates) for name, mode in incomplete.items()]
    configuration = tmp_path / "prometheus.yml"
    scraping = {"scrape_interval": "2s", "scrape_timeout": "2s"}
    configuration.write_text(json.dumps({"global": scraping, "scrape_configs": jobs + refused}))
    prometheus = Prometheus(start_once, configuration, tmp_path / "data")

    def all_scraped():
        targets = prometheus.targets()
        return len(targets) == len(jobs + refused) and all(target["health"] != "unknown" for target in targets)

    prometheus.program.wait_until(all_scraped, "every target is scraped")
    targets = {target["labels"]["job"]: target for target in prometheus.targets()}

    for mode in MODES:
        assert (targets[mode.name]["health"], targets[mode.name]["lastError"]) == ("up", "")
        assert exposition.steady(prometheus.query(f'{{job="{mode}"}}')) == samples
    for name in incomplete:
        health, error = targets[name]["health"], targets[name]["lastError"]
        assert health == "down"
        # The error of a rejected certificate depends on the client's state.
        assert error == "server returned HTTP status 401 Unauthorized" if "without-password" in name else error
        assert not exposition.data(prometheus.query(f'{{job="{name}"}}'))


def job(name, mode, address, certificates):
    targets = {"static_configs": [{"targets": [address]}]}
    return {"job_name": name} | targets | mode.scrape_config(certificates)


def request(mode, **more):
    return Request(
        tls=mode.tls,
        certificate="client" if mode.certificate else None,
        login=ALICE if mode.password else None,
        **more,
    )


def curl(address, mode, certificates, *arguments, path="/metrics"):
    return run("curl", "--silent", *mode.curl(certificates), *arguments, f"{mode.scheme}://{address}{path}")


def s_client(address, *arguments):
    request = f"GET /-/healthy HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    fixed = ("-connect", address, "-brief", "-ign_eof", "-verify_return_error")
    return run("openssl", "s_client", *fixed, *arguments, text=request)


def run(*command, text=""):
    with tempfile.TemporaryDirectory() as directory:
        return run_to_end(command, directory, input=text, timeout=20)
