"""Lawful values to begin a draft with: the clerk changes what the court wants otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from auction.core.money import ceil_ratio, floor_ratio
from auction.sales.calendar import beijing_day, beijing_moment, last_working_day, next_working_day
from auction.sales.rules import (
    Inputs,
    Terms,
    deposit_range,
    increment_range,
    opening_range,
    publish_range,
    start_price_range,
)


def propose_terms(
    inputs: Inputs, now: datetime, previous: Mapping[str, int] | None = None
) -> Terms:
    """Lawful values to begin with: prices at their floor, round steps, working days at 10:00.

    `previous` may name the `increment_minor` and `deposit_bps` of the failed sale, to be kept where
    they are still lawful. Where the law leaves no time at all, the dates miss as little as
    they can.
    """
    pack = inputs.pack
    before = previous or {}
    floor = start_price_range(inputs).floor
    start = floor if isinstance(floor, int) and floor > 1 else _start_without_floor(inputs)
    publish_on, opens_at = propose_dates(inputs, now)
    length = pack.selloff_seconds if inputs.stage == "selloff" else pack.min_duration_seconds
    if pack.is_practice and inputs.stage != "selloff":
        length = max(length, 600)
    return Terms(
        start_price_minor=start,
        increment_minor=propose_increment(inputs, start, before.get("increment_minor")),
        deposit_minor=propose_deposit(inputs, start, before.get("deposit_bps", 1000)),
        publish_on=publish_on,
        opens_at=opens_at,
        closes_at=opens_at + timedelta(seconds=length),
        balance_days=pack.balance_days,
        extension_window_seconds=pack.extension_window_seconds,
        extension_seconds=pack.extension_seconds,
        countdown_seconds=pack.countdown_seconds,
        leader_raises=pack.leader_raises,
        instructions=pack.instructions,
    )


def _start_without_floor(inputs: Inputs) -> int:
    base = inputs.previous_start_minor or inputs.reference_price_minor
    return ceil_ratio(base, 7000) if base else 1_000_000


def propose_increment(inputs: Inputs, start_price: int, kept: int | None) -> int:
    """The previous step if it is still usual, else about 1 % of the start price."""
    band = increment_range(inputs, start_price)
    low, high = band.suggested_floor or 1, band.suggested_ceiling or 1
    if kept is not None and low <= kept <= high:
        return kept
    return max(round_down_125(max(start_price // 100, 1)), 1)


def propose_deposit(inputs: Inputs, start_price: int, share_bps: int) -> int:
    """About `share_bps` of the start price in round figures, inside the lawful band."""
    band = deposit_range(inputs, start_price)
    assert isinstance(band.floor, int)
    assert isinstance(band.ceiling, int)
    target = min(max(floor_ratio(start_price, share_bps), band.floor), band.ceiling)
    unit = 10 ** max(len(str(target)) - 2, 0)
    rounded = target // unit * unit
    return rounded if band.floor <= rounded <= band.ceiling else target


def round_down_125(amount: int) -> int:
    """The greatest of 1, 2, 5 times a power of ten that is not above `amount` (at least 1)."""
    power: int = 10 ** (len(str(amount)) - 1)
    return max(factor * power for factor in (1, 2, 5) if factor * power <= amount)


def propose_dates(inputs: Inputs, now: datetime) -> tuple[date, datetime]:
    """Publication as soon as notices allow, opening on a working day at 10:00 in Beijing.

    Where a second auction or a sell-off is pressed by its time limit, both move as early as it
    takes.
    """
    pack = inputs.pack
    if pack.is_practice:
        soon = now.replace(second=0, microsecond=0) + timedelta(minutes=10)
        return beijing_day(now), soon
    publish_on = next_working_day(inputs.today + timedelta(days=pack.party_notice_days + 1))
    latest_publish = publish_range(inputs).ceiling
    if isinstance(latest_publish, date) and publish_on > latest_publish:
        publish_on = max(inputs.today, latest_publish)
    entry = opening_range(inputs, publish_on)
    assert isinstance(entry.floor, date)
    day = next_working_day(entry.floor)
    last = entry.ceiling
    if isinstance(last, date) and day > last:
        notice = pack.notice_days(inputs.stage, movable=inputs.movable)
        day = last_working_day(last)
        publish_on = min(publish_on, max(inputs.today, day - timedelta(days=notice)))
        day = max(day, publish_on + timedelta(days=notice))
    return publish_on, beijing_moment(day)
