"""What a movement is about, as tokens that can be compared: references and payers.

A token says what kind of thing it names (`line:7`, `bank:OUT1`, `intent:pi_1`), so that two numbers
of different kinds never meet. Where a document names the very line or object of the other side,
that name stands for the payer too: there is nobody else it could be.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from auction.core.db import db
from escrow.bank.models import BankLine, ProviderMove, ProviderMoveKind, ReturnOrder
from escrow.bank.rules import plain_name
from escrow.ledger import Transfer
from escrow.payments.models import Channel, MoneyAlarm, Payment, Refund
from escrow.payments.provider_models import Dispute, ProviderMovement, ProviderPayout
from escrow.payouts.models import Payout
from escrow.plans.models import PlanPayment
from escrow.reconciliation.match import Row
from escrow.reconciliation.models import ArrivalStatus, PayoutArrival, Place, ReconciliationItem
from escrow.reconciliation.sources import portions_of

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-]{3,}")
STRIPE = "name:stripe"
# Money that comes in for its payer's own charge, not by way of another object.
_CHARGES = frozenset({"charge", "payment"})


@dataclass(frozen=True)
class Tokens:
    """By what a movement can be recognised; the surest reference first."""

    references: tuple[str, ...] = ()
    payers: tuple[str, ...] = ()
    undoes: str = ""


@dataclass
class _Gathered:
    """References and payers while they are put together, each once, in order."""

    references: list[str] = field(default_factory=list)
    payers: list[str] = field(default_factory=list)

    def refer(self, kind: str, value: object) -> _Gathered:
        """Add a reference, if there is one."""
        if value:
            self.references.append(f"{kind}:{value}")
        return self

    def same(self, kind: str, value: object) -> _Gathered:
        """Add a reference that names the very thing, and with it who paid."""
        if value:
            self.payers.append(f"{kind}:{value}")
        return self.refer(kind, value)

    def person(self, name: str | None, account: str | None) -> _Gathered:
        """Add who paid, or was paid, by name and by account."""
        if name and plain_name(name):
            plain = plain_name(name)
            self.payers.append(STRIPE if "stripe" in plain else f"name:{plain}")
        if account and plain_name(account):
            self.payers.append(f"account:{plain_name(account)}")
        return self

    def done(self, undoes: str = "") -> Tokens:
        """The finished tokens."""
        return Tokens(
            tuple(dict.fromkeys(self.references)), tuple(dict.fromkeys(self.payers)), undoes
        )


def rows_of(items: Sequence[ReconciliationItem]) -> list[Row]:
    """Items as the matching core takes them."""
    told = tokens_of(items)
    return [
        Row(
            item.id,
            item.amount_minor,
            item.dated_on.toordinal(),
            told[item.id].references,
            told[item.id].payers,
            told[item.id].undoes,
            item.by_hand,
        )
        for item in items
    ]


def tokens_of(items: Sequence[ReconciliationItem]) -> dict[int, Tokens]:
    """The tokens of each item, read from its source in portions."""
    by_source: defaultdict[str, list[ReconciliationItem]] = defaultdict(list)
    for item in items:
        by_source[item.source_type].append(item)
    told: dict[int, Tokens] = {}
    for source_type, group in by_source.items():
        ids = sorted({item.source_id for item in group})
        read = _OUTSIDE.get(source_type)
        if read is not None:
            found = read(ids)
            told.update((item.id, found[item.source_id]) for item in group)
        else:
            told.update(_ledger_tokens(group, ids))
    return told


# ── the other side ──────────────────────────────────────────────────────────────────────────────


def _line_tokens(ids: Sequence[int]) -> dict[int, Tokens]:
    found = {}
    for portion in portions_of(ids):
        for line in db.session.scalars(select(BankLine).where(BankLine.id.in_(portion))):
            told = _Gathered().same("line", line.id).refer("ref", line.reference)
            for word in _WORD.findall(f"{line.entry_ref} {line.remittance}"):
                told.refer("bank", word.upper())
            found[line.id] = told.person(line.payer_name, line.payer_account).done()
    return found


def _movement_tokens(ids: Sequence[int]) -> dict[int, Tokens]:
    arrivals = _arrivals()
    found = {}
    for portion in portions_of(ids):
        query = select(ProviderMovement).where(ProviderMovement.id.in_(portion))
        for row in db.session.scalars(query):
            told = _Gathered().same("transfer", row.transfer_id)
            if row.kind in _CHARGES:
                told.same("intent", row.intent_id)
            elif row.kind == "payout":
                told.same("arrival", arrivals.get(row.source_id or ""))
                told.refer("payout", (row.source_id or "").upper())
            else:
                told.same("object", row.source_id)
            found[row.id] = told.done(f"object:{row.source_id}" if row.source_id else "")
    return found


def _arrivals() -> dict[str, int]:
    """The bank line of each payout that has arrived, by the provider's name of the payout."""
    rows = db.session.execute(
        select(ProviderPayout.provider_id, PayoutArrival.bank_line_id)
        .join(PayoutArrival, PayoutArrival.payout_id == ProviderPayout.id)
        .where(PayoutArrival.status == ArrivalStatus.STANDING)
    )
    return {str(name): int(line_id) for name, line_id in rows}


_OUTSIDE: dict[str, Callable[[Sequence[int]], dict[int, Tokens]]] = {
    BankLine.__tablename__: _line_tokens,
    ProviderMovement.__tablename__: _movement_tokens,
}


# ── our own books ───────────────────────────────────────────────────────────────────────────────


def _ledger_tokens(items: Iterable[ReconciliationItem], ids: Sequence[int]) -> dict[int, Tokens]:
    sources: dict[int, tuple[str, int, int]] = {}
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for portion in portions_of(ids):
        rows = db.session.execute(
            select(
                Transfer.id, Transfer.source_type, Transfer.source_id, Transfer.reverses_id
            ).where(Transfer.id.in_(portion))
        )
        for transfer_id, source_type, source_id, reverses_id in rows:
            sources[transfer_id] = (source_type, source_id, reverses_id or transfer_id)
            wanted[source_type].add(source_id)
    documents = {
        source_type: _DOCUMENTS[source_type](sorted(found))
        for source_type, found in wanted.items()
        if source_type in _DOCUMENTS
    }
    told = {}
    for item in items:
        source_type, source_id, undoes = sources[item.source_id]
        about = documents.get(source_type, {}).get(source_id, _Gathered())
        own = _Gathered([*about.references], [*about.payers])
        if item.place is Place.PROVIDER:
            own = _at_provider(own)
        told[item.id] = own.same("transfer", item.source_id).done(f"transfer:{undoes}")
    return told


def _at_provider(told: _Gathered) -> _Gathered:
    """At the provider a bank line is the arrival of a payout, and not the movement itself."""
    for tokens in (told.references, told.payers):
        tokens[:] = [token.replace("line:", "arrival:", 1) for token in tokens]
    told.references += [
        token.replace("bank:", "payout:", 1) for token in told.references if "bank:" in token
    ]
    return told


def _payments(ids: Sequence[int]) -> dict[int, _Gathered]:
    found = {}
    for row in db.session.scalars(select(Payment).where(Payment.id.in_(ids))):
        told = _Gathered()
        if row.channel is Channel.STRIPE:
            told.same("intent", row.intent_id)
        else:
            told.same("line", row.bank_line_id).person(row.payer_name, row.payer_account)
        found[row.id] = told
    return found


def _lines(ids: Sequence[int]) -> dict[int, _Gathered]:
    return {line_id: _Gathered().same("line", line_id) for line_id in ids}


def _refunds(ids: Sequence[int]) -> dict[int, _Gathered]:
    """By the way it went: the provider's refund, or the transfer that somebody sent."""
    found = {}
    for row in db.session.scalars(select(Refund).where(Refund.id.in_(ids))):
        found[row.id] = _Gathered().same("object", row.provider_refund_id)
        found[row.id].person(row.payee_name, row.payee_account)
    orders = select(ReturnOrder).where(ReturnOrder.refund_id.in_(ids))
    for order in db.session.scalars(orders.order_by(ReturnOrder.id)):
        if order.refund_id is not None:
            _sent(found[order.refund_id], order)
    for payout in db.session.scalars(select(Payout).where(Payout.refund_id.in_(ids))):
        if payout.refund_id is not None:
            _sent(found[payout.refund_id], payout)
    return found


def _sent(told: _Gathered, row: ReturnOrder | PlanPayment | Payout) -> _Gathered:
    return told.refer("line", row.bank_line_id).refer("bank", (row.bank_reference or "").upper())


def _orders(ids: Sequence[int]) -> dict[int, _Gathered]:
    rows = db.session.scalars(select(ReturnOrder).where(ReturnOrder.id.in_(ids)))
    return {row.id: _sent(_Gathered().person(None, row.payee_account), row) for row in rows}


def _plan_payments(ids: Sequence[int]) -> dict[int, _Gathered]:
    rows = db.session.scalars(select(PlanPayment).where(PlanPayment.id.in_(ids)))
    return {
        row.id: _sent(_Gathered().person(row.payee_name, row.payee_account), row) for row in rows
    }


def _payouts(ids: Sequence[int]) -> dict[int, _Gathered]:
    """Money sent to a payee; what came back is on a line of its own."""
    found = {}
    for row in db.session.scalars(select(Payout).where(Payout.id.in_(ids))):
        told = _sent(_Gathered().person(row.payee_name, row.payee_account), row)
        found[row.id] = told.refer("line", row.returned_line_id)
    return found


def _moves(ids: Sequence[int]) -> dict[int, _Gathered]:
    found = {}
    for row in db.session.scalars(select(ProviderMove).where(ProviderMove.id.in_(ids))):
        told = _Gathered()
        if row.kind is ProviderMoveKind.PAYOUT:
            told.same("line", row.bank_line_id).payers.append(STRIPE)
        else:
            told.refer("line", row.bank_line_id)
        found[row.id] = told.refer("bank", row.bank_reference.upper())
    return found


def _disputes(ids: Sequence[int]) -> dict[int, _Gathered]:
    rows = db.session.scalars(select(Dispute).where(Dispute.id.in_(ids)))
    return {row.id: _Gathered().same("object", row.provider_dispute_id) for row in rows}


def _alarms(ids: Sequence[int]) -> dict[int, _Gathered]:
    """Money that is not ours names its intent."""
    rows = db.session.scalars(select(MoneyAlarm).where(MoneyAlarm.id.in_(ids)))
    return {
        row.id: _Gathered().same("intent", row.subject.removeprefix("intent "))
        for row in rows
        if row.subject.startswith("intent ")
    }


def _in_portions(
    read: Callable[[Sequence[int]], dict[int, _Gathered]],
) -> Callable[[Sequence[int]], dict[int, _Gathered]]:
    def whole(ids: Sequence[int]) -> dict[int, _Gathered]:
        found: dict[int, _Gathered] = {}
        for portion in portions_of(ids):
            found.update(read(portion))
        return found

    return whole


_DOCUMENTS = {
    Payment.__tablename__: _in_portions(_payments),
    BankLine.__tablename__: _lines,
    Refund.__tablename__: _in_portions(_refunds),
    ReturnOrder.__tablename__: _in_portions(_orders),
    PlanPayment.__tablename__: _in_portions(_plan_payments),
    Payout.__tablename__: _in_portions(_payouts),
    ProviderMove.__tablename__: _in_portions(_moves),
    Dispute.__tablename__: _in_portions(_disputes),
    MoneyAlarm.__tablename__: _in_portions(_alarms),
}
