"""Drafts are lawful, numbered by the court, and one at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import make_court
from sale_bench import announced, approve, draft, make_bench, proposed

from auction.core.audit import AuditEntry
from auction.core.db import db, transaction
from auction.core.errors import DomainError, NotFound
from auction.core.outbox import enqueue, work_off
from auction.deadlines.models import Deadline
from auction.sales.explain import TermsRefused
from auction.sales.inputs import inputs_of, terms_of
from auction.sales.models import DecisionStatus, PanelDecision, Sale, SaleStatus, Stage
from auction.sales.rules import check_terms
from auction.sales.services import (
    draft_next_sale,
    draft_sale,
    record_paid,
    record_result,
    record_withdrawal,
    revise_sale,
    withdraw_draft,
)


def test_draft_gets_the_courts_next_public_number(any_app, clock):
    bench = make_bench(clock.now())
    sale = draft(bench, clock.now())
    assert sale.lot.number == f"{bench.court.code}-2026-00001"
    assert sale.number == f"{sale.lot.number}-1"
    assert (sale.status, sale.stage) == (SaleStatus.DRAFT, Stage.FIRST)
    assert sale.start_price_minor == 70_000_000


def test_numbers_count_up_within_a_court_and_apart_from_practice(app, clock):
    bench = make_bench(clock.now())
    draft(bench, clock.now())
    practice = draft(bench, clock.now(), "practice")
    again = draft(bench, clock.now(), "practice")
    assert practice.lot.number == f"{bench.court.code}-2026-P00001"
    assert again.lot.number == f"{bench.court.code}-2026-P00002"
    assert practice.lot.is_practice


def test_unlawful_terms_are_refused_with_every_fault(app, clock):
    bench = make_bench(clock.now())
    terms = replace(proposed(bench, clock.now()), start_price_minor=1, deposit_minor=70_000_000)
    with pytest.raises(TermsRefused) as caught, transaction():
        draft_sale(
            asset_id=bench.asset.id,
            terms=terms,
            actor_id=bench.clerk.id,
            now=clock.now(),
            reference_price_id=bench.price.id,
        )
    assert [r.field for r in caught.value.refusals] == ["start_price_minor", "deposit_minor"]
    assert "CN16-10.3" in caught.value.data["faults"][0]["message"]
    assert "¥700,000.00" in caught.value.data["faults"][0]["message"]
    assert db.session.query(Sale).count() == 0


def test_a_lot_is_never_offered_twice_at_once(any_app, clock):
    bench = make_bench(clock.now())
    draft(bench, clock.now())
    with pytest.raises(DomainError) as caught:
        draft(bench, clock.now())
    assert caught.value.code == "lot-busy"


def test_another_courts_asset_is_not_found(app, clock):
    bench = make_bench(clock.now())
    other = make_court(clock.now())
    with pytest.raises(NotFound):
        draft(bench, clock.now(), court_id=other.id)
    assert draft(bench, clock.now(), court_id=bench.court.id).court_id == bench.court.id


def test_changing_terms_voids_the_decision(any_app, clock):
    bench = make_bench(clock.now())
    sale = draft(bench, clock.now())
    approve(bench, sale, clock.now())
    assert db.session.get(Sale, sale.id).status is SaleStatus.DECIDED
    terms = replace(terms_of(sale), start_price_minor=80_000_000)
    with transaction():
        revise_sale(sale.id, terms, actor_id=bench.clerk.id, now=clock.now())
    assert db.session.get(Sale, sale.id).status is SaleStatus.DRAFT
    assert db.session.query(PanelDecision).one().status is DecisionStatus.VOID
    entry = db.session.query(AuditEntry).filter_by(action="revise-sale").one()
    assert entry.detail == {"fields": ["start_price_minor"]}


def test_saving_without_a_change_keeps_the_decision(app, clock):
    bench = make_bench(clock.now())
    sale = draft(bench, clock.now())
    approve(bench, sale, clock.now())
    with transaction():
        revise_sale(sale.id, terms_of(sale), actor_id=bench.clerk.id, now=clock.now())
    assert db.session.get(Sale, sale.id).status is SaleStatus.DECIDED


def test_an_announced_sale_is_not_revised(app, clock):
    sale = announced(bench := make_bench(clock.now()), clock)
    with pytest.raises(DomainError) as caught, transaction():
        revise_sale(sale.id, terms_of(sale), actor_id=bench.clerk.id, now=clock.now())
    assert caught.value.code == "wrong-state"


def test_a_draft_given_up_frees_the_lot(app, clock):
    bench = make_bench(clock.now())
    sale = draft(bench, clock.now())
    with transaction():
        withdraw_draft(sale.id, actor_id=bench.clerk.id, now=clock.now(), ground="另行安排")
    again = draft(bench, clock.now())
    assert (again.lot_id, again.number) == (sale.lot_id, f"{sale.lot.number}-2")


def end(sale_id, clock, *, price=None):
    with transaction():
        sale = db.session.get(Sale, sale_id)
        clock.set(sale.closes_at + timedelta(seconds=2))
        record_result(
            sale,
            sold=price is not None,
            hammer_price_minor=price,
            ended_at=sale.closes_at,
            at=clock.now(),
        )
        enqueue(
            "sale_closed",
            f"sale_closed:{sale.id}",
            {
                "sale_id": sale.id,
                "status": "sold" if price else "unsold",
                "price_minor": price,
                "leader": None,
                "ended_at": "",
            },
            now=clock.now(),
        )


def test_after_a_failure_the_second_sale_is_drafted_with_lawful_values(any_app, clock):
    bench = make_bench(clock.now())
    first = announced(bench, clock)
    end(first.id, clock)
    with transaction():
        second = draft_next_sale(first.id, clock.now())
    assert (second.stage, second.status) == (Stage.SECOND, SaleStatus.DRAFT)
    assert second.previous_sale_id == first.id
    assert second.start_price_minor == 56_000_000
    assert second.deposit_minor == 5_600_000
    assert check_terms(terms_of(second), inputs_of(second, clock.now())) == []
    with transaction():
        assert draft_next_sale(first.id, clock.now()).id == second.id
    clock_row = db.session.query(Deadline).filter_by(kind="next-sale").one()
    assert clock_row.rule_id == "CN16-26.2"


def test_the_outbox_drafts_the_next_sale_once(app, clock):
    first_id = announced(make_bench(clock.now()), clock).id
    end(first_id, clock)
    work_off(clock.now())
    work_off(clock.advance(hours=1))
    following = db.session.query(Sale).filter_by(previous_sale_id=first_id).all()
    assert [s.stage for s in following] == [Stage.SECOND]


def test_the_selloff_keeps_the_second_start_price(app, clock):
    bench = make_bench(clock.now())
    first = announced(bench, clock)
    end(first.id, clock)
    with transaction():
        second = draft_next_sale(first.id, clock.now())
        second.status = SaleStatus.ANNOUNCED
    end(second.id, clock)
    with transaction():
        selloff = draft_next_sale(second.id, clock.now())
    assert selloff.stage is Stage.SELLOFF
    assert selloff.start_price_minor == second.start_price_minor
    assert selloff.closes_at - selloff.opens_at == timedelta(days=60)
    assert check_terms(terms_of(selloff), inputs_of(selloff, clock.now())) == []
    kinds = {row.kind for row in db.session.query(Deadline).filter_by(subject_id=second.id)}
    assert {"in-kind-inquiry", "selloff-announcement"} <= kinds


def test_nothing_follows_a_deal_or_a_practice_sale(app, clock):
    bench = make_bench(clock.now())
    sold = announced(bench, clock)
    end(sold.id, clock, price=72_000_000)
    with transaction():
        assert draft_next_sale(sold.id, clock.now()) is None
    practice = draft(bench, clock.now(), "practice")
    with transaction():
        practice = db.session.get(Sale, practice.id)
        practice.status = SaleStatus.UNSOLD
    with transaction():
        assert draft_next_sale(practice.id, clock.now()) is None


def test_result_and_payment_are_recorded_once(app, clock):
    sale = announced(make_bench(clock.now()), clock)
    end(sale.id, clock, price=72_000_000)
    row = db.session.get(Sale, sale.id)
    assert (row.status, row.hammer_price_minor) == (SaleStatus.SOLD, 72_000_000)
    with transaction():
        record_paid(sale.id, clock.now())
        record_paid(sale.id, clock.now())
    assert db.session.get(Sale, sale.id).status is SaleStatus.PAID
    due = db.session.query(Deadline).filter_by(kind="deal-ruling").one()
    assert due.rule_id == "CN20A-20.1"


def test_unpaid_or_unsold_sales_are_not_marked_paid(app, clock):
    sale = announced(make_bench(clock.now()), clock)
    with pytest.raises(DomainError) as caught, transaction():
        record_paid(sale.id, clock.now())
    assert caught.value.code == "wrong-state"


def test_a_withdrawal_ends_the_sale_and_leaves_its_ground(app, clock):
    sale = announced(bench := make_bench(clock.now()), clock)
    with transaction():
        row = db.session.get(Sale, sale.id)
        record_withdrawal(row, actor_id=bench.judges[0].id, at=clock.now(), ground="被执行人清偿")
    assert db.session.get(Sale, sale.id).status is SaleStatus.WITHDRAWN
    states = db.session.query(AuditEntry).filter_by(action="state", subject_id=sale.id)
    assert [e.detail["reason"] for e in states][-1] == "被执行人清偿"
