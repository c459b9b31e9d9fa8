"""The pages of payouts as maker, checker and auditor see them."""

from __future__ import annotations

import re

import pytest
from builders import PASSWORD, make_court, make_user
from conftest import browser
from finance_stage import Row
from payout_stage import PayoutDesk
from signing import csrf_of, sign_in_as

from auction.accounts.models import StepUp
from auction.accounts.roles import Role
from auction.core.audit import AuditEntry
from auction.core.db import db
from escrow.payouts.models import BatchStatus, PayeeCorrection, PayoutBatch, Voucher


@pytest.fixture
def desk(app, clock):
    return PayoutDesk(clock).ready()


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


def hidden(page, name):
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1]


def make_batch(visit):
    page = visit.get("maker", "/finance/payouts")
    told = {name: hidden(page, name) for name in ("count", "total", "form_key")}
    answer = visit.post("maker", "/finance/payouts/choose", **told)
    assert answer.status_code == 302, answer.text
    return answer.location


def test_from_what_is_due_to_the_file_by_two_people_and_a_password(visit, desk):
    path = make_batch(visit)
    answer = visit.post("maker", f"{path}/submit", execute_on="2020-01-01")
    assert answer.status_code == 422
    assert "2020-01-01" in answer.text  # what was typed is kept
    day = desk.now.date()
    while day.weekday() > 4:
        day = day.replace(day=day.day + 1)
    assert visit.post("maker", f"{path}/submit", execute_on=str(day)).status_code == 302
    assert "您已经参与本批次" in visit.get("maker", path)
    page = visit.get("checker", path)
    assert "复核前请重新输入密码" in page
    sha256 = db.session.query(PayoutBatch).one().sha256
    refused = visit.post("checker", f"{path}/approve", sha256=sha256)
    assert "/account/step-up?next=" in refused.location
    wrong = visit.post("checker", "/account/step-up", password="wrong", next=path)
    assert wrong.status_code == 422
    assert db.session.query(AuditEntry).filter_by(action="refuse-step-up").count() == 1
    right = visit.post("checker", "/account/step-up", password=PASSWORD, next=path)
    assert right.location == path
    visit.post("checker", f"{path}/approve", sha256=hidden(visit.get("checker", path), "sha256"))
    batch = db.session.query(PayoutBatch).one()
    assert (batch.status, batch.first_step_up_id) == (
        BatchStatus.SENT,
        db.session.query(StepUp).one().id,
    )
    file = visit.post("checker", f"{path}/file")
    assert file.headers["Content-Type"].startswith("application/xml")
    assert visit.post("maker", f"{path}/file").data == file.data
    assert db.session.query(AuditEntry).filter_by(action="take-payout-file").count() == 2
    assert "只应上传银行一次" in visit.get("maker", path)
    for page in ("batches", "under-way", "returned", "payees", "vouchers"):
        visit.get("maker", f"/finance/payouts/{page}")


def test_an_auditor_sees_everything_and_does_nothing(visit, desk):
    path = make_batch(visit)
    auditor = Row(make_user(desk.now, Role.AUDITOR, court=desk.court))
    for page in ("", "/batches", "/under-way", "/returned", "/payees", "/vouchers"):
        visit.get(auditor, f"/finance/payouts{page}")
    page = visit.get(auditor, path)
    assert "提交复核" not in page
    for act in ("submit", "approve", "cancel", "freeze", "file"):
        assert visit.post(auditor, f"{path}/{act}").status_code == 403
    assert visit.get(auditor, "/finance/payouts/payees/plan/1", status=403)


def test_what_belongs_to_another_court_is_not_there(visit, desk):
    path = make_batch(visit)
    stranger = Row(make_user(desk.now, Role.FINANCE, court=make_court(desk.now)))
    visit.get(stranger, path, status=404)
    answer = visit.post(stranger, f"{path}/file")
    assert answer.status_code == 404
    answer = visit.post(stranger, f"{path}/cancel", reason="没有这个批次")
    assert answer.status_code == 404


def test_a_payee_is_corrected_on_two_pages_and_what_was_typed_is_kept(visit, desk):
    payment = desk.payments()[0]
    path = f"/finance/payouts/payees/plan/{payment.id}"
    page = visit.get("maker", path)
    assert payment.payee_account in page
    typed = {
        "name": "某甲",
        "account": "6217 0000 0000 0000",
        "bank": "云州农商银行",
        "bank_code": "",
        "reason": "核对存折",
    }
    answer = visit.post("maker", path, **typed)
    assert answer.status_code == 422
    assert "云州农商银行" in answer.text
    assert "请填写 12 位支付系统行号" in answer.text
    typed |= {"bank_code": "102100099996"}
    assert visit.post("maker", path, **typed).status_code == 302
    row = db.session.query(PayeeCorrection).one()
    visit.post("maker", f"/finance/payouts/payees/{row.id}/approve")
    assert "登记更正的人不能核准" in visit.get("maker", "/finance/payouts/payees")
    visit.post("checker", f"/finance/payouts/payees/{row.id}/approve")
    db.session.expire_all()
    assert db.session.query(PayeeCorrection).one().approved_by == desk.checker.id
    visit.get("maker", "/finance/payouts/payees/nothing/1", status=404)


def test_a_voucher_is_a_pdf_with_its_number(visit, desk):
    batch = desk.send()
    desk.confirm_all(batch)
    desk.work_off()
    assert db.session.query(Voucher).count() == len(desk.payouts(batch))
    page = visit.get("maker", "/finance/payouts/vouchers?kind=fee")
    assert "编号连续" in page
    path = re.search(r"/finance/payouts/vouchers/\d+\.pdf", page)[0]
    answer = visit.as_("maker").get(path)
    assert answer.data.startswith(b"%PDF-")
    assert visit.as_("maker").get(path).data == answer.data
