"""A cloud that says every header of a request back: the worst that can be said in an error message."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CREDENTIAL_HEADERS = ("authorization", "x-auth-token", "x-security-token")
# How soon the server sees that it shall end, in seconds.
END_POLL = 0.02


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
    """Answers everything with one status, and a body that is made from the echo."""

    def __init__(self, status, body_of):
        self._received = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(status, body_of, self._received))
        self._thread = threading.Thread(target=self._server.serve_forever, args=[END_POLL])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def variables(self):
        """What points an exporter at it, but for credentials."""
        return {
            "HUAWEICLOUD_SDK_PROJECT_ID": "echo",
            "METASTUDIO_REGION": "nowhere",
            "METASTUDIO_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}",
        }

    def received_credentials(self):
        """The values of the headers that prove who calls."""
        return [
            value
            for headers in self._received
            for name, value in headers.items()
            if name.lower() in CREDENTIAL_HEADERS
        ]


def _handler(status, body_of, received):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            received.append(dict(self.headers))
            body = body_of(_echo(self.headers)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


def _echo(headers):
    """All headers, credentials first: messages are cut at their end."""
    ordered = sorted(headers.items(), key=lambda header: header[0].lower() not in CREDENTIAL_HEADERS)
    return " ".join(f"{name}: {value}" for name, value in ordered)


def _escape(text):
    """A JSON string."""
    return '"' + "".join(c if c.isalnum() else f"\\u{ord(c):04x}" for c in text) + '"'
