"""The links and the length of the documents."""

import pytest

from markdown_links import broken_links, pages
from markdown_pages import sections_of
from shipped import ROOT

PAGES = pages(ROOT)
DOCS = [page for page in PAGES if page.startswith("docs/")]
# Lines, at most: what is asked from one page, and what fits a first page.
LINES_OF_DOCS = 199
LINES_OF_README = 180


@pytest.mark.parametrize("page", PAGES)
def test_every_link_points_to_something(page):
    found = broken_links(ROOT, page)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("page", DOCS)
def test_a_page_is_short(page):
    assert len((ROOT / page).read_text().splitlines()) <= LINES_OF_DOCS


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_is_short(page):
    assert len((ROOT / page).read_text().splitlines()) <= LINES_OF_README


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[a](other.md)", None),
        ("[a](other.md#used-up)", None),
        ("[a](other.md#用完-1)", None),
        ("[a](#here)", None),
        ("[a](.)", None),
        ("[a](https://example.com/none.md#none)", None),
        ("[a](none.md)", "none.md: there is no docs/none.md"),
        ("![a](none.png)", "none.png: there is no docs/none.png"),
        ("[a](../../other.md)", "../../other.md: there is no ../other.md"),
        ("[a](/docs/other.md)", "/docs/other.md: there is no /docs/other.md"),
        ("[a](#there)", "#there: docs/page.md has no heading with this anchor"),
        ("[a](other.md#Used-up)", "other.md#Used-up: docs/other.md has no heading with this anchor"),
        ("[a](file.yml#used-up)", "file.yml#used-up: docs/file.yml has no heading with this anchor"),
    ],
)
def test_a_link_that_points_to_nothing_is_found(tmp_path, text, problem):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "other.md").write_text("# Used up?\n\n## 用完\n\n## 用完\n")
    (docs / "file.yml").touch()
    (docs / "page.md").write_text(f"# Here\n\n{text}\n")
    assert broken_links(tmp_path, "docs/page.md") == ([f"docs/page.md: # Here: {problem}"] if problem else [])


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Used up", "used-up"),
        ("`metastudio_up` is 0", "metastudio_up-is-0"),
        ("TLS, users & `--web.config.file`", "tls-users----webconfigfile"),
        ("配额（用量）：子账户", "配额用量子账户"),
        ("*One* [link](a.md)", "one-link"),
    ],
)
def test_anchors_are_those_of_github(heading, anchor):
    assert sections_of(f"# {heading}\n")[1].anchor == anchor
