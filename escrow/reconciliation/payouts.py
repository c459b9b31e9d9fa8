"""The provider's payouts meet the bank lines that show them; the books follow, case by case.

A payout is the net of many charges, fees and refunds, of several cases perhaps. Its line stands in
suspense until the payout is recognised; from there each case gets exactly its share: what the
provider held of the case's money is then in the court's bank account (CN17F-2, CN17F-3).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import lazy_gettext as _l
from escrow.bank.matching import received_at, suspense_account
from escrow.bank.models import BankLine, LineStatus, ProviderMove, ProviderMoveKind
from escrow.bank.parsed import Side
from escrow.bank.rules import plain_name
from escrow.bank.suspense import lock_suspended, take_from_suspense
from escrow.ledger import Account, AccountKind, NewTransfer, TransferKind, account, post
from escrow.payments.provider_models import Difference, ProviderMovement, ProviderPayout
from escrow.reconciliation.models import PayoutArrival
from escrow.reconciliation.sources import belongs_to

_GONE = ("failed", "canceled")
AT_ONCE = 20


@dataclass(frozen=True)
class PayoutView:
    """A payout that is not on the bank account yet, and the lines that may be it."""

    row: ProviderPayout
    lines: tuple[BankLine, ...]


def settle_payouts(court_id: int, *, now: datetime) -> bool:
    """Book the payouts whose line is sure: it names the payout, its amount agrees, Stripe sent it.

    Returns whether there may be more.
    """
    settled = 0
    for view in payouts_under_way(court_id):
        sure = [line for line in view.lines if _is_sure(line, view.row)]
        if len(sure) != 1 or settled == AT_ONCE or not view.row.is_complete:
            continue
        if sum(shares_of(view.row).values()) == view.row.amount_minor:
            book_arrival(view.row.id, sure[0].id, court_id=court_id, actor_id=None, now=now)
            settled += 1
    _note_recorded(court_id, now)
    return settled == AT_ONCE


def payouts_under_way(court_id: int) -> list[PayoutView]:
    """Payouts that no bank line shows yet, oldest first; each with the lines of its amount."""
    arrived = select(PayoutArrival.payout_id)
    payouts = list(
        db.session.scalars(
            select(ProviderPayout)
            .join(ProviderMovement, ProviderMovement.source_id == ProviderPayout.provider_id)
            .where(
                ProviderMovement.kind == "payout",
                belongs_to(court_id),
                ProviderPayout.id.not_in(arrived),
                ProviderPayout.status.not_in(_GONE),
            )
            .order_by(ProviderPayout.arrives_at, ProviderPayout.id)
        )
    )
    lines: defaultdict[tuple[int, str], list[BankLine]] = defaultdict(list)
    query = select(BankLine).where(
        BankLine.court_id == court_id,
        BankLine.status == LineStatus.SUSPENSE,
        BankLine.side == Side.CREDIT,
        BankLine.remaining_minor == BankLine.amount_minor,
        BankLine.amount_minor.in_({row.amount_minor for row in payouts}),
    )
    for line in db.session.scalars(query.order_by(BankLine.id)):
        lines[line.amount_minor, line.currency].append(line)
    return [PayoutView(row, tuple(lines[row.amount_minor, row.currency])) for row in payouts]


def _is_sure(line: BankLine, payout: ProviderPayout) -> bool:
    told = f"{line.entry_ref} {line.remittance}".casefold()
    return payout.provider_id.casefold() in told and "stripe" in plain_name(line.payer_name)


def shares_of(payout: ProviderPayout) -> dict[int | None, int]:
    """What of a payout is each case's: its charges less fees and refunds; they may be below zero.

    What belongs to no case of ours has its share under None.
    """
    rows = db.session.execute(
        select(ProviderMovement.case_id, func.sum(ProviderMovement.net_minor))
        .where(ProviderMovement.payout_id == payout.provider_id, ProviderMovement.kind != "payout")
        .group_by(ProviderMovement.case_id)
    )
    return {case_id: int(total) for case_id, total in rows}


def book_arrival(
    payout_id: int, line_id: int, *, court_id: int, actor_id: int | None, now: datetime
) -> PayoutArrival:
    """A line is that payout: out of suspense, and off the provider's account, case by case.

    Doing it again returns what there is. Refused: `payout-known` (with another line),
    `amount-differs`, `payout-incomplete` (its movements are not all here, or do not add up).
    """
    payout = db.session.get(ProviderPayout, payout_id, with_for_update=True, populate_existing=True)
    if payout is None or not _is_ours(payout, court_id):
        raise NotFound("unknown-payout", _l("没有这笔通道结算款。"))
    known = db.session.scalar(select(PayoutArrival).where(PayoutArrival.payout_id == payout.id))
    if known is not None:
        if known.bank_line_id == line_id:
            return known
        raise DomainError("payout-known", _l("这笔结算款已与另一条银行流水对上。"))
    line = lock_suspended(line_id, court_id)
    if (line.remaining_minor, line.currency) != (payout.amount_minor, payout.currency):
        raise DomainError("amount-differs", _l("银行流水的金额与结算款不一致。"))
    shares = shares_of(payout)
    if not payout.is_complete or sum(shares.values()) != payout.amount_minor:
        raise DomainError(
            "payout-incomplete", _l("这笔结算款的明细还没有全部取回，或合计不符，暂不能入账。")
        )
    post(_transfers(line, shares), at=now, actor_id=actor_id)
    arrival = _record_arrival(payout, line, actor_id, now)
    take_from_suspense(line, line.remaining_minor, actor_id=actor_id, at=now)
    return arrival


def _is_ours(payout: ProviderPayout, court_id: int) -> bool:
    found = db.session.scalar(
        select(ProviderMovement.id).where(
            ProviderMovement.source_id == payout.provider_id,
            ProviderMovement.kind == "payout",
            belongs_to(court_id),
        )
    )
    return found is not None


def _transfers(line: BankLine, shares: dict[int | None, int]) -> list[NewTransfer]:
    """First what a case had drawn from the others' money at the provider, then what it gets."""
    at_provider = account(
        AccountKind.PROVIDER, line.court_id, court_id=line.court_id, currency=line.currency
    )
    in_suspense = suspense_account(line)
    ordered = sorted(shares.items(), key=lambda item: (item[1] > 0, item[0] or 0))
    return [
        _share(line, case_id, amount, at_provider, in_suspense)
        for case_id, amount in ordered
        if amount
    ]


def _share(
    line: BankLine, case_id: int | None, amount: int, at_provider: Account, in_suspense: Account
) -> NewTransfer:
    comes = amount > 0
    return NewTransfer(
        kind=TransferKind.SUSPENSE_RETURNED if comes else TransferKind.SUSPENSE_RECEIVED,
        debit=in_suspense if comes else at_provider,
        credit=at_provider if comes else in_suspense,
        amount_minor=abs(amount),
        key=f"bank_line:{line.id}:payout:{case_id or 0}",
        source=line,
        effective_at=received_at(line),
        case_id=case_id,
        note="支付通道结算到账",
    )


def _record_arrival(
    payout: ProviderPayout, line: BankLine, actor_id: int | None, now: datetime
) -> PayoutArrival:
    arrival = PayoutArrival(
        court_id=line.court_id,
        payout_id=payout.id,
        bank_line_id=line.id,
        recorded_by=actor_id,
        recorded_at=now,
    )
    db.session.add(arrival)
    record(
        "record-payout-arrival",
        arrival,
        actor_id=actor_id,
        at=now,
        detail={"payout": payout.provider_id, "amount_minor": payout.amount_minor},
    )
    movements = select(ProviderMovement).where(
        ProviderMovement.source_id == payout.provider_id,
        ProviderMovement.difference == Difference.IN_TRANSIT,
    )
    for movement in db.session.scalars(movements):
        movement.difference = None
    return arrival


def _note_recorded(court_id: int, now: datetime) -> None:
    """Payouts that finance recorded by their name before the line came have arrived, too."""
    for view in payouts_under_way(court_id):
        moves = list(
            db.session.scalars(
                select(ProviderMove).where(
                    ProviderMove.court_id == court_id,
                    ProviderMove.kind == ProviderMoveKind.PAYOUT,
                    ProviderMove.bank_reference == view.row.provider_id,
                    ProviderMove.bank_line_id.is_not(None),
                )
            )
        )
        lines = {move.bank_line_id for move in moves}
        total = sum(move.amount_minor for move in moves)
        if len(lines) == 1 and total == view.row.amount_minor:
            line = db.session.get_one(BankLine, lines.pop())
            _record_arrival(view.row, line, None, now)
