"""Every command of README.md and docs/ runs as it is written there, and prints what the page says."""

import pytest

import documents
from configuration_blocks import check_prometheus, check_queries, is_prometheus, parsed, queries
from slow_blocks import TYPED_BY, reads, source
from typed_page import type_page

PAGES = [page for page in documents.pages() if page.blocks]


def pages_with(wanted):
    """One test for each page that has such blocks."""
    pages = [page for page in PAGES if any(map(wanted, page.blocks))]
    return pytest.mark.parametrize("page", pages, ids=lambda page: page.path)


def is_data(block):
    return block.language in ("yaml", "json")


@pages_with(lambda block: True)
def test_the_blocks_say_what_they_are(page):
    assert "\n".join(documents.problems(page)) == ""


@pages_with(lambda block: block.is_quick or "file" in block.words)
def test_the_commands_run(page, tmp_path, binary, start, simulate):
    type_page(page, tmp_path, binary, start, simulate)


@pages_with(is_data)
def test_yaml_and_json_can_be_read(page):
    for block in filter(is_data, page.blocks):
        assert parsed(block) != [None], f"{block.place} is empty"


@pages_with(is_prometheus)
def test_prometheus_accepts_its_configurations(page, tmp_path):
    assert "".join(check_prometheus(block, tmp_path) for block in filter(is_prometheus, page.blocks)) == ""


@pytest.mark.parametrize("page", [page for page in documents.pages() if any(queries(page))], ids=lambda page: page.path)
def test_prometheus_can_parse_the_queries(page, tmp_path):
    assert check_queries(page, tmp_path) == ""


def test_each_slow_command_has_a_test():
    slow = [(page.path, block) for page in PAGES for block in page.blocks if block.needs and not block.is_quick]
    missing = [block.place for path, block in slow if (path, block.heading) not in TYPED_BY]
    assert missing == [], "tests/acceptance/slow_blocks.py does not say which test types them"
    assert TYPED_BY.keys() - {(path, block.heading) for path, block in slow} == set()


@pytest.mark.parametrize(("place", "test"), TYPED_BY.items(), ids=TYPED_BY.values())
def test_the_test_of_a_slow_command_reads_the_document(place, test):
    text, function = source(test)
    assert reads(text, function, *place), f"{test} does not read {place} by documents.py"
    assert not documents.slow_output(*place) or "documents.slow_output(" in text, f"{test} does not compare the output"
