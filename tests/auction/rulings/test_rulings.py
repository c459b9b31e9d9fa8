"""The deal ruling: after full payment, with its clocks, its paper and its event."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import browser
from sale_bench import announced, make_bench
from signing import csrf_of, sign_in_as
from sqlalchemy import select

from auction.core.db import db, transaction
from auction.core.errors import DomainError, Invalid
from auction.core.outbox import OutboxRow
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.notices.documents import issue_document
from auction.notices.models import Document, DocumentKind
from auction.rulings.models import Ruling
from auction.sales.models import Sale, SaleStatus
from auction.sales.services import (
    record_deal_ruling,
    record_handover,
    record_paid,
    record_result,
)


def sold(bench, clock):
    sale = announced(bench, clock)
    with transaction():
        row = db.session.get(Sale, sale.id)
        clock.set(row.closes_at + timedelta(seconds=2))
        record_result(
            row, sold=True, hammer_price_minor=72_000_000, ended_at=row.closes_at, at=clock.now()
        )
        issue_document(
            kind=DocumentKind.CONFIRMATION,
            sale=row,
            title="成交确认书",
            content={"blocks": [], "facts": {"buyer": "竞买人欧阳"}},
            now=clock.now(),
            publish=True,
        )
    return db.session.get(Sale, sale.id)


def paid(bench, clock):
    sale = sold(bench, clock)
    with transaction():
        record_paid(sale.id, clock.advance(days=2))
    return db.session.get(Sale, sale.id)


def rule(bench, sale, clock, **more):
    today = clock.now().date()
    values = {"number": "（2026）测01执1号之一", "made_on": today, "served_on": today, **more}
    with transaction():
        return record_deal_ruling(sale.id, actor_id=bench.clerk.id, now=clock.now(), **values)


def test_the_ruling_passes_title_and_starts_the_handover(any_app, clock):
    bench = make_bench(clock.now())
    sale = paid(bench, clock)
    ruling = rule(bench, sale, clock)
    assert db.session.get(Sale, sale.id).status is SaleStatus.RULED
    clocks = {row.kind: row.status for row in db.session.query(Deadline)}
    assert clocks["deal-ruling"] is DeadlineStatus.MET
    assert clocks["handover"] is DeadlineStatus.OPEN
    event = db.session.query(OutboxRow).filter_by(kind="ruling_served").one()
    assert event.payload == {"sale_id": sale.id, "ruling_id": ruling.id}
    paper = db.session.query(Document).filter_by(kind=DocumentKind.RULING).one()
    assert paper.published_at is None
    assert "竞买人欧阳" in str(paper.content["blocks"])


def test_before_full_payment_there_is_no_ruling(app, clock):
    bench = make_bench(clock.now())
    sale = sold(bench, clock)
    with pytest.raises(DomainError, match="wrong-state"):
        rule(bench, sale, clock)
    assert db.session.query(Ruling).count() == 0


@pytest.mark.parametrize(
    ("made", "served", "code"),
    [(1, 1, "future-day"), (-30, 0, "too-early"), (0, 1, "future-day"), (0, -1, "too-early")],
)
def test_days_that_cannot_be_are_refused(app, clock, made, served, code):
    bench = make_bench(clock.now())
    sale = paid(bench, clock)
    today = clock.now().date()
    with pytest.raises(Invalid, match=code):
        rule(
            bench,
            sale,
            clock,
            made_on=today + timedelta(days=made),
            served_on=today + timedelta(days=served),
        )
    rule(bench, sale, clock)


def test_a_qualification_is_checked_before_the_ruling(app, clock):
    bench = make_bench(clock.now())
    sale = paid(bench, clock)
    with transaction():
        db.session.get(Sale, sale.id).qualification = "具备当地购房资格"
    with pytest.raises(Invalid, match="qualification-unchecked"):
        rule(bench, sale, clock)
    rule(bench, sale, clock, is_qualification_checked=True)


def test_a_ruling_is_recorded_once(app, clock):
    bench = make_bench(clock.now())
    sale = paid(bench, clock)
    rule(bench, sale, clock)
    with pytest.raises(DomainError, match="wrong-state"):
        rule(bench, sale, clock, number="（2026）测01执1号之二")


def test_the_page_records_the_ruling(app, clock):
    bench = make_bench(clock.now())
    sale = paid(bench, clock)
    client = sign_in_as(browser(app), bench.clerk)
    path = f"/court/sales/{sale.number}"
    assert "登记成交裁定" in client.get(path).text
    token = csrf_of(client)
    refused = client.post(
        f"{path}/ruling",
        data={"csrf_token": token, "number": "", "made_on": "", "served_on": "x"},
    )
    assert refused.status_code == 422
    day = clock.now().date().isoformat()
    good = client.post(
        f"{path}/ruling",
        data={
            "csrf_token": token,
            "number": "（2026）测01执1号之一",
            "made_on": day,
            "served_on": day,
        },
    )
    assert good.status_code == 303
    assert "所有权自送达时转移" in client.get(path).text


def test_the_draft_ruling_is_a_pdf_for_the_court(app, clock):
    bench = make_bench(clock.now())
    sale = sold(bench, clock)
    client = sign_in_as(browser(app), bench.clerk)
    answer = client.get(f"/court/sales/{sale.number}/ruling.pdf")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF")
    assert db.session.query(Document).filter_by(kind=DocumentKind.RULING).count() == 0
    assert browser(app).get(f"/court/sales/{sale.number}/ruling.pdf").status_code == 302


def test_before_a_deal_there_is_no_draft_ruling(app, clock):
    bench = make_bench(clock.now())
    sale = announced(bench, clock)
    client = sign_in_as(browser(app), bench.clerk)
    assert client.get(f"/court/sales/{sale.number}/ruling.pdf").status_code == 409


def hand_over(bench, sale, clock, day):
    with transaction():
        return record_handover(
            sale.id, handed_over_on=day, proof="移交笔录", actor_id=bench.clerk.id, now=clock.now()
        )


def test_handing_over_meets_its_clock_once(any_app, clock):
    bench = make_bench(clock.now())
    sale = paid(bench, clock)
    with pytest.raises(DomainError) as early:
        hand_over(bench, sale, clock, clock.now().date())
    assert early.value.code == "wrong-state"
    rule(bench, sale, clock)
    day = clock.now().date()
    for wrong in (day + timedelta(days=2), day - timedelta(days=2)):
        with pytest.raises(Invalid):
            hand_over(bench, sale, clock, wrong)
    hand_over(bench, sale, clock, day)
    running = db.session.scalars(select(Deadline).where(Deadline.kind == "handover"))
    assert [row.status for row in running] == [DeadlineStatus.MET]
    with pytest.raises(DomainError) as again:
        hand_over(bench, sale, clock, day)
    assert again.value.code == "handed-over"
