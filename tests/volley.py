"""Requests that reach the server at one moment: all but the last byte of each is sent beforehand.

The last bytes then leave within a fraction of a millisecond of each other, over as many
connections, so that the requests race inside the server and not on the way to it.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from http.client import HTTPResponse
from typing import Any, Protocol
from urllib.parse import urlencode

import websocket

HOST = "127.0.0.1"
ANSWER_SECONDS = 20


class Shot(Protocol):
    """One request that waits for its last byte."""

    def fire(self) -> None: ...

    def answer(self) -> Any: ...


def fire_together(shots: Sequence[Shot]) -> list[Any]:
    """Let all go at once; the answers in the order of the shots."""
    for shot in shots:
        shot.fire()
    return [shot.answer() for shot in shots]


class HttpShot:
    """One POST on a connection of its own, straight to a process."""

    def __init__(self, port: int, path: str, content: bytes, headers: Mapping[str, str]) -> None:
        self._connection = socket.create_connection((HOST, port), timeout=ANSWER_SECONDS)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        lines += [f"Content-Length: {len(content)}", "Connection: close", "", ""]
        self._connection.sendall("\r\n".join(lines).encode() + content[:-1])
        self._last = content[-1:]

    def fire(self) -> None:
        self._connection.sendall(self._last)

    def answer(self) -> tuple[int, bytes]:
        """Status and body."""
        with self._connection:
            response = HTTPResponse(self._connection)
            response.begin()
            return response.status, response.read()


class Gun:
    """One signed-in person at one process: shots over HTTP, and over a websocket kept open."""

    def __init__(self, url: str, port: int, cookie: str, token: str) -> None:
        self.port = port
        self._token = token
        self._headers = {"Host": url.partition("//")[2], "Origin": url, "Cookie": cookie}
        self._url = url
        self._socket: websocket.WebSocket | None = None
        self._count = 0

    def close(self) -> None:
        """Hang up the websocket, if there is one."""
        if self._socket is not None:
            self._socket.close()

    def call(self, path: str, payload: Any) -> HttpShot:
        """A JSON call, loaded."""
        headers = {**self._headers, "Content-Type": "application/json", "X-CSRF-Token": self._token}
        return HttpShot(self.port, path, json.dumps(payload).encode(), headers)

    def form(self, path: str, **fields: str) -> HttpShot:
        """A form, loaded."""
        content = urlencode({**fields, "csrf_token": self._token}).encode()
        headers = {**self._headers, "Content-Type": "application/x-www-form-urlencoded"}
        return HttpShot(self.port, path, content, headers)

    def event(self, name: str, payload: Any) -> SocketShot:
        """A socket event, loaded."""
        if self._socket is None:
            self._socket = self._connect()
        self._count += 1
        return SocketShot(self._socket, self._count, [name, payload])

    def _connect(self) -> websocket.WebSocket:
        connection = websocket.create_connection(
            f"ws://{HOST}:{self.port}/socket.io/?EIO=4&transport=websocket",
            timeout=ANSWER_SECONDS,
            host=self._headers["Host"],
            origin=self._url,
            cookie=self._headers["Cookie"],
        )
        assert str(connection.recv()).startswith("0")
        connection.send("40")
        assert str(connection.recv()).startswith("40")
        return connection


class SocketShot:
    """One event in a websocket frame."""

    def __init__(self, connection: websocket.WebSocket, number: int, event: list[Any]) -> None:
        self._connection = connection
        self._number = number
        text = f"42{number}{json.dumps(event)}"
        frame = websocket.ABNF.create_frame(text, websocket.ABNF.OPCODE_TEXT).format()
        connection.sock.sendall(frame[:-1])
        self._last = frame[-1:]

    def fire(self) -> None:
        self._connection.sock.sendall(self._last)

    def answer(self) -> Any:
        """The acknowledgement; what else comes in between is passed over."""
        while True:
            text = str(self._connection.recv())
            if text == "2":
                self._connection.send("3")
            head, bracket, rest = text[2:].partition("[")
            if text.startswith("43") and head == str(self._number):
                return json.loads(bracket + rest)[0]
