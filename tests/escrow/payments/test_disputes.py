"""A payer complains to his bank: the books follow the money, finance has it, the sale goes on."""

from __future__ import annotations

import random

import pytest
from builders import make_user
from conftest import browser
from signing import csrf_of, sign_in_as
from sqlalchemy import select

from auction.accounts.roles import Role
from auction.core.db import db
from auction.courts.models import Court
from bidding.enrolment.models import EnrolmentStatus
from escrow.deposits.models import DepositStatus
from escrow.payments.models import RefundStatus
from escrow.payments.provider_models import Dispute, DisputeStatus

DEPOSIT = 10_000_000
FEE = 290_030
COMPLAINT = 1_500  # what the provider charges for one
PRICE = 80_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def disputed(request, make_app, clock, tmp_path):
    """A confirmed deposit about which its payer has complained."""
    from payment_stage import open_stage

    with open_stage(make_app, clock, tmp_path, request.param) as stage:
        sale = stage.sale()
        enrolment = stage.enrol(sale)
        stage.pay_deposit(enrolment)
        stage.deliver()
        told = stage.control(f"intents/{stage.payment(enrolment).intent_id}/dispute")
        yield stage, sale, enrolment, told["id"]


def disputes():
    db.session.rollback()
    return list(db.session.scalars(select(Dispute)))


def hear(stage, times=1):
    stage.deliver(times=times)
    stage.work()


def test_what_the_bank_takes_back_leaves_the_provider_and_the_bidder_stays_in(disputed):
    stage, sale, enrolment, _dispute = disputed
    hear(stage, times=3)
    assert stage.books(sale, enrolment) == {
        "provider": (-FEE - COMPLAINT, 0),
        "provider-fees": (FEE + COMPLAINT, 0),
        "disputed": (DEPOSIT, 0),
        "deposit": (DEPOSIT, 0),
    }
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE
    assert stage.deposit(enrolment).status is DepositStatus.HELD
    assert stage.alarms() == ["dispute"]
    [dispute] = disputes()
    assert (dispute.status, dispute.amount_minor) == (DisputeStatus.OPEN, DEPOSIT)
    assert dispute.evidence_due_at is not None


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_the_refund_waits_for_the_banks_word_and_is_never_paid_twice(disputed, outcome):
    stage, sale, enrolment, dispute_id = disputed
    hear(stage)
    stage.end_sale(sale)
    stage.work()
    assert [r.status for r in stage.refunds()] == [RefundStatus.DUE]
    assert stage.at_provider()["refunds"] == []
    stage.control(f"disputes/{dispute_id}/{outcome}")
    hear(stage)
    stage.clock.advance(minutes=11)
    stage.work()
    assert [r.status for r in stage.refunds()] == [RefundStatus.DONE]
    assert len(stage.at_provider()["refunds"]) == (1 if outcome == "won" else 0)
    books = stage.books(sale, enrolment)
    assert "deposit" not in books
    assert "disputed" not in books
    assert stage.deposit(enrolment).status is DepositStatus.RETURNED


def test_a_buyer_who_complains_keeps_the_court_a_claim_that_finance_sees(disputed):
    stage, sale, enrolment, dispute_id = disputed
    stage.end_sale(sale, enrolment, PRICE)
    stage.work()
    hear(stage)
    stage.control(f"disputes/{dispute_id}/lost")
    hear(stage)
    books = stage.books(sale, enrolment)
    assert (books["price"], books["disputed"]) == ((DEPOSIT, 0), (DEPOSIT, 0))
    [dispute] = disputes()
    assert (dispute.status, dispute.settled_at) == (DisputeStatus.LOST, None)


def test_told_in_any_order_and_any_number_of_times_it_ends_the_same(disputed):
    stage, sale, enrolment, dispute_id = disputed
    stage.control(f"disputes/{dispute_id}/won")
    stage.simulator.deliver_pending()
    told = [mail for mail in stage.mails for _ in range(2)]
    random.Random(7).shuffle(told)
    stage.mails[:] = told
    hear(stage)
    books = stage.books(sale, enrolment)
    assert (books["deposit"], books.get("disputed")) == ((DEPOSIT, 0), None)
    [dispute] = disputes()
    assert dispute.status is DisputeStatus.WON


def test_a_complaint_about_nothing_of_ours_is_an_alarm(stage):
    stage.sale()
    params = {"amount": 500, "currency": "cny", "confirm": True, "payment_method": "pm_card_visa"}
    intent = stage.stripe.v1.payment_intents.create(
        {**params, "allowed_payment_method_types": ["card"]}
    )
    stage.deliver()
    stage.control(f"intents/{intent.id}/dispute")
    hear(stage)
    assert "foreign-dispute" in stage.alarms()
    assert disputes() == []


def test_finance_settles_a_complaint_once_the_bank_has_decided(stage):
    sale = stage.sale()
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    told = stage.control(f"intents/{stage.payment(enrolment).intent_id}/dispute")
    hear(stage)
    court = db.session.get_one(Court, sale.court_id)
    desk = sign_in_as(browser(stage.app), make_user(stage.clock.now(), Role.FINANCE, court=court))
    page = desk.get("/finance/provider").text
    assert "发卡行审理中" in page
    [dispute] = disputes()
    path = f"/finance/provider/disputes/{dispute.id}/settle"
    form = {"csrf_token": csrf_of(desk), "remark": "买受人已重新付款"}
    early = desk.post(path, data=form)
    assert early.status_code == 422
    stage.control(f"disputes/{told['id']}/lost")
    hear(stage)
    assert desk.post(path, data={**form, "remark": ""}).status_code == 422
    stranger = make_user(stage.clock.now(), Role.FINANCE, court=None)
    other = sign_in_as(browser(stage.app), stranger)
    theirs = {**form, "csrf_token": csrf_of(other)}
    assert other.post(path, data=theirs).status_code in (403, 404)
    assert desk.post(path, data=form).status_code == 302
    assert "没有待处理的付款争议" in desk.get("/finance/provider").text
