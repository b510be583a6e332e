"""The Chinese pages are in Chinese, and the language switch changes nothing else."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from metrics import Metrics

pytest_plugins = ["browser"]

CHINESE = {"locale": "zh-CN"}
# Words that are the same in Chinese: names of products and protocols, units, and the switch itself.
UNTRANSLATED = {"MetaStudio", "Exporter", "Flexus", "English", "ID", "IAM", "HTTP", "NTP", "UTC", "GB"}
WORD = re.compile(r"[A-Za-z]{2,}")
CHINESE_TEXT = re.compile(r"[\u4e00-\u9fff]")
# All visible texts and labels, without those marked as values of the API or the configuration.
READ = r"""
    () => {
        const own = element => element.closest("[translate=no], bdi, code, option[value]:not([value=''])");
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        // In the title, isolating marks surround a name.
        const read = [document.title.replace(/\u2068.*\u2069/, "")];
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (!own(node.parentElement)) read.push(node.data.trim());
        }
        for (const element of document.querySelectorAll("[aria-label], [data-label], [title], [placeholder], [alt]")) {
            for (const name of ["aria-label", "data-label", "title", "placeholder", "alt"]) {
                // The title of a shortened name is the full name.
                const text = element.matches(".name") && name === "title" ? "" : element.getAttribute(name);
                if (text) read.push(text);
            }
        }
        return [...new Set(read.filter(text => text))];
    }
"""


def paths(exporter):
    """All pages, including those of users of each kind."""
    users = sorted(Metrics(exporter).quotas)[:8]
    lists = ("/users", "/resources", "/products", "/users?level=high&refresh=600", "/resources?q=none")
    lists += ("/users?q=none", "/products?q=none&level=high")
    return ("/", "/?project=staging", "/?project=nobody", *lists, *map(user_path, users))


def user_path(user):
    return f"/user?project={user[0]}&id={user[1]}"


@pytest.mark.parametrize("world", ["demo", "failing"])
def test_chinese_pages_have_no_english_text(visit, request, world):
    exporter = request.getfixturevalue(world)
    page = visit(exporter, **CHINESE)

    for path in paths(exporter):
        page.go(path)
        assert page.page.locator("html").get_attribute("lang") == "zh-CN"
        assert_chinese(page.page.evaluate(READ), path)
    page.go_to_missing("/user?project=staging&id=nobody")
    assert_chinese(page.page.evaluate(READ), "nobody")


def test_english_pages_have_no_chinese_text_but_the_language_switch(visit, demo):
    page = visit(demo)

    for path in paths(demo):
        page.go(path)
        assert page.page.locator("html").get_attribute("lang") == "en"
        assert [text for text in page.page.evaluate(READ) if CHINESE_TEXT.search(text)] == ["中文"]


def test_the_language_switch_names_each_language_in_that_language(visit, demo):
    for locale, other, name in (("en-US", "zh-CN", "中文"), ("zh-CN", "en", "English")):
        link = visit(demo, locale=locale).page.locator("#languages a")
        assert (link.inner_text(), link.get_attribute("lang"), link.get_attribute("hreflang")) == (name, other, other)


@pytest.mark.parametrize(
    "path",
    [
        "/users?project=production&sort=user&page=2",
        "/users?level=used-up&q=a&sort=user&refresh=600",
        "/resources?project=staging&sort=-left",
        "/resources?level=used-up&q=a",
        "/products?level=high&q=a&sort=-utilisation",
        "/?sort=project",
    ],
)
def test_the_language_switch_keeps_filter_order_and_page(visit, demo, path):
    page = visit(demo, path)
    before, data = query_of(page), data_of(page)
    assert page.page.locator("html").get_attribute("lang") == "en"

    page.page.click("#languages a")

    assert page.page.locator("html").get_attribute("lang") == "zh-CN"
    assert (query_of(page), data_of(page)) == ({**before, "lang": ["zh-CN"]}, data)
    for link in ("#pages a >> nth=1", "thead a >> nth=0", "tbody a >> nth=0", "#filter button"):
        page.page.locator(link).click()
        assert page.page.locator("html").get_attribute("lang") == "zh-CN", link
        page.page.go_back()

    page.page.click("#languages a")

    assert page.page.locator("html").get_attribute("lang") == "en"
    assert (query_of(page), data_of(page)) == ({**before, "lang": ["en"]}, data)


def test_the_language_switch_on_a_user_page_keeps_the_user(visit, demo):
    user = min(Metrics(demo).quotas)
    page = visit(demo, user_path(user))

    page.page.click("#languages a")

    assert page.texts("#user-id") == [user[1]]
    assert page.texts("h2") == ["配额"]


def assert_chinese(texts, path):
    assert any(CHINESE_TEXT.search(text) for text in texts)
    english = {text for text in texts if set(WORD.findall(text)) - UNTRANSLATED}
    assert not english, path


def query_of(page):
    return parse_qs(urlsplit(page.page.url).query)


def data_of(page):
    """The data of the tables, which does not depend on the language."""
    tables = page.page.locator("table").evaluate_all("tables => tables.map(table => table.id)")
    return [row["data"] for table in tables for row in page.rows(table)]
