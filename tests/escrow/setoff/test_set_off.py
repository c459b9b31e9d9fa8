"""A creditor who bought pays with its own share: never with more than the law gives it (PRI-12)."""

from __future__ import annotations

import pytest
from builders import make_user
from conftest import browser
from finance_stage import Desk, Row, at_once
from signing import csrf_of, sign_in_as

from auction.accounts.roles import Role
from auction.cases.models import Claim, FeeKind, Party
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.courts.models import Court
from auction.deadlines.models import Deadline, DeadlineStatus
from bidding.enrolment.models import EnrolmentStatus
from escrow.invariants import check_invariants
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.plans.payouts import mark_paid
from escrow.setoff.models import SetOffStatus
from escrow.setoff.services import (
    grant_set_off,
    propose_set_off,
    receive_top_up,
    refuse_set_off,
    set_off_of,
    top_up_of,
)
from escrow.settlement.models import Settlement, SettlementStatus
from escrow.settlement.services import settlement_of

PRICE = 360_000_000
SHARE = 163_800_000


class Buyer(Desk):
    """The mortgagee of the example has bought the flat and owes the rest of the price."""

    def ready(self, *, is_creditor=True, price=PRICE, is_exempt=False):
        self.claims_of_the_example()
        self.judge = Row(make_user(self.now, Role.JUDGE, court=self.court))
        if is_exempt:
            self.winner = self.enrol(
                status=EnrolmentStatus.ACTIVE, code="ABCD23", activated_at=self.now
            )
        else:
            self.winner = self.enrol()
            self.pay_deposit(self.winner)
        with transaction():
            db.session.get(Court, self.court.id).settings = {"plan_service": "optional"}
            claim = self.claim("A")
            if is_creditor:
                party = db.session.get(Party, claim.party_id)
                party.name = party.account_name = self.name_of(self.winner)
        self.sell(self.winner, price)
        self.settlement = Row(settlement_of(self.sale.id))
        return self

    def claim(self, label):
        return db.session.query(Claim).filter_by(case_id=self.case.id, label=label).one()

    def act(self, actor):
        return {"court_id": self.court.id, "actor_id": actor.id, "now": self.now}

    def ask(self, amount=SHARE, label="A", actor=None):
        with transaction():
            return Row(
                propose_set_off(
                    self.sale.id,
                    self.claim(label).id,
                    asked_minor=amount,
                    **self.act(actor or self.maker),
                )
            )

    def grant(self, row, amount=SHARE, actor=None):
        with transaction():
            grant_set_off(
                row.id,
                granted_minor=amount,
                decision_number="（2026）测01执1号之三",
                **self.act(actor or self.judge),
            )

    def pay_rest(self):
        return self.pay(
            self.settlement.outstanding_minor,
            self.settlement.reference,
            self.name_of(self.winner),
        )


@pytest.fixture
def desk(any_app, clock):
    return Buyer(clock).ready()


@pytest.fixture
def lite(app, clock):
    return Buyer(clock).ready()


def test_the_share_is_price_and_the_plan_counts_it_once(desk):
    row = desk.ask()
    assert row.entitled_minor == SHARE
    desk.grant(row)
    assert desk.settlement.outstanding_minor == PRICE - 10_000_000 - SHARE
    desk.pay_rest()
    assert desk.settlement.status is SettlementStatus.PAID
    desk.rule()
    plan = desk.approve(desk.draft())
    assert plan.output["total"] == PRICE
    assert plan.output["set_off"] == [
        {"proceeds": desk.sale.read().lot.number, "claim": "A", "applied": SHARE, "top_up": 0}
    ]
    paid = {(p.payee, p.status): p.amount_minor for p in db.session.query(PlanPayment)}
    assert paid["A", PaymentStatus.SET_OFF] == SHARE
    assert ("A", PaymentStatus.DUE) not in paid
    assert sum(paid.values()) == PRICE
    for number, payment in enumerate(db.session.query(PlanPayment).all()):
        if payment.status is PaymentStatus.DUE:
            with transaction():
                mark_paid(
                    payment.id,
                    bank_reference=f"P{number}",
                    paid_on=desk.now.date(),
                    **desk.act(desk.checker),
                )
    assert desk.case_balances() == {}
    assert check_invariants(desk.now) == []


def test_a_price_that_was_set_off_to_the_last_fen_moves_no_money_and_is_still_planned(app, clock):
    price = 150_000_000
    desk = Buyer(clock, deposit=0, start=100_000_000).ready(price=price, is_exempt=True)
    with transaction():
        desk.claim("A").fee_kind = FeeKind.NONE
    desk.grant(desk.ask(price), price)
    assert desk.settlement.status is SettlementStatus.PAID
    desk.rule()
    plan = desk.approve(desk.draft())
    assert plan.output["total"] == price
    (payment,) = db.session.query(PlanPayment).all()
    assert (payment.payee, payment.status, payment.amount_minor) == (
        "A",
        PaymentStatus.SET_OFF,
        price,
    )
    clock_of_payout = db.session.query(Deadline).filter_by(kind="payout").one()
    assert clock_of_payout.status is DeadlineStatus.MET
    assert check_invariants(desk.now) == []


def test_nobody_sets_off_more_than_its_share_or_anothers_claim(lite):
    for label, amount, code in (("A", SHARE + 1, "more-than-share"), ("B", 1, "not-the-buyer")):
        with pytest.raises(DomainError, match=code):
            lite.ask(amount, label)
    with transaction():
        lite.claim("C").held = "顺位争议"
    with pytest.raises(DomainError, match="rank-disputed"):  # money comes first
        lite.ask()


def test_a_buyer_who_is_no_creditor_pays_in_money(app, clock):
    desk = Buyer(clock).ready(is_creditor=False)
    with pytest.raises(DomainError, match="not-the-buyer"):
        desk.ask()


def test_the_judge_is_another_and_may_allow_less_never_more(lite):
    row = lite.ask()
    with pytest.raises(DomainError, match="same-person"):
        lite.grant(row, actor=lite.maker)
    with pytest.raises(DomainError, match="more-than-asked"):
        lite.grant(row, SHARE + 1)
    lite.grant(row, 100_000_000)
    assert lite.settlement.set_off_minor == 100_000_000
    with pytest.raises(DomainError, match="waiting"):
        lite.ask()


def test_a_claim_that_shrank_since_is_reckoned_again(lite):
    row = lite.ask()
    with transaction():
        lite.claim("A").principal_minor = 50_000_000
    with pytest.raises(DomainError, match="more-than-share"):
        lite.grant(row)


def test_a_refusal_leaves_the_price_owed_and_one_may_ask_again(lite):
    row = lite.ask()
    with transaction():
        refuse_set_off(row.id, reason="其他债权人有异议", **lite.act(lite.judge))
    assert lite.settlement.set_off_minor == 0
    again = lite.ask(50_000_000)
    assert (again.id, again.status, again.asked_minor) == (
        row.id,
        SetOffStatus.PROPOSED,
        50_000_000,
    )
    lite.pay_rest()
    with pytest.raises(DomainError, match="not-due"):
        lite.grant(again, 50_000_000)


def test_what_the_share_does_not_cover_in_the_end_is_paid_in_money(lite):
    desk = lite
    desk.grant(desk.ask())
    desk.pay_rest()
    desk.rule()
    with transaction():
        desk.claim("A").principal_minor -= 20_000_000
    row = set_off_of(desk.sale.id)
    owed = top_up_of(desk.case.read(), row, desk.sale.read())
    assert owed == 20_000_000
    plan = desk.draft()
    with pytest.raises(DomainError, match="top-up-due"):
        desk.approve(plan)
    row_id = row.id
    stranger = desk.pay(owed, "补交", "路人").id
    with pytest.raises(DomainError, match="not-the-buyer"), transaction():
        receive_top_up(row_id, stranger, **desk.act(desk.maker))
    line = desk.pay(owed + 5, "补交差额", desk.name_of(desk.winner)).id
    with transaction():
        receive_top_up(row_id, line, **desk.act(desk.maker))
    plan = desk.approve(desk.draft())
    assert plan.output["total"] == PRICE
    assert plan.output["set_off"][0]["top_up"] == 0
    assert check_invariants(desk.now) == []


def test_two_decisions_at_once_count_once(desk, any_app):
    row = desk.ask()
    row_id, judge, court, now = row.id, desk.judge.id, desk.court.id, desk.now

    def grant():
        with transaction():
            grant_set_off(
                row_id,
                granted_minor=SHARE,
                decision_number="（2026）测01执1号之三",
                court_id=court,
                actor_id=judge,
                now=now,
            )

    def refuse():
        with transaction():
            refuse_set_off(row_id, reason="顺位有争议", court_id=court, actor_id=judge, now=now)

    assert at_once(any_app, grant, refuse).count("done") == 1
    counted = db.session.query(Settlement).one().set_off_minor
    granted = set_off_of(desk.sale.id).status is SetOffStatus.GRANTED
    assert counted == (SHARE if granted else 0)


def test_the_pages_lead_from_the_case_to_the_judges_decision(app, lite):
    clerk, judge = (sign_in_as(browser(app), who.read()) for who in (lite.clerk, lite.judge))
    path = f"/finance/set-offs/{lite.sale.id}"
    case = sign_in_as(browser(app), lite.maker.read()).get(f"/finance/cases/{lite.case.id}")
    assert path in case.text
    assert "¥1,638,000.00" in clerk.get(path).text
    told = {"claim_id": str(lite.claim("A").id), "asked": "9999999"}
    refused = clerk.post(f"{path}/ask", data={"csrf_token": csrf_of(clerk), **told})
    assert refused.status_code == 422
    assert "9999999" in refused.text
    told["asked"] = "1638000"
    assert clerk.post(f"{path}/ask", data={"csrf_token": csrf_of(clerk), **told}).status_code == 302
    decision = {"granted": "1638000", "decision_number": "（2026）测01执1号之三"}
    barred = clerk.post(f"{path}/grant", data={"csrf_token": csrf_of(clerk), **decision})
    assert barred.status_code == 403
    assert (
        judge.post(f"{path}/grant", data={"csrf_token": csrf_of(judge), **decision}).status_code
        == 302
    )
    assert "已准许" in judge.get(path).text
    assert lite.settlement.set_off_minor == SHARE
