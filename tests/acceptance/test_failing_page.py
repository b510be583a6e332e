"""One page of one API fails permanently: which values the exporter exposes, and for how long."""

import time

import pytest

import expected
import exposition
import loopback
from foreign_cloud import PROJECT_ID, ForeignCloud, World

PAGE = 100
# The second of three pages.
BROKEN_OFFSET = 100
MAX_STALENESS = 8.0
FAST_POLLS = (
    "--poll.interval=1s",
    f"--poll.max-staleness={MAX_STALENESS:.0f}s",
    "--poll.requests-per-second=1000",
)
USER_DATA = ("metastudio_user", "metastudio_users")
VOICE_DATA = ("metastudio_voice_training_",)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def cloud(start, tmp_path, world):
    return ForeignCloud(start, tmp_path / "nginx", world, PAGE)


@pytest.fixture
def exporter(cloud, serve):
    exporter = serve(cloud.variables, *FAST_POLLS)
    exporter.wait_until_polled()
    return exporter


def test_old_values_stay_until_they_are_stale_and_return_when_the_page_is_repaired(cloud, world, exporter):
    healthy = expected.healthy(cloud.project, (world.resources, world.available), world.users)
    users = expected.user_series(cloud.project, world.users)
    assert exposition.steady(exporter.scrape()) == healthy

    cloud.break_users_page(BROKEN_OFFSET)
    failing = scrape_until(exporter, lambda samples: up(samples, "user_quotas") == 0)
    assert exposition.steady(failing) == healthy | {poll_series("metastudio_up", "user_quotas"): 0}
    last_success = last_success_time(failing, "user_quotas")

    assert_voice_training_is_still_polled(exporter, failing)
    assert_failures_are_counted(exporter, failing)

    stale = scrape_until(exporter, lambda samples: not exposition.with_prefix(samples, *USER_DATA))
    # The age at which values are dropped is what is tested, so this compares times. It is a lower limit.
    assert time.time() - last_success >= MAX_STALENESS, "dropped too early"
    assert exposition.steady(stale) == without_user_quotas(healthy, users)
    assert exposition.volatile(stale).keys() == expected.volatile_keys(cloud.project)
    assert last_success_time(stale, "user_quotas") == last_success

    cloud.repair_users_page(BROKEN_OFFSET)
    mended = scrape_until(exporter, lambda samples: up(samples, "user_quotas") == 1)
    assert exposition.steady(mended) == healthy
    assert last_success_time(mended, "user_quotas") > last_success


def test_once_omits_a_list_with_a_failing_page_and_exits_with_1(cloud, world, once):
    healthy = expected.healthy(cloud.project, (world.resources, world.available), world.users)
    users = expected.user_series(cloud.project, world.users)
    cloud.break_users_page(BROKEN_OFFSET)

    result = once(cloud.variables)

    assert result.returncode == 1
    assert exposition.steady(exposition.parse(result.stdout)) == without_user_quotas(healthy, users)
    assert "500 MSS.00000004" in result.stderr
    assert result.stderr.endswith(
        "metastudio-exporter: not every API could be polled; the log above says why\n"
    ), result.stderr


def assert_voice_training_is_still_polled(exporter, failing):
    """Asserts that polls of the other API continue."""
    before = last_success_time(failing, "voice_training")
    later = scrape_until(exporter, lambda samples: last_success_time(samples, "voice_training") > before)
    assert up(later, "voice_training") == 1
    assert exposition.with_prefix(later, *VOICE_DATA) == exposition.with_prefix(failing, *VOICE_DATA)


def assert_failures_are_counted(exporter, failing):
    """Asserts that failed polls are counted, only for their reason and API."""
    server = failure_series("user_quotas", "server")
    before = failing[server]
    assert before >= 1
    later = scrape_until(exporter, lambda samples: samples[server] > before)
    failures = exposition.with_prefix(later, "metastudio_exporter_poll_failures_total")
    assert {series for series, count in failures.items() if count} == {server}


def scrape_until(exporter, condition):
    """The first scrape that satisfies the condition. Every scrape before must also succeed with status 200."""

    def matching_scrape():
        answer = loopback.get(f"{exporter.url}/metrics")
        assert answer.status == 200
        samples = exposition.parse(answer.text)
        return samples if condition(samples) else None

    return exporter.program.wait_until(matching_scrape, "the metrics show it")


def without_user_quotas(healthy, users):
    """The series of a healthy exposition without the data of users."""
    gone = users.keys() | {
        poll_series(name, "user_quotas")
        for name in ("metastudio_snapshot_consistent", "metastudio_invalid_values")
    }
    left = {series: value for series, value in healthy.items() if series not in gone}
    return left | {poll_series("metastudio_up", "user_quotas"): 0}


def up(samples, collector):
    return samples[poll_series("metastudio_up", collector)]


def last_success_time(samples, collector):
    return samples[poll_series("metastudio_last_success_timestamp_seconds", collector)]


def poll_series(name, collector):
    return exposition.key(name, project=PROJECT_ID, collector=collector)


def failure_series(collector, reason):
    return exposition.key(
        "metastudio_exporter_poll_failures_total", project=PROJECT_ID, collector=collector, reason=reason
    )
