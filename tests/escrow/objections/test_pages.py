"""Service, objections, what-if and the no-surplus test as a browser sees them."""

from __future__ import annotations

import pytest
from builders import make_asset, make_lot, make_sale
from conftest import browser
from signing import csrf_of, sign_in_as

from auction.core.db import db
from auction.sales.models import SaleStatus
from escrow.objections.models import Objection, PlanService
from escrow.plans.models import DistributionPlan

A, D, C1, C2 = "申请人甲", "被执行人乙", "债权人丙", "债权人丁"


class Visitors:
    """Signed-in browsers by name; `post` sends the page's own token."""

    def __init__(self, app, desk):
        self.app, self.desk, self.open = app, desk, {}

    def as_(self, who):
        if who not in self.open:
            self.open[who] = sign_in_as(browser(self.app), getattr(self.desk, who).read())
        return self.open[who]

    def get(self, who, path, status=200):
        answer = self.as_(who).get(path)
        assert answer.status_code == status, answer.text[:3000]
        return answer.text

    def post(self, who, path, **data):
        client = self.as_(who)
        return client.post(path, data={"csrf_token": csrf_of(client), **data})


@pytest.fixture
def visit(app, lite):
    return Visitors(app, lite)


def test_a_plan_is_served_disputed_and_released_by_clicking(visit, lite):
    plan = lite.ready()
    path = f"/finance/plans/{plan.id}/service"
    page = visit.get("checker", path)
    assert page.count("未送达") == 4
    assert "异议期届满前不支付" in page
    assert f"/finance/plans/{plan.id}/service" in visit.get("checker", f"/finance/plans/{plan.id}")
    refused = visit.post(
        "checker", f"{path}/{lite.party(A).id}", **{f"s{lite.party(A).id}-proof": "x"}
    )
    assert refused.status_code == 422
    assert "请填写“发出日期”" in refused.text
    for party in lite.parties():
        sent = {"channel": "hand", "sent_on": lite.today, "reached_on": lite.today, "proof": "回证"}
        data = {f"s{party.id}-{name}": str(value) for name, value in sent.items()}
        answer = visit.post("checker", f"{path}/{party.id}", **data)
        assert answer.status_code == 302, answer.text[:3000]
    lodged = visit.post(
        "clerk",
        f"/finance/plans/{plan.id}/objections",
        party_id=lite.party(C2).id,
        received_on=lite.today,
        ground="利息计算有误",
        line1="200000",
    )
    assert lodged.status_code == 302, lodged.text[:3000]
    page = visit.get("checker", lodged.location)
    assert "利息计算有误" in page
    assert "¥200,000.00" in page
    own = visit.post("maker", f"/finance/plans/{plan.id}/release")
    assert own.status_code == 302
    lite.pass_days(20)
    visit.open.clear()  # nobody stays signed in that long
    visit.post("checker", f"/finance/plans/{plan.id}/release")
    assert db.session.get(DistributionPlan, plan.id).released_at is not None
    assert "异议期已满，无争议部分可以支付" in visit.get("checker", path)
    objection = db.session.query(Objection).one()
    there = f"/finance/objections/{objection.id}"
    for party in lite.parties():
        if party.name == C2:
            continue
        sent = {"channel": "hand", "sent_on": lite.today, "reached_on": lite.today, "proof": "回证"}
        data = {f"t{party.id}-{name}": str(value) for name, value in sent.items()}
        assert visit.post("checker", f"{there}/tell/{party.id}", **data).status_code == 302
    a = lite.party(A).id
    refused = visit.post("checker", f"{there}/answer/{a}", **{f"a{a}-words": "不同意"})
    assert refused.status_code == 422
    assert "不同意" in refused.text
    answer = {f"a{a}-answer": "opposes", f"a{a}-answered_on": str(lite.today), f"a{a}-words": "不"}
    assert visit.post("checker", f"{there}/answer/{a}", **answer).status_code == 302
    told = {"told-told_on": str(lite.today), "told-proof": "回证"}
    assert visit.post("checker", f"{there}/told", **told).status_code == 302
    suit = {"suit-sued_on": str(lite.today), "suit-suit_number": "（2026）测01民初7号"}
    assert visit.post("checker", f"{there}/suit", **suit).status_code == 302
    done = {"judgement-outcome": "rejected", "judgement-judgement_number": "（2027）测01民终1号"}
    assert visit.post("checker", f"{there}/judgement", **done).status_code == 302
    assert "判决驳回，按原方案支付" in visit.get("checker", there)
    assert {str(row.status) for row in lite.payments()} == {"due"}


def test_the_papers_of_a_plan_are_read_by_finance_and_by_no_stranger(visit, lite, client):
    plan = lite.ready()
    service = lite.serve(C1)
    assert db.session.get(PlanService, service.id).document_id
    page = visit.get("maker", f"/finance/plans/{plan.id}/service")
    link = page.split('href="/documents/', 1)[1].split('"', 1)[0]
    pdf = visit.as_("maker").get(f"/documents/{link}")
    assert pdf.data.startswith(b"%PDF")
    assert client.get(f"/documents/{link}").status_code == 404
    whole = visit.get("maker", f"/documents/{link.removesuffix('.pdf')}")
    assert "分配方案受偿明细" in whole


def test_what_if_shows_both_plans_and_stores_nothing(visit, lite):
    lite.claims_of_the_example()
    path = f"/finance/cases/{lite.case.id}/what-if"
    assert "还不能测算" in visit.get("maker", path)
    lite.bring_proceeds()
    visit.open.clear()
    page = visit.get("maker", path)
    assert 'name="claim1_principal"' in page
    data = {
        "debtor": "individual",
        "pot0": "3600000",
        "claim0": "yes",
        "claim0_principal": "1500000",
        "claim0_interest": "120000",
        "claim0_expenses": "18000",
        "claim0_doubled_interest": "0",
        "claim1": "no",
        "claim1_principal": "0",
        "claim1_interest": "0",
        "claim1_expenses": "0",
        "claim1_doubled_interest": "0",
        "claim2": "yes",
        "claim2_principal": "1260000",
        "claim2_interest": "0",
        "claim2_expenses": "0",
        "claim2_doubled_interest": "0",
    }
    answer = visit.post("maker", path, **data)
    assert answer.status_code == 200, answer.text[:3000]
    assert "差额" in answer.text
    assert "−" in answer.text
    assert db.session.query(DistributionPlan).count() == 0
    wrong = visit.post("maker", path, **data | {"pot0": "abc"})
    assert wrong.status_code == 422
    assert 'value="abc"' in wrong.text


def test_the_no_surplus_test_follows_edge_case_24(visit, lite):
    """Mortgage 900,000, costs 20,000, start price 800,000: the applicant must be asked first."""
    from builders import make_claim

    asset = make_asset(lite.now, case=lite.case.read())
    lot = make_lot(lite.now, asset=asset)
    make_sale(lite.now, lot=lot, start_price_minor=80_000_000, status=SaleStatus.DRAFT)
    make_claim(
        lite.case.read(),
        asset=asset,
        label="M",
        claim_class="secured",
        rank=1,
        party_id=add_creditor(lite),
        principal_minor=90_000_000,
    )
    make_claim(lite.case.read(), label="B")
    visit.post(
        "maker",
        f"/finance/cases/{lite.case.id}/deductions",
        kind="cost",
        sale_id="0",
        amount="20000",
        basis="发票",
        payee_name="评估机构",
        payee_bank="测试银行",
        payee_account="6222000000000099",
        form_key="k1",
    )
    page = visit.get("maker", f"/finance/cases/{lite.case.id}/no-surplus")
    assert "无剩余可能：应在拍卖前通知申请执行人" in page
    assert "不得低于 ¥920,000.01" in page


def add_creditor(desk):
    from builders import save

    from auction.cases.models import Party, PartyRole

    return save(Party(case_id=desk.case.id, role=PartyRole.CREDITOR, name="银行")).id
