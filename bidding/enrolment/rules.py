"""Who may take part in a sale, and under which code; pure."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from auction.sales.models import Sale, Stage
from auction.sales.rulepacks import Notice

# No letter or digit that can be taken for another when read aloud or off a screen.
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 4


def amount_to_qualify(sale: Sale, claim_minor: int = 0) -> int:
    """What must be paid before taking part: the deposit, in a sell-off the whole price (CN455-5.1).

    An enforcement applicant pays only what the deposit exceeds his confirmed claim by (CN16-17.3);
    that rule speaks of the deposit, so a sell-off's price is paid in full by everybody.
    """
    if sale.stage is Stage.SELLOFF:
        return sale.start_price_minor
    return max(0, sale.deposit_minor - claim_minor)


def draw_code(taken: Collection[str]) -> str:
    """A random code, new in this sale; nothing links the codes of one person (CN16-18.2)."""
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        if code not in taken:
            return code


def tick_notices(
    accepted: Mapping[str, Any], notices: Iterable[Notice], keys: Iterable[str], at: datetime
) -> dict[str, Any]:
    """Each notice is confirmed by itself, in the version and wording shown (CN16-14.1)."""
    known = {notice.key: notice for notice in notices}
    ticked = dict(accepted)
    for key in keys:
        notice = known[key]
        wording = f"{notice.text.zh}\n{notice.text.en}"
        ticked.setdefault(
            key,
            {
                "version": notice.version,
                "sha256": hashlib.sha256(wording.encode()).hexdigest(),
                "at": at.isoformat(timespec="milliseconds"),
            },
        )
    return ticked


def missing_notices(accepted: Mapping[str, Any], notices: Iterable[Notice]) -> list[str]:
    """The notices not confirmed yet, in order."""
    return [notice.key for notice in notices if notice.key not in accepted]
