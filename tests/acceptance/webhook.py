"""Where Alertmanager sends its notifications in a test: a receiver that remembers them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

# How soon the server sees that it shall end, in seconds.
END_POLL = 0.02


class Alert(NamedTuple):
    """An alert of a message: `firing` or `resolved`, and all of its labels, sorted."""

    status: str
    labels: tuple


class Message(NamedTuple):
    """What a receiver got at once: alerts, sorted."""

    receiver: str
    alerts: tuple


def message(status, name, severity, *things, **labels):
    """The message, to those whom the severity is for, about `things`: one set of labels each."""
    shared = {"alertname": name, "severity": severity, **labels}
    return Message(severity, _alerts((status, shared | thing) for thing in things or ({},)))


def _alerts(pairs):
    return tuple(sorted(Alert(status, tuple(sorted(labels.items()))) for status, labels in pairs))


class Webhook:
    """Receives on a free port of loopback."""

    def __init__(self):
        self._bodies = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._bodies))
        self._thread = threading.Thread(target=self._server.serve_forever, args=[END_POLL])
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def received(self, status):
        """The messages so far that have this status, sorted: groups come in no certain order."""
        return sorted(
            Message(path.removeprefix("/"), _alerts((alert["status"], alert["labels"]) for alert in body["alerts"]))
            for path, body in self._bodies
            if body["status"] == status
        )

    def annotations(self, alert):
        """What the alert said when it was last heard of."""
        return next(
            said["annotations"]
            for _, body in reversed(self._bodies)
            for said in body["alerts"]
            if (said["status"], said["labels"]) == (alert.status, dict(alert.labels))
        )


def _handler(bodies):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bodies.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    return Handler
