"""One websocket, written to in order, whole, and without ever waiting for a slow reader.

The websocket library writes with a single `send` and takes no notice of how much of it the kernel
took: a large frame to a slow reader would arrive torn. Here the rest of a torn frame waits, with
all that comes after it, and is written when the reader reads. Who sends is never held up, and a
frame for many is encoded once. Compression is not agreed to: it would cost a compressor a
connection, and inflate what a stranger sends (P-18).
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import simple_websocket

LARGEST_BACKLOG = 4_000_000
"""Bytes a reader may leave unread before the connection is cut."""

LARGEST_FRAME_BACKLOG = 200_000
"""Bytes from which on frames pass it by; it sees the gap and asks again."""


def frame_of(text: bytes) -> bytes:
    """A server's text frame (RFC 6455, 5.2): final, not compressed, not masked."""
    size = len(text)
    if size < 126:
        return bytes((0x81, size)) + text
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text


class Outgoing:
    """What has been given to one connection and not yet been taken by the kernel."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        # gevent's socket waits by itself; the one inside it says at once that it would block.
        self._raw = getattr(sock, "_sock", sock)
        self._lock = threading.Lock()
        self._pending: deque[bytes] = deque()
        self._is_draining = False
        self.backlog = 0
        self.is_broken = False

    def write(self, data: bytes) -> bool:
        """Write now what can be written now, and the rest in its order; False once it is broken."""
        with self._lock:
            if self.is_broken:
                return False
            if not self._is_draining:
                try:
                    sent = self._raw.send(data, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    sent = 0
                except OSError:
                    self.is_broken = True
                    return False
                if sent == len(data):
                    return True
                data = data[sent:]
            if self.backlog + len(data) > LARGEST_BACKLOG:
                self.is_broken = True
                self._hang_up()
                return False
            self._pending.append(data)
            self.backlog += len(data)
            starts, self._is_draining = not self._is_draining, True
        if starts:
            threading.Thread(target=self._drain, daemon=True).start()
        return True

    def _drain(self) -> None:
        while True:
            with self._lock:
                if not self._pending or self.is_broken:
                    self._is_draining = False
                    return
                data = self._pending.popleft()
            try:
                self.sock.sendall(data)
            except OSError:
                with self._lock:
                    self.is_broken = True
            self.backlog -= len(data)

    def _hang_up(self) -> None:
        """Wake whoever reads from or writes to this connection."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:  # it is gone already
            return


class _OrderedSocket:
    """The library's view of the socket: what it writes keeps its place among our frames."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self.recv = outgoing.sock.recv
        self.close = outgoing.sock.close

    def send(self, data: bytes) -> int:
        if not self._outgoing.write(data):
            raise BrokenPipeError
        return len(data)


def line_class(base: Any, largest_message: int, is_packet: Callable[[object], bool]) -> Any:
    """The engine's websocket class `base`, with outgoing data of its own in order.

    The engine's socket gets it as `outgoing`. A message longer than `largest_message` is refused
    while it is being received, not when it has filled the memory. What is no packet ends the
    connection: the engine would stumble over it, or keep it and wait for more.
    """

    class Line(base):  # type: ignore[misc]  # chosen at run time by the engine
        def __init__(self, handler: Any, server: Any) -> None:
            super().__init__(self._serve, server)
            self._handler = handler
            self.server_args["max_message_size"] = largest_message

        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
            return super().__call__(environ, start_response)

        def wait(self) -> Any:
            message = super().wait()
            # Whom the engine has given up is heard no longer, though it may go on sending.
            is_over = self._handler.__self__.closed
            return message if is_packet(message) and not is_over else None

        def _serve(self, _line: Any) -> Any:
            websocket: simple_websocket.Server = self.ws
            outgoing = Outgoing(websocket.sock)
            websocket.sock = _OrderedSocket(outgoing)
            self._handler.__self__.outgoing = outgoing
            return self._handler(self)

    return Line
