"""The pages need no scripts, load nothing from other hosts, and block injected content."""

import pytest

pytest_plugins = ["browser"]

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# The text of the page, without relative times.
TEXT = """
    () => {
        const copy = document.body.cloneNode(true);
        copy.querySelectorAll("time").forEach(time => time.replaceChildren(time.title && time.dateTime));
        return copy.textContent;
    }
"""


@pytest.fixture
def paths(metrics):
    project, user = min(metrics.quotas)
    return ("/", "/users", "/resources", "/products", f"/user?project={project}&id={user}")


def test_every_page_loads_only_from_the_exporter_under_a_strict_policy(visit, demo, paths):
    page = visit(demo)
    asked = []
    page.page.on("request", lambda request: asked.append(request.url.removeprefix(page.home).split("?")[0]))

    for path in paths:
        answer = page.go(path)
        assert answer.headers["content-security-policy"] == POLICY
        assert "set-cookie" not in answer.headers
        # The style sheet was loaded: a policy that forbids it would leave the page without styles.
        assert page.page.evaluate("getComputedStyle(document.querySelector('.skip')).position") == "absolute"

    assert set(asked) - {"/-/overview.css", "/-/icon.svg"} == {path.split("?")[0] for path in paths}
    assert page.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_no_page_has_scripts_or_inline_styles(visit, demo, paths):
    page = visit(demo)

    for path in paths:
        page.go(path)
        assert page.page.locator("script, style, [style], iframe, object, embed").count() == 0


@pytest.mark.parametrize(
    ("attack", "directive"),
    [
        (
            "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))",
            "script-src",
        ),
        ("document.body.insertAdjacentHTML('beforeend', '<details open ontoggle=\"window.ran = 1\">')", "script-src"),
        ("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')", "style-src"),
        ("document.body.insertAdjacentHTML('beforeend', '<iframe src=\"/users\"></iframe>')", "default-src 'none'"),
    ],
    ids=["script", "handler", "style", "frame"],
)
def test_the_policy_blocks_injected_content(visit, demo, attack, directive):
    page = visit(demo)

    with page.page.expect_console_message(lambda message: directive in message.text):
        page.page.evaluate(f"() => {{ {attack} }}")

    assert page.page.evaluate("window.ran") is None
    assert all("Content Security Policy" in problem for problem in page.problems)
    page.problems.clear()


def test_without_scripts_the_pages_are_the_same(visit, demo, paths):
    scripted, bare = visit(demo), visit(demo, java_script_enabled=False)

    for path in paths:
        scripted.go(path)
        bare.go(path)
        assert bare.page.evaluate(TEXT) == scripted.page.evaluate(TEXT)
    bare.go("/users")
    bare.page.select_option("#project", "staging")
    bare.page.click("#filter button")
    assert bare.path == "/users?project=staging&q="
    assert len(bare.rows("users")) == 3
