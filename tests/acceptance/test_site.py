"""The sources of the documents' site, without mdBook: its pages, what is done to them, and its search.

`make docs` builds the site and checks the links of its pages.
"""

import re
import sys
import tomllib

import pytest

from languages import pairs, twin
from markdown_pages import sections
from shipped import ROOT

sys.path.insert(0, str(ROOT / "deploy" / "site"))
import build
import links

pytest_plugins = ["browser"]


def test_the_books_differ_only_in_language_and_search():
    english, chinese = (tomllib.loads((home / "book.toml").read_text()) for home in (build.ENGLISH, build.CHINESE))
    assert english["book"] == {
        "title": "metastudio-exporter",
        "description": "A Prometheus exporter for Huawei Cloud MetaStudio",
        "language": "en",
        "src": "src",
    }
    assert chinese["book"] == english["book"] | {
        "description": "华为云 MetaStudio 的 Prometheus exporter",
        "language": "zh-CN",
    }
    assert chinese["output"]["html"].pop("additional-js") == ["search.js"]
    assert chinese["output"] == english["output"]
    assert chinese["build"] == english["build"]


def test_a_book_has_each_page_of_its_language_once():
    chapters = build.chapters(build.ENGLISH)
    assert len(set(chapters)) == len(chapters)
    expected = {page for page, _ in pairs(ROOT)} - {"docs/SUMMARY.md"}
    assert {chapter for chapter in chapters if twin(chapter)} == expected


@pytest.mark.parametrize("home", [build.ENGLISH, build.CHINESE], ids=["english", "chinese"])
def test_the_sidebar_has_the_titles_of_the_pages(home):
    for title, link in re.findall(r"^- \[(.*)\]\((.*)\)$", (home / "SUMMARY.md").read_text(), re.MULTILINE):
        if twin(str((home / link).resolve().relative_to(ROOT))):
            assert (home / link).read_text().startswith(f"# {title}\n"), link


def test_the_pages_are_in_the_same_order_in_both_languages():
    assert build.chapters(build.CHINESE) == [twin(page) or page for page in build.chapters(build.ENGLISH)]


@pytest.mark.parametrize("home", [build.ENGLISH, build.CHINESE], ids=["english", "chinese"])
def test_pages_link_only_to_pages_of_the_site(home):
    site = {*build.chapters(build.ENGLISH), *build.chapters(build.CHINESE)}
    targets = set().union(*(linked(page) for page in build.chapters(home) if (ROOT / page).is_file()))
    assert {target for target in targets if target.endswith(".md") or (ROOT / target).is_dir()} - site == set()


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_links_lead_from_the_readme_to_each_page(readme):
    place = readme == "README.zh-CN.md"
    expected = {pair[place] for pair in pairs(ROOT)} - {"docs/SUMMARY.md", "docs/zh-CN/SUMMARY.md"}
    assert expected - reachable(readme) == set()


def reachable(page):
    found, waiting = set(), [page]
    while waiting:
        page = waiting.pop()
        if page not in found and (ROOT / page).is_file():
            found.add(page)
            waiting += [target for target in linked(page) if target.endswith(".md")]
    return found


def linked(page):
    """The paths in the repository that a page links to."""
    links = {link.partition("#")[0] for section in sections(ROOT / page) for link in section.links if ":" not in link}
    return {build.from_root(ROOT / page, link) for link in links if link}


def test_the_summary_at_the_root():
    assert build.summary(build.CHINESE).splitlines()[:7] == [
        "# metastudio-exporter 文档",
        "",
        "[概述](README.zh-CN.md)",
        "",
        "# 部署",
        "",
        "- [安装](docs/zh-CN/installing.md)",
    ]


def test_blocks_lose_what_only_tests_need():
    text = "```sh needs=cloud runs\na\n```\n\n- b\n\n  ```text prints\n  c d\n  ```\n\n```yaml\n```\n"
    assert build.without_marks(text) == "```sh\na\n```\n\n- b\n\n  ```text\n  c d\n  ```\n\n```yaml\n```\n"


def test_chinese_sentences_are_on_one_line():
    text = "查询失败，\n数值不变。\n\n- 配额\n- 用量 A\n子账户 `b`\n资源\nB\n"
    assert build.with_whole_sentences(text) == "查询失败，数值不变。\n\n- 配额\n- 用量 A\n子账户 `b`\n资源\nB\n"


def test_names_in_tables_can_be_broken():
    page = "<p><code>a_b</code></p>\n<tr><td><code>a_b_c</code></td><td>d_e, <code>f_g</code> <a>h</a></td></tr>\n"
    assert build.with_breaks(page) == (
        "<p><code>a_b</code></p>\n"
        "<tr><td><code>a_<wbr>b_<wbr>c</code></td><td>d_e, <code>f_<wbr>g</code> <a>h</a></td></tr>\n"
    )


def test_files_that_a_page_links_to():
    text = "[a](../deploy/prometheus/metastudio.rules.yml#b) [c](installing.md) [d](https://e.f/g.yml) [h](none.yml)"
    assert build.linked_files(ROOT / "docs" / "a.md", text) == ["deploy/prometheus/metastudio.rules.yml"]


def test_the_second_book_keeps_the_files_of_the_first(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for path, text in (
        (first / "index.html", "1"),
        (first / "CHANGELOG.html", "1"),
        (second / "index.html", "2"),
        (second / "CHANGELOG.html", "2"),
        (second / "toc.html", "2"),
        (second / "docs" / "zh-CN" / "web.html", "2"),
    ):
        build.write(path, text.encode())
    build.add_book(second, first)
    found = {str(path.relative_to(first)): path.read_text() for path in first.rglob("*") if path.is_file()}
    assert found == {"index.html": "1", "CHANGELOG.html": "1", "docs/zh-CN/web.html": "2"}


def test_a_page_links_to_the_other_language(tmp_path):
    build.write(tmp_path / "docs" / "web.html", f"<p>{build.BUTTONS}</div>".encode())
    build.add_language(tmp_path, "docs/web.md", "docs/zh-CN/web.md", "中文", "zh-CN")
    assert (tmp_path / "docs" / "web.html").read_text() == (
        '<p><div class="right-buttons">\n<a href="zh-CN/web.html" lang="zh-CN" hreflang="zh-CN" '
        'style="color: var(--icons); padding: 0 8px">中文</a></div>'
    )


def test_a_page_without_a_place_for_the_link_fails(tmp_path):
    build.write(tmp_path / "a.html", b"<p>")
    with pytest.raises(SystemExit) as exit:
        build.add_language(tmp_path, "a.md", "b.md", "English", "en")
    assert str(exit.value) == f"{tmp_path}/a.html has no place for the link to the other language"


def test_links_of_the_site_that_point_to_nothing(tmp_path):
    good = '<a href="b/c.html#%E7%94%A8%E5%AE%8C">1</a><a href="#d">2</a><a href="https://e.f/g">3</a><i id="d">4</i>'
    bad = '<a href="c.html">1</a><a href="b/c.html#x">2</a><a href="#y">3</a><img src="z.png"><a href="b/">4</a>'
    build.write(tmp_path / "a.html", (good + bad).encode())
    build.write(tmp_path / "b" / "c.html", '<h2 id="用完">5</h2><a href="../a.html#d">6</a>'.encode())
    assert links.broken_links(tmp_path) == [
        "a.html: c.html points to nothing",
        "a.html: b/c.html#x points to nothing",
        "a.html: #y points to nothing",
        "a.html: z.png points to nothing",
        "a.html: b/ points to nothing",
    ]


DOCS = {
    "0": {"title": "配额", "body": "子账户的配额用完时，告警触发。配额为 0 时没有配额。", "breadcrumbs": "告警 » 配额"},
    "1": {"title": "资源", "body": "按需计费的资源没有配额。" + "很" * 200 + "长", "breadcrumbs": "指标 » 资源"},
    "2": {"title": "Flags (a)", "body": "`--poll.interval` and metastudio_up", "breadcrumbs": "Flags"},
    "3": {"title": "0 的 0", "body": "NaN", "breadcrumbs": "解读 » 0 的 0"},
    "4": {"title": "数", "body": "0 的，" * 40, "breadcrumbs": "解读 » 数"},
}


@pytest.fixture
def search(chromium):
    """Searches in the documents with the site's script; returns pairs of a reference and an excerpt."""
    page = chromium.new_page()
    page.evaluate("window.elasticlunr = { Index: {} }")
    page.add_script_tag(path=build.SITE / "search.js")

    def found(query):
        call = "([docs, query]) => elasticlunr.Index.load({ documentStore: { docs } }).search(query)"
        return [(result["ref"], result["doc"]["body"]) for result in page.evaluate(call, [DOCS, query])]

    yield found
    page.close()


def test_the_search_finds_chinese_within_a_sentence(search):
    assert search("计费") == [("1", "按需 计费 的资源没有配额。" + "很" * 108)]


def test_the_search_shows_the_best_section_first(search):
    assert [ref for ref, _ in search("配额")] == ["0", "1"]
    assert search("配额")[0][1] == "子账户的 配额 用完时，告警触发。 配额 为 0 时没有 配额 。"


def test_the_search_prefers_a_section_with_the_whole_query(search):
    assert [ref for ref, _ in search("0 的 0")] == ["3", "4", "0"]


def test_all_words_of_a_search_have_to_be_there(search):
    assert [ref for ref, _ in search("配额  资源")] == ["1"]
    assert search("配额 冻结") == []


@pytest.mark.parametrize(
    ("query", "excerpt"),
    [
        ("studio_UP", "`--poll.interval` and meta studio_up "),
        ("--poll.interval", "` --poll.interval ` and metastudio_up"),
        ("flags (a)", "`--poll.interval` and metastudio_up"),
        ("l.i", "`--pol l.i nterval` and metastudio_up"),
    ],
)
def test_the_search_finds_parts_of_names(search, query, excerpt):
    assert search(query) == [("2", excerpt)]


def test_the_search_takes_no_character_as_a_pattern(search):
    assert search("l.*i") == []
    assert search("很长") == [("1", "很" * 30 + " 很长 ")]
