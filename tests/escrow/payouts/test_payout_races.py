"""What happens to a batch while others act: a second checker, an objection, a closing, a return."""

from __future__ import annotations

import pytest
from builders import make_user
from finance_stage import Row, at_once
from payout_stage import PayoutDesk, card

from auction.accounts.models import StepUp
from auction.accounts.roles import Role
from auction.cases.models import Party
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from escrow.invariants import check_invariants
from escrow.objections.lodging import lodge_objection
from escrow.objections.rules import ServiceChannel
from escrow.objections.serving import record_service
from escrow.payments.models import MoneyAlarm
from escrow.payouts.batches import approve_batch
from escrow.payouts.models import BatchStatus, PayoutFile, PayoutKind, PayoutStatus
from escrow.payouts.payees import NewPayee, approve_correction, propose_correction
from escrow.payouts.rules import end_to_end_id
from escrow.payouts.writing import write_batch
from escrow.plans.closing import close_empty_case, list_obstacles
from escrow.plans.models import PaymentStatus
from escrow.plans.services import lock_case


@pytest.fixture
def desk(any_app, clock):
    return PayoutDesk(clock).ready()


@pytest.fixture
def lite(app, clock):
    return PayoutDesk(clock).ready()


def act(desk, actor=None):
    return {"court_id": desk.court.id, "actor_id": (actor or desk.maker).id, "now": desk.now}


def approval(desk, batch, actor):
    """What this checker does when he presses the button."""
    proof_id = desk.step_up(actor).id
    batch_id, sha256, told = batch.id, batch.sha256, act(desk, actor)

    def approve():
        with transaction():
            approve_batch(batch_id, sha256=sha256, step_up=db.session.get(StepUp, proof_id), **told)

    return approve


# ── two checkers ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("needs_second", [False, True])
def test_two_checkers_at_the_same_moment_make_one_file(desk, any_app, needs_second):
    if needs_second:
        with transaction():
            court = desk.court.read()
            court.settings = {**court.settings, "payout_limits": {"payment_minor": 1}}
    batch = desk.submit(desk.choose())
    other = Row(make_user(desk.now, Role.FINANCE, court=desk.court))
    outcomes = at_once(any_app, approval(desk, batch, desk.checker), approval(desk, batch, other))
    assert outcomes == ["done", "done"]
    assert batch.status is BatchStatus.APPROVED
    signers = {batch.first_checker_id, batch.second_checker_id}
    assert signers == ({desk.checker.id, other.id} if needs_second else signers)
    assert (batch.second_checker_id is not None) is needs_second
    desk.work_off()
    assert db.session.query(PayoutFile).count() == 1
    assert {p.status for p in desk.payouts(batch)} == {PayoutStatus.HELD}
    assert check_invariants(desk.now) == []


def test_one_checker_who_presses_twice_is_no_second_one(desk, any_app):
    with transaction():
        court = desk.court.read()
        court.settings = {**court.settings, "payout_limits": {"payment_minor": 1}}
    batch = desk.submit(desk.choose())
    twice = approval(desk, batch, desk.checker)
    assert at_once(any_app, twice, twice) == ["done", "same-person"]
    assert (batch.status, batch.second_checker_id) == (BatchStatus.SUBMITTED, None)


# ── an objection while the file is written ──────────────────────────────────────────────────────


def serve(desk):
    """The plan reaches a creditor, who may now object; returns what he does."""
    today = beijing(desk.now).date()
    plan_id = desk.payments()[0].plan_id
    rows = db.session.query(Party).filter_by(case_id=desk.case.id)
    party_id = next(row.id for row in rows if row.name == "债权人丁")
    with transaction():
        record_service(
            plan_id,
            party_id,
            channel=ServiceChannel.HAND,
            sent_on=today,
            reached_on=today,
            proof="送达回证",
            **act(desk),
        )
    told = act(desk)

    def lodge():
        with transaction():
            lodge_objection(
                plan_id,
                party_id,
                received_on=today,
                ground="担保债权的数额有误",
                disputed={("A", "secured"): 20_000_000},
                **told,
            )

    return lodge


def test_an_objection_before_the_file_is_written_stops_the_whole_batch(lite):
    desk = lite
    lodge = serve(desk)
    batch = desk.check(desk.submit(desk.choose()))
    lodge()
    desk.work_off()
    assert (batch.status, batch.stopped_because) == (BatchStatus.APPROVED, "stale")
    assert db.session.query(PayoutFile).count() == 0
    assert "payout-batch-stopped" in {row.code for row in db.session.query(MoneyAlarm)}
    held = [p for p in desk.payments() if p.status is PaymentStatus.HELD]
    assert sum(p.amount_minor for p in held if p.step == "secured") == 20_000_000
    assert check_invariants(desk.now) == []


def test_an_objection_after_the_file_is_written_comes_too_late_for_what_is_in_it(lite):
    lodge = serve(lite)
    lite.send()
    with pytest.raises(DomainError, match="more-than-unpaid"):
        lodge()


def test_an_objection_and_the_writing_at_the_same_moment_never_both_win(desk, any_app):
    lodge = serve(desk)
    batch = desk.check(desk.submit(desk.choose()))
    batch_id, now = batch.id, desk.now
    outcomes = at_once(any_app, lodge, lambda: write_batch(batch_id, now=now))
    held = sum(
        p.amount_minor
        for p in desk.payments()
        if p.status is PaymentStatus.HELD and p.step == "secured"
    )
    if batch.status is BatchStatus.SENT:
        assert (outcomes, held) == (["done", "more-than-unpaid"], 0)
    else:
        assert (outcomes, batch.stopped_because, held) == (["done", "done"], "stale", 20_000_000)
    assert check_invariants(desk.now) == []


# ── closing, and what comes back afterwards ─────────────────────────────────────────────────────


def close(desk):
    told = act(desk, desk.clerk)
    with transaction():
        case = lock_case(desk.case.id, told["court_id"])
        close_empty_case(case, actor_id=told["actor_id"], now=told["now"])


def test_what_comes_back_after_the_case_was_closed_is_paid_all_the_same(lite):
    desk = lite
    batch = desk.send()
    desk.hand_over()
    with pytest.raises(DomainError, match="accounts-not-zero"):
        close(desk)  # the money is on its way, not there
    desk.confirm_all(batch)
    close(desk)
    payout = next(p for p in desk.payouts(batch) if p.payee_name == "债权人丙")
    desk.show(payout, side="credit", text=f"{end_to_end_id(payout.id)} 退汇 AC04")
    desk.take()
    (due,) = [p for p in desk.payments() if p.status is PaymentStatus.DUE]
    due_id = due.id
    assert {o.code for o in list_obstacles(desk.case.read())} == {"account-payable", "unpaid-line"}
    with transaction():
        typed = NewPayee("债权人丙", card(700), "中国银行", "", "债权人重新提供")
        row_id = propose_correction(PayoutKind.PLAN, due_id, typed, **act(desk)).id
    with transaction():
        approve_correction(row_id, **act(desk, desk.checker))
    desk.confirm_all(desk.send(form_key="k2"))
    assert list_obstacles(desk.case.read()) == []
    assert check_invariants(desk.now) == []


# ── names a bank cuts ───────────────────────────────────────────────────────────────────────────


def test_the_longest_name_stands_whole_in_the_file_whose_schema_it_fits(lite):
    name = "云州" + "市" * 136 + "公司"
    payment = lite.payments()[0]
    with transaction():
        typed = NewPayee(name, card(800), "中国银行", "", "营业执照所载全称")
        row_id = propose_correction(PayoutKind.PLAN, payment.id, typed, **act(lite)).id
    with transaction():
        approve_correction(row_id, **act(lite, lite.checker))
    lite.send()
    assert f"<Nm>{name}</Nm>" in db.session.query(PayoutFile).one().content
