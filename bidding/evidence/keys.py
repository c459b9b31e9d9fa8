"""The keys that logs are signed with: made here, sealed at rest, replaced for new sales."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError

from auction.core.bulk import Prepared
from auction.core.db import db
from bidding.evidence.models import LogKey, SaleLog
from bidding.evidence.notes import Signer

_SIGNER = Prepared(
    select(SaleLog.origin, LogKey.private_sealed)
    .join(LogKey, LogKey.id == SaleLog.key_id)
    .where(SaleLog.sale_id == bindparam("sale"))
)


def current_key(now: datetime) -> LogKey:
    """The key for new sales, made if there is none yet; inside an open transaction."""
    key = _find_current()
    if key is not None:
        return key
    try:
        with db.session.begin_nested():
            return _make_key(now)
    except IntegrityError:  # another process was faster
        return db.session.scalars(select(LogKey).where(LogKey.is_current)).one()


def rotate_key(now: datetime) -> LogKey:
    """A new key for new sales; a log that was begun with the old one stays with it to its end."""
    old = _find_current()
    if old is not None:
        old.is_current = False
        old.retired_at = now
        db.session.flush()
    return _make_key(now)


def load_signer(connection: Connection, sale_id: int) -> Signer:
    """The signer of a sale's log; LookupError if it has no log or its key was destroyed."""
    row = _SIGNER.first(connection, sale=sale_id)
    if row is None or row[1] is None:
        raise LookupError(f"nothing signs the log of sale {sale_id}")
    return signer_of(*row)


def signer_of(origin: str, private: str) -> Signer:
    """The signer with this private key, in hexadecimal, for a log of this name."""
    return Signer.of(origin, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private)))


def _find_current() -> LogKey | None:
    return db.session.scalar(select(LogKey).where(LogKey.is_current))


def _make_key(now: datetime) -> LogKey:
    private = Ed25519PrivateKey.generate()
    key = LogKey(
        public=private.public_key().public_bytes_raw(),
        private_sealed=private.private_bytes_raw().hex(),
        is_current=True,
        made_at=now,
    )
    db.session.add(key)
    db.session.flush()
    return key
