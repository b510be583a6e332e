"""A client of HTTP/2 over TLS that also sends what no honest client does.

Frames and heads are made by `hyperframe` and `hpack`; a whole library of HTTP/2 refuses to send such frames.
"""

import select
import socket

from hpack import Decoder, Encoder
from hyperframe.frame import Frame, GoAwayFrame, HeadersFrame, RstStreamFrame, SettingsFrame

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_OF_FRAME = 9
LARGE = 1 << 16
# How long the server may take nothing, in seconds.
STUCK = 1
# As RFC 9113 calls them.
ERRORS = {
    0: "NO_ERROR",
    1: "PROTOCOL_ERROR",
    3: "FLOW_CONTROL_ERROR",
    7: "REFUSED_STREAM",
    8: "CANCEL",
    9: "COMPRESSION_ERROR",
    11: "ENHANCE_YOUR_CALM",
}


class Ended(Exception):
    """The server has closed the connection, or takes nothing any more; the text says which."""


class Http2Client:
    """One connection."""

    def __init__(self, address, context, window=65535):
        context.set_alpn_protocols(["h2"])
        self.host, port = address.split(":")
        plain = socket.create_connection((self.host, int(port)), timeout=10)
        self._socket = context.wrap_socket(plain, server_hostname=self.host)
        self.encoder, self._decoder = Encoder(), Decoder()
        self.stream_id, self.statuses, self.resets, self.goaway, self._received = -1, [], [], None, b""
        settings = SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: window})
        self.send(PREFACE + settings.serialize())

    def close(self):
        self._socket.close()

    def new_stream(self):
        """The ID of a stream that no request has had."""
        self.stream_id += 2
        return self.stream_id

    def head(self, path, *more):
        """The encoded head of a request."""
        fields = [(":method", "GET"), (":scheme", "https"), (":authority", self.host), (":path", path), *more]
        return self.encoder.encode(fields)

    def send(self, data):
        """Sends bytes as they are."""
        self._socket.settimeout(STUCK)
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise Ended("the server reads nothing more") from None
        except OSError:
            raise Ended("closed") from None

    def receive(self, wait=0.0):
        """Reads what the server has sent so far, or begins to send within `wait` seconds."""
        self._socket.settimeout(STUCK)
        while self._socket.pending() or select.select([self._socket], [], [], wait)[0]:
            wait = 0.0
            try:
                data = self._socket.recv(LARGE)
            except TimeoutError:
                # A part of a record of TLS.
                continue
            except OSError:
                data = b""
            if not data:
                raise Ended("closed")
            self._received += data
            self._take_frames()

    def _take_frames(self):
        while len(self._received) >= HEAD_OF_FRAME:
            frame, length = Frame.parse_frame_header(memoryview(self._received[:HEAD_OF_FRAME]))
            end = HEAD_OF_FRAME + length
            if len(self._received) < end:
                return
            frame.parse_body(memoryview(self._received[HEAD_OF_FRAME:end]))
            self._received = self._received[end:]
            self._take(frame)

    def _take(self, frame):
        if isinstance(frame, HeadersFrame):
            self.statuses.append(int(dict(self._decoder.decode(frame.data))[":status"]))
        elif isinstance(frame, RstStreamFrame):
            self.resets.append(ERRORS.get(frame.error_code, str(frame.error_code)))
        elif isinstance(frame, GoAwayFrame):
            self.goaway = ERRORS.get(frame.error_code, str(frame.error_code))
