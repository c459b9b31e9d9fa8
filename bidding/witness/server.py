"""The witness over HTTP; put it behind a proxy with TLS where others than a proxy reach it."""

from __future__ import annotations

import logging
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bidding.evidence.witnessing import PATH
from bidding.witness.service import Answer, Witness

LONGEST_SUBMISSION = 64 * 1024
PATIENCE_SECONDS = 10

log = logging.getLogger("witness")


class WitnessServer(ThreadingHTTPServer):
    """Answers for one witness until it is shut down."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        super().__init__(address, _Handler)
        self.witness = witness

    @property
    def port(self) -> int:
        """The port it listens on, also where it was left to the system."""
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "witness"
    sys_version = ""
    timeout = PATIENCE_SECONDS

    def do_GET(self) -> None:  # named by the library
        """The witness's public key, for who configures it; compare it over another way."""
        if self.path == "/":
            self._send(Answer(200, f"{self.server.witness.cosigner.verifier}\n"))
        else:
            self._send(Answer(404, "nothing here\n"))

    def do_POST(self) -> None:  # named by the library
        """One submission."""
        length = self.headers.get("Content-Length", "")
        is_told = length.isascii() and length.isdigit()
        if not is_told or "Transfer-Encoding" in self.headers:
            self._refuse(Answer(411, "say how long it is\n"))
        elif len(length) > 9 or int(length) > LONGEST_SUBMISSION:
            self._refuse(Answer(413, "a submission is short\n"))
        elif self.path != PATH:
            self._refuse(Answer(404, "nothing here\n"))
        else:
            self._send(self._judge(self.rfile.read(int(length))))

    def _judge(self, body: bytes) -> Answer:
        try:
            return self.server.witness.add_checkpoint(body)
        except sqlite3.Error:  # a full disk, a locked file: nothing was remembered, nothing signed
            log.exception("the state cannot be written")
            return Answer(503, "not now\n")

    def _refuse(self, answer: Answer) -> None:
        """Answer without having read what was sent, which ends the connection."""
        self.close_connection = True
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # named by the library
        """Into our own log, without the colours of the library's."""
        log.info("%s %s", self.address_string(), format % args)
