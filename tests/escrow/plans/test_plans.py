"""A plan rests on what it was computed from, is approved by another, and pays what is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_asset, make_claim, make_lot, make_sale
from finance_stage import Desk, Row, at_once

from auction.cases.models import Claim, FeeKind, Party
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from escrow.bank.models import ProviderMoveKind
from escrow.bank.provider import money_of_case, record_provider_move
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, post
from escrow.plans.closing import list_obstacles
from escrow.plans.models import DistributionPlan, PaymentStatus, PlanPayment, PlanStatus
from escrow.plans.payouts import mark_paid, release_held
from escrow.plans.services import (
    approve_plan,
    book_deduction,
    cancel_deduction,
    draft_plan,
    lock_case,
    submit_plan,
    void_plan,
)
from escrow.settlement.release import release_price


@pytest.fixture
def desk(any_app, clock):
    return Desk(clock)


@pytest.fixture
def lite(app, clock):
    return Desk(clock)


def ready(desk, price=360_000_000):
    desk.claims_of_the_example()
    desk.bring_proceeds(price)


def submit(desk, plan, actor=None):
    with transaction():
        submit_plan(
            plan.id, court_id=desk.court.id, actor_id=(actor or desk.maker).id, now=desk.now
        )


def approve(desk, plan, actor=None, sha256=None):
    with transaction():
        approve_plan(
            plan.id,
            sha256=sha256 or plan.sha256,
            court_id=desk.court.id,
            actor_id=(actor or desk.checker).id,
            now=desk.now,
        )


def pay(desk, payment_id, actor=None, reference=None, day=None):
    with transaction():
        mark_paid(
            payment_id,
            bank_reference=reference or f"OUT{payment_id}",
            paid_on=day or desk.now.date(),
            court_id=desk.court.id,
            actor_id=(actor or desk.checker).id,
            now=desk.now,
        )


def deduct(desk, key="k", **more):
    values = {
        "kind": "cost",
        "sale_id": None,
        "amount_minor": 1_300_000,
        "basis": "发票",
        "payee_name": "评估机构",
        "payee_bank": "测试银行",
        "payee_account": "6222000000000099",
        **more,
    }
    with transaction():
        case = lock_case(desk.case.id, desk.court.id)
        return book_deduction(
            case, values=values, form_key=key, actor_id=desk.maker.id, now=desk.now
        ).id


# ── maker and checker, and what changed since ───────────────────────────────────────────────────


def test_who_drew_the_plan_up_neither_approves_nor_pays_it(desk):
    ready(desk)
    plan = desk.draft()
    submit(desk, plan)
    with pytest.raises(DomainError, match="same-person"):
        approve(desk, plan, actor=desk.maker)
    approve(desk, plan)
    payment = db.session.query(PlanPayment).first()
    with pytest.raises(DomainError, match="same-person"):
        pay(desk, payment.id, actor=desk.maker)
    assert plan.status is PlanStatus.APPROVED


def change_a_claim(desk):
    with transaction():
        claim = db.session.query(Claim).filter_by(case_id=desk.case.id, label="B").one()
        claim.principal_minor += 1


def change_an_account(desk):
    with transaction():
        party = db.session.query(Party).filter_by(case_id=desk.case.id).first()
        party.account_number = "6222999999999999"


def change_the_money(desk):
    with transaction():
        books = {"court_id": desk.court.id, "case_id": desk.case.id}
        bank = account(AccountKind.BANK, desk.court.id, court_id=desk.court.id)
        price = account(AccountKind.PRICE, desk.sale.id, **books)
        proceeds = account(AccountKind.PROCEEDS, desk.case.id, **books)
        post(
            [
                NewTransfer(
                    TransferKind.BALANCE_RECEIVED, bank, price, 5, "x1", desk.case.read(), desk.now
                ),
                NewTransfer(
                    TransferKind.PRICE_RELEASED,
                    price,
                    proceeds,
                    5,
                    "x2",
                    desk.case.read(),
                    desk.now,
                    case_id=desk.case.id,
                ),
            ],
            at=desk.now,
        )


@pytest.mark.parametrize("change", [change_a_claim, change_an_account, change_the_money, deduct])
def test_whatever_changed_since_makes_the_plan_stale(lite, change):
    ready(lite)
    plan = lite.draft()
    submit(lite, plan)
    change(lite)
    with pytest.raises(DomainError, match="stale"):
        approve(lite, plan)
    assert plan.status is PlanStatus.SUBMITTED
    assert lite.case_balances().keys() == {("proceeds", lite.case.id)}


def test_what_was_read_must_be_what_is_approved(lite):
    ready(lite)
    plan = lite.draft()
    with pytest.raises(DomainError, match="wrong-state"):
        approve(lite, plan)
    submit(lite, plan)
    with pytest.raises(DomainError, match="stale"):
        approve(lite, plan, sha256="0" * 64)


def test_drafting_again_voids_what_was_open(lite):
    ready(lite)
    first, second = lite.draft(), lite.draft()
    assert (first.status, second.status, second.number) == (PlanStatus.VOID, PlanStatus.DRAFT, 2)
    with transaction():
        void_plan(
            second.id, remark="重算", court_id=lite.court.id, actor_id=lite.maker.id, now=lite.now
        )
    assert second.status is PlanStatus.VOID


def test_a_plan_needs_proceeds_claims_and_accounts(lite):
    with pytest.raises(DomainError, match="no-proceeds"):
        lite.draft()
    lite.bring_proceeds()
    with pytest.raises(DomainError, match="no-claims"):
        lite.draft()
    lite.claims_of_the_example()
    with transaction():
        for party in db.session.query(Party).filter_by(case_id=lite.case.id):
            party.account_number = None
    plan = lite.draft()
    with pytest.raises(DomainError, match="payee-incomplete"):
        submit(lite, plan)


def test_a_claim_that_no_file_may_say_is_named(lite):
    lite.bring_proceeds()
    make_claim(lite.case.read(), label="T", claim_class="tax", fee_kind=FeeKind.NONE)
    with pytest.raises(DomainError, match="bad-basis") as caught:
        lite.draft()
    assert "arose_at" in str(caught.value.message)


# ── what stays behind ───────────────────────────────────────────────────────────────────────────


def test_disputed_money_is_reserved_and_keeps_the_case_open_until_it_is_released(desk):
    ready(desk)
    desk.hand_over()
    with transaction():
        db.session.query(Claim).filter_by(case_id=desk.case.id, label="C").one().held = "争议"
    plan = desk.draft()
    desk.approve(plan)
    held = Row(db.session.query(PlanPayment).filter_by(status=PaymentStatus.HELD).one())
    assert held.payee == "C"
    with pytest.raises(DomainError, match="held"):
        pay(desk, held.id)
    for row in db.session.query(PlanPayment).filter_by(status=PaymentStatus.DUE).all():
        pay(desk, row.id)
    codes = {o.code for o in list_obstacles(desk.case.read())}
    assert codes == {"account-payable", "held-line"}
    with transaction():
        release_held(
            held.id,
            ground="（2026）测01民初9号",
            court_id=desk.court.id,
            actor_id=desk.checker.id,
            now=desk.now,
        )
    pay(desk, held.id)
    assert list_obstacles(desk.case.read()) == []
    assert desk.case_balances() == {}
    desk.check_books()


def test_a_surplus_goes_back_to_the_debtor(lite):
    ready(lite, price=500_000_000)
    plan = lite.draft()
    lite.approve(plan)
    surplus = Row(db.session.query(PlanPayment).filter_by(step="surplus").one())
    assert (surplus.amount_minor, surplus.payee_name) == (plan.output["surplus"], "被执行人乙")
    for row in db.session.query(PlanPayment).all():
        pay(lite, row.id)
    assert lite.case_balances() == {}


def test_unallocated_money_stays_in_the_proceeds_and_says_why_the_case_stays_open(lite):
    lite.bring_proceeds()
    case = lite.case.read()
    secured = {"claim_class": "secured", "rank": 1, "fee_kind": FeeKind.NONE}
    make_claim(case, asset=lite.asset.read(), label="A", principal_minor=100_000_000, **secured)
    # A fee that is more than there is: no payment can be made, and nobody else may have the money.
    fixed = {"fee_kind": FeeKind.FIXED, "fee_minor": 300_000_000}
    make_claim(case, label="B", principal_minor=400_000_000, **fixed)
    plan = lite.draft()
    rest = plan.output["unallocated"]
    assert rest == 260_000_000
    lite.approve(plan)
    for row in db.session.query(PlanPayment).all():
        pay(lite, row.id)
    assert lite.case_balances() == {("proceeds", lite.case.id): rest}
    lite.hand_over()
    codes = {o.code: o.amount_minor for o in list_obstacles(lite.case.read())}
    assert codes == {"account-proceeds": rest, "unallocated": rest}


def test_a_second_lot_is_shared_on_the_whole_and_only_the_difference_is_paid(lite):
    """Fees and shares are those of one plan over both lots (FEE-14.2 on all that was paid)."""
    ready(lite)
    first = lite.draft()
    lite.approve(first)
    sell_another_lot(lite, 50_000_000)
    plan = lite.draft()
    lite.approve(plan)
    assert len(plan.input["proceeds"]) == 2
    given = {}
    for row in db.session.query(PlanPayment).filter_by(case_id=lite.case.id):
        given[row.payee, row.step] = given.get((row.payee, row.step), 0) + row.amount_minor
    whole = {(line["to"], line["step"]): line["amount"] for line in plan.output["lines"]}
    if plan.output["surplus"]:
        whole["surplus", "surplus"] = plan.output["surplus"]
    assert given == whole
    assert lite.case_balances().get(("proceeds", lite.case.id), 0) == plan.output["unallocated"]
    with pytest.raises(DomainError, match="nothing-due"):
        lite.draft()


def sell_another_lot(desk, price):
    """The price of a second lot, straight into the proceeds."""
    now = desk.now
    lot = make_lot(now, asset=make_asset(now, case=desk.case.read()))
    sale = make_sale(now, lot=lot)
    with transaction():
        books = {"court_id": desk.court.id, "case_id": desk.case.id}
        bank = account(AccountKind.BANK, desk.court.id, court_id=desk.court.id)
        price_account = account(AccountKind.PRICE, sale.id, **books)
        proceeds = account(AccountKind.PROCEEDS, desk.case.id, **books)
        more = {"source": desk.case.read(), "effective_at": now, "case_id": desk.case.id}
        post(
            [
                NewTransfer(
                    kind=TransferKind.BALANCE_RECEIVED,
                    debit=bank,
                    credit=price_account,
                    amount_minor=price,
                    key="lot2:in",
                    **more,
                ),
                NewTransfer(
                    kind=TransferKind.PRICE_RELEASED,
                    debit=price_account,
                    credit=proceeds,
                    amount_minor=price,
                    key="lot2:released",
                    **more,
                ),
            ],
            at=now,
        )


def test_what_an_earlier_plan_gave_is_never_taken_back(lite):
    ready(lite)
    lite.approve(lite.draft())
    sell_another_lot(lite, 1_000)
    with transaction():
        claim = db.session.query(Claim).filter_by(case_id=lite.case.id, label="A").one()
        claim.principal_minor = 1
    with pytest.raises(DomainError, match="plan-shrinks"):
        lite.draft()


def test_a_security_on_an_unsold_lot_shares_as_an_ordinary_claim(lite):
    lite.bring_proceeds()
    other = make_asset(lite.now, case=lite.case.read())
    make_claim(
        lite.case.read(),
        asset=other,
        label="A",
        claim_class="secured",
        rank=1,
        fee_kind=FeeKind.NONE,
    )
    plan = lite.draft()
    assert plan.input["claims"][0]["class"] == "ordinary"
    assert plan.notes == [{"code": "security-unsold", "about": "A"}]


# ── deductions ──────────────────────────────────────────────────────────────────────────────────


def test_the_same_deduction_form_is_one_deduction_and_a_paid_one_stays(lite):
    ready(lite)
    assert deduct(lite) == deduct(lite)
    other = deduct(lite, key="k2", amount_minor=5)

    def cancel(deduction_id):
        with transaction():
            case = lock_case(lite.case.id, lite.court.id)
            cancel_deduction(case, deduction_id, actor_id=lite.maker.id, now=lite.now)

    cancel(other)
    cancel(other)
    plan = lite.draft()
    assert [d["amount"] for d in plan.input["deductions"]] == [1_300_000]
    lite.approve(plan)
    with pytest.raises(DomainError, match="deduction-paid"):
        cancel(deduct(lite))
    with pytest.raises(DomainError, match="tax-needs-lot"):
        deduct(lite, key="k3", kind="sale-tax")


# ── money that is elsewhere ─────────────────────────────────────────────────────────────────────


def test_a_case_pays_out_only_what_lies_in_the_bank_for_it(desk):
    """Money at the provider, its fees, and other cases' money in the same account do not count."""
    stranger = Desk(desk.clock)
    with transaction():
        books = {"court_id": desk.court.id, "case_id": desk.case.id}
        case, now = desk.case.read(), desk.now
        provider = account(AccountKind.PROVIDER, desk.court.id, court_id=desk.court.id)
        fees = account(AccountKind.PROVIDER_FEES, desk.court.id, court_id=desk.court.id)
        bank = account(AccountKind.BANK, desk.court.id, court_id=desk.court.id)
        suspense = account(AccountKind.SUSPENSE, desk.court.id, court_id=desk.court.id)
        price = account(AccountKind.PRICE, desk.sale.id, **books)
        proceeds = account(AccountKind.PROCEEDS, desk.case.id, **books)
        moves = (
            (TransferKind.BALANCE_RECEIVED, provider, price, 100_000, case.id),
            (TransferKind.PROVIDER_FEE, fees, provider, 600, case.id),
            (TransferKind.PRICE_RELEASED, price, proceeds, 100_000, case.id),
            (TransferKind.SUSPENSE_RECEIVED, bank, suspense, 500_000, None),
        )
        post(
            [
                NewTransfer(
                    kind=kind,
                    debit=debit,
                    credit=credit,
                    amount_minor=amount,
                    key=f"m{index}",
                    source=case,
                    effective_at=now,
                    case_id=case_id,
                )
                for index, (kind, debit, credit, amount, case_id) in enumerate(moves)
            ],
            at=now,
        )
    make_claim(desk.case.read(), label="A", principal_minor=100_000, fee_kind=FeeKind.NONE)
    desk.approve(desk.draft())
    payment = Row(db.session.query(PlanPayment).one())
    assert (money_of_case(desk.case.id).bank_minor, money_of_case(stranger.case.id).owed_minor) == (
        0,
        0,
    )
    with pytest.raises(DomainError, match="money-elsewhere"):
        pay(desk, payment.id)
    with pytest.raises(DomainError, match="more-than-there"):
        move(desk, ProviderMoveKind.PAYOUT, 99_401, "PO1")
    for _ in range(2):
        move(desk, ProviderMoveKind.PAYOUT, 99_400, "PO1")
    with pytest.raises(DomainError, match="money-elsewhere"):
        pay(desk, payment.id)
    move(desk, ProviderMoveKind.FEE_COVER, 600, "FC1")
    pay(desk, payment.id)
    pay(desk, payment.id)
    assert money_of_case(desk.case.id) == type(money_of_case(desk.case.id))(0, 0, 0)
    desk.check_books()


def move(desk, kind, amount, reference):
    with transaction():
        record_provider_move(
            lock_case(desk.case.id, desk.court.id),
            kind,
            amount,
            bank_reference=reference,
            actor_id=desk.maker.id,
            now=desk.now,
        )


def test_a_payment_names_its_transfer_and_no_day_ahead(lite):
    ready(lite)
    lite.approve(lite.draft())
    first, second = (row.id for row in db.session.query(PlanPayment).limit(2).all())
    pay(lite, first, reference="OUT1")
    with pytest.raises(DomainError, match="reference-used"):
        pay(lite, second, reference="OUT1")
    with pytest.raises(DomainError, match="future-day"):
        pay(lite, second, day=lite.now.date() + timedelta(days=2))


def test_the_price_is_released_once_and_only_when_it_is_paid(desk):
    winner = desk.enrol()
    desk.pay_deposit(winner)
    desk.sell(winner, 200_000_000)
    with pytest.raises(DomainError, match="not-paid"), transaction():
        release_price(desk.sale.id, now=desk.now)
    from escrow.settlement.services import settlement_of

    desk.pay(190_000_000, settlement_of(desk.sale.id).reference, desk.name_of(winner))
    desk.rule()
    with transaction():
        release_price(desk.sale.id, now=desk.now)
    assert desk.case_balances() == {("proceeds", desk.case.id): 200_000_000}


# ── two people at once ──────────────────────────────────────────────────────────────────────────


def test_two_people_approving_at_once_book_the_plan_once(desk, any_app):
    ready(desk)
    plan = desk.draft()
    submit(desk, plan)
    who = {"court_id": desk.court.id, "now": desk.now, "sha256": plan.sha256}
    plan_id, actors = plan.id, (desk.checker.id, desk.clerk.id)

    def act(actor_id):
        with transaction():
            approve_plan(plan_id, actor_id=actor_id, **who)

    outcomes = at_once(any_app, *(lambda a=a: act(a) for a in actors))
    assert outcomes == ["done", "done"]
    total = sum(row.amount_minor for row in db.session.query(PlanPayment))
    assert total == 360_000_000
    desk.check_books()


def test_two_people_drafting_at_once_leave_one_open_plan(desk, any_app):
    ready(desk)
    case_id, court_id, now = desk.case.id, desk.court.id, desk.now
    actors = (desk.maker.id, desk.checker.id)

    def act(actor_id):
        with transaction():
            draft_plan(lock_case(case_id, court_id), actor_id=actor_id, now=now)

    assert at_once(any_app, *(lambda a=a: act(a) for a in actors)) == ["done", "done"]
    states = sorted(str(row.status) for row in db.session.query(DistributionPlan))
    assert states == ["draft", "void"]


def test_two_people_marking_one_payment_pay_it_once(desk, any_app):
    ready(desk)
    desk.approve(desk.draft())
    payment = Row(db.session.query(PlanPayment).order_by(PlanPayment.id).first())
    payment_id, court_id, now = payment.id, desk.court.id, desk.now
    before = money_of_case(desk.case.id).bank_minor
    actors = (desk.checker.id, desk.clerk.id)

    def act(actor_id):
        with transaction():
            mark_paid(
                payment_id,
                bank_reference=f"OUT-{actor_id}",
                paid_on=now.date(),
                court_id=court_id,
                actor_id=actor_id,
                now=now,
            )

    assert at_once(any_app, *(lambda a=a: act(a) for a in actors)) == ["done", "done"]
    assert payment.status is PaymentStatus.PAID
    assert before - money_of_case(desk.case.id).bank_minor == payment.amount_minor
    desk.check_books()


def test_a_payment_and_the_closing_at_once_never_close_a_case_with_money(desk, any_app):
    from escrow.plans.closing import close_empty_case

    ready(desk)
    desk.hand_over()
    desk.approve(desk.draft())
    *others, last = [row.id for row in db.session.query(PlanPayment).order_by(PlanPayment.id)]
    for payment_id in others:
        pay(desk, payment_id)
    case_id, court_id, now, clerk = desk.case.id, desk.court.id, desk.now, desk.clerk.id

    def close():
        with transaction():
            close_empty_case(lock_case(case_id, court_id), actor_id=clerk, now=now)

    outcomes = at_once(any_app, lambda: pay(desk, last), close)
    assert outcomes in (["done", "done"], ["accounts-not-zero", "done"])
    assert desk.case_balances() == {}
