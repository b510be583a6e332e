"""An HTTP client and server for loopback, without a proxy."""

import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from programs import DEADLINE

# How often a server checks whether it must stop, in seconds.
SHUTDOWN_CHECK = 0.02

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Response:
    """A response with any status. The body is as it was sent, compressed or not."""

    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()


def get(url, **headers):
    """Sends a GET request once. Header names are written with `_` instead of `-`."""
    return _send(urllib.request.Request(url), headers)


def send(method, url, text, **headers):
    """Sends a request with a body once. Header names are written with `_` instead of `-`."""
    return _send(urllib.request.Request(url, method=method, data=text.encode()), headers)


def _send(request, headers):
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with _OPENER.open(request, timeout=DEADLINE) as response:
            return Response(response)
    except urllib.error.HTTPError as error:
        with error:
            return Response(error)


def returns_200(url):
    """Whether `url` answers with status 200."""
    try:
        return get(url).status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


class Handler(BaseHTTPRequestHandler):
    """A request handler that writes no log."""

    def respond(self, status, body=b"", content_type="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(handler):
    """Serves on a free port; yields the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[SHUTDOWN_CHECK])
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
