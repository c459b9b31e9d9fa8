"""A payment whose payee cannot be paid is left with a notary; one proposes, another approves.

Once approved it is a payment like any other: it goes into a batch, its file names the notary, the
statement confirms it, and the plan line ends as deposited (CN17F-14).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from escrow.payouts.banks import bank_code_of
from escrow.payouts.models import PayoutKind
from escrow.payouts.offers import is_under_way
from escrow.payouts.payees import FAULTS
from escrow.payouts.rules import clean_account, judge_account, judge_bank_code, judge_name
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.plans.payouts import lock_payment
from escrow.unclaimed.models import (
    NOTARY_TRANSITIONS,
    DepositGround,
    NotaryDeposit,
    NotaryStatus,
)

LEAST_REASON = 4


@dataclass(frozen=True)
class NewDeposit:
    """What a person typed."""

    ground: DepositGround
    facts: str
    office: str
    account: str
    bank: str
    bank_code: str


def propose_deposit(
    payment_id: int, typed: NewDeposit, *, court_id: int, actor_id: int, now: datetime
) -> NotaryDeposit:
    """Ask that a due payment be left with a notary (CN17F-14).

    Refused: `not-due`, `under-way` (a batch has it), `deposit-waits`, `reason-missing`, and what
    no bank takes as a payee.
    """
    payment, case = lock_payment(payment_id, court_id)
    _require_free(payment)
    account = clean_account(typed.account)
    bank_code = typed.bank_code.strip() or bank_code_of(typed.bank)
    for fault in (judge_account(account), judge_name(typed.office), judge_bank_code(bank_code)):
        if fault in FAULTS:
            field, message = FAULTS[fault]
            raise Invalid(fault, message, field="office" if field == "name" else field)
    if len(typed.facts.strip()) < LEAST_REASON:
        raise Invalid("reason-missing", _l("请写明依据（至少四个字）。"), field="facts")
    row = NotaryDeposit(
        court_id=court_id,
        case_id=case.id,
        plan_payment_id=payment.id,
        ground=typed.ground,
        facts=typed.facts.strip(),
        office=typed.office.strip(),
        account=account,
        bank=typed.bank.strip(),
        bank_code=bank_code,
        status=NotaryStatus.PROPOSED,
        proposed_by=actor_id,
        proposed_at=now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise DomainError("deposit-waits", _l("这笔款已申请提存，请先批准或撤回。")) from None
    record(
        "propose-notary-deposit",
        row,
        actor_id=actor_id,
        at=now,
        detail={"payment": payment.id, "ground": str(row.ground)},
    )
    return row


def confirm_deposit(
    deposit_id: int, *, court_id: int, actor_id: int, now: datetime
) -> NotaryDeposit:
    """Another person approves it: the payment now goes to the notary (CN17F-14).

    Refused: `same-person`, `not-due`, `under-way`, `wrong-state`.
    """
    row, payment = _lock_deposit(deposit_id, court_id)
    if row.status is NotaryStatus.CONFIRMED:
        return row
    if row.proposed_by == actor_id:
        raise Forbidden("same-person", _l("申请提存的人不能批准，请由另一名财务人员批准。"))
    _require_free(payment)
    row.decided_by, row.decided_at = actor_id, now
    change_state(row, NotaryStatus.CONFIRMED, NOTARY_TRANSITIONS, actor_id=actor_id, at=now)
    record("confirm-notary-deposit", row, actor_id=actor_id, at=now)
    return row


def drop_deposit(
    deposit_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> NotaryDeposit:
    """The payee has come, or it was wrong: he is paid as the plan says.

    Refused: `not-due` (the money is with the notary), `under-way`, `reason-missing`.
    """
    row, payment = _lock_deposit(deposit_id, court_id)
    if row.status is NotaryStatus.DROPPED:
        return row
    _require_free(payment)
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid("reason-missing", _l("请写明理由（至少四个字）。"), field="reason")
    row.drop_reason = reason.strip()
    change_state(
        row, NotaryStatus.DROPPED, NOTARY_TRANSITIONS, actor_id=actor_id, at=now, reason=reason
    )
    record("drop-notary-deposit", row, actor_id=actor_id, at=now)
    return row


def record_certificate(
    deposit_id: int, *, certificate: str, court_id: int, actor_id: int, now: datetime
) -> NotaryDeposit:
    """The notary's certificate has come; the payee is told where his money lies.

    Refused: `not-deposited`, `number-missing`.
    """
    row, payment = _lock_deposit(deposit_id, court_id)
    if payment.status is not PaymentStatus.DEPOSITED or row.status is not NotaryStatus.CONFIRMED:
        raise DomainError("not-deposited", _l("款项还没有付到公证机构。"))
    if len(certificate.strip()) < LEAST_REASON:
        raise Invalid("number-missing", _l("请填写提存公证书编号。"), field="certificate")
    row.certificate = certificate.strip()
    record(
        "record-notary-certificate",
        row,
        actor_id=actor_id,
        at=now,
        detail={"certificate": row.certificate},
    )
    return row


def _require_free(payment: PlanPayment) -> None:
    if payment.status is not PaymentStatus.DUE:
        raise DomainError("not-due", _l("这笔款现在还不能支付，或已经付出。"))
    if is_under_way(PayoutKind.PLAN, payment.id):
        raise DomainError("under-way", _l("这笔款已列入付款批次，批次办结或撤销后才能办理。"))


def _lock_deposit(deposit_id: int, court_id: int) -> tuple[NotaryDeposit, PlanPayment]:
    found = db.session.get(NotaryDeposit, deposit_id)
    if found is None or found.court_id != court_id:
        raise NotFound("unknown-deposit", _l("没有这项提存申请。"))
    payment, _case = lock_payment(found.plan_payment_id, court_id)
    row = db.session.get(NotaryDeposit, deposit_id, with_for_update=True, populate_existing=True)
    assert row is not None, "deposits are never deleted"
    return row, payment
