"""`python -m bidding.timestamp_server --listen HOST:PORT --folder FOLDER` stamps until stopped."""

from __future__ import annotations

import argparse
from pathlib import Path

from werkzeug.serving import run_simple

from auction.core.clock import SystemClock
from bidding.timestamp_server.app import TimeStampServer
from bidding.timestamp_server.authority import ROOT_FILE


def main() -> None:
    """The server runs until it is interrupted; its root is in the folder for `TSA_ROOTS`."""
    parser = argparse.ArgumentParser(prog="python -m bidding.timestamp_server", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:8318", help="HOST:PORT")
    parser.add_argument("--folder", type=Path, required=True, help="keeps root, certificate, key")
    given = parser.parse_args()
    host, _, port = given.listen.rpartition(":")
    if not host or not port.isdigit():
        parser.error(f"--listen takes HOST:PORT, not {given.listen}")
    server = TimeStampServer(given.folder, SystemClock().now)
    server.authority()
    print(f"time stamps on http://{given.listen}, root in {given.folder / ROOT_FILE}", flush=True)
    run_simple(host, int(port), server, threaded=True)


if __name__ == "__main__":
    main()
