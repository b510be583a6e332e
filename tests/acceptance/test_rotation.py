"""Credentials expire, are renewed and are replaced while the exporter runs, without a failed poll."""

import time

import pytest

import configuration
import exposition
from cloud import Cloud
from configuration import Credentials
from expected import COLLECTORS
from programs import wait_until

FAST_POLLS = ("--poll.interval=300ms", "--poll.requests-per-second=1000")
WORLD = ("--users=3", "--resources=2")
ROTATIONS = 3
# Kinds of credentials that the cloud issues for a limited time, and the cloud's name for them.
ISSUED = {
    "password": "iam_tokens",
    "agency": "temporary_keys",
    "oidc": "temporary_keys",
    "pod_identity": "temporary_keys",
}
IDENTITIES = {"oidc": "id_token", "pod_identity": "pod_token"}
ISSUERS = (
    ("POST", "/v3/auth/tokens", 201),
    ("GET", "/openstack/latest/securitykey", 200),
    ("POST", "/v5/agencies/assume-with-oidc", 200),
    ("POST", "/pod-identity/credentials", 200),
)


class Polls:
    """An exporter that polls continuously and whose polls must never fail."""

    def __init__(self, exporter):
        self._exporter = exporter
        exporter.wait_until_polled()

    def wait_for_success(self):
        """Waits until every API has been polled successfully after this moment."""
        since = time.time()
        name = "metastudio_last_success_timestamp_seconds"
        self._exporter.program.wait_until(
            lambda: all(time > since for time in exposition.with_prefix(self._exporter.scrape(), name).values()),
            "polls succeed",
        )

    def assert_none_failed(self, projects=1):
        samples = self._exporter.scrape()
        ups = exposition.with_prefix(samples, "metastudio_up")
        assert list(ups.values()) == [1] * projects * len(COLLECTORS)
        failures = exposition.with_prefix(samples, "metastudio_exporter_poll_failures_total")
        assert not any(failures.values()), self._exporter.program.stderr
        assert "poll failed" not in self._exporter.program.stderr


@pytest.fixture
def cloud(simulate):
    return Cloud(simulate(*WORLD))


@pytest.fixture
def account(cloud):
    (account,) = cloud.accounts()
    return account


@pytest.fixture
def secrets(cloud, account, tmp_path):
    return Credentials(cloud, account, tmp_path)


@pytest.fixture
def polls(cloud, account, serve, tmp_path):
    """Starts an exporter with one project for each of these kinds of credentials."""

    def start_exporter(*kinds):
        (project,) = account["projects"]
        projects = [
            configuration.project(cloud.endpoint, project, kind, name=f"project-{place}")
            for place, kind in enumerate(kinds)
        ]
        file = configuration.write(tmp_path / "exporter.yml", projects)
        return Polls(serve({}, *FAST_POLLS, f"--config.file={file}"))

    return start_exporter


def test_an_access_key_in_files_can_be_rotated(cloud, account, secrets, polls):
    checked_polls = polls(secrets.access_key())
    replace_key(cloud, account["access_key"], secrets.key_pair, checked_polls)


def test_an_access_key_in_the_sdk_profile_can_be_rotated(
    cloud, account, secrets, serve
):
    def put(access_key, secret_key):
        return secrets.put("credentials", f"[basic]\nak = {access_key}\nsk = {secret_key}")

    variables = {
        "HUAWEICLOUD_SDK_CREDENTIALS_FILE": put(account["access_key"], account["secret_key"]),
        "HUAWEICLOUD_SDK_PROJECT_ID": account["projects"][0]["id"],
        "METASTUDIO_ENDPOINT": cloud.endpoint,
    }
    replace_key(cloud, account["access_key"], put, Polls(serve(variables, *FAST_POLLS)))


def replace_key(cloud, old, put, polls):
    """Rotates a key as recommended: creates a new one, uses it, and deletes the old one."""
    for _ in range(ROTATIONS):
        access_key, secret_key = cloud.new_access_key(0)
        put(access_key, secret_key)
        cloud.delete_access_key(old)
        polls.wait_for_success()
        old = access_key
    polls.assert_none_failed()


@pytest.mark.parametrize("kind", ISSUED)
def test_revoked_credentials_are_requested_again(cloud, secrets, polls, kind):
    checked_polls = polls(getattr(secrets, kind)())
    for _ in range(ROTATIONS):
        refused, issued = cloud.rejected_requests(), count_issued(cloud)
        cloud.revoke(ISSUED[kind])
        checked_polls.wait_for_success()
        assert cloud.rejected_requests() > refused and count_issued(cloud) == issued + 1, "one renewal, shared by both APIs"
    checked_polls.assert_none_failed()


@pytest.mark.parametrize("kind", IDENTITIES)
def test_a_replaced_identity_token_is_used_for_the_next_request(cloud, secrets, polls, kind):
    checked_polls = polls(getattr(secrets, kind)())
    for _ in range(ROTATIONS):
        issued = count_issued(cloud)
        secrets.put(IDENTITIES[kind], cloud.new_identity(IDENTITIES[kind]))
        cloud.revoke(ISSUED[kind])
        checked_polls.wait_for_success()
        assert count_issued(cloud) == issued + 1
    checked_polls.assert_none_failed()


def test_short_lived_credentials_are_renewed_before_they_expire(cloud, secrets, polls):
    cloud.set_lifetime("iam_token", "3s")
    cloud.set_lifetime("temporary_key", "3s")
    checked_polls = polls(*(getattr(secrets, kind)() for kind in ISSUED))
    first = cloud.requests()

    def renewed():
        checked_polls.wait_for_success()
        return all(cloud.requests()[issuer] >= first[issuer] + 2 for issuer in ISSUERS)

    wait_until(renewed, "all are renewed twice")
    checked_polls.assert_none_failed(len(ISSUED))
    assert cloud.rejected_requests() == 0, "no credentials were used after their expiry"


def test_a_token_and_temporary_keys_renewed_by_another_program_are_read_again(cloud, secrets, polls):
    cloud.set_lifetime("iam_token", "4s")
    cloud.set_lifetime("temporary_key", "4s")
    kind, _ = secrets.temporary_key()
    checked_polls = polls(secrets.new_token(), kind)
    for _ in range(ROTATIONS):
        secrets.new_token()
        _, end = secrets.temporary_key()
        # Polls until the key has used half of its lifetime. The expiry is what this test needs, so it depends on time.
        while time.time() < end - 2:
            checked_polls.wait_for_success()
    checked_polls.assert_none_failed(2)


def count_issued(cloud):
    """The number of tokens and temporary keys that the cloud has issued."""
    requests = cloud.requests()
    return sum(requests[issuer] for issuer in ISSUERS)
