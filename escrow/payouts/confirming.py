"""The statement has the last word: it shows that a payment left, or that one came back.

A line that bears a payment's own name and amount confirms it. Without the name the line is only a
proposal, which a person takes or leaves; a payment that was declared by hand is recognised by its
bank reference or its account, as it was declared.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.sales.calendar import beijing_moment
from escrow.bank.models import BankLine
from escrow.bank.parsed import Side
from escrow.bank.rules import is_same_person
from escrow.payments.alarms import raise_alarm
from escrow.payouts.booking import book_out, book_return
from escrow.payouts.models import PAYOUT_TRANSITIONS, Payout, PayoutKind, PayoutStatus
from escrow.payouts.rules import end_to_end_id, find_payout_ids, return_reason, sounds_returned
from escrow.payouts.sources import source_of
from escrow.payouts.vouchers import void_voucher
from escrow.payouts.writing import finish_batch

# A bank may book an order some days after the day that was asked for, never before it.
NEAR = timedelta(days=7)


# ── money that left ─────────────────────────────────────────────────────────────────────────────


def confirm_by_line(line: BankLine, *, now: datetime) -> Payout | None:
    """The payment that this debit shows beyond doubt, confirmed; None: a person must look.

    The line is locked. Doing it again changes nothing.
    """
    payout = _named(line, PayoutStatus.HELD, PayoutStatus.PAID) or _declared(line)
    if payout is None or payout.bank_line_id is not None:
        return None
    confirm_payout(payout, line, actor_id=None, now=now)
    return payout


def confirm_payout(payout: Payout, line: BankLine, *, actor_id: int | None, now: datetime) -> None:
    """Book what was held, as of the day of the line, and note the line; both are locked."""
    source = source_of(payout.kind)
    if payout.status is PayoutStatus.HELD:
        booked_on = beijing_moment(line.booked_on, time())
        booked = book_out(payout, effective_at=booked_on, at=now, actor_id=actor_id)
        payout.paid_on, payout.paid_at = line.booked_on, now
        payout.bank_reference = line.entry_ref[:120]
        change_state(payout, PayoutStatus.PAID, PAYOUT_TRANSITIONS, actor_id=actor_id, at=now)
        source.settle(
            payout,
            booked_id=booked.id,
            reference=line.entry_ref,
            actor_id=actor_id,
            at=now,
            paid_on=line.booked_on,
        )
    payout.bank_line_id = line.id
    line.case_id, line.reason = payout.case_id, None
    source.show(payout, line.id)
    record("confirm-payout", payout, actor_id=actor_id, at=now, detail={"line": line.id})
    db.session.flush()
    if payout.batch_id is not None:
        finish_batch(payout.batch_id, now=now)
    key = f"issue_voucher:{payout.id}"
    enqueue("issue_voucher", key, {"payout_id": payout.id}, now=now)


def propose_for_debit(line: BankLine) -> list[Payout]:
    """Payments that an unexplained debit may be: its amount, account or name, near its day."""
    return [
        payout
        for payout in _unshown(line)
        if _near(payout, line)
        and (
            _same_account(payout, line)
            or is_same_person(payout.payee_name, line.payer_name)
            or not (line.payer_account or line.payer_name)
        )
    ]


def lock_unshown(payout_id: int, court_id: int) -> Payout:
    """A payment that has left, as far as we know, and that no line shows."""
    payout = _lock(payout_id)
    if payout is None or payout.court_id != court_id:
        raise NotFound("unknown-payout", _l("没有这笔付款。"))
    if payout.status not in (PayoutStatus.HELD, PayoutStatus.PAID) or payout.bank_line_id:
        raise DomainError("wrong-state", _l("这笔付款已经核对，或已不在途。"))
    return payout


def _named(line: BankLine, *statuses: PayoutStatus) -> Payout | None:
    """The one payment of the court that the line names, if its amount fits."""
    ids = find_payout_ids(f"{line.remittance} {line.entry_ref}")
    found = [_lock(payout_id) for payout_id in ids]
    fits = [
        payout
        for payout in found
        if payout is not None
        and (payout.court_id, payout.amount_minor, payout.currency)
        == (line.court_id, line.amount_minor, line.currency)
        and payout.status in statuses
    ]
    return fits[0] if len(fits) == 1 and len(ids) == 1 else None


def _declared(line: BankLine) -> Payout | None:
    """The one payment sent by hand whose declared reference the line shows, or else its account."""
    told = f"{line.remittance} {line.entry_ref}"
    by_hand = [payout for payout in _unshown(line) if payout.batch_id is None]
    shown = [p for p in by_hand if p.bank_reference and p.bank_reference in told]
    if not shown:
        shown = [p for p in by_hand if _same_account(p, line)]
    return _lock(shown[0].id) if len(shown) == 1 else None


def _unshown(line: BankLine) -> list[Payout]:
    return list(
        db.session.scalars(
            select(Payout)
            .where(
                Payout.court_id == line.court_id,
                Payout.amount_minor == line.amount_minor,
                Payout.currency == line.currency,
                Payout.status.in_((PayoutStatus.HELD, PayoutStatus.PAID)),
                Payout.bank_line_id.is_(None),
            )
            .order_by(Payout.id)
        )
    )


def _near(payout: Payout, line: BankLine) -> bool:
    day = beijing_moment(line.booked_on, time())
    return payout.created_at - NEAR <= day <= payout.created_at + 5 * NEAR


def _same_account(payout: Payout, line: BankLine) -> bool:
    return bool(line.payer_account) and line.payer_account == payout.payee_account


def _lock(payout_id: int) -> Payout | None:
    return db.session.get(Payout, payout_id, with_for_update=True, populate_existing=True)


# ── money that came back ────────────────────────────────────────────────────────────────────────


def take_returned(line: BankLine, *, now: datetime) -> Payout | None:
    """The payment of ours that this credit brings back beyond doubt, by its name and amount.

    A credit that names a payment no statement has shown yet is left to a person: first the debit.
    The line is locked.
    """
    payout = _named(line, PayoutStatus.PAID)
    if payout is None or payout.bank_line_id is None:
        return None
    if payout.kind is PayoutKind.SUSPENSE:
        # What nobody has identified is unidentified again: the rules suspend this line.
        _mark_returned(payout, line, actor_id=None, now=now)
        return None
    return_payout(payout, line, from_suspense=False, actor_id=None, now=now)
    return payout


def return_payout(
    payout: Payout, line: BankLine, *, from_suspense: bool, actor_id: int | None, now: datetime
) -> None:
    """Book the money back to whom it is owed; it is due again, to a corrected account."""
    book_return(
        payout,
        from_suspense=from_suspense,
        effective_at=beijing_moment(line.booked_on, time()),
        at=now,
        actor_id=actor_id,
    )
    _mark_returned(payout, line, actor_id=actor_id, now=now)
    source_of(payout.kind).reopen(payout, at=now)
    line.case_id = payout.case_id


def _mark_returned(payout: Payout, line: BankLine, *, actor_id: int | None, now: datetime) -> None:
    payout.returned_line_id, payout.returned_at = line.id, now
    payout.return_reason = return_reason(line.remittance)
    change_state(
        payout,
        PayoutStatus.RETURNED,
        PAYOUT_TRANSITIONS,
        actor_id=actor_id,
        at=now,
        reason=payout.return_reason,
    )
    void_voucher(payout, reason=payout.return_reason, now=now)
    raise_alarm(
        "payout-returned",
        f"payout {end_to_end_id(payout.id)}",
        court_id=payout.court_id,
        at=now,
        payout_id=payout.id,
        amount_minor=payout.amount_minor,
        reason=payout.return_reason,
    )


def propose_for_credit(line: BankLine) -> list[Payout]:
    """Payments that a suspended credit may bring back: its amount, and words or account."""
    if line.side is not Side.CREDIT:
        return []
    candidates = db.session.scalars(
        select(Payout)
        .where(
            Payout.court_id == line.court_id,
            Payout.amount_minor == line.amount_minor,
            Payout.currency == line.currency,
            Payout.status == PayoutStatus.PAID,
            Payout.kind != PayoutKind.SUSPENSE,
            Payout.paid_on <= line.booked_on,
        )
        .order_by(Payout.id.desc())
    )
    says_so = sounds_returned(line.remittance)
    return [
        payout
        for payout in candidates
        if says_so
        or _same_account(payout, line)
        or is_same_person(payout.payee_name, line.payer_name)
    ]


def lock_paid(payout_id: int, court_id: int) -> Payout:
    """A payment that has left and may have come back."""
    payout = _lock(payout_id)
    if payout is None or payout.court_id != court_id:
        raise NotFound("unknown-payout", _l("没有这笔付款。"))
    if payout.status is not PayoutStatus.PAID or payout.kind is PayoutKind.SUSPENSE:
        raise DomainError("wrong-state", _l("这笔付款没有付出，或已经退回。"))
    return payout
