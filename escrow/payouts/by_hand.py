"""A transfer sent in the bank's own programme is declared here: one payout, booked at once.

The statement confirms it like any other; without one it raises the same alarm.
"""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy.exc import IntegrityError

from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.sales.calendar import beijing_moment
from escrow.payouts.booking import book_out
from escrow.payouts.models import PAYOUT_TRANSITIONS, Payout, PayoutKind, PayoutStatus
from escrow.payouts.offers import payee_facts
from escrow.payouts.sources import SUBJECT_COLUMNS, source_of
from escrow.payouts.watching import watch_payout


def pay_by_hand(
    kind: PayoutKind,
    subject_id: int,
    *,
    bank_reference: str,
    paid_on: date,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> Payout:
    """Book one debt as paid on `paid_on`; the caller has locked it and checked who acts.

    Refused: `not-due`, `under-way` (a batch has it, or it is paid), `came-back` (the last transfer
    was returned and nobody has corrected the account since), `notary-waits`,
    `stopped` (the case's payouts are, CPLI-513.1).
    """
    source = source_of(kind)
    debts = source.read(court_id, [subject_id])
    if not debts:
        raise DomainError("not-due", _l("这笔款现在还不能支付。"))
    (debt,) = debts
    if debt.obstacle == "stopped":
        raise DomainError("stopped", _l("本案已停止发放案款，恢复之前不能支付。"))
    if debt.obstacle == "notary-waits":
        raise DomainError("notary-waits", _l("这笔款已申请提存，请先批准或撤回。"))
    payee, objections, _is_corrected = payee_facts(court_id, kind, debts)[subject_id]
    if "came-back" in objections:
        raise DomainError(
            "came-back", _l("上一次转账被退回。请先更正收款账户，由第二人核准后再支付。")
        )
    payout = Payout(
        court_id=court_id,
        case_id=debt.case_id,
        kind=kind,
        **{SUBJECT_COLUMNS[kind]: subject_id},
        position=0,
        amount_minor=debt.amount_minor,
        currency=debt.currency,
        debtor_account=debt.debtor_account,
        payee_name=payee.name,
        payee_account=payee.account,
        payee_bank=payee.bank,
        payee_bank_code=payee.bank_code,
        purpose=debt.purpose,
        remittance=debt.remittance[:140],
        created_by=actor_id,
        created_at=now,
        status=PayoutStatus.CHOSEN,
    )
    try:
        with db.session.begin_nested():
            db.session.add(payout)
    except IntegrityError:
        raise DomainError(
            "under-way", _l("这笔款已列入付款批次，或已经支付，不能再手工登记。")
        ) from None
    booked = book_out(
        payout, effective_at=beijing_moment(paid_on, time()), at=now, actor_id=actor_id
    )
    payout.paid_on, payout.paid_at, payout.bank_reference = paid_on, now, bank_reference
    change_state(payout, PayoutStatus.PAID, PAYOUT_TRANSITIONS, actor_id=actor_id, at=now)
    source.settle(
        payout,
        booked_id=booked.id,
        reference=bank_reference,
        actor_id=actor_id,
        at=now,
        paid_on=paid_on,
    )
    watch_payout(payout, now=now)
    # The statement may have shown it before anybody said so.
    enqueue("match_debits", f"match_debits:payout:{payout.id}", {"court_id": court_id}, now=now)
    return payout
