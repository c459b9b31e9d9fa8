"""The provider's payouts meet the bank lines that show them; the books follow, case by case.

A payout is the net of many charges, fees and refunds, of several cases perhaps. Its line stands in
suspense until the payout is recognised; from there each case gets exactly its share: what the
provider held of the case's money is then in the court's bank account (CN17F-2, CN17F-3).

Where more was refunded than the provider still held, the net is below zero: the provider takes it
from the court's bank account. Such a debit is a payout with a negative amount and, at the bank, a
line of money that left; each case bears what it had drawn.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.courts.models import Court
from escrow.bank.matching import (
    bank_account,
    lock_line,
    received_at,
    settle_line,
    suspense_account,
)
from escrow.bank.models import BankLine, LineStatus, ProviderMove, ProviderMoveKind
from escrow.bank.parsed import Side
from escrow.bank.rules import plain_name, second_person_above
from escrow.bank.suspense import lock_suspended, take_from_suspense
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, post
from escrow.payments.provider_models import Difference, ProviderMovement, ProviderPayout
from escrow.reconciliation.models import ARRIVAL_TRANSITIONS, ArrivalStatus, PayoutArrival
from escrow.reconciliation.sources import belongs_to

_GONE = ("failed", "canceled")
AT_ONCE = 20


@dataclass(frozen=True)
class PayoutView:
    """A payout that is not on the bank account yet, and the lines that may be it."""

    row: ProviderPayout
    lines: tuple[BankLine, ...]


@dataclass(frozen=True)
class ArrivalView:
    """What somebody said about a payout, with both sides and both people."""

    row: PayoutArrival
    payout: ProviderPayout
    line: BankLine


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
    """Payouts that no line is said to be yet, oldest first; each with the lines of its amount."""
    arrived = select(PayoutArrival.payout_id).where(PayoutArrival.status != ArrivalStatus.WITHDRAWN)
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
    came = and_(
        BankLine.side == Side.CREDIT,
        BankLine.status == LineStatus.SUSPENSE,
        BankLine.remaining_minor == BankLine.amount_minor,
    )
    left = and_(BankLine.side == Side.DEBIT, BankLine.status == LineStatus.OPEN)
    query = select(BankLine).where(
        BankLine.court_id == court_id,
        or_(came, left),
        BankLine.amount_minor.in_({abs(row.amount_minor) for row in payouts}),
    )
    for line in db.session.scalars(query.order_by(BankLine.id)):
        lines[_signed(line), line.currency].append(line)
    return [PayoutView(row, tuple(lines[row.amount_minor, row.currency])) for row in payouts]


def _signed(line: BankLine) -> int:
    """What the line changed the bank account by."""
    return line.amount_minor if line.side is Side.CREDIT else -line.amount_minor


def list_arrivals(court_id: int, most: int = 50) -> list[ArrivalView]:
    """What was said about payouts: those that wait for a second person first, then newest."""
    rows = db.session.execute(
        select(PayoutArrival, ProviderPayout, BankLine)
        .join(ProviderPayout, ProviderPayout.id == PayoutArrival.payout_id)
        .join(BankLine, BankLine.id == PayoutArrival.bank_line_id)
        .where(PayoutArrival.court_id == court_id, PayoutArrival.status != ArrivalStatus.WITHDRAWN)
        .order_by(
            case((PayoutArrival.status == ArrivalStatus.PROPOSED, 0), else_=1),
            PayoutArrival.id.desc(),
        )
        .limit(most)
    )
    return [ArrivalView(*row) for row in rows]


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
    """A line is that payout: its money is off the provider's account, or back on it, case by case.

    By a person above the court's limit it is booked once a second person agrees. Doing it again
    returns what there is. Refused: `payout-known` (with another line), `amount-differs`,
    `payout-incomplete` (its movements are not all here, or do not add up).
    """
    payout = _lock_payout(payout_id, court_id)
    known = db.session.scalar(
        select(PayoutArrival).where(
            PayoutArrival.payout_id == payout.id,
            PayoutArrival.status != ArrivalStatus.WITHDRAWN,
        )
    )
    if known is not None:
        if known.bank_line_id == line_id:
            return known
        raise DomainError("payout-known", _l("这笔结算款已与另一条银行流水对上。"))
    line = _lock_line(line_id, court_id)
    shares = _require_same(payout, line)
    arrival = _record_arrival(payout, line, actor_id, now)
    if arrival.status is ArrivalStatus.STANDING:
        _book(payout, line, shares, actor_id, now)
    return arrival


def confirm_arrival(arrival_id: int, *, court_id: int, actor_id: int, now: datetime) -> None:
    """The second person agrees, and the arrival is booked.

    Refused: `same-person`, `wrong-state`, and what `book_arrival` refuses.
    """
    arrival = _lock_arrival(arrival_id, court_id)
    if arrival.status is ArrivalStatus.STANDING:
        return
    if arrival.recorded_by == actor_id:
        raise Forbidden("same-person", _l("经办人不能复核自己的决定，请由另一名财务人员复核。"))
    payout = _lock_payout(arrival.payout_id, court_id)
    line = _lock_line(arrival.bank_line_id, court_id)
    shares = _require_same(payout, line)
    arrival.second_id = actor_id
    change_state(arrival, ArrivalStatus.STANDING, ARRIVAL_TRANSITIONS, actor_id=actor_id, at=now)
    _book(payout, line, shares, actor_id, now)


def withdraw_arrival(arrival_id: int, *, court_id: int, actor_id: int, now: datetime) -> None:
    """A proposal is taken back; what is booked stays. Refused: `wrong-state`."""
    arrival = _lock_arrival(arrival_id, court_id)
    if arrival.status is not ArrivalStatus.WITHDRAWN:
        change_state(
            arrival, ArrivalStatus.WITHDRAWN, ARRIVAL_TRANSITIONS, actor_id=actor_id, at=now
        )


def _lock_payout(payout_id: int, court_id: int) -> ProviderPayout:
    payout = db.session.get(ProviderPayout, payout_id, with_for_update=True, populate_existing=True)
    if payout is None or not _is_ours(payout, court_id):
        raise NotFound("unknown-payout", _l("没有这笔通道结算款。"))
    return payout


def _lock_arrival(arrival_id: int, court_id: int) -> PayoutArrival:
    found = db.session.get(PayoutArrival, arrival_id)
    if found is None or found.court_id != court_id:
        raise NotFound("unknown-arrival", _l("没有这次到账登记。"))
    _lock_payout(found.payout_id, court_id)  # before its arrival, as everywhere
    return db.session.get_one(
        PayoutArrival, arrival_id, with_for_update=True, populate_existing=True
    )


def _lock_line(line_id: int, court_id: int) -> BankLine:
    """A line that nobody has placed yet: in suspense what came, open what left."""
    line = lock_line(line_id, court_id)
    if line.side is Side.CREDIT:
        return lock_suspended(line_id, court_id)
    if line.status is not LineStatus.OPEN:
        raise DomainError("line-settled", _l("这笔款已经处理过，请刷新页面查看。"))
    return line


def _require_same(payout: ProviderPayout, line: BankLine) -> dict[int | None, int]:
    """The line is the whole payout, and the payout is known whole; returns each case's share."""
    if line.side is Side.CREDIT and line.remaining_minor != line.amount_minor:
        raise DomainError("amount-differs", _l("银行流水的金额与结算款不一致。"))
    if (_signed(line), line.currency) != (payout.amount_minor, payout.currency):
        raise DomainError("amount-differs", _l("银行流水的金额与结算款不一致。"))
    shares = shares_of(payout)
    if not payout.is_complete or sum(shares.values()) != payout.amount_minor:
        raise DomainError(
            "payout-incomplete", _l("这笔结算款的明细还没有全部取回，或合计不符，暂不能入账。")
        )
    return shares


def _book(
    payout: ProviderPayout,
    line: BankLine,
    shares: dict[int | None, int],
    actor_id: int | None,
    now: datetime,
) -> None:
    post(_transfers(line, shares), at=now, actor_id=actor_id)
    if line.side is Side.CREDIT:
        take_from_suspense(line, line.remaining_minor, actor_id=actor_id, at=now)
    else:
        settle_line(line, LineStatus.MATCHED, actor_id=actor_id, at=now)
    _clear_transit(payout)


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
    ordered = sorted(shares.items(), key=lambda item: (item[1] > 0, item[0] or 0))
    return [_share(line, case_id, amount) for case_id, amount in ordered if amount]


# The kinds of a share by the line's side: what the case gets, what it had drawn.
_KINDS = {
    Side.CREDIT: (TransferKind.SUSPENSE_RETURNED, TransferKind.SUSPENSE_RECEIVED),
    Side.DEBIT: (TransferKind.PROVIDER_PAID_OUT, TransferKind.PROVIDER_TOPPED_UP),
}


def _share(line: BankLine, case_id: int | None, amount: int) -> NewTransfer:
    at_provider = account(
        AccountKind.PROVIDER, line.court_id, court_id=line.court_id, currency=line.currency
    )
    here = suspense_account(line) if line.side is Side.CREDIT else bank_account(line)
    gets, gives = _KINDS[line.side]
    comes = amount > 0
    return NewTransfer(
        kind=gets if comes else gives,
        debit=here if comes else at_provider,
        credit=at_provider if comes else here,
        amount_minor=abs(amount),
        key=f"bank_line:{line.id}:payout:{case_id or 0}",
        source=line,
        effective_at=received_at(line),
        case_id=case_id,
        note="支付通道结算到账" if line.side is Side.CREDIT else "支付通道扣款",
    )


def _record_arrival(
    payout: ProviderPayout, line: BankLine, actor_id: int | None, now: datetime
) -> PayoutArrival:
    limit = second_person_above(db.session.get_one(Court, line.court_id).settings)
    needs_second = actor_id is not None and abs(payout.amount_minor) > limit
    arrival = PayoutArrival(
        court_id=line.court_id,
        payout_id=payout.id,
        bank_line_id=line.id,
        status=ArrivalStatus.PROPOSED if needs_second else ArrivalStatus.STANDING,
        amount_minor=payout.amount_minor,
        limit_minor=limit,
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
    return arrival


def _clear_transit(payout: ProviderPayout) -> None:
    """What is on the bank account is under way no longer."""
    movements = select(ProviderMovement).where(
        ProviderMovement.source_id == payout.provider_id,
        ProviderMovement.difference == Difference.IN_TRANSIT,
    )
    for movement in db.session.scalars(movements):
        movement.difference = None


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
            _clear_transit(view.row)
