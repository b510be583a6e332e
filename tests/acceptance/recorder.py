"""A proxy before the simulated cloud that remembers every secret that goes through it, either way."""

import http.client
import json
import urllib.parse
from contextlib import contextmanager

import loopback

# Where secrets stand: headers of requests and answers, and keys of JSON bodies.
HEADERS = ("x-auth-token", "x-security-token", "x-metadata-token", "x-subject-token")
KEYS = (
    "password",
    "id_token",
    "secret",
    "securitytoken",
    "secret_access_key",
    "security_token",
    "secretAccessKey",
    "securityToken",
)
METADATA_TOKEN = "/meta-data/latest/api/token"
POD_IDENTITY = "/pod-identity/credentials"


class Recorder:
    """Where it is, and the secrets by the places where they were seen."""

    def __init__(self, address, secrets):
        self.address, self._secrets = address, secrets
        self.endpoint = f"http://{address}"

    def places(self):
        return set(self._secrets)

    def secrets(self):
        return set().union(*self._secrets.values())


@contextmanager
def recording(endpoint):
    """A recorder before the cloud at `endpoint`."""
    upstream, secrets = urllib.parse.urlsplit(endpoint).netloc, {}

    def seen(place, secret):
        secrets.setdefault(place, set()).add(secret)

    def look_at(headers, body):
        for name, value in headers:
            if name.lower() in HEADERS:
                seen(name.lower(), value)
        try:
            _walk(json.loads(body), seen)
        except ValueError:
            pass

    class Handler(loopback.Handler):
        def forward(self):
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            look_at(self.headers.items(), sent)
            if self.path == POD_IDENTITY:
                seen("pod_token", self.headers["Authorization"])
            connection = http.client.HTTPConnection(upstream, timeout=10)
            # `Host` is one of the headers: it is signed, and must stay what it is.
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(sent)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            look_at(answer.getheaders(), body)
            if self.path == METADATA_TOKEN and answer.status == 200:
                seen("metadata_token", body.decode())
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = forward

    with loopback.serving(Handler) as address:
        yield Recorder(address, secrets)


def _walk(value, seen):
    """Tells the secrets of a JSON value, however deep."""
    if isinstance(value, list):
        for inner in value:
            _walk(inner, seen)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in KEYS and isinstance(inner, str):
                seen(key, inner)
            _walk(inner, seen)
