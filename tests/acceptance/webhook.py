"""Where Alertmanager sends its notifications in a test: a receiver that remembers them."""

import json
from contextlib import contextmanager
from typing import NamedTuple

import loopback


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
    """What came, as it came: the path that was asked for, and the body."""

    def __init__(self, address, bodies):
        self.address, self.bodies = address, bodies

    def received(self, status):
        """The messages so far that have this status, sorted: groups come in no certain order."""
        return sorted(
            Message(path.removeprefix("/"), _alerts((alert["status"], alert["labels"]) for alert in body["alerts"]))
            for path, body in self.bodies
            if body["status"] == status
        )

    def annotations(self, alert):
        """What the alert said when it was last heard of."""
        return next(
            said["annotations"]
            for _, body in reversed(self.bodies)
            for said in body["alerts"]
            if (said["status"], said["labels"]) == (alert.status, dict(alert.labels))
        )


@contextmanager
def receiving():
    """A webhook on a free port of loopback."""
    bodies = []

    class Handler(loopback.Handler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bodies.append((self.path, body))
            self.answer(200)

    with loopback.serving(Handler) as address:
        yield Webhook(address, bodies)
