"""Flags, variables and metrics that the documents name exist."""

import re
import subprocess

import pytest

import documents
import shipped

PAGES = pytest.mark.parametrize("page", documents.pages(), ids=lambda page: page.path)
FLAG = re.compile(r"--(?:config|poll|project|web|log)\.[a-z.-]*[a-z]|--shard\b|--total-shards\b")
VARIABLE = re.compile(r"METASTUDIO_EXPORTER_[A-Z_]*[A-Z]\b(?!\*|_)")
METRIC = re.compile(r"(?<![\w.])metastudio_\w*[a-z]\b(?![*_])")


@pytest.fixture(scope="module")
def help_text(binary):
    """What the program and its commands say about their flags."""
    commands = ([], ["demo"], ["simulate"])
    return "".join(
        subprocess.run([binary, *command, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
        for command in commands
    )


def named(page, pattern):
    """The names in the code spans and blocks of a page, each with its place."""
    texts = [*page.spans, *((block.place, block.text) for block in page.blocks)]
    return {(place, name) for place, text in texts for name in pattern.findall(text)}


def unknown(page, pattern, known):
    return sorted((place, name) for place, name in named(page, pattern) if name not in known)


@PAGES
def test_each_flag_exists(page, help_text):
    assert unknown(page, FLAG, set(FLAG.findall(help_text))) == []


@PAGES
def test_each_variable_exists(page, help_text):
    assert unknown(page, VARIABLE, set(re.findall(r"\[env: (\w+)", help_text))) == []


@PAGES
def test_each_metric_exists(page):
    golden = (shipped.ROOT / "tests" / "golden" / "metrics.prom").read_text()
    families = set(re.findall(r"^# HELP (\S+)", golden, re.MULTILINE))
    series = set(re.findall(r"^(\w+)", golden, re.MULTILINE))
    assert unknown(page, METRIC, families | series) == []


def test_a_name_that_does_not_exist():
    spans = "`--poll.intervall`, `--poll.*`, `METASTUDIO_EXPORTER_POL`, `METASTUDIO_EXPORTER_POLL_*`\n"
    page = documents.parse("docs/small.md", f"{spans}```promql\nmetastudio_up == metastudio_down\n```\n")
    assert unknown(page, FLAG, {"--poll.interval"}) == [("docs/small.md:1", "--poll.intervall")]
    assert unknown(page, VARIABLE, set()) == [("docs/small.md:1", "METASTUDIO_EXPORTER_POL")]
    assert unknown(page, METRIC, {"metastudio_up"}) == [("docs/small.md:2", "metastudio_down")]
