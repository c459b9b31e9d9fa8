"""Payments leave by bank once: chosen, approved by another, held, written, shown by the statement."""

from __future__ import annotations

import os

import pytest
from builders import make_user
from finance_stage import Row, at_once
from lxml import etree
from payout_stage import PayoutDesk, card
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from escrow.ledger import (
    AccountKind,
    NewTransfer,
    TransferKind,
    account,
    balance,
    check_ledger,
    post,
)
from escrow.payments.models import MoneyAlarm
from escrow.payouts.batches import cancel_batch, freeze_batch, rework_batch, thaw_batch
from escrow.payouts.choosing import choose_all, drop_from_draft
from escrow.payouts.message import NAMESPACE
from escrow.payouts.models import BatchStatus, Payout, PayoutFile, PayoutStatus
from escrow.payouts.offers import Wanted
from escrow.payouts.writing import take_file, write_batch
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.plans.payouts import mark_paid


@pytest.fixture
def desk(any_app, clock):
    return PayoutDesk(clock).ready()


@pytest.fixture
def lite(app, clock):
    return PayoutDesk(clock).ready()


def test_a_plan_leaves_in_one_file_and_the_statement_confirms_it(desk):
    batch = desk.send()
    assert batch.status is BatchStatus.SENT
    payouts = desk.payouts(batch)
    assert {payout.status for payout in payouts} == {PayoutStatus.HELD}
    assert {row.status for row in desk.payments()} == {PaymentStatus.SENT}
    with transaction():
        _batch, file = take_file(
            batch.id, court_id=desk.court.id, actor_id=desk.checker.id, now=desk.now
        )
        data, digest = file.content.encode(), file.sha256
    document = etree.fromstring(data)
    told = [node.text for node in document.iter(f"{{{NAMESPACE}}}InstdAmt")]
    assert len(told) == len(payouts)
    assert document.findtext(f".//{{{NAMESPACE}}}CtrlSum") == "3600000.00"
    lines = desk.confirm_all(batch)
    assert {str(line.status) for line in lines} == {"matched"}
    assert batch.status is BatchStatus.DONE
    assert {row.status for row in desk.payments()} == {PaymentStatus.PAID}
    assert desk.case_balances() == {}
    assert db.session.query(PayoutFile).one().sha256 == digest
    assert check_ledger() == []


# ── maker and checker ───────────────────────────────────────────────────────────────────────────


def another(desk, role=Role.FINANCE):
    return Row(make_user(desk.now, role, court=desk.court))


def test_the_maker_is_no_checker_and_nobody_checks_the_plan_he_drew_up(lite):
    batch = lite.submit(lite.choose(actor=lite.checker), actor=lite.checker)
    with pytest.raises(DomainError, match="same-person"):
        lite.check(batch, actor=lite.checker)
    with pytest.raises(DomainError, match="same-person"):
        lite.check(batch, actor=lite.maker)  # who drew up the plan
    assert lite.check(batch, actor=another(lite)).status is BatchStatus.APPROVED


def refused_by_the_database(statement, **values):
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(statement), values)


def test_the_database_refuses_what_the_services_would_never_write(desk):
    batch = desk.submit(desk.choose())
    proof = desk.step_up(desk.maker)
    who = {"id": batch.id, "maker": desk.maker.id, "proof": proof.id}
    sign = "UPDATE payout_batch SET first_checker_id = :maker, first_step_up_id = :proof"
    refused_by_the_database(f"{sign} WHERE id = :id", **who)  # the maker himself
    refused_by_the_database(
        "UPDATE payout_batch SET status = 'approved' WHERE id = :id", id=batch.id
    )
    who["maker"] = desk.checker.id
    alone = "UPDATE payout_batch SET first_checker_id = :maker WHERE id = :id"
    refused_by_the_database(alone, id=batch.id, maker=desk.checker.id)  # without a step-up
    refused_by_the_database("UPDATE payout SET amount_minor = amount_minor + 1")
    refused_by_the_database("DELETE FROM payout")
    row = desk.payouts(batch)[0]
    columns = "court_id, kind, plan_payment_id, position, amount_minor, currency, debtor_account"
    more = "payee_name, payee_account, payee_bank, payee_bank_code, purpose, remittance"
    rest = "created_by, created_at, bank_reference, return_reason, drop_reason"
    refused_by_the_database(  # a second living payout of one debt
        f"INSERT INTO payout ({columns}, {more}, {rest}, status) "
        f"SELECT {columns}, {more}, {rest}, 'chosen' FROM payout WHERE id = :id",
        id=row.id,
    )


def test_above_a_limit_of_the_court_two_people_check(desk):
    with transaction():
        court = desk.court.read()
        court.settings = {**court.settings, "payout_limits": {"payment_minor": 100_000_000}}
    batch = desk.submit(desk.choose())
    desk.check(batch)
    assert (batch.status, batch.limits_passed) == (BatchStatus.SUBMITTED, ["payment"])
    with pytest.raises(DomainError, match="same-person"):
        desk.check(batch)  # the same checker again
    desk.check(batch, actor=another(desk))
    assert batch.status is BatchStatus.APPROVED


@pytest.mark.parametrize("limit", ["day_minor", "person_day_minor"])
def test_the_days_sums_count_towards_the_limit(lite, limit):
    first = lite.choose(most_minor=10_000_000)
    lite.check(lite.submit(first))
    lite.work_off()
    done = sum(payout.amount_minor for payout in lite.payouts(first))
    rest = lite.choose(form_key="k2", least_minor=10_000_001)
    wanted = sum(payout.amount_minor for payout in lite.payouts(rest))
    with transaction():
        court = lite.court.read()
        court.settings = {**court.settings, "payout_limits": {limit: done + wanted - 1}}
    third = another(lite)
    lite.check(lite.submit(rest))
    assert rest.limits_passed == [limit.removesuffix("_minor").replace("_", "-")]
    lite.check(rest, actor=third)
    assert rest.status is BatchStatus.APPROVED


# ── the content is bound ────────────────────────────────────────────────────────────────────────


def change_a_payee(desk):
    with transaction():
        desk.payments()[0].payee_account = card(77)


def change_an_amount(desk):
    with transaction():
        desk.payments()[0].amount_minor -= 1


def reserve_a_payment(desk):
    with transaction():
        row = desk.payments()[0]
        row.status, row.held_for = PaymentStatus.HELD, "claim"


def close_the_day(desk):
    desk.clock.advance(days=40)


@pytest.mark.parametrize(
    "change", [change_a_payee, change_an_amount, reserve_a_payment, close_the_day]
)
def test_any_change_after_submission_voids_the_approval(lite, change):
    batch = lite.submit(lite.choose())
    change(lite)
    with pytest.raises(DomainError, match="stale"):
        lite.check(batch)
    assert batch.first_checker_id is None
    with transaction():
        rework_batch(
            batch.id,
            reason="有变化",
            court_id=lite.court.id,
            actor_id=lite.maker.id,
            now=lite.now,
        )
    assert (batch.status, batch.sha256) == (BatchStatus.DRAFT, None)


def test_what_was_read_is_what_is_approved(lite):
    batch = lite.choose()
    with pytest.raises(DomainError, match="wrong-state"):
        lite.check(batch, sha256="0" * 64)
    lite.submit(batch)
    with pytest.raises(DomainError, match="stale"):
        lite.check(batch, sha256="0" * 64)


def test_a_change_between_approval_and_writing_stops_the_whole_batch(lite):
    batch = lite.check(lite.submit(lite.choose()))
    change_an_amount(lite)
    lite.work_off()
    assert (batch.status, batch.stopped_because) == (BatchStatus.APPROVED, "stale")
    assert db.session.query(PayoutFile).count() == 0
    assert "payout-batch-stopped" in {a.code for a in db.session.query(MoneyAlarm)}
    cancel(lite, batch)
    assert {payout.status for payout in lite.payouts(batch)} == {PayoutStatus.DROPPED}
    assert check_ledger() == []


# ── stopping ────────────────────────────────────────────────────────────────────────────────────


def act(desk, service, batch, actor=None, **more):
    with transaction():
        service(
            batch.id,
            court_id=desk.court.id,
            actor_id=(actor or desk.maker).id,
            now=desk.now,
            **more,
        )


def on_the_way(desk):
    bank = account(AccountKind.BANK, desk.court.id, court_id=desk.court.id)
    return -balance(bank).pending_minor


def cancel(desk, batch):
    act(desk, cancel_batch, batch, reason="重新制单")


def test_a_frozen_batch_stands_still_until_another_person_lets_it_go(desk):
    batch = desk.submit(desk.choose())
    act(desk, freeze_batch, batch, reason="账户存疑")
    with pytest.raises(DomainError, match="frozen"):
        desk.check(batch)
    with pytest.raises(DomainError, match="same-person"):
        act(desk, thaw_batch, batch)
    act(desk, thaw_batch, batch, actor=desk.checker)
    desk.check(batch)
    act(desk, freeze_batch, batch, reason="再次存疑")
    desk.work_off()
    assert (batch.status, batch.held_count) == (BatchStatus.APPROVED, 0)
    act(desk, thaw_batch, batch, actor=desk.checker)
    desk.work_off()
    assert batch.status is BatchStatus.SENT


def test_a_cancelled_batch_frees_its_money_and_its_debts(desk):
    batch = desk.send()
    assert on_the_way(desk) == 360_000_000
    cancel(desk, batch)
    assert {row.status for row in desk.payments()} == {PaymentStatus.DUE}
    assert on_the_way(desk) == 0
    assert check_ledger() == []
    again = desk.send(form_key="k2")
    assert again.status is BatchStatus.SENT
    assert again.number == batch.number + 1


def test_a_file_that_was_taken_out_is_stopped_by_nobody_but_the_bank(lite):
    batch = lite.send()
    take(lite, batch)
    for service, more in ((cancel_batch, {"reason": "x"}), (freeze_batch, {"reason": "x"})):
        with pytest.raises(DomainError, match="file-taken"):
            act(lite, service, batch, **more)


def take(desk, batch):
    with transaction():
        _batch, file = take_file(
            batch.id, court_id=desk.court.id, actor_id=desk.checker.id, now=desk.now
        )
        return file.content


def test_the_file_is_made_once(desk):
    batch = desk.send()
    first = take(desk, batch)
    desk.clock.advance(days=1)
    write_batch(batch.id, now=desk.now)
    assert take(desk, batch) == first
    assert db.session.query(PayoutFile).count() == 1
    refused_by_the_database("UPDATE payout_file SET sha256 = 'x'")


def test_a_payment_is_taken_out_of_a_draft_only(lite):
    batch = lite.choose()
    row = lite.payouts(batch)[0]
    with transaction():
        drop_from_draft(
            row.id, reason="x", court_id=lite.court.id, actor_id=lite.maker.id, now=lite.now
        )
    assert len(lite.offers()) == 1
    lite.submit(batch)
    with pytest.raises(DomainError, match="wrong-state"), transaction():
        drop_from_draft(
            lite.payouts(batch)[1].id,
            reason="x",
            court_id=lite.court.id,
            actor_id=lite.maker.id,
            now=lite.now,
        )


# ── once ────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_form_is_one_batch_and_a_list_that_changed_is_none(lite):
    batch = lite.choose()
    with transaction():
        same = choose_all(
            lite.court.id,
            Wanted(),
            count=0,
            total_minor=0,
            form_key="k1",
            actor_id=lite.maker.id,
            now=lite.now,
        )
        assert same.id == batch.id
    with pytest.raises(DomainError, match="list-changed"), transaction():
        choose_all(
            lite.court.id,
            Wanted(),
            count=1,
            total_minor=5,
            form_key="k2",
            actor_id=lite.maker.id,
            now=lite.now,
        )
    with pytest.raises(DomainError, match="nothing-ready"):
        lite.choose(form_key="k3")


def test_two_makers_at_the_same_moment_make_one_batch(desk, any_app):
    offers = desk.offers()
    total = sum(offer.debt.amount_minor for offer in offers)

    def make(key):
        def run():
            with transaction():
                choose_all(
                    desk.court.id,
                    Wanted(),
                    count=len(offers),
                    total_minor=total,
                    form_key=key,
                    actor_id=desk.maker.id,
                    now=desk.now,
                )

        return run

    assert at_once(any_app, make("a"), make("b")) == ["done", "list-changed"]
    assert db.session.query(Payout).count() == len(offers)


def test_what_is_in_a_batch_is_not_paid_by_hand_and_the_other_way_round(desk):
    batch = desk.choose(most_minor=10_000_000)
    inside = desk.payouts(batch)[0].plan_payment_id

    def by_hand(payment_id):
        with transaction():
            mark_paid(
                payment_id,
                bank_reference=f"HAND{payment_id}",
                paid_on=desk.now.date(),
                court_id=desk.court.id,
                actor_id=desk.checker.id,
                now=desk.now,
            )

    with pytest.raises(DomainError, match="under-way"):
        by_hand(inside)
    outside = next(row.id for row in desk.payments() if row.amount_minor > 10_000_000)
    by_hand(outside)
    assert outside not in {offer.debt.subject_id for offer in desk.offers()}
    desk.check(desk.submit(batch))
    desk.work_off()
    with pytest.raises(DomainError, match="under-way"):
        by_hand(inside)


def test_what_the_case_does_not_have_in_the_bank_does_not_leave(lite):
    """The provider still has it: a plan is approved, the bank account is short."""
    with transaction():
        bank = account(AccountKind.BANK, lite.court.id, court_id=lite.court.id)
        provider = account(AccountKind.PROVIDER, lite.court.id, court_id=lite.court.id)
        post(
            [
                NewTransfer(
                    kind=TransferKind.REVERSAL,
                    debit=provider,
                    credit=bank,
                    amount_minor=1,
                    key="x",
                    source=lite.case.read(),
                    effective_at=lite.now,
                    case_id=lite.case.id,
                    reverses_id=moved_from_provider(lite, bank, provider),
                )
            ],
            at=lite.now,
        )
    with pytest.raises(DomainError, match="money-elsewhere"):
        lite.choose()


def moved_from_provider(desk, bank, provider):
    (row,) = post(
        [
            NewTransfer(
                kind=TransferKind.PROVIDER_PAID_OUT,
                debit=bank,
                credit=provider,
                amount_minor=1,
                key="y",
                source=desk.case.read(),
                effective_at=desk.now,
            )
        ],
        at=desk.now,
    )
    return row.id


def test_thousands_of_payments_leave_in_one_file(lite):
    """In pieces, each its own commit; one file; every one named once. PAYOUTS=5000 for more."""
    whole = max(lite.payments(), key=lambda row: row.amount_minor)
    parts = int(os.environ.get("PAYOUTS", "1200"))
    with transaction() as session:
        columns = [c.name for c in PlanPayment.__table__.columns if c.name != "id"]
        values = {name: getattr(whole, name) for name in columns}
        session.execute(
            insert(PlanPayment),
            [{**values, "part": n, "amount_minor": 1_000} for n in range(2, parts + 2)],
        )
        db.session.get(PlanPayment, whole.id).amount_minor -= 1_000 * parts
    batch = lite.check(lite.submit(lite.choose()))
    assert batch.held_count == 0
    lite.work_off()
    assert batch.held_count == parts + 6
    data = take(lite, batch).encode()
    document = etree.fromstring(data)
    names = {node.text for node in document.iter(f"{{{NAMESPACE}}}EndToEndId")}
    assert len(names) == parts + 6
    assert document.findtext(f".//{{{NAMESPACE}}}CtrlSum") == "3600000.00"
    assert on_the_way(lite) == 360_000_000
