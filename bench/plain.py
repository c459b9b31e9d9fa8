"""`python -m bench.plain PORT`: a websocket server that does nothing but repeat, as the limit.

It stands on the same event loop as the product and speaks just enough of the same protocol for the
same client: whoever connects is greeted and acknowledged, and each `bid` sends everybody a frame as
long as the product's, made once and written to one socket after the other.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import base64  # noqa: E402
import hashlib  # noqa: E402
import json  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
from contextlib import suppress  # noqa: E402
from typing import Any  # noqa: E402

from gevent.server import StreamServer  # noqa: E402

from bench.load import Line, unmask  # noqa: E402
from bidding.room.line import frame_of  # noqa: E402

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
GREETING = frame_of(b'0{"sid":"x","upgrades":[],"pingInterval":600000,"pingTimeout":600000}')


class PlainRoom:
    """Everybody who is connected."""

    def __init__(self, frame_size: int) -> None:
        self.sockets: set[socket.socket] = set()
        self.seq = 0
        self.padding = "x" * max(0, frame_size - 40)

    def serve(self, sock: socket.socket, _address: Any) -> None:
        """One connection, until it goes."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = Line(0, sock)
        with suppress(OSError):
            self._shake_hands(line)
            sock.sendall(GREETING)
            while data := sock.recv(65_536):
                line.buffer += data
                for message in unmask(line):
                    self._take(sock, message)
        self.sockets.discard(sock)

    def _shake_hands(self, line: Line) -> None:
        while b"\r\n\r\n" not in line.buffer:
            data = line.socket.recv(4096)
            if not data:
                raise ConnectionError("hung up while connecting")
            line.buffer += data
        head, _, rest = bytes(line.buffer).partition(b"\r\n\r\n")
        line.buffer = bytearray(rest)
        fields = dict(f.split(": ", 1) for f in head.decode().split("\r\n")[1:])
        digest = hashlib.sha1((fields["Sec-WebSocket-Key"] + MAGIC).encode()).digest()
        line.socket.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )

    def _take(self, sock: socket.socket, message: bytes) -> None:
        if message == b"40":
            sock.sendall(frame_of(b'40{"sid":"x"}'))
            return
        head, _, body = message.partition(b"[")
        number, event = head[2:], json.loads(b"[" + body)[0]
        if event == "watch":
            self.sockets.add(sock)
            sock.sendall(frame_of(b"43" + number + b'[{"ok":true}]'))
        elif event == "bid":
            self.seq += 1
            answer = b'[{"accepted":true,"seq":%d}]' % self.seq
            sock.sendall(frame_of(b"43" + number + answer))
            self._repeat()

    def _repeat(self) -> None:
        frame = frame_of(b'42["lot",{"seq":%d,"x":"%s"}]' % (self.seq, self.padding.encode()))
        for sock in list(self.sockets):
            raw: Any = sock._sock  # type: ignore[attr-defined]  # noqa: SLF001
            with suppress(OSError):
                raw.send(frame, socket.MSG_DONTWAIT)


def main() -> None:
    """Serve until killed."""
    port, frame_size = int(sys.argv[1]), int(sys.argv[2])
    StreamServer(("127.0.0.1", port), PlainRoom(frame_size).serve, backlog=4096).serve_forever()


if __name__ == "__main__":
    main()
