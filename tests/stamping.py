"""Time-stamp authorities for tests: our own server by the test's clock, and ones that misbehave."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rfc3161_client import HashAlgorithm, TimeStampRequest, TimestampRequestBuilder
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from bidding.timestamp_server.app import REPLY

OPENSSL = shutil.which("openssl")


class Quiet(WSGIRequestHandler):
    """No line in the log for each request."""

    def log_request(self, *_args, **_kwargs) -> None:
        pass


@contextmanager
def served(app) -> Iterator[str]:
    """Serve a WSGI application on a free port while the block runs; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def hostile_authority(reply: Callable[[bytes], bytes], mimetype: str = REPLY) -> Iterator[str]:
    """An authority outside that answers every query with what `reply` makes of it."""

    @Request.application
    def answer(request: Request) -> Response:
        return Response(reply(request.get_data()), mimetype=mimetype)

    with served(answer) as address:
        yield address


def query_for(message: bytes, **more) -> TimeStampRequest:
    """A query such as the platform sends."""
    builder = TimestampRequestBuilder(message, HashAlgorithm.SHA256, **more)
    return builder.build()


def openssl_verifies(folder: Path, response: bytes, message: bytes, roots: Path) -> bool:
    """Whether the tool an expert of the other side would use agrees."""
    (folder / "stamp.tsr").write_bytes(response)
    (folder / "stamped").write_bytes(message)
    done = subprocess.run(
        [OPENSSL, "ts", "-verify", "-in", "stamp.tsr", "-data", "stamped", "-CAfile", roots],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=30,
    )
    return done.returncode == 0
