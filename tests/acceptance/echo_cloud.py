"""A cloud that says all of a request back, body and headers: the worst that can be said in an error message."""

import json
from contextlib import contextmanager

import loopback

CREDENTIAL_HEADERS = ("authorization", "x-auth-token", "x-security-token", "x-metadata-token")


def error(echo):
    """The shape of every error of MetaStudio and of the gateway before it."""
    return json.dumps({"error_code": "APIG.0301", "error_msg": echo})


def escaped_error(echo):
    """The same, with all but letters and digits written as \\u escapes, as no server must and any may."""
    return f'{{"error_code":"APIG.0301","error_msg":{_escape(echo)}}}'


def escaped_stranger(echo):
    """As escaped, in the shape of another program's errors."""
    return f'{{"detail":{_escape(echo)}}}'


def plain_text(echo):
    """No JSON."""
    return echo


def json_string(echo):
    """JSON, but not the object that was asked for."""
    return json.dumps(echo)


class EchoCloud:
    """Where it is, and what came."""

    def __init__(self, address, received):
        self._received = received
        self.endpoint = f"http://{address}"

    @property
    def variables(self):
        """What points an exporter at it, but for credentials."""
        return {
            "HUAWEICLOUD_SDK_PROJECT_ID": "echo",
            "METASTUDIO_REGION": "nowhere",
            "METASTUDIO_ENDPOINT": self.endpoint,
        }

    def received_credentials(self):
        """The values of the headers that prove who calls, and all bodies."""
        headers = [
            value
            for headers, _ in self._received
            for name, value in headers.items()
            if name.lower() in CREDENTIAL_HEADERS
        ]
        return headers + [body for _, body in self._received if body]


@contextmanager
def echoing(status, body_of):
    """A cloud that answers everything with one status, and a body that is made from the echo."""
    received = []

    class Handler(loopback.Handler):
        def echo(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            received.append((dict(self.headers), body))
            self.answer(status, body_of(f"{body} {_echo(self.headers)}".strip()).encode())

        do_GET = do_POST = do_PUT = echo

    with loopback.serving(Handler) as address:
        yield EchoCloud(address, received)


def _echo(headers):
    """All headers, credentials first: messages are cut at their end."""
    ordered = sorted(headers.items(), key=lambda header: header[0].lower() not in CREDENTIAL_HEADERS)
    return " ".join(f"{name}: {value}" for name, value in ordered)


def _escape(text):
    """A JSON string."""
    return '"' + "".join(c if c.isalnum() else f"\\u{ord(c):04x}" for c in text) + '"'
