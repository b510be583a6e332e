"""Every command of README.md and docs/ runs as it is written there, and prints what the page says."""

import documents
import pytest
from configuration_blocks import check_prometheus, check_queries
from typed_page import TypedPage

PAGES = [page for page in documents.pages() if page.blocks]


def each_page(having):
    """One test for each page that has such blocks."""
    return pytest.mark.parametrize(
        "page", [page for page in PAGES if any(map(having, page.blocks))], ids=lambda page: page.path
    )


@each_page(lambda block: True)
def test_the_blocks_say_what_they_need(page):
    assert documents.problems(page) == []


@each_page(lambda block: block.is_quick or "file" in block.words)
def test_the_commands_run(page, tmp_path, binary, start, simulate):
    typed = TypedPage(tmp_path, binary, start, simulate)
    for block in page.blocks:
        typed.type(block)
