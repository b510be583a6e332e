"""A MetaStudio and an IAM whose users, resources and types have names that try to break pages."""

import json
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import yaml

import loopback

# Names with markup, control characters, text directions and extreme lengths.
NAMES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><b class=injected>x</b>',
    "' autofocus onfocus='alert(3)",
    "</title></code></bdi></a></table><style>*{display:none}</style>",
    "<!-- <svg onload=alert(4)>",
    "&amp;&lt;b&gt; &#60;",
    "javascript:alert(5)",
    "\u202egnorw\u2067dennip\u2066",
    "\u05d0\u05d1\u05d2 100 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\u0301\u0300\u0301 combining",
    "W" * 300,
    "word " * 60,
    "明天" * 150,
    "line\nbreak\r\nand\ttab",
    "nul\0byte \x1b[31m \x7f",
    "\u200bno\u200dwidth\ufeff",
    "👩‍👩‍👧 😀 \U000e0041",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "../../etc/passwd?id=1&project=2#top",
)
# Project names come from the configuration: one line of at most 100 characters.
PROJECTS = tuple(name[:100].strip() for name in NAMES if name.isprintable() or "\u202e" in name)
CONTROL_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}


def shown(name):
    """The name as pages show it, with visible symbols for control characters."""
    return name.translate(CONTROL_PICTURES)


@contextmanager
def hostile_cloud(directory):
    """Runs the cloud; yields the path of a configuration with all projects."""
    with loopback.serving(Handler) as address:
        configuration = directory / "hostile.yml"
        endpoint = f"http://{address}"
        projects = [_project(*place, endpoint) for place in enumerate(PROJECTS)]
        configuration.write_text(yaml.safe_dump({"projects": projects}))
        yield configuration


def _project(number, name, endpoint):
    return {
        "name": name,
        "project_id": f"project{number}",
        "endpoint": endpoint,
        "iam_endpoint": endpoint,
        "credentials": {"token": {"value": "AnyToken"}},
        "user_quotas": {"names": True},
        "collectors": ["voice_training", "user_quotas", "tenant_resources"],
    }


class Handler(loopback.Handler):
    """The first project has users and resources with all names; the others are empty, to be fast."""

    def do_GET(self):
        url = urlsplit(self.path)
        named = NAMES if "/project0/" in url.path else ()
        first_page = parse_qs(url.query).get("offset", ["0"]) == ["0"]
        if url.path.endswith("/v3/users"):
            body = {"users": [{"id": name, "name": name[::-1]} for name in NAMES]}
        elif url.path.endswith("/user/quotas"):
            body = {"count": len(named), "assets": [_user(*place) for place in enumerate(named) if first_page]}
        elif url.path.endswith("/tenants/resources"):
            body = {"count": len(named), "resources": [_product(name) for name in named if first_page]}
        else:
            body = {
                "count": len(named),
                "resources": [_resource(name) for name in named if first_page],
                "resource_available_nums": {name: place for place, name in enumerate(named)},
            }
        self.respond(200, json.dumps(body).encode())


def _user(place, name):
    return {"user_id": name, "quota": {name: 100, "voice_clone_basic": 10}, "usage": {name: 100 - place}}


def _product(name):
    return {
        "resource_id": name,
        "order_id": name,
        "resource_type": name,
        "business_type": name,
        "sub_resource_type": name,
        "charging_mode": name,
        "resource_source": name,
        "unit": name,
        "amount": 100,
        "usage": 90,
        "status": 0,
        "resource_expire_time": "2099-12-28T08:43:17Z",
    }


def _resource(name):
    return {
        "resource_id": name,
        "resource_type": name,
        "charge_mode": name,
        "asset_id": name,
        "resource_source": name,
        "operation_type": name,
        "resource_nums": 5,
        "resource_available_nums": 3,
        "status": 0,
        "expire_time": "2099-12-28T08:43:17Z",
    }
