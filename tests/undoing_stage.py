"""A court whose sold lots come to nothing: defaults, re-sales, sales set aside; by bank transfer."""

from __future__ import annotations

from datetime import timedelta

from builders import make_sale, make_user
from finance_stage import Desk, Row
from sqlalchemy import select

from auction.accounts.roles import Role
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.rulings.models import Ruling, RulingProposal, SetAsideGround
from auction.rulings.proposals import draft_ruling
from auction.rulings.terms import DefaultTerms, SetAsideTerms
from auction.sales.models import Sale, SaleStatus, Stage
from escrow.bank.returns import confirm_order, propose_refund
from escrow.defaults.costs import approve_cost, book_cost
from escrow.defaults.models import Default, Receivable, SetAside
from escrow.defaults.services import decide
from escrow.ledger import AccountKind, balance, find_account
from escrow.payments.models import Refund, RefundStatus
from escrow.settlement.services import settlement_of

REASONS = "买受人经催告仍未付清价款，致使拍卖目的难以实现。"


class Bench(Desk):
    """The finance desk, its clerk, and a judge."""

    def __init__(self, clock, **more):
        super().__init__(clock, **more)
        self.judge = Row(make_user(self.now, Role.JUDGE, court=self.court.read()))
        self.numbers = 0

    # ── sales ───────────────────────────────────────────────────────────────────────────────────

    def win(self, price):
        """A bidder pays the deposit and wins at `price`; the deposit is in the price."""
        winner = self.enrol()
        self.pay_deposit(winner)
        self.sell(winner, price)
        self.work_off()
        return winner

    def pay_balance(self, winner, amount, **more):
        settlement = settlement_of(self.sale.id)
        name = more.pop("name", None) or self.name_of(winner)
        return self.pay(amount, settlement.reference, name, **more)

    def pass_due(self, days=1):
        """The announced day goes by."""
        settlement = settlement_of(self.sale.id)
        self.clock.set(settlement.due_at + timedelta(days=days))
        db.session.rollback()

    def sell_again(self, price):
        """The drafted re-sale is announced, sold, paid and ruled; becomes the sale in hand."""
        self.announce_resale()
        winner = self.win(price)
        self.pay_balance(winner, price - self.sale.deposit_minor)
        self.rule()
        return winner

    def announce_resale(self, **more):
        """Take the drafted re-sale as announced; it opens in an hour."""
        drafted = self.resale()
        opens_at = self.now + timedelta(hours=1)
        with transaction():
            sale = db.session.get(Sale, drafted.id)
            sale.status = SaleStatus.ANNOUNCED
            sale.published_at = self.now
            sale.opens_at, sale.closes_at = opens_at, opens_at + timedelta(days=1)
            for name, value in more.items():
                setattr(sale, name, value)
        self.sale = Row(db.session.get(Sale, drafted.id))
        return self.sale

    def resale(self):
        return db.session.scalar(
            select(Sale).where(Sale.resale_of_id == self.sale.id).order_by(Sale.id.desc())
        )

    def sell_off(self, **more):
        """The sale in hand is a sell-off instead."""
        values = {
            "stage": Stage.SELLOFF,
            "start_price_minor": 56_000_000,
            "deposit_minor": 8_000_000,
            **more,
        }
        with transaction():
            db.session.get(Sale, self.sale.id).status = SaleStatus.WITHDRAWN
        self.sale = Row(make_sale(self.now, lot=self.lot.read(), **values))

    # ── rulings ─────────────────────────────────────────────────────────────────────────────────

    def draft_default(self, *, actor=None, sale=None, **terms):
        return self._draft(DefaultTerms(**terms), actor, sale)

    def draft_set_aside(self, *, actor=None, ground=SetAsideGround.SYSTEM_FAULT, **terms):
        return self._draft(SetAsideTerms(ground, **terms), actor, None)

    def _draft(self, terms, actor, sale):
        self.numbers += 1
        with transaction():
            return Row(
                draft_ruling(
                    (sale or self.sale).id,
                    terms,
                    number=f"（2026）测01执1号之重{self.numbers}",
                    reasons=REASONS,
                    court_id=self.court.id,
                    actor_id=(actor or self.clerk).id,
                    now=self.now,
                )
            )

    def make(self, proposal, actor=None):
        with transaction():
            ruling = decide(
                proposal.id,
                court_id=self.court.id,
                actor_id=(actor or self.judge).id,
                now=self.now,
            )
            return Row(ruling)

    def default(self, **terms):
        """The buyer does not pay, the court rules; returns the default."""
        self.pass_due()
        self.make(self.draft_default(**terms))
        self.work_off()
        return Row(db.session.scalar(select(Default).where(Default.sale_id == self.sale.id)))

    def set_aside(self, **terms):
        self.make(self.draft_set_aside(**terms))
        self.work_off()
        return Row(db.session.scalar(select(SetAside).where(SetAside.sale_id == self.sale.id)))

    def cost(self, default, amount, key="k1"):
        """A lost cost, booked by one and agreed by another."""
        with transaction():
            cost = book_cost(
                default.id,
                amount_minor=amount,
                basis="公告、评估补充费用",
                payee=("测试评估公司", "测试银行", "6222000000009999"),
                form_key=key,
                court_id=self.court.id,
                actor_id=self.maker.id,
                now=self.now,
            )
        with transaction():
            approve_cost(cost.id, court_id=self.court.id, actor_id=self.checker.id, now=self.now)
        return Row(cost)

    # ── what we then find ───────────────────────────────────────────────────────────────────────

    def held(self, kind, owner_id=None):
        """The balance of one account of the sale or case in hand."""
        owners = {
            AccountKind.PRICE: self.sale.id,
            AccountKind.FORFEIT: self.sale.id,
            AccountKind.PROCEEDS: self.case.id,
        }
        found = find_account(kind, owner_id or owners[kind], court_id=self.court.id)
        return balance(found).posted_minor if found else 0

    def refunds(self, **by):
        query = select(Refund).order_by(Refund.id)
        for name, value in by.items():
            query = query.where(getattr(Refund, name) == value)
        return list(db.session.scalars(query))

    def send_refunds(self):
        """Finance sends every refund by bank transfer; above the limit a second person confirms."""
        for refund in self.refunds(status=RefundStatus.DUE):
            ref = self.row(debit=refund.amount_minor, name=refund.payee_name)
            values = {"court_id": self.court.id, "now": self.now}
            with transaction():
                order = propose_refund(
                    refund.id,
                    bank_reference=ref,
                    paid_on=beijing(self.now).date(),
                    actor_id=self.maker.id,
                    **values,
                )
                needs_second, order_id = order.needs_second, order.id
            if needs_second:
                with transaction():
                    confirm_order(order_id, actor_id=self.checker.id, **values)

    def receivables(self):
        return list(db.session.scalars(select(Receivable).order_by(Receivable.id)))

    def ruling(self):
        return db.session.scalar(
            select(Ruling).where(Ruling.sale_id == self.sale.id).order_by(Ruling.id.desc())
        )

    def proposals(self):
        return list(db.session.scalars(select(RulingProposal).order_by(RulingProposal.id)))
