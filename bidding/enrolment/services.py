"""Admission to a sale: seven notices, the deposit, a code; possible until the sale ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from auction.accounts.models import User
from auction.cases.relief import relieved_claim
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.rulings.barred import find_bar
from auction.sales.models import Sale, SaleStatus
from auction.sales.rulepacks import load_rule_pack
from bidding.engine import Status
from bidding.enrolment.models import ENROLMENT_TRANSITIONS, Enrolment, EnrolmentStatus
from bidding.enrolment.references import make_reference
from bidding.enrolment.rules import amount_to_qualify, draw_code, missing_notices, tick_notices
from bidding.room.models import Bid, SaleHead
from bidding.room.opening import make_head
from bidding.room.snapshot import FINAL


def enrolment_for(user_id: int, sale_id: int) -> Enrolment | None:
    """The person's enrolment in the sale, in whatever state."""
    return db.session.scalar(
        select(Enrolment).where(Enrolment.sale_id == sale_id, Enrolment.user_id == user_id)
    )


def begin_enrolment(user_id: int, sale_id: int, now: datetime) -> Enrolment:
    """Someone whose identity is verified begins to enrol, until the sale ends (CN16-17.2, 18.1).

    Beginning again returns the enrolment there is. Refused: `closed`, `identity-needed`,
    `staff-may-not-bid` (CN16-34.1), `barred` (who failed to pay for this property before does not
    buy it again, CN16-24.2), `left` (who has left does not come back).
    """
    sale = db.session.get(Sale, sale_id)
    if sale is None or sale.status is not SaleStatus.ANNOUNCED:
        raise NotFound("unknown-sale", _l("没有可以报名的拍卖。"))
    _lock_open_head(sale_id, now)
    known = enrolment_for(user_id, sale_id)
    if known is not None:
        if known.status is EnrolmentStatus.LEFT:
            raise DomainError("left", _l("您已退出本场拍卖，不能再次报名。"))
        return known
    user = db.session.get(User, user_id)
    if user is None or not user.can("bidder.enrol"):
        raise Forbidden("staff-may-not-bid", _l("法院工作人员不得参加竞买。"))
    if user.identity is None or user.identity.verified_at is None:
        raise DomainError("identity-needed", _l("请先完成实名认证，再报名竞买。"))
    if find_bar(sale.lot.asset_id, user) is not None:
        raise Forbidden(
            "barred",
            _l("您曾竞得本标的而未付清价款，依法院裁定不得参加重新拍卖（CN16-24.2）。"),
        )
    enrolment = Enrolment(
        sale_id=sale_id,
        user_id=user_id,
        status=EnrolmentStatus.BEGUN,
        notices_accepted={},
        declarations={},
        deposit_minor=amount_to_qualify(
            sale, relieved_claim(sale.case_id, user.identity.id_number_hash)
        ),
        currency=sale.currency,
        reference=make_reference(),
        begun_at=now,
    )
    db.session.add(enrolment)
    record("begin-enrolment", enrolment, actor_id=user_id, at=now, detail={"sale_id": sale_id})
    return enrolment


def accept_notices(enrolment: Enrolment, keys: Iterable[str], now: datetime) -> list[str]:
    """Record which notices were confirmed; with the last one the deposit is due (CN16-14.1).

    Returns the keys still missing. A sale that asks for no deposit admits the bidder at once.
    """
    sale = db.session.get(Sale, enrolment.sale_id)
    if sale is None:
        raise NotFound("unknown-sale", _l("没有这场拍卖。"))
    enrolment = _lock_enrolment(enrolment.id)
    notices = load_rule_pack(sale.rule_pack).notices
    wanted = list(keys)
    if unknown := set(wanted) - {notice.key for notice in notices}:
        raise Invalid("unknown-notice", _l("提交的须知不存在。"), keys=sorted(unknown))
    enrolment.notices_accepted = tick_notices(enrolment.notices_accepted, notices, wanted, now)
    missing = missing_notices(enrolment.notices_accepted, notices)
    if not missing and enrolment.status is EnrolmentStatus.BEGUN:
        _move(enrolment, EnrolmentStatus.DEPOSIT_DUE, enrolment.user_id, now, "all notices")
        if enrolment.deposit_minor == 0:
            activate_enrolment(enrolment.id, now)
    return missing


def relieve_deposit(enrolment_id: int, claim_minor: int, at: datetime) -> int:
    """The court has confirmed an applicant who is enrolling: he owes only the rest (CN16-17.3).

    The caller has made sure that nothing was paid yet. Returns what is due now; nothing due admits
    him at once.
    """
    enrolment = _lock_enrolment(enrolment_id)
    sale = db.session.get(Sale, enrolment.sale_id)
    if sale is None:
        raise NotFound("unknown-sale", _l("没有这场拍卖。"))
    due = amount_to_qualify(sale, claim_minor)
    if due != enrolment.deposit_minor:
        record("relieve-deposit", enrolment, actor_id=None, at=at, detail={"due_minor": due})
        enrolment.deposit_minor = due
        db.session.flush()
        if due == 0 and enrolment.status is EnrolmentStatus.DEPOSIT_DUE:
            activate_enrolment(enrolment.id, at)
    return due


def activate_enrolment(enrolment_id: int, at: datetime) -> str:
    """With the deposit confirmed the bidder gets a random code and may bid (CN16-17.2, 18.1).

    Doing it again returns the same code. Raises `closed` if the sale had closed at `at`: the money
    then goes back.
    """
    sale_id = db.session.scalar(select(Enrolment.sale_id).where(Enrolment.id == enrolment_id))
    if sale_id is None:
        raise NotFound("unknown-enrolment", _l("没有这份报名。"))
    head = _lock_head(sale_id, at)
    enrolment = _lock_enrolment(enrolment_id)
    if enrolment.status is EnrolmentStatus.ACTIVE and enrolment.code is not None:
        return enrolment.code
    _refuse_closed(head, at)
    taken = set(
        db.session.scalars(
            select(Enrolment.code).where(Enrolment.sale_id == sale_id, Enrolment.code.is_not(None))
        )
    )
    enrolment.code = draw_code({code for code in taken if code})
    enrolment.activated_at = at
    _move(enrolment, EnrolmentStatus.ACTIVE, None, at, "deposit confirmed")
    _change_roster(head, by=1)
    return enrolment.code


def leave_sale(enrolment_id: int, now: datetime) -> Enrolment:
    """A bidder without an accepted bid may leave before the close; the deposit goes back."""
    sale_id = db.session.scalar(select(Enrolment.sale_id).where(Enrolment.id == enrolment_id))
    if sale_id is None:
        raise NotFound("unknown-enrolment", _l("没有这份报名。"))
    head = _lock_head(sale_id, now)
    enrolment = _lock_enrolment(enrolment_id)
    if enrolment.status is EnrolmentStatus.LEFT:
        return enrolment
    _refuse_closed(head, now)
    if enrolment.code is not None and db.session.scalar(
        select(Bid.id).where(Bid.sale_id == sale_id, Bid.code == enrolment.code).limit(1)
    ):
        raise DomainError("has-bid", _l("您已经出价，拍卖结束之前不能退出。"))
    was_active = enrolment.status is EnrolmentStatus.ACTIVE
    _move(enrolment, EnrolmentStatus.LEFT, enrolment.user_id, now, "left")
    if was_active:
        _change_roster(head, by=-1)
    enqueue(
        "enrolment_left",
        f"enrolment_left:{enrolment.id}",
        {"enrolment_id": enrolment.id},
        now=now,
    )
    return enrolment


def confirm_priority(enrolment_id: int, rank: int | None, actor_id: int, at: datetime) -> Enrolment:
    """The court confirms a priority purchaser's rank, or takes it back (CN16-19, CN16-21)."""
    if rank is not None and not 1 <= rank <= 99:
        raise Invalid("bad-rank", _l("优先购买权顺序应为 1 至 99 的整数。"))
    return _change_standing(enrolment_id, actor_id, at, "confirm-priority", priority_rank=rank)


def bar_enrolment(enrolment_id: int, actor_id: int | None, at: datetime, ground: str) -> Enrolment:
    """A defaulting former buyer, or someone in conflict of interest, may not bid (CN16-24, 34)."""
    return _change_standing(
        enrolment_id, actor_id, at, "bar-enrolment", ground=ground, is_barred=True
    )


def _change_standing(
    enrolment_id: int,
    actor_id: int | None,
    at: datetime,
    action: str,
    ground: str = "",
    **values: object,
) -> Enrolment:
    sale_id = db.session.scalar(select(Enrolment.sale_id).where(Enrolment.id == enrolment_id))
    if sale_id is None:
        raise NotFound("unknown-enrolment", _l("没有这份报名。"))
    head = _lock_head(sale_id, at)
    enrolment = _lock_enrolment(enrolment_id)
    for name, value in values.items():
        setattr(enrolment, name, value)
    detail = values | ({"ground": ground} if ground else {})
    record(action, enrolment, actor_id=actor_id, at=at, detail=detail)
    _change_roster(head, by=0)
    return enrolment


def _move(
    enrolment: Enrolment, to: EnrolmentStatus, actor_id: int | None, at: datetime, reason: str
) -> None:
    change_state(enrolment, to, ENROLMENT_TRANSITIONS, actor_id=actor_id, at=at, reason=reason)
    db.session.flush()


def _lock_head(sale_id: int, now: datetime) -> SaleHead:
    """The head's lock puts the change in order with the bids."""
    make_head(sale_id, now)
    head = db.session.get(SaleHead, sale_id, with_for_update=True, populate_existing=True)
    if head is None:
        raise LookupError("no head after make_head")
    return head


def _lock_open_head(sale_id: int, now: datetime) -> SaleHead:
    head = _lock_head(sale_id, now)
    _refuse_closed(head, now)
    return head


def _lock_enrolment(enrolment_id: int) -> Enrolment:
    enrolment = db.session.get(
        Enrolment, enrolment_id, with_for_update=True, populate_existing=True
    )
    if enrolment is None:
        raise NotFound("unknown-enrolment", _l("没有这份报名。"))
    return enrolment


def _refuse_closed(head: SaleHead, at: datetime) -> None:
    """Enrolment is open as long as bidding is, and while a sale is suspended (CN16-18.1)."""
    status = Status(head.status)
    if status in FINAL or (status is not Status.SUSPENDED and at >= head.closes_at):
        raise DomainError("closed", _l("拍卖已经结束，不能再报名。"))


def _change_roster(head: SaleHead, by: int) -> None:
    """Let every process read the enrolled again before the next decision."""
    head.version += 1
    head.roster_version += 1
    head.bidder_count += by
    db.session.flush()
