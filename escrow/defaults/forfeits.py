"""What forfeited deposits do once the lot is finally sold: into the proceeds, and into the plan.

The plan sees them as the `forfeit` of the lot (money.md 2), made from the same figures as
`waterfall`, so that plan and books agree to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from auction.accounts.models import Identity
from auction.core.audit import record
from auction.core.db import db
from auction.rulings.models import Ruling
from auction.sales.models import Lot, Sale, SaleStatus
from escrow.defaults.messages import tell_of_deficit
from escrow.defaults.models import (
    CostStatus,
    Default,
    DefaultCost,
    Receivable,
    ReceivableKind,
    ReceivableStatus,
)
from escrow.defaults.releases import RETURN_SPAN, open_receivable, standing_releases
from escrow.defaults.waterfall import Forfeited, Waterfall, forfeit_entry, share_forfeits
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, balance, post

FORFEIT_COSTS = "forfeit-costs"


@dataclass(frozen=True)
class LotDefaults:
    """The defaults on one lot, the earliest first, and the sale that brought its final price."""

    defaults: tuple[Default, ...]
    final: Sale | None

    @property
    def forfeited(self) -> list[Forfeited]:
        """What each defaulter's deposit has to bear, as it stands in the books."""
        return [
            Forfeited(
                deposit_minor=one.deposit_minor + _topped_up(one.id),
                costs_minor=costs_of(one.id),
                price_minor=one.price_minor,
            )
            for one in self.defaults
        ]

    @property
    def waterfall(self) -> Waterfall:
        """How far the deposits go; the price of the re-sale counts once it is ruled."""
        price = self.final.hammer_price_minor if self.final is not None else None
        return share_forfeits(self.forfeited, price)


def defaults_on(lot_id: int) -> LotDefaults:
    """All defaults on a lot and its final sale, if it has one."""
    rows = db.session.scalars(
        select(Default).where(Default.lot_id == lot_id).order_by(Default.id)
    ).all()
    final = db.session.scalar(
        select(Sale)
        .where(Sale.lot_id == lot_id, Sale.status == SaleStatus.RULED)
        .order_by(Sale.id.desc())
        .limit(1)
    )
    return LotDefaults(tuple(rows), final)


def costs_of(default_id: int) -> int:
    """Costs that a second person has agreed to: taken out of the deposit already."""
    total = db.session.scalar(
        select(func.sum(DefaultCost.amount_minor)).where(
            DefaultCost.default_id == default_id,
            DefaultCost.status.in_((CostStatus.DUE, CostStatus.PAID)),
        )
    )
    return int(total or 0)


def _topped_up(default_id: int) -> int:
    total = db.session.scalar(
        select(func.sum(Receivable.received_minor)).where(
            Receivable.default_id == default_id, Receivable.kind == ReceivableKind.DEFICIT
        )
    )
    return int(total or 0)


def release_forfeits(sale_id: int, *, now: datetime, part: str = "") -> int:
    """The lot is finally sold: what is left of its defaulters' deposits joins the proceeds.

    In the transaction that releases the price; doing it again moves nothing. `part` tells apart
    what a defaulter makes up later. What a deposit does not cover becomes owed where the court's
    ruling says so (CN20A-22.2). Returns what was moved.
    """
    sale = db.session.get_one(Sale, sale_id)
    on_lot = defaults_on(sale.lot_id)
    if not on_lot.defaults or on_lot.final is None or on_lot.final.id != sale.id:
        return 0
    books: dict[str, Any] = {
        "court_id": sale.court_id,
        "case_id": sale.case_id,
        "currency": sale.currency,
    }
    proceeds = account(AccountKind.PROCEEDS, sale.case_id, **books)
    new = []
    for one in on_lot.defaults:
        forfeit = account(AccountKind.FORFEIT, one.sale_id, **books)
        left = balance(forfeit).posted_minor
        if left:
            new.append(
                NewTransfer(
                    kind=TransferKind.FORFEIT_USED,
                    debit=forfeit,
                    credit=proceeds,
                    amount_minor=left,
                    key=f"default:{one.id}:used:{sale.id}{part}",
                    source=sale,
                    effective_at=now,
                    case_id=sale.case_id,
                )
            )
    if new:
        post(new, at=now)
        detail = {"amount_minor": sum(one.amount_minor for one in new)}
        record("use-forfeit", sale, actor_id=None, at=now, detail=detail)
    _open_deficits(on_lot, sale, now)
    return sum(one.amount_minor for one in new)


def _open_deficits(on_lot: LotDefaults, sale: Sale, now: datetime) -> None:
    """Only where the ruling orders it, and up to what it orders (OPEN-1)."""
    for one, share in zip(on_lot.defaults, on_lot.waterfall.shares, strict=True):
        owed = share.deficit_minor if one.tops_up else 0
        if one.cap_minor is not None:
            owed = min(owed, one.cap_minor)
        known = db.session.scalar(
            select(Receivable.id).where(
                Receivable.sale_id == sale.id, Receivable.default_id == one.id
            )
        )
        if not owed or known is not None:
            continue
        name = db.session.scalar(select(Identity.full_name).where(Identity.user_id == one.user_id))
        row = Receivable(
            court_id=sale.court_id,
            case_id=sale.case_id,
            sale_id=sale.id,
            ruling_id=one.ruling_id,
            kind=ReceivableKind.DEFICIT,
            status=ReceivableStatus.OPEN,
            owed_by=name or "",
            default_id=one.id,
            amount_minor=owed,
            received_minor=0,
            opened_at=now,
            due_at=now + RETURN_SPAN,
        )
        open_receivable(row, actor_id=None, now=now)
        tell_of_deficit(
            db.session.get_one(Sale, one.sale_id),
            one.user_id,
            number=db.session.get_one(Ruling, one.ruling_id).number,
            owed_minor=owed,
            due_at=row.due_at,
            now=now,
        )


# ── for the plan ────────────────────────────────────────────────────────────────────────────────


def forfeit_of(sale_id: int) -> dict[str, int] | None:
    """The `forfeit` entry of a released lot in the distribution file, if it had defaulters."""
    released = standing_releases(sale_id)
    if all(transfer.kind is not TransferKind.FORFEIT_USED for transfer in released):
        return None
    sale = db.session.get_one(Sale, sale_id)
    return forfeit_entry(defaults_on(sale.lot_id).forfeited)


def costs_paid_early(case_id: int) -> list[list[Any]]:
    """Plan lines that were paid before there was a plan: the costs out of forfeited deposits.

    As `[payee, step, amount]`, for lots whose forfeits are in the proceeds.
    """
    lots = db.session.scalars(
        select(Lot).where(Lot.id.in_(select(Default.lot_id).where(Default.case_id == case_id)))
    ).all()
    lines = []
    for lot in lots:
        on_lot = defaults_on(lot.id)
        costs = on_lot.waterfall.costs_paid_minor
        if on_lot.final is not None and costs and forfeit_of(on_lot.final.id) is not None:
            lines.append([f"{lot.number}/{FORFEIT_COSTS}", "forfeit", costs])
    return lines
