"""A sale undone by ruling: everything is put back by entries that name the old ones (CN16-32.1)."""

from __future__ import annotations

import pytest
from payout_stage import PayoutDesk
from sqlalchemy import select
from undoing_stage import Bench

from auction.accounts.models import User
from auction.cases.models import Claim, Party
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.rulings.barred import find_bar
from auction.rulings.models import Bearer, SetAsideGround
from auction.sales.models import SaleStatus
from escrow.defaults.foresight import foresee_set_aside
from escrow.defaults.models import Receivable, ReceivableStatus
from escrow.defaults.receivables import receive_return
from escrow.defaults.services import paper_of
from escrow.deposits.models import Deposit, DepositStatus
from escrow.ledger import AccountKind, Transfer
from escrow.payments.models import RefundReason, RefundStatus
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.plans.payouts import mark_paid
from escrow.setoff.services import grant_set_off, propose_set_off
from escrow.settlement.models import SettlementStatus
from escrow.settlement.services import settlement_of

PRICE = 360_000_000
DEPOSIT = 10_000_000


def buy(bench, price=PRICE):
    """Sold and paid in full."""
    winner = bench.win(price)
    bench.pay_balance(winner, price - DEPOSIT)
    return winner


def release(bench, price=PRICE):
    """Sold, paid, ruled: the price is in the proceeds."""
    bench.claims_of_the_example()
    winner = buy(bench, price)
    bench.rule()
    return winner


def payments(bench):
    query = select(PlanPayment).where(PlanPayment.case_id == bench.case.id)
    return list(db.session.scalars(query.order_by(PlanPayment.id)))


def pay(bench, payment_id):
    with transaction():
        mark_paid(
            payment_id,
            bank_reference=f"OUT{payment_id}",
            paid_on=bench.now.date(),
            court_id=bench.court.id,
            actor_id=bench.checker.id,
            now=bench.now,
        )


def receive(bench, receivable_id, line, amount):
    with transaction():
        receive_return(
            receivable_id,
            line.id,
            amount,
            court_id=bench.court.id,
            actor_id=bench.maker.id,
            now=bench.now,
        )


def foreseen(bench):
    sale = bench.sale.read()
    return foresee_set_aside(sale, settlement_of(sale.id))


def test_before_the_deal_ruling_all_money_goes_back_by_the_way_it_came(any_bench):
    bench = any_bench
    winner = buy(bench)
    undone = bench.set_aside()
    assert (undone.back_minor, undone.claimed_minor) == (PRICE, 0)
    assert bench.sale.status is SaleStatus.SET_ASIDE
    settlement = settlement_of(bench.sale.id)
    assert (settlement.status, settlement.outstanding_minor) == (SettlementStatus.SET_ASIDE, 0)
    refunds = bench.refunds(reason=RefundReason.SET_ASIDE)
    assert sorted(row.amount_minor for row in refunds) == [DEPOSIT, PRICE - DEPOSIT]
    bench.send_refunds()
    assert bench.held(AccountKind.PRICE) == 0
    deposit = db.session.scalar(select(Deposit).where(Deposit.enrolment_id == winner.id))
    assert deposit.status is DepositStatus.RETURNED
    assert find_bar(bench.asset.id, db.session.get(User, winner.user_id)) is None
    assert bench.resale().status is SaleStatus.DRAFT
    bench.check_books()


def test_nothing_is_deleted_and_each_entry_that_undoes_names_the_old_one(bench):
    release(bench)
    before = {row.id: (row.kind, row.amount_minor) for row in db.session.scalars(select(Transfer))}
    bench.set_aside()
    after = {row.id: row for row in db.session.scalars(select(Transfer))}
    assert {key: (after[key].kind, after[key].amount_minor) for key in before} == before
    undoing = [row for key, row in after.items() if key not in before and row.reverses_id]
    assert {row.reverses_id for row in undoing} <= set(before)
    assert sum(row.amount_minor for row in undoing) == PRICE
    assert bench.held(AccountKind.PROCEEDS) == 0
    # The clocks that rested on the sale stop.
    running = db.session.scalars(
        select(Deadline.kind).where(
            Deadline.status == DeadlineStatus.OPEN,
            Deadline.kind.in_(("deal-ruling", "handover", "payout", "balance")),
        )
    ).all()
    assert running == []


def test_what_no_creditor_has_got_is_taken_back_and_what_was_paid_is_claimed(any_bench):
    bench = any_bench
    release(bench)
    bench.approve(bench.draft())
    [paid, *others] = [row for row in payments(bench) if row.status is PaymentStatus.DUE]
    paid_id, paid_minor = paid.id, paid.amount_minor
    other_minor = sum(row.amount_minor for row in others)
    pay(bench, paid_id)
    told = foreseen(bench)
    assert told.refusal is None
    assert [claim.amount_minor for claim in told.claimed] == [paid_minor]
    assert (told.withdrawn_minor, told.released_minor) == (other_minor, PRICE)
    assert told.back_now_minor == DEPOSIT  # the other payment is larger than what is left
    undone = bench.set_aside()
    # What was foreseen is what happened.
    assert (undone.back_minor, undone.claimed_minor) == (told.stake.paid_minor, paid_minor)
    assert {row.status for row in payments(bench) if row.id != paid_id} == {PaymentStatus.WITHDRAWN}
    [owed] = bench.receivables()
    assert (owed.amount_minor, owed.owed_by) == (paid_minor, told.claimed[0].owed_by)
    bench.check_books()


def test_the_buyer_gets_what_the_court_holds_and_the_rest_when_it_comes_back(bench):
    """A payment goes back whole or waits: no other case's money is used for it (CN17F-2)."""
    release(bench)
    bench.approve(bench.draft())
    [paid, *_others] = [row for row in payments(bench) if row.status is PaymentStatus.DUE]
    paid_minor = paid.amount_minor
    pay(bench, paid.id)
    bench.set_aside()
    # 350 million in one payment cannot go back while 163.8 million are out; the deposit can.
    assert [row.amount_minor for row in bench.refunds()] == [DEPOSIT]
    [owed] = bench.receivables()
    owed_id, half = owed.id, paid_minor // 2
    line = bench.pay(half, "返还案款", "债权人")
    receive(bench, owed_id, line, half)
    assert [row.amount_minor for row in bench.refunds()] == [DEPOSIT]
    rest = bench.pay(paid_minor - half, "国家赔偿", "测试财政")
    with pytest.raises(DomainError, match="amount-too-large"):
        receive(bench, owed_id, rest, paid_minor)
    receive(bench, owed_id, rest, paid_minor - half)
    assert db.session.get(Receivable, owed_id).status is ReceivableStatus.MET
    bench.work_off()
    assert sorted(row.amount_minor for row in bench.refunds()) == [DEPOSIT, PRICE - DEPOSIT]
    bench.send_refunds()
    assert {row.status for row in bench.refunds()} == {RefundStatus.DONE}
    assert bench.held(AccountKind.PROCEEDS) == bench.held(AccountKind.PRICE) == 0
    bench.check_books()


def test_an_earlier_defaulters_deposit_waits_again_and_his_deficit_falls_away(bench):
    bench.win(240_000_000)
    first = bench.sale
    bench.default(tops_up=True)
    bench.sell_again(220_000_000)
    assert bench.held(AccountKind.FORFEIT, first.id) == 0
    [deficit] = bench.receivables()
    assert deficit.amount_minor == 20_000_000 - DEPOSIT
    undone = bench.set_aside()
    assert undone.forfeits_minor == DEPOSIT
    assert bench.held(AccountKind.FORFEIT, first.id) == DEPOSIT
    assert [row.status for row in bench.receivables()] == [ReceivableStatus.VOID]
    clocks = db.session.scalars(select(Deadline.status).where(Deadline.kind == "deficit")).all()
    assert clocks == [DeadlineStatus.VOID]
    # The lot is sold once more: the first defaulter answers by this price, which stands.
    bench.send_refunds()
    bench.sell_again(235_000_000)
    assert bench.held(AccountKind.FORFEIT, first.id) == 0
    assert [row.status for row in bench.receivables()] == [ReceivableStatus.VOID]
    bench.check_books()


def test_a_buyer_who_caused_it_may_not_buy_again(bench):
    winner = buy(bench)
    bench.set_aside(ground=SetAsideGround.COLLUSION, bars_buyer=True, bearer=Bearer.OTHER)
    assert find_bar(bench.asset.id, db.session.get(User, winner.user_id)) is not None


class PayingBench(PayoutDesk, Bench):
    """The bench with payments by file."""


def test_while_the_bank_has_a_payment_in_hand_the_ruling_waits(app, clock):
    bench = PayingBench(clock).ready(PRICE)
    batch = bench.send()
    assert foreseen(bench).refusal.code == "payout-underway"
    proposal = bench.draft_set_aside()
    with pytest.raises(DomainError, match="payout-underway"):
        bench.make(proposal)
    assert bench.sale.status is SaleStatus.RULED
    bench.confirm_all(batch)
    assert foreseen(bench).refusal is None
    assert bench.set_aside().claimed_minor > 0
    bench.check_books()


def test_what_the_buyers_own_claim_had_paid_is_owed_to_him_again(bench):
    """No money moved for it: the line falls away, what he paid in money goes back (PRI-12)."""
    bench.claims_of_the_example()
    winner = bench.win(PRICE)
    claim = db.session.query(Claim).filter_by(case_id=bench.case.id, label="A").one()
    claim_id, share = claim.id, 163_800_000
    with transaction():
        party = db.session.get(Party, claim.party_id)
        party.name = party.account_name = bench.name_of(winner)
    act = {"court_id": bench.court.id, "now": bench.now}
    with transaction():
        row = propose_set_off(
            bench.sale.id, claim_id, asked_minor=share, actor_id=bench.maker.id, **act
        )
    row_id, number = row.id, "（2026）测01执1号之三"
    with transaction():
        grant_set_off(
            row_id, granted_minor=share, decision_number=number, actor_id=bench.judge.id, **act
        )
    bench.pay_balance(winner, PRICE - DEPOSIT - share)
    bench.rule()
    bench.approve(bench.draft())
    told = foreseen(bench)
    assert (told.refusal, told.set_off_minor, told.claimed) == (None, share, ())
    undone = bench.set_aside()
    assert (undone.back_minor, undone.claimed_minor) == (PRICE - share, 0)
    assert {row.status for row in payments(bench)} == {PaymentStatus.WITHDRAWN}
    assert "其债权予以恢复" in str(paper_of(bench.ruling()).content["blocks"])
    bench.send_refunds()
    assert bench.held(AccountKind.PROCEEDS) == bench.held(AccountKind.PRICE) == 0
    bench.check_books()


def test_a_defaulted_sale_is_not_set_aside_as_well(bench):
    bench.win(PRICE)
    bench.default()
    assert foreseen(bench).refusal.code == "wrong-state"
    with pytest.raises(DomainError, match="wrong-state"):
        bench.draft_set_aside()
