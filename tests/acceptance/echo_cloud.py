"""A cloud that echoes each request, body and headers, in its response. No error message can contain more secrets."""

import json
from contextlib import contextmanager

import loopback

CREDENTIAL_HEADERS = ("authorization", "x-auth-token", "x-security-token", "x-metadata-token")


def error(echo):
    """The format of errors of MetaStudio and of its gateway."""
    return json.dumps({"error_code": "APIG.0301", "error_msg": echo})


def escaped_error(echo):
    """The same, with \\u escapes for all characters but letters and digits, which JSON allows."""
    return f'{{"error_code":"APIG.0301","error_msg":{_escape(echo)}}}'


def escaped_stranger(echo):
    """Also escaped, in the error format of another program."""
    return f'{{"detail":{_escape(echo)}}}'


def plain_text(echo):
    """Not JSON."""
    return echo


def json_string(echo):
    """JSON, but not an object."""
    return json.dumps(echo)


class EchoCloud:
    """The cloud's address and the requests that it received."""

    def __init__(self, address, received):
        self._received = received
        self.endpoint = f"http://{address}"

    def received(self):
        """The values of all headers with credentials, and all bodies."""
        headers = [value for headers, _ in self._received for value in _credentials(headers)]
        return headers + [body for _, body in self._received]

    def secrets(self):
        """The tokens and signatures in headers. The metadata token is an earlier echo."""
        values = [value for headers, _ in self._received for value in _credentials(headers, "x-metadata-token")]
        return {value.rpartition("Signature=")[2] for value in values}


def _credentials(headers, without=None):
    names = set(CREDENTIAL_HEADERS) - {without}
    return [value for name, value in headers.items() if name.lower() in names]


@contextmanager
def echo_cloud(status, body_of):
    """Runs a cloud that answers every request with one status and a body made from the echo."""
    received = []

    class Handler(loopback.Handler):
        def echo(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            received.append((dict(self.headers), body))
            self.respond(status, body_of(f"{body} {_echo(self.headers)}".strip()).encode())

        do_GET = do_POST = do_PUT = echo

    with loopback.serving(Handler) as address:
        yield EchoCloud(address, received)


def _echo(headers):
    """All headers, credentials first because messages are truncated at the end."""
    ordered = sorted(headers.items(), key=lambda header: header[0].lower() not in CREDENTIAL_HEADERS)
    return " ".join(f"{name}: {value}" for name, value in ordered)


def _escape(text):
    """A JSON string with escapes."""
    return '"' + "".join(c if c.isalnum() else f"\\u{ord(c):04x}" for c in text) + '"'
