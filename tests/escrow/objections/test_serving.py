"""Nothing is paid before everybody had his days; each party has its own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.notices.documents import render_pdf
from auction.notices.models import Document
from escrow.objections.models import PlanService
from escrow.objections.rules import ServiceChannel
from escrow.objections.serving import (
    cancel_service,
    parties_to_serve,
    prove_service,
    release_plan,
)
from escrow.plans.models import DistributionPlan, PaymentStatus

A, D, C1, C2 = "申请人甲", "被执行人乙", "债权人丙", "债权人丁"


def test_an_approved_plan_waits_for_everybodys_days_and_is_then_released_by_another(desk):
    desk.ready()
    assert {row.status for row in desk.payments()} == {PaymentStatus.WAITING}
    with pytest.raises(DomainError, match="waiting"):
        desk.pay_out(desk.payments()[0].id)
    with pytest.raises(DomainError, match="not-served"):
        desk.release()
    services = desk.serve_all()
    assert set(services) == {A, D, C1, C2}
    desk.pass_days(15)
    with pytest.raises(DomainError, match="days-run"):
        desk.release()
    desk.pass_days(1)
    with pytest.raises(DomainError, match="same-person"):
        desk.release(desk.maker)
    desk.release()
    desk.release()
    assert {row.status for row in desk.payments()} == {PaymentStatus.DUE}
    desk.pay_what_is_due()
    assert desk.case_balances() == {}
    desk.check_books()
    clocks = db.session.query(Deadline).filter(
        Deadline.kind.in_(["plan-objection", "plan-release"])
    )
    assert [row.status for row in clocks] == [DeadlineStatus.MET] * 5


def test_each_party_has_its_own_fifteen_days_and_the_last_one_counts(lite):
    """Monday 2 November served: the days end with Tuesday the 17th."""
    lite.ready()
    first = lite.serve(A)
    start = lite.today
    ends = first.due_at - first.recorded_at
    assert timedelta(days=15) < ends <= timedelta(days=16)
    for name in (D, C1):
        lite.serve(name)
    lite.pass_days(5)
    last = lite.serve(C2)
    assert last.due_at > first.due_at
    lite.pass_days(12)
    assert lite.today == start + timedelta(days=17)
    with pytest.raises(DomainError, match="days-run") as caught:
        lite.release()
    assert str(caught.value.message).endswith(f"{C2}。")
    lite.consent(last)
    lite.release()


def test_a_holiday_on_the_last_day_moves_it(lite):
    """Served on 17 September 2026: the fifteenth day, 2 October, lies in the National Day week; the 8th is the next working day."""
    from escrow.objections.serving import objection_due_at

    assert objection_due_at(date(2026, 9, 17)).isoformat() == "2026-10-08T16:00:00+00:00"


def test_published_service_counts_thirty_days_later_and_mail_only_with_proof(lite):
    lite.ready()
    published = lite.serve(D, channel=ServiceChannel.PUBLISHED)
    assert published.served_on == lite.today + timedelta(days=30)
    mailed = lite.serve(A, channel=ServiceChannel.MAIL, reached_on=None)
    assert (mailed.served_on, mailed.due_at) == (None, None)
    for name in (C1, C2):
        lite.serve(name)
    lite.pass_days(60)
    with pytest.raises(DomainError, match="days-run") as caught:
        lite.release()
    assert A in str(caught.value.message)
    with transaction():
        prove_service(
            mailed.id, reached_on=lite.today - timedelta(days=20), proof="EMS 123", **lite.act()
        )
    with pytest.raises(DomainError, match="served-already"), transaction():
        prove_service(mailed.id, reached_on=lite.today, proof="x", **lite.act())
    lite.release()


def test_a_wrong_service_is_cancelled_with_a_reason_and_done_again(lite):
    lite.ready()
    services = lite.serve_all()
    with pytest.raises(DomainError, match="served-already"):
        lite.serve(A)
    with pytest.raises(DomainError, match="reason-missing"), transaction():
        cancel_service(services[A].id, reason="", **lite.act())
    with transaction():
        cancel_service(services[A].id, reason="地址有误，退回", **lite.act())
    lite.pass_days(16)
    with pytest.raises(DomainError, match="not-served"):
        lite.release()
    again = lite.serve(A)
    assert again.id != services[A].id
    lite.pass_days(16)
    lite.release()
    with pytest.raises(DomainError, match="released"), transaction():
        cancel_service(again.id, reason="地址有误", **lite.act())


def test_days_of_service_lie_between_the_approval_and_today(lite):
    lite.ready()
    with pytest.raises(DomainError, match="too-early"):
        lite.serve(A, sent_on=lite.today - timedelta(days=1))
    with pytest.raises(DomainError, match="future-day"):
        lite.serve(A, sent_on=lite.today + timedelta(days=1))
    with pytest.raises(DomainError, match="future-day"):
        lite.serve(A, reached_on=lite.today + timedelta(days=1))
    assert db.session.query(PlanService).count() == 0


def test_each_party_gets_an_extract_with_its_own_lines_and_no_others(lite):
    plan = lite.ready()
    service = lite.serve(C1)
    document = db.session.get(Document, service.document_id)
    text = str(document.content["blocks"])
    assert C1 in text
    assert "¥1,638,000.00" in text
    assert C2 not in text
    assert "十五日" in text
    assert render_pdf(document).startswith(b"%PDF")
    whole = db.session.get(Document, plan.document_id)
    words = str(whole.content["blocks"])
    assert all(name in words for name in (A, C1, C2))
    for said in ("最大余数法", "English summary", "按 1.5% 为", "CPLI-508.1"):
        assert said in words, said
    assert render_pdf(whole).startswith(b"%PDF")


def test_one_creditor_alone_is_paid_without_service(lite):
    from builders import make_claim

    make_claim(lite.case.read(), label="A")
    lite.bring_proceeds()
    lite.plan = lite.approve(lite.draft())
    assert {str(row.status) for row in lite.payments()} == {"due"}
    assert [p.name for p in parties_to_serve(lite.plan.read(), lite.case.read())] == [A, D]


def test_the_database_refuses_a_release_by_the_maker(desk):
    plan = desk.ready()
    with pytest.raises(IntegrityError), transaction():
        db.session.get(DistributionPlan, plan.id).released_by = desk.maker.id


def test_two_people_releasing_at_once_release_it_once(desk, any_app):
    from finance_stage import at_once

    desk.ready()
    for service in desk.serve_all().values():
        desk.consent(service)
    plan_id, values = desk.plan.id, [desk.act(desk.checker), desk.act(desk.clerk)]

    def act(who):
        with transaction():
            release_plan(plan_id, **who)

    assert at_once(any_app, *(lambda w=w: act(w) for w in values)) == ["done", "done"]
    assert {str(row.status) for row in desk.payments()} == {"due"}
