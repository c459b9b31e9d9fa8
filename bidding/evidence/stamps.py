"""An authority outside the court stamps the first and the last checkpoint of each log (RFC 3161).

The log's own signature proves what was said; the stamp proves that it was said by then, even if
the platform's key and its clock are doubted later. A stamp is stored once it has been verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from cryptography.x509 import load_pem_x509_certificates
from flask import current_app
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from auction.core.clock import iso
from auction.core.config import Settings
from auction.core.db import (
    BigId,
    Model,
    UtcDateTime,
    append_only,
    db,
    forget_reads,
    state_column,
    transaction,
)
from auction.core.log import get_logger
from auction.core.outbox import PutOff, Task, enqueue, handles
from bidding.evidence.outbound import Unreachable, post_bytes

REST = timedelta(seconds=30)
TOLERANCE = timedelta(minutes=5)
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
# TimeStampResp ::= SEQUENCE { PKIStatusInfo { granted }, TimeStampToken }
_GRANTED = bytes.fromhex("3003020100")

log = get_logger()


class StampKind(StrEnum):
    """Which checkpoint of the log was stamped."""

    GENESIS = "genesis"
    CLOSE = "close"


class TimeStamp(Model):
    """What one stamp covers, and the token (CMS, DER) that anyone can verify."""

    __tablename__ = "time_stamp"
    __table_args__ = (UniqueConstraint("sale_id", "kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"))
    kind: Mapped[StampKind] = mapped_column(state_column(StampKind, "time_stamp_kind"))
    note: Mapped[str] = mapped_column(Text)  # the checkpoint, byte for byte as it was stamped
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    token: Mapped[bytes] = mapped_column(LargeBinary)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stamped_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(TimeStamp.__table__)


class StampRefused(Exception):
    """The authority gave no stamp, or one that does not hold."""


@dataclass(slots=True)
class StampAuthority:
    """Where stamps are asked for, and the roots they must verify under.

    After a call that got no answer it is left alone for a while: a hundred sales that end together
    must not each wait for it in the worker.
    """

    url: str
    roots: Path
    rests_until: datetime | None = None


def stamp_authority() -> StampAuthority | None:
    """The application's authority; None where no stamps are asked for."""
    made: StampAuthority | None = current_app.extensions.get("luochui.stamp_authority")
    if made is None:
        settings: Settings = current_app.extensions["luochui.settings"]
        if settings.tsa_roots is not None:
            made = StampAuthority(settings.tsa_url, settings.tsa_roots)
            current_app.extensions["luochui.stamp_authority"] = made
    return made


# ── the protocol ────────────────────────────────────────────────────────────────────────────────


def fetch_token(authority: StampAuthority, message: bytes) -> tuple[bytes, datetime]:
    """A verified token over the SHA-256 of `message`, and the time it states.

    StampRefused for an answer that does not hold, Unreachable for none.
    """
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    reply = post_bytes(authority.url, request.as_bytes(), _QUERY)
    if reply.status != 200 or reply.content_type != _REPLY:
        raise Unreachable(f"answered {reply.status} {reply.content_type}")
    response = _decode(reply.body)
    _verify(response, message, authority.roots, request.nonce)
    return response.time_stamp_token(), response.tst_info.gen_time


def verify_token(token: bytes, message: bytes, roots: Path) -> datetime:
    """The time a stored token states for `message`; StampRefused if it does not hold."""
    response = _decode(to_response(token))
    _verify(response, message, roots, None)
    return response.tst_info.gen_time


def to_response(token: bytes) -> bytes:
    """The token as a response file (.tsr), the form `openssl ts -verify -in` reads."""
    content = _GRANTED + token
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return b"\x30" + bytes([0x80 | len(length)]) + length + content


def _decode(answer: bytes) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(answer)
        if response.status != 0:
            raise StampRefused(f"status {response.status}: {' '.join(response.status_string)}")
        response.time_stamp_token()
    except ValueError as error:
        raise StampRefused(f"not a time-stamp response: {error}") from error
    return response


def _verify(response: TimeStampResponse, message: bytes, roots: Path, nonce: int | None) -> None:
    try:
        trusted = load_pem_x509_certificates(roots.read_bytes())
        builder = VerifierBuilder(roots=trusted, nonce=nonce)
        builder.build().verify(response, sha256(message).digest())
    except (VerificationError, ValueError) as error:
        raise StampRefused(str(error)) from error


# ── ask, and keep ───────────────────────────────────────────────────────────────────────────────


def request_stamp(sale_id: int, kind: StampKind, note: str, now: datetime) -> None:
    """Have this checkpoint stamped once the open transaction is committed; once a sale and kind.

    Where no authority is configured nothing is asked for.
    """
    if stamp_authority() is None:
        return
    enqueue(
        "request_stamp",
        f"request_stamp:{sale_id}:{kind}",
        {"sale_id": sale_id, "kind": str(kind), "note": note, "requested_at": iso(now)},
        now=now,
    )


@handles("request_stamp")
def obtain_stamp(task: Task) -> None:
    """Ask the authority, verify what it says, keep it; whatever fails is tried again later."""
    sale_id, kind = task.payload["sale_id"], StampKind(task.payload["kind"])
    authority = stamp_authority()
    if authority is None or _is_stamped(sale_id, kind):
        return
    if authority.rests_until is not None and task.now < authority.rests_until:
        raise PutOff(authority.rests_until)
    message = task.payload["note"].encode()
    try:
        token, stamped_at = fetch_token(authority, message)
    except Unreachable:
        authority.rests_until = task.now + REST
        raise
    authority.rests_until = None
    if abs(stamped_at - task.now) > TOLERANCE:
        log.warning("the time-stamp authority's time is not ours", sale_id=sale_id, kind=str(kind))
    with transaction() as session:
        if _has_stamp(sale_id, kind):
            return
        session.add(
            TimeStamp(
                sale_id=sale_id,
                kind=kind,
                note=task.payload["note"],
                digest=sha256(message).digest(),
                token=token,
                requested_at=datetime.fromisoformat(task.payload["requested_at"]),
                stamped_at=stamped_at,
            )
        )


def _is_stamped(sale_id: int, kind: StampKind) -> bool:
    found = _has_stamp(sale_id, kind)
    forget_reads()
    return found


def _has_stamp(sale_id: int, kind: StampKind) -> bool:
    stamped = exists().where(TimeStamp.sale_id == sale_id, TimeStamp.kind == kind)
    return bool(db.session.scalar(select(stamped)))


def load_stamps(sale_id: int) -> list[TimeStamp]:
    """The stamps of a sale's log, the first checkpoint's before the last one's."""
    rows = select(TimeStamp).where(TimeStamp.sale_id == sale_id).order_by(TimeStamp.id)
    return list(db.session.scalars(rows))
