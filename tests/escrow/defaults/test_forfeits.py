"""Forfeited deposits in the books: from the ruling to the proceeds of the final sale (CN16-24.1)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from undoing_stage import Bench

from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.messages.models import Message
from auction.sales.models import Stage
from escrow.defaults.costs import book_cost, mark_cost_paid
from escrow.defaults.foresight import foresee_default
from escrow.defaults.models import CostStatus, DefaultCost
from escrow.defaults.queries import default_of, read_forfeit
from escrow.ledger import AccountKind
from escrow.payments.models import RefundReason
from escrow.settlement.services import settlement_of

DEPOSIT = 10_000_000
PUBLISHED = json.loads(
    (Path(__file__).parents[2] / "data" / "real_distributions.json").read_text("utf-8")
)["defaults"]
# One whose top-up was published, one whose part payment went back.
BOOKED = {case["name"]: case for case in (PUBLISHED[0], PUBLISHED[3])}


def foreseen(bench, resale, costs=0):
    sale = bench.sale.read()
    return foresee_default(
        sale,
        settlement_of(sale.id),
        costs_minor=costs,
        resale_prices_minor=[resale],
        now=bench.now,
    )


def test_the_worked_example_in_the_books(bench):
    """Variant B, larger: 19 short, 0.6 of costs, 10 of deposit; 9.6 are lacking (in 10,000 yuan)."""
    bench.win(245_000_000)
    bench.pass_due()
    told = foreseen(bench, 226_000_000, 600_000).scenarios[0]
    default = bench.default(tops_up=True)
    sale_id = bench.sale.id
    bench.cost(default, 600_000)
    assert bench.held(AccountKind.FORFEIT) == DEPOSIT - 600_000
    bench.sell_again(226_000_000)
    assert bench.held(AccountKind.FORFEIT, sale_id) == 0
    assert bench.held(AccountKind.PROCEEDS) == 226_000_000 + DEPOSIT - 600_000
    [owed] = bench.receivables()
    assert owed.amount_minor == told.share.deficit_minor == 19_000_000 - 9_400_000
    use = read_forfeit(default_of(sale_id))
    assert use.share == told.share
    assert use.held_minor == 0
    bench.check_books()


def test_nothing_goes_back_where_the_resale_is_higher(bench):
    bench.win(240_000_000)
    bench.default(tops_up=True)
    bench.sell_again(300_000_000)
    assert bench.held(AccountKind.PROCEEDS) == 300_000_000 + DEPOSIT
    assert bench.receivables() == []
    assert bench.refunds(reason=RefundReason.REMAINDER) == []


@pytest.mark.parametrize(
    ("terms", "owed"),
    [({}, []), ({"tops_up": True, "cap_minor": 700}, [700])],
    ids=["not-ordered", "capped"],
)
def test_only_the_ruling_makes_the_defaulter_owe_more_than_his_deposit(bench, terms, owed):
    winner = bench.win(240_000_000)
    bench.default(**terms)
    bench.sell_again(200_000_000)
    assert [row.amount_minor for row in bench.receivables()] == owed
    told = db.session.scalars(select(Message.user_id).where(Message.kind == "deficit-owed")).all()
    assert told == [winner.user_id for _one in owed]


def test_two_successive_defaulters_bear_the_fall_from_the_highest_price_once(any_bench):
    bench = any_bench
    bench.win(240_000_000)
    first = bench.sale.id
    bench.default(tops_up=True)
    bench.announce_resale()
    bench.win(230_000_000)
    second = bench.sale.id
    bench.default(tops_up=True)
    deposits = DEPOSIT + bench.sale.deposit_minor
    bench.sell_again(205_000_000)
    assert bench.held(AccountKind.PROCEEDS) == 205_000_000 + deposits
    owed = sum(row.amount_minor for row in bench.receivables())
    assert owed == 240_000_000 - 205_000_000 - deposits
    shares = [read_forfeit(default_of(sale_id)).share for sale_id in (first, second)]
    assert [share.shortfall_minor for share in shares] == [35_000_000, 25_000_000]
    assert sum(share.gap_paid_minor + share.deficit_minor for share in shares) == 35_000_000
    bench.check_books()


def test_a_selloff_keeps_the_announced_deposit_and_returns_the_rest(bench):
    """560,000 prepaid, 80,000 announced, 40,000 not paid: 480,000 go back (CN455-8.1)."""
    bench.sell_off()
    buyer = bench.enrol(deposit_minor=56_000_000)
    bench.pay_deposit(buyer)
    bench.sell(buyer, 60_000_000)
    bench.work_off()
    bench.pass_due()
    told = foreseen(bench, 56_000_000)
    assert (told.stake.forfeit_minor, told.stake.back_after_default_minor) == (
        8_000_000,
        48_000_000,
    )
    default = bench.default()
    assert (default.deposit_minor, default.returned_minor) == (8_000_000, 48_000_000)
    [refund] = bench.refunds(reason=RefundReason.REMAINDER)
    assert refund.amount_minor == 48_000_000
    assert bench.resale().stage is Stage.SELLOFF
    bench.send_refunds()
    assert bench.held(AccountKind.PRICE) == 0
    assert bench.held(AccountKind.FORFEIT) == 8_000_000
    bench.check_books()


@pytest.mark.parametrize("case", BOOKED.values(), ids=BOOKED)
def test_a_published_default_runs_through_the_books_to_the_fen(app, clock, case):
    bench = Bench(clock, deposit=case["deposit"], start=case["resale_price"] * 9 // 10)
    winner = bench.win(case["hammer_price"])
    part = case.get("part_payment_returned", 0)
    if part:
        bench.pay_balance(winner, part)
    default = bench.default(tops_up=True)
    assert (default.deposit_minor, default.returned_minor) == (case["deposit"], part)
    if part:
        bench.send_refunds()
    bench.sell_again(case["resale_price"])
    assert bench.held(AccountKind.PROCEEDS) == case["resale_price"] + case["deposit"]
    [owed] = bench.receivables()
    assert owed.amount_minor == case["shortfall"] - case["deposit"]
    if case["top_up"] is not None:
        assert owed.amount_minor == case["top_up"]


# ── costs ───────────────────────────────────────────────────────────────────────────────────────


def test_a_cost_beyond_the_deposit_or_after_the_resale_is_refused(bench):
    bench.win(240_000_000)
    default = bench.default()
    values = {
        "basis": "公告费",
        "payee": ("某公司", "测试银行", "622200001111"),
        "form_key": "k1",
        "court_id": bench.court.id,
        "actor_id": bench.maker.id,
        "now": bench.now,
    }
    with pytest.raises(DomainError, match="more-than-held"), transaction():
        book_cost(default.id, amount_minor=DEPOSIT + 1, **values)
    bench.sell_again(220_000_000)
    with pytest.raises(DomainError, match="resale-over"), transaction():
        book_cost(default.id, amount_minor=1, **values)


def test_the_same_form_books_a_cost_once_and_its_booker_does_not_pay_it(bench):
    bench.win(240_000_000)
    default = bench.default()
    cost = bench.cost(default, 500_000)
    bench_again = bench.cost(default, 500_000)
    assert cost.id == bench_again.id
    values = {
        "bank_reference": "OUT1",
        "paid_on": bench.now.date(),
        "court_id": bench.court.id,
        "now": bench.now,
    }
    with pytest.raises(DomainError, match="same-person"), transaction():
        mark_cost_paid(cost.id, actor_id=bench.maker.id, **values)
    for _ in range(2):
        with transaction():
            mark_cost_paid(cost.id, actor_id=bench.checker.id, **values)
    [row] = db.session.scalars(select(DefaultCost))
    assert row.status is CostStatus.PAID
    assert bench.held(AccountKind.FORFEIT) == DEPOSIT - 500_000
    bench.check_books()


def test_the_plan_shows_costs_paid_early_and_gives_the_rest_to_the_creditors(bench):
    bench.claims_of_the_example()
    bench.win(240_000_000)
    default = bench.default()
    bench.cost(default, 600_000)
    bench.sell_again(230_000_000)
    plan = bench.draft()
    lines = {(line["to"], line["step"]): line["amount"] for line in plan.output["lines"]}
    assert lines[f"{bench.lot.number}/forfeit-costs", "forfeit"] == 600_000
    assert plan.output["total"] == 230_000_000 + DEPOSIT
    bench.approve(plan)
    assert bench.held(AccountKind.PROCEEDS) == plan.output["unallocated"]
    bench.check_books()
