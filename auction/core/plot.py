"""Where things stand in a picture: pure geometry in whole thousandths, no drawing, no words.

Money stays an integer throughout; a position is a number of thousandths of the picture's width or
height, so nothing here is ever a float.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypedDict

SPAN = 1000
_MOST_LINES = 5
_NICE = (1, 2, 5, 10)
# A closed range is drawn from 15 % to 85 % of its bar, which leaves room to show what lies outside.
_FLOOR_AT, _CEILING_AT = 150, 850


class PricePoint(Protocol):
    """One accepted bid: when, and how much in minor units."""

    @property
    def at(self) -> datetime: ...

    @property
    def amount_minor(self) -> int: ...


class Mark(TypedDict):
    """A bid's place in the picture."""

    x: str
    y: str
    at: datetime
    amount_minor: int


class PriceLine(TypedDict):
    """A horizontal line of the plot and the price it stands for."""

    y: str
    amount_minor: int


class PriceSteps(TypedDict):
    """Everything a template needs to draw a price plot; `line` and `area` are SVG path data."""

    line: str
    area: str
    marks: list[Mark]
    last: Mark | None
    last_anchor: str
    start_y: str
    closes_x: str
    price_lines: list[PriceLine]
    times: list[datetime]
    opens_at: datetime
    ends_at: datetime


class RangeMarks(TypedDict):
    """Where floor, ceiling and value stand on a bar; an open end has no position."""

    floor_x: str | None
    ceiling_x: str | None
    lawful_from: str
    lawful_to: str
    value_x: str | None
    anchor: str
    inside: bool | None


def price_steps(
    bids: Iterable[PricePoint],
    start_price: int,
    opens_at: datetime,
    closes_at: datetime,
    until: datetime | None = None,
) -> PriceSteps:
    """A price holds until the next bid, so the plot is a staircase from the first bid to the end.

    `until` is how far the last price may be drawn (now, while the sale runs); time runs from the
    opening to the close, or to the last bid where an old close is given.
    """
    points = sorted(bids, key=lambda bid: bid.at)
    ends_at = max([closes_at, *(bid.at for bid in points)])
    lines = _price_lines(start_price, max([start_price, *(bid.amount_minor for bid in points)]))
    low, high = lines[0], lines[-1]

    def x_of(moment: datetime) -> int:
        return _share(moment - opens_at, ends_at - opens_at)

    def y_of(amount: int) -> int:
        return SPAN - (amount - low) * SPAN // (high - low)

    steps = [(x_of(bid.at), y_of(bid.amount_minor)) for bid in points]
    marks: list[Mark] = [
        {"x": percent(x), "y": percent(y), "at": bid.at, "amount_minor": bid.amount_minor}
        for (x, y), bid in zip(steps, points, strict=True)
    ]
    line = area = ""
    if points:
        drawn_to = x_of(max(points[-1].at, min(until or ends_at, ends_at)))
        line = _staircase(steps) + f"H{drawn_to}"
        area = f"{line}V{SPAN}H{x_of(points[0].at)}Z"
    return {
        "line": line,
        "area": area,
        "marks": marks,
        "last": marks[-1] if marks else None,
        "last_anchor": _anchor(x_of(points[-1].at)) if points else "middle",
        "start_y": percent(y_of(start_price)),
        "closes_x": percent(x_of(closes_at)),
        "price_lines": [{"y": percent(y_of(amount)), "amount_minor": amount} for amount in lines],
        "times": [opens_at + (ends_at - opens_at) * i // 4 for i in range(5)],
        "opens_at": opens_at,
        "ends_at": ends_at,
    }


def _staircase(steps: Sequence[tuple[int, int]]) -> str:
    """The path through all steps; of several at one place only the last is drawn.

    A picture is a thousand places wide, so five thousand bids make no longer path than one.
    """
    path = [f"M{steps[0][0]} {steps[0][1]}"]
    for place, (x, y) in enumerate(steps[1:], start=1):
        if place + 1 == len(steps) or steps[place + 1][0] != x:
            path.append(f"H{x}V{y}")
    return "".join(path)


class DayLines(TypedDict):
    """Several amounts day by day; each of `lines` is SVG path data, in the order given."""

    lines: list[str]
    price_lines: list[PriceLine]
    ticks: list[int]


def day_lines(series: Sequence[Sequence[int]]) -> DayLines:
    """An amount holds until the next day's, so each line is a staircase; all share one scale.

    The scale begins at nothing or below. `ticks` are the places of the days to be named.
    """
    count = max((len(one) for one in series), default=0)
    amounts = [0, *(amount for one in series for amount in one)]
    grid = _price_lines(min(amounts), max(amounts))
    low, high = grid[0], grid[-1]

    def y_of(amount: int) -> int:
        return SPAN - (amount - low) * SPAN // (high - low)

    def drawn(one: Sequence[int]) -> str:
        steps = [(place * SPAN // max(count, 1), y_of(amount)) for place, amount in enumerate(one)]
        return _staircase(steps) + f"H{SPAN}" if steps else ""

    ticks = sorted({place * (count - 1) // 4 for place in range(5)}) if count else []
    return {
        "lines": [drawn(one) for one in series],
        "price_lines": [{"y": percent(y_of(amount)), "amount_minor": amount} for amount in grid],
        "ticks": ticks,
    }


def range_marks(floor: int | None, ceiling: int | None, value: int | None) -> RangeMarks:
    """Where a value stands between the lowest and the highest the law allows.

    Both ends are lawful themselves. Without a ceiling the bar is open on the right and its scale
    reaches to twice the floor, or to the value; without a floor it starts at nothing.
    """
    low = floor if floor is not None else 0
    open_high = max(2 * low, value or 0, low + 1)
    high = ceiling if ceiling is not None else open_high
    if high < low:
        raise ValueError("the ceiling is below the floor")
    # Where floor and ceiling meet, one lawful value is left: the middle of the bar.
    width = max(high - low, 1)

    def x_of(amount: int) -> int:
        if high == low and amount == low:
            return (_FLOOR_AT + _CEILING_AT) // 2
        return _FLOOR_AT + (amount - low) * (_CEILING_AT - _FLOOR_AT) // width

    x = None if value is None else min(max(x_of(value), 20), SPAN - 20)
    inside = None
    if value is not None:
        inside = value >= low and (ceiling is None or value <= ceiling)
        if not inside and x is not None:
            x = min(x, _FLOOR_AT - 40) if value < low else max(x, _CEILING_AT + 40)
    return {
        "floor_x": percent(x_of(low)) if floor is not None else None,
        "ceiling_x": percent(x_of(high)) if ceiling is not None else None,
        "lawful_from": percent(x_of(low) if floor is not None else 0),
        "lawful_to": percent(x_of(high) if ceiling is not None else SPAN),
        "value_x": None if x is None else percent(x),
        "anchor": _anchor(x),
        "inside": inside,
    }


def percent(thousandths: int) -> str:
    """Thousandths as SVG writes them: 125 is `12.5%`."""
    sign = "-" if thousandths < 0 else ""
    whole, tenth = divmod(abs(thousandths), 10)
    return f"{sign}{whole}.{tenth}%"


def _share(part: timedelta, whole: timedelta) -> int:
    if whole <= timedelta(0):
        return 0
    return min(max(part * SPAN // whole, 0), SPAN)


def _anchor(x: int | None) -> str:
    """Which end of a label to fasten to its mark, so that it stays inside the bar."""
    if x is None or _FLOOR_AT <= x <= _CEILING_AT:
        return "middle"
    return "start" if x < _FLOOR_AT else "end"


def _price_lines(low: int, high: int) -> Sequence[int]:
    """At most six round prices that enclose `low` and `high`, evenly apart."""
    step = _nice_step(max(high - low, low // 20, 100))
    first = low // step * step
    last = max(-(-high // step) * step, first + step)
    return range(first, last + 1, step)


def _nice_step(span: int) -> int:
    """The smallest of 1, 2, 5 times a power of ten that cuts `span` into few enough parts."""
    power = 1
    while True:
        for factor in _NICE:
            if factor * power * (_MOST_LINES - 1) >= span:
                return factor * power
        power *= 10
