"""Who is told of an act on a running sale: all enrolled bidders, at the same moment (CN16-28.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from auction.accounts.models import User, UserRole
from auction.accounts.roles import Role
from auction.core.audit import AuditEntry
from auction.core.clock import iso
from auction.core.db import db
from auction.core.i18n import current_lang, gettext
from auction.core.web import format_beijing
from auction.messages.services import send_messages
from auction.messages.wording import Wording, words_for
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.room.incidents import show_ground
from bidding.room.requests import Kind, Waiting

if TYPE_CHECKING:
    from bidding.room.snapshot import Snapshot

SUSPENDED = "sale-suspended"
RESUMED = "sale-resumed"
WITHDRAWN = "sale-withdrawn"
HALTED_BY_PLATFORM = "sale-halted-by-platform"

_KINDS = {Kind.SUSPEND: SUSPENDED, Kind.RESUME: RESUMED, Kind.WITHDRAW: WITHDRAWN}


def has_effect(act: Waiting, sale: Sale) -> bool:
    """Whether the act changes anything: suspending what is suspended does not (bidding.md).

    Asked before the act's own entry stands in the trail.
    """
    if act.kind is Kind.WITHDRAW:
        return True
    last = db.session.scalar(
        select(AuditEntry.action)
        .where(
            AuditEntry.subject_type == Sale.__tablename__,
            AuditEntry.subject_id == sale.id,
            AuditEntry.action.in_([f"{Kind.SUSPEND}-sale", f"{Kind.RESUME}-sale"]),
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    is_suspended = last == f"{Kind.SUSPEND}-sale"
    return is_suspended is (act.kind is Kind.RESUME)


def tell_enrolled(sale: Sale, snapshot: Snapshot, act: Waiting, now: datetime) -> None:
    """One message to each enrolled bidder, in the transaction of the act.

    Where the platform suspends by itself, the court is told too: that is the report CN16-28.2 asks
    for at once.
    """
    asset = sale.lot.asset
    params = {
        "lot": snapshot.lot_number,
        "sale": sale.number,
        "title": asset.title,
        "title_en": asset.title_en,
        "ground": act.ground,
        "at": iso(act.at),
        "closes_at": iso(snapshot.closes_at),
    }
    enrolled = db.session.scalars(
        select(Enrolment.user_id).where(
            Enrolment.sale_id == sale.id, Enrolment.status == EnrolmentStatus.ACTIVE
        )
    )
    send_messages(enrolled, _KINDS[act.kind], params, link=f"/lots/{snapshot.lot_number}", now=now)
    if act.kind is Kind.SUSPEND and act.actor_id is None:
        link = f"/court/control/{sale.number}"
        send_messages(_staff_of(sale), HALTED_BY_PLATFORM, params, link=link, now=now)


def _staff_of(sale: Sale) -> list[int]:
    """Who at the court may act on its running sales."""
    return list(
        db.session.scalars(
            select(User.id)
            .join(UserRole, UserRole.user_id == User.id)
            .where(
                User.court_id == sale.court_id,
                User.is_active,
                UserRole.role.in_([Role.CLERK, Role.JUDGE]),
            )
            .distinct()
        )
    )


# ── words ───────────────────────────────────────────────────────────────────────────────────────


@words_for(SUSPENDED)
def _suspended(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("拍卖已暂缓：%(title)s", title=_title(params)),
        gettext(
            "理由：%(ground)s。暂缓期间不接受出价，已受理的出价继续有效；"
            "恢复时间另行通知，暂缓所占的竞价时间如数补回。",
            ground=_ground(params),
        ),
    )


@words_for(RESUMED)
def _resumed(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("拍卖已恢复：%(title)s", title=_title(params)),
        gettext(
            "竞价继续进行，结束时间顺延至 %(when)s；之后有出价的，仍按规则延时。",
            when=_moment(params["closes_at"]),
        ),
    )


@words_for(WITHDRAWN)
def _withdrawn(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("拍卖已撤回：%(title)s", title=_title(params)),
        gettext(
            "理由：%(ground)s。本场拍卖不产生买受人，您的保证金将退还。",
            ground=_ground(params),
        ),
    )


@words_for(HALTED_BY_PLATFORM)
def _halted(params: Mapping[str, Any]) -> Wording:
    return Wording(
        gettext("平台已先行暂缓，请法院处理：%(title)s", title=_title(params)),
        gettext(
            "场次 %(sale)s，理由：%(ground)s。原因消除后是否恢复，由法院决定。",
            sale=params["sale"],
            ground=_ground(params),
        ),
    )


def _ground(params: Mapping[str, Any]) -> str:
    """The ground inside a sentence: without the full stop that its writer may have put."""
    return (show_ground(params["ground"]) or "").rstrip("。．. ")


def _title(params: Mapping[str, Any]) -> str:
    english = params.get("title_en") if current_lang() == "en" else None
    return str(english or params["title"])


def _moment(text: str) -> str:
    return format_beijing(datetime.fromisoformat(text), "full")
