"""`make soak` for some seconds, and that each of its checks finds what it is for."""

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

import exposition
import figures
from conftest import REPOSITORY

SOAK = REPOSITORY / "tests" / "soak"
sys.path.append(str(SOAK))

from history import EARLY, LATE, History  # noqa: E402

# In this test, the only value that events have changed.
ITEM = exposition.key(
    "metastudio_user_quota_usage", project="p", user_id="u", item="voice_clone_basic", unit="count"
)
STATE = {"project": "p", "collector": "user_quotas"}


def soak(binary, directory, minutes, *flags):
    command = [sys.executable, SOAK, "--binary", binary, "--directory", directory, f"--minutes={minutes}", "--seed=3"]
    return subprocess.run([*command, *flags], capture_output=True, text=True, timeout=180, check=False)


def test_everything_is_right_for_some_seconds(binary, tmp_path):
    done = soak(binary, tmp_path, 0.35, "--longest-scrape=10")
    assert done.returncode == 0, done.stdout + done.stderr
    first, _, *rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert done.stdout.startswith("seed 3, 0.35 minutes, files in ")
    assert first == "| what | figure | bound | verdict |"
    assert len(rows) == 15 and all(row.endswith("| meets |") for row in rows)
    events = "".join(log.read_text() for log in tmp_path.glob("*/events.log"))
    assert len(re.findall(r"^ +\d+\.\d [a-z_]+: ", events, re.MULTILINE)) > 5, events


def test_a_bound_that_is_missed_is_in_the_table_and_the_exit_code_is_1(binary, tmp_path):
    done = soak(binary, tmp_path, 0.05, "--longest-scrape=0.0001")
    assert done.returncode == 1, done.stdout + done.stderr
    missed = [line for line in done.stdout.splitlines() if line.endswith("| **misses** |")]
    bound = r"\| longest of \d+ (scrapes|visits) \| [\d.]+ s \| at most 0 s \| \*\*misses\*\* \|"
    assert all(re.fullmatch(bound, line) for line in missed) and "scrapes" in missed[0], missed


class OneUser:
    """A cloud with a user of one item."""

    endpoint = "http://cloud"

    def __init__(self):
        self.usage = 5

    def truth(self, _):
        user = {"user_id": "u", "quota": {"voice_clone_basic": 9}, "usage": {"voice_clone_basic": self.usage}}
        return {"assets": [user], "resources": [], "resource_available_nums": {}, "products": []}


@pytest.fixture
def changed():
    """A history with a change of the usage from 5 to 6, and the times of the start and end of the change."""
    project = {"name": "p", "project_id": "i", "region": "r", "endpoint": OneUser.endpoint}
    project["user_quotas"] = {"names": False}
    cloud = OneUser()
    history = History(SimpleNamespace(projects=[project], cloud_of=lambda _: cloud))
    with history.change(project):
        cloud.usage = 6
    (_, _, ended), (_, began, _) = history._values[ITEM]
    return history, began, ended


def test_a_sample_is_right_if_a_cloud_had_its_value_shortly_before(changed):
    history, began, ended = changed
    for value, at, is_right in (
        (5, began, True),
        (5, ended + LATE - 0.01, True),
        (5, ended + LATE + 0.01, False),
        (6, began - EARLY - 0.01, False),
        (6, began - EARLY + 0.01, True),
        (6, ended + 10 * LATE, True),
        (7, began, False),
    ):
        wrong = list(history.wrong({at: {ITEM: value}}))
        assert len(wrong) == (not is_right), (value, at - began, wrong)
    # Nothing but the changed value ended with the change.
    assert history.current()[ITEM] == 6 and history.current()[exposition.key("metastudio_users", project="p")] == 1


def test_a_series_that_no_cloud_had_is_wrong(changed):
    history, began, _ = changed
    series = (ITEM[0], tuple((name, "v" if name == "user_id" else value) for name, value in ITEM[1]))
    (wrong,) = history.wrong({began: {series: 5}})
    assert wrong == f"{series} is 5 at {began}; right: None"


def test_a_number_of_rows_may_be_wrong_only_in_a_snapshot_that_says_so(changed):
    history, began, _ = changed
    users, consistent = exposition.key("metastudio_users", project="p"), "metastudio_snapshot_consistent"
    for is_consistent, number in ((1, 1), (0, 0)):
        at_once = {users: 2, exposition.key(consistent, **STATE): is_consistent}
        assert len(list(history.wrong({began: at_once}))) == number
    assert len(list(history.wrong({began: {exposition.key("metastudio_invalid_values", **STATE): 1}}))) == 1


def test_a_value_is_flat_if_the_least_of_its_last_third_is_at_most_a_tenth_above_that_of_the_second():
    hundreds = lambda *values: [value for value in values for _ in range(100)]  # noqa: E731
    for values, slack, is_flat in (
        (hundreds(500, 100, 110), 0, True),
        (hundreds(500, 100, 111), 0, False),
        (hundreds(500, 100, 111), 1, True),
        (hundreds(100, 100, 112), 1, False),
        (hundreds(100, 100), 0, True),
        # More at times is no leak.
        (hundreds(500, 100, 100)[:-50] + [300] * 50, 0, True),
    ):
        assert figures.flat("memory", values, slack=slack).met == is_flat, values
    assert figures.flat("files", hundreds(1, 2, 4)).markdown() == (
        "| files | 4 in the last third, 2 in the second, 4 at most | at most 2.2 | **misses** |"
    )
    assert figures.flat("files", hundreds(1)).markdown() == (
        "| files | 100 values | at least 300 values, else not judged | meets |"
    )


def test_the_exit_code_is_1_if_any_line_misses_its_bound(capsys):
    for values, code in (((0, 1, 1), 0), ((2, 1, 1), 1), ((1, 1, 2), 1), ((), 0)):
        # Lines are shown while others are still measured.
        assert figures.show(figures.at_most("time", value, 1) for value in values) == code
        assert capsys.readouterr().out.count("| time |") == len(values)


def test_a_line_says_its_figure_and_its_bound():
    for figure, line in (
        (figures.at_most("time", 1, 1, "s"), "| time | 1 s | at most 1 s | meets |"),
        (figures.at_most("time", 1.0015, 1, "s"), "| time | 1.002 s | at most 1 s | **misses** |"),
        (figures.at_most("memory", 2_500_000, 3_000_000, "MB"), "| memory | 2.5 MB | at most 3 MB | meets |"),
        (figures.at_most("panics", float("nan"), 0), "| panics | nan | at most 0 | **misses** |"),
        (figures.at_least("polls", 1200, 1200), "| polls | 1,200 | at least 1,200 | meets |"),
        (figures.at_least("polls", 1199, 1200), "| polls | 1,199 | at least 1,200 | **misses** |"),
        (figures.none("wrong", []), "| wrong | 0 | 0 | meets |"),
        (figures.none("wrong", ["a\nb", "c", "d", "e"]), "| wrong | 4: a b; c; d | 0 | **misses** |"),
    ):
        assert figure.markdown() == line
