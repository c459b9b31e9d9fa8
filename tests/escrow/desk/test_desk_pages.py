"""The desk's pages as a browser sees them: both finance people, the clerk, the auditor."""

from __future__ import annotations

import io
import re

import pytest
from builders import make_user
from conftest import browser
from finance_stage import Desk, Row
from signing import csrf_of, sign_in_as
from sqlalchemy import select

from auction.accounts.roles import Role
from auction.cases.models import CaseStatus, EnforcementCase
from auction.core.audit import AuditEntry
from auction.core.db import db, transaction
from escrow.bank.models import BankLine, LineStatus, PayerReview, Reason, ReturnOrder
from escrow.payments.alarms import raise_alarm
from escrow.plans.models import DistributionPlan, PaymentStatus, PlanPayment, PlanStatus
from escrow.settlement.services import settlement_of


@pytest.fixture
def desk(app, clock):
    return Desk(clock)


@pytest.fixture
def visit(app, desk):
    return Visitors(app, desk)


class Visitors:
    """Signed-in browsers by name; `post` sends the page's own token."""

    def __init__(self, app, desk):
        self.app, self.desk, self.open = app, desk, {}

    def as_(self, who):
        if who not in self.open:
            row = getattr(self.desk, who) if isinstance(who, str) else who
            self.open[who] = sign_in_as(browser(self.app), row.read())
        return self.open[who]

    def get(self, who, path, status=200):
        answer = self.as_(who).get(path)
        assert answer.status_code == status, answer.text[:2000]
        return answer.text

    def post(self, who, path, **data):
        client = self.as_(who)
        return client.post(path, data={"csrf_token": csrf_of(client), **data})


def upload(visit, who, data, name="bank.csv"):
    return visit.post(who, "/finance/statements", file=(io.BytesIO(data), name))


def test_an_uploaded_file_is_reported_line_by_line(visit, desk):
    bidder = desk.enrol()
    desk.row(
        credit=bidder.deposit_minor, name=desk.name_of(bidder), account="1", text=bidder.reference
    )
    desk.row(credit=12_345, name="路人", account="2", text="货款")
    answer = upload(visit, "maker", desk.csv(encoding="gbk"))
    assert answer.status_code == 302
    page = visit.get("maker", answer.location)
    assert "已对账" in page
    assert "附言里没有有效的付款参考号" in page
    assert "路人" in page
    assert desk.name_of(bidder) not in page  # the sale still runs (CN16-18.3)
    home = visit.get("maker", "/finance")
    assert "1 笔不明款项待查，合计 ¥123.45" in home


def test_a_faulty_file_is_refused_whole_and_the_page_says_which_line(visit, desk):
    desk.row(credit=100, text="a")
    desk.balance += 7
    desk.row(credit=100, text="b")
    answer = upload(visit, "maker", desk.csv())
    assert answer.status_code == 422
    assert "第 4 行：" in answer.text
    assert "余额与上一笔接不上" in answer.text
    assert db.session.query(BankLine).count() == 0
    assert upload(visit, "maker", b"").status_code == 422
    assert visit.post("maker", "/finance/statements").status_code == 422


def test_the_same_file_again_says_so(visit, desk):
    desk.row(credit=100, text="a")
    data = desk.csv()
    first = upload(visit, "maker", data)
    again = upload(visit, "checker", data)
    assert first.location == again.location
    assert "已经导入过" in visit.get("checker", again.location)


def test_a_sealed_payer_is_shown_only_on_request_and_the_look_is_recorded(visit, desk):
    bidder = desk.enrol()
    line = desk.pay_deposit(bidder, name="张三代付")
    path = f"/finance/lines/{line.id}"
    assert "张三代付" not in visit.get("maker", path)
    assert "张三代付" not in visit.get("maker", "/finance/lines?status=suspense")
    shown = visit.post("maker", f"{path}/reveal")
    assert "张三代付" in shown.text
    assert db.session.query(AuditEntry).filter_by(action="view-payer").count() == 1


def test_a_payer_nothing_is_to_be_decided_about_is_not_shown_before_the_end(visit, desk):
    line = desk.pay_deposit(desk.enrol())
    assert Row(line).status is LineStatus.MATCHED
    for path in (f"/finance/lines/{line.id}", "/finance/lines?status=matched"):
        assert "6217000000000001" not in visit.get("maker", path)
    refused = visit.post("maker", f"/finance/lines/{line.id}/reveal")
    assert refused.status_code == 403
    assert "6217000000000001" not in refused.text


def test_money_from_another_name_is_asked_about_with_a_reason_and_booked_by_the_court(visit, desk):
    bidder = desk.enrol()
    line_id = desk.pay_deposit(bidder, name="张三代付").id
    path = f"/finance/lines/{line_id}/place"
    refused = visit.post("maker", path, reference=bidder.reference, reason="")
    assert refused.status_code == 422
    assert "请写明理由" in refused.text
    assert bidder.reference in refused.text
    fields = {"reference": bidder.reference, "reason": "配偶代付，已核对结婚证"}
    assert visit.post("maker", path, **fields).status_code == 302
    line = Row(db.session.get(BankLine, line_id))
    assert line.status is LineStatus.SUSPENSE
    review_id = db.session.scalars(select(PayerReview.id)).one()
    accept = f"/court/payers/{review_id}/accept"
    assert visit.post("maker", accept, ground="核对结婚证原件").status_code == 403
    assert visit.post("clerk", accept, ground="").status_code == 422
    assert visit.post("clerk", accept, ground="核对结婚证原件").status_code == 302
    assert line.status is LineStatus.PLACED
    assert visit.post("maker", path, **fields).status_code == 422  # it is placed
    desk.check_books()


def test_a_payer_the_court_refuses_gets_his_money_back(visit, desk):
    bidder = desk.enrol()
    line_id = desk.pay_deposit(bidder, name="张三代付").id
    fields = {"reference": bidder.reference, "reason": "自称朋友，没有证明"}
    assert visit.post("maker", f"/finance/lines/{line_id}/place", **fields).status_code == 302
    review_id = db.session.scalars(select(PayerReview.id)).one()
    path = f"/court/payers/{review_id}/refuse"
    assert visit.post("clerk", path, ground="没有身份证明").status_code == 302
    line = Row(db.session.get(BankLine, line_id))
    assert (line.status, line.reason) == (LineStatus.SUSPENSE, Reason.PAYER_REFUSED)
    assert "张三代付" not in visit.get("maker", "/finance/lines?status=suspense")
    assert visit.post("clerk", path, ground="没有身份证明").status_code == 302  # said already
    assert (
        visit.post("clerk", path.replace("refuse", "accept"), ground="又有了证明").status_code
        == 422
    )


def test_a_small_return_needs_one_person_and_a_large_one_two(visit, desk):
    small = desk.pay(100, "谢谢", "路人").id
    large = desk.pay(9_000_000, "谢谢", "路人").id
    day = desk.now.date().isoformat()
    for line_id, reference in ((small, "OUT1"), (large, "OUT2")):
        answer = visit.post(
            "maker", f"/finance/lines/{line_id}/return", bank_reference=reference, paid_on=day
        )
        assert answer.status_code == 302
    assert Row(db.session.get(BankLine, small)).status is LineStatus.PLACED
    order_id = db.session.query(ReturnOrder).filter_by(line_id=large).one().id
    visit.post("maker", f"/finance/returns/{order_id}/confirm")
    assert "经办人不能复核自己提交的退款" in visit.get("maker", "/finance/refunds")
    assert Row(db.session.get(BankLine, large)).status is LineStatus.SUSPENSE
    visit.post("checker", f"/finance/returns/{order_id}/confirm")
    assert Row(db.session.get(BankLine, large)).status is LineStatus.PLACED
    desk.check_books()


def test_a_plan_goes_from_the_case_page_to_the_last_payment_and_the_case_closes(visit, desk):
    desk.claims_of_the_example()
    desk.bring_proceeds()
    case = f"/finance/cases/{desk.case.id}"
    deduction = {
        "kind": "cost",
        "sale_id": "0",
        "amount": "13000",
        "basis": "发票 1",
        "payee_name": "评估机构",
        "payee_bank": "测试银行",
        "payee_account": "6222000000000099",
        "form_key": "k1",
    }
    for _ in range(2):  # the same form twice is one deduction
        assert visit.post("maker", f"{case}/deductions", **deduction).status_code == 302
    tax = deduction | {"kind": "sale-tax", "amount": "60000", "form_key": "k2"}
    assert visit.post("clerk", f"/court/cases/{desk.case.id}/deductions", **tax).status_code == 422
    tax["sale_id"] = str(desk.sale.id)
    assert visit.post("clerk", f"/court/cases/{desk.case.id}/deductions", **tax).status_code == 302

    plan_path = visit.post("maker", f"{case}/plans").location
    page = visit.get("maker", plan_path)
    for told in ("¥738,780.20", "¥1,108,170.30", "flow__band--priority", "CPLI-508.1"):
        assert told in page
    visit.post("maker", f"{plan_path}/submit")
    plan = Row(db.session.query(DistributionPlan).one())
    visit.post("maker", f"{plan_path}/approve", sha256=plan.sha256)
    assert plan.status is PlanStatus.SUBMITTED
    visit.post("checker", f"{plan_path}/approve", sha256="0" * 64)
    assert plan.status is PlanStatus.SUBMITTED
    visit.post("checker", f"{plan_path}/approve", sha256=plan.sha256)
    assert plan.status is PlanStatus.APPROVED
    visit.post("clerk", f"/court/cases/{desk.case.id}/close")
    assert "本案账户尚未结清，不能结案" in visit.get("clerk", case)

    for payment_id in [row.id for row in db.session.query(PlanPayment)]:
        field = {
            f"p{payment_id}-bank_reference": f"OUT{payment_id}",
            f"p{payment_id}-paid_on": desk.now.date().isoformat(),
        }
        path = f"{plan_path}/payments/{payment_id}/paid"
        assert visit.post("maker", path, **field).status_code == 422
        assert visit.post("checker", path, **field).status_code == 302
        assert visit.post("checker", path, **field).status_code == 302
    db.session.rollback()
    assert {row.status for row in db.session.query(PlanPayment)} == {PaymentStatus.PAID}
    assert "标的尚未移交" in visit.get("clerk", case)
    desk.hand_over()
    assert "可以结案" in visit.get("clerk", case)
    visit.post("clerk", f"/court/cases/{desk.case.id}/close")
    db.session.rollback()
    assert db.session.get(EnforcementCase, desk.case.id).status is CaseStatus.CLOSED
    desk.check_books()


def test_an_auditor_reads_everything_and_changes_nothing(visit, desk):
    auditor = Row(make_user(desk.now, Role.AUDITOR, court=desk.court.read()))
    desk.claims_of_the_example()
    desk.bring_proceeds()
    plan = desk.draft()
    for path in (
        "/finance",
        "/finance/lines",
        "/finance/lines?status=",
        "/finance/refunds",
        "/finance/settlements?paid=1",
        "/finance/cases",
        f"/finance/cases/{desk.case.id}",
        f"/finance/plans/{plan.id}",
    ):
        page = visit.get(auditor, path)
        forms = re.findall(r'<form[^>]*method="post" action="([^"]+)"', page)
        assert {form for form in forms if form != "/logout"} == set()
    for path in (f"/finance/plans/{plan.id}/submit", f"/finance/cases/{desk.case.id}/plans"):
        assert visit.post(auditor, path).status_code == 403


def test_another_court_sees_nothing_of_it(visit, desk, clock):
    desk.claims_of_the_example()
    desk.bring_proceeds()
    plan = desk.draft()
    line = db.session.query(BankLine).first()
    stranger = Row(Desk(clock).maker.read())
    for path in (
        f"/finance/cases/{desk.case.id}",
        f"/finance/plans/{plan.id}",
        f"/finance/lines/{line.id}",
        f"/finance/statements/{line.statement_id}",
    ):
        visit.get(stranger, path, status=404)
    assert visit.post(stranger, f"/finance/plans/{plan.id}/submit").status_code == 404
    assert (
        visit.post(
            stranger,
            f"/finance/lines/{line.id}/explain",
            text="不是我们的",
        ).status_code
        == 404
    )


def test_the_settlement_page_shows_what_is_still_owed(visit, desk):
    winner = desk.enrol()
    desk.pay_deposit(winner)
    desk.sell(winner, 360_000_000)
    page = visit.get("maker", "/finance/settlements")
    assert "¥3,500,000.00" in page
    assert settlement_of(desk.sale.id).reference in page
    assert desk.lot.number in page


def test_alarms_stand_on_the_first_page_by_what_they_are_until_a_person_has_looked(visit, desk):
    with transaction():
        made = raise_alarm("payout-returned", "付款 7", court_id=desk.court.id, at=desk.now)
        alarm_id = made.id
    page = visit.get("maker", "/finance")
    assert "付款被银行退回" in page
    assert "付款 7" in page
    visit.post("maker", f"/finance/alarms/{alarm_id}/settle", remark="已更正账户")
    assert "付款 7" not in visit.get("maker", "/finance")
