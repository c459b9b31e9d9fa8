"""Practice sales follow each other on one lot: its number stays, each stands by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from auction.assets.models import ReferencePrice
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.sales.calendar import beijing_day
from auction.sales.drafting import _add_sale
from auction.sales.inputs import last_sale, terms_of
from auction.sales.models import Sale, SaleStatus
from auction.sales.queries import lock_sale
from auction.sales.rulepacks import load_rule_pack

LEAD = timedelta(seconds=2)
"""An announcement comes before the opening, in practice too."""

_RUNNING = frozenset({SaleStatus.DRAFT, SaleStatus.PANEL, SaleStatus.DECIDED, SaleStatus.ANNOUNCED})


def repeat_practice_sale(sale_id: int, *, actor_id: int, now: datetime) -> Sale | None:
    """Draft the same practice sale once more on the same lot, opening at once; None if it is there.

    The ended one may still be waiting for its balance. Raises DomainError `not-practice`, and
    `wrong-state` while it runs.
    """
    ended = lock_sale(sale_id)
    pack = load_rule_pack(ended.rule_pack)
    if not pack.is_practice:
        raise DomainError("not-practice", _l("只有练习场次可以重复举行。"))
    newest = last_sale(ended.lot)
    if newest is None or newest.id != ended.id:
        return None
    if ended.status in _RUNNING:
        raise DomainError("wrong-state", _l("本场练习尚未结束。"))
    opens_at = now + LEAD
    terms = replace(
        terms_of(ended),
        publish_on=beijing_day(now),
        opens_at=opens_at,
        closes_at=opens_at + (ended.closes_at - ended.opens_at),
    )
    price = db.session.get(ReferencePrice, ended.reference_price_id or 0)
    return _add_sale(ended.lot, ended.stage, pack, price, None, terms, actor_id, now)
