"""When a ruling may undo a sale: asked before it is drafted, and again when it is made."""

from __future__ import annotations

from datetime import datetime

from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.rulings.models import RulingKind
from auction.rulings.proposals import require_undoable
from auction.sales.models import Sale
from escrow.defaults.reckoning import deposit_of
from escrow.defaults.setoffs import set_off_lines
from escrow.deposits.models import DepositStatus
from escrow.settlement.models import Settlement

_ON_THE_WAY = (DepositStatus.HELD, DepositStatus.APPLYING)


def require_default(sale: Sale, settlement: Settlement, now: datetime) -> None:
    """Refuse a ruling of default that would come too early, or for nothing (CN20A-22.1).

    Refused: `wrong-state`, `practice`, `not-overdue` (the day is not over, or a judge allowed a
    later one), `deposit-pending` (it is being taken).
    """
    require_undoable(sale, RulingKind.DEFAULT)
    if now < settlement.payable_until:
        raise DomainError("not-overdue", _l("付款期限尚未届满，不能裁定悔拍。"))
    _require_deposit_settled(settlement)


def require_set_aside(sale: Sale, settlement: Settlement) -> None:
    """Refuse to undo a sale while money that belongs to it is on its way (CN16-31).

    Refused: `wrong-state`, `practice`, `deposit-pending`, and what `set_off_lines` refuses.
    """
    require_undoable(sale, RulingKind.SET_ASIDE)
    set_off_lines(sale)
    _require_deposit_settled(settlement)


def _require_deposit_settled(settlement: Settlement) -> None:
    deposit = deposit_of(settlement)
    if deposit is not None and deposit.status in _ON_THE_WAY:
        raise DomainError("deposit-pending", _l("买受人的保证金正在划转，请稍后再办理。"))
