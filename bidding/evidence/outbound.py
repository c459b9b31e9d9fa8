"""One small POST to a service the operator has named, over within seconds come what may."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

SECONDS = 5.0
LONGEST_REPLY = 256 * 1024


class Unreachable(Exception):
    """The service gave no whole answer in time; what it has done is not known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever its status."""

    status: int
    content_type: str
    body: bytes


def post_bytes(url: str, body: bytes, content_type: str, *, seconds: float = SECONDS) -> Reply:
    """Post to `url`: no redirect is followed, no proxy used, no more read than a short answer."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.connect()
        with _cut_off_after(seconds, connection.sock):
            connection.request("POST", path or "/", body, {"Content-Type": content_type})
            answer = connection.getresponse()
            received = answer.read(LONGEST_REPLY + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{parts.netloc}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if len(received) > LONGEST_REPLY or answer.length:
        raise Unreachable(f"{parts.netloc}: the answer is too long, or not whole")
    return Reply(answer.status, answer.headers.get_content_type(), received)


@contextmanager
def _cut_off_after(seconds: float, connected: socket.socket) -> Iterator[None]:
    """End the connection after `seconds` in all: a timeout alone is granted anew for every byte."""
    is_cut = threading.Event()

    def cut() -> None:
        is_cut.set()
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
        if is_cut.is_set():
            raise TimeoutError("no whole answer in time")
    finally:
        timer.cancel()
