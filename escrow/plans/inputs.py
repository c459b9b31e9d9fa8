"""Turn a case as it stands into a distribution file; every amount comes from the books or a row.

Earlier plans are not subtracted here: a file always covers all that the case ever brought, so that
fees and shares are computed on the whole (FEE-14.2 on all that a claim has been paid); what earlier
plans gave is taken off line by line afterwards (`lines_still_due`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from auction.cases.models import Claim, EnforcementCase, FeeKind, Party, PartyRole
from auction.core.db import db
from auction.courts.models import Court
from auction.sales.models import Sale, SaleStatus
from escrow.defaults.forfeits import costs_paid_early, forfeit_of
from escrow.defaults.releases import claimed_by_line
from escrow.ledger import Account, AccountKind, OwnerType, TransferKind
from escrow.ledger.models import Transfer
from escrow.objections.models import Objection
from escrow.objections.rules import CALLS_FOR_CORRECTION
from escrow.plans.models import (
    Deduction,
    DistributionPlan,
    PaymentStatus,
    PlanPayment,
    PlanStatus,
)
from escrow.setoff.models import SetOff, SetOffStatus
from escrow.settlement.models import Settlement, SettlementStatus

SURPLUS = "surplus"


@dataclass(frozen=True)
class Pot:
    """One sold lot whose whole price has come into the case's proceeds."""

    sale_id: int
    asset_id: int
    label: str
    amount_minor: int
    # How much of it the buyer paid with a claim of its own, and with which (PRI-12).
    set_off_minor: int = 0
    set_off_claim: str = ""


@dataclass(frozen=True)
class Payee:
    """To whom a line is paid, as the rows say it now."""

    name: str
    bank: str
    account: str

    @property
    def is_complete(self) -> bool:
        """Whether a transfer could be sent to it."""
        return bool(self.name and self.account)


@dataclass(frozen=True)
class Basis:
    """All that a plan rests on; the digest of it is what the second person approves."""

    file: dict[str, Any]
    payees: dict[str, Payee]
    pots: tuple[Pot, ...]
    notes: tuple[dict[str, str], ...]
    earlier: tuple[dict[str, Any], ...]
    # Objections after which the plan has to be drawn up anew, by their numbers.
    corrects: tuple[int, ...] = ()

    @property
    def sha256(self) -> str:
        """Over the file, the payees' accounts, the earlier plans and what is to be corrected."""
        text = json.dumps(
            {
                "file": self.file,
                "payees": {label: [p.name, p.bank, p.account] for label, p in self.payees.items()},
                "earlier": self.earlier,
                "corrects": self.corrects,
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        return hashlib.sha256(text.encode()).hexdigest()


def read_basis(case: EnforcementCase, *, expected: Sequence[Pot] = ()) -> Basis:
    """The case's claims, proceeds and deductions as one distribution file (money.md 2).

    `expected` are lots whose price has not come in yet: with them it says what would be.
    """
    pots = [*read_pots(case), *expected]
    notes: list[dict[str, str]] = []
    deductions = _standing_deductions(case.id)
    court = db.session.get_one(Court, case.court_id)
    payees: dict[str, Payee] = {}
    file: dict[str, Any] = {
        "format": "distribution/1",
        "currency": "CNY",
        "debtor": str(case.debtor_kind),
        "proceeds": [_proceeds(pot) for pot in pots],
        "deductions": _deductions(deductions, pots, payees, notes),
        "claims": [_claim(claim, pots, payees, notes) for claim in joined_claims(case, notes)],
    }
    for claim in file["claims"]:
        payees[f"{claim['id']}/fee"] = treasury_of(court)
    debtor = debtor_of(case.id)
    if debtor is not None:
        payees[SURPLUS] = _party_payee(debtor)
    return Basis(
        file,
        payees,
        tuple(pots),
        tuple(notes),
        tuple(_earlier(case.id)),
        tuple(row.number for row in objections_to_follow(case.id)),
    )


def _proceeds(pot: Pot) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": pot.label, "amount": pot.amount_minor}
    forfeit = forfeit_of(pot.sale_id)
    if forfeit is not None:
        entry["forfeit"] = forfeit
    if pot.set_off_minor:
        entry["set_off"] = {"claim": pot.set_off_claim, "amount": pot.set_off_minor}
    return entry


def objections_to_follow(case_id: int) -> list[Objection]:
    """Objections that nobody opposed, or a court upheld, and that no plan has followed yet."""
    query = (
        select(Objection)
        .where(Objection.case_id == case_id, Objection.status.in_(CALLS_FOR_CORRECTION))
        .order_by(Objection.id)
    )
    return list(db.session.scalars(query))


def read_pots(case: EnforcementCase) -> list[Pot]:
    """The lots whose price was released into the proceeds, in the order of release."""
    undoing = aliased(Transfer)
    rows = db.session.execute(
        select(Account.owner_id, func.sum(Transfer.amount_minor), func.min(Transfer.id))
        .join(Account, Account.id == Transfer.debit_account_id)
        .where(
            Transfer.case_id == case.id,
            Transfer.kind == TransferKind.PRICE_RELEASED,
            Account.kind == AccountKind.PRICE,
            Account.owner_type == OwnerType.SALE,
            # a sale that was set aside has brought nothing (CN16-32.1)
            ~select(undoing.id).where(undoing.reverses_id == Transfer.id).exists(),
        )
        .group_by(Account.owner_id)
        .order_by(func.min(Transfer.id))
    )
    granted = {
        row.sale_id: (row.standing_minor, label, row.topped_up_minor)
        for row, label in db.session.execute(
            select(SetOff, Claim.label)
            .join(Claim, Claim.id == SetOff.claim_id)
            .where(SetOff.case_id == case.id, SetOff.status == SetOffStatus.GRANTED)
        )
    }
    in_money = {sale_id: int(amount) for sale_id, amount, _first in rows}
    pots = []
    # A price that was set off to its last fen moved no money when its ruling was served.
    for sale_id in [*in_money, *(s for s in granted if s not in in_money and _is_released(s))]:
        sale = db.session.get_one(Sale, sale_id)
        set_off, claim, topped_up = granted.get(sale_id, (0, "", 0))
        whole = in_money.get(sale_id, 0) + set_off + topped_up
        pots.append(Pot(sale.id, sale.lot.asset_id, sale.lot.number, whole, set_off, claim))
    return pots


def _is_released(sale_id: int) -> bool:
    """Whether all of the price was set off and the deal ruling is served."""
    settlement = db.session.scalar(
        select(Settlement).where(
            Settlement.sale_id == sale_id, Settlement.status == SettlementStatus.PAID
        )
    )
    sale = db.session.get_one(Sale, sale_id)
    return (
        settlement is not None
        and settlement.set_off_minor == settlement.price_minor
        and sale.status is SaleStatus.RULED
    )


def _standing_deductions(case_id: int) -> list[Deduction]:
    return list(
        db.session.scalars(
            select(Deduction)
            .where(Deduction.case_id == case_id, Deduction.cancelled_at.is_(None))
            .order_by(Deduction.id)
        )
    )


def joined_claims(case: EnforcementCase, notes: list[dict[str, str]]) -> list[Claim]:
    """The claims that take part; read again: another person may have changed one a moment ago.

    Left out, with a note: what the court refused, and what was applied for after the first payment
    under a plan (CPLI-507.1, OPEN-6).
    """
    first_paid = db.session.scalar(
        select(func.min(PlanPayment.paid_on)).where(
            PlanPayment.case_id == case.id,
            PlanPayment.status.in_((PaymentStatus.PAID, PaymentStatus.DEPOSITED)),
        )
    )
    rows = db.session.scalars(
        select(Claim)
        .where(Claim.case_id == case.id)
        .order_by(Claim.id)
        .execution_options(populate_existing=True)
    )
    joined = []
    for claim in rows:
        is_late = (
            first_paid is not None
            and claim.applied_on is not None
            and claim.applied_on > first_paid
            and claim.admitted_late is None
        )
        if claim.refused is not None:
            notes.append({"code": f"refused-{claim.refused}", "about": claim.label})
        elif is_late:
            notes.append({"code": "refused-late", "about": claim.label})
        else:
            joined.append(claim)
    return joined


def _deductions(
    rows: Iterable[Deduction],
    pots: Sequence[Pot],
    payees: dict[str, Payee],
    notes: list[dict[str, str]],
) -> list[dict[str, Any]]:
    lots = {pot.sale_id: pot.label for pot in pots}
    entries = []
    for row in rows:
        if row.sale_id is not None and row.sale_id not in lots:
            notes.append({"code": "deduction-waits", "about": row.label})
            continue
        entry: dict[str, Any] = {
            "id": row.label,
            "kind": str(row.kind),
            "amount": row.amount_minor,
        }
        if row.sale_id is not None:
            entry["on"] = lots[row.sale_id]
        entries.append(entry)
        payees[row.label] = Payee(row.payee_name, row.payee_bank, row.payee_account)
    return entries


def _claim(
    claim: Claim,
    pots: Sequence[Pot],
    payees: dict[str, Payee],
    notes: list[dict[str, str]],
) -> dict[str, Any]:
    """One claim; where what secures it has not been sold, it shares as an ordinary one."""
    assets = {row.asset_id for row in claim.assets}
    on = [pot.label for pot in pots if pot.asset_id in assets]
    kind = str(claim.claim_class)
    if kind in {"secured", "construction", "home-buyer"} and not on:
        notes.append({"code": "security-unsold", "about": claim.label})
        kind = "ordinary"
    fees = {FeeKind.NONE: None, FeeKind.REALISED: "realised", FeeKind.FIXED: claim.fee_minor}
    entry: dict[str, Any] = {
        "id": claim.label,
        "class": kind,
        "expenses": claim.expenses_minor,
        "interest": claim.interest_minor,
        "principal": claim.principal_minor,
        "doubled_interest": claim.doubled_interest_minor,
        "fee": fees[claim.fee_kind],
    }
    if on and kind != "ordinary":
        entry["on"] = on
    optional = {
        "rank": claim.rank,
        "limit": claim.limit_minor,
        "registered_at": claim.registered_at and claim.registered_at.isoformat(),
        "arose_at": claim.arose_at and claim.arose_at.isoformat(),
        "attached_at": claim.attached_at and claim.attached_at.isoformat(),
        "held": claim.held,
        "reason": claim.reason,
    }
    payees[claim.label] = _party_payee(claim.party)
    return entry | {name: value for name, value in optional.items() if value is not None}


def _party_payee(party: Party) -> Payee:
    return Payee(
        party.account_name or party.name, party.bank_name or "", party.account_number or ""
    )


def treasury_of(court: Court) -> Payee:
    """Where execution fees go: the treasury, on a line of its own (FEE-52.1)."""
    told = court.settings.get("treasury", {})
    return Payee(
        str(told.get("name") or f"{court.name}诉讼费专户"),
        str(told.get("bank") or court.bank_name),
        str(told.get("account") or court.account_number),
    )


def debtor_of(case_id: int) -> Party | None:
    """The debtor, to whom a surplus goes back (CNEX-31.1)."""
    return db.session.scalar(
        select(Party)
        .where(Party.case_id == case_id, Party.role == PartyRole.DEBTOR)
        .order_by(Party.id)
        .limit(1)
    )


def _earlier(case_id: int) -> list[dict[str, Any]]:
    """What approved plans of the case have given already, one entry a plan, one sum a line.

    Before them, as number 0, what no plan gave: costs out of a forfeit (CN16-24.1); and, taken off
    again, what is claimed back because a sale was set aside (CN16-32.1).
    """
    rows = db.session.execute(
        select(
            DistributionPlan.number,
            PlanPayment.payee,
            PlanPayment.step,
            func.sum(PlanPayment.amount_minor),
        )
        .join(PlanPayment, PlanPayment.plan_id == DistributionPlan.id)
        .where(
            DistributionPlan.case_id == case_id,
            DistributionPlan.status == PlanStatus.APPROVED,
            PlanPayment.status != PaymentStatus.WITHDRAWN,
        )
        .group_by(DistributionPlan.number, PlanPayment.payee, PlanPayment.step)
        .order_by(DistributionPlan.number, func.min(PlanPayment.id))
    )
    plans: dict[int, list[list[Any]]] = {}
    for number, payee, step, amount in rows:
        plans.setdefault(number, []).append([payee, step, int(amount)])
    outside = [
        *costs_paid_early(case_id),
        *([payee, step, -amount] for payee, step, amount in claimed_by_line(case_id)),
    ]
    if outside:
        plans = {0: outside, **plans}
    return [{"number": number, "payments": payments} for number, payments in plans.items()]
