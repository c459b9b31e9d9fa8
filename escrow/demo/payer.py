"""The bidder's own hands: enrol, tick the notices, press the button on the payment page."""

from __future__ import annotations

import html
import http.client
import re
from datetime import datetime
from urllib.parse import urlencode, urljoin, urlsplit

from flask import Flask, current_app

from auction.core.config import Settings
from auction.core.db import db, transaction
from auction.sales.models import Sale
from auction.sales.rulepacks import load_rule_pack
from bidding.enrolment.declarations import (
    CAPACITY,
    CONFLICT,
    QUALIFIED,
    needs_qualification,
    record_declarations,
)
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.enrolment.services import accept_notices, begin_enrolment
from escrow.payments.checkout import open_checkout, refresh_payment
from escrow.payments.rules import can_pay_online
from escrow.payments.services import start_balance_payment, start_deposit_payment
from escrow.settlement.services import settlement_of

CARD = "pm_card_unionpay"
_TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')
_SECONDS = 10


def enrol(sale_id: int, user_id: int, now: datetime) -> Enrolment:
    """Begin to enrol, declare, and confirm each of the seven notices; an edge of its own."""
    with transaction():
        enrolment = begin_enrolment(user_id, sale_id, now)
        sale = db.session.get_one(Sale, sale_id)
        if not enrolment.declarations:
            asked = needs_qualification(sale, sale.lot.asset)
            qualified = {QUALIFIED: "yes"} if asked else {}
            answers = {CONFLICT: "no", **qualified, CAPACITY: "own"}
            record_declarations(enrolment.id, answers, now)
        keys = [notice.key for notice in load_rule_pack(sale.rule_pack).notices]
        if enrolment.status is EnrolmentStatus.BEGUN:
            accept_notices(enrolment, keys, now)
    return enrolment


def pay_deposit(enrolment_id: int, user_id: int, now: datetime, method: str = CARD) -> None:
    """Pay a deposit through the provider's page; nothing happens if it is paid already."""
    with transaction():
        enrolment = db.session.get_one(Enrolment, enrolment_id)
        if enrolment.status is not EnrolmentStatus.DEPOSIT_DUE:
            return
        payment_id = start_deposit_payment(enrolment_id, user_id, now).id
    pay(payment_id, now, method)


def pay_balance(sale_id: int, user_id: int, now: datetime, method: str = CARD) -> None:
    """Pay all that is still due through the provider's page, if it takes that much at once."""
    with transaction():
        settlement = settlement_of(sale_id)
        assert settlement is not None, "sold"
        due = settlement.outstanding_minor
        if not can_pay_online(due):
            return
        payment_id = start_balance_payment(sale_id, user_id, due, now).id
    pay(payment_id, now, method)


def pay(payment_id: int, now: datetime, method: str = CARD) -> None:
    """Open the provider's page, press its button as the payer would, and look what came of it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    settings: Settings = app.extensions["luochui.settings"]
    with app.test_request_context(base_url=settings.public_url):
        address = open_checkout(payment_id, now=now)
        if address is not None:
            press_pay(address, method)
        refresh_payment(payment_id, now=now)


def press_pay(address: str, method: str) -> None:
    """Choose `method` on the payment page, and agree where the payer is asked once more."""
    following = _press(address, {"method": method})
    if urlsplit(following).path.rpartition("/")[0].endswith("/authorise"):
        _press(following, {"answer": "agree"})


def _press(address: str, fields: dict[str, str]) -> str:
    """Send a page's form back to it; the address it leads to."""
    page = _ask("GET", address)[1]
    token = _TOKEN.search(page)
    if token is None:
        raise LookupError(f"no form on the payment page: {_plain(page)[:200]}")
    location, page = _ask("POST", address, urlencode({**fields, "token": token.group(1)}))
    if not location:
        raise LookupError(f"the payment page refused: {_plain(page)[:200]}")
    return urljoin(address, location)


def _ask(verb: str, address: str, body: str = "") -> tuple[str, str]:
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=_SECONDS)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(verb, path, body or None, headers)
        answer = connection.getresponse()
        return answer.getheader("Location", ""), answer.read().decode()
    finally:
        connection.close()


def _plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
