"""Two practice sales that never end: when one is over, the next begins on the same lot.

Only in demo mode. Bidders 1 to 10 are in the first one, with deposits held at the play-money
provider; the second waits for whoever wants to learn.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select

from auction.assets.models import Asset
from auction.core.config import Settings
from auction.core.db import db, transaction
from auction.core.outbox import Task, enqueue, handles
from auction.courts.models import Court
from auction.sales.calendar import beijing_day
from auction.sales.inputs import current_price, inputs_for
from auction.sales.models import Lot, Sale, Stage
from auction.sales.practice import LEAD, repeat_practice_sale
from auction.sales.proposals import propose_terms
from auction.sales.rulepacks import load_rule_pack
from auction.sales.rules import Terms
from auction.sales.services import draft_sale, publish_sale
from escrow.demo import casework
from escrow.demo.lots import DemoLot
from escrow.demo.payer import enrol, pay_deposit
from escrow.demo.people import PRACTISED, People, mail_of

LENGTH = timedelta(hours=2)
_SETTING = "practice"
_WITH_ROSTER = "practice-open"


def describe_practice(lot: DemoLot, people: People, now: datetime) -> tuple[int, int]:
    """Open the case and describe the fictitious asset; the ids of asset and clerk."""
    with transaction():
        ref = casework.open_demo_case(lot, people, now)
    with transaction():
        asset_id = casework.add_demo_asset(lot, ref, now)
    with transaction():
        casework.fix_price(lot, asset_id, ref, now)
    return asset_id, ref.clerk_id


def open_practice(lot: DemoLot, asset_id: int, clerk_id: int, now: datetime) -> int:
    """Announce the first of the endless sales on the lot and remember that it goes on."""
    with transaction():
        asset = db.session.get_one(Asset, asset_id)
        sale_id = announce_practice(asset, practice_terms(asset, now, LENGTH), clerk_id, now)
        sale = db.session.get_one(Sale, sale_id)
        court = db.session.get_one(Court, asset.court_id)
        endless = {**court.settings.get(_SETTING, {}), lot.state: sale.lot.number}
        court.settings = {**court.settings, _SETTING: endless}
        if lot.state == _WITH_ROSTER:
            _queue_roster(sale, now)
    return sale_id


def practice_terms(asset: Asset, now: datetime, length: timedelta) -> Terms:
    """What the practice pack proposes, opening at once."""
    inputs = inputs_for(
        asset,
        stage=Stage.FIRST,
        pack=load_rule_pack("practice"),
        price=current_price(asset),
        previous=None,
        now=now,
    )
    opens_at = now + LEAD
    return replace(
        propose_terms(inputs, now),
        publish_on=beijing_day(now),
        opens_at=opens_at,
        closes_at=opens_at + length,
    )


def announce_practice(asset: Asset, terms: Terms, clerk_id: int, now: datetime) -> int:
    """Draft a practice sale on a lot of its own and announce it; no panel is needed."""
    price = current_price(asset)
    sale = draft_sale(
        asset_id=asset.id,
        terms=terms,
        actor_id=clerk_id,
        now=now,
        rule_pack="practice",
        reference_price_id=price.id if price else None,
    )
    publish_sale(sale.id, clerk_id, now)
    return sale.id


def _queue_roster(sale: Sale, now: datetime) -> None:
    """Bidders 1 to 10 enrol one by one, each tried again until it has worked."""
    for number in range(1, PRACTISED + 1):
        key = f"practise:{sale.id}:{number}"
        enqueue("practise", key, {"sale_id": sale.id, "bidder": number}, now=now)


def is_demo() -> bool:
    """Whether this process runs the demonstration."""
    settings: Settings = current_app.extensions["luochui.settings"]
    return settings.demo


@handles("sale_closed")
def begin_again(task: Task) -> None:
    """An endless practice sale is over: the next one opens at once, with the same bidders."""
    if not is_demo():
        return
    with transaction():
        sale = db.session.get_one(Sale, task.payload["sale_id"])
        state = _endless_state(sale)
        if state is None:
            return
        following = repeat_practice_sale(sale.id, actor_id=sale.created_by, now=task.now)
        if following is None:
            return
        publish_sale(following.id, following.created_by, task.now)
        if state == _WITH_ROSTER:
            _queue_roster(following, task.now)


def _endless_state(sale: Sale) -> str | None:
    """Which of the endless sales this is, if it is one."""
    lot = db.session.get_one(Lot, sale.lot_id)
    if not lot.is_practice:
        return None
    court = db.session.get_one(Court, sale.court_id)
    endless: dict[str, str] = court.settings.get(_SETTING, {}) if court.is_demo else {}
    return next((state for state, number in endless.items() if number == lot.number), None)


@handles("practise")
def enrol_in_practice(task: Task) -> None:
    """One of the demonstration's bidders enrols and pays, as a person would."""
    from auction.accounts.models import User

    if not is_demo():
        return
    email = mail_of(f"bidder{task.payload['bidder']}")
    user_id = db.session.scalar(select(User.id).where(User.email == email))
    sale = db.session.get(Sale, task.payload["sale_id"])
    if user_id is None or sale is None or sale.ended_at is not None:
        return
    enrolment_id = enrol(sale.id, user_id, task.now).id
    pay_deposit(enrolment_id, user_id, task.now)
