"""The exporter reads a server that nobody here wrote: Debian's nginx, with pages that Python made."""

import gzip
import time
import zlib

import pytest

import expected
import exposition
import loopback
from foreign_cloud import ForeignCloud, World

FAST = ("--poll.requests-per-second", "1000")
# One poll, whose numbers last.
ONE_POLL = (*FAST, "--poll.interval", "24h", "--poll.max-staleness", "48h")
SHORT_PAGES = 10


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(params=[100, SHORT_PAGES], ids=["full-pages", "short-pages"])
def cloud(request, start, tmp_path, world):
    return ForeignCloud(start, tmp_path / "nginx", world, page_length=request.param)


def test_once_shows_every_number_of_every_page_and_none_more(cloud, world, once):
    before = time.time()
    result = once(cloud.variables, *FAST)
    after = time.time()

    assert result.returncode == 0, result.stderr
    assert_shows(exposition.parse(result.stdout), cloud, world, before, after)


def test_the_served_metrics_are_the_same_numbers_compressed_and_plain(cloud, world, serve):
    before = time.time()
    exporter = serve(cloud.variables, *ONE_POLL)
    exporter.wait_until_polled()
    after = time.time()
    url = f"{exporter.url}/metrics"

    plain, compressed = loopback.get(url), loopback.get(url, Accept_Encoding="gzip")

    assert (plain.status, plain.headers["Content-Encoding"]) == (200, None)
    assert plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert (compressed.status, compressed.headers["Content-Encoding"]) == (200, "gzip")
    text = gzip.decompress(compressed.body).decode()
    assert_one_member(compressed.body, text)
    assert without_process(text) == without_process(plain.text)
    for body in (plain.text, text):
        assert_shows(exposition.parse(body), cloud, world, before, after)


def test_an_empty_list_is_a_good_answer_with_no_rows(start, tmp_path, once):
    empty = World(users=0, resources=0)
    cloud = ForeignCloud(start, tmp_path / "nginx", empty, page_length=100)

    result = once(cloud.variables, *FAST)

    assert result.returncode == 0, result.stderr
    samples = exposition.steady(exposition.parse(result.stdout))
    assert samples == expected.healthy(cloud.project, ([], empty.available), [])
    assert samples[exposition.key("metastudio_users", project=cloud.project["project_id"])] == 0


def assert_shows(samples, cloud, world, before, after):
    healthy = expected.healthy(cloud.project, (world.resources, world.available), world.users)
    assert exposition.steady(samples) == healthy
    times = exposition.volatile(samples)
    assert times.keys() == expected.volatile_keys(cloud.project)
    for (name, _), value in times.items():
        earliest, latest = (0, after - before) if "duration" in name else (before, after)
        assert earliest <= value <= latest, name


def assert_one_member(body, text):
    """Some clients, curl among them, stop behind the first member of a gzip file."""
    first = zlib.decompressobj(wbits=31)
    assert (first.decompress(body).decode(), first.unused_data, first.eof) == (text, b"", True)


def without_process(text):
    """All lines but those that tell what the process used until now."""
    return [line for line in text.splitlines() if not line.startswith("process_")]
