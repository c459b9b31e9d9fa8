"""One story up to a call at the provider, told with something going wrong at it, and its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from payment_stage import Stage
from sqlalchemy import select

from auction.core.db import db
from auction.deadlines.models import Deadline
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from escrow.payments.models import Refund

PRICE = 80_000_000
CALLS = {
    "create": "/v1/checkout/sessions",
    "capture": "/v1/payment_intents/",
    "cancel": "/v1/payment_intents/",
    "refund": "/v1/refunds",
}


def play(
    stage: Stage, call: str, go_wrong: Callable[[], None] = lambda: None
) -> tuple[Sale, Enrolment]:
    """Pay a deposit and end the sale, so that `call` is made; `go_wrong` comes right before it."""
    sale = stage.sale(days=2 if call in ("capture", "cancel") else 10)
    enrolment = stage.enrol(sale)
    if call == "create":
        go_wrong()
        pay_with_patience(stage, enrolment)
    else:
        stage.pay_deposit(enrolment)
        go_wrong()
        stage.end_sale(sale, enrolment if call == "capture" else None, PRICE)
    stage.work()
    for _ in range(2):
        stage.clock.advance(minutes=12)
        stage.work(2)
    return sale, enrolment


def pay_with_patience(stage: Stage, enrolment: Enrolment) -> None:
    """The bidder presses "pay" until the provider's page opens, and pays once."""
    page = ""
    for _ in range(3):
        page = stage.click_pay(enrolment).location
        if page.startswith(stage.base):
            break
        stage.clock.advance(minutes=2)
    stage.pay(page)
    stage.come_back(enrolment)


def end_of(stage: Stage, sale: Sale, enrolment: Enrolment) -> dict[str, Any]:
    """Everything that may not depend on what went wrong on the way."""
    books = stage.books(sale, enrolment)
    there = stage.at_provider()
    deposit = stage.deposit(enrolment)
    assert deposit is not None
    return {
        "books": books,
        "enrolment": str(stage.fresh(enrolment).status),
        "payments": [(str(p.status), p.secured_minor) for p in stage.payments(enrolment)],
        "deposit": str(deposit.status),
        "refunds": [(str(r.reason), str(r.status)) for r in db.session.scalars(select(Refund))],
        "clocks": sorted(
            (clock.kind, str(clock.status)) for clock in db.session.scalars(select(Deadline))
        ),
        "sessions": Counter(one.status for one in there["sessions"]),
        "intents": Counter((one.status, one.amount_received) for one in there["intents"]),
        "returned": [one.amount for one in there["refunds"]],
        "alarms": stage.alarms(),
        "waiting": {
            kind: len(stage.waiting(kind))
            for kind in ("return_money", "capture_deposit", "watch_payment", "stripe_event")
        },
    }
