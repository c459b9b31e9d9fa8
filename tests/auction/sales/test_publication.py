"""Nothing is announced while something is missing; what is announced is whole."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from builders import save
from sale_bench import announced, approve, draft, make_bench, notify, publish

from auction.assets.models import Asset, AssetMedia, Category, Encumbrance
from auction.core.audit import AuditEntry
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.core.outbox import OutboxRow
from auction.courts.models import Court
from auction.notices.models import Announcement, Document, DocumentKind, NoticeOutcome
from auction.sales.fingerprint import content_hash
from auction.sales.models import PanelDecision, Sale, SaleStatus
from auction.sales.publication import missing_items


@pytest.fixture
def bench(app, clock):
    return make_bench(clock.now())


def missing(sale, clock) -> set[str]:
    return {item.key for item in missing_items(db.session.get(Sale, sale.id), clock.now())}


def ready(bench, clock, **asset):
    """A decided sale on the first day on which it may be announced, with `asset` set before."""
    with transaction():
        row = db.session.get(Asset, bench.asset.id)
        for name, value in asset.items():
            setattr(row, name, value)
    sale = draft(bench, clock.now())
    approve(bench, sale, clock.now())
    notify(bench, sale, clock.now())
    clock.advance(days=3)
    return sale


def test_with_everything_in_place_nothing_is_missing(bench, clock):
    assert missing(ready(bench, clock), clock) == set()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"inspected_on": None}, "inspection"),
        ({"inspectors": ""}, "inspection"),
        ({"occupancy": None}, "occupancy"),
        ({"occupancy_note": ""}, "occupancy"),
        ({"seller_taxes": ""}, "taxes"),
        ({"buyer_taxes": ""}, "taxes"),
        ({"delivery_plan": ""}, "delivery"),
        ({"facts": {"layout": "三室"}}, "facts"),
        ({"seizure_expires_on": None}, "seizure"),
        ({"occupancy_note": "占有情况不明"}, "wording"),
        ({"buyer_taxes": "一切税费由买受人承担"}, "wording"),
        ({"delivery_plan": "法院不负责腾退"}, "wording"),
        ({"category": Category.VEHICLE}, "facts"),
    ],
)
def test_each_gap_is_named_and_stops_the_announcement(bench, clock, change, key):
    sale = ready(bench, clock, **change)
    assert missing(sale, clock) == {key}
    with pytest.raises(DomainError, match="not-publishable") as caught:
        publish(bench, sale, clock.now())
    assert caught.value.data["missing"] == [key]
    assert db.session.get(Sale, sale.id).status is SaleStatus.DECIDED
    assert db.session.query(Announcement).count() == 0


def test_a_photo_is_needed(bench, clock):
    with transaction() as session:
        session.query(AssetMedia).delete()
    assert missing(ready(bench, clock), clock) == {"photos"}


def test_the_supervision_line_is_needed(bench, clock):
    with transaction():
        db.session.get(Court, bench.court.id).supervision_phone = ""
    assert missing(ready(bench, clock), clock) == {"court"}


def test_purchase_limits_must_be_told(bench, clock):
    facts = {**bench.asset.facts, "purchase_limit": "限购一套"}
    assert missing(ready(bench, clock, facts=facts), clock) == {"qualification"}


def test_texts_changed_after_the_decision_stop_the_announcement(bench, clock):
    sale = ready(bench, clock)
    with transaction():
        db.session.get(Asset, bench.asset.id).description = "四室两厅"
    assert missing(sale, clock) == {"panel"}


def test_without_a_decision_nothing_is_announced(bench, clock):
    sale = draft(bench, clock.now())
    notify(bench, sale, clock.now())
    clock.advance(days=3)
    with pytest.raises(DomainError, match="wrong-state"):
        publish(bench, sale, clock.now())


@pytest.mark.parametrize(("days", "lawful"), [(2, False), (3, True)])
def test_parties_hear_three_days_before_publication(bench, clock, days, lawful):
    sale = draft(bench, clock.now())
    approve(bench, sale, clock.now())
    notify(bench, sale, clock.now())
    clock.advance(days=days)
    assert missing(sale, clock) == (set() if lawful else {"notices"})


@pytest.mark.parametrize(("days", "lawful"), [(4, False), (5, True)])
def test_a_posting_counts_after_five_days(bench, clock, days, lawful):
    sale = draft(bench, clock.now())
    approve(bench, sale, clock.now())
    notify(bench, sale, clock.now(), outcome=NoticeOutcome.POSTED, proof="下落不明")
    clock.advance(days=days)
    with transaction():
        row = db.session.get(Sale, sale.id)
        row.opens_at += timedelta(days=7)
        row.closes_at += timedelta(days=7)
    assert ("notices" not in missing(sale, clock)) is lawful


def test_who_waived_need_not_be_waited_for(bench, clock):
    sale = draft(bench, clock.now())
    approve(bench, sale, clock.now())
    assert missing(sale, clock) == {"notices"}
    notify(bench, sale, clock.now(), outcome=NoticeOutcome.WAIVED, proof="书面放弃声明")
    assert missing(sale, clock) == set()


def test_published_too_late_the_notice_period_is_short(bench, clock):
    sale = ready(bench, clock)
    clock.advance(days=20)
    assert missing(sale, clock) == {"terms"}
    with pytest.raises(DomainError, match="not-publishable"):
        publish(bench, sale, clock.now())


def test_an_expiring_seizure_stops_the_announcement(bench, clock):
    sale = ready(bench, clock)
    with transaction():
        db.session.get(Asset, bench.asset.id).seizure_expires_on = date(2026, 12, 20)
    assert missing(sale, clock) == {"terms", "panel"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_half_of_an_announcement_speaks_its_language_whoever_publishes(app, clock, lang):
    bench = make_bench(clock.now())
    save(Encumbrance(asset_id=bench.asset.id, kind="mortgage", holder="测试银行"))
    with app.test_request_context(f"/?lang={lang}"):
        announced(bench, clock)
    content = db.session.query(Announcement).one().content
    zh, en = (json.dumps(content[lang]["items"], ensure_ascii=False) for lang in ("zh", "en"))
    assert "（北京时间）" in zh
    assert "(Beijing)" not in zh
    assert "抵押，权利人" in zh
    assert "(Beijing)" in en
    assert "（北京时间）" not in en
    assert "mortgage" not in zh + en.replace("Mortgage", "")


def test_the_announcement_is_whole(any_app, clock):
    bench = make_bench(clock.now())
    sale = announced(bench, clock)
    assert (sale.status, sale.published_at) == (SaleStatus.ANNOUNCED, clock.now())
    paper = db.session.query(Announcement).one()
    for lang in ("zh", "en"):
        assert [item["key"] for item in paper.content[lang]["items"]] == [
            "announcement",
            "title",
            "price",
            "rules",
            "property",
            "priority",
            "notified",
            "payment",
            "taxes",
            "contact",
            "other",
        ]
        assert len(paper.content[lang]["notices"]) == 7
    assert paper.sha256 == content_hash(paper.content)
    assert paper.decision_id == db.session.query(PanelDecision).one().id
    document = db.session.query(Document).one()
    assert (document.kind, document.code) == (DocumentKind.ANNOUNCEMENT, paper.code)
    event = db.session.query(OutboxRow).filter_by(kind="sale_published").one()
    assert (event.key, event.payload) == (f"sale_published:{sale.id}", {"sale_id": sale.id})
    assert db.session.query(AuditEntry).filter_by(action="publish-sale").count() == 1


def test_the_announcement_says_what_happens_when_the_platform_fails(app, clock):
    sale = announced(make_bench(clock.now()), clock)
    content = db.session.query(Announcement).one().content
    [rules] = [item for item in content["zh"]["items"] if item["key"] == "rules"]
    [said] = [value for label, value in rules["rows"] if label == "平台故障时"]
    assert "立即暂缓竞价" in said
    assert "如数补回" in said
    assert f"至少还有 {sale.extension_seconds} 秒" in said


def test_the_announcement_names_no_party_in_full(bench, clock):
    announced(bench, clock)
    said = str(db.session.query(Announcement).one().content)
    for party in bench.case.parties:
        assert party.name not in said


def test_an_announcement_comes_out_once(bench, clock):
    sale = announced(bench, clock)
    with pytest.raises(DomainError, match="wrong-state"):
        publish(bench, sale, clock.now())
    assert db.session.query(Announcement).count() == 1


def test_a_failing_announcement_leaves_nothing_behind(bench, clock, monkeypatch):
    sale = ready(bench, clock)
    from auction.sales import publication

    def fail(*_args, **_more):
        raise OSError("disk full")

    monkeypatch.setattr(publication, "enqueue", fail)
    with pytest.raises(OSError, match="disk full"):
        publish(bench, sale, clock.now())
    assert db.session.query(Announcement).count() == 0
    assert db.session.query(Document).count() == 0
    assert db.session.get(Sale, sale.id).status is SaleStatus.DECIDED


def test_practice_is_announced_from_the_draft(bench, clock):
    sale = draft(bench, clock.now(), "practice")
    publish(bench, sale, clock.now())
    assert db.session.get(Sale, sale.id).status is SaleStatus.ANNOUNCED


def test_a_practice_sale_that_should_have_begun_is_not_announced(bench, clock):
    sale = draft(bench, clock.now(), "practice")
    clock.advance(hours=1)
    with pytest.raises(DomainError, match="not-publishable"):
        publish(bench, sale, clock.now())
