"""No secret appears in any output, at the most verbose log level, for any response of the cloud."""

import re

import pytest

import configuration
import exposition
import loopback
from cloud import Cloud
from configuration import Credentials
from echo_cloud import CREDENTIAL_HEADERS, echo_cloud, error, escaped_error, escaped_stranger, json_string, plain_text
from exporter import ONE_POLL
from programs import run_to_end
from recorder import recording

# `=`, `/` and `+` are in real tokens, and some servers escape them in JSON.
SECRET_KEY = "NotTheSecretKeyOfAnybody/0000+0000000001="
TOKEN = "MIITokenOfNobodyAtAll+2026/01==" * 4
SECURITY_TOKEN = "hQpjbi1SecurityTokenOfNobody+2026/01==" * 4
# Parts of a secret of this length must not appear either: a truncated message may contain only its beginning.
FRAGMENT = 12
SIGNATURE = re.compile(r"[0-9a-f]{64}")


KEY_PAIR = {"HUAWEICLOUD_SDK_AK": "ACCESSKEYOFNOBODY001", "HUAWEICLOUD_SDK_SK": SECRET_KEY}
CREDENTIALS = {
    "key-pair": KEY_PAIR,
    "temporary-keys": KEY_PAIR | {"HUAWEICLOUD_SDK_SECURITY_TOKEN": SECURITY_TOKEN},
    "token": {"METASTUDIO_AUTH_TOKEN": TOKEN},
}
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


@pytest.fixture(params=["logfmt", "json"])
def poll_with_trace_log(request, serve):
    """Starts an exporter with trace logs and polls once; returns its log and all its output."""

    def poll(variables, *flags):
        exporter = serve(variables, *ONE_POLL, "--log.level=trace", f"--log.format={request.param}", *flags)
        exporter.wait_until_polled()
        pages = [loopback.get(f"{exporter.url}{path}").text for path in ("/metrics", "/")]
        # Another thread writes the log; all of it is there at the end.
        assert exporter.program.stop() == 0
        return exporter.program.stderr, [exporter.program.stdout, exporter.program.stderr, *pages]

    return poll


def without_keys(variables):
    return {name: value for name, value in variables.items() if name not in KEY_PAIR}


def assert_no_secret(texts, *secrets):
    for text in texts:
        for secret in secrets:
            fragments = (secret[start : start + FRAGMENT] for start in range(len(secret) - FRAGMENT + 1))
            leaked = next((fragment for fragment in fragments if fragment in text), None)
            assert leaked is None, f"{leaked!r} in {text}"
        assert not SIGNATURE.search(text), text


def test_no_secret_leaks_with_valid_keys(simulate, poll_with_trace_log):
    cloud = simulate()

    log, texts = poll_with_trace_log(cloud)

    assert log.count("polling works") == 2
    assert_no_secret(texts, cloud["HUAWEICLOUD_SDK_SK"])


@pytest.mark.parametrize("kind", ["key-pair", "temporary-keys"])
def test_no_secret_leaks_when_the_cloud_echoes_the_rejected_canonical_request(simulate, poll_with_trace_log, kind):
    cloud = simulate()
    wrong = CREDENTIALS[kind] | {"HUAWEICLOUD_SDK_AK": cloud["HUAWEICLOUD_SDK_AK"]}

    log, texts = poll_with_trace_log(without_keys(cloud) | wrong)

    assert log.count("verify aksk signature fail") == 2
    # This name appears only in the echo: the exporter logs none of the signed headers.
    assert "x-sdk-date" not in log
    assert_no_secret(texts, SECRET_KEY, SECURITY_TOKEN)


def test_no_secret_leaks_when_the_token_is_rejected(simulate, poll_with_trace_log):
    log, texts = poll_with_trace_log(without_keys(simulate()) | CREDENTIALS["token"])

    assert log.count("401 APIG.0301") == 2
    assert_no_secret(texts, TOKEN)


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("kind", CREDENTIALS)
def test_no_secret_leaks_when_the_cloud_echoes_every_header(poll_with_trace_log, kind, echo):
    with echo_cloud(*ECHOES[echo]) as cloud:
        log, texts = poll_with_trace_log(cloud.variables | CREDENTIALS[kind], "--poll.timeout=1s")

    assert log.count("poll failed") == 2
    assert cloud.received_credentials(), f"none of {CREDENTIAL_HEADERS} was received, so this test checks nothing"
    assert_no_secret(texts, SECRET_KEY, SECURITY_TOKEN, TOKEN)


# Where the secrets of each kind must be seen in transit. Otherwise the tests check nothing.
PLACES = {
    "access_key": set(),
    "token": {"x-auth-token"},
    "password": {"password", "x-subject-token", "x-auth-token"},
    "agency": {"metadata_token", "x-metadata-token", "secret", "securitytoken", "x-security-token"},
    "oidc": {"id_token", "secret_access_key", "security_token", "x-security-token"},
    "pod_identity": {"pod_token", "secretAccessKey", "securityToken", "x-security-token"},
}


@pytest.fixture
def simulated(simulate):
    return Cloud(simulate("--users=3", "--resources=2"))


@pytest.fixture
def all_kinds(simulated, tmp_path):
    """Returns one project for each kind of credentials, with an endpoint in front of the cloud."""

    def projects(endpoint):
        (account,) = simulated.accounts()
        secrets = Credentials(simulated, account, tmp_path, endpoint)
        kinds = {kind: getattr(secrets, kind)() for kind in PLACES if kind != "token"}
        kinds["token"] = secrets.token(TOKEN)
        (project,) = account["projects"]
        return [configuration.project(endpoint, project, kinds[kind], name=kind) for kind in PLACES]

    return projects


def secrets_of(simulated, recorder):
    """All secrets that existed before, and all that were issued since."""
    (account,) = simulated.accounts()
    return recorder.secrets() | {account["secret_key"], account["password"], TOKEN}


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_no_secret_leaks_when_credentials_are_renewed_or_the_renewal_fails(
    simulated, all_kinds, serve, tmp_path, log_format
):
    flags = ("--poll.interval=300ms", "--poll.requests-per-second=1000", "--log.level=trace")
    with recording(simulated.endpoint) as recorder:
        file = configuration.write(tmp_path / "exporter.yml", all_kinds(recorder.endpoint))
        exporter = serve({}, *flags, f"--log.format={log_format}", f"--config.file={file}")

        def wait_until_up(ups):
            exporter.program.wait_until(lambda: up_by_project(exporter) == ups, f"these are up: {ups}")

        wait_until_up(dict.fromkeys(PLACES, 1) | {"token": 0})
        simulated.set_faults("iam-error")
        simulated.revoke("temporary_keys")
        simulated.revoke("iam_tokens")
        wait_until_up(dict.fromkeys(PLACES, 0) | {"access_key": 1})
        texts = [loopback.get(f"{exporter.url}{path}").text for path in ("/metrics", "/", "/sd")]
        assert recorder.places() >= set().union(*PLACES.values())
        texts += [exporter.program.stdout, exporter.program.stderr]
        assert_no_secret(texts, *secrets_of(simulated, recorder))


def up_by_project(exporter):
    """Whether both APIs of each project are up."""
    ups = {}
    for (_, labels), up in exposition.with_prefix(exporter.scrape(), "metastudio_up").items():
        project = dict(labels)["project"]
        ups[project] = min(up, ups.get(project, 1))
    return ups


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
@pytest.mark.parametrize("report", ["table", "json"])
def test_no_secret_leaks_from_the_check_command(simulated, all_kinds, binary, tmp_path, report, log_format):
    with recording(simulated.endpoint) as recorder:
        file = configuration.write(tmp_path / "exporter.yml", all_kinds(recorder.endpoint))
        flags = [f"--format={report}", "--log.level=trace", f"--log.format={log_format}"]
        result = run(binary, tmp_path, "check", f"--config.file={file}", *flags)
        assert result.returncode == 1, "the token is invalid"
        assert recorder.places() >= set().union(*PLACES.values())
        assert_no_secret([result.stdout, result.stderr], *secrets_of(simulated, recorder))


@pytest.mark.parametrize(
    "echo", ["401", "403-escaped", "500", "500-plain-text", "200-plain-text", "200-json-string"]
)
@pytest.mark.parametrize("command", ["once", "check"])
def test_no_secret_leaks_when_the_credentials_issuer_echoes_requests(
    simulated, all_kinds, binary, tmp_path, command, echo
):
    (account,) = simulated.accounts()
    with echo_cloud(*ECHOES[echo]) as cloud:
        file = configuration.write(tmp_path / "exporter.yml", all_kinds(cloud.endpoint))
        flags = ["--log.level=trace", "--poll.timeout=1s"]
        result = run(binary, tmp_path, command, f"--config.file={file}", *flags)
        made = [account["secret_key"], account["password"], TOKEN]
        made += [simulated.identity(kind).strip() for kind in ("id_token", "pod_token")]
        received = "".join(cloud.received_credentials())
        assert [secret for secret in made[1:] if secret not in received] == [], "otherwise this test checks nothing"
    assert result.returncode == 1
    assert_no_secret([result.stdout, result.stderr], *made)


# Secrets in wrong places, and in the right ones.
MISPLACED = {
    "glued": "credentials: {{access_key: {{ak: AK, sk:{secret}}}}}",
    "a-key": "{secret}: sk",
    "a-file": "credentials: {{access_key: {{ak: AK, sk_file: '{secret}'}}}}",
    "two-words": "credentials: {{access_key: {{ak: AK, sk: '{secret} {secret}'}}}}",
    "beside-its-file": "credentials: {{token: {{value: '{secret}', file: '{secret}'}}}}",
    "a-list": "credentials: {{token: ['{secret}']}}",
    "a-kind": "credentials: '{secret}'",
    "unknown-key": "credentials: {{password: {{domain: a, user: b, pasword: '{secret}'}}}}",
    "a-user-of-a-url": "endpoint: 'http://u:{secret}@127.0.0.1'",
    "a-query-of-a-url": "endpoint: 'http://127.0.0.1/?token={secret}'",
    "a-port-of-a-url": "endpoint: 'http://127.0.0.1:{secret}'",
    "a-pattern": "user_quotas: {{include: ['({secret}']}}",
    "a-region": "region: '{secret}'",
    "a-collector": "collectors: ['{secret}']",
    "broken-quotes": "credentials: {{token: {{value: \"{secret}}}}}",
    "an-alias": "name: *{secret}",
    "a-tag": "name: !{secret} a",
    "a-doubled-name": "name: a\n  credentials: {{token: {{value: '{secret}'}}}}\n- name: a\n  region: b",
}


@pytest.mark.parametrize("place", MISPLACED)
def test_no_secret_leaks_from_errors_about_a_bad_file(binary, tmp_path, place):
    file = tmp_path / "exporter.yml"
    file.write_text("projects:\n- " + MISPLACED[place].format(secret=SECRET_KEY) + "\n")

    result = run(binary, tmp_path, "--config.check", f"--config.file={file}")
    assert result.returncode == 1 and str(file) in result.stderr
    assert_no_secret([result.stdout, result.stderr], SECRET_KEY)


def test_no_secret_leaks_when_a_reload_fails(simulated, all_kinds, serve, tmp_path):
    file = configuration.write(tmp_path / "exporter.yml", all_kinds(simulated.endpoint))
    exporter = serve({}, "--log.level=trace", "--web.enable-lifecycle", f"--config.file={file}")
    for text in MISPLACED.values():
        configuration.replace(file, "projects:\n- " + text.format(secret=SECRET_KEY) + "\n")
        answer = loopback.send("POST", f"{exporter.url}/-/reload", "")
        assert answer.status == 500
        assert_no_secret([answer.text], SECRET_KEY)
    assert exporter.program.stderr.count("the previous one stays active") >= len(MISPLACED)
    assert_no_secret([exporter.program.stdout, exporter.program.stderr], SECRET_KEY)


def run(binary, directory, *arguments):
    """Runs the exporter until it exits."""
    return run_to_end([binary, *arguments], directory)
