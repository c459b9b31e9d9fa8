"""Random sale files: short sales, few bidders, small numbers, so that everything meets everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import accumulate
from typing import Any

from hypothesis import strategies as st

OPENS_AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
CODES = ["A", "B", "C", "P1", "Q1", "P2", "X"]
BIDDERS: list[dict[str, Any]] = [
    {"code": "A"},
    {"code": "B", "barred": False},
    {"code": "C"},
    {"code": "P1", "priority": 1},
    {"code": "Q1", "priority": 1},
    {"code": "P2", "priority": 2},
    {"code": "X", "barred": True, "priority": 1},
]
STARTS = [1, 7, 1000]
STEPS = [1, 5, 100]
GAPS_MS = [0, 0, 0, 1, 500, 999, 5_000, 29_999, 30_000, 30_001, 60_000, 60_000, 119_999, 400_000]
ODD_AMOUNTS = [0, -5, True, False, 1.0, 2.5, "12", None, [1], {}, 10**15, 10**15 + 1, 10**30]
USUAL = ["bid", "bid", "bid", "instruct", "instruct"]
KINDS = [*USUAL * 8, *["cancel"] * 2, *["suspend"] * 3, *["resume"] * 4, "withdraw"]


def write_at(milliseconds: int, offset_hours: int) -> str:
    """A moment so long after the announced opening, as a file may write it."""
    at = OPENS_AT + timedelta(milliseconds=milliseconds)
    local = at.astimezone(timezone(timedelta(hours=offset_hours)))
    return local.isoformat(timespec="milliseconds")


@st.composite
def sale_files(draw: st.DrawFn) -> dict[str, Any]:
    """A valid sale file."""
    start, step = draw(st.sampled_from(STARTS)), draw(st.sampled_from(STEPS))
    spans = st.sampled_from([0, 30, 60, 60, 120])
    offset = draw(st.sampled_from([0, 8, -3]))
    sale = {
        "stage": draw(st.sampled_from(["first", "second", "selloff"])),
        "currency": "CNY",
        "start_price": start,
        "increment": step,
        "opens_at": write_at(0, offset),
        "closes_at": write_at(draw(st.sampled_from([60_000, 900_000, 9_000_000])), offset),
        "extension_window_s": draw(spans),
        "extension_s": draw(spans),
        "countdown_s": draw(st.sampled_from([0, 30, 60, 400])),
        "leader_raises": draw(st.booleans()),
        "instructions": draw(st.integers(0, 5)) > 0,
    }
    drafts = draw(st.lists(_drafts(), max_size=24))
    first_at = draw(st.sampled_from([-900_000, -500_000, -200_000, -60_000, -1, 0]))
    moments = list(accumulate((draft["gap"] for draft in drafts), initial=first_at))[1:]
    events = [
        _event(draft, moment, offset, start, step)
        for draft, moment in zip(drafts, moments, strict=True)
    ]
    sale_file = {"format": "sale/1", "sale": sale, "bidders": BIDDERS, "events": events}
    if draw(st.booleans()):
        last_at = moments[-1] if moments else first_at
        sale_file["until"] = write_at(last_at + draw(st.sampled_from(GAPS_MS)), offset)
    return sale_file


def _drafts() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "gap": st.sampled_from(GAPS_MS),
            "kind": st.sampled_from(KINDS),
            "code": st.sampled_from([*CODES[:6] * 4, "X", "NOBODY"]),
            "rungs": st.integers(0, 20),
            "off": st.sampled_from([0] * 9 + [-1, 1]),
            "odd": st.sampled_from([*[None] * 250, *range(len(ODD_AMOUNTS))]),
            "key": st.sampled_from([None, None, None, "k1", "k2", ""]),
        }
    )


def _event(
    draft: dict[str, Any], moment: int, offset: int, start: int, step: int
) -> dict[str, Any]:
    kind = draft["kind"]
    event: dict[str, Any] = {"at": write_at(moment, offset), "type": kind}
    if kind in {"bid", "instruct", "cancel"}:
        event["code"] = draft["code"]
    amount: object = start + draft["rungs"] * step + draft["off"]
    if draft["odd"] is not None:
        amount = ODD_AMOUNTS[draft["odd"]]
    if kind == "bid":
        event["amount"] = amount
        if draft["key"] is not None:
            event["key"] = draft["key"]
    elif kind == "instruct":
        event["limit"] = amount
    elif kind in {"suspend", "withdraw"}:
        event["ground"] = "系统故障"
    return event
