"""Notices to the parties of a case and to known priority purchasers, with their proof."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from auction.assets.models import Category
from auction.cases.models import Party
from auction.core.audit import record
from auction.core.db import db
from auction.core.errors import DomainError, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.notices.models import NoticeOutcome, PartyNotice
from auction.notices.rules import NOTIFIED_ROLES, ready_on, shareholders_heard_on
from auction.sales.calendar import beijing_day
from auction.sales.models import Sale, SaleStatus
from auction.sales.queries import lock_sale
from auction.sales.rulepacks import RulePack, load_rule_pack

_BEFORE_PUBLICATION = frozenset({SaleStatus.DRAFT, SaleStatus.PANEL, SaleStatus.DECIDED})


@dataclass(frozen=True)
class NoticeState:
    """Where the notice to one party stands; `ready_on` is None while nothing was recorded."""

    party: Party
    notice: PartyNotice | None
    ready_on: date | None
    heard_on: date | None


def parties_to_notify(case_id: int) -> list[Party]:
    """The applicant, the debtor and every known priority purchaser (CN16-16.1)."""
    parties = db.session.scalars(select(Party).where(Party.case_id == case_id).order_by(Party.id))
    return [party for party in parties if str(party.role) in NOTIFIED_ROLES]


def notice_states(sale: Sale) -> list[NoticeState]:
    """For each person to be notified, what was recorded and when it suffices."""
    pack = load_rule_pack(sale.rule_pack)
    notices = {
        notice.party_id: notice
        for notice in db.session.scalars(select(PartyNotice).where(PartyNotice.sale_id == sale.id))
    }
    is_share = sale.lot.asset.category is Category.EQUITY
    return [
        _state(party, notices.get(party.id), pack, is_share=is_share)
        for party in parties_to_notify(sale.case_id)
    ]


def _state(
    party: Party, notice: PartyNotice | None, pack: RulePack, *, is_share: bool
) -> NoticeState:
    if notice is None:
        return NoticeState(party, None, None, None)
    outcome = str(notice.outcome)
    asks_time = is_share and str(party.role) == "priority-purchaser"
    return NoticeState(
        party,
        notice,
        ready_on(outcome, notice.on_date, pack),
        shareholders_heard_on(outcome, notice.on_date, pack) if asks_time else None,
    )


def record_party_notice(
    sale_id: int,
    party_id: int,
    *,
    outcome: NoticeOutcome,
    channel: str,
    on_date: date,
    proof: str,
    actor_id: int,
    now: datetime,
) -> PartyNotice:
    """Record how one person was told of the sale, and with what proof (CN16-16).

    A later record of the same person replaces the earlier one and leaves its entry in the audit
    trail. Raises Invalid `future-notice`, `proof-missing`; NotFound for a party of another case;
    DomainError `wrong-state` after publication.
    """
    sale = lock_sale(sale_id)
    if sale.status not in _BEFORE_PUBLICATION:
        raise DomainError("wrong-state", _l("公告已经发布，通知记录不能再修改。"))
    if party_id not in {party.id for party in parties_to_notify(sale.case_id)}:
        raise NotFound("no-such-party", _l("没有找到这位应通知的当事人。"))
    if on_date > beijing_day(now):
        raise Invalid("future-notice", _l("通知日期不能晚于今天。"), field="on_date")
    if not proof.strip():
        raise Invalid(
            "proof-missing",
            _l("请写明送达凭证；无法通知的，请写明理由（CN16-16.3）。"),
            field="proof",
        )
    notice = db.session.scalar(
        select(PartyNotice).where(PartyNotice.sale_id == sale_id, PartyNotice.party_id == party_id)
    )
    if notice is None:
        notice = PartyNotice(sale_id=sale_id, party_id=party_id)
        db.session.add(notice)
    notice.outcome, notice.channel, notice.on_date = outcome, channel, on_date
    notice.proof, notice.recorded_by, notice.recorded_at = proof, actor_id, now
    db.session.flush()
    record(
        "record-party-notice",
        sale,
        actor_id=actor_id,
        at=now,
        detail={"party": party_id, "outcome": str(outcome), "on": on_date.isoformat()},
    )
    return notice
