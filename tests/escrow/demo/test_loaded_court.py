"""The loaded court is whole: every state is there, the books and the provider agree."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from auction.accounts.models import User
from auction.accounts.services import authenticate
from auction.assets.models import Asset, MediaKind
from auction.cases.models import CaseStatus, EnforcementCase
from auction.core.db import db
from auction.core.outbox import OutboxRow
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.notices.documents import render_pdf
from auction.notices.models import Document, DocumentKind
from auction.rulings.models import ProposalStatus, RulingProposal
from auction.sales.models import Sale, SaleStatus, Stage
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.models import Bid, SaleHead
from escrow.bank.models import BankLine, LineStatus
from escrow.defaults.models import Default
from escrow.demo.lots import read_lots
from escrow.demo.people import PASSWORD, STAFF, mail_of
from escrow.demo.provider import store_path
from escrow.deposits.models import Deposit, DepositStatus
from escrow.ledger import check_ledger
from escrow.objections.models import Objection, ObjectionStatus
from escrow.objections.queries import reserved_minor
from escrow.payments.models import Channel, Payment, PaymentStatus
from escrow.payouts.models import BatchStatus, Payout, PayoutBatch
from escrow.plans.models import DistributionPlan, PlanStatus


def sales_by_title() -> dict[str, Sale]:
    """The newest sale of each asset."""
    rows = db.session.scalars(select(Sale).order_by(Sale.id))
    return {sale.lot.asset.title: sale for sale in rows}


WANTED = {
    "open-hot": {SaleStatus.ANNOUNCED},
    "open": {SaleStatus.ANNOUNCED},
    "open-suspended": {SaleStatus.ANNOUNCED},
    "scheduled": {SaleStatus.ANNOUNCED},
    "practice-open": {SaleStatus.ANNOUNCED},
    "practice-join": {SaleStatus.ANNOUNCED},
    "draft": {SaleStatus.DRAFT},
    "panel": {SaleStatus.PANEL},
    "decided": {SaleStatus.DECIDED},
    "sold": {SaleStatus.SOLD},
    "paid": {SaleStatus.PAID},
    "ruled": {SaleStatus.RULED},
    "closed": {SaleStatus.RULED},
    "paying": {SaleStatus.RULED},
    "overdue": {SaleStatus.SOLD},
    "defaulted": {SaleStatus.DRAFT},  # it is sold again
    "unsold-first": {SaleStatus.DRAFT},  # the second auction drafts itself
    "second-scheduled": {SaleStatus.ANNOUNCED},
    "withdrawn": {SaleStatus.WITHDRAWN},
}


def test_every_lot_has_come_to_the_state_its_line_asks_for(demo):
    sales = sales_by_title()
    for lot in read_lots():
        assert sales[lot.title].status in WANTED[lot.state], lot.title
    assert {lot.state for lot in read_lots()} == set(WANTED)


LIVE = {
    "open-hot": "open",
    "open": "open",
    "open-suspended": "suspended",
    "scheduled": "scheduled",
    "second-scheduled": "scheduled",
    "sold": "sold",
    "closed": "sold",
    "withdrawn": "withdrawn",
}


def test_the_live_room_of_every_lot_shows_the_same(demo):
    sales = sales_by_title()
    for lot in read_lots():
        if lot.state in LIVE:
            head = db.session.get(SaleHead, sales[lot.title].id)
            assert (head.status, lot.title) == (LIVE[lot.state], lot.title)


def test_running_sales_end_between_40_minutes_and_3_days_from_now(demo):
    now = demo.clock.now()
    heads = db.session.scalars(
        select(SaleHead)
        .join(Sale, Sale.id == SaleHead.sale_id)
        .where(SaleHead.status == "open", Sale.rule_pack == "cn")
    ).all()
    assert len(heads) == 7
    for head in heads:
        assert timedelta(minutes=40) <= head.closes_at - now <= timedelta(days=3)


def test_bids_are_as_many_as_the_story_says_and_the_hot_ones_were_extended(demo):
    sales = sales_by_title()
    for lot in read_lots():
        if lot.bids and not lot.is_practice:
            sale = sales[lot.title]
            bid_on = sale.resale_of_id or sale.id  # what is sold again was bid on before
            bids = db.session.scalars(
                select(Bid).where(Bid.sale_id == bid_on).order_by(Bid.seq)
            ).all()
            assert [bid.seq for bid in bids] == list(range(1, lot.bids + 1)), lot.title
            assert all(a.code != b.code for a, b in itertools.pairwise(bids))
            if lot.state == "closed" and lot.bids >= 7:
                assert any(bid.has_extended for bid in bids), lot.title


def test_the_second_auctions_are_at_their_second_stage(demo):
    sales = sales_by_title()
    for lot in read_lots():
        if lot.state in {"second-scheduled", "unsold-first"}:
            assert sales[lot.title].stage is Stage.SECOND


def test_the_books_are_whole(demo):
    assert check_ledger() == []


def test_every_payment_stands_at_the_provider_as_it_stands_here(demo):
    connection = sqlite3.connect(store_path(demo.app))
    found = connection.execute("SELECT id, body FROM object WHERE kind = 'payment_intent'")
    intents = {intent_id: json.loads(body) for intent_id, body in found}
    connection.close()
    meaning = {
        PaymentStatus.HELD: "requires_capture",
        PaymentStatus.RECEIVED: "succeeded",
        PaymentStatus.RELEASED: "canceled",
    }
    rows = db.session.scalars(select(Payment).where(Payment.channel == Channel.STRIPE)).all()
    assert len(rows) == len(intents) > 50
    for row in rows:
        intent = intents[row.intent_id]
        assert (intent["status"], intent["amount"]) == (meaning[row.status], row.amount_minor)


def test_some_money_came_by_bank_transfer_and_was_matched_by_rule(demo):
    lines = Counter(db.session.scalars(select(BankLine.status)))
    assert lines[LineStatus.MATCHED] >= 5
    assert lines[LineStatus.SUSPENSE] == 1
    paid = db.session.scalars(select(Payment).where(Payment.channel == Channel.BANK)).all()
    assert {str(payment.purpose) for payment in paid} == {"deposit", "balance"}


def test_nobody_who_lost_still_waits_for_money_the_provider_could_return(demo):
    waiting = db.session.scalars(
        select(Deposit).where(Deposit.status == DepositStatus.RETURNING)
    ).all()
    for deposit in waiting:
        parts = db.session.scalars(select(Payment).where(Payment.deposit_id == deposit.id))
        assert {part.channel for part in parts} == {Channel.BANK}
    statuses = Counter(db.session.scalars(select(Deposit.status)))
    assert statuses[DepositStatus.RETURNED] > 20
    assert statuses[DepositStatus.APPLIED] >= 10


def test_closed_cases_paid_everybody_and_the_ruled_ones_show_two_steps_of_a_plan(demo):
    assert Counter(db.session.scalars(select(EnforcementCase.status)))[CaseStatus.CLOSED] == 3
    plans = Counter(db.session.scalars(select(DistributionPlan.status)))
    assert plans == {PlanStatus.APPROVED: 5, PlanStatus.SUBMITTED: 1}


def test_no_clock_of_the_law_was_missed_before_the_handover(demo):
    late = db.session.scalars(
        select(Deadline).where(
            Deadline.status == DeadlineStatus.OPEN, Deadline.due_at < demo.clock.now()
        )
    ).all()
    overdue = next(lot.title for lot in read_lots() if lot.state == "overdue")
    unpaid = sales_by_title()[overdue].case_id
    assert {row.kind for row in late if row.case_id != unpaid} <= {"handover"}
    assert {row.kind for row in late if row.case_id == unpaid} == {"balance", "late-balance"}


def test_nothing_is_stamped_in_the_future_and_no_task_failed(demo):
    now = demo.clock.now()
    assert (
        db.session.scalars(select(OutboxRow).where(OutboxRow.last_error.is_not(None))).all() == []
    )
    for column in (Bid.at, Payment.started_at, Sale.created_at, EnforcementCase.opened_at):
        assert db.session.scalar(select(db.func.max(column))) <= now


def test_every_asset_has_three_captioned_drawings_and_the_appraised_ones_their_report(demo):
    reports = 0
    for asset in db.session.scalars(select(Asset)):
        photos = [m for m in asset.media if m.kind is MediaKind.PHOTO]
        assert len(photos) == 3
        assert all(m.caption.startswith("示意图：") for m in photos)
        assert {m.file.mime for m in photos} == {"image/svg+xml"}
        reports += any(m.kind is MediaKind.DOCUMENT for m in asset.media)
    assert reports >= 20


def test_announcements_and_confirmations_can_be_printed(demo):
    kinds = Counter(db.session.scalars(select(Document.kind)))
    assert kinds[DocumentKind.CONFIRMATION] == kinds[DocumentKind.RULING] + 6
    for kind in (DocumentKind.ANNOUNCEMENT, DocumentKind.CONFIRMATION):
        paper = db.session.scalar(select(Document).where(Document.kind == kind))
        assert render_pdf(paper).startswith(b"%PDF")


@pytest.mark.parametrize("number", [1, 10])
def test_the_practice_sale_has_bidders_1_to_10_with_deposits_held_on_their_cards(demo, number):
    sale = sales_by_title()["【练习】松风小筑一号院（虚构标的）"]
    assert sale.rule_pack == "practice"
    user_id = demo.people.bidders[number - 1]
    enrolment = db.session.scalar(
        select(Enrolment).where(Enrolment.sale_id == sale.id, Enrolment.user_id == user_id)
    )
    assert enrolment.status is EnrolmentStatus.ACTIVE
    payment = db.session.scalar(select(Payment).where(Payment.enrolment_id == enrolment.id))
    assert payment.status is PaymentStatus.HELD


def test_accounts_are_those_of_the_interface_with_one_role_each(demo):
    for name, _shown, role in STAFF:
        user = authenticate(mail_of(name), PASSWORD)
        assert user is not None
        assert user.roles == {role}
        assert user.court_id == demo.people.court_id
    emails = set(db.session.scalars(select(User.email)))
    assert {mail_of(f"bidder{n}") for n in range(1, 21)} < emails
    assert len(emails) == len(STAFF) + 20
    first = db.session.scalar(select(User).where(User.email == mail_of("bidder1")))
    assert first.roles == {"bidder"}
    assert first.identity.verified_at is not None


def test_progress_is_said_one_line_a_group(demo):
    assert demo.said[0].startswith("accounts")
    assert any(line == "closed: 3" for line in demo.said)
    assert len(demo.said) <= 24


def test_the_money_stands_where_its_story_has_come_to(demo):
    sales = sales_by_title()
    by_state = {lot.state: sales[lot.title] for lot in read_lots()}
    assert db.session.scalar(select(Default.sale_id)) == by_state["defaulted"].resale_of_id
    overdue = select(RulingProposal.status).where(RulingProposal.sale_id == by_state["overdue"].id)
    assert db.session.scalar(overdue) is ProposalStatus.DRAFT
    batch = db.session.scalars(select(PayoutBatch)).one()
    assert batch.status is BatchStatus.SUBMITTED
    cases = db.session.scalars(select(Payout.case_id).where(Payout.batch_id == batch.id))
    assert set(cases) == {by_state["paying"].case_id}
    assert db.session.scalars(select(Objection.status)).all() == [ObjectionStatus.RECEIVED]
    assert (
        reserved_minor(
            db.session.scalars(
                select(DistributionPlan).join(Objection, Objection.plan_id == DistributionPlan.id)
            ).one()
        )
        > 0
    )
