"""A creditor who bought pays with its own share: asked for, decided, made up in money (PRI-12)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from auction.accounts.models import Identity
from auction.cases.models import Claim, EnforcementCase
from auction.cases.services import require_open
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import format_money
from auction.core.states import change_state
from auction.sales.models import Sale
from auction.sales.queries import lock_sale
from bidding.enrolment.models import Enrolment
from escrow.bank.matching import received_at, suspense_account
from escrow.bank.models import BankLine
from escrow.bank.rules import is_same_person
from escrow.bank.suspense import lock_suspended, take_from_suspense
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, post
from escrow.objections.models import Objection
from escrow.objections.rules import STANDING
from escrow.plans.reckoning import compute
from escrow.plans.services import lock_case
from escrow.setoff.entitlement import entitled_minor
from escrow.setoff.models import SET_OFF_TRANSITIONS, SetOff, SetOffStatus
from escrow.settlement.models import Settlement, SettlementStatus
from escrow.settlement.services import count_set_off, lock_settlement, settlement_of

LEAST_REASON = 4


def propose_set_off(
    sale_id: int,
    claim_id: int,
    *,
    asked_minor: int,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> SetOff:
    """Ask that so much of the price be paid by the buyer's own claim (PRI-13).

    After a refusal one may ask again. Refused: `not-sold`, `not-due` (the price is paid, or the
    sale undone), `not-the-buyer`, `rank-disputed` (others dispute: then money first), `no-share`,
    `more-than-share`, `more-than-due`, `waiting`.
    """
    case, sale = _lock_sold(sale_id, court_id)
    settlement = _lock_due(sale)
    claim = _find_claim(case, claim_id)
    _require_buyer(settlement, claim)
    entitled = _entitled(case, sale, claim, settlement, asked_minor)
    row = set_off_of(sale.id)
    if row is not None and row.status is not SetOffStatus.REFUSED:
        raise DomainError("waiting", _l("这场拍卖已有抵付申请，请先由法官决定。"))
    if row is None:
        row = SetOff(
            court_id=court_id, case_id=case.id, sale_id=sale.id, status=SetOffStatus.PROPOSED
        )
        db.session.add(row)
    else:
        change_state(row, SetOffStatus.PROPOSED, SET_OFF_TRANSITIONS, actor_id=actor_id, at=now)
    row.claim_id, row.asked_minor, row.entitled_minor = claim.id, asked_minor, entitled
    row.proposed_by, row.proposed_at = actor_id, now
    row.decided_by = row.decided_at = None
    row.remark = row.decision_number = ""
    db.session.flush()
    record(
        "propose-set-off",
        row,
        actor_id=actor_id,
        at=now,
        detail={"claim": claim.label, "asked_minor": asked_minor, "entitled_minor": entitled},
    )
    return row


def grant_set_off(
    set_off_id: int,
    *,
    granted_minor: int,
    decision_number: str,
    court_id: int,
    actor_id: int,
    now: datetime,
) -> SetOff:
    """A judge allows so much of it, by a numbered decision; as much of the price is paid (PRI-13).

    What is entitled is reckoned again: claims may have changed since. Refused: `same-person`,
    `number-missing`, `more-than-asked`, and what `propose_set_off` refuses.
    """
    row, case, sale = _lock_set_off(set_off_id, court_id)
    if row.status is SetOffStatus.GRANTED:
        return row
    _refuse_same(row, actor_id)
    if len(decision_number.strip()) < LEAST_REASON:
        raise Invalid("number-missing", _l("请填写决定书案号。"), field="decision_number")
    if not 0 < granted_minor <= row.asked_minor:
        raise Invalid("more-than-asked", _l("准许的数额不能超过申请的数额。"), field="granted")
    settlement = _lock_due(sale)
    claim = _find_claim(case, row.claim_id)
    row.entitled_minor = _entitled(case, sale, claim, settlement, granted_minor, field="granted")
    row.granted_minor, row.decision_number = granted_minor, decision_number.strip()
    row.decided_by, row.decided_at = actor_id, now
    change_state(
        row,
        SetOffStatus.GRANTED,
        SET_OFF_TRANSITIONS,
        actor_id=actor_id,
        at=now,
        reason=row.decision_number,
    )
    db.session.flush()
    count_set_off(settlement.id, granted_minor, at=now, actor_id=actor_id)
    return row


def refuse_set_off(
    set_off_id: int, *, reason: str, court_id: int, actor_id: int, now: datetime
) -> SetOff:
    """A judge does not allow it: the price is owed in money as before."""
    row, _case, _sale = _lock_set_off(set_off_id, court_id)
    if row.status is SetOffStatus.REFUSED:
        return row
    _refuse_same(row, actor_id)
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid("reason-missing", _l("请写明理由（至少四个字）。"), field="reason")
    change_state(
        row, SetOffStatus.REFUSED, SET_OFF_TRANSITIONS, actor_id=actor_id, at=now, reason=reason
    )
    row.decided_by, row.decided_at, row.remark = actor_id, now, reason.strip()
    return row


# ── what the plan gives less than was granted ───────────────────────────────────────────────────


def top_up_of(case: EnforcementCase, row: SetOff, sale: Sale) -> int:
    """What the buyer owes in money as the case stands: his share does not cover it (PRI-12)."""
    if row.status is not SetOffStatus.GRANTED:
        return 0
    try:
        plan = compute(case).plan
    except DomainError:  # nothing to distribute yet, or a row that a clerk must mend first
        return 0
    return sum(e.top_up_minor for e in plan.set_offs if e.proceeds_id == sale.lot.number)


def receive_top_up(
    set_off_id: int, line_id: int, *, court_id: int, actor_id: int, now: datetime
) -> SetOff:
    """Money in suspense is what the buyer's share does not cover: it joins the proceeds (PRI-12).

    As much as is owed; the rest of the line stays in suspense. Refused: `not-due`, `not-the-buyer`
    (another name), `line-settled`, `return-proposed`.
    """
    row, case, sale = _lock_set_off(set_off_id, court_id)
    owed = top_up_of(case, row, sale)
    if not owed:
        raise DomainError("not-due", _l("按现在的计算，买受人不需要补交。"))
    line = lock_suspended(line_id, court_id)
    if not is_same_person(line.payer_name, buyer_name(sale.id)):
        raise Invalid("not-the-buyer", _l("这笔款的付款人不是买受人。"), field="line_id")
    amount = min(owed, line.remaining_minor)
    post(
        [
            NewTransfer(
                kind=TransferKind.SUSPENSE_IDENTIFIED,
                debit=suspense_account(line),
                credit=account(AccountKind.PROCEEDS, case.id, court_id=court_id, case_id=case.id),
                amount_minor=amount,
                key=f"set_off:{row.id}:line:{line.id}",
                source=row,
                effective_at=received_at(line),
                case_id=case.id,
            )
        ],
        at=now,
        actor_id=actor_id,
    )
    row.topped_up_minor += amount
    line.case_id = case.id
    take_from_suspense(line, amount, actor_id=actor_id, at=now)
    record(
        "receive-top-up",
        row,
        actor_id=actor_id,
        at=now,
        detail={"line": line.id, "amount_minor": amount},
    )
    return row


# ── reading and locking ─────────────────────────────────────────────────────────────────────────


def set_off_of(sale_id: int) -> SetOff | None:
    """The set-off asked for against a sale's price."""
    return db.session.scalar(select(SetOff).where(SetOff.sale_id == sale_id))


def buyer_name(sale_id: int) -> str:
    """Under which name the buyer of a sold sale is known."""
    return (
        db.session.scalar(
            select(Identity.full_name)
            .join(Enrolment, Enrolment.user_id == Identity.user_id)
            .join(Settlement, Settlement.enrolment_id == Enrolment.id)
            .where(Settlement.sale_id == sale_id)
        )
        or ""
    )


def claims_of_buyer(case: EnforcementCase, sale_id: int) -> list[Claim]:
    """The claims of the case that the buyer holds."""
    name = buyer_name(sale_id)
    return [
        claim
        for claim in case.claims
        if claim.refused is None and is_same_person(claim.party.name, name)
    ]


def lines_of_buyer(court_id: int, sale_id: int) -> list[BankLine]:
    """Money in suspense that came under the buyer's name."""
    name = buyer_name(sale_id)
    rows = db.session.scalars(
        select(BankLine)
        .where(BankLine.court_id == court_id, BankLine.remaining_minor > 0)
        .order_by(BankLine.id)
    )
    return [line for line in rows if is_same_person(line.payer_name, name)]


def _entitled(
    case: EnforcementCase,
    sale: Sale,
    claim: Claim,
    settlement: Settlement,
    amount_minor: int,
    *,
    field: str = "asked",
) -> int:
    """What may be set off at most; refused where `amount_minor` is more than that."""
    _refuse_disputed(case)
    entitled = entitled_minor(case, sale, claim, settlement.price_minor)
    if amount_minor > entitled:
        raise Invalid(
            "more-than-share",
            _l(
                "这项债权从本次价款中应得 %(share)s，抵付不能超过它。", share=format_money(entitled)
            ),
            field=field,
        )
    if amount_minor > settlement.outstanding_minor:
        raise Invalid(
            "more-than-due",
            _l("尾款只有 %(due)s 未付。", due=format_money(settlement.outstanding_minor)),
            field=field,
        )
    return entitled


def _refuse_disputed(case: EnforcementCase) -> None:
    standing = db.session.scalar(
        select(Objection.id).where(Objection.case_id == case.id, Objection.status.in_(STANDING))
    )
    if standing is not None or any(claim.held for claim in case.claims):
        raise DomainError(
            "rank-disputed", _l("其他债权人对顺位或数额有争议，应先交付价款，不能抵付（PRI-13）。")
        )


def _require_buyer(settlement: Settlement, claim: Claim) -> None:
    if not is_same_person(claim.party.name, buyer_name(settlement.sale_id)):
        raise Invalid("not-the-buyer", _l("这项债权的债权人不是买受人。"), field="claim_id")


def _find_claim(case: EnforcementCase, claim_id: int) -> Claim:
    claim = db.session.get(Claim, claim_id, populate_existing=True)
    if claim is None or claim.case_id != case.id:
        raise NotFound("unknown-claim", _l("没有这项债权。"))
    return claim


def _refuse_same(row: SetOff, actor_id: int) -> None:
    if row.proposed_by == actor_id:
        raise Forbidden("same-person", _l("提交申请的人不能决定，请由法官决定。"))


def _lock_due(sale: Sale) -> Settlement:
    settlement = settlement_of(sale.id)
    if settlement is None:
        raise DomainError("not-sold", _l("这场拍卖还没有成交。"))
    settlement = lock_settlement(settlement.id)
    if settlement.status is not SettlementStatus.DUE:
        raise DomainError("not-due", _l("价款已经付清，或者成交已被裁定撤销，不能抵付。"))
    return settlement


def _lock_sold(sale_id: int, court_id: int) -> tuple[EnforcementCase, Sale]:
    sale = lock_sale(sale_id, court_id=court_id)
    case = lock_case(sale.case_id, court_id)
    require_open(case)
    return case, sale


def _lock_set_off(set_off_id: int, court_id: int) -> tuple[SetOff, EnforcementCase, Sale]:
    found = db.session.get(SetOff, set_off_id)
    if found is None or found.court_id != court_id:
        raise NotFound("unknown-set-off", _l("没有这项抵付申请。"))
    case, sale = _lock_sold(found.sale_id, court_id)
    row = db.session.get(SetOff, set_off_id, with_for_update=True, populate_existing=True)
    assert row is not None, "set-offs are never deleted"
    return row, case, sale
