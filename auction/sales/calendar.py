"""Days as the court counts them: in Beijing, the first day not counted, holidays stepped over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from auction.core.clock import BEIJING
from auction.sales.rulepacks import RulePack, holidays

OPENING_TIME = time(10, 0)


def beijing_day(moment: datetime) -> date:
    """The calendar day of `moment` in Beijing."""
    return moment.astimezone(BEIJING).date()


def beijing_moment(day: date, at: time = OPENING_TIME) -> datetime:
    """`at` o'clock on `day` in Beijing, as an aware moment in UTC."""
    return datetime.combine(day, at, tzinfo=BEIJING).astimezone(UTC)


def is_working_day(day: date) -> bool:
    """Whether the courts are open: no weekend, no holiday, or a make-up working day."""
    off, work = holidays()
    return day in work or (day.weekday() < 5 and day not in off)


def next_working_day(day: date) -> date:
    """`day` itself if the courts are open on it, else the first day after it on which they are."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def last_working_day(day: date) -> date:
    """`day` itself if the courts are open on it, else the last day before it on which they were."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month where it has no such day."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month0 + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def due_after(moment: datetime, days: int, pack: RulePack) -> datetime:
    """The end of the last day of a period of `days` that begins with `moment` (CPL-85.1).

    The day of the event is not counted; a last day on which the courts are closed moves to the next
    working day; the period ends with that day. Practice sales count minutes for days.
    """
    if pack.is_practice:
        return moment + pack.days(days)
    last = next_working_day(beijing_day(moment) + timedelta(days=days))
    return beijing_moment(last + timedelta(days=1), time(0, 0))


def balance_due_at(ended_at: datetime, days: int, pack: RulePack) -> datetime:
    """24:00 in Beijing on the announced day, counted from the day of the end (CN16-25.1).

    The court announced these days itself: a holiday does not move the last one. In a practice sale
    a minute stands for a day and there is nothing to round to.
    """
    if pack.is_practice:
        return ended_at + pack.days(days)
    return beijing_moment(beijing_day(ended_at) + timedelta(days=days + 1), time(0, 0))
