"""The lawful range of every term of a sale, and the refusal of what lies outside (CN16, CN455).

Pure: no database, no clock, no words. A `Range` names the rule behind each of its ends; a `Refusal`
names the field, the rule and the value that would be lawful. Sentences are made in `explain`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from auction.core.money import MAX_MINOR, ceil_ratio, floor_ratio
from auction.sales.calendar import add_months, beijing_day, beijing_moment
from auction.sales.rulepacks import RulePack, StageName

Bound = int | date | datetime

# A term fixed by the platform's own choice rather than by an article has no statute ID.
PLATFORM = ""


@dataclass(frozen=True)
class Terms:
    """What the court sets for one sale; amounts in minor units, moments aware."""

    start_price_minor: int
    increment_minor: int
    deposit_minor: int
    publish_on: date
    opens_at: datetime
    closes_at: datetime
    balance_days: int
    extension_window_seconds: int
    extension_seconds: int
    countdown_seconds: int
    leader_raises: bool
    instructions: bool
    qualification: str = ""
    remarks: str = ""


@dataclass(frozen=True)
class Inputs:
    """What the lawful ranges depend on.

    `previous_start_minor` and `previous_failed_on` belong to the failed sale before this one: the
    first auction for a second auction, the second auction for a sell-off. `defaulted_start_minor`
    is that of the sale which this one repeats after its buyer's default.
    """

    pack: RulePack
    stage: StageName
    movable: bool
    today: date
    reference_price_minor: int | None = None
    price_valid_until: date | None = None
    previous_start_minor: int | None = None
    previous_failed_on: date | None = None
    seizure_expires_on: date | None = None
    defaulted_start_minor: int | None = None


@dataclass(frozen=True)
class Range:
    """Both ends are lawful themselves; None leaves an end open. `…_rule` are keys of the pack.

    `suggested_floor` and `suggested_ceiling` are what is usual: advice, never a ground of refusal.
    """

    field: str
    floor: Bound | None = None
    ceiling: Bound | None = None
    floor_rule: str = ""
    ceiling_rule: str = ""
    floor_statute: str = PLATFORM
    ceiling_statute: str = PLATFORM
    suggested_floor: int | None = None
    suggested_ceiling: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no lawful value is left (the rules cannot all be met in time)."""
        if self.floor is None or self.ceiling is None:
            return False
        return bool(self.floor > self.ceiling)  # type: ignore[operator]  # both are of one kind


@dataclass(frozen=True)
class Refusal:
    """One fault: `side` is `low`, `high`, or `missing` when the ground itself is not on record."""

    field: str
    rule: str
    statute: str
    side: str
    lawful: Bound | None


# ── ranges ──────────────────────────────────────────────────────────────────────────────────────


def lawful_ranges(inputs: Inputs, chosen: Terms) -> dict[str, Range]:
    """The lawful range of every field, given what was chosen for the fields it depends on.

    The deposit follows the start price, the opening follows the publication, the close follows the
    opening; everything else depends on `inputs` alone.
    """
    ranges = [
        start_price_range(inputs),
        increment_range(inputs, chosen.start_price_minor),
        deposit_range(inputs, chosen.start_price_minor),
        publish_range(inputs),
        opening_range(inputs, chosen.publish_on),
        close_range(inputs, chosen.opens_at, chosen.balance_days),
        balance_range(inputs),
        *fixed_ranges(inputs),
    ]
    return {entry.field: entry for entry in ranges}


def start_price_range(inputs: Inputs) -> Range:
    """The start price is the reserve: CN16-10.3 first, CN16-26.4 second, CN455-4.1 sell-off.

    A re-sale after a default starts no lower than the defaulted sale did: the cut is for a sale
    that failed (OPEN-10).
    """
    entry = _start_of_stage(inputs)
    started, share = inputs.defaulted_start_minor, inputs.pack.resale_floor_bps
    if not started or not share or inputs.stage == "selloff":
        return entry
    floor = ceil_ratio(started, share)
    if isinstance(entry.floor, int) and entry.floor >= floor:
        return entry
    return _with_floor(entry, floor, "resale_floor_bps", inputs.pack)


def _start_of_stage(inputs: Inputs) -> Range:
    pack = inputs.pack
    free = Range("start_price_minor", 1, MAX_MINOR)
    if inputs.stage == "first":
        if not pack.start_floor_bps:
            return free
        rule = "start_floor_bps"
        base = inputs.reference_price_minor
        floor = ceil_ratio(base, pack.start_floor_bps) if base else None
        return _with_floor(free, floor, rule, pack)
    previous = inputs.previous_start_minor
    if inputs.stage == "second":
        floor = ceil_ratio(previous, 10_000 - pack.second_cut_max_bps) if previous else None
        return _with_floor(free, max(floor, 1) if floor is not None else None, _CUT, pack)
    if not pack.selloff_price_bps:
        return free
    rule = "selloff_price_bps"
    fixed = ceil_ratio(previous, pack.selloff_price_bps) if previous else None
    return replace(
        _with_floor(free, fixed, rule, pack),
        ceiling=fixed,
        ceiling_rule=rule,
        ceiling_statute=_statute(pack, rule),
    )


_CUT = "second_cut_max_bps"


def increment_range(inputs: Inputs, start_price: int) -> Range:
    """The court sets the step (CN16-20.1); only its usual band is suggested (OPEN-13)."""
    low = max(ceil_ratio(start_price, inputs.pack.increment_min_bps), 1)
    return Range(
        "increment_minor",
        1,
        MAX_MINOR,
        suggested_floor=low,
        suggested_ceiling=max(floor_ratio(start_price, inputs.pack.increment_max_bps), low),
    )


def deposit_range(inputs: Inputs, start_price: int) -> Range:
    """5 % to 20 % of the start price, both ends lawful, never rounded outward (CN16-17.1)."""
    pack = inputs.pack
    return Range(
        "deposit_minor",
        ceil_ratio(start_price, pack.deposit_min_bps),
        floor_ratio(start_price, pack.deposit_max_bps),
        "deposit_min_bps",
        "deposit_max_bps",
        _statute(pack, "deposit_min_bps"),
        _statute(pack, "deposit_max_bps"),
    )


def publish_range(inputs: Inputs) -> Range:
    """Not in the past; a first notice within the price's validity (CN18P-27.2); CN455-2.2."""
    pack = inputs.pack
    entry = Range("publish_on", floor=inputs.today)
    if pack.needs_reference_price and inputs.stage == "first" and inputs.price_valid_until:
        return _with_ceiling(entry, inputs.price_valid_until, "price_grace_months", pack)
    failed = inputs.previous_failed_on
    if inputs.stage == "selloff" and failed and pack.selloff_announce_days:
        last = failed + timedelta(days=pack.selloff_announce_days)
        return _with_ceiling(entry, last, "selloff_announce_days", pack)
    return entry


def opening_range(inputs: Inputs, publish_on: date) -> Range:
    """Days between publication and opening (CN16-12, 26.3), counted as OPEN-2 says.

    A second auction is held within 30 days of the failure (CN16-26.2); no sale is held more than
    six months after the reference price expired (CN18P-27.2).
    """
    pack = inputs.pack
    notice = pack.notice_rule(inputs.stage, movable=inputs.movable)
    first_day = publish_on + timedelta(days=int(notice.value))
    entry = Range(
        "opens_at",
        floor=first_day,
        floor_rule=notice.key,
        floor_statute=notice.statute or PLATFORM,
    )
    ceilings: list[tuple[date, str]] = []
    if inputs.stage == "second" and inputs.previous_failed_on and pack.second_sale_days:
        last = inputs.previous_failed_on + timedelta(days=pack.second_sale_days)
        ceilings.append((last, "second_sale_days"))
    if pack.needs_reference_price and inputs.price_valid_until:
        last = add_months(inputs.price_valid_until, pack.price_grace_months)
        ceilings.append((last, "price_grace_months"))
    if ceilings:
        last, rule = min(ceilings)
        entry = _with_ceiling(entry, last, rule, pack)
    return entry


def close_range(inputs: Inputs, opens_at: datetime, balance_days: int) -> Range:
    """At least 24 hours (CN16-20.2), 60 days in a sell-off (CN455-3.1), within the seizure.

    The seizure must last until the deal ruling can be expected: the balance period and ten days
    after the close (CPLI-485.1, CN20A-20.1).
    """
    pack = inputs.pack
    if inputs.stage == "selloff":
        rule = "selloff_seconds"
        fixed = opens_at + timedelta(seconds=pack.selloff_seconds)
        statute = _statute(pack, rule)
        return Range("closes_at", fixed, fixed, rule, rule, statute, statute)
    rule = "min_duration_seconds"
    entry = Range(
        "closes_at",
        floor=opens_at + timedelta(seconds=pack.min_duration_seconds),
        floor_rule=rule,
        floor_statute=_statute(pack, rule),
    )
    if pack.seizure_covers_ruling and inputs.seizure_expires_on:
        last = latest_close(inputs.seizure_expires_on, balance_days, pack)
        entry = _with_ceiling(entry, last, "seizure_covers_ruling", pack)
    return entry


def latest_close(seizure_expires_on: date, balance_days: int, pack: RulePack) -> datetime:
    """The last moment to close so that a ruling can be served while the seizure still holds."""
    last = seizure_expires_on - timedelta(days=balance_days + pack.deal_ruling_days)
    return beijing_moment(last + timedelta(days=1), _MIDNIGHT)


_MIDNIGHT = datetime.min.time()


def balance_range(inputs: Inputs) -> Range:
    """Without a period for the balance nothing can be announced (CN16-25.1); it is the court's."""
    statute = _statute(inputs.pack, "balance_days")
    return Range(
        "balance_days", 1, inputs.pack.balance_days_max, "balance_days", "balance_days_max", statute
    )


def fixed_ranges(inputs: Inputs) -> Iterator[Range]:
    """What the law fixes to one value: the five minutes (CN16-20.3), the 24 hours (CN455-6.1)."""
    pack = inputs.pack
    for rule in ("extension_window_seconds", "extension_seconds", "countdown_seconds"):
        value = int(pack.rule(rule).value)
        statute = _statute(pack, rule)
        yield Range(rule, value, value, rule, rule, statute, statute)


def _with_floor(entry: Range, floor: int | None, rule: str, pack: RulePack) -> Range:
    return replace(entry, floor=floor, floor_rule=rule, floor_statute=_statute(pack, rule))


def _with_ceiling(entry: Range, ceiling: Bound, rule: str, pack: RulePack) -> Range:
    return replace(entry, ceiling=ceiling, ceiling_rule=rule, ceiling_statute=_statute(pack, rule))


def _statute(pack: RulePack, rule: str) -> str:
    return pack.rule(rule).statute or PLATFORM


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


def check_terms(terms: Terms, inputs: Inputs) -> list[Refusal]:
    """Every fault of `terms`, in the order of the fields; an empty list means all are lawful."""
    faults = list(missing_grounds(inputs))
    for name, entry in lawful_ranges(inputs, terms).items():
        value = comparable(name, getattr(terms, name))
        fault = check_value(value, entry)
        if fault is not None:
            faults.append(fault)
    return faults


def check_value(value: Bound, entry: Range) -> Refusal | None:
    """The refusal of `value` where it lies outside `entry`, else None."""
    if entry.floor is not None and value < entry.floor:  # type: ignore[operator]  # one kind
        return Refusal(entry.field, entry.floor_rule, entry.floor_statute, "low", entry.floor)
    if entry.ceiling is not None and value > entry.ceiling:  # type: ignore[operator]  # one kind
        return Refusal(
            entry.field, entry.ceiling_rule, entry.ceiling_statute, "high", entry.ceiling
        )
    return None


def comparable(field: str, value: Bound) -> Bound:
    """The opening is bound by its calendar day in Beijing; everything else as it is."""
    if field == "opens_at" and isinstance(value, datetime):
        return beijing_day(value)
    return value


def missing_grounds(inputs: Inputs) -> Iterator[Refusal]:
    """What must be on record before a price can be set at all (CN16-10.2, CN16-26)."""
    pack = inputs.pack
    if pack.needs_reference_price and not inputs.reference_price_minor:
        yield _missing("needs_reference_price", pack)
    if inputs.stage != "first" and not inputs.previous_start_minor:
        yield _missing(_CUT if inputs.stage == "second" else "selloff_price_bps", pack)


def _missing(rule: str, pack: RulePack) -> Refusal:
    return Refusal("start_price_minor", rule, _statute(pack, rule), "missing", None)
