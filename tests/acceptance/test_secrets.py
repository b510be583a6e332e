"""No secret comes out, at the most talkative log level, whatever the cloud says back."""

import re

import pytest

import loopback
from echo_cloud import CREDENTIAL_HEADERS, echoing, error, escaped_error, escaped_stranger, json_string, plain_text

# `=`, `/` and `+` are in real tokens, and some servers escape them in JSON.
SECRET_KEY = "NotTheSecretKeyOfAnybody/0000+0000000001="
TOKEN = "MIITokenOfNobodyAtAll+2026/01==" * 4
SECURITY_TOKEN = "hQpjbi1SecurityTokenOfNobody+2026/01==" * 4
# Parts of a secret are secret too: a cut message may hold the first characters only.
FRAGMENT = 12
SIGNATURE = re.compile(r"[0-9a-f]{64}")
ONE_POLL = ("--poll.interval=24h", "--poll.max-staleness=48h", "--log.level=trace")

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
def talkative(request, serve):
    """Starts an exporter that logs all it can and has polled once; gives what can be read of it."""

    def polled(variables, *flags):
        exporter = serve(variables, *ONE_POLL, f"--log.format={request.param}", *flags)
        exporter.wait_until_polled()
        pages = [loopback.get(f"{exporter.url}{path}").text for path in ("/metrics", "/")]
        return exporter.program.stderr, [exporter.program.stdout, exporter.program.stderr, *pages]

    return polled


def only_the_cloud_of(variables):
    return {name: value for name, value in variables.items() if name not in KEY_PAIR}


def assert_no_secret(texts, *secrets):
    for text in texts:
        for secret in secrets:
            fragments = (secret[start : start + FRAGMENT] for start in range(len(secret) - FRAGMENT + 1))
            shown = next((fragment for fragment in fragments if fragment in text), None)
            assert shown is None, f"{shown!r} in {text}"
        assert not SIGNATURE.search(text), text


def test_no_secret_is_told_when_the_keys_are_good(simulate, talkative):
    cloud = simulate()

    log, texts = talkative(cloud)

    assert log.count("polling works") == 2
    assert_no_secret(texts, cloud["HUAWEICLOUD_SDK_SK"])


@pytest.mark.parametrize("kind", ["key-pair", "temporary-keys"])
def test_no_secret_is_told_when_the_cloud_echoes_the_refused_canonical_request(simulate, talkative, kind):
    cloud = simulate()
    wrong = CREDENTIALS[kind] | {"HUAWEICLOUD_SDK_AK": cloud["HUAWEICLOUD_SDK_AK"]}

    log, texts = talkative(only_the_cloud_of(cloud) | wrong)

    assert log.count("verify aksk signature fail") == 2
    # A name that stands in the echo alone: none of the signed headers is told, secret or not.
    assert "x-sdk-date" not in log
    assert_no_secret(texts, SECRET_KEY, SECURITY_TOKEN)


def test_no_secret_is_told_when_the_token_is_refused(simulate, talkative):
    log, texts = talkative(only_the_cloud_of(simulate()) | CREDENTIALS["token"])

    assert log.count("401 APIG.0301") == 2
    assert_no_secret(texts, TOKEN)


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("kind", CREDENTIALS)
def test_no_secret_is_told_when_the_cloud_echoes_every_header(talkative, kind, echo):
    with echoing(*ECHOES[echo]) as cloud:
        log, texts = talkative(cloud.variables | CREDENTIALS[kind], "--poll.timeout=1s")

    assert log.count("poll failed") == 2
    assert cloud.received_credentials(), f"none of {CREDENTIAL_HEADERS} came, so nothing was proved"
    assert_no_secret(texts, SECRET_KEY, SECURITY_TOKEN, TOKEN)
