"""Serve the demonstration court: database, demo data if it is empty, then the web server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
DATABASE = ROOT / "instance" / "luochui.db"

ACCOUNTS = """
  court     clerk@demo.example  clerk2@demo.example  judge1@ judge2@ judge3@demo.example
  finance   finance1@demo.example  finance2@demo.example
  audit     auditor@demo.example      system  admin@demo.example  security@demo.example
  bidders   bidder1@demo.example … bidder20@demo.example
  password  demo-only-2026
"""


def flask(*words: str) -> None:
    """Run a command of the application; leave with its status if it fails."""
    status = subprocess.run([BIN / "flask", "--app", "wsgi", *words], cwd=ROOT, check=False)
    if status.returncode:
        raise SystemExit(status.returncode)


def prepare_database() -> None:
    """Bring the tables up to date and load the court, whole or not at all.

    A new database whose load is interrupted is removed again, so that the next run begins afresh.
    """
    is_new = "DATABASE_URL" not in os.environ and not DATABASE.exists()
    try:
        flask("db", "upgrade")
        flask("demo", "load", "--if-empty")
    except (SystemExit, KeyboardInterrupt):
        if is_new:
            for left in DATABASE.parent.glob(f"{DATABASE.name}*"):
                left.unlink(missing_ok=True)
        raise


def require_free(port: int) -> None:
    """Say in one line that the port is taken, instead of starting half."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SystemExit(
                f"port {port} is taken: stop what uses it, or run with another PORT=…"
            ) from None


def main() -> None:
    """Set the demonstration's environment, prepare the data, become the web server."""
    text = os.environ.get("PORT", "5000")
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SystemExit(f"PORT must be a port number, not {text!r}")
    port = int(text)
    require_free(port)
    os.environ["DEMO"] = "1"
    os.environ["PORT"] = str(port)
    os.environ.setdefault("PUBLIC_URL", f"http://127.0.0.1:{port}")
    prepare_database()
    print(
        f"\nLuochui 落槌 is served on {os.environ['PUBLIC_URL']}  (Ctrl-C stops it)\n{ACCOUNTS}",
        flush=True,
    )
    os.chdir(ROOT)
    os.execv(
        BIN / "gunicorn", [str(BIN / "gunicorn"), "-c", "gunicorn.conf.py", "wsgi:create_app()"]
    )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
