"""The server as a WSGI application, so that it runs by itself or beside another (RFC 3161, 3.4)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from bidding.timestamp_server.authority import ROOT_FILE, Authority, open_authority
from bidding.timestamp_server.stamping import answer_query

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"
LONGEST_QUERY = 4096


class TimeStampServer:
    """Answers queries under an authority kept in `folder`, opened at the first request."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self._now = now
        self._lock = threading.Lock()
        self._authority: Authority | None = None

    def authority(self) -> Authority:
        """Who stamps here."""
        with self._lock:
            if self._authority is None:
                self._authority = open_authority(self.folder, self._now())
            return self._authority

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        """A query posted to the server's address gets a token; a visitor gets the root."""
        authority = self.authority()
        if request.method in {"GET", "HEAD"}:
            return Response(
                (self.folder / ROOT_FILE).read_bytes(), mimetype="application/x-pem-file"
            )
        if request.method != "POST":
            return Response("POST a time-stamp query\n", 405, {"Allow": "GET, HEAD, POST"})
        if request.mimetype != QUERY:
            return Response(f"{QUERY} is read here\n", 415)
        if request.content_length is None or request.content_length > LONGEST_QUERY:
            return Response("a time-stamp query is short, and says how long it is\n", 413)
        reply = answer_query(request.get_data(), authority, self._now())
        return Response(reply, mimetype=REPLY)
