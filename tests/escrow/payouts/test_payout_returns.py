"""The statement has the last word: shown, not shown, come back; and the papers that follow from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_user
from finance_stage import Row
from payout_stage import PayoutDesk, card

from auction.accounts.roles import Role
from auction.accounts.stepup import fresh_step_up, require_step_up
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.deadlines.models import Deadline, DeadlineStatus
from escrow.bank.models import BankLine, LineStatus
from escrow.ledger import AccountKind, TransferKind, account, balance, check_ledger
from escrow.ledger.models import Transfer
from escrow.payments.models import MoneyAlarm, Refund, RefundStatus
from escrow.payouts.checking import (
    confirm_by_person,
    confirm_drop,
    propose_drop,
    return_by_person,
)
from escrow.payouts.confirming import propose_for_credit
from escrow.payouts.models import (
    BatchStatus,
    PayoutKind,
    PayoutStatus,
    Voucher,
    VoucherKind,
)
from escrow.payouts.payees import NewPayee, approve_correction, propose_correction
from escrow.payouts.vouchers import find_gaps
from escrow.payouts.writing import take_file
from escrow.plans.models import PaymentStatus
from escrow.plans.payouts import mark_paid


@pytest.fixture
def desk(any_app, clock):
    return PayoutDesk(clock).ready()


@pytest.fixture
def lite(app, clock):
    return PayoutDesk(clock).ready()


def who(desk, actor=None):
    return {"court_id": desk.court.id, "actor_id": (actor or desk.maker).id, "now": desk.now}


def alarms(desk):
    db.session.rollback()
    return {alarm.code for alarm in db.session.query(MoneyAlarm)}


def correct(desk, payment_id, **more):
    values = {
        "name": "债权人丙",
        "account": card(500),
        "bank": "中国银行",
        "bank_code": "",
        "reason": "债权人重新提供账户",
        **more,
    }
    with transaction():
        return propose_correction(PayoutKind.PLAN, payment_id, NewPayee(**values), **who(desk)).id


def approve(desk, row_id, actor=None):
    with transaction():
        approve_correction(row_id, **who(desk, actor or desk.checker))


# ── it came back ────────────────────────────────────────────────────────────────────────────────


def test_a_returned_payment_is_owed_again_and_paid_to_a_corrected_account(desk):
    batch = desk.send()
    desk.confirm_all(batch)
    first = next(p for p in desk.payouts(batch) if p.amount_minor == 163_800_000)
    payment_id, number = first.plan_payment_id, first.id
    voucher = db.session.query(Voucher).filter_by(payout_id=number).one().number
    desk.show(first, side="credit", text=f"{name_of(first)} 退汇 AC04 账户已销户")
    (line,) = desk.take()
    assert (line.status, line.case_id) == (LineStatus.MATCHED, desk.case.id)
    payment = next(row for row in desk.payments() if row.id == payment_id)
    assert (payment.status, payment.transfer_id, payment.bank_line_id) == (
        PaymentStatus.DUE,
        None,
        None,
    )
    assert desk.case_balances() == {("payable", claim_of(payment)): 163_800_000}
    assert alarms(desk) >= {"payout-returned"}
    void = Row(db.session.query(Voucher).filter_by(payout_id=number).one())
    assert "AC04" in void.void_reason
    deadlines = db.session.query(Deadline).filter_by(kind="payout")
    assert {row.status for row in deadlines} == {DeadlineStatus.OPEN}
    # Neither by hand nor in a batch, until two people stand for an account.
    assert [offer.objections for offer in desk.offers()] == [("came-back",)]
    with pytest.raises(DomainError, match="came-back"):
        by_hand(desk, payment_id)
    correction = correct(desk, payment_id)
    assert "correction-waits" in desk.offers()[0].objections
    with pytest.raises(DomainError, match="same-person"):
        approve(desk, correction, actor=desk.maker)
    approve(desk, correction)
    again = desk.send(form_key="k2")
    (second,) = desk.payouts(again)
    assert (second.payee_account, second.payee_bank_code) == (card(500), "104100000004")
    desk.confirm_all(again)
    assert desk.case_balances() == {}
    numbers = [row.number for row in db.session.query(Voucher).filter_by(kind=void.kind)]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert find_gaps(desk.court.id) == []
    assert voucher in numbers
    assert check_ledger() == []


def name_of(payout):
    from escrow.payouts.rules import end_to_end_id

    return end_to_end_id(payout.id)


def claim_of(payment):
    from escrow.ledger.models import Account

    return db.session.get(Account, payment.account_id).owner_id


def by_hand(desk, payment_id):
    with transaction():
        mark_paid(
            payment_id,
            bank_reference=f"HAND{payment_id}",
            paid_on=beijing(desk.now).date(),
            **who(desk, desk.checker),
        )


def test_a_return_without_our_name_stands_in_suspense_until_a_person_recognises_it(lite):
    batch = lite.send()
    lite.confirm_all(batch)
    payout = Row(lite.payouts(batch)[0])
    lite.show(payout, side="credit", text="退汇 户名不符", name="", account="")
    (line,) = lite.take()
    assert line.status is LineStatus.SUSPENSE
    assert payout.id in {found.id for found in propose_for_credit(line)}
    other = next(p for p in lite.payouts(batch) if p.amount_minor != payout.amount_minor)
    with pytest.raises(DomainError, match="not-proposed"), transaction():
        return_by_person(line.id, other.id, **who(lite))
    with transaction():
        return_by_person(line.id, payout.id, **who(lite))
    assert db.session.get(BankLine, line.id).status is LineStatus.PLACED
    assert suspense(lite) == 0
    assert lite.payments()[0].status is PaymentStatus.DUE
    kinds = [row.kind for row in db.session.query(Transfer).order_by(Transfer.id)][-2:]
    assert kinds == [TransferKind.SUSPENSE_RECEIVED, TransferKind.PAYOUT_RETURNED]
    assert check_ledger() == []


def suspense(desk):
    row = account(AccountKind.SUSPENSE, desk.court.id, court_id=desk.court.id)
    return balance(row).posted_minor


@pytest.mark.parametrize(
    "more",
    [{"text": "货款", "name": "路人", "account": "1"}, {"text": "退汇", "day": "2020-01-02"}],
)
def test_money_of_others_is_no_return(lite, more):
    batch = lite.send()
    lite.confirm_all(batch)
    lite.show(lite.payouts(batch)[0], side="credit", **more)
    (line,) = lite.take()
    assert propose_for_credit(line) == []


def test_a_return_before_its_debit_waits_for_a_person(lite):
    batch = lite.send()
    payout = Row(lite.payouts(batch)[0])
    lite.show(payout, side="credit")
    (line,) = lite.take()
    assert (line.status, payout.status) == (LineStatus.SUSPENSE, PayoutStatus.HELD)


# ── shown, and not shown ────────────────────────────────────────────────────────────────────────


def test_a_debit_without_our_name_is_confirmed_by_another_than_the_maker(lite):
    batch = lite.send()
    payout = Row(lite.payouts(batch)[0])
    lite.show(payout, text="网银转账")
    (line,) = lite.take()
    assert line.status is LineStatus.OPEN
    with pytest.raises(DomainError, match="same-person"), transaction():
        confirm_by_person(line.id, payout.id, **who(lite))
    with transaction():
        confirm_by_person(line.id, payout.id, **who(lite, lite.checker))
    assert lite.payouts(batch)[0].status is PayoutStatus.PAID
    with pytest.raises(DomainError, match="line-settled"), transaction():
        confirm_by_person(line.id, lite.payouts(batch)[1].id, **who(lite, lite.checker))


@pytest.mark.parametrize("wrong", ["amount", "name"])
def test_a_debit_that_does_not_fit_confirms_nothing(lite, wrong):
    batch = lite.send()
    payout = lite.payouts(batch)[0]
    if wrong == "amount":
        lite.row(debit=payout.amount_minor + 1, account=payout.payee_account, text=name_of(payout))
    else:
        names = f"{name_of(payout)} {name_of(lite.payouts(batch)[1])}"
        lite.show(payout, text=names, account="", name="")
    (line,) = lite.take()
    assert (line.status, lite.payouts(batch)[0].status) == (LineStatus.OPEN, PayoutStatus.HELD)


def test_a_file_lost_half_way_is_settled_by_the_statement_alone(desk):
    batch = desk.send()
    with transaction():
        take_file(batch.id, **who(desk))
    *done, lost = desk.payouts(batch)
    lost_id = lost.id
    for payout in done:
        desk.show(payout)
    desk.take()
    assert batch.status is BatchStatus.SENT
    with pytest.raises(DomainError, match="statement-missing"), transaction():
        propose_drop(lost_id, reason="银行回单没有", **who(desk))
    desk.clock.advance(days=10)
    desk.work_off()
    assert "payout-unconfirmed" in alarms(desk)
    desk.row(credit=1, text="结息")
    desk.take()
    with transaction():
        propose_drop(lost_id, reason="对账单没有这一笔", **who(desk))
    with pytest.raises(DomainError, match="same-person"), transaction():
        confirm_drop(lost_id, **who(desk))
    with transaction():
        confirm_drop(lost_id, **who(desk, desk.checker))
    assert batch.status is BatchStatus.DONE
    (offer,) = desk.offers()
    assert offer.is_ready
    assert check_ledger() == []
    again = desk.send(form_key="k2")
    assert [p.amount_minor for p in desk.payouts(again)] == [offer.debt.amount_minor]


def test_what_was_shown_cannot_be_declared_lost(lite):
    batch = lite.send()
    lite.confirm_all(batch)
    lite.clock.advance(days=10)
    with pytest.raises(DomainError, match="wrong-state"), transaction():
        propose_drop(lite.payouts(batch)[0].id, reason="对账单没有这一笔", **who(lite))


def test_a_payment_declared_by_hand_raises_the_same_alarm(lite):
    by_hand(lite, lite.payments()[0].id)
    lite.clock.advance(days=2)
    lite.work_off()
    assert "payout-unconfirmed" not in alarms(lite)
    lite.clock.advance(days=3)
    lite.work_off()
    assert "payout-unconfirmed" in alarms(lite)


# ── refunds and suspended money ─────────────────────────────────────────────────────────────────


def test_refunds_of_losers_and_suspended_money_leave_the_same_way(any_app, clock):
    desk = PayoutDesk(clock)
    loser, winner = desk.enrol(), desk.enrol()
    for bidder in (loser, winner):
        desk.pay_deposit(bidder, account=card(bidder.id))
    with transaction():
        for row in db.session.query(BankLine):
            row.payer_bank = "招商银行"
    stray = desk.pay(777, "货款", "路人", account=card(9)).id
    assert desk.offers() == []
    desk.sell(winner, 360_000_000)
    refund = db.session.query(Refund).one()
    refund_id = refund.id
    with transaction():
        db.session.get(Refund, refund_id).payee_bank = "招商银行"
        db.session.get(BankLine, stray).payer_bank = "招商银行"
    assert [offer.debt.kind for offer in desk.offers()] == [PayoutKind.REFUND]
    batch = desk.send()
    returns = desk.send(form_key="k2", kind=PayoutKind.SUSPENSE)
    for sent in (batch, returns):
        lines = desk.confirm_all(sent)
        assert [str(line.status) for line in lines] == ["matched"]
        assert sent.status is BatchStatus.DONE
    db.session.rollback()
    assert db.session.get(Refund, refund_id).status is RefundStatus.DONE
    assert db.session.get(BankLine, stray).status is LineStatus.PLACED
    assert suspense(desk) == 0
    (payout,) = desk.payouts(batch)
    desk.show(payout, side="credit", text=f"{name_of(payout)} 退汇")
    (line,) = desk.take()
    assert line.status is LineStatus.MATCHED
    assert db.session.get(Refund, refund_id).status is RefundStatus.DUE
    (payout,) = desk.payouts(returns)
    desk.show(payout, side="credit", text=f"{name_of(payout)} 退汇")
    (line,) = desk.take()
    assert line.status is LineStatus.SUSPENSE  # unidentified again
    assert desk.payouts(returns)[0].status is PayoutStatus.RETURNED
    assert check_ledger() == []


def test_a_payer_of_a_running_sale_is_in_no_file(lite):
    bidder = lite.enrol()
    assert bidder.reference  # a second sale is not needed: the first has ended
    lite.sale.read()
    assert all(not offer.debt.is_sealed for offer in lite.offers())


# ── payees and papers ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"account": ""}, "no-account"),
        ({"account": "12ab"}, "bad-account"),
        ({"name": "张<三>"}, "bad-name"),
        ({"bank": "云州农商银行"}, "no-bank-code"),
        ({"bank_code": "123456789012"}, "bad-bank-code"),
        ({"reason": "无"}, "reason-missing"),
    ],
)
def test_an_account_is_checked_where_it_is_typed(lite, typed, code):
    with pytest.raises(DomainError, match=code):
        correct(lite, lite.payments()[0].id, **typed)


def test_another_name_and_a_wrong_card_need_two_people_and_a_reason(lite):
    with transaction():
        row = lite.payments()[0]
        row.payee_name, row.payee_account = "不相干的人", card(1)[:-1] + "x"
    (offer,) = [o for o in lite.offers() if o.objections]
    assert offer.objections == ("bad-account", "name-differs")
    wrong_card = card(1)[:-1] + str((int(card(1)[-1]) + 1) % 10)
    correction = correct(lite, offer.debt.subject_id, name="不相干的人", account=wrong_card)
    approve(lite, correction)
    assert all(o.is_ready for o in lite.offers())


def test_what_is_under_way_is_not_corrected(lite):
    lite.choose()
    with pytest.raises(DomainError, match="under-way"):
        correct(lite, lite.payments()[0].id)


def test_each_payment_has_one_paper_and_numbers_have_no_gap(desk):
    batch = desk.send()
    desk.confirm_all(batch)
    desk.work_off()
    rows = db.session.query(Voucher).order_by(Voucher.id).all()
    assert len(rows) == len(desk.payouts(batch))
    by_kind = {kind: [r.number for r in rows if r.kind is kind] for kind in VoucherKind}
    assert by_kind[VoucherKind.FEE] == [1, 2, 3]
    assert by_kind[VoucherKind.RECEIPT] == list(range(1, len(by_kind[VoucherKind.RECEIPT]) + 1))
    assert find_gaps(desk.court.id) == []


# ── step-up ─────────────────────────────────────────────────────────────────────────────────────


def test_a_proof_holds_ten_minutes_in_its_own_session(lite):
    proof = lite.step_up(lite.checker)
    user_id, session_id, at = proof.user_id, proof.session_id, proof.at
    late = at + timedelta(minutes=10)
    assert fresh_step_up(user_id, session_id, late - timedelta(milliseconds=1)).id == proof.id
    stranger = Row(make_user(lite.now, Role.FINANCE, court=lite.court))
    for person, session, moment in (
        (user_id, session_id, late),
        (user_id, session_id + 1, at),
        (user_id, None, at),
        (stranger.id, session_id, at),
    ):
        with pytest.raises(DomainError, match="step-up-needed"):
            require_step_up(person, session, moment)
