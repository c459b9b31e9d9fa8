"""A deposit in several payments, a sell-off prepaid in full, an applicant who owes only the rest."""

from __future__ import annotations

import pytest
from builders import make_bidder, make_case, make_user
from conftest import browser
from signing import csrf_of, sign_in_as

from auction.accounts.models import Identity
from auction.accounts.roles import Role
from auction.cases.models import EnforcementCase, Party, PartyRole
from auction.cases.relief import confirm_relief
from auction.core.db import db, transaction
from auction.courts.models import Court
from auction.sales.models import Stage
from auction.sales.rulepacks import load_rule_pack
from bidding.enrolment.models import EnrolmentStatus
from bidding.enrolment.services import accept_notices, begin_enrolment, leave_sale
from escrow.deposits.models import DepositStatus
from escrow.payments.models import PaymentStatus, RefundReason, RefundStatus
from escrow.payments.rules import PROVIDER_LIMIT_MINOR, count_parts, next_part
from escrow.payments.services import confirm_bank_deposit
from escrow.settlement.services import settlement_of

LARGE = 250_000_001  # three parts
PRICE = 1_000_000_000


@pytest.mark.parametrize(
    ("amount", "parts"),
    [
        (1, [1]),
        (PROVIDER_LIMIT_MINOR, [PROVIDER_LIMIT_MINOR]),
        (PROVIDER_LIMIT_MINOR + 1, [50_000_000, 50_000_000]),
        (LARGE, [83_333_334, 83_333_334, 83_333_333]),
        (5 * PROVIDER_LIMIT_MINOR, [PROVIDER_LIMIT_MINOR] * 5),
    ],
)
def test_an_amount_is_cut_into_parts_as_alike_as_can_be(amount, parts):
    assert count_parts(amount) == len(parts)
    paid = []
    while amount:
        paid.append(next_part(amount))
        amount -= paid[-1]
    assert paid == parts


def large_sale(stage, **more):
    return stage.sale(deposit_minor=LARGE, start_price_minor=PRICE, **more)


def pay_bank(stage, enrolment, amount, line=1):
    with transaction():
        return confirm_bank_deposit(
            enrolment.id,
            line,
            amount,
            payer_name="竞买人",
            payer_account="6222000000000009",
            received_at=stage.clock.now(),
            at=stage.clock.now(),
        ).id


def test_a_bidder_is_admitted_when_the_last_part_is_there_and_each_goes_back_by_itself(any_stage):
    stage = any_stage
    sale = large_sale(stage)
    enrolment = stage.enrol(sale)
    for paid in range(1, 4):
        assert stage.fresh(enrolment).status is EnrolmentStatus.DEPOSIT_DUE
        assert stage.deposit(enrolment) is None
        stage.pay_deposit(enrolment)
        assert len(stage.payments(enrolment)) == paid
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE
    deposit = stage.deposit(enrolment)
    assert (deposit.status, deposit.amount_minor) == (DepositStatus.HELD, LARGE)
    assert {p.deposit_id for p in stage.payments(enrolment)} == {deposit.id}
    assert stage.books(sale, enrolment)["deposit"] == (LARGE, 0)
    stage.end_sale(sale)
    stage.work()
    assert stage.deposit(enrolment).status is DepositStatus.RETURNED
    assert [r.status for r in stage.refunds()] == [RefundStatus.DONE] * 3
    assert sum(r.amount_minor for r in stage.refunds()) == LARGE
    assert "deposit" not in stage.books(sale, enrolment)


def test_the_buyers_parts_are_all_taken_before_the_deposit_counts(stage):
    sale = large_sale(stage, days=2)
    buyer = stage.enrol(sale)
    for _ in range(3):
        stage.pay_deposit(buyer)
    assert {p.status for p in stage.payments(buyer)} == {PaymentStatus.HELD}
    stage.end_sale(sale, buyer, PRICE)
    stage.tell("server_error", method="POST", path="/v1/payment_intents/")
    stage.work(2)
    assert stage.deposit(buyer).status is DepositStatus.APPLYING
    stage.clock.advance(minutes=20)
    stage.work()
    assert stage.deposit(buyer).status is DepositStatus.APPLIED
    assert stage.books(sale, buyer)["price"] == (LARGE, 0)
    assert settlement_of(sale.id).deposit_applied_minor == LARGE


@pytest.mark.parametrize("how", ["ended", "left"])
def test_an_incomplete_deposit_admits_nobody_and_goes_back(stage, how):
    sale = large_sale(stage)
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    if how == "left":
        with transaction():
            leave_sale(enrolment.id, stage.clock.now())
        wanted = RefundReason.LEFT
    else:
        stage.end_sale(sale)
        wanted = RefundReason.INCOMPLETE
    stage.work()
    [refund] = stage.refunds()
    assert (refund.reason, refund.status) == (wanted, RefundStatus.DONE)
    assert stage.fresh(enrolment).code is None
    assert "deposit" not in stage.books(sale, enrolment)


@pytest.mark.parametrize("is_rest", [True, False])
def test_a_transfer_completes_what_was_begun_online_or_replaces_it(stage, is_rest):
    sale = large_sale(stage)
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    first = stage.payments(enrolment)[0].amount_minor
    amount = LARGE - first if is_rest else LARGE
    known = pay_bank(stage, enrolment, amount)
    assert pay_bank(stage, enrolment, amount) == known
    assert stage.fresh(enrolment).status is EnrolmentStatus.ACTIVE
    assert [r.reason for r in stage.refunds()] == ([] if is_rest else [RefundReason.DUPLICATE])
    stage.work()
    assert stage.books(sale, enrolment)["deposit"] == (LARGE, 0)


def test_the_page_says_how_much_is_paid_and_what_comes_next(stage):
    sale = large_sale(stage)
    enrolment = stage.enrol(sale)
    stage.pay_deposit(enrolment)
    page = stage.browser_of(enrolment).get(f"/enrolments/{enrolment.reference}/deposit").text
    for words in ("已交 ¥833,333.34", "还差 ¥1,666,666.67", "分 2 次支付", "支付 ¥833,333.34"):
        assert words in page


def test_a_part_whose_hold_lapses_leaves_the_rest_and_the_owner_is_told(stage):
    sale = large_sale(stage, days=2)
    buyer = stage.enrol(sale)
    for _ in range(3):
        stage.pay_deposit(buyer)
    lost = stage.payments(buyer)[0]
    stage.stripe.v1.payment_intents.cancel(lost.intent_id)
    stage.end_sale(sale, buyer, PRICE)
    stage.work()
    deposit = stage.deposit(buyer)
    assert (deposit.status, deposit.amount_minor) == (
        DepositStatus.APPLIED,
        LARGE - lost.amount_minor,
    )
    assert stage.alarms() == ["hold-lapsed"]
    assert "保证金冻结已失效" in stage.browser_of(buyer).get("/me/messages").text
    assert settlement_of(sale.id).outstanding_minor == PRICE - deposit.amount_minor


def test_no_more_is_taken_of_a_hold_than_the_price(stage):
    sale = stage.sale(days=2, start_price_minor=4_000_000, increment_minor=100_000)
    buyer = stage.enrol(sale)
    stage.pay_deposit(buyer)
    stage.end_sale(sale, buyer, 4_000_000)
    stage.work()
    payment = stage.payment(buyer)
    assert (payment.status, payment.taken_minor) == (PaymentStatus.RECEIVED, 4_000_000)
    assert stage.deposit(buyer).amount_minor == 4_000_000
    assert settlement_of(sale.id).outstanding_minor == 0
    assert stage.books(sale, buyer)["price"] == (4_000_000, 0)
    assert stage.alarms() == []


def test_a_captured_deposit_larger_than_the_price_is_sent_back_in_part(stage):
    sale = stage.sale(start_price_minor=4_000_000, increment_minor=100_000)
    buyer = stage.enrol(sale)
    stage.pay_deposit(buyer)
    stage.end_sale(sale, buyer, 4_000_000)
    stage.work()
    [refund] = stage.refunds()
    assert (refund.reason, refund.status) == (RefundReason.EXCESS, RefundStatus.DONE)
    books = stage.books(sale, buyer)
    assert (books["price"], books.get("deposit")) == ((4_000_000, 0), None)


# ── sell-off (CN455-5.1) ────────────────────────────────────────────────────────────────────────


def enrol_by_the_door(stage, sale, bidder=None):
    now = stage.clock.now()
    bidder = bidder or make_bidder(now)
    with transaction():
        enrolment = begin_enrolment(bidder.id, sale.id, now)
        keys = [notice.key for notice in load_rule_pack(sale.rule_pack).notices]
        accept_notices(enrolment, keys, now)
    return enrolment


def test_a_sell_off_asks_the_whole_price_before_the_first_bid(any_stage):
    stage = any_stage
    sale = stage.sale(stage=Stage.SELLOFF, start_price_minor=56_000_000, deposit_minor=8_000_000)
    buyer, loser = (enrol_by_the_door(stage, sale) for _ in range(2))
    assert buyer.deposit_minor == 56_000_000
    for enrolment in (buyer, loser):
        stage.pay_deposit(enrolment)
    assert stage.books(sale, buyer)["prepaid"] == (56_000_000, 0)
    stage.end_sale(sale, buyer, 60_000_000)
    stage.work()
    books = stage.books(sale, buyer)
    assert (books["price"], books.get("prepaid"), books.get("deposit")) == (
        (56_000_000, 0),
        None,
        None,
    )
    assert settlement_of(sale.id).outstanding_minor == 4_000_000
    assert "prepaid" not in stage.books(sale, loser)
    assert stage.deposit(loser).status is DepositStatus.RETURNED
    page = stage.browser_of(loser).get(f"/enrolments/{loser.reference}/deposit").text
    assert "应预交变卖价全款" in page


# ── the applicant (CN16-17.3) ───────────────────────────────────────────────────────────────────


class Applicant:
    """A bidder who is the enforcement applicant of the sale's case, and the case's judge."""

    def __init__(self, stage, **more):
        now = stage.clock.now()
        self.stage, self.sale, self.bidder = stage, stage.sale(**more), make_bidder(now)
        number = db.session.query(Identity).filter_by(user_id=self.bidder.id).one()
        with transaction() as session:
            party = Party(
                case_id=self.sale.case_id,
                role=PartyRole.APPLICANT,
                name="申请人",
                id_number=number.id_number,
                id_number_hash=number.id_number_hash,
            )
            session.add(party)
        self.party_id = party.id
        court = db.session.get_one(Court, self.sale.court_id)
        self.judge = make_user(now, Role.JUDGE, court=court)
        self.clerk = make_user(now, Role.CLERK, court=court)

    def confirm(self, claim):
        with transaction():
            case = db.session.get_one(EnforcementCase, self.sale.case_id)
            confirm_relief(
                case,
                self.party_id,
                claim,
                "（2025）测01民初1号",
                actor_id=self.judge.id,
                now=self.stage.clock.now(),
            )


@pytest.mark.parametrize(
    ("claim", "due"), [(3_000_000, 7_000_000), (9_999_999, 1), (10_000_000, 0), (50_000_000, 0)]
)
@pytest.mark.parametrize("is_early", [True, False])
def test_an_applicant_pays_only_what_his_claim_leaves(stage, claim, due, is_early):
    applicant = Applicant(stage)
    if is_early:
        applicant.confirm(claim)
    enrolment = enrol_by_the_door(stage, applicant.sale, applicant.bidder)
    if not is_early:
        assert enrolment.deposit_minor == 10_000_000
        applicant.confirm(claim)
        stage.work(1)
    enrolment = stage.fresh(enrolment)
    assert enrolment.deposit_minor == due
    wanted = EnrolmentStatus.DEPOSIT_DUE if due else EnrolmentStatus.ACTIVE
    assert enrolment.status is wanted
    assert enrol_by_the_door(stage, applicant.sale).deposit_minor == 10_000_000


def test_an_applicant_without_a_deposit_wins_and_owes_the_whole_price(stage):
    applicant = Applicant(stage)
    applicant.confirm(10_000_000)
    enrolment = enrol_by_the_door(stage, applicant.sale, applicant.bidder)
    stage.end_sale(applicant.sale, stage.fresh(enrolment), 80_000_000)
    stage.work()
    assert stage.refunds() == []
    assert settlement_of(applicant.sale.id).outstanding_minor == 80_000_000


def test_who_has_begun_to_pay_goes_on_as_he_began(stage):
    applicant = Applicant(stage)
    enrolment = enrol_by_the_door(stage, applicant.sale, applicant.bidder)
    stage.click_pay(enrolment)
    applicant.confirm(10_000_000)
    stage.work(1)
    assert stage.fresh(enrolment).deposit_minor == 10_000_000


def test_the_judge_confirms_on_the_cases_page_and_takes_it_back(stage):
    applicant = Applicant(stage)
    path = f"/court/cases/{applicant.sale.case_id}/relief"
    clerk = sign_in_as(browser(stage.app), applicant.clerk)
    assert clerk.get(path).status_code == 200
    form = {"claim": "30000", "basis": "（2025）测01民初1号"}
    assert clerk.post(f"{path}/{applicant.party_id}", data=form).status_code in (400, 403)
    judge = sign_in_as(browser(stage.app), applicant.judge)
    form["csrf_token"] = csrf_of(judge)
    refused = judge.post(f"{path}/{applicant.party_id}", data={**form, "claim": "0"})
    assert refused.status_code == 422
    assert judge.post(f"{path}/{applicant.party_id}", data=form).status_code == 302
    assert "¥30,000.00" in judge.get(path).text
    assert enrol_by_the_door(stage, applicant.sale, applicant.bidder).deposit_minor == 7_000_000
    token = {"csrf_token": csrf_of(judge)}
    assert judge.post(f"{path}/{applicant.party_id}/revoke", data=token).status_code == 302
    assert "尚未确认" in judge.get(path).text


def test_a_case_of_another_court_is_not_there(stage):
    applicant = Applicant(stage)
    other = make_case(stage.clock.now())
    judge = sign_in_as(browser(stage.app), applicant.judge)
    assert judge.get(f"/court/cases/{other.id}/relief").status_code == 404


# ── the money's own story ───────────────────────────────────────────────────────────────────────


def test_the_bidder_reads_every_step_of_his_money_and_when(stage):
    sale = stage.sale(days=2)
    enrolment = stage.enrol(sale)
    path = f"/enrolments/{enrolment.reference}/deposit"
    stage.pay_deposit(enrolment)
    page = stage.browser_of(enrolment).get(path).text
    steps = ["发起在线支付", "在银行卡上冻结", "保证金交齐并确认"]
    stage.end_sale(sale)
    stage.work(1)
    page = stage.browser_of(enrolment).get(path).text
    assert "最迟退还" in page
    stage.clock.advance(minutes=3)
    stage.work()
    page = stage.browser_of(enrolment).get(path).text
    steps += ["保证金开始退还", "冻结解除，没有扣款", "保证金全部退还"]
    places = [page.index(words) for words in steps]
    assert places == sorted(places)
    assert "最迟退还" not in page
