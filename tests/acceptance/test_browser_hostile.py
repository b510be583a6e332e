"""Names that try to break a page are shown as text."""

from urllib.parse import quote, urlencode

import pytest

from exporter import ONE_POLL, Exporter
from hostile_cloud import NAMES, PROJECTS, hostile_cloud, shown
from programs import running
from browser_tab import DESKTOP, PHONE

pytest_plugins = ["browser"]

LISTEN = ("--web.listen-address=127.0.0.1:0",)
FAST = "--poll.requests-per-second=1000"
HEADINGS = (("/users", "Users"), ("/resources", "Voice training resources"), ("/products", "Products"))
PAGES = ("/", "/users", "/resources", "/products", "/?lang=zh", "/users?lang=zh", "/products?lang=zh")
# Elements that only an injected name can create, and attributes that run scripts.
INJECTED = """
    () => [...document.querySelectorAll("*")]
        .filter(element => element.matches("script, style, img, iframe, object, b, .injected, [autofocus]")
            || element.getAttributeNames().some(name => name.startsWith("on"))
            || [...element.attributes].some(({value}) => value.trim().toLowerCase().startsWith("javascript:")
                && !(element.matches("[data-project], [data-user], [data-resource], [data-item], [data-resource-type], "
                    + "[title], [value]"))))
        .map(element => element.outerHTML)
"""
# Texts that can change the direction of text around them because no element isolates them.
NOT_ISOLATED = r"""
    () => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const found = [];
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (/[\u202a-\u202e\u2066-\u2069\u0590-\u06ff]/.test(node.data)
                && !node.parentElement.closest("option[dir=auto]")
                && getComputedStyle(node.parentElement).unicodeBidi !== "isolate") {
                found.push(node.parentElement.outerHTML);
            }
        }
        return found;
    }
"""
# How much wider than the window the page is, without elements that scroll in their own box.
OVERFLOW = """
    () => ({
        page: document.documentElement.scrollWidth - innerWidth,
        body: document.body.scrollWidth - innerWidth,
    })
"""


@pytest.fixture(scope="module")
def hostile(binary, tmp_path_factory):
    """An exporter with projects, users and resources with such names."""
    directory = tmp_path_factory.mktemp("hostile")
    with hostile_cloud(directory) as configuration:
        arguments = [binary, f"--config.file={configuration}", *LISTEN, *ONE_POLL, FAST]
        with running(arguments, {}, directory) as program:
            exporter = Exporter(program)
            exporter.wait_until_polled()
            yield exporter


@pytest.mark.parametrize("path", PAGES)
def test_no_name_becomes_an_element_or_changes_the_direction_of_other_text(visit, hostile, path):
    page = visit(hostile, path)

    assert page.page.evaluate(INJECTED) == []
    assert page.page.evaluate(NOT_ISOLATED) == []


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("path", PAGES)
def test_no_name_makes_the_page_wider_than_the_window(visit, hostile, path, size):
    page = visit(hostile, path, viewport=size)

    assert page.page.evaluate(OVERFLOW) == {"page": 0, "body": 0}


def test_users_are_shown_with_their_names(visit, hostile):
    page = visit(hostile, "/users")

    assert sorted(page.texts("#users tbody th a")) == sorted(shown(name[::-1]) for name in NAMES)
    assert set(page.texts("#users tbody td:nth-child(2) a")) == {shown(PROJECTS[0])}


def test_resources_and_types_are_shown_with_their_names(visit, hostile):
    page = visit(hostile, "/resources")

    for column in (1, 3, 7):
        texts = page.texts(f"#resources tbody > tr > :nth-child({column}) bdi")
        assert sorted(texts) == sorted(map(shown, NAMES)), column
    page.go("/products")
    assert sorted(page.texts("#products tbody > tr > :nth-child(1) bdi")) == sorted(map(shown, NAMES))
    # The business type, the resource type, the sub-resource type and the charging mode.
    types = page.texts("#products tbody > tr > :nth-child(3) bdi")
    assert sorted(types) == sorted([*map(shown, NAMES)] * 4)
    assert sorted(page.texts("#products tbody > tr > :nth-child(4) bdi")) == sorted(shown(name.lower()) for name in NAMES)
    page.go("/")
    assert sorted(page.texts("#available tbody th bdi")) == sorted(map(shown, NAMES))


def test_projects_with_any_name_can_be_selected(visit, hostile):
    page = visit(hostile)
    assert page.texts("#project option") == ["All projects", *map(shown, PROJECTS)]

    for place, name in enumerate(PROJECTS):
        page.page.select_option("#project", index=place + 1)
        page.page.click("#filter button")
        assert page.page.locator("#unknown-project").count() == 0
        assert page.texts("#project-facts bdi")[:2] == [shown(name), f"project{place}"]
        assert set(page.texts("#apis tbody th")) == {shown(name)}
        assert page.page.evaluate("document.querySelector('#project').selectedIndex") == place + 1


def test_users_with_any_name_have_a_page(visit, hostile):
    page = visit(hostile, "/users", viewport=PHONE)
    links = page.page.locator("#users tbody th a").all()
    places = {link.text_content(): link.get_attribute("href") for link in links}

    for name in NAMES:
        answer = page.go(places[shown(name[::-1])])
        assert answer.status == 200
        assert (page.texts("#user-id"), page.texts("#user-name")) == ([shown(name)], [shown(name[::-1])])
        assert sorted(page.texts("#quotas tbody th bdi")) == sorted([shown(name), "voice_clone_basic"])
        title = page.page.title()
        assert title.startswith("\u2068") and title.endswith("\u2069 – MetaStudio Exporter")
        assert page.page.evaluate(INJECTED) == []
        assert page.page.evaluate(NOT_ISOLATED) == []
        assert page.page.evaluate(OVERFLOW) == {"page": 0, "body": 0}, name


def test_query_parameters_are_escaped(visit, hostile):
    page = visit(hostile)

    for name in NAMES:
        # Apart, because together the longest names are more than a request may have.
        for keys in (("project", "id", "sort", "page", "lang"), ("q", "level", "from", "refresh")):
            parameters = urlencode(dict.fromkeys(keys, name))
            for path, heading in HEADINGS:
                assert page.go(f"{path}?{parameters}").status == 200
                assert page.page.evaluate(INJECTED) == []
                assert page.texts("h1") == [heading]
                assert page.page.evaluate(OVERFLOW) == {"page": 0, "body": 0}, name
            # No user has this ID.
            page.go_to_missing(f"/user?id={quote(name[:20])}?&{parameters}")
            assert page.page.evaluate(INJECTED) == []


def test_users_with_any_name_are_found_and_lead_back(visit, hostile):
    page = visit(hostile)

    for name in NAMES:
        wanted = name[::-1].strip()
        page.go(f"/users?{urlencode({'q': wanted})}")
        assert shown(name[::-1]) in page.texts("#users tbody th a"), name
        path = page.path
        page.page.click("#users tbody th a >> nth=0")
        page.page.click("#back")
        assert page.texts("h1") == ["Users"]
        assert shown(name[::-1]) in page.texts("#users tbody th a"), (name, path)
