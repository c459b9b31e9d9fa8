"""`python -m deploy.nginx --host auction.court.example --ports 8001 8002` prints the nginx file.

The test of many processes runs the same file with other ports.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

FOLDER = Path(__file__).resolve().parent


class _Text(Template):
    """`%{name}` is filled in; nginx's own `$name` stays."""

    delimiter = "%"


def render_nginx(*, listen: str, host: str, ports: Sequence[int], static: Path, cache: Path) -> str:
    """The site's file: one upstream server for each web process."""
    servers = (f"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s;" for port in ports)
    return _Text((FOLDER / "nginx.conf").read_text()).substitute(
        listen=listen, host=host, servers="\n    ".join(servers), static=static, cache=cache
    )


def main() -> None:
    """Print the file for the processes and the host named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.nginx")
    parser.add_argument("--host", required=True, help="the host of PUBLIC_URL")
    parser.add_argument("--ports", type=int, nargs="+", required=True, help="one a web process")
    parser.add_argument("--listen", default="80")
    parser.add_argument("--static", type=Path, default=FOLDER.parent / "static")
    parser.add_argument("--cache", type=Path, default=Path("/var/cache/nginx/luochui"))
    given = parser.parse_args()
    sys.stdout.write(
        render_nginx(
            listen=given.listen,
            host=given.host,
            ports=given.ports,
            static=given.static,
            cache=given.cache,
        )
    )


if __name__ == "__main__":
    main()
