"""The maker chooses what is paid together; each debt goes into one batch only (A1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.courts.models import Court
from escrow.payouts.cover import refuse_uncovered
from escrow.payouts.models import (
    PAYOUT_TRANSITIONS,
    BatchStatus,
    Payout,
    PayoutBatch,
    PayoutKind,
    PayoutStatus,
)
from escrow.payouts.offers import Offer, Wanted, list_offers, offers_of
from escrow.payouts.rules import bank_text
from escrow.payouts.sources import SUBJECT_COLUMNS

# One file: what a bank takes at once, and what a person can still look over.
MOST_PAYMENTS = 10_000


def choose_all(
    court_id: int,
    wanted: Wanted,
    *,
    count: int,
    total_minor: int,
    form_key: str,
    actor_id: int,
    now: datetime,
) -> PayoutBatch:
    """Make a batch of everything due that `wanted` names and that is ready.

    `count` and `total_minor` are what the person saw. Refused: `list-changed` (it is not that any
    more), `nothing-ready`, `too-many`, `money-elsewhere`.
    """
    known = _find(court_id, form_key)
    if known is not None:
        return known
    offers = [offer for offer in list_offers(court_id, wanted) if offer.is_ready]
    if (len(offers), sum(o.debt.amount_minor for o in offers)) != (count, total_minor):
        raise DomainError(
            "list-changed", _l("待付款项在您查看之后有变化，请核对笔数和合计后重新提交。")
        )
    return _make_batch(court_id, offers, form_key, actor_id, now)


def choose_payments(
    court_id: int,
    chosen: Mapping[PayoutKind, Sequence[int]],
    *,
    form_key: str,
    actor_id: int,
    now: datetime,
) -> PayoutBatch:
    """Make a batch of the debts that were ticked.

    Refused: `nothing-ready`, `not-ready` (one of them is not due any more, or something speaks
    against its payee), `too-many`, `money-elsewhere`.
    """
    known = _find(court_id, form_key)
    if known is not None:
        return known
    offers: list[Offer] = []
    for kind, ids in chosen.items():
        if not ids:
            continue
        found = offers_of(court_id, kind, ids)
        if len(found) != len(set(ids)) or not all(offer.is_ready for offer in found.values()):
            raise DomainError(
                "not-ready", _l("所选款项中有的已不能列入批次，请刷新页面后重新选择。")
            )
        offers += found.values()
    return _make_batch(court_id, offers, form_key, actor_id, now)


def drop_from_draft(
    payout_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> PayoutBatch:
    """Take one payment out of a batch that nobody has submitted; it is due as before."""
    batch_id = db.session.scalar(
        select(Payout.batch_id).where(Payout.id == payout_id, Payout.court_id == court_id)
    )
    if batch_id is None:
        raise NotFound("unknown-payout", _l("没有这笔付款。"))
    batch = lock_batch(batch_id, court_id)
    if batch.status is not BatchStatus.DRAFT:
        raise DomainError("wrong-state", _l("批次已经提交；要改内容，请先退回草拟。"))
    payout = db.session.get(Payout, payout_id, with_for_update=True, populate_existing=True)
    assert payout is not None, "payouts are never deleted"
    if payout.status is PayoutStatus.CHOSEN:
        payout.drop_reason = reason
        change_state(
            payout,
            PayoutStatus.DROPPED,
            PAYOUT_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason=reason,
        )
    return batch


def lock_batch(batch_id: int, court_id: int) -> PayoutBatch:
    """A batch of the court, locked and read again."""
    batch = db.session.get(PayoutBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None or batch.court_id != court_id:
        raise NotFound("unknown-batch", _l("没有这个付款批次。"))
    return batch


def payouts_of(batch: PayoutBatch) -> list[Payout]:
    """What is in the batch, in its order; what was taken out is not."""
    query = (
        select(Payout)
        .where(Payout.batch_id == batch.id, Payout.status != PayoutStatus.DROPPED)
        .order_by(Payout.position)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def _find(court_id: int, form_key: str) -> PayoutBatch | None:
    return db.session.scalar(
        select(PayoutBatch).where(
            PayoutBatch.court_id == court_id, PayoutBatch.form_key == form_key
        )
    )


def _make_batch(
    court_id: int, offers: Sequence[Offer], form_key: str, actor_id: int, now: datetime
) -> PayoutBatch:
    if not offers:
        raise DomainError("nothing-ready", _l("没有可以列入批次的款项。"))
    if len(offers) > MOST_PAYMENTS:
        raise DomainError("too-many", _l("一个批次最多 %(most)s 笔，请分批。", most=MOST_PAYMENTS))
    # Two makers of one court take turns: numbers follow each other.
    db.session.get(Court, court_id, with_for_update={"key_share": True}, populate_existing=True)
    refuse_uncovered(court_id, [offer.debt for offer in offers])
    last = db.session.scalar(
        select(func.max(PayoutBatch.number)).where(PayoutBatch.court_id == court_id)
    )
    batch = PayoutBatch(
        court_id=court_id,
        number=(last or 0) + 1,
        status=BatchStatus.DRAFT,
        drafted_by=actor_id,
        drafted_at=now,
        form_key=form_key,
    )
    db.session.add(batch)
    db.session.flush()
    _write_payouts(batch, offers)
    record(
        "draft-payouts",
        batch,
        actor_id=actor_id,
        at=now,
        detail={
            "payments": len(offers),
            "amount_minor": sum(offer.debt.amount_minor for offer in offers),
        },
    )
    return batch


def _write_payouts(batch: PayoutBatch, offers: Iterable[Offer]) -> None:
    rows = [_row(batch, position, offer) for position, offer in enumerate(offers, start=1)]
    try:
        with db.session.begin_nested():
            db.session.execute(insert(Payout), rows)
    except IntegrityError:  # somebody else took one of them a moment ago
        raise DomainError(
            "list-changed", _l("待付款项在您查看之后有变化，请核对笔数和合计后重新提交。")
        ) from None


def _row(batch: PayoutBatch, position: int, offer: Offer) -> dict[str, object]:
    debt, payee = offer.debt, offer.payee
    subjects: dict[str, int | None] = dict.fromkeys(SUBJECT_COLUMNS.values())
    subjects[SUBJECT_COLUMNS[debt.kind]] = debt.subject_id
    return {
        "court_id": debt.court_id,
        "case_id": debt.case_id,
        "kind": debt.kind,
        **subjects,
        "batch_id": batch.id,
        "position": position,
        "amount_minor": debt.amount_minor,
        "currency": debt.currency,
        "debtor_account": debt.debtor_account,
        "payee_name": payee.name,
        "payee_account": payee.account,
        "payee_bank": bank_text(payee.bank, 140),
        "payee_bank_code": payee.bank_code,
        "purpose": bank_text(debt.purpose, 35),
        # Room is left for the payment's own name, without which no statement could confirm it.
        "remittance": bank_text(debt.remittance, 100),
        "created_by": batch.drafted_by,
        "created_at": batch.drafted_at,
        "status": PayoutStatus.CHOSEN,
    }
