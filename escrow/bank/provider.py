"""Money of a case comes from the payment provider to the court's bank account (CN17F-2, CN17F-3).

What the provider kept is the court's expense: before a case can pay out in full, the court's own
budget makes it up, so that no party's money bears it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from auction.cases.models import EnforcementCase
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import format_money
from escrow.bank.models import ProviderMove, ProviderMoveKind
from escrow.ledger import (
    Account,
    AccountKind,
    NewTransfer,
    TransferKind,
    account,
    post,
    select_postings,
)
from escrow.ledger.models import Transfer


@dataclass(frozen=True)
class CaseMoney:
    """Where the money that a case owes lies; all of it adds up to what it owes."""

    owed_minor: int
    provider_minor: int
    fees_minor: int  # kept by the provider, not made up by the court yet
    disputed_minor: int = 0  # taken back by a card's bank until it decides

    @property
    def bank_minor(self) -> int:
        """What of it lies in the court's bank account: no more than this can be paid out."""
        return self.owed_minor - self.provider_minor - self.fees_minor - self.disputed_minor


_PLACES = (
    AccountKind.BANK,
    AccountKind.PROVIDER,
    AccountKind.PROVIDER_FEES,
    AccountKind.DISPUTED,
)


def money_of_case(case_id: int, currency: str = "CNY") -> CaseMoney:
    """Add up the postings of one case; money in suspense belongs to no case yet."""
    postings = select_postings().subquery()
    rows = db.session.execute(
        select(Account.kind, func.sum(postings.c.signed_minor))
        .join(Transfer, Transfer.id == postings.c.transfer_id)
        .join(Account, Account.id == postings.c.account_id)
        .where(Transfer.case_id == case_id, postings.c.currency == currency)
        .group_by(Account.kind)
    )
    sums = {kind: int(total) for kind, total in rows}
    owed = -sum(
        total
        for kind, total in sums.items()
        if kind not in _PLACES and kind is not AccountKind.SUSPENSE
    )
    return CaseMoney(
        owed,
        sums.get(AccountKind.PROVIDER, 0),
        sums.get(AccountKind.PROVIDER_FEES, 0),
        sums.get(AccountKind.DISPUTED, 0),
    )


def record_provider_move(
    case: EnforcementCase,
    kind: ProviderMoveKind,
    amount_minor: int,
    *,
    bank_reference: str,
    actor_id: int,
    now: datetime,
) -> ProviderMove:
    """Finance has seen a payout, or the court's cover of fees, on the bank account; once each.

    `case` is locked. Refused: `more-than-there` (the case has no such money at the provider, or no
    such fees), `reference-used` (the same reference with another amount).
    """
    known = db.session.scalar(
        select(ProviderMove).where(
            ProviderMove.court_id == case.court_id,
            ProviderMove.case_id == case.id,
            ProviderMove.kind == kind,
            ProviderMove.bank_reference == bank_reference,
        )
    )
    if known is not None:
        if known.amount_minor != amount_minor:
            raise Invalid(
                "reference-used", _l("这个银行流水号已登记过另一金额。"), field="bank_reference"
            )
        return known
    money = money_of_case(case.id)
    is_payout = kind is ProviderMoveKind.PAYOUT
    there = money.provider_minor if is_payout else money.fees_minor
    if not 0 < amount_minor <= there:
        raise DomainError(
            "more-than-there",
            _l("本案在支付通道的款项只有 %(there)s。", there=format_money(there))
            if is_payout
            else _l("本案待补的通道手续费只有 %(there)s。", there=format_money(there)),
            status=422,
            field="amount",
        )
    move = ProviderMove(
        court_id=case.court_id,
        case_id=case.id,
        kind=kind,
        amount_minor=amount_minor,
        currency="CNY",
        bank_reference=bank_reference,
        recorded_by=actor_id,
        recorded_at=now,
    )
    db.session.add(move)
    db.session.flush()
    court_id = case.court_id
    other = AccountKind.PROVIDER if is_payout else AccountKind.PROVIDER_FEES
    (booked,) = post(
        [
            NewTransfer(
                kind=TransferKind.PROVIDER_PAID_OUT
                if is_payout
                else TransferKind.PROVIDER_FEE_COVERED,
                debit=account(AccountKind.BANK, court_id, court_id=court_id),
                credit=account(other, court_id, court_id=court_id),
                amount_minor=amount_minor,
                key=f"provider_move:{move.id}",
                source=move,
                effective_at=now,
                case_id=case.id,
            )
        ],
        at=now,
        actor_id=actor_id,
    )
    move.transfer_id = booked.id
    record(f"record-{kind}", move, actor_id=actor_id, at=now, detail={"amount_minor": amount_minor})
    return move
