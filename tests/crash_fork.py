"""A second process of the application under test, which dies of kill -9 where it is told to.

It is forked: it has the application as it stands, and connections of its own.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crash_points import Point, Trace
from sqlalchemy import event
from sqlalchemy.orm import Session

from auction.core.db import db

ENDED_WELL, FAILED = 0, 70


class Child:
    """The other process; it waits until it is told to begin."""

    def __init__(self, act: Callable[[], Any]) -> None:
        db.session.rollback()
        db.engine.dispose()  # no connection is shared with it
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._live(act)
        os.waitpid(self.pid, os.WUNTRACED)

    def _live(self, act: Callable[[], Any]) -> None:
        """Nothing of the test runs on here, whatever happens."""
        status = FAILED
        try:
            os.kill(os.getpid(), signal.SIGSTOP)
            act()
            status = ENDED_WELL
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)

    def go_on(self) -> None:
        """Let it begin."""
        os.kill(self.pid, signal.SIGCONT)

    def was_killed(self) -> bool:
        """Wait for its end: by kill -9, or when it had done everything."""
        _pid, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return True
        assert os.WEXITSTATUS(status) == ENDED_WELL, "failed by itself: see its trace"
        return False


def die() -> None:
    """Kill -9 to oneself: nothing after it happens."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_before_commit() -> None:
    """Whatever is written from here on is never committed."""
    event.listen(Session, "before_commit", lambda _session: die())


def run_traced(
    act: Callable[[], Any], log: Path, kill_at: Point | None = None
) -> tuple[bool, list[Point]]:
    """Let it happen in another process, to its end or to its death; and every write there was."""
    child = Child(act)
    try:
        with Trace(child.pid, log, kill_at) as trace:
            child.go_on()
            assert trace.awaits_death(30), "it does not come to its end"
    except BaseException:
        os.kill(child.pid, signal.SIGKILL)
        child.was_killed()
        raise
    return child.was_killed(), trace.points()
