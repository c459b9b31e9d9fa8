"""Who may join, what a correction leaves behind, and tables of claims taken in whole or not at all."""

from __future__ import annotations

import io
from datetime import date

import pytest
from builders import make_asset, make_case, make_claim, make_user
from conftest import browser
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from signing import csrf_of, sign_in_as

from auction.accounts.roles import Role
from auction.cases.claim_files import (
    COLUMNS,
    FileRefused,
    read_claim_lines,
    template_csv,
    template_xlsx,
)
from auction.cases.claims import admit_late_claim, revise_claim, set_joining_day
from auction.cases.importing import examine_lines, import_claims
from auction.cases.models import Claim, ClaimClass, DebtorKind, InterestReckoning, Party
from auction.cases.queries import find_case
from auction.cases.rules import judge_joining
from auction.cases.services import add_claim
from auction.core.audit import AuditEntry
from auction.core.db import db, transaction
from auction.core.errors import DomainError

OPENED = date(2026, 11, 2)
ORDINARY, SECURED = ClaimClass.ORDINARY, ClaimClass.SECURED
PERSON, COMPANY = DebtorKind.INDIVIDUAL, DebtorKind.COMPANY


@pytest.mark.parametrize(
    ("claim_class", "debtor", "has_title", "applied", "closes", "found"),
    [
        (ORDINARY, PERSON, True, OPENED, None, None),
        (ORDINARY, PERSON, True, date(2026, 11, 1), None, "early"),
        (ORDINARY, PERSON, True, date(2026, 12, 1), date(2026, 12, 1), None),
        (ORDINARY, PERSON, True, date(2026, 12, 2), date(2026, 12, 1), "late"),
        (ORDINARY, PERSON, False, OPENED, None, "no-title"),
        (ORDINARY, COMPANY, False, OPENED, None, None),
        (SECURED, PERSON, False, OPENED, None, None),
        (ClaimClass.TAX, PERSON, False, OPENED, None, None),
        (SECURED, PERSON, False, date(2026, 12, 2), date(2026, 12, 1), "late"),
    ],
)
def test_who_may_join_the_distribution(claim_class, debtor, has_title, applied, closes, found):
    assert (
        judge_joining(
            claim_class,
            debtor_kind=debtor,
            has_title=has_title,
            applied_on=applied,
            opened_on=OPENED,
            closes_on=closes,
        )
        == found
    )


@pytest.fixture
def stage(app, clock):
    case = make_case(clock.now())
    asset = make_asset(clock.now(), case=case)
    return Stage(clock, case.id, case.court_id, case.clerk_id, asset.id)


class Stage:
    """A case and its clerk; every act in a transaction of its own."""

    def __init__(self, clock, case_id, court_id, clerk_id, asset_id):
        self.clock, self.case_id, self.court_id = clock, case_id, court_id
        self.clerk_id, self.asset_id = clerk_id, asset_id

    @property
    def case(self):
        from auction.cases.models import EnforcementCase

        return db.session.get(EnforcementCase, self.case_id)

    def do(self, service, *args, **more):
        with transaction():
            return service(self.case, *args, **more, actor_id=self.clerk_id, now=self.clock.now())

    def creditor(self, name="债权人丙"):
        from builders import save

        return save(Party(case_id=self.case_id, role="creditor", name=name))

    def claim(self, **more):
        values = {
            "party_id": self.creditor().id,
            "claim_class": "ordinary",
            "principal_minor": 100_000,
            "fee_kind": "realised",
            "title_number": "（2025）测01民初9号",
            "applied_on": OPENED,
            **more,
        }
        return self.do(add_claim, values, asset_ids=[]).id


def test_a_late_application_is_kept_as_refused_until_a_decision_admits_it(stage):
    claim_id = stage.claim(applied_on=date(2026, 12, 2))
    stage.do(set_joining_day, date(2026, 12, 1))
    assert db.session.get(Claim, claim_id).refused == "late"
    with pytest.raises(DomainError, match="decision-missing"):
        stage.do(admit_late_claim, claim_id, decision="")
    stage.do(admit_late_claim, claim_id, decision="（2026）测01执1号之三决定书")
    assert db.session.get(Claim, claim_id).refused is None
    stage.do(set_joining_day, date(2026, 11, 30))
    assert db.session.get(Claim, claim_id).refused is None
    with pytest.raises(DomainError, match="too-early"):
        stage.do(set_joining_day, date(2026, 11, 1))


def test_an_early_or_untitled_application_stays_out(stage):
    assert db.session.get(Claim, stage.claim(applied_on=date(2026, 11, 1))).refused == "early"
    untitled = stage.claim(title_number=None)
    assert db.session.get(Claim, untitled).refused == "no-title"
    stage.do(revise_claim, untitled, {"title_number": "（2026）测01民初3号"}, ground="补交执行依据")
    assert db.session.get(Claim, untitled).refused is None


def test_the_applicant_and_what_the_court_lists_itself_are_not_judged(stage):
    applicant = next(p for p in stage.case.parties if p.role == "applicant")
    own = stage.claim(party_id=applicant.id, title_number=None, applied_on=date(2020, 1, 1))
    listed = stage.claim(applied_on=None, title_number=None)
    assert [db.session.get(Claim, i).refused for i in (own, listed)] == [None, None]


def test_a_correction_says_why_and_keeps_before_and_after(stage):
    claim_id = stage.claim()
    with pytest.raises(DomainError, match="ground-missing"):
        stage.do(revise_claim, claim_id, {"principal_minor": 5}, ground="错")
    with pytest.raises(DomainError, match="nothing-changed"):
        stage.do(revise_claim, claim_id, {"principal_minor": 100_000}, ground="核对无误")
    with pytest.raises(DomainError, match="nothing-claimed"):
        stage.do(revise_claim, claim_id, {"principal_minor": 0}, ground="核对有误")
    stage.do(revise_claim, claim_id, {"principal_minor": 90_000}, ground="（2026）测01民终1号")
    entry = db.session.query(AuditEntry).filter_by(action="revise-claim").one()
    assert entry.detail["changed"] == {"principal_minor": [100_000, 90_000]}


# ── tables ──────────────────────────────────────────────────────────────────────────────────────


def table(*rows, columns=tuple(COLUMNS)):
    book = Workbook()
    book.active.append(list(columns))
    for row in rows:
        book.active.append([row.get(column) for column in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


GOOD = {
    "债权人": "债权人丙",
    "类别": "普通债权",
    "执行依据": "（2025）测01民初2号",
    "申请日期": date(2026, 11, 3),
    "本金": 800000.01,
    "利息": "4万",
}


@pytest.mark.parametrize("template", [template_csv, template_xlsx])
def test_the_template_can_be_read_as_it_is(template):
    (line,) = read_claim_lines(template())
    assert line.faults == []
    assert line.values["principal_minor"] == 80_000_000
    assert line.values["fee_kind"] == "realised"


def test_a_workbook_and_a_gbk_file_say_the_same():
    (line,) = read_claim_lines(table(GOOD))
    csv = "债权人,类别,执行依据,申请日期,本金,利息\n债权人丙,普通债权,（2025）测01民初2号,2026/11/3,800000.01,4万\n"
    (same,) = read_claim_lines(csv.encode("gbk"))
    assert line.values == same.values
    assert (line.values["principal_minor"], line.values["interest_minor"]) == (
        80_000_001,
        4_000_000,
    )


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ({"本金": "=1+1"}, ("本金", "formula")),
        ({"本金": 0.001}, ("本金", "bad-amount")),
        ({"本金": "-5"}, ("本金", "bad-amount")),
        ({"类别": "优先债权"}, ("类别", "unknown-class")),
        ({"申请日期": "2026-02-30"}, ("申请日期", "bad-date")),
        ({"担保顺位": "0"}, ("担保顺位", "bad-number")),
        ({"债权人": None}, ("债权人", "missing")),
        ({"债权人": "甲" * 101}, ("债权人", "too-long")),
        ({"理由": "a\u202eb"}, ("理由", "bad-text")),
    ],
)
def test_a_fault_is_named_by_line_and_column(cell, fault):
    first, second = read_claim_lines(table(GOOD, GOOD | cell))
    assert first.faults == []
    assert (second.number, second.faults) == (3, [fault])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\x00\x01", "not-text"),
        ("甲,乙\n1,2\n".encode(), "no-head-row"),
        ("债权人,类别\n".encode(), "no-lines"),
        ("债权人,类别,备注\na,普通债权,x\n".encode(), "unknown-column"),
        ("债权人,类别,类别\n".encode(), "column-twice"),
        (b"PK\x03\x04rest", "not-xlsx"),
        (b"x" * (2 * 1024 * 1024 + 1), "too-large"),
        (("债权人,类别\n" + "a,普通债权\n" * 2001).encode(), "too-many-lines"),
    ],
)
def test_what_is_no_table_of_claims_is_refused_whole(data, code):
    with pytest.raises(FileRefused, match=code):
        read_claim_lines(data)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data):
    for given_data in (data, b"PK\x03\x04" + data):
        code = "read"
        try:
            read_claim_lines(given_data)
        except FileRefused as error:
            code = error.code
        assert code


def test_one_fault_keeps_the_whole_table_out(stage):
    secured = GOOD | {"债权人": "债权人丁", "类别": "担保债权"}
    lines = read_claim_lines(table(GOOD, secured))
    reports = examine_lines(stage.case, lines)
    assert [len(report.faults) for report in reports] == [0, 1]
    assert reports[1].faults[0][0] == "所及财产"
    with pytest.raises(DomainError, match="lines-faulty"):
        stage.do(import_claims, lines)
    assert db.session.query(Claim).count() == 0
    title = stage.case and db.session.get(type(make_asset_row(stage)), stage.asset_id).title
    lines = read_claim_lines(table(GOOD, secured | {"所及财产": title, "担保顺位": 1}))
    stage.do(import_claims, lines)
    claims = db.session.query(Claim).order_by(Claim.id).all()
    assert [(c.label, c.party.name, str(c.claim_class)) for c in claims] == [
        ("A", "债权人丙", "ordinary"),
        ("B", "债权人丁", "secured"),
    ]
    assert [a.asset_id for a in claims[1].assets] == [stage.asset_id]
    with pytest.raises(DomainError, match="lines-faulty"):
        stage.do(import_claims, lines)
    assert db.session.query(Claim).count() == 2


def make_asset_row(stage):
    from auction.assets.models import Asset

    return db.session.get(Asset, stage.asset_id)


def test_the_same_line_twice_in_a_table_is_a_fault(stage):
    reports = examine_lines(stage.case, read_claim_lines(table(GOOD, GOOD)))
    assert [bool(report.faults) for report in reports] == [False, True]


# ── pages ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def clerk(app, stage):
    from auction.accounts.models import User

    return sign_in_as(browser(app), db.session.get(User, stage.clerk_id))


def send(client, path, **data):
    return client.post(path, data={"csrf_token": csrf_of(client), **data})


def test_the_clerk_checks_a_table_and_then_takes_it_in(stage, clerk):
    path = f"/court/cases/{stage.case_id}/claims/import"
    assert clerk.get("/court/cases/claims-template.xlsx").data[:2] == b"PK"
    assert "债权人" in clerk.get("/court/cases/claims-template.csv").text
    bad = table(GOOD, GOOD | {"本金": "很多"})
    page = send(clerk, path, act="import", file=(io.BytesIO(bad), "claims.xlsx"))
    assert page.status_code == 422
    assert "1 行有错误，没有导入" in page.text
    good = table(GOOD)
    page = send(clerk, path, act="check", file=(io.BytesIO(good), "claims.xlsx"))
    assert page.status_code == 200
    assert "全部 1 行可以导入" in page.text
    assert db.session.query(Claim).count() == 0
    page = send(clerk, path, act="import", file=(io.BytesIO(good), "claims.xlsx"))
    assert page.status_code == 302
    assert db.session.query(Claim).one().principal_minor == 80_000_001
    assert send(clerk, path, act="check", file=(io.BytesIO(b"x"), "x.csv")).status_code == 422


def test_doubled_interest_is_computed_shown_and_adopted(stage, clerk):
    claim_id = make_claim(stage.case, label="B").id
    path = f"/court/cases/{stage.case_id}/claims/{claim_id}/doubled-interest"
    terms = {"instalments": "2026-02-10 800000", "stops_on": "2026-09-12"}
    page = send(clerk, path, act="compute", **terms)
    assert page.status_code == 200
    assert "¥29,960.00" in page.text
    assert "214" in page.text
    assert db.session.get(Claim, claim_id).doubled_interest_minor == 0
    assert send(clerk, path, act="adopt", **terms).status_code == 302
    assert db.session.get(Claim, claim_id).doubled_interest_minor == 2_996_000
    kept = db.session.query(InterestReckoning).one()
    assert kept.result["lines"][0]["days"] == 214
    assert "共 214 天" in clerk.get(f"/court/cases/{stage.case_id}/claims/{claim_id}").text
    wrong = send(clerk, path, act="adopt", instalments="2026-02-10", stops_on="2026-09-12")
    assert wrong.status_code == 422
    assert "第 1 行看不明白" in wrong.text
    early = send(clerk, path, instalments="2010-02-10 5", stops_on="2026-09-12")
    assert "旧规定" in early.text


def test_ordinary_interest_and_a_correction_by_form(stage, clerk):
    claim_id = make_claim(stage.case, label="B", principal_minor=100).id
    base = f"/court/cases/{stage.case_id}/claims/{claim_id}"
    data = {"periods": "2025-01-01 2026-01-01 1000000 1", "year": "365"}
    assert send(clerk, f"{base}/ordinary-interest", act="adopt", **data).status_code == 302
    assert db.session.get(Claim, claim_id).interest_minor == 1_000_000
    form = {"claim_class": "ordinary", "fee_kind": "realised", "principal_minor": "9"}
    assert send(clerk, base, **form).status_code == 422
    assert send(clerk, base, **form, ground="核对借据").status_code == 302
    claim = db.session.get(Claim, claim_id)
    assert (claim.principal_minor, claim.interest_minor) == (900, 0)


def test_another_courts_clerk_finds_no_claim(app, clock, stage):
    claim_id = make_claim(stage.case, label="B").id
    stranger = make_user(clock.now(), Role.CLERK, court=make_case(clock.now()) and None)
    page = sign_in_as(browser(app), stranger).get(f"/court/cases/{stage.case_id}/claims/{claim_id}")
    assert page.status_code == 404
    assert find_case(db.session.get(type(stranger), stage.clerk_id), stage.case_id)
