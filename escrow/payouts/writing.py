"""An approved batch is written: its money held piece by piece, then one file, once and for ever.

The work is a row of the outbox: whoever takes it up after a crash goes on where it stopped. Until
the last payment is held there is no file; the file and the state that says so are one commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from auction.core.audit import record
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.courts.models import Court
from escrow.payments.alarms import raise_alarm
from escrow.payouts.banks import bank_code_of
from escrow.payouts.batches import content_sha256, refuse_stale
from escrow.payouts.booking import hold_payouts
from escrow.payouts.choosing import lock_batch, payouts_of
from escrow.payouts.message import NotValid, Order, Transfer, write_order
from escrow.payouts.models import (
    BATCH_TRANSITIONS,
    PAYOUT_TRANSITIONS,
    BatchStatus,
    Payout,
    PayoutBatch,
    PayoutFile,
    PayoutKind,
    PayoutStatus,
)
from escrow.payouts.rules import bank_text, end_to_end_id, message_id
from escrow.payouts.sources import source_of, subject_of
from escrow.payouts.watching import watch_batch

# So many at a time: a commit a piece, so that nobody else waits long, and progress can be seen.
PIECE = 500


def write_batch(batch_id: int, *, now: datetime) -> None:
    """Hold what is not held yet and make the file; every piece in a transaction of its own.

    Doing it again, or two at once, changes nothing. What cannot be held (a debt has changed after
    all) stops the batch as a whole, with an alarm: nothing of it leaves.
    """
    while True:
        try:
            with transaction():
                is_over = _write_piece(batch_id, now)
        except (DomainError, NotValid) as error:
            with transaction():
                _stop(batch_id, error, now)
            return
        if is_over:
            return


def _write_piece(batch_id: int, now: datetime) -> bool:
    """One piece; whether the batch needs no more of them."""
    court_id = db.session.scalar(select(PayoutBatch.court_id).where(PayoutBatch.id == batch_id))
    assert court_id is not None, "batches are never deleted"
    batch = lock_batch(batch_id, court_id)
    if batch.status is not BatchStatus.APPROVED or batch.is_frozen or batch.stopped_because:
        return True
    piece = list(
        db.session.scalars(
            select(Payout)
            .where(Payout.batch_id == batch.id, Payout.status == PayoutStatus.CHOSEN)
            .order_by(Payout.position)
            .limit(PIECE)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    if piece:
        _hold(batch, piece, now)
        return False
    make_file(batch, now=now)
    return True


def _hold(batch: PayoutBatch, piece: Sequence[Payout], now: datetime) -> None:
    refuse_stale(batch.court_id, piece)
    hold_payouts(piece, at=now, actor_id=batch.second_checker_id or batch.first_checker_id)
    for payout in piece:
        change_state(payout, PayoutStatus.HELD, PAYOUT_TRANSITIONS, actor_id=None, at=now)
    for kind in PayoutKind:
        ids = [subject_of(payout, kind) for payout in piece if payout.kind is kind]
        if ids:
            source_of(kind).mark_sent(ids, is_sent=True, at=now)
    batch.held_count += len(piece)


def make_file(batch: PayoutBatch, *, now: datetime) -> PayoutFile:
    """Write the file of a batch of which everything is held; it is never made again."""
    known = file_of(batch)
    if known is not None:
        return known
    payouts = payouts_of(batch)
    if content_sha256(batch, payouts) != batch.sha256:
        raise DomainError("stale", _l("批次内容与复核时不一致，未生成付款文件。"))
    assert all(payout.status is PayoutStatus.HELD for payout in payouts), "held before written"
    data = write_order(order_of(batch, payouts))
    row = PayoutFile(
        batch_id=batch.id,
        message_id=message_id(batch.court_id, batch.number),
        sha256=hashlib.sha256(data).hexdigest(),
        content=data.decode("utf-8"),
        made_at=now,
    )
    db.session.add(row)
    change_state(batch, BatchStatus.SENT, BATCH_TRANSITIONS, actor_id=None, at=now)
    record("make-payout-file", batch, actor_id=None, at=now, detail={"sha256": row.sha256})
    watch_batch(batch, now=now)
    return row


def order_of(batch: PayoutBatch, payouts: Sequence[Payout]) -> Order:
    """The batch as the bank is told of it; the same rows give the same order."""
    court = db.session.get_one(Court, batch.court_id)
    told = court.settings.get("bank_code")
    assert batch.execute_on is not None, "submitted with a day"
    assert batch.approved_at is not None, "written after its approval"
    return Order(
        message_id=message_id(batch.court_id, batch.number),
        created_at=batch.approved_at,
        execute_on=batch.execute_on,
        debtor_name=court.account_name,
        debtor_bank=bank_text(court.bank_name, 140),
        debtor_bank_code=told if isinstance(told, str) else bank_code_of(court.bank_name),
        transfers=tuple(
            Transfer(
                end_to_end_id=end_to_end_id(payout.id),
                amount_minor=payout.amount_minor,
                currency=payout.currency,
                debtor_account=payout.debtor_account,
                payee_name=payout.payee_name,
                payee_account=payout.payee_account,
                payee_bank=payout.payee_bank,
                payee_bank_code=payout.payee_bank_code,
                purpose=payout.purpose,
                remittance=f"{end_to_end_id(payout.id)} {payout.remittance}",
            )
            for payout in payouts
        ),
    )


def file_of(batch: PayoutBatch) -> PayoutFile | None:
    """The file of a batch, once there is one."""
    return db.session.scalar(select(PayoutFile).where(PayoutFile.batch_id == batch.id))


def take_file(
    batch_id: int, *, court_id: int, actor_id: int, now: datetime
) -> tuple[PayoutBatch, PayoutFile]:
    """Hand the file out; every time is written down, and from the first on only the bank knows.

    Refused: `no-file` (it is not written yet), `frozen`, `file-broken` (it is not what was made).
    """
    batch = lock_batch(batch_id, court_id)
    found = file_of(batch)
    if found is None or batch.status not in (BatchStatus.SENT, BatchStatus.DONE):
        raise DomainError("no-file", _l("付款文件还没有生成。"))
    if batch.is_frozen:
        raise DomainError("frozen", _l("批次已被冻结：%(why)s", why=batch.frozen_because))
    if hashlib.sha256(found.content.encode()).hexdigest() != found.sha256:
        raise DomainError("file-broken", _l("付款文件的摘要不符，请勿使用，并通知系统管理员。"))
    if batch.downloaded_at is None:
        batch.downloaded_at, batch.downloaded_by = now, actor_id
    record("take-payout-file", batch, actor_id=actor_id, at=now, detail={"sha256": found.sha256})
    return batch, found


def finish_batch(batch_id: int, *, now: datetime) -> None:
    """With its last payment confirmed, returned or given up, a batch is done."""
    batch = db.session.get(PayoutBatch, batch_id, with_for_update=True, populate_existing=True)
    assert batch is not None, "batches are never deleted"
    if batch.status is not BatchStatus.SENT:
        return
    left = db.session.scalar(
        select(func.count()).where(Payout.batch_id == batch.id, Payout.status == PayoutStatus.HELD)
    )
    if not left:
        change_state(batch, BatchStatus.DONE, BATCH_TRANSITIONS, actor_id=None, at=now)


def _stop(batch_id: int, error: Exception, now: datetime) -> None:
    batch = db.session.get(PayoutBatch, batch_id, with_for_update=True, populate_existing=True)
    assert batch is not None, "batches are never deleted"
    if batch.status is not BatchStatus.APPROVED or batch.stopped_because:
        return
    code = error.code if isinstance(error, DomainError) else "not-valid"
    batch.stopped_because = code
    record("stop-payouts", batch, actor_id=None, at=now, detail={"reason": str(error)[:300]})
    raise_alarm(
        "payout-batch-stopped",
        f"batch {batch.number}",
        court_id=batch.court_id,
        at=now,
        batch_id=batch.id,
        reason=code,
    )
