"""When each act of a lot's story happens, counted back from the end of its sale; pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from auction.assets.models import is_movable
from auction.sales.calendar import beijing_day, beijing_moment, last_working_day, next_working_day
from auction.sales.rulepacks import load_rule_pack
from escrow.demo.lots import DemoLot

DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_FIVE_MINUTES = timedelta(minutes=5)

# When the sales of each state end, counted from the present; the first lot takes the first.
_ENDS: dict[str, tuple[timedelta, ...]] = {
    "open-hot": (timedelta(minutes=40),),
    "open-suspended": (30 * _HOUR,),
    "open": tuple(hours * _HOUR for hours in (2, 5, 19, 27, 45, 70)),
    "scheduled": tuple(
        DAY + hours * _HOUR for hours in (3, 20, 27, 46, 70, 118, 190, 288, 360, 480)
    ),
    "sold": (-20 * _HOUR, -2 * DAY, -4 * DAY),
    "paid": (-9 * DAY, -11 * DAY),
    "ruled": (-24 * DAY, -28 * DAY),
    "paying": (-30 * DAY,),
    "overdue": (-26 * DAY,),
    "defaulted": (-36 * DAY,),
    "closed": (-66 * DAY, -72 * DAY, -78 * DAY),
    "unsold-first": (-4 * DAY, -8 * DAY),
    "second-scheduled": (-13 * DAY, -15 * DAY),
    "withdrawn": (5 * DAY, -5 * DAY),
}

_IN_PREPARATION = frozenset({"draft", "panel", "decided"})


@dataclass(frozen=True)
class Timetable:
    """The moments of one lot's story, in their order."""

    case_opened: datetime
    described: datetime
    priced: datetime
    drafted: datetime
    put_to_panel: datetime
    voted: tuple[datetime, datetime, datetime]
    notified: datetime
    published: datetime
    opens: datetime
    closes: datetime


def plan_times(lot: DemoLot, place: int, now: datetime) -> Timetable:
    """The timetable of the `place`-th lot of its state; what lies behind `now` is never told."""
    ends = _ENDS.get(lot.state, (30 * DAY,))
    after = ends[place % len(ends)]
    closes = _round_up(now + after)
    if not lot.state.startswith("open") and abs(after) >= 2 * DAY:
        closes = beijing_moment(beijing_day(closes))  # ten in the morning, as most courts do
    opens = closes - length_of(lot, after)
    notice = load_rule_pack("cn").notice_days("first", movable=is_movable(lot.category))
    publish_on = last_working_day(beijing_day(opens) - timedelta(days=notice + 1))
    if lot.state in _IN_PREPARATION:
        publish_on = next_working_day(beijing_day(now) + 10 * DAY)
        opens = beijing_moment(next_working_day(publish_on + (notice + 1) * DAY))
        closes = opens + DAY
    minute = lot.index % 50
    return Timetable(
        case_opened=_office(publish_on, 34, 9, minute),
        described=_office(publish_on, 24, 10, minute),
        priced=_office(publish_on, 18, 11, minute),
        drafted=_before(now, lot, _office(publish_on, 12, 14, minute)),
        put_to_panel=_before(now, lot, _office(publish_on, 10, 15, minute), 1),
        voted=(
            _before(now, lot, _office(publish_on, 10, 16, minute), 2),
            _before(now, lot, _office(publish_on, 9, 17, minute), 3),
            _before(now, lot, _office(publish_on, 9, 17, minute + 9), 4),
        ),
        notified=_office(publish_on, 7, 18, minute),
        published=_office(publish_on, 0, 10, minute),
        opens=opens,
        closes=closes,
    )


def _before(now: datetime, lot: DemoLot, moment: datetime, place: int = 0) -> datetime:
    """What a lot that is still in preparation has come to, it came to by this morning."""
    if lot.state not in _IN_PREPARATION:
        return moment
    return min(moment, now - timedelta(hours=20 - 3 * place))


def length_of(lot: DemoLot, after: timedelta) -> timedelta:
    """A day of bidding, or as many whole days as a running sale needs to have begun by now."""
    if lot.state.startswith("open") and after > timedelta(hours=20):
        return timedelta(days=after.days + 2)
    return DAY


def _round_up(moment: datetime) -> datetime:
    """The next full five minutes."""
    past = timedelta(
        minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond
    )
    return moment if not past else moment - past + _FIVE_MINUTES


def _office(publish_on: date, days_before: int, hour: int, minute: int) -> datetime:
    """A moment of office hours so many days before the publication."""
    day = last_working_day(publish_on - timedelta(days=days_before))
    return beijing_moment(day, time(hour, minute))


# ── bidding ─────────────────────────────────────────────────────────────────────────────────────


def plan_enrolments(
    rng: random.Random, times: Timetable, count: int, now: datetime
) -> list[datetime]:
    """When each bidder enrols: after the publication, before the first bid and the present."""
    first, last = times.published + _HOUR, min(times.opens + _HOUR, now - _HOUR)
    span = (last - first) / _HOUR
    return sorted(first + rng.uniform(0.1, 1) * span * _HOUR for _ in range(count))


def plan_bids(rng: random.Random, times: Timetable, count: int, now: datetime) -> list[datetime]:
    """When bids come: scattered over the day, and a flurry in the last minutes of a hot sale."""
    start = times.opens + 90 * timedelta(minutes=1)
    is_over = times.closes < now
    late = count * 2 // 5 if is_over and count >= 7 else 0
    end = min(times.closes - _HOUR, now - timedelta(minutes=3))
    span = (end - start) / timedelta(seconds=1)
    moments = sorted(
        start + rng.uniform(0, span) * timedelta(seconds=1) for _ in range(count - late)
    )
    moment = times.closes - timedelta(seconds=rng.uniform(200, 280))
    for _ in range(late):
        moments.append(moment)
        moment += timedelta(seconds=rng.uniform(15, 190))
    return moments
