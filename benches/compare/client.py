"""An HTTP client that costs little: one connection, raw sockets, bodies that are read and dropped."""

import socket
import time
from typing import NamedTuple

BUFFER = 1 << 20


class Answer(NamedTuple):
    """One request: seconds until the first byte and until the last one, and the length of the body."""

    status: int
    first_byte: float
    total: float
    length: int


class Connection:
    """A keep-alive connection to a port of the loopback interface."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._memory = bytearray(BUFFER)
        self._view = memoryview(self._memory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def get(self, path, gzip=True, sink=None):
        """Sends a request, reads the whole response, and passes parts of the body to `sink`."""
        coding = "Accept-Encoding: gzip\r\n" if gzip else ""
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{coding}\r\n".encode()
        started = time.perf_counter()
        self._socket.sendall(request)
        held = self._receive(0)
        first_byte = time.perf_counter() - started
        while (end := self._memory.find(b"\r\n\r\n", 0, held)) < 0:
            held += self._receive(held)
        lines = self._memory[:end].decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        body = ChunkedBody(sink) if "chunked" in headers.get("transfer-encoding", "") else LengthBody(headers, sink)
        body.take(self._view[end + 4 : held])
        while not body.complete:
            body.take(self._view[: self._receive(0)])
        return Answer(int(lines[0].split()[1]), first_byte, time.perf_counter() - started, body.length)

    def _receive(self, offset):
        count = self._socket.recv_into(self._view[offset:])
        if count == 0:
            raise ConnectionError("the server closed the connection")
        return count


class LengthBody:
    """A body with a Content-Length."""

    def __init__(self, headers, sink):
        self._expected, self.length, self._sink = int(headers["content-length"]), 0, sink

    @property
    def complete(self):
        return self.length >= self._expected

    def take(self, part):
        if self._sink:
            self._sink(part)
        self.length += len(part)


class ChunkedBody:
    """A body in chunks."""

    def __init__(self, sink):
        self.complete, self.length, self._sink = False, 0, sink
        self._left, self._head, self._last = 0, b"", False

    def take(self, part):
        position, end = 0, len(part)
        while position < end:
            if self._left > 2:
                # All of a chunk but the line break after it.
                count = min(self._left - 2, end - position)
                if self._sink:
                    self._sink(part[position : position + count])
                self.length += count
            elif self._left:
                count = min(self._left, end - position)
            else:
                position = self._take_head(part, position)
                continue
            self._left -= count
            position += count
            self.complete = self._last and self._left == 0

    def _take_head(self, part, position):
        """Reads the line with the length of the next chunk; returns the position after it."""
        before = len(self._head)
        self._head += bytes(part[position : position + 20])
        end = self._head.find(b"\r\n")
        if end < 0:
            return position + len(self._head) - before
        size = int(self._head[:end].split(b";")[0], 16)
        self._head, self._left, self._last = b"", size + 2, size == 0
        return position + end + 2 - before


def fetch(port, path, gzip=True):
    """The body of one response."""
    parts = []
    with Connection(port) as connection:
        answer = connection.get(path, gzip, sink=lambda part: parts.append(bytes(part)))
    if answer.status != 200:
        raise ConnectionError(f"{path}: status {answer.status}")
    return b"".join(parts)


def length(port, path, gzip=True):
    """The length of the body of one response."""
    with Connection(port) as connection:
        return connection.get(path, gzip).length
