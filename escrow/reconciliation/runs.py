"""One pass over a court's movements: take in, match, say why the rest is open.

It goes in portions, each a transaction of its own that also says how far it came: whatever stops
it, the next turn goes on there. What is matched stays matched, so a second pass changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from auction.core.db import db, forget_reads, transaction
from auction.core.outbox import enqueue
from escrow.reconciliation.carrying import carry_what_is_under_way
from escrow.reconciliation.intake import LOOK_BACK, take_in
from escrow.reconciliation.match import Match, OpenRow, Outcome, match_rows
from escrow.reconciliation.models import (
    Book,
    DecisionKind,
    DecisionStatus,
    ItemStatus,
    Place,
    ReconciliationDecision,
    ReconciliationItem,
    ReconciliationRun,
)
from escrow.reconciliation.payouts import settle_payouts
from escrow.reconciliation.sources import SOURCES, count_behind, portions_of
from escrow.reconciliation.tokens import rows_of

WRITTEN_AT_ONCE = 1000
TimeUp = Callable[[], bool]

# The steps of a pass; a run's `step` counts into them.
PAYOUTS, FIRST_SOURCE = 0, 1
FIRST_PLACE = FIRST_SOURCE + len(SOURCES)
PLACES = (Place.BANK, Place.PROVIDER)
END = FIRST_PLACE + len(PLACES)


def start_run(court_id: int, *, actor_id: int | None, now: datetime) -> ReconciliationRun:
    """Begin a pass in the background; while one is under way, that one is returned."""
    open_run = find_open_run(court_id)
    if open_run is not None:
        return open_run
    before = db.session.scalar(
        select(ReconciliationRun)
        .where(ReconciliationRun.court_id == court_id)
        .order_by(ReconciliationRun.id.desc())
        .limit(1)
    )
    cursors = {} if before is None else before.cursors
    cursors = {name: max(0, at - LOOK_BACK) for name, at in cursors.items()}
    run = ReconciliationRun(
        court_id=court_id,
        started_by=actor_id,
        started_at=now,
        cursors=cursors,
        total_count=count_behind(court_id, cursors),
    )
    db.session.add(run)
    db.session.flush()
    enqueue("reconcile", f"reconcile:{run.id}", {"run_id": run.id}, now=now)
    return run


def find_open_run(court_id: int) -> ReconciliationRun | None:
    """The pass that is under way."""
    return db.session.scalar(
        select(ReconciliationRun).where(
            ReconciliationRun.court_id == court_id, ReconciliationRun.finished_at.is_(None)
        )
    )


def go_on(run_id: int, *, now: datetime, is_time_up: TimeUp) -> bool:
    """Work until the pass is at its end (True), or the time is up (False)."""
    while True:
        with transaction():
            run = _lock(run_id)
            step = run.step
            if run.finished_at is not None:
                return True
            if step == END:
                run.finished_at = now
                run.open_count = count_open(run.court_id)
                return True
            if step < FIRST_PLACE:
                _do_small_step(run, now)
        if step >= FIRST_PLACE:
            _match_place(run_id, PLACES[step - FIRST_PLACE], now, is_time_up)
        if is_time_up():
            return False


def _lock(run_id: int) -> ReconciliationRun:
    return db.session.get_one(
        ReconciliationRun, run_id, with_for_update=True, populate_existing=True
    )


def _do_small_step(run: ReconciliationRun, now: datetime) -> None:
    if run.step == PAYOUTS:
        has_more = settle_payouts(run.court_id, now=now)
    else:
        has_more = take_in(run, *SOURCES[run.step - FIRST_SOURCE], now=now)
    if not has_more:
        run.step += 1


def count_open(court_id: int) -> int:
    """How many items wait, for a person or for a second one."""
    found = db.session.scalar(
        select(func.count(ReconciliationItem.id)).where(
            ReconciliationItem.court_id == court_id,
            ReconciliationItem.status.in_((ItemStatus.OPEN, ItemStatus.PROPOSED)),
        )
    )
    return int(found or 0)


# ── matching ────────────────────────────────────────────────────────────────────────────────────


def _match_place(run_id: int, place: Place, now: datetime, is_time_up: TimeUp) -> None:
    """Match all that is open at a place; what was written before the time was up stays."""
    forget_reads()
    court_id = db.session.get_one(ReconciliationRun, run_id).court_id
    items = _open_items(court_id, place)
    sides = {book: rows_of([item for item in items if item.book is book]) for book in Book}
    outcome = match_rows(sides[Book.LEDGER], sides[Book.OUTSIDE])
    amounts = {item.id: item.amount_minor for item in items}
    told = {item.id: (item.reason, item.proposals) for item in items}
    for begin in range(0, len(outcome.matches), WRITTEN_AT_ONCE):
        portion = outcome.matches[begin : begin + WRITTEN_AT_ONCE]
        with transaction():
            run = _lock(run_id)
            run.matched_count += _write_matches(court_id, place, portion, amounts, now)
        if is_time_up():
            return
    changed = [row for row in _open_rows(outcome) if _words(row) != told[row.id]]
    for begin in range(0, len(changed), WRITTEN_AT_ONCE):
        with transaction():
            _write_reasons(changed[begin : begin + WRITTEN_AT_ONCE])
    with transaction():
        run = _lock(run_id)
        if run.step < END and PLACES[run.step - FIRST_PLACE] is place:
            run.step += 1
        carry_what_is_under_way(court_id, place, now=now)


def _open_items(court_id: int, place: Place) -> list[ReconciliationItem]:
    return list(
        db.session.scalars(
            select(ReconciliationItem)
            .where(
                ReconciliationItem.court_id == court_id,
                ReconciliationItem.status == ItemStatus.OPEN,
                ReconciliationItem.place == place,
            )
            .order_by(ReconciliationItem.id)
        )
    )


def _open_rows(outcome: Outcome) -> list[OpenRow]:
    return [*outcome.open_left, *outcome.open_right]


def _write_matches(
    court_id: int,
    place: Place,
    matches: Sequence[Match],
    amounts: dict[int, int],
    now: datetime,
) -> int:
    """Write those whose items are all open still; returns how many."""
    ids = [i for match in matches for i in (*match.left, *match.right)]
    still_open = _lock_open(ids)
    living = [m for m in matches if still_open.issuperset((*m.left, *m.right))]
    if not living:
        return 0
    rows = [_decision(court_id, place, match, amounts, now) for match in living]
    statement = insert(ReconciliationDecision).returning(
        ReconciliationDecision.id, sort_by_parameter_order=True
    )
    made = list(db.session.scalars(statement, rows))
    settled = [
        {"id": item_id, "decision_id": decision_id, "status": ItemStatus.MATCHED}
        for decision_id, match in zip(made, living, strict=True)
        for item_id in (*match.left, *match.right)
    ]
    db.session.execute(update(ReconciliationItem), settled)
    return len(living)


def _lock_open(ids: Iterable[int]) -> set[int]:
    """Those of the items that are open, locked in the order of their ids."""
    found: set[int] = set()
    for portion in portions_of(sorted(ids)):
        found.update(
            db.session.scalars(
                select(ReconciliationItem.id)
                .where(
                    ReconciliationItem.id.in_(portion),
                    ReconciliationItem.status == ItemStatus.OPEN,
                )
                .order_by(ReconciliationItem.id)
                .with_for_update()
            )
        )
    return found


def _decision(
    court_id: int, place: Place, match: Match, amounts: dict[int, int], now: datetime
) -> dict[str, Any]:
    ledger, outside = (sum(amounts[i] for i in side) for side in (match.left, match.right))
    return {
        "court_id": court_id,
        "place": place,
        "kind": DecisionKind.RULE,
        "rule": str(match.rule),
        "certainty": match.certainty,
        "status": DecisionStatus.STANDING,
        "ledger_minor": ledger,
        "outside_minor": outside,
        "difference_minor": outside - ledger,
        "stake_minor": max(abs(ledger), abs(outside)),
        "limit_minor": 0,
        "reason_code": None,
        "text": "",
        "made_by": None,
        "made_at": now,
        "second_id": None,
        "settled_at": now,
    }


def _words(row: OpenRow) -> tuple[Any, list[dict[str, Any]]]:
    """Reason and proposals as an item keeps them."""
    proposals = [
        {
            "ground": str(p.ground),
            "certainty": p.certainty,
            "ledger": list(p.left),
            "outside": list(p.right),
            "difference_minor": p.difference_minor,
        }
        for p in row.proposals
    ]
    return row.reason, proposals


def _write_reasons(rows: Sequence[OpenRow]) -> None:
    still_open = _lock_open(row.id for row in rows)
    values = [
        {"id": row.id, "reason": reason, "proposals": proposals}
        for row in rows
        for reason, proposals in [_words(row)]
        if row.id in still_open
    ]
    if values:
        db.session.execute(update(ReconciliationItem), values)
