"""Only a ruling makes a default; what it then does happens once, to the cent (CN20A-22.1)."""

from __future__ import annotations

import pytest
from builders import make_bidder
from finance_stage import at_once
from sqlalchemy import select

from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.core.outbox import work_off
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.messages.models import Message
from auction.notices.models import Document, DocumentKind
from auction.rulings.barred import find_bar, lift_bar
from auction.rulings.models import BarredBuyer, ProposalStatus
from auction.rulings.proposals import drop_proposal, record_service
from auction.sales.models import SaleStatus, Stage
from bidding.enrolment.services import begin_enrolment
from escrow.defaults.models import Default
from escrow.defaults.services import decide, paper_of
from escrow.deposits.models import Deposit, DepositStatus
from escrow.ledger import AccountKind
from escrow.payments.models import RefundReason, RefundStatus
from escrow.settlement.models import SettlementStatus
from escrow.settlement.services import settlement_of

PRICE = 240_000_000
DEPOSIT = 10_000_000
PART = 30_000_000


def test_the_announced_day_alone_makes_no_default(bench):
    bench.win(PRICE)
    bench.pass_due(days=30)
    bench.work_off()
    assert bench.sale.status is SaleStatus.SOLD
    assert settlement_of(bench.sale.id).status is SettlementStatus.DUE
    assert bench.held(AccountKind.PRICE) == DEPOSIT


def test_a_ruling_forfeits_the_deposit_returns_the_rest_and_bars_the_buyer(any_bench):
    bench = any_bench
    winner = bench.win(PRICE)
    bench.pay_balance(winner, PART)
    sold = bench.sale
    default = bench.default()
    assert sold.status is SaleStatus.DEFAULTED
    assert (default.deposit_minor, default.returned_minor) == (DEPOSIT, PART)
    assert bench.held(AccountKind.FORFEIT) == DEPOSIT
    assert bench.held(AccountKind.PRICE) == PART
    settlement = settlement_of(sold.id)
    assert (settlement.status, settlement.outstanding_minor) == (SettlementStatus.DEFAULTED, 0)
    deposit = db.session.scalar(select(Deposit).where(Deposit.enrolment_id == winner.id))
    assert deposit.status is DepositStatus.FORFEITED
    [refund] = bench.refunds(reason=RefundReason.REMAINDER)
    assert (refund.amount_minor, refund.status) == (PART, RefundStatus.DUE)
    bench.send_refunds()
    assert bench.held(AccountKind.PRICE) == 0
    assert find_bar(bench.asset.id, _user(winner)) is not None
    bench.check_books()


def test_the_resale_is_drafted_at_the_same_stage_and_starts_no_lower(bench):
    bench.win(PRICE)
    sold = bench.sale
    bench.default()
    drafted = bench.resale()
    assert (drafted.status, drafted.stage) == (SaleStatus.DRAFT, Stage.FIRST)
    assert drafted.start_price_minor == sold.start_price_minor
    assert drafted.previous_sale_id is None
    low, high = drafted.start_price_minor * 5 // 100, drafted.start_price_minor // 5
    assert low <= drafted.deposit_minor <= high


def test_the_defaulter_cannot_enrol_again_and_another_person_can(bench, clock):
    winner = bench.win(PRICE)
    bench.default()
    bench.announce_resale()
    sale_id, defaulter, other = bench.sale.id, winner.user_id, make_bidder(clock.now()).id
    with pytest.raises(DomainError, match="barred"), transaction():
        begin_enrolment(defaulter, sale_id, clock.now())
    with transaction():
        begin_enrolment(other, sale_id, clock.now())


def test_a_bar_that_a_judge_lifts_bars_no_more(bench, clock):
    winner = bench.win(PRICE)
    bench.default()
    bench.announce_resale()
    bar = find_bar(bench.asset.id, _user(winner))
    values = {"court_id": bench.court.id, "actor_id": bench.judge.id, "now": clock.now()}
    with pytest.raises(DomainError, match="ground-missing"), transaction():
        lift_bar(bar.id, ground="x", **values)
    with transaction():
        lift_bar(bar.id, ground="（2026）测执异1号撤销", **values)
    with transaction():
        begin_enrolment(winner.user_id, bench.sale.id, clock.now())


def test_who_drafts_a_ruling_does_not_make_it(bench):
    bench.win(PRICE)
    bench.pass_due()
    proposal = bench.draft_default()
    with pytest.raises(DomainError, match="same-person"):
        bench.make(proposal, actor=bench.clerk)
    assert bench.sale.status is SaleStatus.SOLD


def test_before_the_day_is_over_there_is_no_default(bench):
    bench.win(PRICE)
    proposal = bench.draft_default()
    with pytest.raises(DomainError, match="not-overdue"):
        bench.make(proposal)


def test_a_dropped_draft_makes_nothing_and_a_new_one_takes_the_place_of_the_old(bench):
    bench.win(PRICE)
    bench.pass_due()
    first, second = bench.draft_default(), bench.draft_default()
    assert first.status is ProposalStatus.DROPPED
    with transaction():
        drop_proposal(
            second.id,
            remark="买受人已付款",
            court_id=bench.court.id,
            actor_id=bench.judge.id,
            now=bench.now,
        )
    with pytest.raises(DomainError, match="wrong-state"):
        bench.make(second)
    assert bench.sale.status is SaleStatus.SOLD


def test_two_judges_at_once_make_one_ruling_and_one_default(any_app, clock):
    from undoing_stage import Bench

    bench = Bench(clock)
    winner = bench.win(PRICE)
    bench.pay_balance(winner, PART)
    bench.pass_due()
    proposal, sale, court, judge = bench.draft_default(), bench.sale, bench.court, bench.judge
    values = {"court_id": court.id, "actor_id": judge.id, "now": bench.now}
    proposal_id = proposal.id
    db.session.rollback()

    def act():
        with transaction():
            decide(proposal_id, **values)

    assert at_once(any_app, act, act) == ["done", "done"]
    assert len(list(db.session.scalars(select(Default)))) == 1
    assert len(list(db.session.scalars(select(BarredBuyer)))) == 1
    assert bench.held(AccountKind.FORFEIT) == DEPOSIT
    assert len(bench.refunds(reason=RefundReason.REMAINDER)) == 1
    assert sale.status is SaleStatus.DEFAULTED
    bench.check_books()


def test_money_that_comes_after_the_ruling_counts_for_nothing(bench):
    winner = bench.win(PRICE)
    reference = settlement_of(bench.sale.id).reference
    bench.default()
    line = bench.pay(5_000_000, reference, bench.name_of(winner))
    assert line.status == "suspense"
    assert settlement_of(bench.sale.id).paid_minor == 0


def test_the_buyer_and_the_others_are_told_and_the_paper_is_issued(bench):
    other = bench.enrol()
    bench.pay_deposit(other)
    winner = bench.win(PRICE)
    bench.default()
    told = {m.user_id: m.kind for m in db.session.scalars(select(Message).order_by(Message.id))}
    assert told[winner.user_id] == "default-ruled"
    assert told[other.user_id] == "sold-again"
    paper = paper_of(bench.ruling())
    assert "不予退还" in str(paper.content["blocks"])
    assert "壹拾万元整" in str(paper.content["blocks"])
    assert paper.published_at is None
    [only] = db.session.scalars(select(Document).where(Document.kind == DocumentKind.RULING))
    assert only.id == paper.id


def test_clocks_of_the_balance_fall_away_and_service_is_recorded_once(bench):
    bench.win(PRICE)
    bench.pass_due()
    bench.work_off()  # the court is told that the day has passed: its own clock starts
    bench.default()
    clocks = {
        row.kind: row.status
        for row in db.session.scalars(select(Deadline).where(Deadline.subject_type == "settlement"))
    }
    assert clocks["balance"] is DeadlineStatus.VOID
    assert clocks["late-balance"] is DeadlineStatus.MET
    ruling = bench.ruling()
    values = {"court_id": bench.court.id, "actor_id": bench.clerk.id, "now": bench.now}
    with transaction():
        record_service(ruling.id, served_on=beijing(bench.now).date(), **values)
    assert bench.ruling().served_on == beijing(bench.now).date()


def test_running_the_worker_again_after_a_default_changes_nothing(bench):
    winner = bench.win(PRICE)
    bench.pay_balance(winner, PART)
    bench.default()
    before = (bench.held(AccountKind.FORFEIT), len(bench.refunds()))
    for _ in range(3):
        work_off(bench.now)
    assert (bench.held(AccountKind.FORFEIT), len(bench.refunds())) == before


def _user(enrolment):
    from auction.accounts.models import User

    return db.session.get(User, enrolment.user_id)
