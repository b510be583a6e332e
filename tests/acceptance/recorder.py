"""A proxy in front of the simulated cloud that records every secret in requests and responses."""

import http.client
import json
import urllib.parse
from contextlib import contextmanager

import loopback
from programs import DEADLINE

# Headers and keys of JSON bodies that contain secrets.
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
    """The proxy's address, and the recorded secrets by the header or key that contained them."""

    def __init__(self, address, secrets):
        self.address, self._secrets = address, secrets
        self.endpoint = f"http://{address}"

    def places(self):
        return set(self._secrets)

    def by_place(self):
        """All secrets by unique names, which begin with their place."""
        places = self._secrets.items()
        return {f"{place} {number}": secret for place, all in places for number, secret in enumerate(sorted(all), 1)}

    def secrets(self):
        return set().union(*self._secrets.values())


@contextmanager
def recording(endpoint):
    """Runs a recorder in front of the cloud at `endpoint`."""
    upstream, secrets = urllib.parse.urlsplit(endpoint).netloc, {}

    def record(place, secret):
        secrets.setdefault(place, set()).add(secret)

    def record_all(headers, body):
        for name, value in headers:
            if name.lower() in HEADERS:
                record(name.lower(), value)
            if name.lower() == "authorization" and "Signature=" in value:
                record("signature", value.rpartition("Signature=")[2])
        try:
            _record_values(json.loads(body), record)
        except ValueError:
            pass

    class Handler(loopback.Handler):
        def forward(self):
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            record_all(self.headers.items(), sent)
            if self.path == POD_IDENTITY:
                record("pod_token", self.headers["Authorization"])
            connection = http.client.HTTPConnection(upstream, timeout=DEADLINE)
            # `Host` is copied like the other headers: it is signed and must not change.
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(sent)
            answer = connection.getresponse()
            try:
                body = answer.read()
            except (http.client.IncompleteRead, TimeoutError) as cut:
                body = getattr(cut, "partial", b"")
                self.close_connection = True
            connection.close()
            record_all(answer.getheaders(), body)
            if self.path == METADATA_TOKEN and answer.status == 200:
                record("metadata_token", body.decode())
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(answer.length or len(body)))
            try:
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                # The client stopped or did not want all of it.
                self.close_connection = True

        do_GET = do_POST = do_PUT = forward

    with loopback.serving(Handler) as address:
        yield Recorder(address, secrets)


def _record_values(value, record):
    """Records the secrets of a JSON value at any depth."""
    if isinstance(value, list):
        for inner in value:
            _record_values(inner, record)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in KEYS and isinstance(inner, str):
                record(key, inner)
            _record_values(inner, record)
