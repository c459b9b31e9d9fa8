"""The one place that touches the insides of python-socketio and python-engineio.

Three things their public face does not give: an event handled without starting a request, its
acknowledgement sent later by someone else, and a frame that a slow reader's queue may refuse. A
test holds the names used here against the installed libraries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import orjson
import socketio
from engineio import packet as engine_packet
from engineio.exceptions import EngineIOError

from auction.core.errors import DomainError
from bidding.room.payloads import parse_json

MALFORMED = "\x00malformed"
"""Name of the event that stands for one whose JSON could not be read."""

LONGEST_FRAME_QUEUE = 64
"""Packets a client may leave unread before frames pass it by; it sees the gap and asks again."""

LONGEST_QUEUE = 4096
"""Packets a client may leave unread before it is cut off."""


class Dispatch(Protocol):
    """Handles one event; `reply` is None where no acknowledgement is asked for."""

    def __call__(
        self, sid: str, event: object, args: list[Any], reply: Callable[[Any], None]
    ) -> None: ...


class _Json:
    """Strict in, fast out."""

    @staticmethod
    def dumps(value: Any, **_options: Any) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str, **_options: Any) -> Any:
        try:
            return parse_json(text)
        except DomainError:
            return [MALFORMED]


class StrictPacket(socketio.packet.Packet):  # type: ignore[misc]  # untyped library
    """A Socket.IO packet read by our own strict JSON."""

    json = _Json


class Wire:
    """Sends and receives for the room, on the server Flask-SocketIO made."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._dispatch: Dispatch | None = None

    def receive(self, dispatch: Dispatch) -> None:
        """Hand every event to `dispatch`, in the order each client sent them."""
        self._dispatch = dispatch
        self._server._handle_event_internal = self._on_event  # noqa: SLF001

    def _on_event(
        self, _server: Any, sid: str, eio_sid: str, data: list[Any], namespace: str, ack_id: Any
    ) -> None:
        if self._dispatch is None:
            raise RuntimeError("no dispatch")

        def reply(value: Any) -> None:
            if ack_id is not None:
                self._acknowledge(eio_sid, ack_id, value)

        self._dispatch(sid, data[0] if data else None, data[1:], reply)

    def _acknowledge(self, eio_sid: str, ack_id: int, value: Any) -> None:
        text = f"3{ack_id}[{_Json.dumps(value)}]"
        self._send(eio_sid, engine_packet.Packet(engine_packet.MESSAGE, text), LONGEST_QUEUE)

    def encode(self, event: str, value: Any) -> Any:
        """A frame, encoded once for all who get it."""
        packet = engine_packet.Packet(engine_packet.MESSAGE, f"2{_Json.dumps([event, value])}")
        packet.encode()
        return packet

    def send(self, eio_sid: str, frame: Any) -> bool:
        """Give a frame to a client, unless it reads too slowly; whether it was given."""
        return self._send(eio_sid, frame, LONGEST_FRAME_QUEUE)

    def _send(self, eio_sid: str, packet: Any, longest: int) -> bool:
        socket = self._server.eio.sockets.get(eio_sid)
        if socket is None or socket.closed:
            return False
        waiting = socket.queue.qsize()
        if waiting >= LONGEST_QUEUE:
            socket.close(wait=False, abort=True)
            return False
        if waiting >= longest:
            return False
        try:
            socket.send(packet)
        except EngineIOError:  # it has closed in between
            return False
        return True

    def engine_id(self, sid: str) -> str:
        """The transport's id of a client."""
        return str(self._server.manager.eio_sid_from_sid(sid, "/"))

    def disconnect(self, sid: str) -> None:
        """Close a client's connection after what is on its way."""
        self._server.disconnect(sid)
