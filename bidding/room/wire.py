"""The one place that touches the insides of python-socketio and python-engineio.

Three things their public face does not give: an event handled without starting a request, its
acknowledgement sent later by someone else, and a frame that is encoded once and passes a slow
reader by (`line.py`). A test holds the names used here against the installed libraries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import orjson
import socketio
from engineio import packet as engine_packet
from engineio.exceptions import EngineIOError

from auction.core.errors import DomainError
from bidding.room.line import (
    LARGEST_BACKLOG,
    LARGEST_FRAME_BACKLOG,
    Outgoing,
    frame_of,
    line_class,
)
from bidding.room.payloads import parse_json

MALFORMED = "\x00malformed"
"""Name of the event that stands for one whose JSON could not be read."""

LARGEST_MESSAGE = 16_384
"""Bytes of the longest message a client may send."""


LONGEST_FRAME_QUEUE = 64
"""Packets that may wait in the engine's own queue, where a connection is not a line of ours."""


REFUSAL_SECONDS = 1
"""How long a client that was not let in may take to read why."""


_PACKET = re.compile(
    # An engine packet; or a message: enter, leave, event, answer; its namespace, its number; JSON.
    r"[1256]|3(?:probe)?|2probe|4[0-3](?:/[^,]{0,80}(?:,|$))?[0-9]{0,20}(?:[\[{].*)?",
    re.DOTALL,
)


def is_packet(message: object) -> bool:
    """Whether a client's frame is a packet of the kinds we speak.

    Nothing binary is among them: a client could announce any number of attachments, and each that
    came would be kept until the last one had come.
    """
    return isinstance(message, str) and _PACKET.fullmatch(message) is not None


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
    data: Any

    def decode(self, encoded_packet: str) -> Any:
        """An event is a list that begins with its name; the library takes that for granted."""
        attachments = super().decode(encoded_packet)
        is_event = self.packet_type in (socketio.packet.EVENT, socketio.packet.BINARY_EVENT)
        if is_event and not (isinstance(self.data, list) and self.data):
            self.data = [MALFORMED]
        return attachments


class Frame:
    """A message for many, encoded once: for our lines as bytes, for the engine as a packet."""

    __slots__ = ("data", "line")
    packet_type = engine_packet.MESSAGE

    def __init__(self, data: str) -> None:
        self.data = data
        self.line = frame_of(self.encode().encode())

    def encode(self, **_options: Any) -> str:
        """As the engine's writer asks for it."""
        return f"{self.packet_type}{self.data}"


class Wire:
    """Sends and receives for the room, on the server Flask-SocketIO made."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._dispatch: Dispatch | None = None
        engine = server.eio
        base = engine._async["websocket"]  # noqa: SLF001
        line = line_class(base, LARGEST_MESSAGE, is_packet)
        engine._async = {**engine._async, "websocket": line}  # noqa: SLF001

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
        self._send(eio_sid, Frame(f"3{ack_id}[{_Json.dumps(value)}]"), LARGEST_BACKLOG)

    def encode(self, event: str, value: Any) -> Frame:
        """A frame, encoded once for all who get it."""
        return Frame(f"2{_Json.dumps([event, value])}")

    def send(self, eio_sid: str, frame: Frame) -> bool:
        """Give a frame to a client, unless it reads too slowly; whether it was given."""
        return self._send(eio_sid, frame, LARGEST_FRAME_BACKLOG)

    def send_all(self, eio_sids: Iterable[str], frame: Frame) -> None:
        """The same for many; a bid may mean thousands, so the usual case is decided right here."""
        sockets, line = self._server.eio.sockets, frame.line
        for eio_sid in eio_sids:
            outgoing: Outgoing | None = getattr(sockets.get(eio_sid), "outgoing", None)
            if outgoing is None:
                self.send(eio_sid, frame)
            elif outgoing.backlog <= LARGEST_FRAME_BACKLOG:
                outgoing.write(line)

    def _send(self, eio_sid: str, frame: Frame, most: int) -> bool:
        engine_socket = self._server.eio.sockets.get(eio_sid)
        if engine_socket is None or engine_socket.closed:
            return False
        outgoing: Outgoing | None = getattr(engine_socket, "outgoing", None)
        if outgoing is not None:
            return outgoing.backlog <= most and outgoing.write(frame.line)
        if engine_socket.queue.qsize() >= LONGEST_FRAME_QUEUE:
            return False
        try:
            engine_socket.send(frame)
        except EngineIOError:  # it has closed in between
            return False
        return True

    def engine_id(self, sid: str) -> str:
        """The transport's id of a client."""
        return str(self._server.manager.eio_sid_from_sid(sid, "/"))

    def hang_up_soon(self, eio_sid: str) -> None:
        """Close a refused client's connection, once it has been told why."""

        def hang_up() -> None:
            self._server.sleep(REFUSAL_SECONDS)
            self._server.eio.disconnect(eio_sid)

        self._server.start_background_task(hang_up)

    def disconnect(self, sid: str) -> None:
        """Close a client's connection after what is on its way."""
        self._server.disconnect(sid)
