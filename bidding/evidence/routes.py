"""The bid log for everyone: whole, with its proofs, and after the end the sealed one."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Connection, select

from auction.core.access import PUBLIC, SIGNED_IN, permission
from auction.core.audit import record
from auction.core.clock import Clock, iso
from auction.core.db import db, transaction
from auction.core.errors import Forbidden, Invalid, NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.sales.models import Lot, Sale, SaleStatus
from bidding.enrolment.models import Enrolment
from bidding.evidence import queries
from bidding.evidence.cosignatures import load_cosignatures
from bidding.evidence.keeper import LogKeeper
from bidding.evidence.models import LogKey, SaleLog
from bidding.evidence.notes import write_base64
from bidding.evidence.published import published_logs
from bidding.evidence.stamps import load_stamps, to_response
from bidding.room.directory import directory
from bidding.room.payloads import LARGEST_SEQ, read_lot

bp = Blueprint("evidence", __name__)

LONGEST_SALE = 60
_CHECKER = Path(__file__).resolve().parents[1] / "verify.py"


@bp.get("/api/v1/lots/<number>/log")
@permission(PUBLIC)
def log(number: str) -> ResponseReturnValue:
    """The signed bid log of the lot's newest sale, or of the one that `sale` names."""
    sale_id = _find_sale(number)
    with db.engine.connect() as connection:
        size = _size_of(connection, sale_id)
        answer = Response(headers={"Cache-Control": "public, max-age=1"})
        witnessed = load_cosignatures(connection, sale_id, size)
        tag = f"log-{sale_id}-{size}-{len(witnessed)}"
        answer.set_etag(tag)
        if request.if_none_match.contains(tag):
            answer.status_code = 304
            return answer
        body = published_logs().get(tag, lambda: _write_log(connection, sale_id, size, witnessed))
    answer.set_data(body)
    answer.content_type = "application/json"
    return answer


def _write_log(connection: Connection, sale_id: int, size: int, witnessed: list[str]) -> bytes:
    body = {
        "format": "bidlog/1",
        "origin": _keeper().origin(connection, sale_id),
        "key": _keeper().verifier(connection, sale_id),
        "entries": queries.load_lines(connection, sale_id, size),
        "checkpoint": _keeper().checkpoint(connection, sale_id, size) + _lines(witnessed),
    }
    return jsonify(body).get_data()


@bp.get("/api/v1/lots/<number>/log/consistency")
@permission(PUBLIC)
def consistency(number: str) -> ResponseReturnValue:
    """What shows that the log of `from` entries is the beginning of that of `to`."""
    sale_id = _find_sale(number)
    with db.engine.connect() as connection:
        newest = _size_of(connection, sale_id)
        new = _number("to", newest, newest)
        old = _number("from", None, new)
        if not queries.was_committed(connection, sale_id, new):
            raise Invalid("bad-to", _l("日志从未以这个条数签发过。"), field="to")
        path = _keeper().consistency(connection, sale_id, old, new)
        body = {
            "from": old,
            "to": new,
            "proof": [write_base64(node) for node in path],
            "checkpoint": _keeper().checkpoint(connection, sale_id, new),
        }
    return _public(jsonify(body))


@bp.get("/api/v1/lots/<number>/log/proof")
@permission(PUBLIC)
def proof(number: str) -> ResponseReturnValue:
    """What shows that one entry stands in the newest log."""
    sale_id = _find_sale(number)
    with db.engine.connect() as connection:
        size = _size_of(connection, sale_id)
        n = _number("n", None, size - 1)
        line = queries.load_line(connection, sale_id, n)
        if line is None:
            raise LookupError("a committed entry is gone")
        text = _keeper().receipt(connection, sale_id, n, size, line)
    return _public(jsonify({"entry": line, "proof": text}))


@bp.get("/api/v1/lots/<number>/log/stamps")
@permission(PUBLIC)
def stamps(number: str) -> ResponseReturnValue:
    """The time stamps of the first and the last checkpoint, as `openssl ts -verify` reads them."""
    shown = [
        {
            "kind": str(stamp.kind),
            "checkpoint": stamp.note,
            "stamped_at": iso(stamp.stamped_at),
            "response": write_base64(to_response(stamp.token)),
        }
        for stamp in load_stamps(_find_sale(number))
    ]
    return _public(jsonify({"stamps": shown}))


@bp.get("/api/v1/lots/<number>/log/sealed")
@permission(SIGNED_IN)
def sealed(number: str) -> ResponseReturnValue:
    """After the end: all of the sealed log for court and auditor, for a bidder what is their own.

    Until then it is closed to everyone, and that a sale has one says nothing (CN16-18.3).
    """
    sale = db.session.get_one(Sale, _find_sale(number))
    if sale.status is SaleStatus.ANNOUNCED:
        raise Forbidden("sealed", _l("竞价结束之前，封存记录对任何人都不公开。"))
    with db.engine.connect() as connection:
        origin = _keeper().origin(connection, sale.id)
        if _may_open_all(sale):
            body = queries.show_sealed(connection, sale.id, origin)
        else:
            body = queries.show_own_sealed(connection, sale.id, origin, _own_code(sale.id))
    if _may_open_all(sale):
        _record_look(sale.id)
    answer = jsonify(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/api/v1/log-keys")
@permission(PUBLIC)
def log_keys() -> ResponseReturnValue:
    """The platform's public keys, the newest first: what the key in a log is compared with."""
    keys = db.session.scalars(select(LogKey).order_by(LogKey.id.desc()))
    shown = [
        {
            "public": write_base64(key.public),
            "made_at": iso(key.made_at),
            "retired_at": None if key.retired_at is None else iso(key.retired_at),
        }
        for key in keys
    ]
    return _public(jsonify({"keys": shown}))


@bp.get("/verify.py")
@permission(PUBLIC)
def checker() -> ResponseReturnValue:
    """The program that checks a log offline: one file, to be read before it is run."""
    answer = Response(_CHECKER.read_bytes(), content_type="text/x-python; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="verify.py"'
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


def _lines(signatures: list[str]) -> str:
    """Further signature lines of a note."""
    return "".join(f"{line}\n" for line in signatures)


def _find_sale(number: str) -> int:
    """The lot's newest sale, or the one asked for, if it is of that lot and was announced."""
    lot_number, named = read_lot(number), request.args.get("sale")
    if named is None:
        return directory().find_sale(lot_number)
    if not (named.isprintable() and len(named) <= LONGEST_SALE):
        raise NotFound("unknown-sale", _l("没有这场拍卖。"))
    with db.engine.connect() as connection:
        found = connection.execute(
            select(SaleLog.sale_id)
            .join(Sale, Sale.id == SaleLog.sale_id)
            .join(Lot, Lot.id == Sale.lot_id)
            .where(Lot.number == lot_number, Sale.number == named)
        ).scalar_one_or_none()
    if found is None:
        raise NotFound("unknown-sale", _l("没有这场拍卖。"))
    return int(found)


def _size_of(connection: Connection, sale_id: int) -> int:
    size = queries.load_size(connection, sale_id)
    if size is None:
        raise NotFound("no-log", _l("这场拍卖没有出价日志。"))
    return size


def _number(name: str, default: int | None, most: int) -> int:
    text = request.args.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > LARGEST_SEQ:
        raise Invalid(f"bad-{name}", _l("参数应为允许范围内的整数。"), field=name)
    if int(text) > most:
        raise Invalid(f"bad-{name}", _l("参数应为允许范围内的整数。"), field=name, most=most)
    return int(text)


def _may_open_all(sale: Sale) -> bool:
    """The court whose sale it was, its auditor, and an auditor of all courts (8.4.1)."""
    is_of_all_courts = current_user.court_id is None and current_user.can("audit.view")
    is_of_the_court = current_user.court_id == sale.court_id and current_user.can("sale.view")
    return bool(is_of_all_courts or is_of_the_court)


def _own_code(sale_id: int) -> str:
    code = db.session.scalar(
        select(Enrolment.code).where(
            Enrolment.sale_id == sale_id, Enrolment.user_id == current_user.id
        )
    )
    if code is None:
        raise Forbidden("not-enrolled", _l("您没有参加这场拍卖。"))
    return code


def _record_look(sale_id: int) -> None:
    who, now = int(current_user.id), _clock().now()
    with transaction() as session:
        sale = session.get_one(Sale, sale_id)
        record("open-sealed-log", sale, actor_id=who, at=now)


def _public(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "public, max-age=1"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _keeper() -> LogKeeper:
    keeper: LogKeeper = current_app.extensions["luochui.evidence"]
    return keeper


def _clock() -> Clock:
    clock: Clock = current_app.extensions["luochui.clock"]
    return clock
