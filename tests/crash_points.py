"""Where a process can be cut down: every write and sync of an operation, found by tracing it.

strace lets the process die on entering the k-th call of a name: what came before is done, this
call and all after it never happen. A death before each write leaves every state that a death
between two writes can leave; a death at a read leaves what a death at the next write leaves.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from processes import require_service, wait_until

# To files (SQLite), to the database server (PostgreSQL), to clients, to the log. A question mark
# stands before what not every architecture has.
WRITES = (
    "pwrite64,pwritev,write,writev,sendto,sendmsg,fdatasync,fsync,ftruncate,unlinkat,?unlink,"
    "?rename,renameat2"
)
QUIET_SECONDS = 0.25

_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")


@dataclass(frozen=True)
class Point:
    """The so-manieth call of a name after the operation began."""

    syscall: str
    number: int
    what: str
    """The kind of file it goes to; or how the message begins, which says what statement it is."""
    turn: int
    """The so-manieth of these, whatever else came between."""

    def __str__(self) -> str:
        return f"{self.what} no. {self.turn} ({self.syscall} no. {self.number})"

    @property
    def place(self) -> tuple[str, int]:
        """What is the same in every run."""
        return self.what, self.turn


class Trace:
    """strace on a live process: it writes down its calls, and kills it at one of them.

    The process must be idle or stopped when the trace begins, so that only what follows counts.
    """

    def __init__(self, pid: int, log: Path, kill_at: Point | None = None) -> None:
        self.pid = pid
        self.log = log
        kill = []
        if kill_at is not None:
            kill = ["-e", f"inject={kill_at.syscall}:signal=KILL:when={kill_at.number}"]
        self._command = [
            *(require_service("strace"), "-f", "-qq", "-yy", "-s", "300", "-o", str(log)),
            *("-e", f"trace={WRITES}", *kill, "-p", str(pid)),
        ]
        self._strace: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._strace = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            wait_until(self._is_attached, 10, "attaching strace", pause=0.005)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._end()

    def _is_attached(self) -> bool:
        assert self._strace is not None
        if self._strace.poll() is not None:
            raise AssertionError(f"strace: {self._strace.stderr and self._strace.stderr.read()}")
        status = Path(f"/proc/{self.pid}/status").read_text()
        return f"TracerPid:\t{self._strace.pid}\n" in status

    def _end(self) -> None:
        """The process goes on untraced, if it lives."""
        if self._strace is None:
            return
        self._strace.terminate()
        try:
            self._strace.communicate(timeout=5)
        except subprocess.TimeoutExpired:  # it waits for somebody who died while it let go of him
            self._strace.kill()
            self._strace.communicate(timeout=5)

    def awaits_death(self, seconds: float = 10) -> bool:
        """Whether the process dies within this time; strace goes with it."""
        assert self._strace is not None
        try:
            self._strace.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def await_quiet(self) -> None:
        """Wait until the process has written nothing for a while."""
        sizes = [-1]

        def is_still() -> bool:
            sizes.append(self.log.stat().st_size)
            return sizes[-1] == sizes[-2]

        wait_until(is_still, 10, "the end of its writing", pause=QUIET_SECONDS)

    def points(self) -> list[Point]:
        """Every call so far, in order; numbered by name, as strace counts them."""
        numbers: Counter[str] = Counter()
        turns: Counter[str] = Counter()
        points = []
        for line in self.log.read_text(errors="replace").splitlines():
            if call := _CALL.match(line):
                name, what = call[1], f"{call[1]} {_read_what(call[2])}"
                numbers[name] += 1
                turns[what] += 1
                points.append(Point(name, numbers[name], what, turns[what]))
        return points


def _read_what(shown: str) -> str:
    goes_to, _, message = shown.partition(">")
    path = goes_to.partition("<")[2]
    return Path(path).suffix if path.startswith("/") else re.sub("[^A-Za-z ]", "", message)[:32]


def child_of(pid: int) -> int | None:
    """The one child of a process, None while it has none."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] not in "ZX":
                return int(stat.parent.name)
    return None


def require_tracing(folder: Path) -> None:
    """Skip by name where there is no strace, or where it may not look at our own processes."""
    require_service("strace")
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    with subprocess.Popen(command) as sleeper:
        try:
            with Trace(sleeper.pid, folder / "tried.log"):
                return
        except AssertionError as refusal:
            if os.environ.get("REQUIRE_SERVICES") == "1":
                raise
            pytest.skip(str(refusal))
        finally:
            sleeper.send_signal(signal.SIGKILL)
