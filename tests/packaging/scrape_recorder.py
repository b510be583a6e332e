"""A proxy in front of an exporter, which keeps the text of every scrape."""

import gzip
import threading
from contextlib import contextmanager

import exposition
import loopback

# Of each path. A consumer stores a scrape within a few intervals.
KEPT = 20
# What the proxy itself says about the connection and the body.
OF_THE_PROXY = ("connection", "content-length", "transfer-encoding", "date")


class Recorder:
    """The scrapes that went through the proxy."""

    def __init__(self):
        self.address = None
        self._texts, self._lock = {}, threading.Lock()

    def keep(self, path, response):
        compressed = response.headers.get("Content-Encoding") == "gzip"
        text = (gzip.decompress(response.body) if compressed else response.body).decode()
        with self._lock:
            self._texts[path] = self._texts.get(path, [])[1 - KEPT :] + [text]

    def paths(self):
        """The paths, with parameters, that were scraped."""
        with self._lock:
            return set(self._texts)

    def scrapes(self, path):
        """The samples of the last scrapes of a path, the newest first."""
        with self._lock:
            texts = list(self._texts.get(path, []))
        return (exposition.parse(text) for text in reversed(texts))


@contextmanager
def recording(exporter):
    """Runs a proxy in front of the exporter; yields its recorder. The exporter's discovery lists the proxy."""
    recorder = Recorder()

    class Proxy(loopback.Handler):
        def do_GET(self):
            headers = {name.replace("-", "_"): value for name, value in self.headers.items() if name != "Connection"}
            response = loopback.get(f"{exporter.url}{self.path}", **headers)
            if self.path.startswith("/metrics") and response.status == 200:
                recorder.keep(self.path, response)
            self.send_response_only(response.status)
            for name, value in response.headers.items():
                if name.lower() not in OF_THE_PROXY:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

    with loopback.serving(Proxy) as address:
        recorder.address = address
        yield recorder
