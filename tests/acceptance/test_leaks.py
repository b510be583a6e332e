"""The search for secrets finds a planted one in every form."""

import base64
import html
import json
import urllib.parse

import pytest

import leaks

# `=`, `/` and `+` are in real secrets. Quotes and angle brackets may be in passwords.
SECRET = 'Planted"Secret<Of>Nobody/0000+0001='
FORMS = {
    "plain": SECRET,
    "only its beginning": SECRET[: leaks.FRAGMENT],
    "only its end": SECRET[-leaks.FRAGMENT :],
    "URL-encoded": urllib.parse.quote(SECRET, safe=""),
    "as a form": urllib.parse.quote_plus(SECRET),
    "in JSON": json.dumps(SECRET),
    "in JSON in JSON": json.dumps(json.dumps(SECRET)),
    "as PHP writes JSON": json.dumps(SECRET).replace("/", "\\/"),
    "in JSON with an escape for each character": "".join(f"\\u{ord(c):04X}" for c in SECRET),
    "as Rust's Debug": SECRET.replace('"', '\\"').replace("/", "\\u{2f}"),
    "as Rust's Debug of bytes": SECRET.replace('"', '\\"').replace("/", "\\x2f"),
    "in HTML": html.escape(SECRET),
    "in hexadecimal": SECRET.encode().hex(),
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "in base64 of a longer text": base64.b64encode(f"user:{SECRET}, x".encode()).decode(),
    "in base64 at another position": base64.b64encode(f"user1:{SECRET}, xy".encode()).decode(),
    "in base64 for URLs": base64.urlsafe_b64encode(f"user12:{SECRET}".encode()).decode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_secret_is_found(form):
    text = f"level=error message=\"no access\"\n{FORMS[form]}\n"
    part, around = leaks.find(["good", text], ["another secret", SECRET])
    assert len(part) == leaks.FRAGMENT and part in around


def test_nothing_is_found_where_no_secret_is():
    assert leaks.find([SECRET[: leaks.FRAGMENT - 1], "another text", ""], [SECRET]) is None
