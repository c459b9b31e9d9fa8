"""Carry a ruling out: all that it causes, in the one transaction in which the judge makes it.

The ruling is the only trigger (CN20A-22.1, CN16-31.6). Locks: the buyer's payments, the sale, its
settlement, the case, then what the books lock; making the same ruling again changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.core.states import change_state
from auction.deadlines.services import void_deadline
from auction.notices.documents import issue_document
from auction.notices.models import Document, DocumentKind
from auction.rulings.barred import bar_buyer
from auction.rulings.models import ProposalStatus, Ruling, RulingKind, RulingProposal
from auction.rulings.proposals import lock_proposal, make_ruling
from auction.rulings.services import ruling_of
from auction.rulings.terms import DefaultTerms, SetAsideTerms
from auction.rulings.wording import TITLE
from auction.sales.drafting import draft_resale
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from escrow.defaults.conditions import require_default, require_set_aside
from escrow.defaults.messages import tell_of_default, tell_of_set_aside
from escrow.defaults.models import Default, SetAside
from escrow.defaults.papers import ruling_paper, seal_of
from escrow.defaults.reckoning import deposit_of, stake_of
from escrow.defaults.undoing import return_what_is_covered, undo_release
from escrow.deposits.models import DEPOSIT_TRANSITIONS, DepositStatus
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, post
from escrow.payments.models import Payment, RefundReason
from escrow.payments.refunds import owe_refund
from escrow.settlement.models import Settlement, SettlementStatus
from escrow.settlement.release import PAYOUT_DEADLINE
from escrow.settlement.services import lock_settlement, settlement_of, undo_settlement


def decide(
    proposal_id: int, *, court_id: int, actor_id: int, now: datetime, read: str | None = None
) -> Ruling:
    """A judge makes the ruling that another person has drafted; everything follows at once, once.

    `read` is the seal of the text as the judge read it (`seal_of`). Refused: `changed` (the money
    is not what it was then), `same-person`, `wrong-state`, `number-taken`; for a default
    `not-overdue` (the day is not over, or a judge allowed a later one) and `deposit-pending` (it is
    being taken); for a set-aside `payout-underway` and what `require_set_aside` refuses.
    """
    sale_id = db.session.scalar(
        select(RulingProposal.sale_id).where(
            RulingProposal.id == proposal_id, RulingProposal.court_id == court_id
        )
    )
    if sale_id is not None:
        _lock_payments(sale_id)
    row, sale = lock_proposal(proposal_id, court_id)
    if row.status is ProposalStatus.MADE:
        assert row.ruling_id is not None, "kept by a constraint"
        return db.session.get_one(Ruling, row.ruling_id)
    settlement = settlement_of(sale.id)
    if settlement is None:
        raise DomainError("wrong-state", _l("本场拍卖没有成交，不能作出这种裁定。"))
    settlement = lock_settlement(settlement.id)
    if read is not None and read != seal_of(row, sale, now):
        raise DomainError("changed", _l("金额或日期与您读到的裁定稿已有不同，请重新核对后再作出。"))
    if row.kind is RulingKind.DEFAULT:
        return _make_default(row, sale, settlement, actor_id=actor_id, now=now)
    return _make_set_aside(row, sale, settlement, actor_id=actor_id, now=now)


def _lock_payments(sale_id: int) -> None:
    """The buyer's payments before the sale: who settles one holds it and then wants the sale."""
    settlement = settlement_of(sale_id)
    if settlement is not None:
        db.session.scalars(
            select(Payment)
            .where(Payment.enrolment_id == settlement.enrolment_id)
            .order_by(Payment.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).all()


# ── default ─────────────────────────────────────────────────────────────────────────────────────


def _make_default(
    row: RulingProposal, sale: Sale, settlement: Settlement, *, actor_id: int, now: datetime
) -> Ruling:
    """Deposit forfeited, the rest returned, the buyer barred, the lot drafted again (CN16-24)."""
    require_default(sale, settlement, now)
    deposit = deposit_of(settlement)
    stake = stake_of(sale)
    paper = ruling_paper(row, sale, stake, now=now, is_draft=False)
    ruling = make_ruling(row, sale, actor_id=actor_id, now=now)
    undo_settlement(settlement, SettlementStatus.DEFAULTED, actor_id=actor_id, at=now)
    terms = DefaultTerms.read(row.terms)
    buyer = db.session.get_one(Enrolment, settlement.enrolment_id)
    default = Default(
        court_id=sale.court_id,
        case_id=sale.case_id,
        lot_id=sale.lot_id,
        sale_id=sale.id,
        ruling_id=ruling.id,
        enrolment_id=buyer.id,
        user_id=buyer.user_id,
        currency=settlement.currency,
        price_minor=settlement.price_minor,
        deposit_minor=stake.forfeit_minor,
        returned_minor=stake.back_after_default_minor,
        tops_up=terms.tops_up,
        cap_minor=terms.cap_minor,
        defaulted_at=now,
    )
    db.session.add(default)
    db.session.flush()
    _forfeit(default, sale, actor_id=actor_id, now=now)
    if deposit is not None and deposit.status is DepositStatus.APPLIED:
        change_state(
            deposit, DepositStatus.FORFEITED, DEPOSIT_TRANSITIONS, actor_id=actor_id, at=now
        )
        deposit.settled_at = now
    _return(stake.returns_after_default(), RefundReason.REMAINDER, now)
    _finish(ruling, sale, buyer, paper, bars=True, actor_id=actor_id, now=now)
    record(
        "record-default",
        default,
        actor_id=actor_id,
        at=now,
        detail={"deposit_minor": default.deposit_minor, "returned_minor": default.returned_minor},
    )
    tell_of_default(
        sale,
        buyer.user_id,
        number=ruling.number,
        forfeit_minor=default.deposit_minor,
        back_minor=default.returned_minor,
        now=now,
    )
    return ruling


def _forfeit(default: Default, sale: Sale, *, actor_id: int, now: datetime) -> None:
    """The deposit had gone into the price; it now stands apart until its use is known."""
    if not default.deposit_minor:
        return
    books: dict[str, Any] = {
        "court_id": sale.court_id,
        "case_id": sale.case_id,
        "currency": default.currency,
    }
    post(
        [
            NewTransfer(
                kind=TransferKind.DEPOSIT_FORFEITED,
                debit=account(AccountKind.PRICE, sale.id, **books),
                credit=account(AccountKind.FORFEIT, sale.id, **books),
                amount_minor=default.deposit_minor,
                key=f"default:{default.id}:forfeited",
                source=default,
                effective_at=now,
                case_id=sale.case_id,
            )
        ],
        at=now,
        actor_id=actor_id,
    )


def _return(returns: list[tuple[int, int]], reason: RefundReason, now: datetime) -> None:
    """Each payment by the way it came, within the usual hours (CN16-23.2)."""
    for payment_id, amount_minor in returns:
        payment = db.session.get_one(Payment, payment_id)
        owe_refund(payment, reason, at=now, amount_minor=amount_minor)


# ── set-aside ───────────────────────────────────────────────────────────────────────────────────


def _make_set_aside(
    row: RulingProposal, sale: Sale, settlement: Settlement, *, actor_id: int, now: datetime
) -> Ruling:
    """Everything is put back by new entries that name the old ones (CN16-31, CN16-32.1)."""
    require_set_aside(sale, settlement)
    deposit = deposit_of(settlement)
    stake = stake_of(sale)
    paper = ruling_paper(row, sale, stake, now=now, is_draft=False)
    deal = ruling_of(sale)
    ruling = make_ruling(row, sale, actor_id=actor_id, now=now)
    terms = SetAsideTerms.read(row.terms)
    undo_settlement(settlement, SettlementStatus.SET_ASIDE, actor_id=actor_id, at=now)
    undone = undo_release(sale, ruling, terms.bearer, actor_id=actor_id, now=now)
    buyer = db.session.get_one(Enrolment, settlement.enrolment_id)
    set_aside = SetAside(
        court_id=sale.court_id,
        case_id=sale.case_id,
        sale_id=sale.id,
        ruling_id=ruling.id,
        settlement_id=settlement.id,
        user_id=buyer.user_id,
        currency=settlement.currency,
        ground=terms.ground,
        bearer=terms.bearer,
        price_minor=settlement.price_minor,
        back_minor=stake.paid_minor,
        forfeits_minor=undone.forfeits_minor,
        claimed_minor=undone.claimed_minor,
        set_aside_at=now,
    )
    db.session.add(set_aside)
    db.session.flush()
    if deposit is not None and deposit.status is DepositStatus.APPLIED:
        change_state(
            deposit, DepositStatus.RETURNING, DEPOSIT_TRANSITIONS, actor_id=actor_id, at=now
        )
        deposit.settled_at = None
    return_what_is_covered(set_aside, now=now)
    void_deadline("deal-ruling", sale, at=now)
    void_deadline(PAYOUT_DEADLINE, sale, at=now)
    if deal is not None:
        void_deadline("handover", deal, at=now)
    _finish(ruling, sale, buyer, paper, bars=terms.bars_buyer, actor_id=actor_id, now=now)
    record(
        "record-set-aside",
        set_aside,
        actor_id=actor_id,
        at=now,
        detail={
            "back_minor": set_aside.back_minor,
            "claimed_minor": set_aside.claimed_minor,
        },
    )
    tell_of_set_aside(
        sale, buyer.user_id, number=ruling.number, back_minor=set_aside.back_minor, now=now
    )
    return ruling


# ── both ────────────────────────────────────────────────────────────────────────────────────────


def _finish(
    ruling: Ruling,
    sale: Sale,
    buyer: Enrolment,
    paper: dict[str, Any],
    *,
    bars: bool,
    actor_id: int,
    now: datetime,
) -> None:
    """Bar, paper and the next sale's draft."""
    if bars:
        bar_buyer(
            ruling,
            asset_id=sale.lot.asset_id,
            user_id=buyer.user_id,
            actor_id=actor_id,
            at=now,
        )
    issue_document(
        kind=DocumentKind.RULING,
        sale=sale,
        title=TITLE,
        content={**paper, "facts": {**paper["facts"], "ruling_id": ruling.id}},
        now=now,
        publish=False,
        actor_id=actor_id,
    )
    draft_resale(sale, actor_id=actor_id, now=now)


def paper_of(ruling: Ruling) -> Document | None:
    """The issued paper of a ruling that undid a sale."""
    papers = db.session.scalars(
        select(Document)
        .where(Document.sale_id == ruling.sale_id, Document.kind == DocumentKind.RULING)
        .order_by(Document.id.desc())
    )
    wanted = (p for p in papers if p.content.get("facts", {}).get("ruling_id") == ruling.id)
    return next(wanted, None)
