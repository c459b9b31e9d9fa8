"""Money that its payee does not take: notices, and the way to a notary (CN17F-14)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from conftest import browser
from payout_stage import PayoutDesk, card
from signing import csrf_of, sign_in_as

from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.notices.models import Document
from escrow.invariants import check_invariants
from escrow.ledger import TransferKind
from escrow.ledger.models import Transfer
from escrow.payouts.models import PayoutKind
from escrow.payouts.payees import NewPayee, approve_correction, propose_correction
from escrow.payouts.rules import end_to_end_id
from escrow.plans.closing import list_obstacles
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.plans.payouts import mark_paid
from escrow.unclaimed.models import DepositGround, NotaryDeposit, NotaryStatus
from escrow.unclaimed.notices import issue_notice
from escrow.unclaimed.queries import find_unclaimed, list_deposited, list_unclaimed
from escrow.unclaimed.services import (
    NewDeposit,
    confirm_deposit,
    drop_deposit,
    propose_deposit,
    record_certificate,
)

OFFICE = "云州市公证处"


@pytest.fixture
def desk(any_app, clock):
    return PayoutDesk(clock).ready()


@pytest.fixture
def lite(app, clock):
    return PayoutDesk(clock).ready()


def act(desk, actor=None):
    return {"court_id": desk.court.id, "actor_id": (actor or desk.maker).id, "now": desk.now}


def lost(desk):
    """The payee of claim A has no account any more; his payment's key."""
    with transaction():
        row = db.session.query(PlanPayment).filter_by(payee="A").one()
        row.payee_account = ""
        return row.id


def typed(**more):
    values = {
        "ground": DepositGround.UNREACHABLE,
        "facts": "三次邮寄通知均退回",
        "office": OFFICE,
        "account": card(900),
        "bank": "中国银行",
        "bank_code": "",
        **more,
    }
    return NewDeposit(**values)


def propose(desk, payment_id, **more):
    with transaction():
        return propose_deposit(payment_id, typed(**more), **act(desk)).id


def confirm(desk, deposit_id, actor=None):
    with transaction():
        confirm_deposit(deposit_id, **act(desk, actor or desk.checker))


def read(payment_id):
    db.session.rollback()
    return db.session.get(PlanPayment, payment_id)


def test_what_cannot_be_paid_goes_to_a_notary_and_the_statement_confirms_it(desk):
    payment_id = lost(desk)
    (row,) = list_unclaimed(desk.court.id)
    assert (row.payment.id, row.objections) == (payment_id, ("no-account",))
    deposit_id = propose(desk, payment_id)
    offer = next(o for o in desk.offers() if o.debt.subject_id == payment_id)
    assert offer.objections[0] == "notary-waits"
    with pytest.raises(DomainError, match="same-person"):
        confirm(desk, deposit_id, desk.maker)
    confirm(desk, deposit_id)
    batch = desk.send()
    payout = next(p for p in desk.payouts(batch) if p.plan_payment_id == payment_id)
    assert (payout.payee_name, payout.payee_account) == (OFFICE, card(900))
    assert "提存 债权人丙" in payout.remittance
    desk.confirm_all(batch)
    assert read(payment_id).status is PaymentStatus.DEPOSITED
    kinds = {row.kind for row in db.session.query(Transfer).filter_by(case_id=desk.case.id)}
    assert TransferKind.PLAN_DEPOSITED in kinds
    assert desk.case_balances() == {}
    assert not [o for o in list_obstacles(desk.case.read()) if o.code.endswith("-line")]
    with transaction():
        record_certificate(deposit_id, certificate="（2026）云证字第9号", **act(desk))
    ((deposit, _payment, _case),) = list_deposited(desk.court.id)
    assert deposit.certificate == "（2026）云证字第9号"
    assert check_invariants(desk.now) == []


def test_what_the_notarys_bank_sends_back_is_owed_to_the_payee_again(lite):
    desk = lite
    payment_id = lost(desk)
    deposit_id = propose(desk, payment_id)
    confirm(desk, deposit_id)
    batch = desk.send()
    desk.confirm_all(batch)
    desk.clock.advance(seconds=1)
    payout = next(p for p in desk.payouts(batch) if p.plan_payment_id == payment_id)
    desk.show(payout, side="credit", text=f"{end_to_end_id(payout.id)} 退汇 AC04")
    desk.take()
    assert read(payment_id).status is PaymentStatus.DUE
    assert [o.objections for o in desk.offers()] == [("came-back",)]
    with transaction():
        drop_deposit(deposit_id, reason="另行提供账户", **act(desk))
    again = propose(desk, payment_id, account=card(901))
    desk.clock.advance(seconds=1)
    confirm(desk, again)
    second = desk.send(form_key="k2")
    assert [p.payee_account for p in desk.payouts(second)] == [card(901)]
    assert check_invariants(desk.now) == []


def test_an_account_corrected_before_does_not_take_the_notarys_place(lite):
    payment_id = lost(lite)
    with transaction():
        row = propose_correction(
            PayoutKind.PLAN,
            payment_id,
            NewPayee("债权人丙", card(500), "中国银行", "", "债权人提供"),
            **act(lite),
        ).id
    with transaction():
        approve_correction(row, **act(lite, lite.checker))
    lite.clock.advance(seconds=1)
    confirm(lite, propose(lite, payment_id))
    offer = next(o for o in lite.offers() if o.debt.subject_id == payment_id)
    assert (offer.payee.name, offer.payee.account) == (OFFICE, card(900))


def test_a_payee_who_comes_in_time_is_paid_himself(lite):
    payment_id = lost(lite)
    deposit_id = propose(lite, payment_id)
    with pytest.raises(DomainError, match="deposit-waits"):
        propose(lite, payment_id)
    with pytest.raises(DomainError, match="notary-waits"), transaction():
        mark_paid(
            payment_id,
            bank_reference="H1",
            paid_on=beijing(lite.now).date(),
            **act(lite, lite.checker),
        )
    with transaction():
        drop_deposit(deposit_id, reason="债权人已到院", **act(lite))
    assert db.session.get(NotaryDeposit, deposit_id).status is NotaryStatus.DROPPED
    (row,) = list_unclaimed(lite.court.id)
    assert row.deposit is None
    chosen = next(p.id for p in lite.payments() if p.id != payment_id)
    lite.choose()
    with pytest.raises(DomainError, match="under-way"):
        propose(lite, chosen)
    assert find_unclaimed(lite.court.id, chosen).objections == ("under-way",)


def test_a_notary_that_no_bank_could_pay_is_refused(lite):
    payment_id = lost(lite)
    for more, code in (
        ({"account": ""}, "no-account"),
        ({"office": "公证<处>"}, "bad-name"),
        ({"bank": "云州农商银行"}, "no-bank-code"),
        ({"facts": "无"}, "reason-missing"),
    ):
        with pytest.raises(DomainError, match=code):
            propose(lite, payment_id, **more)


def test_a_published_notice_tells_neither_the_sum_nor_the_whole_name(lite):
    payment_id = lost(lite)
    today = beijing(lite.now).date()

    def issue(*, is_published, until_on=today + timedelta(days=30)):
        with transaction():
            row = issue_notice(
                payment_id, until_on=until_on, is_published=is_published, **act(lite)
            )
            return db.session.get(Document, row.document_id)

    for is_published in (True, False):
        paper = issue(is_published=is_published)
        assert (paper.published_at is not None) is is_published
        assert ("债权人丙" in str(paper.content)) is not is_published
        assert ("1,638,000.00" in str(paper.content)) is not is_published
    with pytest.raises(DomainError, match="bad-day"):
        issue(is_published=False, until_on=today)


def test_the_pages_lead_from_the_list_to_the_notary(app, lite):
    payment_id = lost(lite)
    maker, checker = (sign_in_as(browser(app), who.read()) for who in (lite.maker, lite.checker))
    path = f"/finance/payouts/unclaimed/{payment_id}"
    assert path in maker.get("/finance/payouts/unclaimed").text

    def post(client, where, **data):
        return client.post(where, data={"csrf_token": csrf_of(client), **data})

    refused = post(maker, f"{path}/deposit", **{"deposit-facts": "已通知三次"})
    assert refused.status_code == 422
    assert "已通知三次" in refused.text
    told = {f"deposit-{name}": value for name, value in vars(typed()).items()}
    assert post(maker, f"{path}/deposit", **told).status_code == 302
    assert "须由另一名财务人员批准" in maker.get(path).text
    deposit_id = db.session.query(NotaryDeposit).one().id
    assert post(checker, f"{path}/deposit/{deposit_id}/confirm").status_code == 302
    assert "已批准提存" in checker.get(path).text
    day = str(beijing(lite.now).date() + timedelta(days=15))
    notice = {"notice-how": "served", "notice-until_on": day}
    assert post(maker, f"{path}/notices", **notice).status_code == 302
    page = maker.get(path).text
    assert "案款领取通知书 PDF" in page
    code = db.session.query(Document).order_by(Document.id.desc()).first().code
    assert maker.get(f"/documents/{code}.pdf").data.startswith(b"%PDF")
