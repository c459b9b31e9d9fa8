"""An objection reserves what it disputes, no more; the rest is paid; every end leaves clean books."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auction.cases.claims import revise_claim
from auction.cases.models import Claim
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.deadlines.models import Deadline, DeadlineStatus
from escrow.objections.ending import (
    close_without_suit,
    record_judgement,
    record_suit,
    tell_objector,
    withdraw_objection,
)
from escrow.objections.lodging import close_answers
from escrow.objections.models import Answer, Objection
from escrow.objections.rules import ObjectionStatus, ServiceChannel
from escrow.plans.closing import list_obstacles
from escrow.plans.payouts import release_held
from escrow.plans.services import lock_case

A, D, C1, C2 = "申请人甲", "被执行人乙", "债权人丙", "债权人丁"
B_LINE, C_LINE = ("B", "ordinary"), ("C", "ordinary")
DISPUTED = 20_000_000


def shares(desk):
    return {
        (row.payee, row.step): row.amount_minor for row in desk.payments(desk.plan) if row.part == 1
    }


def disputed_plan(desk, amount=DISPUTED):
    """C disputes 200,000.00 of B's share in time; afterwards everybody's days are over."""
    desk.ready()
    desk.full = shares(desk)
    desk.serve_all()
    desk.pass_days(3)
    objection = desk.object(C2, {B_LINE: amount})
    desk.pass_days(14)
    desk.release()
    return objection


def opposed(desk):
    objection = disputed_plan(desk)
    desk.tell_others(objection)
    assert objection.status is ObjectionStatus.NOTIFIED
    desk.answer(objection, A, Answer.OPPOSES)
    assert objection.status is ObjectionStatus.OPPOSED
    with transaction():
        tell_objector(objection.id, told_on=desk.today, proof="送达回证", **desk.act())
    return objection


def sued(desk):
    objection = opposed(desk)
    desk.pass_days(10)
    with transaction():
        record_suit(
            objection.id,
            sued_on=desk.today,
            suit_number="（2026）测01民初77号",
            **desk.act(),
        )
    return objection


def test_the_undisputed_part_is_paid_first_and_the_disputed_one_stays_with_its_fee(desk):
    """Edge case 32: one creditor contests 200,000 of the plan."""
    disputed_plan(desk)
    whole, fee = desk.full[B_LINE], desk.full["B/fee", "fee"]
    stake = fee - (whole - DISPUTED + 240_000 * 100) // 100
    assert desk.line(*B_LINE) == [(whole - DISPUTED, "due"), (DISPUTED, "held")]
    assert desk.line("B/fee", "fee") == [(fee - stake, "due"), (stake, "held")]
    assert all(state == "due" for _a, state in desk.line(*C_LINE))
    with pytest.raises(DomainError, match="held"):
        desk.pay_out(desk.payments(payee="B", step="ordinary", part=2)[0].id)
    desk.pay_what_is_due()
    assert sum(desk.case_balances().values()) == DISPUTED
    codes = {o.code for o in list_obstacles(desk.case.read())}
    assert {"held-line", "account-payable"} <= codes
    desk.check_books()


@pytest.mark.parametrize("end", ["lapsed", "rejected", "withdrawn"])
def test_an_objection_that_fails_frees_the_reserve_and_the_plan_is_paid_as_it_was(lite, end):
    if end == "lapsed":
        objection = opposed(lite)
        with pytest.raises(DomainError, match="days-run"), transaction():
            close_without_suit(objection.id, **lite.act())
        lite.pass_days(20)
        with transaction():
            close_without_suit(objection.id, **lite.act())
    elif end == "rejected":
        objection = sued(lite)
        with transaction():
            record_judgement(
                objection.id,
                is_upheld=False,
                judgement_number="（2027）测01民终1号",
                **lite.act(),
            )
    else:
        objection = disputed_plan(lite)
        with transaction():
            withdraw_objection(objection.id, reason="撤回申请书", **lite.act())
    assert objection.status == end
    assert objection.ended_at is not None
    assert {str(row.status) for row in lite.payments()} == {"due"}
    assert sum(amount for amount, _ in lite.line(*B_LINE)) == lite.full[B_LINE]
    lite.pay_what_is_due()
    assert lite.case_balances() == {}
    lite.check_books()
    for row in db.session.query(Deadline).filter(Deadline.kind == "plan-suit"):
        assert row.status in {DeadlineStatus.MET, DeadlineStatus.VOID}


def correct_claim_b(desk, principal_minor):
    with transaction():
        case = lock_case(desk.case.id, desk.court.id)
        claim = db.session.query(Claim).filter_by(case_id=desk.case.id, label="B").one()
        revise_claim(
            case,
            claim.id,
            {"principal_minor": principal_minor},
            ground="异议无人反对，依异议更正",
            actor_id=desk.clerk.id,
            now=desk.now,
        )


@pytest.mark.parametrize("is_sued", [False, True])
def test_an_objection_that_wins_is_followed_by_a_corrected_plan(desk, is_sued):
    """Nobody opposes, or a court upholds: the plan takes back what is unpaid, and gives it anew."""
    if is_sued:
        objection = sued(desk)
        with transaction():
            record_judgement(
                objection.id,
                is_upheld=True,
                judgement_number="（2027）测01民终1号",
                **desk.act(),
            )
    else:
        objection = disputed_plan(desk)
        desk.tell_others(objection)
        desk.pass_days(20)
        with transaction():
            close_answers(objection.id, **desk.act())
        assert objection.status is ObjectionStatus.UNOPPOSED
    desk.pay_what_is_due()
    assert sum(desk.case_balances().values()) == DISPUTED
    correct_claim_b(desk, 60_000_000)
    first, second = desk.plan, desk.approve(desk.draft())
    assert (objection.status, objection.corrected_by_id) == (ObjectionStatus.CORRECTED, second.id)
    whole = {(line["to"], line["step"]): line["amount"] for line in second.output["lines"]}
    given = {}
    for plan in (first, second):
        for row in desk.payments(plan):
            if str(row.status) != "withdrawn":
                key = (row.payee, row.step)
                given[key] = given.get(key, 0) + row.amount_minor
    if second.output["surplus"]:
        whole["surplus", "surplus"] = second.output["surplus"]
    assert given == whole
    assert given[B_LINE] < desk.full[B_LINE]
    assert given[C_LINE] > desk.full[C_LINE]
    desk.pay_what_is_due(first)
    desk.pay_what_is_due(second)
    assert set(desk.case_balances()) <= {("proceeds", desk.case.id)}
    assert sum(desk.case_balances().values()) == second.output["unallocated"]
    desk.check_books()


def test_what_was_paid_already_is_not_taken_back_by_a_corrected_plan(lite):
    """B's claim falls by more than was reserved: a person must decide."""
    objection = disputed_plan(lite)
    lite.tell_others(objection)
    lite.pass_days(20)
    with transaction():
        close_answers(objection.id, **lite.act())
    lite.pay_what_is_due()
    correct_claim_b(lite, 1_000_000)
    with pytest.raises(DomainError, match="plan-shrinks"):
        lite.draft()


def test_two_objections_to_one_line_reserve_both_and_the_second_outlives_the_first(lite):
    first = disputed_plan_with_second(lite)
    second = lite.second
    assert held(lite) == 50_000_000
    with transaction():
        withdraw_objection(first.id, reason="撤回申请书", **lite.act())
    assert held(lite) == 30_000_000
    with transaction():
        withdraw_objection(second.id, reason="撤回申请书", **lite.act())
    assert held(lite) == 0
    assert sum(amount for amount, _ in lite.line(*B_LINE)) == lite.full[B_LINE]


def disputed_plan_with_second(desk):
    desk.ready()
    desk.full = shares(desk)
    desk.serve_all()
    first = desk.object(C2, {B_LINE: DISPUTED})
    desk.second = desk.object(D, {B_LINE: 30_000_000})
    desk.pass_days(20)
    desk.release()
    return first


def held(desk):
    return sum(amount for amount, state in desk.line(*B_LINE) if state == "held")


def test_more_than_a_line_is_never_reserved(lite):
    lite.ready()
    lite.full = shares(lite)
    lite.serve_all()
    lite.object(C2, {B_LINE: lite.full[B_LINE]})
    assert lite.line(*B_LINE) == [(lite.full[B_LINE], "held")]
    with pytest.raises(DomainError, match="more-than-unpaid"):
        lite.object(D, {B_LINE: lite.full[B_LINE] + 1})
    with pytest.raises(DomainError, match="more-than-unpaid"):
        lite.object(D, {("X", "ordinary"): 1})
    lite.object(D, {B_LINE: 5})
    assert lite.line(*B_LINE) == [(lite.full[B_LINE], "held")]


def test_a_reserve_is_not_released_by_hand_while_the_objection_stands(lite):
    disputed_plan(lite)
    payment = lite.payments(payee="B", step="ordinary", part=2)[0]
    with pytest.raises(DomainError, match="objection-stands"), transaction():
        release_held(payment.id, ground="（2026）测01民初9号", **lite.act())


# ── who may object, and until when ──────────────────────────────────────────────────────────────


def test_the_last_day_is_in_time_and_the_next_is_late(lite):
    lite.ready()
    services = lite.serve_all()
    lite.pass_days(30)
    last = services[C2].due_at.astimezone().date()
    served = services[C2].served_on
    assert last >= served + timedelta(days=15)
    with pytest.raises(DomainError, match="late"):
        lite.object(C2, {B_LINE: 1}, received_on=served + timedelta(days=16))
    assert lite.object(C2, {B_LINE: 1}, received_on=served + timedelta(days=15)).number == 1


def test_who_was_not_served_or_agreed_cannot_object(lite):
    lite.ready()
    with pytest.raises(DomainError, match="not-served"):
        lite.object(C2, {B_LINE: 1})
    service = lite.serve(C2)
    lite.consent(service)
    with pytest.raises(DomainError, match="consented"):
        lite.object(C2, {B_LINE: 1})
    lite.serve(A)
    with pytest.raises(DomainError, match="nothing-disputed"):
        lite.object(A, {})
    with pytest.raises(DomainError, match="nothing-disputed"):
        lite.object(A, {B_LINE: 0})


def test_an_opposition_comes_in_time_and_once(lite):
    objection = disputed_plan(lite)
    with pytest.raises(DomainError, match="not-told"):
        lite.answer(objection, A, Answer.OPPOSES)
    lite.tell_others(objection)
    with pytest.raises(DomainError, match="days-run"), transaction():
        close_answers(objection.id, **lite.act())
    lite.answer(objection, A, Answer.AGREES)
    with pytest.raises(DomainError, match="answered"):
        lite.answer(objection, A, Answer.OPPOSES)
    lite.pass_days(20)
    with pytest.raises(DomainError, match="late"):
        lite.answer(objection, C1, Answer.OPPOSES)
    assert objection.status is ObjectionStatus.NOTIFIED
    with transaction():
        close_answers(objection.id, **lite.act())


def test_nobody_is_silent_before_everybody_was_told(lite):
    objection = disputed_plan(lite)
    for name in (A, D):
        lite.tell(objection, lite.party(name).id)
    lite.answer(objection, A, Answer.OPPOSES)
    assert objection.status is ObjectionStatus.RECEIVED
    lite.tell(
        objection,
        lite.party(C1).id,
        channel=ServiceChannel.MAIL,
        reached_on=None,
    )
    assert objection.status is ObjectionStatus.OPPOSED


def test_a_suit_comes_in_time_and_with_its_number(lite):
    objection = opposed(lite)
    with pytest.raises(DomainError, match="number-missing"), transaction():
        record_suit(objection.id, sued_on=lite.today, suit_number="", **lite.act())
    lite.pass_days(20)
    with pytest.raises(DomainError, match="late"), transaction():
        record_suit(
            objection.id, sued_on=lite.today, suit_number="（2026）测01民初7号", **lite.act()
        )
    with pytest.raises(DomainError, match="wrong-state"), transaction():
        record_judgement(
            objection.id, is_upheld=True, judgement_number="（2027）测01民终1号", **lite.act()
        )


def test_another_court_sees_no_objection(lite):
    objection = disputed_plan(lite)
    with pytest.raises(DomainError, match="unknown-objection"), transaction():
        withdraw_objection(
            objection.id,
            reason="撤回申请书",
            court_id=lite.court.id + 1000,
            actor_id=lite.checker.id,
            now=lite.now,
        )
    assert db.session.query(Objection).count() == 1
