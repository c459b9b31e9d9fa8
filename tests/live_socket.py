"""A Socket.IO client of a few lines, so that a test sees every packet; and a server to talk to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import websocket
from conftest import ORIGIN
from flask import Flask
from werkzeug.serving import make_server

from auction.accounts.models import User
from auction.accounts.sessions import open_session
from auction.core.db import db, transaction

TIMEOUT = 20


@contextmanager
def serve(app: Flask) -> Iterator[int]:
    """The application on a port of its own, each connection in a thread."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        app.extensions["luochui.broadcaster"].stop()
        server.shutdown()
        thread.join(10)
        server.server_close()


def cookie_of(app: Flask, user_id: int, now, lang: str = "zh") -> str:
    """A session of the user, as the cookie a browser would send."""
    with transaction():
        token = open_session(db.session.get(User, user_id), now=now, ip="", agent="test")
    serializer = app.session_interface.get_signing_serializer(app)
    name = app.config["SESSION_COOKIE_NAME"]
    return f"{name}={serializer.dumps({'token': token})}; lang={lang}"


class SocketClient:
    """One connection; frames that come between answers are kept in `frames`."""

    def __init__(
        self, port: int, *, cookie: str | None = None, origin: str | None = ORIGIN
    ) -> None:
        self.frames: list[dict] = []
        self._answers: dict[int, object] = {}
        self._count = 0
        self.ws = websocket.create_connection(
            f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket",
            cookie=cookie,
            origin=origin,
            suppress_origin=origin is None,
            timeout=TIMEOUT,
        )
        self.ws.recv()
        self.ws.send("40")
        self.greeting = self.ws.recv()

    def send(self, text: str) -> None:
        self.ws.send(text)

    def start(self, event: str, payload) -> int:
        """Send an event without waiting; its number."""
        self._count += 1
        self.ws.send(f"42{self._count}{json.dumps([event, payload])}")
        return self._count

    def answer(self, number: int):
        while number not in self._answers:
            self._read()
        return self._answers.pop(number)

    def ask(self, event: str, payload):
        return self.answer(self.start(event, payload))

    def frame(self, wanted=lambda _frame: True) -> dict:
        """The next frame that is `wanted`, in order."""
        while True:
            while self.frames:
                found = self.frames.pop(0)
                if wanted(found):
                    return found
            self._read()

    def _read(self) -> None:
        packet = self.ws.recv()
        if packet == "2":
            self.ws.send("3")
        elif packet.startswith("43"):
            head, _, body = packet[2:].partition("[")
            self._answers[int(head)] = json.loads("[" + body)[0]
        elif packet.startswith("42"):
            name, value = json.loads(packet[2:])
            assert name == "lot"
            self.frames.append(value)
        else:
            raise ConnectionError(packet)

    def close(self) -> None:
        self.ws.close()
