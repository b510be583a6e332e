"""Searches texts for secrets, in every form in which a program may write them."""

import base64
import html
import re
import urllib.parse

# Parts of a secret of this length count too: a truncated message may contain only its beginning.
FRAGMENT = 12
# \n, \", \/, \x2b, \u002b and Rust's \u{2b}.
ESCAPE = re.compile(r"\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2})|(.))", re.IGNORECASE)


def find(texts, secrets):
    """The first part of a secret in one of the texts, with the text around it, or None."""
    parts = {part for secret in secrets for form in _forms(secret) for part in _parts(form)}
    for text in texts:
        for view in _views(text):
            for start, part in enumerate(_parts(view)):
                if part in parts:
                    return part, view[max(start - 200, 0) : start + 200]
    return None


def _forms(secret):
    """The secret itself, in hexadecimal and in base64 at any position of a longer text."""
    assert len(secret) >= FRAGMENT, f"{secret} is too short to be searched for"
    content = secret.encode()
    forms = [secret, content.hex()]
    for before in range(3):
        # The first and last characters depend on the text around the secret.
        encoded = base64.b64encode(b"\0" * before + content).rstrip(b"=").decode()
        forms.append(encoded[(before * 8 + 5) // 6 : (before + len(content)) * 8 // 6])
    forms += [form.translate(str.maketrans("+/", "-_")) for form in forms[2:]]
    return forms


def _views(text):
    """The text as it is, and without escapes."""
    views = {text, urllib.parse.unquote(text), html.unescape(text)}
    unescaped = _unescape(text)
    # A log line quotes messages that quote others.
    return views | {unescaped, _unescape(unescaped), urllib.parse.unquote(unescaped)}


def _unescape(text):
    def character(match):
        code = match[1] or match[2] or match[3]
        return chr(int(code, 16)) if code else match[4]

    return ESCAPE.sub(character, text)


def _parts(text):
    return (text[start : start + FRAGMENT] for start in range(len(text) - FRAGMENT + 1))

