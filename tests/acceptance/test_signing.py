"""The exporter signs as the vendor's SDK for Python does, whatever it sends.

Not compared, because the exporter never sends it, and because the SDK signs it in a way of its own:

- an encoded slash in a path: the SDK takes it for a slash;
- a path that does not begin with a slash, such as an empty one: the SDK fails;
- `Content-Type` and `X-Sdk-Content-Sha256`: they decide how the SDK signs a body, and the exporter signs only `GET`s;
- two headers with one name, and names with `_`: the SDK keeps one of the former and signs none of the latter;
- the methods in lower case: the SDK converts them.
"""

import json
import os
import random
import subprocess
from urllib.parse import unquote

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from conftest import REPOSITORY

REQUESTS = int(os.environ.get("PROPTEST_CASES", "4000"))
SEED = 20270110

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD")
# Also what only some encoders encode.
CHARACTERS = "abcXYZ0189-_.~*!'();:@&=+$,?#[]{}|\\^`\"<>% /数字人é😀\x7f\t\n\u2028"
HEADERS = ("X-Project-Id", "x-security-token", "X-Sdk-Other", "Accept", "User-Agent", "x-b", "X-A-1", "x-a")
VALUES = "abcXYZ0189 -_.~*+/=;,:\"'%\té数"


def text(rng, characters=CHARACTERS, most=8):
    return "".join(rng.choice(characters) for _ in range(rng.randint(0, most)))


def encoded(rng, plain, always):
    """One of the encodings of a text: hexadecimal digits in both cases, and more or less than necessary."""

    def byte(value):
        return f"%{value:02X}" if rng.random() < 0.5 else f"%{value:02x}"

    def character(c):
        if c in always or rng.random() < 0.4:
            return "".join(byte(value) for value in c.encode())
        return c

    return "".join(character(c) for c in plain)


def request(rng):
    segments = [encoded(rng, text(rng).replace("/", ""), "%?#") for _ in range(rng.randint(0, 5))]
    if rng.random() < 0.05:
        # Bytes that are not UTF-8.
        segments.append(rng.choice(("%FF", "a%e6%95", "%C3(", "%zz", "%")))
    path = "/" + "/".join(segments) + rng.choice(("", "", "/"))
    names = [text(rng, most=3) for _ in range(rng.randint(0, 4))]
    pairs = [(rng.choice(names), text(rng)) for _ in range(rng.randint(0, 6)) if names]
    query = "&".join(
        encoded(rng, name, "%&=#") + ("" if not value and rng.random() < 0.5 else "=" + encoded(rng, value, "%&#"))
        for name, value in pairs
    )
    # No pair is not an empty pair.
    pairs = [(name, value) for name, value in pairs if name or value or "=" in query]
    if any(not name and not value for name, value in pairs):
        pairs, query = [], ""
    date = f"20{rng.randint(10, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}T{rng.randint(0, 23):02}0102Z"
    headers = {name: text(rng, VALUES, 20) for name in rng.sample(HEADERS, rng.randint(0, len(HEADERS)))}
    headers |= {"Host": rng.choice(("metastudio.example", "h:8443")), "X-Sdk-Date": date}
    return {
        "secret_key": text(rng, most=100) or "s",
        "date": date,
        "method": rng.choice(METHODS),
        "path": path,
        "query": query,
        "pairs": pairs,
        "headers": rng.sample(sorted(headers.items()), len(headers)),
        "body": rng.choice(("", "", text(rng, most=50))),
    }


def vendors_signature(it):
    signed = SdkRequest(
        method=it["method"],
        schema="https",
        host=dict(it["headers"])["Host"],
        resource_path=it["path"],
        query_params=list(it["pairs"]),
        header_params=dict(it["headers"]),
        body=it["body"],
    )
    Signer(BasicCredentials("FAKEACCESSKEY0000001", it["secret_key"])).sign(signed)
    return signed.header_params["Authorization"].split("Signature=")[1]


def own_signatures(requests):
    lines = "".join(json.dumps({name: it[name] for name in it if name != "pairs"}) + "\n" for it in requests)
    command = ["cargo", "run", "--quiet", "--locked", "--example=signatures"]
    result = subprocess.run(
        command, cwd=REPOSITORY, input=lines, capture_output=True, text=True, encoding="utf-8", timeout=600
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.fixture(scope="module")
def requests():
    rng = random.Random(SEED)
    return [request(rng) for _ in range(REQUESTS)]


def test_the_signatures_of_random_requests_are_the_vendors(requests):
    own = own_signatures(requests)

    assert len(own) == len(requests)
    differing = [it for it, signature in zip(requests, own) if signature != vendors_signature(it)]
    assert differing == []


def test_the_requests_have_all_that_matters(requests):
    paths, queries = [it["path"] for it in requests], [it["query"] for it in requests]

    assert {it["method"] for it in requests} == set(METHODS)
    for part in ("%", "~", "*", "+", "数", "//", "%20", " "):
        assert any(part in path for path in paths), part
        assert any(part in query for query in queries) or part == "//", part
    assert any(path.endswith("/") for path in paths) and any(not path.endswith("/") for path in paths)
    assert any(len({name for name, _ in it["pairs"]}) < len(it["pairs"]) for it in requests), "repeated keys"
    assert any(not value for it in requests for _, value in it["pairs"]), "empty values"
    assert any(it["body"] for it in requests) and any(unquote(path) != path for path in paths)


def test_another_secret_has_another_signature(requests):
    """Ensures that the comparison can fail."""
    some = requests[:20]
    other = [it | {"secret_key": it["secret_key"] + "x"} for it in some]

    assert not set(own_signatures(other)) & {vendors_signature(it) for it in some}
