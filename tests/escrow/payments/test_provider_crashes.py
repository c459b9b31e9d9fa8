"""The worker dies at a call to the provider: nothing is done twice, and nothing stays undone (F-03).

Three places of death: the provider has the request and has done nothing; it has done it, and its
answer reaches nobody; the answer is here, and not yet committed. What died left no trace but what
was committed; the next worker goes on. CRASH_ROUNDS tells each of them several times over.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

import pytest
from payment_stage import API_KEY, open_stage
from payment_story import CALLS, end_of, play
from sqlalchemy import event
from sqlalchemy.orm import Session

from escrow.payments.gateway import Gateway

ROUNDS = range(int(os.environ.get("CRASH_ROUNDS", "1")))
METHODS = {
    "create": "create_checkout",
    "capture": "capture",
    "cancel": "cancel",
    "refund": "refund",
}
PLACES = ["request received", "before the answer", "after the answer"]


class Killed(BaseException):
    """Nothing catches it, as nothing catches `kill -9`; what was not committed is gone."""


@contextmanager
def no_commit():
    """From here on whoever commits dies before it."""

    def die(_session):
        raise Killed

    event.listen(Session, "before_commit", die)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", die)


class DyingGateway(Gateway):
    """Dies once, at one call, at one place."""

    def arm(self, method, place, kill_at_commit):
        call = getattr(self, method)

        def die(*args, **kwargs):
            setattr(self, method, call)
            if place == "request received":
                raise Killed
            answer = call(*args, **kwargs)
            if place == "before the answer":
                raise Killed
            kill_at_commit()
            return answer

        setattr(self, method, die)


def let_die(stage, call, place):
    """Make the process die at the next such call, and the next process go on."""
    dying = DyingGateway(API_KEY, stage.base, retries=0)
    stage.app.extensions["luochui.gateway"] = dying
    blocked = no_commit()
    dying.arm(METHODS[call], place, blocked.__enter__)
    deaths = []

    def surviving(act):
        def run(*args, **kwargs):
            try:
                return act(*args, **kwargs)
            except Killed:
                deaths.append(place)
                if place == "after the answer":
                    blocked.__exit__(None, None, None)
                # the row it had claimed is free again when its lease has run out
                stage.clock.advance(minutes=2)
                return act(*args, **kwargs)

        return run

    stage.click_pay, stage.work = surviving(stage.click_pay), surviving(stage.work)
    return deaths


@pytest.fixture(scope="module")
def faultless():
    return {}


@pytest.mark.parametrize("round_", ROUNDS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_who_comes_after_the_dead_finishes_what_he_began(
    make_app, clock, tmp_path, faultless, database, call, place, round_
):
    if call not in faultless:
        (tmp_path / "quiet").mkdir()
        with open_stage(make_app, clock, tmp_path / "quiet") as stage:
            faultless[call] = end_of(stage, *play(stage, call))
    with open_stage(make_app, clock, tmp_path, database) as stage:
        told = []
        story = play(stage, call, lambda: told.append(let_die(stage, call, place)))
        found = end_of(stage, *story)
    assert told == [[place]]
    assert found == faultless[call]
