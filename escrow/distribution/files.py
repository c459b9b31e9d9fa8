"""A distribution file says exactly what it means, or it is refused with one line (``money.md``).

``read_file`` turns a JSON object into frozen dataclasses.  Nothing is guessed: an unknown field,
a number with a fraction, a reference to nothing are errors, because each of them would silently
move somebody's money.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NoReturn

from escrow.distribution.fees import NO_FEE, REALISED_FEE, FeeKind, FeeTerms
from escrow.distribution.fields import DistributionFileError, Fields, quote

FILE_FORMAT: Final = "distribution/1"
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class DebtorKind(StrEnum):
    """Whether ordinary claims share pro rata (CPLI-508.1) or by seizure (CPLI-514.1)."""

    INDIVIDUAL = "individual"
    COMPANY = "company"


class DeductionKind(StrEnum):
    """What comes off before any creditor, in this order (PRI-1 to PRI-3)."""

    COST = "cost"
    RESERVED_RENT = "reserved-rent"
    SALE_TAX = "sale-tax"


class ClaimClass(StrEnum):
    """A claim's place in the order of priority (PRI-4 to PRI-9, CPLI-508.1)."""

    HOME_BUYER = "home-buyer"
    CONSTRUCTION = "construction"
    SECURED = "secured"
    TAX = "tax"
    POLICY = "policy"
    ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True)
class Forfeit:
    """A defaulter's deposit, and what its first two uses are measured by (CN16-24.1)."""

    deposit_minor: int
    costs_minor: int
    original_price_minor: int


@dataclass(frozen=True, slots=True)
class SetOff:
    """A creditor bought the lot and wants to pay with its own share (PRI-12)."""

    claim_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Proceeds:
    """What one lot brought: the hammer price, or the resale price where there is a forfeit."""

    id: str
    amount_minor: int
    forfeit: Forfeit | None
    set_off: SetOff | None


@dataclass(frozen=True, slots=True)
class Deduction:
    """A cost, rent or tax of the sale, borne by one lot (``on``) or by all."""

    id: str
    kind: DeductionKind
    amount_minor: int
    on: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What one creditor is owed, in the four parts the law pays at different times."""

    id: str
    claim_class: ClaimClass
    expenses_minor: int
    interest_minor: int
    principal_minor: int
    doubled_interest_minor: int
    fee: FeeTerms
    on: frozenset[str]
    rank: int | None
    limit_minor: int | None
    registered_at: date | None
    arose_at: date | None
    attached_at: date | None
    held: bool


@dataclass(frozen=True, slots=True)
class DistributionFile:
    """A whole valid file; every reference in it points at something."""

    currency: str
    debtor: DebtorKind
    proceeds: tuple[Proceeds, ...]
    deductions: tuple[Deduction, ...]
    claims: tuple[Claim, ...]


def read_file(document: object) -> DistributionFile:
    """Check every field of a distribution file and return it as plain immutable values."""
    top = Fields("file", document)
    if (written := top.take_text("format")) != FILE_FORMAT:
        top.refuse("format", f"must be {FILE_FORMAT!r}, not {quote(written)}")
    currency = top.take_text("currency")
    if not _CURRENCY.fullmatch(currency):
        top.refuse("currency", f"must be three capital letters, not {quote(currency)}")
    file = DistributionFile(
        currency=currency,
        debtor=top.take_choice("debtor", DebtorKind),
        proceeds=tuple(map(_read_proceeds, top.take_objects("proceeds"))),
        deductions=tuple(map(_read_deduction, top.take_objects("deductions"))),
        claims=tuple(map(_read_claim, top.take_objects("claims"))),
    )
    top.finish()
    _check_references(file)
    return file


def _read_proceeds(fields: Fields) -> Proceeds:
    proceeds = Proceeds(
        id=fields.take_text("id"),
        amount_minor=fields.take_integer("amount", least=1),
        forfeit=_read_forfeit(fields.take_object("forfeit")) if fields.has("forfeit") else None,
        set_off=_read_set_off(fields.take_object("set_off")) if fields.has("set_off") else None,
    )
    fields.finish()
    return proceeds


def _read_forfeit(fields: Fields) -> Forfeit:
    forfeit = Forfeit(
        deposit_minor=fields.take_amount("deposit"),
        costs_minor=fields.take_amount("costs"),
        original_price_minor=fields.take_amount("original_price"),
    )
    fields.finish()
    return forfeit


def _read_set_off(fields: Fields) -> SetOff:
    set_off = SetOff(fields.take_text("claim"), fields.take_amount("amount"))
    fields.finish()
    return set_off


def _read_deduction(fields: Fields) -> Deduction:
    deduction = Deduction(
        id=fields.take_text("id"),
        kind=fields.take_choice("kind", DeductionKind),
        amount_minor=fields.take_amount("amount"),
        on=fields.take_text("on") if fields.has("on") else None,
    )
    fields.finish()
    return deduction


def _read_claim(fields: Fields) -> Claim:
    def take_optional_amount(name: str) -> int:
        return fields.take_amount(name) if fields.has(name) else 0

    def take_optional_date(name: str) -> date | None:
        return fields.take_date(name) if fields.has(name) else None

    claim = Claim(
        id=fields.take_text("id"),
        claim_class=fields.take_choice("class", ClaimClass),
        expenses_minor=take_optional_amount("expenses"),
        interest_minor=take_optional_amount("interest"),
        principal_minor=take_optional_amount("principal"),
        doubled_interest_minor=take_optional_amount("doubled_interest"),
        fee=_read_fee(fields) if fields.has("fee") else NO_FEE,
        on=_read_lots(fields) if fields.has("on") else frozenset(),
        rank=fields.take_integer("rank", least=1) if fields.has("rank") else None,
        limit_minor=fields.take_amount("limit") if fields.has("limit") else None,
        registered_at=take_optional_date("registered_at"),
        arose_at=take_optional_date("arose_at"),
        attached_at=take_optional_date("attached_at"),
        held=bool(fields.take_text("held")) if fields.has("held") else False,
    )
    if fields.has("reason"):
        fields.take_text("reason")
    fields.finish()
    for needed in _NEEDED_BY_CLASS.get(claim.claim_class, ()):
        if not fields.has(needed):
            fields.refuse(needed, f"is missing: a {claim.claim_class} claim needs it")
    return claim


_NEEDED_BY_CLASS: Final[Mapping[ClaimClass, tuple[str, ...]]] = {
    ClaimClass.HOME_BUYER: ("on",),
    ClaimClass.CONSTRUCTION: ("on",),
    ClaimClass.SECURED: ("on", "rank"),
    ClaimClass.TAX: ("arose_at",),
    ClaimClass.POLICY: ("reason",),
}


def _read_fee(fields: Fields) -> FeeTerms:
    value = fields.take("fee")
    if value is None:
        return NO_FEE
    if value == "realised":
        return REALISED_FEE
    if isinstance(value, int) and not isinstance(value, bool):
        return FeeTerms(FeeKind.FIXED, fields.take_amount("fee"))
    return fields.refuse("fee", f"must be null, an amount or 'realised', not {quote(value)}")


def _read_lots(fields: Fields) -> frozenset[str]:
    """Read the lot or the list of lots a claim is secured on."""
    value = fields.take("on")
    if isinstance(value, str):
        return frozenset((fields.take_text("on"),))
    if not isinstance(value, (list, tuple)) or not value:
        fields.refuse("on", f"must be an id or a list of ids, not {quote(value)}")
    for lot in value:
        if not isinstance(lot, str):
            fields.refuse("on", f"must list ids, not {quote(lot)}")
    if len(set(value)) < len(value):
        fields.refuse("on", "names a lot twice")
    return frozenset(value)


def _check_references(file: DistributionFile) -> None:
    """Refuse an id given twice and a reference to nothing."""
    _check_unique_ids(file)
    lots = {proceeds.id for proceeds in file.proceeds}
    claims = {claim.id for claim in file.claims}
    for number, proceeds in enumerate(file.proceeds):
        if proceeds.set_off is not None and proceeds.set_off.claim_id not in claims:
            _refuse_reference(f"proceeds[{number}].set_off.claim", proceeds.set_off.claim_id)
    for number, deduction in enumerate(file.deductions):
        if deduction.on is not None and deduction.on not in lots:
            _refuse_reference(f"deductions[{number}].on", deduction.on)
    for number, claim in enumerate(file.claims):
        for lot in sorted(claim.on - lots):
            _refuse_reference(f"claims[{number}].on", lot)
        if claim.fee.kind is FeeKind.REALISED and file.currency != "CNY":
            problem = f"'realised' is a table in CNY, the file is in {file.currency}"
            raise DistributionFileError(f"claims[{number}].fee", problem)


def _check_unique_ids(file: DistributionFile) -> None:
    seen: set[str] = set()
    lists: tuple[tuple[str, Iterable[Proceeds | Deduction | Claim]], ...] = (
        ("proceeds", file.proceeds),
        ("deductions", file.deductions),
        ("claims", file.claims),
    )
    for name, members in lists:
        for number, member in enumerate(members):
            if member.id in seen:
                problem = f"{quote(member.id)} is already the id of something else in the file"
                raise DistributionFileError(f"{name}[{number}].id", problem)
            seen.add(member.id)


def _refuse_reference(where: str, name: str) -> NoReturn:
    raise DistributionFileError(where, f"refers to {quote(name)}, which is not in the file")
