"""A database that hangs: whoever reaches a certain point of the intake stays there until let go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bidding.room import store
from bidding.room.answers import Answer
from bidding.room.queue import SaleQueue

PATIENCE = 20


class Hang:
    """A point at which threads stay; `reached` says that one has come."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._go = threading.Event()

    def stay(self) -> None:
        self.reached.set()
        assert self._go.wait(PATIENCE), "never let go"

    def let_go(self) -> None:
        self._go.set()


@contextmanager
def hanging_before_the_lock(monkeypatch: Any) -> Iterator[Hang]:
    """The database answers nothing: the batch does not even get the head's lock."""
    hang, original = Hang(), store.lock_head

    def lock_head(*args):
        hang.stay()
        return original(*args)

    with monkeypatch.context() as patch:
        patch.setattr(store, "lock_head", lock_head)
        try:
            yield hang
        finally:
            hang.let_go()


@contextmanager
def hanging_in_the_commit(monkeypatch: Any) -> Iterator[Hang]:
    """All is written and sealed, and the commit takes its time."""
    hang, original = Hang(), SaleQueue._seal

    def seal(queue, places, answers):
        original(queue, places, answers)
        hang.stay()

    with monkeypatch.context() as patch:
        patch.setattr(SaleQueue, "_seal", seal)
        try:
            yield hang
        finally:
            hang.let_go()


class Caller(threading.Thread):
    """Somebody who asks, and waits for the answer."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self._answer: Answer | None = None
        self.start()

    def run(self) -> None:
        self._answer = self._ask()

    def answer(self) -> Answer:
        self.join(PATIENCE)
        assert self._answer is not None, "not answered"
        return self._answer

    @property
    def is_waiting(self) -> bool:
        return self.is_alive()
