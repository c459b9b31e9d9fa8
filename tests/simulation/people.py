"""Bidders: on the platform they click, at their banks they make mistakes, and they bid."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from builders import make_bidder

from auction.accounts.models import Identity
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.enrolment.services import leave_sale
from escrow.demo.payer import enrol
from escrow.payments.checkout import open_checkout, refresh_payment
from escrow.payments.gateway import ProviderRefused, ProviderUnavailable
from escrow.payments.services import start_balance_payment, start_deposit_payment
from escrow.settlement.services import settlement_of
from simulation.paying import card
from simulation.script import DEFAULTS, Bidder, Lot

if TYPE_CHECKING:
    from simulation.world import World

TRIES = 8
BETWEEN_TRIES = timedelta(minutes=7)
PAGE_SPAN = timedelta(minutes=59)
ONLINE_PART = 700_000


class Person:
    """One bidder in one sale, and what has left his pocket by bank transfer."""

    def __init__(self, world: World, sale_id: int, lot: Lot, bidder: Bidder) -> None:
        self.world, self.sale_id, self.lot, self.bidder = world, sale_id, lot, bidder
        user = make_bidder(world.now)
        self.user_id: int = user.id
        self.account = card(user.id)
        self.name: str = db.session.query(Identity.full_name).filter_by(user_id=user.id).scalar()
        self.enrolment_id: int | None = None

    # ── the deposit ─────────────────────────────────────────────────────────────────────────────

    def enrols(self) -> None:
        self.enrolment_id = enrol(self.sale_id, self.user_id, self.world.now).id

    def pays_deposit(self) -> None:
        """The way he means to; `enrolment` is as the page shows it."""
        enrolment = self._enrolment()
        amount, reference = enrolment.deposit_minor, f"保证金 {enrolment.reference}"
        way = self.bidder.deposit
        if way in {"card", "card-then-leaves"}:
            self.clicks("deposit", "pm_card_visa")
        elif way == "wallet":
            self.clicks("deposit", "alipay")
        elif way == "declined-then-card":
            self.clicks("deposit", "pm_card_visa_chargeDeclined")
            self.world.later(BETWEEN_TRIES, "pays again", self.clicks, "deposit", "pm_card_visa")
        elif way == "card-page-left-open":
            self.clicks("deposit", "pm_card_unionpay", hesitates=PAGE_SPAN)
        elif way == "card-and-bank":
            self.clicks("deposit", "pm_card_visa")
            self.transfers(amount, reference)
        elif way == "bank-too-late":
            self.world.at(self._closes_at(), "pays too late", self.transfers, amount, reference)
        elif way != "never":
            self._transfers_deposit(way, amount, reference)

    def _transfers_deposit(self, way: str, amount: int, reference: str) -> None:
        if way == "bank-too-little":
            self.transfers(amount - 1, reference)
        elif way == "bank-too-much":
            self.transfers(amount + 50_000, reference)
        elif way == "bank-from-a-stranger":
            self.transfers(amount, reference, name="某亲戚")
        elif way == "bank-without-reference":
            self.transfers(amount, "房款")
        elif way == "bank-with-a-typing-error":
            self.transfers(amount, reference[:-1] + str((int(reference[-1]) + 1) % 10))
        else:
            self.transfers(amount, reference)
            if way == "bank-twice":
                self.transfers(amount, reference)

    def transfers(self, amount: int, text: str, name: str | None = None) -> None:
        """Money leaves his account for the court's."""
        account = self.account if name is None else f"{self.account}9"
        self.world.bank.receive(self.world.now, amount, name or self.name, account, text)

    # ── the provider's page ─────────────────────────────────────────────────────────────────────

    def clicks(
        self,
        purpose: str,
        method: str,
        *,
        amount: int = 0,
        hesitates: timedelta = timedelta(),
        tries: int = TRIES,
    ) -> None:
        """He presses "pay"; where we could not answer he presses again after a while."""
        again = {"amount": amount, "hesitates": hesitates, "tries": tries - 1}
        try:
            with self.world.our_process():
                found = self._opens_page(purpose, amount)
        except (ProviderUnavailable, ProviderRefused, BaseException) as trouble:
            if not self.world.is_death(trouble) and not isinstance(trouble, DomainError):
                raise
            if tries and getattr(trouble, "code", "") in {
                "",
                "provider-unavailable",
                "provider-refused",
            }:
                self.world.later(
                    BETWEEN_TRIES, "clicks again", self.clicks, purpose, method, **again
                )
            return
        if found is None:
            return
        payment_id, url = found
        if hesitates:
            self.world.later(hesitates, "pays at last", self.pays_on_page, payment_id, url, method)
        else:
            self.pays_on_page(payment_id, url, method)

    def _opens_page(self, purpose: str, amount: int) -> tuple[int, str] | None:
        now, app = self.world.now, self.world.app
        with transaction():
            if purpose == "deposit":
                payment_id = start_deposit_payment(self._enrolment().id, self.user_id, now).id
            else:
                payment_id = start_balance_payment(self.sale_id, self.user_id, amount, now).id
        with app.test_request_context(base_url=self.world.site):
            url = open_checkout(payment_id, now=now)
        return None if url is None else (payment_id, url)

    def pays_on_page(self, payment_id: int, url: str, method: str) -> None:
        """At the provider; then he is sent back to us, unless he closes the window."""
        is_paid = self.world.provider.pay(url, method)
        if not is_paid or self.world.draw.random() < 0.5:
            return
        try:
            with self.world.our_process(), self.world.app.test_request_context():
                refresh_payment(payment_id, now=self.world.now)
        except BaseException as trouble:
            if not self.world.is_death(trouble) and not isinstance(trouble, DomainError):
                raise

    # ── the sale ────────────────────────────────────────────────────────────────────────────────

    def bids(self) -> None:
        """Once, if he has been admitted."""
        if self._enrolment().status is not EnrolmentStatus.ACTIVE:
            return
        sale = db.session.get_one(Sale, self.sale_id)
        amount = sale.start_price_minor + self.bidder.raises * sale.increment_minor
        intake = self.world.app.extensions["luochui.intake"]
        intake.submit_bid(self.sale_id, None, amount, f"k{self.user_id}", self.user_id)

    def leaves(self) -> None:
        if self.enrolment_id is None:  # he has not come yet
            return
        try:
            with transaction():
                leave_sale(self._enrolment().id, self.world.now)
        except DomainError:
            return

    # ── the balance ─────────────────────────────────────────────────────────────────────────────

    def pays_balance(self, part: int = 0) -> None:
        """What the balance page asks of the buyer, in the way he means to."""
        settlement = settlement_of(self.sale_id)
        if settlement is None or settlement.enrolment_id != self.enrolment_id:
            return
        due, reference, way = settlement.outstanding_minor, settlement.reference, self.lot.balance
        if due == 0:
            return
        later = self.world.later
        if way == "bank-late" and part == 0:
            after = settlement.due_at + timedelta(hours=30)
            self.world.at(after, "pays late", self.pays_balance, 1)
        elif way in DEFAULTS:
            if way == "bank-in-part-only":
                self.transfers(due // 3, reference)
            after = settlement.due_at + timedelta(hours=26)
            self.world.at(after, "has not paid", self.world.court.morning)
        elif way == "bank-in-parts" and part == 0:
            self.transfers(due // 3, reference)
            later(timedelta(hours=50), "pays the rest", self.pays_rest)
        elif way == "bank-too-much":
            self.transfers(due + 77, reference)
        elif way == "bank-from-a-stranger":
            self.transfers(due, reference, name="某银行贷款")
        elif way == "bank-without-reference":
            self.transfers(due, "买房")
        elif way in {"online-in-parts", "bank-and-online"} and part < 4:
            self.clicks("balance", "wechat_pay", amount=min(due, ONLINE_PART))
            again = self.pays_balance if way == "online-in-parts" else self.pays_rest
            later(
                timedelta(hours=20),
                "pays another part",
                again,
                *([part + 1] * (again is self.pays_balance)),
            )
        else:
            self.transfers(due, reference)

    def pays_rest(self) -> None:
        """What the page still asks for, by bank."""
        settlement = settlement_of(self.sale_id)
        if settlement is None or settlement.enrolment_id != self.enrolment_id:
            return
        if settlement.outstanding_minor and self.lot.balance not in DEFAULTS:
            self.transfers(settlement.outstanding_minor, settlement.reference)

    def _enrolment(self) -> Enrolment:
        assert self.enrolment_id is not None, "has enrolled"
        return db.session.get_one(Enrolment, self.enrolment_id)

    def _closes_at(self) -> Any:
        return db.session.get_one(Sale, self.sale_id).closes_at + timedelta(hours=1)
