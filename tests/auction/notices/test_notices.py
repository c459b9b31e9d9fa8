"""Who is told, with what proof, and from when it suffices (CN16-16)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from builders import save
from sale_bench import announced, draft, make_bench, notify

from auction.assets.models import Category
from auction.cases.models import Party, PartyRole
from auction.core.db import db, transaction
from auction.core.errors import DomainError, Invalid, NotFound
from auction.notices.models import NoticeOutcome, PartyNotice
from auction.notices.rules import mask_name, ready_on, shareholders_heard_on
from auction.notices.services import notice_states, parties_to_notify, record_party_notice
from auction.sales.models import Sale
from auction.sales.publication import missing_items
from auction.sales.rulepacks import load_rule_pack

CN = load_rule_pack("cn")
DAY = date(2026, 11, 2)


@pytest.fixture
def bench(app, clock):
    return make_bench(clock.now())


def tell(bench, sale, party, clock, **more):
    values = {
        "outcome": NoticeOutcome.CONFIRMED,
        "channel": "邮寄送达",
        "on_date": DAY,
        "proof": "EMS 1",
        **more,
    }
    with transaction():
        return record_party_notice(
            sale.id, party.id, actor_id=bench.clerk.id, now=clock.now(), **values
        )


@pytest.mark.parametrize(("outcome", "days"), [("confirmed", 3), ("posted", 5), ("waived", 0)])
def test_from_when_a_notice_suffices(outcome, days):
    assert ready_on(outcome, DAY, CN) == DAY + timedelta(days=days)


@pytest.mark.parametrize(("outcome", "days"), [("confirmed", 20), ("posted", 25), ("waived", 0)])
def test_from_when_shareholders_have_had_their_time(outcome, days):
    assert shareholders_heard_on(outcome, DAY, CN) == DAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王**"),
        ("李四", "李*"),
        ("", ""),
        ("测试市某某有限公司", "测试市某某有限公司"),
        ("阿卜杜拉·买买提", "阿*******"),
        ("临江银行股份有限公司望江支行", "临江银行股份有限公司望江支行"),
    ],
)
def test_names_are_masked_but_companies_are_not(name, masked):
    assert mask_name(name) == masked


def test_parties_and_priority_purchasers_are_told_and_creditors_need_not_be(bench):
    save(Party(case_id=bench.case.id, role=PartyRole.CREDITOR, name="债权人丙"))
    save(
        Party(
            case_id=bench.case.id,
            role=PartyRole.PRIORITY_PURCHASER,
            name="承租人丁",
            priority_rank=2,
            priority_basis="房屋承租人",
        )
    )
    assert [str(p.role) for p in parties_to_notify(bench.case.id)] == [
        "applicant",
        "debtor",
        "priority-purchaser",
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"on_date": date(2026, 11, 3)}, "future-notice"),
        ({"proof": "  "}, "proof-missing"),
    ],
)
def test_a_notice_without_ground_is_refused(bench, clock, change, code):
    sale = draft(bench, clock.now())
    with pytest.raises(Invalid, match=code):
        tell(bench, sale, bench.case.parties[0], clock, **change)
    tell(bench, sale, bench.case.parties[0], clock)


def test_a_later_record_replaces_the_earlier(bench, clock):
    sale = draft(bench, clock.now())
    party = bench.case.parties[0]
    tell(bench, sale, party, clock, outcome=NoticeOutcome.POSTED, proof="下落不明")
    tell(bench, sale, party, clock)
    assert db.session.query(PartyNotice).one().outcome is NoticeOutcome.CONFIRMED


def test_parties_of_other_cases_are_not_found(bench, clock):
    sale = draft(bench, clock.now())
    stranger = make_bench(clock.now()).case.parties[0]
    with pytest.raises(NotFound):
        tell(bench, sale, stranger, clock)


def test_after_publication_the_record_is_closed(bench, clock):
    sale = announced(bench, clock)
    with pytest.raises(DomainError, match="wrong-state"):
        tell(bench, sale, bench.case.parties[0], clock)


def test_shareholders_have_twenty_days_before_bidding_opens(app, clock):
    bench = make_bench(clock.now(), category=Category.EQUITY)
    holder = save(
        Party(
            case_id=bench.case.id,
            role=PartyRole.PRIORITY_PURCHASER,
            name="股东戊",
            priority_rank=1,
            priority_basis="其他股东",
        )
    )
    sale = draft(bench, clock.now())
    notify(bench, sale, clock.now())
    assert "shareholders" not in {i.key for i in missing_items(sale, clock.now())}
    with transaction():
        row = db.session.get(Sale, sale.id)
        row.opens_at = clock.now() + timedelta(days=19)
        row.closes_at = row.opens_at + timedelta(days=1)
    row = db.session.get(Sale, sale.id)
    assert "shareholders" in {i.key for i in missing_items(row, clock.now())}
    tell(bench, sale, holder, clock, outcome=NoticeOutcome.WAIVED, proof="放弃声明")
    row = db.session.get(Sale, sale.id)
    assert "shareholders" not in {i.key for i in missing_items(row, clock.now())}


def test_what_was_not_recorded_is_shown_as_open(bench, clock):
    sale = draft(bench, clock.now())
    assert [state.ready_on for state in notice_states(sale)] == [None, None]
