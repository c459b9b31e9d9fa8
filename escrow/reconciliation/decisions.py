"""What people decide about open items; above the court's limit two of them (A1, money page).

Items are locked in the order of their ids, then checked; the database has the same rules as
constraints. Nothing here books anything: a mistake in the books is corrected by a later movement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.courts.models import Court
from escrow.bank.rules import second_person_above
from escrow.ledger.posting import lock_books
from escrow.reconciliation.intake import finance_people
from escrow.reconciliation.models import (
    DECISION_TRANSITIONS,
    Book,
    CarryReason,
    DecisionKind,
    DecisionStatus,
    ItemStatus,
    ReasonCode,
    ReconciledDay,
    ReconciliationDecision,
    ReconciliationItem,
    ReconciliationNote,
)

LEAST_TEXT = 4


@dataclass(frozen=True)
class Who:
    """Who acts, for which court, when."""

    court_id: int
    actor_id: int
    now: datetime


def accept_proposal(
    item_id: int, number: int, who: Who, *, reason_code: ReasonCode | None = None, text: str = ""
) -> ReconciliationDecision:
    """The item's `number`-th proposal is right; a difference in it needs its reason.

    Refused: `unknown-proposal`, `not-open` (one of its rows is settled already), and what
    `join_items` refuses.
    """
    item = lock_items([item_id], who.court_id)[0]
    if not 0 <= number < len(item.proposals):
        raise NotFound("unknown-proposal", _l("没有这条建议，请刷新页面查看。"))
    proposal = item.proposals[number]
    items = lock_items([*proposal["ledger"], *proposal["outside"]], who.court_id)
    ground = (proposal["ground"], proposal["certainty"])
    return _decide(items, DecisionKind.ACCEPTED, who, reason_code, text, ground=ground)


def join_items(
    item_ids: Sequence[int], who: Who, *, reason_code: ReasonCode | None = None, text: str = ""
) -> ReconciliationDecision:
    """These items are the same money: one to many, many to one, or several of one side.

    Refused: `too-few`, `not-open`, `places-differ`, `reason-missing` (the sides differ),
    `no-difference` (a reason for nothing), `text-missing`.
    """
    if len(set(item_ids)) < 2:
        raise Invalid("too-few", _l("请至少选择两条。"), field="items")
    items = lock_items(item_ids, who.court_id)
    return _decide(items, DecisionKind.JOINED, who, reason_code, text)


def explain_item(
    item_id: int, who: Who, *, reason_code: ReasonCode, text: str
) -> ReconciliationDecision:
    """One side alone, for good: a charge of the bank, an error that was put right.

    Refused: `not-open`, `text-missing`.
    """
    items = lock_items([item_id], who.court_id)
    return _decide(items, DecisionKind.EXPLAINED, who, reason_code, text)


def confirm_decision(decision_id: int, who: Who) -> ReconciliationDecision:
    """The second person agrees. Refused: `same-person`, `wrong-state`."""
    decision = _lock_decision(decision_id, who.court_id)
    if decision.status is DecisionStatus.STANDING:
        return decision
    if decision.made_by == who.actor_id:
        raise Forbidden("same-person", _l("经办人不能复核自己的决定，请由另一名财务人员复核。"))
    decision.second_id = who.actor_id
    _stand(decision, _items_of(decision), who)
    return decision


def withdraw_decision(decision_id: int, who: Who) -> ReconciliationDecision:
    """The decision is taken back and its items are open again, for people alone.

    Refused: `day-closed` (it stood when a day of its items was closed).
    """
    lock_books(who.court_id)  # no day of its items is closed meanwhile
    decision = _lock_decision(decision_id, who.court_id)
    if decision.status is DecisionStatus.WITHDRAWN:
        return decision
    items = _items_of(decision)
    _refuse_closed(decision, items)
    change_state(
        decision, DecisionStatus.WITHDRAWN, DECISION_TRANSITIONS, actor_id=who.actor_id, at=who.now
    )
    db.session.flush()
    for item in items:
        item.status, item.decision_id, item.by_hand = ItemStatus.OPEN, None, True
        item.owner_id = item.owner_id or who.actor_id
    return decision


def split_item(item_id: int, part_minor: int, who: Who) -> list[ReconciliationItem]:
    """Cut an item in two: `part_minor` of it, and the rest; each is then settled by itself.

    Refused: `not-open`, `part-too-large`.
    """
    item = lock_items([item_id], who.court_id)[0]
    if not 0 < part_minor < abs(item.amount_minor):
        raise Invalid("part-too-large", _l("拆出的金额必须小于原金额。"), field="amount")
    sign = 1 if item.amount_minor > 0 else -1
    first = 1 + int(
        db.session.scalar(
            select(func.max(ReconciliationItem.part)).where(
                ReconciliationItem.source_type == item.source_type,
                ReconciliationItem.source_id == item.source_id,
                ReconciliationItem.place == item.place,
            )
        )
        or 0
    )
    parts = [
        _part(item, first + place, sign * amount, who)
        for place, amount in enumerate((part_minor, abs(item.amount_minor) - part_minor))
    ]
    item.status = ItemStatus.SPLIT
    db.session.add_all(parts)
    record(
        "split-item",
        item,
        actor_id=who.actor_id,
        at=who.now,
        detail={"parts_minor": [part.amount_minor for part in parts]},
    )
    return parts


def carry_item(item_id: int, reason: CarryReason | None, text: str, who: Who) -> ReconciliationItem:
    """The item may stand over the close of its day, for a named reason; None takes it back.

    It stays open, with its owner and its age. Refused: `not-open`, `text-missing`.
    """
    item = lock_items([item_id], who.court_id)[0]
    if reason is not None:
        _require_text(text)
    item.carried_for, item.carried_text = reason, text if reason else ""
    item.carried_by = who.actor_id if reason else None
    record(
        "carry-item",
        item,
        actor_id=who.actor_id,
        at=who.now,
        detail={"reason": str(reason or ""), "text": text},
    )
    return item


def assign_item(item_id: int, owner_id: int, who: Who) -> ReconciliationItem:
    """Somebody else of the desk answers for it. Refused: `not-open`, `unknown-owner`."""
    item = lock_items([item_id], who.court_id)[0]
    if owner_id not in finance_people(who.court_id):
        raise Invalid("unknown-owner", _l("经办人应是本院在岗的财务人员。"), field="owner_id")
    before, item.owner_id = item.owner_id, owner_id
    record(
        "assign-item",
        item,
        actor_id=who.actor_id,
        at=who.now,
        detail={"from": before, "to": owner_id},
    )
    return item


def note_item(item_id: int, text: str, who: Who) -> ReconciliationNote:
    """Write something down about an item, settled or not. Refused: `text-missing`."""
    _require_text(text)
    item = find_item(item_id, who.court_id)
    note = ReconciliationNote(
        item_id=item.id, author_id=who.actor_id, text=text, written_at=who.now
    )
    db.session.add(note)
    return note


# ── steps ───────────────────────────────────────────────────────────────────────────────────────


def find_item(item_id: int, court_id: int) -> ReconciliationItem:
    """One item of the court; raises NotFound."""
    item = db.session.get(ReconciliationItem, item_id)
    if item is None or item.court_id != court_id:
        raise NotFound("unknown-item", _l("没有这条待核对的款项。"))
    return item


def lock_items(item_ids: Iterable[int], court_id: int) -> list[ReconciliationItem]:
    """Open items of the court, locked in the order of their ids and read again."""
    wanted = sorted(set(item_ids))
    items = list(
        db.session.scalars(
            select(ReconciliationItem)
            .where(ReconciliationItem.id.in_(wanted), ReconciliationItem.court_id == court_id)
            .order_by(ReconciliationItem.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    if len(items) != len(wanted):
        raise NotFound("unknown-item", _l("没有这条待核对的款项。"))
    if any(item.status is not ItemStatus.OPEN for item in items):
        raise DomainError("not-open", _l("所选款项已经处理过，请刷新页面查看。"))
    return items


def _decide(
    items: Sequence[ReconciliationItem],
    kind: DecisionKind,
    who: Who,
    reason_code: ReasonCode | None,
    text: str,
    *,
    ground: tuple[str, int] = ("", 0),
) -> ReconciliationDecision:
    if len({(item.place, item.currency) for item in items}) != 1:
        raise Invalid("places-differ", _l("法院账户与支付通道的款项不能互相核对。"), field="items")
    ledger, outside = (
        sum(item.amount_minor for item in items if item.book is book)
        for book in (Book.LEDGER, Book.OUTSIDE)
    )
    difference = outside - ledger
    if difference and reason_code is None:
        raise Invalid("reason-missing", _l("两边相差，请选择差额的原因。"), field="reason_code")
    if not difference and reason_code is not None:
        raise Invalid("no-difference", _l("两边相等，没有需要说明的差额。"), field="reason_code")
    if difference:
        _require_text(text)
    limit = second_person_above(db.session.get_one(Court, who.court_id).settings)
    decision = ReconciliationDecision(
        court_id=who.court_id,
        place=items[0].place,
        kind=kind,
        rule=ground[0],
        certainty=ground[1],
        status=DecisionStatus.PROPOSED,
        ledger_minor=ledger,
        outside_minor=outside,
        difference_minor=difference,
        # Of rows that cancel out on one side, what moved counts, not that it came to nothing.
        stake_minor=max(abs(difference), *(abs(item.amount_minor) for item in items)),
        limit_minor=limit,
        reason_code=reason_code,
        text=text,
        made_by=who.actor_id,
        made_at=who.now,
    )
    db.session.add(decision)
    record(
        "decide-items",
        decision,
        actor_id=who.actor_id,
        at=who.now,
        detail={
            "kind": str(kind),
            "items": [item.id for item in items],
            "difference_minor": difference,
            "reason": str(reason_code or ""),
        },
    )
    for item in items:
        item.status, item.decision_id = ItemStatus.PROPOSED, decision.id
    if decision.stake_minor <= limit:
        _stand(decision, items, who)
    return decision


def _stand(decision: ReconciliationDecision, items: Sequence[ReconciliationItem], who: Who) -> None:
    change_state(
        decision, DecisionStatus.STANDING, DECISION_TRANSITIONS, actor_id=who.actor_id, at=who.now
    )
    decision.settled_at = who.now
    explained = decision.kind is DecisionKind.EXPLAINED
    for item in items:
        item.status = ItemStatus.EXPLAINED if explained else ItemStatus.MATCHED
        item.carried_for, item.carried_by = None, None
    db.session.flush()


def _lock_decision(decision_id: int, court_id: int) -> ReconciliationDecision:
    """A decision, locked after its items."""
    ids = select(ReconciliationItem.id).where(ReconciliationItem.decision_id == decision_id)
    db.session.execute(
        select(ReconciliationItem.id)
        .where(ReconciliationItem.id.in_(ids))
        .order_by(ReconciliationItem.id)
        .with_for_update()
    )
    decision = db.session.get(
        ReconciliationDecision, decision_id, with_for_update=True, populate_existing=True
    )
    if decision is None or decision.court_id != court_id:
        raise NotFound("unknown-decision", _l("没有这项核对决定。"))
    return decision


def _items_of(decision: ReconciliationDecision) -> list[ReconciliationItem]:
    return list(
        db.session.scalars(
            select(ReconciliationItem)
            .where(ReconciliationItem.decision_id == decision.id)
            .order_by(ReconciliationItem.id)
            .execution_options(populate_existing=True)
        )
    )


def _refuse_closed(decision: ReconciliationDecision, items: Sequence[ReconciliationItem]) -> None:
    if decision.status is not DecisionStatus.STANDING or decision.settled_at is None:
        return
    closed = select(ReconciledDay.id).where(
        ReconciledDay.court_id == decision.court_id,
        ReconciledDay.day >= min(item.day for item in items),
        ReconciledDay.made_at >= decision.settled_at,
    )
    if db.session.scalar(closed.limit(1)) is not None:
        raise DomainError("day-closed", _l("该日已经日结，不能改动；请以后续分录更正。"))


def _part(item: ReconciliationItem, number: int, amount_minor: int, who: Who) -> ReconciliationItem:
    return ReconciliationItem(
        court_id=item.court_id,
        place=item.place,
        book=item.book,
        source_type=item.source_type,
        source_id=item.source_id,
        part=number,
        parent_id=item.id,
        amount_minor=amount_minor,
        currency=item.currency,
        dated_on=item.dated_on,
        day=item.day,
        case_id=item.case_id,
        opened_at=item.opened_at,
        status=ItemStatus.OPEN,
        reason=item.reason,
        proposals=[],
        owner_id=item.owner_id or who.actor_id,
    )


def _require_text(text: str) -> None:
    if len(text.strip()) < LEAST_TEXT:
        raise Invalid("text-missing", _l("请写明说明（至少四个字）。"), field="text")
