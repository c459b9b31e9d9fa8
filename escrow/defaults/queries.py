"""What the pages of a sold sale show: its balance, the rulings on it, what became of the money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from auction.accounts.models import User
from auction.core.audit import AuditEntry
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.notices.models import Document
from auction.rulings.models import BarredBuyer, Ruling, RulingProposal
from auction.rulings.proposals import proposals_of, undoing_ruling
from auction.rulings.services import buyer_of, ruling_of
from auction.sales.models import Sale
from auction.sales.queries import find_sale, names_of
from escrow.bank.models import BankLine
from escrow.defaults.costs import costs_listed, held_of
from escrow.defaults.forfeits import LotDefaults, defaults_on
from escrow.defaults.models import Default, DefaultCost, Receivable, ReceivableKind, SetAside
from escrow.defaults.reckoning import Stake, stake_of
from escrow.defaults.services import paper_of
from escrow.defaults.waterfall import Share
from escrow.deposits.models import Deposit
from escrow.payments.models import Channel, Payment, Purpose, Refund, RefundStatus
from escrow.payments.queries import MoneyState, describe
from escrow.settlement.late import late_decisions_of
from escrow.settlement.loans import loans_of
from escrow.settlement.models import LateDecision, LoanCommitment, Settlement
from escrow.settlement.services import settlement_of


@dataclass(frozen=True)
class PaidPart:
    """One payment of the buyer, and what of it is on its way back."""

    purpose: Purpose
    channel: Channel
    amount_minor: int
    returned_minor: int
    payment: Payment
    state: MoneyState


@dataclass(frozen=True)
class Undone:
    """What a ruling has made of the sale."""

    ruling: Ruling
    paper: Document | None
    default: Default | None
    set_aside: SetAside | None
    resale: Sale | None
    bars: tuple[BarredBuyer, ...]


@dataclass(frozen=True)
class Outcome:
    """Everything about a sold sale that its court looks at."""

    sale: Sale
    settlement: Settlement
    buyer: str
    stake: Stake
    parts: tuple[PaidPart, ...]
    late_decisions: tuple[LateDecision, ...]
    loans: tuple[LoanCommitment, ...]
    proposals: tuple[RulingProposal, ...]
    deal: Ruling | None
    undone: Undone | None
    receivables: tuple[Receivable, ...]
    names: dict[int, str]

    @property
    def draft(self) -> RulingProposal | None:
        """The draft that waits for a judge, if there is one."""
        return next((row for row in reversed(self.proposals) if row.status == "draft"), None)


@dataclass(frozen=True)
class ForfeitUse:
    """Where a defaulter's deposit has gone so far (CN16-24.1)."""

    default: Default
    costs: tuple[DefaultCost, ...]
    held_minor: int
    share: Share
    on_lot: LotDefaults

    @property
    def topped_up_minor(self) -> int:
        """What the defaulter has made up since: used like the deposit."""
        used = self.share.costs_paid_minor + self.share.gap_paid_minor + self.share.rest_minor
        return used - self.default.deposit_minor


def find_settled(user: User, number: str) -> tuple[Sale, Settlement]:
    """A sold sale of the person's court with its settlement; NotFound for any other."""
    sale = find_sale(user, number)
    settlement = settlement_of(sale.id)
    if settlement is None:
        raise NotFound("not-sold", _l("这次拍卖没有成交，没有尾款可看。"))
    return sale, settlement


def sold_in(case_id: int) -> list[tuple[Sale, Settlement]]:
    """Every sold sale of a case with its settlement, oldest first."""
    rows = db.session.execute(
        select(Sale, Settlement)
        .join(Settlement, Settlement.sale_id == Sale.id)
        .where(Sale.case_id == case_id)
        .order_by(Sale.id)
    )
    return [(sale, settlement) for sale, settlement in rows]


def read_outcome(sale: Sale, settlement: Settlement) -> Outcome:
    """Put the page of one sold sale together."""
    proposals, loans = proposals_of(sale), loans_of(settlement.id)
    late = late_decisions_of(settlement.id)
    undone = _undone(sale)
    return Outcome(
        sale=sale,
        settlement=settlement,
        buyer=buyer_of(sale),
        stake=stake_of(sale),
        parts=tuple(_parts_of(settlement)),
        late_decisions=tuple(late),
        loans=tuple(loans),
        proposals=tuple(proposals),
        deal=ruling_of(sale),
        undone=undone,
        receivables=tuple(receivables_about(sale)),
        names=_names(late, proposals, loans, undone),
    )


def _names(
    late: Iterable[LateDecision],
    proposals: Iterable[RulingProposal],
    loans: Iterable[LoanCommitment],
    undone: Undone | None,
) -> dict[int, str]:
    """Who of the court had a hand in it."""
    people: list[int | None] = [row.decided_by for row in late]
    for draft in proposals:
        people += [draft.drafted_by, draft.decided_by]
    for loan in loans:
        people += [loan.recorded_by, loan.confirmed_by]
    if undone is not None:
        people += [bar.lifted_by for bar in undone.bars]
        if undone.default is not None:
            people += [cost.booked_by for cost in costs_listed(undone.default)]
    return names_of(person for person in people if person is not None)


def _parts_of(settlement: Settlement) -> Iterable[PaidPart]:
    """Each payment of the buyer, the oldest first."""
    rows = db.session.execute(
        select(Payment, Deposit)
        .outerjoin(Deposit, Deposit.id == Payment.deposit_id)
        .where(Payment.enrolment_id == settlement.enrolment_id)
        .order_by(Payment.id)
    ).all()
    for payment, deposit in rows:
        refunds = db.session.scalars(
            select(Refund).where(Refund.payment_id == payment.id).order_by(Refund.id)
        ).all()
        yield PaidPart(
            purpose=payment.purpose,
            channel=payment.channel,
            amount_minor=payment.amount_minor,
            returned_minor=sum(row.amount_minor for row in refunds),
            payment=payment,
            state=describe(payment, deposit, refunds[-1] if refunds else None),
        )


def _undone(sale: Sale) -> Undone | None:
    ruling = undoing_ruling(sale)
    if ruling is None:
        return None
    bars = db.session.scalars(
        select(BarredBuyer).where(BarredBuyer.ruling_id == ruling.id).order_by(BarredBuyer.id)
    )
    return Undone(
        ruling=ruling,
        paper=paper_of(ruling),
        default=default_of(sale.id),
        set_aside=set_aside_of(sale.id),
        resale=resale_of(sale),
        bars=tuple(bars),
    )


def default_of(sale_id: int) -> Default | None:
    """The default on a sale, if its buyer was ruled to be in default."""
    return db.session.scalar(select(Default).where(Default.sale_id == sale_id))


def set_aside_of(sale_id: int) -> SetAside | None:
    """The setting aside of a sale, if it was undone."""
    return db.session.scalar(select(SetAside).where(SetAside.sale_id == sale_id))


def resale_of(sale: Sale) -> Sale | None:
    """The sale that follows an undone one."""
    query = select(Sale).where(Sale.resale_of_id == sale.id).order_by(Sale.id.desc())
    return db.session.scalar(query.limit(1))


def read_forfeit(default: Default) -> ForfeitUse:
    """The steps of one defaulter's deposit as they stand: planned until the re-sale, then final."""
    on_lot = defaults_on(default.lot_id)
    waterfall = on_lot.waterfall
    index = [one.id for one in on_lot.defaults].index(default.id)
    return ForfeitUse(
        default=default,
        costs=tuple(costs_listed(default)),
        held_minor=held_of(default),
        share=waterfall.shares[index],
        on_lot=on_lot,
    )


def returned_of(settlement: Settlement) -> tuple[int, int]:
    """Of what the buyer gets back: sent and done, and still under way."""
    rows = db.session.execute(
        select(Refund.status, Refund.amount_minor)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.enrolment_id == settlement.enrolment_id)
    ).all()
    done = sum(amount for status, amount in rows if status is RefundStatus.DONE)
    return done, sum(amount for _status, amount in rows) - done


# ── receivables ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Receipt:
    """Money that came in on a receivable."""

    line: BankLine
    entry: AuditEntry

    @property
    def amount_minor(self) -> int:
        """How much of the line it was."""
        return int(self.entry.detail["amount_minor"])


def receivables_about(sale: Sale) -> list[Receivable]:
    """What is owed because of a sale: returns of its price, its defaulter's deficit."""
    mine = select(Default.id).where(Default.sale_id == sale.id)
    query: Any = select(Receivable).where(
        ((Receivable.sale_id == sale.id) & (Receivable.kind == ReceivableKind.RETURN))
        | Receivable.default_id.in_(mine)
    )
    return list(db.session.scalars(query.order_by(Receivable.id)))


def find_receivable(user: User, receivable_id: int) -> Receivable:
    """One receivable of the person's court; NotFound otherwise."""
    row = db.session.scalar(
        select(Receivable).where(
            Receivable.id == receivable_id, Receivable.court_id == user.court_id
        )
    )
    if row is None:
        raise NotFound("no-such-receivable", _l("没有这笔应收回款项。"))
    return row


def sale_behind(row: Receivable) -> Sale:
    """The sale that was undone: its own for a return, the defaulted one for a deficit."""
    if row.default_id is None:
        return db.session.get_one(Sale, row.sale_id)
    return db.session.get_one(Sale, db.session.get_one(Default, row.default_id).sale_id)


def receipts_of(row: Receivable) -> list[Receipt]:
    """Every payment that was booked on a receivable, oldest first."""
    entries = db.session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject_type == Receivable.__tablename__,
            AuditEntry.subject_id == row.id,
            AuditEntry.action == "receive-return",
        )
        .order_by(AuditEntry.id)
    )
    return [
        Receipt(db.session.get_one(BankLine, entry.detail["line_id"]), entry) for entry in entries
    ]
