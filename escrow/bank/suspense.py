"""A named person of the finance desk places what no rule could (CN21S-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.deadlines.services import meet_deadline
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from bidding.enrolment.references import is_reference
from escrow.bank.matching import (
    SUSPENSE_DEADLINE,
    balance_facts,
    deposit_facts,
    find_subject,
    lock_line,
    received_at,
    settle_line,
    suspense_account,
)
from escrow.bank.models import (
    BankLine,
    LineStatus,
    OrderStatus,
    ProviderMove,
    ProviderMoveKind,
    Reason,
    ReturnOrder,
)
from escrow.bank.reviews import open_review, void_review
from escrow.bank.rules import is_from_buyer, is_same_person, judge_balance, judge_deposit
from escrow.deposits.queries import outstanding_deposit
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, post
from escrow.payments.models import Payment
from escrow.payments.services import confirm_bank_balance, confirm_bank_deposit
from escrow.settlement.models import Settlement
from escrow.settlement.services import lock_settlement

LEAST_REASON = 4


def place_line(
    line_id: int, *, reference: str, reason: str, court_id: int, actor_id: int, now: datetime
) -> BankLine:
    """Book a suspended line to the deposit or the balance that `reference` names.

    A deposit takes exactly what is due, a balance at most what is outstanding; what is left stays
    in suspense, to be returned. Money from another name is not booked: the court is asked first,
    with the desk's reason (CN16-17.2). Where the rules would not have placed it otherwise (late)
    the person says why. Refused: `unknown-reference`, `reason-missing`, `amount-short`, `not-due`,
    `line-used`, `return-proposed`, `line-settled`.
    """
    line = lock_suspended(line_id, court_id)
    subject = find_target(line, reference)
    objection = judge_target(line, subject)
    if objection is not None:
        _require_text(reason, "reason")
    if not has_payer_name(line, subject):
        _require_text(reason, "reason")
        line.case_id = _case_of(subject)
        if isinstance(subject, Settlement):
            line.settlement_id, line.enrolment_id = subject.id, None
        else:
            line.enrolment_id, line.settlement_id = subject.id, None
        line.reason = Reason.PAYER_DIFFERS
        open_review(
            line, subject, reference=reference, at=now, actor_id=actor_id, note=reason.strip()
        )
        return line
    book_line(
        line, subject, reason, grounds="reference,amount,payer,person", actor_id=actor_id, now=now
    )
    return line


def find_target(line: BankLine, reference: str) -> Enrolment | Settlement:
    """What a reference names, locked; raises Invalid `unknown-reference` or `line-used`."""
    _refuse_used(line)
    known = reference if is_reference(reference) else None
    enrolment, settlement = find_subject(line.court_id, known)
    if settlement is not None:
        return lock_settlement(settlement.id)
    if enrolment is not None:
        return enrolment
    raise Invalid(
        "unknown-reference", _l("没有这个付款参考号，请核对后重新填写。"), field="reference"
    )


def amount_for(line: BankLine, subject: Enrolment | Settlement) -> int:
    """How much of the line goes there; refused: `not-due`, `amount-short`."""
    if isinstance(subject, Settlement):
        amount = min(line.remaining_minor, subject.outstanding_minor)
        if amount == 0:
            raise DomainError("not-due", _l("价款已经付清，请退还付款人。"), field="reference")
        return amount
    amount = outstanding_deposit(subject) or subject.deposit_minor
    if amount == 0 or line.remaining_minor < amount:
        raise DomainError(
            "amount-short", _l("这笔款不足以交纳该份保证金，请退还付款人。"), field="reference"
        )
    return amount


def judge_target(line: BankLine, subject: Enrolment | Settlement) -> Reason | None:
    """What the rules say against it, but for who paid; `notices-missing` is refused."""
    amount = amount_for(line, subject)
    if isinstance(subject, Settlement):
        facts = balance_facts(line, amount, subject)
        found = judge_balance(replace(facts, payer_name=facts.buyer_name))
    else:
        told = deposit_facts(amount, line.payer_name, subject)
        found = judge_deposit(replace(told, payer_name=told.bidder_name))
    if found is Reason.NOTICES_MISSING:
        raise DomainError(
            "notices-missing", _l("竞买人尚未完成报名手续，暂时不能入账。"), field="reference"
        )
    return found


def has_payer_name(line: BankLine, subject: Enrolment | Settlement) -> bool:
    """Whether the money came from the bidder himself (CN16-17.2)."""
    if isinstance(subject, Settlement):
        facts = balance_facts(line, line.remaining_minor, subject)
        return is_from_buyer(facts)
    told = deposit_facts(line.remaining_minor, line.payer_name, subject)
    return is_same_person(told.payer_name, told.bidder_name)


def book_line(
    line: BankLine,
    subject: Enrolment | Settlement,
    reason: str,
    *,
    grounds: str,
    actor_id: int,
    now: datetime,
) -> None:
    """The line, or what fits of it, becomes a deposit or a payment on a balance."""
    amount = amount_for(line, subject)
    how: dict[str, Any] = {
        "payer_name": line.payer_name,
        "payer_account": line.payer_account,
        "payer_bank": line.payer_bank,
        "received_at": received_at(line),
        "at": now,
        "actor_id": actor_id,
        "from_suspense": True,
    }
    if isinstance(subject, Settlement):
        line.settlement_id, line.case_id = subject.id, subject.case_id
        payment = confirm_bank_balance(subject.id, line.id, amount, **how)
    else:
        line.enrolment_id = subject.id
        payment = confirm_bank_deposit(subject.id, line.id, amount, **how)
        line.case_id = payment.case_id
    line.note, line.grounds = reason, grounds
    record(
        "place-line",
        line,
        actor_id=actor_id,
        at=now,
        detail={"payment_id": payment.id, "amount_minor": amount, "reason": reason},
    )
    take_from_suspense(line, amount, actor_id=actor_id, at=now)


def _case_of(subject: Enrolment | Settlement) -> int:
    return db.session.get_one(Sale, subject.sale_id).case_id


def place_as_payout(
    line_id: int,
    *,
    case_id: int,
    amount_minor: int,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> BankLine:
    """A suspended line is (in part) the provider's payout of one case's money."""
    line = lock_suspended(line_id, court_id)
    if not 0 < amount_minor <= line.remaining_minor:
        raise Invalid("amount-too-large", _l("金额超过这笔款的余额。"), field="amount")
    (booked,) = post(
        [
            NewTransfer(
                kind=TransferKind.SUSPENSE_RETURNED,
                debit=suspense_account(line),
                credit=account(
                    AccountKind.PROVIDER, court_id, court_id=court_id, currency=line.currency
                ),
                amount_minor=amount_minor,
                key=f"bank_line:{line.id}:payout:{case_id}",
                source=line,
                effective_at=received_at(line),
                case_id=case_id,
                note="支付通道结算到账",
            )
        ],
        at=now,
        actor_id=actor_id,
    )
    move = ProviderMove(
        court_id=court_id,
        case_id=case_id,
        kind=ProviderMoveKind.PAYOUT,
        amount_minor=amount_minor,
        currency=line.currency,
        bank_reference=f"L{line.id}",
        bank_line_id=line.id,
        transfer_id=booked.id,
        recorded_by=actor_id,
        recorded_at=now,
    )
    db.session.add(move)
    record(
        "record-provider-payout",
        move,
        actor_id=actor_id,
        at=now,
        detail={"amount_minor": amount_minor},
    )
    take_from_suspense(line, amount_minor, actor_id=actor_id, at=now)
    return line


def explain_line(
    line_id: int, *, text: str, court_id: int, actor_id: int, now: datetime
) -> BankLine:
    """Money left that is no payment of ours (a bank's charge): a person says what it was."""
    line = lock_line(line_id, court_id)
    if line.status is LineStatus.EXPLAINED:
        return line
    _require_text(text, "text")
    line.note = text
    record("explain-line", line, actor_id=actor_id, at=now)
    settle_line(line, LineStatus.EXPLAINED, actor_id=actor_id, at=now)
    return line


def lock_suspended(line_id: int, court_id: int) -> BankLine:
    """A line that still has money in suspense, and on which nobody else is at work."""
    line = lock_line(line_id, court_id)
    if line.status is not LineStatus.SUSPENSE:
        raise DomainError("line-settled", _l("这笔款已经处理过，请刷新页面查看。"))
    proposed = select(ReturnOrder.id).where(
        ReturnOrder.line_id == line.id, ReturnOrder.status == OrderStatus.PROPOSED
    )
    if db.session.scalar(proposed) is not None:
        raise DomainError("return-proposed", _l("这笔款已提交退还，等待第二人复核。"))
    return line


def take_from_suspense(
    line: BankLine, amount_minor: int, *, actor_id: int | None, at: datetime
) -> None:
    """So much of the line is placed; with the last of it the line is, and its clock is met."""
    line.remaining_minor -= amount_minor
    void_review(line, at=at, actor_id=actor_id)
    if line.remaining_minor == 0:
        settle_line(line, LineStatus.PLACED, actor_id=actor_id, at=at)
        meet_deadline(SUSPENSE_DEADLINE, line, at=at)


def _refuse_used(line: BankLine) -> None:
    used = select(Payment.id).where(Payment.bank_line_id == line.id)
    if db.session.scalar(used) is not None:
        raise DomainError("line-used", _l("这笔款已有一部分入账，余款只能退还付款人。"))


def _require_text(text: str, field: str) -> None:
    if len(text.strip()) < LEAST_REASON:
        raise Invalid(
            "reason-missing", _l("系统规则不支持这样入账，请写明理由（至少四个字）。"), field=field
        )
