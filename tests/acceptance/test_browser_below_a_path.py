"""The pages below a path, behind Debian's nginx: with a path that nginx strips, and with one that it passes on."""

import json
from types import SimpleNamespace

import pytest

import loopback
from exporter import Exporter
from nginx import start_nginx
from programs import free_port

pytest_plugins = ["browser"]

PATH = "/monitoring/metastudio"
CONFIGURATION = """\
    server {{
        listen 127.0.0.1:{port};
        proxy_set_header Host $http_host;
        location {path}/ {{ proxy_pass http://{exporter}{target}; }}
    }}
"""


@pytest.fixture(params=["stripped", "kept"])
def site(request, binary, start, tmp_path):
    """The URL of an exporter behind nginx."""
    is_stripped = request.param == "stripped"
    port = free_port()
    url = f"http://127.0.0.1:{port}{PATH}"
    flags = [f"--web.external-url={url}", *(["--web.route-prefix=/"] if is_stripped else [])]
    exporter = Exporter(start([binary, "demo", "--web.listen-address=127.0.0.1:0", *flags], {}))
    target = "/" if is_stripped else ""
    proxying = CONFIGURATION.format(port=port, path=PATH, exporter=exporter.address, target=target)
    nginx = start_nginx(start, tmp_path, proxying)
    nginx.wait_until(lambda: loopback.returns_200(f"{url}/-/ready"), "the first poll ends")
    return SimpleNamespace(url=url)


def test_every_link_works_below_the_path(visit, site):
    page = visit(site)

    # The style sheet was loaded.
    assert page.page.evaluate("getComputedStyle(document.querySelector('.skip')).position") == "absolute"
    for path in ("/", "/users", "/resources", "/products", "/users?project=production&page=2"):
        page.go(path)
        links = page.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        icons = page.page.eval_on_selector_all("link[href]", "links => links.map(link => link.href)")
        own = {link.split("#")[0] for link in [*links, *icons] if not link.startswith("https://github.com/")}
        assert [link for link in own if not link.startswith(f"{site.url}/")] == []
        assert [link for link in own if not loopback.returns_200(link)] == []


def test_the_filter_and_the_language_stay_below_the_path(visit, site):
    page = visit(site, "/users?sort=user")

    page.page.select_option("#project", "staging")
    page.page.click("#filter button")
    assert page.path == "/users?sort=user&project=staging&q="

    page.page.click("#languages a")
    assert page.path == "/users?lang=zh-CN&project=staging&sort=user"


def test_service_discovery_returns_addresses_that_can_be_scraped(site):
    groups = json.loads(loopback.get(f"{site.url}/sd").text)

    assert len(groups) == 3
    for group in groups:
        assert group["labels"]["__metrics_path__"] == f"{PATH}/metrics"
        assert loopback.returns_200(f"http://{group['targets'][0]}{group['labels']['__metrics_path__']}")
