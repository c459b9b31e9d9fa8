"""A batch from the maker's hand to the checkers': bound by its content, approved under step-up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, or_, select

from auction.accounts.models import StepUp
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.courts.models import Court
from auction.sales.calendar import beijing_day, beijing_moment, is_working_day
from escrow.payouts.booking import release_payout
from escrow.payouts.choosing import lock_batch, payouts_of
from escrow.payouts.cover import refuse_uncovered
from escrow.payouts.models import (
    BATCH_TRANSITIONS,
    PAYOUT_TRANSITIONS,
    BatchStatus,
    Payout,
    PayoutBatch,
    PayoutKind,
    PayoutStatus,
)
from escrow.payouts.offers import payee_facts
from escrow.payouts.rules import Limits, Load, end_to_end_id, limits_of, limits_passed
from escrow.payouts.sources import Debt, Payee, source_of, subject_of

_APPROVED = (BatchStatus.APPROVED, BatchStatus.SENT, BatchStatus.DONE)
# How far ahead a bank takes an order.
_AHEAD = timedelta(days=30)


def content_sha256(batch: PayoutBatch, payouts: Sequence[Payout]) -> str:
    """Over everything that the file will say: this is what a checker approves."""
    told = {
        "court": batch.court_id,
        "number": batch.number,
        "execute_on": batch.execute_on.isoformat() if batch.execute_on else "",
        "payments": [
            [
                end_to_end_id(payout.id),
                payout.amount_minor,
                payout.currency,
                payout.debtor_account,
                payout.payee_name,
                payout.payee_account,
                payout.payee_bank,
                payout.payee_bank_code,
                payout.purpose,
                payout.remittance,
            ]
            for payout in payouts
        ],
    }
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def submit_batch(
    batch_id: int, *, execute_on: date, court_id: int, actor_id: int, now: datetime
) -> PayoutBatch:
    """Put a draft to the checkers; from here on its content is bound.

    Refused: `frozen`, `nothing-ready` (it is empty), `bad-day` (past, too far ahead, or the banks
    are closed), `stale`, `money-elsewhere`.
    """
    batch = lock_batch(batch_id, court_id)
    if batch.status is BatchStatus.SUBMITTED:
        return batch
    _refuse_frozen(batch)
    today = beijing_day(now)
    if not today <= execute_on <= today + _AHEAD or not is_working_day(execute_on):
        raise Invalid("bad-day", _l("付款日期应是今天起三十天内的工作日。"), field="execute_on")
    payouts = payouts_of(batch)
    if not payouts:
        raise DomainError("nothing-ready", _l("批次是空的。"))
    refuse_stale(court_id, payouts)
    change_state(batch, BatchStatus.SUBMITTED, BATCH_TRANSITIONS, actor_id=actor_id, at=now)
    batch.execute_on, batch.submitted_at = execute_on, now
    batch.sha256 = content_sha256(batch, payouts)
    return batch


def rework_batch(
    batch_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> PayoutBatch:
    """Back to the maker: what was approved so far counts for nothing."""
    batch = lock_batch(batch_id, court_id)
    if batch.status is BatchStatus.DRAFT:
        return batch
    change_state(
        batch, BatchStatus.DRAFT, BATCH_TRANSITIONS, actor_id=actor_id, at=now, reason=reason
    )
    batch.remark = reason
    batch.sha256 = batch.submitted_at = None
    batch.first_checker_id = batch.first_step_up_id = None
    batch.needs_second, batch.limits_passed = False, []
    return batch


def approve_batch(
    batch_id: int,
    *,
    sha256: str,
    step_up: StepUp,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> PayoutBatch:
    """A checker approves exactly what he has read; above a limit of the court a second one does.

    With the last approval the batch is written by a worker. Refused: `same-person` (the maker, the
    first checker, or who drew up a plan that is paid here), `step-up-needed`, `frozen`, `stale`
    (content, payees, debts or day are not what they were), `money-elsewhere`.
    """
    # The day's sums of the court do not change while we look at them.
    court = db.session.get(
        Court, court_id, with_for_update={"key_share": True}, populate_existing=True
    )
    assert court is not None, "staff belong to a court"
    batch = lock_batch(batch_id, court_id)
    if batch.status in _APPROVED:
        return batch
    if step_up.user_id != actor_id:
        raise Forbidden("step-up-needed", _l("请先重新输入密码，再办理这一步（十分钟内有效）。"))
    if batch.status is not BatchStatus.SUBMITTED:
        raise DomainError("wrong-state", _l("批次还没有提交，或已经办结。"))
    _refuse_frozen(batch)
    if actor_id in (batch.drafted_by, batch.first_checker_id):
        raise Forbidden("same-person", _l("制单、复核应由不同的人办理，同一人也不能复核两次。"))
    payouts = payouts_of(batch)
    if sha256 != batch.sha256 or content_sha256(batch, payouts) != batch.sha256:
        raise _stale()
    if batch.execute_on is None or batch.execute_on < beijing_day(now):
        raise DomainError("stale", _l("付款日期已过，请退回重新提交。"))
    debts = refuse_stale(court_id, payouts)
    if any(debt.maker_id == actor_id for debt in debts):
        raise Forbidden("same-person", _l("批次中有您拟制的分配方案，请由另一名财务人员复核。"))
    refuse_uncovered(court_id, debts)
    _sign(batch, payouts, step_up, limits_of(court.settings), now)
    return batch


def _sign(
    batch: PayoutBatch,
    payouts: Sequence[Payout],
    step_up: StepUp,
    limits: Limits,
    now: datetime,
) -> None:
    actor_id = step_up.user_id
    amounts = [payout.amount_minor for payout in payouts]
    passed = limits_passed(
        Load(max(amounts), sum(amounts), *_approved_today(batch.court_id, actor_id, now)), limits
    )
    if batch.first_checker_id is None:
        batch.first_checker_id, batch.first_step_up_id = actor_id, step_up.id
        batch.needs_second, batch.limits_passed = bool(passed), list(passed)
    else:
        batch.second_checker_id, batch.second_step_up_id = actor_id, step_up.id
    record(
        "check-payouts",
        batch,
        actor_id=actor_id,
        at=now,
        detail={"sha256": batch.sha256, "limits_passed": list(passed), "step_up": step_up.id},
    )
    db.session.flush()
    if batch.needs_second and batch.second_checker_id is None:
        return
    change_state(batch, BatchStatus.APPROVED, BATCH_TRANSITIONS, actor_id=actor_id, at=now)
    batch.approved_at = now
    enqueue("write_payouts", f"write_payouts:{batch.id}", {"batch_id": batch.id}, now=now)


def _approved_today(court_id: int, person_id: int, now: datetime) -> tuple[int, int]:
    """What was approved on this Beijing day: in the court, and by this person."""
    begin = beijing_moment(beijing_day(now), time())
    total = select(func.coalesce(func.sum(Payout.amount_minor), 0)).join(
        PayoutBatch, PayoutBatch.id == Payout.batch_id
    )
    today = (
        PayoutBatch.court_id == court_id,
        PayoutBatch.status.in_(_APPROVED),
        PayoutBatch.approved_at >= begin,
        Payout.status != PayoutStatus.DROPPED,
    )
    mine = or_(
        PayoutBatch.first_checker_id == person_id, PayoutBatch.second_checker_id == person_id
    )
    court_minor = db.session.scalar(total.where(*today)) or 0
    person_minor = db.session.scalar(total.where(*today, mine)) or 0
    return int(court_minor), int(person_minor)


def refuse_stale(court_id: int, payouts: Sequence[Payout]) -> list[Debt]:
    """The debts that the payouts pay, locked, if they and their payees are still what they were.

    Refused: `stale`.
    """
    debts: list[Debt] = []
    for kind in PayoutKind:
        mine = {subject_of(p, kind): p for p in payouts if p.kind is kind}
        if not mine:
            continue
        source = source_of(kind)
        source.lock(court_id, sorted(mine))
        found = source.read(court_id, sorted(mine))
        facts = payee_facts(court_id, kind, found)
        if len(found) != len(mine):
            raise _stale()
        for debt in found:
            payout = mine[debt.subject_id]
            payee, objections, _is_corrected = facts[debt.subject_id]
            told = Payee(
                payout.payee_name, payout.payee_account, payee.bank, payout.payee_bank_code
            )
            same = (payout.amount_minor, payout.currency, payout.debtor_account) == (
                debt.amount_minor,
                debt.currency,
                debt.debtor_account,
            )
            if not same or told != payee or objections or debt.obstacle:
                raise _stale()
        debts += found
    return debts


def cancel_batch(
    batch_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> PayoutBatch:
    """Give a batch up: what was held is free again, every debt due as before.

    Refused: `file-taken` (the file has been taken out: whether the bank has done it only the
    statement tells), `wrong-state`.
    """
    batch = lock_batch(batch_id, court_id)
    if batch.status is BatchStatus.CANCELLED:
        return batch
    if batch.downloaded_at is not None:
        raise DomainError(
            "file-taken",
            _l("付款文件已经取走，批次不能撤销。未执行的付款，等对账单到齐后逐笔确认未执行。"),
        )
    change_state(
        batch, BatchStatus.CANCELLED, BATCH_TRANSITIONS, actor_id=actor_id, at=now, reason=reason
    )
    batch.remark = reason
    drop_payouts(payouts_of(batch), reason=reason, actor_id=actor_id, now=now)
    return batch


def drop_payouts(
    payouts: Sequence[Payout], *, reason: str, actor_id: int | None, now: datetime
) -> None:
    """These never leave: their holds are voided, their debts due as before."""
    held: dict[PayoutKind, list[int]] = {}
    for payout in payouts:
        if payout.status not in (PayoutStatus.CHOSEN, PayoutStatus.HELD):
            continue
        if payout.status is PayoutStatus.HELD:
            release_payout(payout, at=now, actor_id=actor_id)
            held.setdefault(payout.kind, []).append(subject_of(payout, payout.kind))
        payout.drop_reason = reason[:300]
        change_state(
            payout,
            PayoutStatus.DROPPED,
            PAYOUT_TRANSITIONS,
            actor_id=actor_id,
            at=now,
            reason=reason,
        )
    for kind, ids in held.items():
        source_of(kind).mark_sent(ids, is_sent=False, at=now)


def freeze_batch(
    batch_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> PayoutBatch:
    """Stop a batch at once: it is neither approved, nor written, nor taken out.

    Refused: `file-taken` (then only the bank can stop it).
    """
    batch = lock_batch(batch_id, court_id)
    if batch.is_frozen:
        return batch
    if batch.downloaded_at is not None:
        raise DomainError("file-taken", _l("付款文件已经取走，请立即联系银行停付。"))
    if batch.status in (BatchStatus.DONE, BatchStatus.CANCELLED):
        raise DomainError("wrong-state", _l("批次已经办结。"))
    batch.frozen_at, batch.frozen_by, batch.thawed_by = now, actor_id, None
    batch.frozen_because = reason
    record("freeze-payouts", batch, actor_id=actor_id, at=now, detail={"reason": reason})
    return batch


def thaw_batch(batch_id: int, *, court_id: int, actor_id: int, now: datetime) -> PayoutBatch:
    """Another person than who froze it lets it go on (`same-person`)."""
    batch = lock_batch(batch_id, court_id)
    if not batch.is_frozen:
        return batch
    if batch.frozen_by == actor_id:
        raise Forbidden("same-person", _l("冻结和解冻应由不同的人办理。"))
    batch.thawed_by = actor_id
    record("thaw-payouts", batch, actor_id=actor_id, at=now)
    if batch.status is BatchStatus.APPROVED:
        key = f"write_payouts:{batch.id}:thawed:{beijing_day(now)}:{now:%H%M%S%f}"
        enqueue("write_payouts", key, {"batch_id": batch.id}, now=now)
    return batch


def _refuse_frozen(batch: PayoutBatch) -> None:
    if batch.is_frozen:
        raise DomainError("frozen", _l("批次已被冻结：%(why)s", why=batch.frozen_because))


def _stale() -> DomainError:
    return DomainError(
        "stale",
        _l("提交之后，款项、收款账户或批次内容有变化，此前的复核作废。请退回重新制单。"),
    )
