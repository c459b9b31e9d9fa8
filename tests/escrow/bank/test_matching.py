"""What a rule places by itself, what waits for a person, and that nothing is booked twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from finance_stage import Desk, Row, at_once

from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.deadlines.models import Deadline, DeadlineStatus
from bidding.enrolment.models import EnrolmentStatus
from bidding.enrolment.references import complete_reference
from escrow.bank.matching import match_line
from escrow.bank.models import BankLine, BankStatement, LineStatus, Reason, ReturnOrder
from escrow.bank.parsed import StatementRefused
from escrow.bank.returns import cancel_order, confirm_order, propose_refund, propose_return
from escrow.bank.rules import (
    BalanceFacts,
    DepositFacts,
    identify_by,
    is_same_person,
    judge_balance,
    judge_deposit,
    second_person_above,
)
from escrow.bank.suspense import explain_line, place_line
from escrow.ledger import AccountKind, account, balance
from escrow.payments.models import Payment, Refund, RefundReason
from escrow.settlement.models import SettlementStatus
from escrow.settlement.services import settlement_of


@pytest.fixture
def desk(any_app, clock):
    return Desk(clock)


@pytest.fixture
def lite(app, clock):
    return Desk(clock)


def held(desk, kind):
    with transaction():
        return balance(account(kind, desk.court.id, court_id=desk.court.id)).posted_minor


# ── the rules ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, None),
        ({"payer_name": " 张 三 "}, None),
        ({"amount_minor": 99}, Reason.WRONG_AMOUNT),
        ({"amount_minor": 101}, Reason.WRONG_AMOUNT),
        ({"payer_name": "李四"}, Reason.PAYER_DIFFERS),
        ({"payer_name": ""}, Reason.PAYER_DIFFERS),
        ({"status": EnrolmentStatus.BEGUN}, Reason.NOTICES_MISSING),
        ({"deposit_minor": 0}, Reason.NOT_DUE),
    ],
)
def test_a_deposit_is_the_exact_amount_from_the_bidder_himself(more, reason):
    values = {
        "amount_minor": 100,
        "payer_name": "张三",
        "deposit_minor": 100,
        "bidder_name": "张三",
        "status": EnrolmentStatus.DEPOSIT_DUE,
    }
    assert judge_deposit(DepositFacts(**values | more)) is reason


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, None),
        ({"amount_minor": 40}, None),
        ({"amount_minor": 101}, Reason.WRONG_AMOUNT),
        ({"outstanding_minor": 0}, Reason.NOT_DUE),
        ({"booked_on": date(2026, 11, 18)}, None),
        ({"booked_on": date(2026, 11, 19)}, Reason.LATE),
        ({"payer_name": "某银行"}, Reason.PAYER_DIFFERS),
    ],
)
def test_a_balance_may_come_in_parts_but_in_time_and_from_the_buyer(clock, more, reason):
    from auction.sales.calendar import beijing_moment

    values = {
        "amount_minor": 100,
        "payer_name": "张三",
        "outstanding_minor": 100,
        "buyer_name": "张三",
        "booked_on": date(2026, 11, 3),
        "due_at": beijing_moment(date(2026, 11, 19)) - timedelta(hours=10),
    }
    assert judge_balance(BalanceFacts(**values | more)) is reason


def test_names_are_compared_without_width_blanks_and_dots():
    assert is_same_person("ＡＢＣ（北京）有限公司", "abc(北京) 有限公司")
    assert is_same_person("阿依古丽·买买提", "阿依古丽买买提")
    assert not is_same_person("张三", "张三丰")
    assert not is_same_person("", "")


def test_three_working_days_step_over_the_weekend(clock):
    friday = clock.now() + timedelta(days=4)
    assert (identify_by(friday) - friday).days == 5


def test_the_court_sets_from_where_on_two_people_are_needed():
    assert second_person_above({}) == 5_000_000
    assert second_person_above({"second_person_above_minor": 0}) == 0
    assert second_person_above({"second_person_above_minor": "viel"}) == 5_000_000


# ── money that came ─────────────────────────────────────────────────────────────────────────────


def test_a_deposit_with_reference_amount_and_payer_admits_its_bidder(desk):
    bidder = desk.enrol()
    line = desk.pay_deposit(bidder)
    assert (line.status, line.reason) == (LineStatus.MATCHED, None)
    assert bidder.status is EnrolmentStatus.ACTIVE
    assert held(desk, AccountKind.BANK) == bidder.deposit_minor
    assert held(desk, AccountKind.SUSPENSE) == 0
    desk.check_books()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"amount": 9_999_999}, Reason.WRONG_AMOUNT),
        ({"name": "李四"}, Reason.PAYER_DIFFERS),
    ],
)
def test_what_does_not_agree_waits_in_suspense_with_its_clock(desk, how, reason):
    bidder = desk.enrol()
    line = desk.pay_deposit(bidder, **how)
    assert (line.status, line.reason) == (LineStatus.SUSPENSE, reason)
    assert line.identify_by == identify_by(desk.now)
    assert bidder.status is EnrolmentStatus.DEPOSIT_DUE
    assert held(desk, AccountKind.SUSPENSE) == line.amount_minor
    clock = db.session.query(Deadline).filter_by(kind="suspense").one()
    assert (clock.rule_id, clock.due_at) == ("CN21S-2", line.identify_by)
    desk.check_books()


def test_without_a_known_reference_nobody_is_credited(lite):
    wrong = lite.pay(100, f"保证金 {complete_reference('123456789012')}", "张三")
    assert wrong.reason is Reason.UNKNOWN_REFERENCE
    assert lite.pay(100, "R12345678901299", "张三").reason is Reason.NO_REFERENCE
    other = Desk(lite.clock)
    bidder = other.enrol()
    assert lite.pay(bidder.deposit_minor, bidder.reference, "x").reason is (
        Reason.UNKNOWN_REFERENCE
    )
    assert bidder.status is EnrolmentStatus.DEPOSIT_DUE


def test_before_the_notices_are_ticked_a_deposit_waits(lite):
    bidder = lite.enrol(status=EnrolmentStatus.BEGUN)
    line = Row(lite.pay_deposit(bidder))
    assert line.reason is Reason.NOTICES_MISSING
    with pytest.raises(DomainError, match="notices-missing"), transaction():
        place(lite, line, bidder.reference, "竞买人来电说明")
    assert line.status is LineStatus.SUSPENSE


def test_a_deposit_after_the_end_is_booked_and_goes_straight_back(desk):
    bidder, winner = desk.enrol(), desk.enrol()
    desk.pay_deposit(winner)
    desk.sell(winner, 200_000_000)
    line = desk.pay_deposit(bidder)
    assert line.status is LineStatus.MATCHED
    assert bidder.status is EnrolmentStatus.DEPOSIT_DUE
    refund = db.session.query(Refund).one()
    assert (refund.reason, refund.due_at) == (RefundReason.LATE, desk.now + timedelta(hours=24))


def test_a_balance_comes_in_parts_and_too_much_of_it_waits_for_a_person(desk):
    winner = desk.enrol()
    desk.pay_deposit(winner)
    desk.sell(winner, 200_000_000)
    settlement = Row(settlement_of(desk.sale.id))
    name = desk.name_of(winner)
    assert desk.pay(90_000_000, settlement.reference, name).status is LineStatus.MATCHED
    line = Row(desk.pay(100_000_100, settlement.reference, name))
    assert (line.status, line.reason) == (LineStatus.SUSPENSE, Reason.WRONG_AMOUNT)
    assert settlement.outstanding_minor == 100_000_000
    with transaction():
        place(desk, line, settlement.reference, "")
    assert (line.status, line.remaining_minor) == (LineStatus.SUSPENSE, 100)
    assert settlement.status is SettlementStatus.PAID
    with pytest.raises(DomainError, match="line-used"), transaction():
        place(desk, line, settlement.reference, "再入一次")
    with transaction():
        send_back(desk, line, "OUT1")
    assert line.status is LineStatus.PLACED
    assert held(desk, AccountKind.SUSPENSE) == 0
    desk.check_books()


def test_after_the_announced_day_a_balance_needs_a_persons_reason(lite):
    winner = lite.enrol()
    lite.pay_deposit(winner)
    lite.sell(winner, 200_000_000)
    settlement = Row(settlement_of(lite.sale.id))
    lite.clock.set(settlement.due_at + timedelta(days=1))
    line = Row(lite.pay(190_000_000, settlement.reference, lite.name_of(winner)))
    assert line.reason is Reason.LATE
    with pytest.raises(DomainError, match="reason-missing"), transaction():
        place(lite, line, settlement.reference, "")
    with transaction():
        place(lite, line, settlement.reference, "合议庭准许延期一日")
    assert settlement.status is SettlementStatus.PAID


def place(desk, line, reference, reason):
    return place_line(
        line.id,
        reference=reference,
        reason=reason,
        court_id=desk.court.id,
        actor_id=desk.maker.id,
        now=desk.now,
    )


def send_back(desk, line, reference, actor=None):
    return propose_return(
        line.id,
        bank_reference=reference,
        paid_on=desk.now.date(),
        court_id=desk.court.id,
        actor_id=(actor or desk.maker).id,
        now=desk.now,
    )


# ── once, whatever is repeated ──────────────────────────────────────────────────────────────────


def test_the_same_file_and_the_same_entry_bring_nothing_new(desk):
    bidder = desk.enrol()
    desk.row(credit=bidder.deposit_minor, name=desk.name_of(bidder), text=bidder.reference)
    kept = list(desk.rows)
    data = desk.csv()
    desk.take(data)
    desk.take(data)
    assert db.session.query(BankStatement).count() == 1
    desk.rows = kept
    desk.row(debit=5, text="手续费")
    desk.take()
    assert db.session.query(BankLine).count() == 2
    assert db.session.query(Payment).count() == 1
    newest = db.session.query(BankStatement).order_by(BankStatement.id.desc()).first()
    assert (newest.line_count, newest.known_count) == (2, 1)


def test_an_entry_that_comes_again_with_another_amount_refuses_the_file(lite):
    lite.pay(100, "a", "甲", ref="N1")
    lite.row(credit=101, text="a", ref="N1")
    with pytest.raises(StatementRefused, match="entry-changed"):
        lite.take()
    assert db.session.query(BankStatement).count() == 1


def test_a_file_of_another_account_is_refused(lite):
    lite.row(credit=1)
    data = lite.csv().replace(lite.court.account_number.encode(), b"6200999999999999")
    with pytest.raises(StatementRefused, match="foreign-account"):
        lite.take(data)
    lite.row(credit=1)
    data = lite.csv().replace(lite.court.account_number.encode(), lite.case.account_number.encode())
    assert lite.take(data)[0].account_number == lite.case.account_number


def test_matching_again_changes_nothing(lite):
    line = Row(lite.pay_deposit(lite.enrol()))
    with transaction():
        match_line(line.id, now=lite.now)
    assert db.session.query(Payment).count() == 1


# ── money that went ─────────────────────────────────────────────────────────────────────────────


def test_a_line_that_shows_a_return_confirms_it_before_or_after_it_is_marked(desk):
    line = Row(desk.pay(100, "?", "甲", account="6217999"))
    desk.row(debit=100, account="6217999", text="退款", ref="OUT1")
    shown = Row(desk.take()[0])
    assert (shown.status, shown.reason) == (LineStatus.OPEN, Reason.NOT_ORDERED)
    with transaction():
        send_back(desk, line, "OUT1")
    desk.work_off()
    assert (shown.status, shown.reason) == (LineStatus.MATCHED, None)
    assert db.session.query(ReturnOrder).one().bank_line_id == shown.id
    assert held(desk, AccountKind.BANK) == desk.balance == 0


def test_a_debit_that_fits_two_payments_is_left_to_a_person(lite):
    for _ in range(2):
        line = lite.pay(100, "?", "甲", account="6217999")
        with transaction():
            send_back(lite, line, f"OUT{line.id}")
    lite.row(debit=100, account="6217999", text="退款", ref="X1")
    shown = Row(lite.take()[0])
    assert shown.status is LineStatus.OPEN
    with pytest.raises(DomainError, match="reason-missing"), transaction():
        explain(lite, shown, "x")
    with transaction():
        explain(lite, shown, "银行合并转账")
    with transaction():
        explain(lite, shown, "银行合并转账")
    assert shown.status is LineStatus.EXPLAINED


def explain(desk, line, text):
    return explain_line(
        line.id, text=text, court_id=desk.court.id, actor_id=desk.maker.id, now=desk.now
    )


def test_one_bank_reference_pays_once_and_no_day_lies_ahead(lite):
    first, second = (Row(lite.pay(100, "?", name)) for name in ("甲", "乙"))
    with transaction():
        send_back(lite, first, "OUT1")
    with pytest.raises(DomainError, match="reference-used"), transaction():
        send_back(lite, second, "OUT1")
    with pytest.raises(DomainError, match="future-day"), transaction():
        propose_return(
            second.id,
            bank_reference="OUT2",
            paid_on=lite.now.date() + timedelta(days=1),
            court_id=lite.court.id,
            actor_id=lite.maker.id,
            now=lite.now,
        )


def test_a_proposed_return_blocks_the_line_until_it_is_taken_back(lite):
    bidder = lite.enrol()
    line = Row(lite.pay(bidder.deposit_minor, "拍卖", lite.name_of(bidder)))
    with transaction():
        order_id = send_back(lite, line, "OUT1").id
    with pytest.raises(DomainError, match="return-proposed"), transaction():
        place(lite, line, bidder.reference, "附言漏写参考号")
    with transaction():
        cancel_order(order_id, court_id=lite.court.id, actor_id=lite.maker.id, now=lite.now)
    with transaction():
        place(lite, line, bidder.reference, "附言漏写参考号")
    assert bidder.status is EnrolmentStatus.ACTIVE
    another = Row(lite.pay(100, "?", "甲"))
    with transaction():  # the reference is free again
        send_back(lite, another, "OUT1")


# ── two people at once ──────────────────────────────────────────────────────────────────────────


def test_two_people_importing_the_same_file_take_it_once(desk, any_app):
    for n in range(20):
        desk.row(credit=100 + n, text="x")
    data = desk.csv()
    acts = [
        lambda who=who: desk.take(data, match=False, actor=who)
        for who in (desk.maker, desk.checker)
    ]
    assert at_once(any_app, *acts) == ["done", "done"]
    assert db.session.query(BankStatement).count() == 1
    assert db.session.query(BankLine).count() == 20


def test_two_people_on_one_line_place_it_or_send_it_back_but_not_both(desk, any_app):
    bidder = desk.enrol()
    line = Row(desk.pay(bidder.deposit_minor, "拍卖", desk.name_of(bidder)))
    court_id, actor, other, now = desk.court.id, desk.maker.id, desk.checker.id, desk.now
    reference = bidder.reference

    def place_it():
        with transaction():
            place_line(
                line.id,
                reference=reference,
                reason="附言漏写参考号",
                court_id=court_id,
                actor_id=actor,
                now=now,
            )

    def return_it():
        with transaction():
            propose_return(
                line.id,
                bank_reference="OUT1",
                paid_on=now.date(),
                court_id=court_id,
                actor_id=other,
                now=now,
            )

    outcomes = at_once(any_app, place_it, return_it, place_it)
    assert outcomes.count("done") == 1
    placed = line.status is LineStatus.PLACED
    assert placed is (bidder.status is EnrolmentStatus.ACTIVE)
    assert placed is not (db.session.query(ReturnOrder).count() == 1)
    desk.check_books()


def test_two_people_confirming_one_refund_pay_it_once(desk, any_app):
    winner, loser = desk.enrol(), desk.enrol()
    for bidder in (winner, loser):
        desk.pay_deposit(bidder)
    desk.sell(winner, 200_000_000)
    third = desk.clerk.id
    refund_id = db.session.query(Refund).one().id
    who = {"court_id": desk.court.id, "now": desk.now}
    with transaction():
        order_id = propose_refund(
            refund_id,
            bank_reference="OUT1",
            paid_on=desk.now.date(),
            actor_id=desk.maker.id,
            **who,
        ).id

    def confirm(actor_id):
        with transaction():
            confirm_order(order_id, actor_id=actor_id, **who)

    acts = [lambda actor=actor: confirm(actor) for actor in (desk.checker.id, third)]
    assert at_once(any_app, *acts) == ["done", "done"]
    assert held(desk, AccountKind.BANK) == winner.deposit_minor
    clock = db.session.query(Deadline).filter_by(kind="deposit-return").one()
    assert clock.status is DeadlineStatus.MET
    desk.check_books()
