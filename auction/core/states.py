"""A status changes only along its table, and who, why and when are written down with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from auction.core.audit import record
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l


class HasStatus(Protocol):
    """A row with an id and a status of its own."""

    id: Any
    status: Any


def change_state(
    row: HasStatus,
    to: StrEnum,
    transitions: Mapping[Any, frozenset[Any]],
    *,
    actor_id: int | None,
    at: datetime,
    reason: str = "",
) -> None:
    """Move `row` to `to` if its table allows it; write the audit entry in the same transaction.

    The caller holds the row's lock and has re-read it. Raises DomainError `wrong-state` otherwise.
    """
    before = row.status
    if to not in transitions.get(before, frozenset()):
        raise DomainError(
            "wrong-state",
            _l("当前状态不允许此操作，请刷新页面查看最新状态。"),
            status_now=str(before),
            wanted=str(to),
        )
    row.status = to
    record(
        "state",
        row,
        actor_id=actor_id,
        at=at,
        detail={"from": str(before), "to": str(to), "reason": reason},
    )
