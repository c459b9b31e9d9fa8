"""Build the demonstration court from its past up to now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from auction.accounts.passwords import hash_password
from auction.core.clock import Clock, ManualClock
from auction.core.config import Settings
from auction.core.db import db, forget_reads, transaction
from auction.courts.models import Court
from escrow.demo.lots import DemoLot, read_lots
from escrow.demo.payout import FinanceDesk, ProviderAccount
from escrow.demo.people import PASSWORD, People, make_people
from escrow.demo.practice import describe_practice, open_practice
from escrow.demo.provider import local_provider
from escrow.demo.stage import Stage, hold_clock
from escrow.demo.stamps import local_timestamps
from escrow.demo.stories import Teller
from escrow.demo.timetable import plan_times

_LOADED = "demo_loaded"

Say = Callable[[str], None]


class Refused(Exception):
    """The database is not one to load the demonstration into; the message says why."""


def check_database() -> bool:
    """Whether a whole demonstration court is there; raises Refused for any other court."""
    courts = list(db.session.scalars(select(Court)))
    forget_reads()
    if any(not court.is_demo for court in courts):
        raise Refused("this database holds a real court: the demonstration is never loaded into it")
    if courts and not courts[0].settings.get(_LOADED):
        raise Refused(
            "an earlier load was interrupted: empty the database (`make clean`) and load again"
        )
    return bool(courts)


def load_demo(app: Flask, say: Say, lots: list[DemoLot] | None = None) -> People:
    """Tell all stories up to the present through the real services."""
    real: Clock = app.extensions["luochui.clock"]
    present = real.now()
    told = read_lots() if lots is None else lots
    court_lots = _places([lot for lot in told if not lot.is_practice])
    first = min(
        (plan_times(lot, place, present).case_opened for lot, place in court_lots),
        default=present - timedelta(days=1),
    )
    clock = ManualClock(first - timedelta(days=1))
    password_hash = hash_password(PASSWORD)
    with (
        hold_clock(app, clock),
        local_timestamps(app, clock),
        local_provider(app, clock, begins_anew=True) as base,
    ):
        with transaction():
            people = make_people(password_hash, clock.now())
        say("accounts: 10 of the court, 20 bidders")
        stage = Stage(app, clock)
        settings: Settings = app.extensions["luochui.settings"]
        desk = FinanceDesk(stage, people, present, ProviderAccount(base, settings.stripe_api_key))
        teller = Teller(stage, people, desk, present)
        stories = [teller.tell(lot, place) for lot, place in court_lots]
        told_lots = [lot for lot, _place in court_lots]
        stage.play([*stories, teller.tell_of_unknown_money()], present, _progress(say, told_lots))
        _begin_practice(stage, [lot for lot in told if lot.is_practice], people, say)
    with transaction():
        court = db.session.get_one(Court, people.court_id)
        court.settings = {**court.settings, _LOADED: True}
    return people


def _places(lots: list[DemoLot]) -> list[tuple[DemoLot, int]]:
    """Each lot with its place among those of its state."""
    seen: Counter[str] = Counter()
    placed = []
    for lot in lots:
        placed.append((lot, seen[lot.state]))
        seen[lot.state] += 1
    return placed


def _progress(say: Say, lots: list[DemoLot]) -> Callable[[int], None]:
    """Say when all lots of a state have come to where they belong."""
    left = Counter(lot.state for lot in lots)
    total = Counter(left)

    def told(place: int) -> None:
        if place >= len(lots):
            return
        state = lots[place].state
        left[state] -= 1
        if not left[state]:
            say(f"{state}: {total[state]}")

    return told


def _begin_practice(stage: Stage, lots: list[DemoLot], people: People, say: Say) -> None:
    for lot in lots:
        asset_id, clerk_id = describe_practice(lot, people, stage.now)
        open_practice(lot, asset_id, clerk_id, stage.now)
        stage.settle()
    if lots:
        say(f"practice: {len(lots)}")
