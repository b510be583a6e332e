"""A webhook that records Alertmanager's notifications."""

import json
from contextlib import contextmanager
from typing import NamedTuple

import loopback


class Alert(NamedTuple):
    """An alert of a message: its status, `firing` or `resolved`, and its labels, sorted."""

    status: str
    labels: tuple


class Message(NamedTuple):
    """A notification of a receiver: its alerts, sorted."""

    receiver: str
    alerts: tuple


def message(status, name, severity, *alerts, **shared_labels):
    """The message to the receiver of this severity. `alerts` are the labels of each alert besides the shared ones."""
    shared = {"alertname": name, "severity": severity, **shared_labels}
    return Message(severity, _alerts((status, shared | labels) for labels in alerts or ({},)))


def _alerts(pairs):
    return tuple(sorted(Alert(status, tuple(sorted(labels.items()))) for status, labels in pairs))


class Webhook:
    """The received requests: path and body of each."""

    def __init__(self, address, bodies):
        self.address, self.bodies = address, bodies

    def received(self, status):
        """The messages so far with this status, sorted because groups have no fixed order."""
        return sorted(
            Message(path.removeprefix("/"), _alerts((alert["status"], alert["labels"]) for alert in body["alerts"]))
            for path, body in self.bodies
            if body["status"] == status
        )

    def annotations(self, alert):
        """The annotations of the alert in its last message."""
        return next(
            received["annotations"]
            for _, body in reversed(self.bodies)
            for received in body["alerts"]
            if (received["status"], received["labels"]) == (alert.status, dict(alert.labels))
        )


@contextmanager
def receiving():
    """Runs a webhook on a free port of loopback."""
    bodies = []

    class Handler(loopback.Handler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bodies.append((self.path, body))
            self.respond(200)

    with loopback.serving(Handler) as address:
        yield Webhook(address, bodies)
