"""Which one action fits who is looking and where the sale stands; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The one thing the panel of a lot offers."""

    SIGN_IN = "sign-in"
    ENROL = "enrol"
    CONTINUE = "continue"  # notices not all confirmed yet
    DEPOSIT = "deposit"
    WAIT = "wait"  # enrolled; bidding has not begun
    BID = "bid"
    MATCH = "match"  # a priority purchaser may bid the standing price (CN16-21.1)
    LEADING = "leading"
    HALTED = "halted"
    CONFIRMING = "confirming"  # the time is over, the end not recorded yet (INV-16)
    PAY = "pay"
    WON = "won"  # paid; the court's ruling comes next, or has come
    READ = "read"  # over: the outcome
    STAFF = "staff"  # staff may look, never bid (CN16-34.1)
    LEFT = "left"
    BARRED = "barred"


@dataclass(frozen=True)
class Viewer:
    """Who is looking, as far as this sale is concerned."""

    is_bidder: bool
    enrolment: str | None = None
    code: str | None = None
    is_barred: bool = False


@dataclass(frozen=True)
class Scene:
    """Where the sale stands."""

    status: str
    sale_status: str
    is_latest: bool
    is_past_close: bool
    leader: str | None
    price_minor: int | None
    minimum_minor: int | None


def next_step(scene: Scene, viewer: Viewer | None) -> Step:
    """The action the panel offers: what is over is read, what is halted waits, the rest is done."""
    if scene.status in {"sold", "unsold", "withdrawn"}:
        return _after_the_end(scene, viewer)
    if not scene.is_latest:
        return Step.READ
    if viewer is None:
        return Step.CONFIRMING if scene.is_past_close else Step.SIGN_IN
    answers = (
        (not viewer.is_bidder, Step.STAFF),
        (viewer.is_barred, Step.BARRED),
        (viewer.enrolment == "left", Step.LEFT),
        (scene.is_past_close, Step.CONFIRMING),
        (viewer.enrolment is None, Step.ENROL),
        (viewer.enrolment == "begun", Step.CONTINUE),
        (viewer.enrolment == "deposit-due", Step.DEPOSIT),
    )
    found = next((step for holds, step in answers if holds), None)
    return _enrolled(scene, viewer) if found is None else found


def _after_the_end(scene: Scene, viewer: Viewer | None) -> Step:
    is_buyer = (
        viewer is not None
        and viewer.code is not None
        and scene.status == "sold"
        and viewer.code == scene.leader
    )
    if not is_buyer or scene.sale_status in {"defaulted", "set-aside"}:
        return Step.READ
    return Step.PAY if scene.sale_status == "sold" else Step.WON


def _enrolled(scene: Scene, viewer: Viewer) -> Step:
    if scene.status == "suspended":
        return Step.HALTED
    if scene.status == "scheduled":
        return Step.WAIT
    if viewer.code is not None and viewer.code == scene.leader:
        return Step.LEADING
    matches = scene.price_minor is not None and scene.minimum_minor == scene.price_minor
    return Step.MATCH if matches else Step.BID
