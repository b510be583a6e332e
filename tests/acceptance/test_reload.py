"""Reloads of the configuration while the exporter runs: only changed projects change."""

import gzip
import os
import re
import threading
import time
from collections import Counter
from itertools import cycle
from typing import NamedTuple

import pytest

import configuration
import exposition
import loopback
from cloud import Cloud
from expected import COLLECTORS
from exporter import ONE_POLL
from programs import wait_until

# Unchanged projects are polled once. Their lines stay the same, including the times of their polls.
LIFECYCLE = "--web.enable-lifecycle"
STAYING, CHANGING = 4, 4
RELOADS = 60
SCRAPERS = 4
PROJECT = re.compile(r'project="([^"]+)"')
SUCCESSFUL = exposition.key("metastudio_exporter_config_last_reload_successful")
RELOADED_AT = exposition.key("metastudio_exporter_config_last_reload_success_timestamp_seconds")


@pytest.fixture
def projects(simulate, tmp_path):
    """The projects as in the configuration file."""
    cloud = Cloud(simulate(f"--projects={STAYING + CHANGING}", "--users=2", "--resources=2", "--speed=0"))
    return configuration.projects_with_key(cloud, tmp_path)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "exporter.yml"


@pytest.fixture
def exporter(projects, file, serve):
    """An exporter with all projects, which has polled."""
    configuration.write(file, projects)
    exporter = serve({}, *ONE_POLL, LIFECYCLE, f"--config.file={file}")
    exporter.wait_until_polled()
    return exporter


def reload(exporter):
    return loopback.send("POST", f"{exporter.url}/-/reload", "")


def shown(exporter):
    """The projects with data whose APIs have both been polled."""
    # A project is listed before it is polled.
    data = [series for series in exposition.data(exporter.scrape()) if series[0] != "metastudio_project_info"]
    polls = Counter(dict(labels)["project"] for name, labels in data if name == "metastudio_up")
    assert polls.keys() == {dict(labels)["project"] for _, labels in data}
    return {project for project, number in polls.items() if number == len(COLLECTORS)}


def names(projects):
    return {project["name"] for project in projects}


def by_post(exporter):
    assert reload(exporter).status == 200


def by_signal(exporter):
    exporter.program.send_sighup()


@pytest.mark.parametrize("ask", [by_post, by_signal])
def test_added_projects_appear_and_removed_projects_disappear(exporter, projects, file, ask):
    before = exporter.scrape()
    # The timestamps of the start and of the reloads must differ. They are in seconds.
    wait_until(lambda: time.time() - before[RELOADED_AT] > 1, "a second has passed since the start")
    for now in (projects[1:], projects[1:-1], projects):
        configuration.write(file, now)
        ask(exporter)
        exporter.program.wait_until(lambda: shown(exporter) == names(now), "the new projects are exposed")
    after = exporter.scrape()

    assert after[SUCCESSFUL] == 1
    assert before[RELOADED_AT] < after[RELOADED_AT] <= time.time()
    assert exposition.steady(after) == exposition.steady(before)
    stayed = names(projects[1:-1])
    assert exposition.of_projects(after, stayed) == exposition.of_projects(before, stayed), "not even polled again"


def test_a_replaced_config_map_is_reloaded_automatically(projects, tmp_path, serve):
    def replace_config_map(version, projects):
        (tmp_path / version).mkdir()
        configuration.write(tmp_path / version / "exporter.yml", projects)
        (tmp_path / "..data_tmp").symlink_to(version)
        os.replace(tmp_path / "..data_tmp", tmp_path / "..data")

    replace_config_map("..2026_1", projects)
    file = tmp_path / "exporter.yml"
    file.symlink_to("..data/exporter.yml")
    exporter = serve({}, *ONE_POLL, "--config.auto-reload-interval=50ms", f"--config.file={file}")
    exporter.wait_until_polled()

    for version, now in (("..2026_2", projects[1:]), ("..2026_3", projects)):
        replace_config_map(version, now)
        exporter.program.wait_until(lambda: shown(exporter) == names(now), f"{version} is loaded")
    (tmp_path / "..2026_3" / "exporter.yml").write_text("projects: []\n")
    exporter.program.wait_until(lambda: exporter.scrape()[SUCCESSFUL] == 0, "the bad file is noticed too")
    assert shown(exporter) == names(projects)


class Scrape(NamedTuple):
    """The lines of one scrape, and its time."""

    began: float
    ended: float
    lines: frozenset


class Reload(NamedTuple):
    """The projects of a configuration. They may be exposed from `began` on and must be from `ended` on."""

    began: float
    ended: float
    projects: frozenset


def test_every_scrape_has_all_unchanged_projects_and_no_removed_project(exporter, projects, file):
    staying, changing = projects[:STAYING], projects[STAYING:]
    unchanged_lines = lines_of(loopback.get(f"{exporter.url}/metrics").text, names(staying))
    reloads, scrapes, over = [Reload(0, 0, frozenset(names(projects)))], [], threading.Event()
    scrapers = [
        threading.Thread(target=scrape_until, args=[over, exporter, scrapes, headers])
        for headers, _ in zip(cycle([{}, {"Accept_Encoding": "gzip"}]), range(SCRAPERS))
    ]
    for scraper in scrapers:
        scraper.start()
    try:
        for turn in range(RELOADS):
            now = [*staying, *changed(changing, turn)]
            configuration.write(file, now)
            began = time.monotonic()
            assert reload(exporter).status == 200
            reloads.append(Reload(began, time.monotonic(), frozenset(names(now))))
    finally:
        over.set()
        for scraper in scrapers:
            scraper.join()

    assert len(scrapes) > RELOADS, "too few scrapes for this test"
    for scrape in scrapes:
        assert unchanged_lines <= scrape.lines, unchanged_lines - scrape.lines
        gone = projects_in(scrape.lines) - allowed_projects(reloads, scrape)
        assert not gone
    final = loopback.get(f"{exporter.url}/metrics").text
    assert lines_of(final, names(staying)) == unchanged_lines
    assert "level=error" not in exporter.program.stderr and "panicked" not in exporter.program.stderr


def changed(projects, turn):
    """A different selection of the projects in each turn, one of them with changed settings."""
    selected = [project for place, project in enumerate(projects) if (turn + place) % 3]
    return [selected[0] | {"user_quotas": {"max_users": turn + 1}}, *selected[1:]]


def scrape_until(over, exporter, scrapes, headers):
    while not over.is_set():
        began = time.monotonic()
        answer = loopback.get(f"{exporter.url}/metrics", **headers)
        body = gzip.decompress(answer.body) if headers else answer.body
        scrapes.append(Scrape(began, time.monotonic(), frozenset(body.decode().splitlines())))


def allowed_projects(reloads, scrape):
    """The projects of all configurations that were in use at some time during the scrape."""
    following = [*(reload.ended for reload in reloads[1:]), float("inf")]
    return frozenset().union(
        *(
            reload.projects
            for reload, replaced in zip(reloads, following)
            if reload.began <= scrape.ended and replaced >= scrape.began
        )
    )


def projects_in(lines):
    return {found[1] for line in lines if (found := PROJECT.search(line))}


def lines_of(text, names):
    return frozenset(
        line for line in text.splitlines() if (found := PROJECT.search(line)) and found[1] in names
    )


# A file, and the error message after the file's name.
BAD = {
    "empty": ("", ":1: projects: is missing"),
    "syntax": ("projects: [\n- region: cn-north-4\n", ":2: "),
    "not-a-list": ("projects: production\n", ":1: projects: must be a list"),
    "unknown-key": ("projects:\n- region: a\n  regoin: a\n", ":3: projects[0].regoin: is not a known key"),
    "doubled-key": ("projects:\n- region: a\n  region: a\n", ":3: projects[0].region: is set twice"),
    "doubled-name": (
        "projects:\n- region: a\n  name: x\n- region: b\n  name: x\n",
        ":5: projects[1].name: is already the name of projects[0] on line 2",
    ),
    "unreadable-secret": (
        "projects:\n- region: a\n  credentials:\n    access_key:\n      ak: AK\n      sk_file: none\n",
        ":6: projects[0].credentials.access_key.sk_file: names a file that cannot be read: No such file",
    ),
    "half-a-key": (
        "projects:\n- region: a\n  credentials:\n    access_key: {ak: AK}\n",
        ":4: projects[0].credentials.access_key.sk: is missing",
    ),
    "two-kinds": (
        "projects:\n- region: a\n  credentials: {agency: {}, token: {value: t}}\n",
        ":3: projects[0].credentials: has several kinds (token, agency)",
    ),
    "bad-duration": ("poll: {interval: 5}\nprojects:\n- region: a\n", ":1: poll.interval: must be a duration"),
    "bad-pattern": (
        "projects:\n- region: a\n  user_quotas: {include: ['(']}\n",
        ":3: projects[0].user_quotas.include[0]: is not a regular expression",
    ),
    "bad-collector": (
        "projects:\n- region: a\n  collectors: [all]\n",
        ":3: projects[0].collectors[0]: is not a known collector",
    ),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_file_changes_nothing_and_a_valid_file_is_loaded_again(exporter, projects, file, bad):
    text, sentence = BAD[bad]
    before = exporter.scrape()

    configuration.replace(file, text)
    answer = reload(exporter)

    assert answer.status == 500
    assert f"\n{file}{sentence}" in answer.text
    after = exporter.scrape()
    assert after[SUCCESSFUL] == 0 and after[RELOADED_AT] == before[RELOADED_AT]
    assert exposition.of_projects(after, names(projects)) == exposition.of_projects(before, names(projects))

    configuration.write(file, projects)
    by_post(exporter)
    repaired = exporter.scrape()
    assert repaired[SUCCESSFUL] == 1
    assert exposition.of_projects(repaired, names(projects)) == exposition.of_projects(before, names(projects))


def test_a_deleted_file_changes_nothing(exporter, projects, file):
    file.unlink()

    answer = reload(exporter)

    assert (answer.status, f"{file}: cannot be read" in answer.text) == (500, True)
    assert shown(exporter) == names(projects)


def test_all_errors_of_a_bad_file_are_logged_after_a_signal(exporter, projects, file):
    configuration.replace(file, "poll: {timeout: 1}\nprojects:\n- name: a\n- region: b\n  name: ''\n")
    exporter.program.send_sighup()

    for sentence in (":1: poll.timeout: ", ":3: projects[0].region: ", ":5: projects[1].name: "):
        exporter.program.wait_until(lambda: f"{file}{sentence}" in exporter.program.stderr, sentence)
    errors = [line for line in exporter.program.stderr.splitlines() if "level=error" in line]
    assert all("the previous one stays active" in line for line in errors), errors
    assert exporter.scrape()[SUCCESSFUL] == 0
    assert shown(exporter) == names(projects)


def test_reloading_over_http_must_be_enabled(projects, file, serve):
    configuration.write(file, projects)
    exporter = serve({}, *ONE_POLL, f"--config.file={file}")
    exporter.wait_until_polled()
    configuration.write(file, projects[1:])

    answer = reload(exporter)

    assert (answer.status, "--web.enable-lifecycle" in answer.text) == (403, True)
    assert shown(exporter) == names(projects)
    assert loopback.get(f"{exporter.url}/-/reload").status == 405, "GET does not reload"
