"""A webhook that records Alertmanager's notifications, also those to Slack."""

import json
from contextlib import contextmanager
from typing import NamedTuple

import loopback


SLACK = "/slack"


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


def resolved(sent):
    """The resolved message of a message."""
    return Message(sent.receiver, tuple(alert._replace(status="resolved") for alert in sent.alerts))


def _alerts(pairs):
    return tuple(sorted(Alert(status, tuple(sorted(labels.items()))) for status, labels in pairs))


class Webhook:
    """The received requests: path and body of each; `texts` has the title and the text of each message to Slack."""

    def __init__(self, address, bodies, texts):
        self.address, self.bodies, self.texts = address, bodies, texts

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
    bodies, texts = [], []

    class Handler(loopback.Handler):
        def do_POST(self):
            body = json.loads(self._body())
            if self.path == SLACK:
                (attachment,) = body["attachments"]
                texts.append((attachment["title"], attachment["text"]))
            else:
                bodies.append((self.path, body))
            self.respond(200)

        def _body(self):
            """Alertmanager sends a long message in chunks."""
            if "Content-Length" in self.headers:
                return self.rfile.read(int(self.headers["Content-Length"]))
            chunks = []
            while size := int(self.rfile.readline(), 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

    with loopback.serving(Handler) as address:
        yield Webhook(address, bodies, texts)
