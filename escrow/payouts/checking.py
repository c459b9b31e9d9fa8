"""What a person decides about payments on their way, and two people about money that never left."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.courts.models import Court
from auction.sales.calendar import beijing_moment
from escrow.bank.matching import lock_line, settle_line
from escrow.bank.models import BankLine, LineStatus
from escrow.bank.parsed import Side
from escrow.bank.rules import end_of_working_day
from escrow.bank.suspense import lock_suspended, take_from_suspense
from escrow.payouts.batches import drop_payouts
from escrow.payouts.confirming import (
    confirm_payout,
    lock_paid,
    lock_unshown,
    propose_for_credit,
    propose_for_debit,
    return_payout,
)
from escrow.payouts.models import Payout, PayoutBatch, PayoutStatus
from escrow.payouts.rules import confirm_days
from escrow.payouts.watching import statements_reach
from escrow.payouts.writing import finish_batch

LEAST_REASON = 4


def confirm_by_person(
    line_id: int, payout_id: int, *, court_id: int, actor_id: int, now: datetime
) -> Payout:
    """A person has recognised a payment in a debit that does not name it.

    Refused: `line-settled`, `not-proposed` (amount, account or day do not fit), `same-person` (who
    made the batch does not also confirm it where the line does not speak for itself).
    """
    line = _open_line(line_id, court_id, LineStatus.OPEN)
    payout = lock_unshown(payout_id, court_id)
    if payout.id not in {found.id for found in propose_for_debit(line)}:
        raise DomainError("not-proposed", _l("这笔流水与所选付款的金额、账户或日期不符。"))
    if payout.created_by == actor_id:
        raise Forbidden("same-person", _l("制单人不能确认自己制作的付款，请由另一人确认。"))
    confirm_payout(payout, line, actor_id=actor_id, now=now)
    line.note = "人工核对付款"
    settle_line(line, LineStatus.MATCHED, at=now, actor_id=actor_id)
    return payout


def return_by_person(
    line_id: int, payout_id: int, *, court_id: int, actor_id: int, now: datetime
) -> Payout:
    """A suspended credit is a payment of ours that came back: it is owed again (CN21S-2).

    Refused: `line-settled`, `return-proposed`, `not-proposed`.
    """
    line = lock_suspended(line_id, court_id)
    payout = lock_paid(payout_id, court_id)
    fits = payout.id in {found.id for found in propose_for_credit(line)}
    if not fits or line.remaining_minor != payout.amount_minor:
        raise DomainError("not-proposed", _l("这笔流水与所选付款的金额、账户或日期不符。"))
    return_payout(payout, line, from_suspense=True, actor_id=actor_id, now=now)
    record(
        "place-line",
        line,
        actor_id=actor_id,
        at=now,
        detail={"payout_id": payout.id, "amount_minor": payout.amount_minor},
    )
    take_from_suspense(line, payout.amount_minor, actor_id=actor_id, at=now)
    return payout


def propose_drop(
    payout_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> Payout:
    """The bank has not done it: the statements reach past its days and do not show it.

    So a file that was lost half-way is never sent again blindly: only what the bank's own account
    of these days does not have may be paid once more. Refused: `reason-missing`,
    `statement-missing`, `wrong-state`.
    """
    payout = lock_unshown(payout_id, court_id)
    _require_on_the_way(payout)
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid("reason-missing", _l("请写明依据（至少四个字）。"), field="reason")
    _require_statements(payout)
    payout.drop_proposed_by, payout.drop_confirmed_by = actor_id, None
    payout.drop_reason = reason
    record("propose-drop", payout, actor_id=actor_id, at=now, detail={"reason": reason})
    return payout


def confirm_drop(payout_id: int, *, court_id: int, actor_id: int, now: datetime) -> Payout:
    """A second person has read the statements as well: the debt is due again.

    Refused: `same-person`, `not-proposed`, `statement-missing`, `wrong-state`.
    """
    payout = lock_unshown(payout_id, court_id)
    _require_on_the_way(payout)
    if payout.drop_proposed_by is None:
        raise DomainError("not-proposed", _l("还没有人提出这笔付款未执行。"))
    if payout.drop_proposed_by == actor_id:
        raise Forbidden("same-person", _l("提出和复核应由不同的人办理。"))
    _require_statements(payout)
    payout.drop_confirmed_by = actor_id
    record("confirm-drop", payout, actor_id=actor_id, at=now)
    drop_payouts([payout], reason=payout.drop_reason, actor_id=actor_id, now=now)
    db.session.flush()
    if payout.batch_id is not None:
        finish_batch(payout.batch_id, now=now)
    return payout


def settled_after(payout: Payout) -> datetime:
    """The moment after which a statement that does not show a payment speaks against it."""
    assert payout.batch_id is not None, "only what is in a batch is on its way"
    batch = db.session.get_one(PayoutBatch, payout.batch_id)
    assert batch.execute_on is not None, "submitted with a day"
    court = db.session.get_one(Court, payout.court_id)
    asked = beijing_moment(batch.execute_on, time())
    return end_of_working_day(asked, confirm_days(court.settings)) - timedelta(days=1)


def _require_on_the_way(payout: Payout) -> None:
    if payout.status is not PayoutStatus.HELD:
        raise DomainError("wrong-state", _l("这笔付款不在途中。"))


def _require_statements(payout: Payout) -> None:
    until = settled_after(payout)
    if not statements_reach(payout.court_id, until):
        raise DomainError(
            "statement-missing",
            _l("对账单还没有覆盖付款日及其后的几个工作日，请先导入，再判断是否执行。"),
        )


def _open_line(line_id: int, court_id: int, status: LineStatus) -> BankLine:
    line = lock_line(line_id, court_id)
    if line.status is not status or line.side is not Side.DEBIT:
        raise DomainError("line-settled", _l("这笔款已经处理过，请刷新页面查看。"))
    return line
