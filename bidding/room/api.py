"""The live room for programs: the HTTP twin of the socket, and everything public of a lot."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import PUBLIC, permission
from auction.core.clock import Clock, iso
from auction.core.errors import Invalid
from auction.core.i18n import current_lang
from auction.core.i18n import lazy_gettext as _l
from auction.core.log import request_id
from bidding.room.answers import RATE_LIMITED, UNAVAILABLE, Answer, refusal_message, show_answer
from bidding.room.directory import Directory, directory
from bidding.room.intake import Intake
from bidding.room.limits import BidLimiter
from bidding.room.lots import describe_lot, list_lots
from bidding.room.payloads import LARGEST_SEQ, parse_bid, parse_json, read_lot
from bidding.room.queries import load_bids, load_snapshot
from bidding.room.snapshot import show_bid, show_state

bp = Blueprint("room_api", __name__, url_prefix="/api/v1")

MOST_BIDS = 10_000
_STATUS = {UNAVAILABLE: 503, RATE_LIMITED: 429}


@bp.get("/time")
@permission(PUBLIC)
def time() -> ResponseReturnValue:
    """The platform's time, for a client that reckons the difference to its own."""
    return _fresh(jsonify({"now": iso(_clock().now())}))


@bp.get("/openapi.json")
@permission(PUBLIC)
def openapi() -> ResponseReturnValue:
    """What this API promises."""
    return _shared(jsonify(load_openapi()), seconds=60)


@bp.get("/lots")
@permission(PUBLIC)
def lots() -> ResponseReturnValue:
    """One page of the published lots, newest first, with RFC 8288 links to the others."""
    body, links = list_lots(request.args, _clock().now(), current_lang())
    answer = _shared(jsonify(body))
    answer.headers["Link"] = ", ".join(
        f'<{address}>; rel="{relation}"' for relation, address in links
    )
    return answer


@bp.get("/lots/<number>")
@permission(PUBLIC)
def lot(number: str) -> ResponseReturnValue:
    """One lot: what it is, the terms of its sale, and how it stands."""
    user_id = current_user.id if current_user.is_authenticated else None
    sale_id = _find_sale(number)
    body = describe_lot(sale_id, current_lang(), user_id)
    return _shared(jsonify(body)) if user_id is None else _fresh(jsonify(body))


@bp.get("/lots/<number>/bids")
@permission(PUBLIC)
def bids(number: str) -> ResponseReturnValue:
    """The public bid list after a `seq`, with the state it led to."""
    after = _whole_number("after", 0, 0, LARGEST_SEQ)
    snapshot = load_snapshot(_find_sale(number))
    if snapshot is None:
        raise LookupError("a sale without a head")
    listed = [b for b in load_bids(snapshot.sale_id, after, MOST_BIDS) if b.seq <= snapshot.seq]
    body = {
        "lot": snapshot.lot_number,
        "seq": snapshot.seq,
        "state": show_state(snapshot, _clock().now()),
        "bids": [show_bid(bid) for bid in listed],
    }
    return _shared(jsonify(body))


@bp.post("/lots/<number>/bids")
@permission("bidder.bid")
def bid(number: str) -> ResponseReturnValue:
    """A bid without a websocket: the same answer as the socket's."""
    sent = parse_bid(parse_json(request.get_data()), lot=read_lot(number))
    answer = submit_bid(sent.lot, sent.amount, sent.key, sent.confirm)
    body = show_answer(answer, _clock().now(), current_lang())
    status = _STATUS.get(str(answer.reason))
    return _fresh(jsonify(body)) if status is None else _no_decision(body, status)


def _no_decision(body: dict[str, Any], status: int) -> Response:
    """The answer is a problem object at the same time: ask again, with the same key, in a while."""
    answer = jsonify(
        {
            "type": "about:blank",
            "title": body["message"],
            "status": status,
            "code": body["reason"],
            "request_id": request_id(),
            **body,
        }
    )
    answer.status_code = status
    answer.content_type = "application/problem+json"
    answer.headers["Retry-After"] = "1"
    return _fresh(answer)


def submit_bid(lot_number: str, amount: object, key: str | None, confirm: object = None) -> Answer:
    """Put the signed-in person's bid into the sale's queue and wait for its answer."""
    intake: Intake = current_app.extensions["luochui.intake"]
    limiter: BidLimiter = current_app.extensions["luochui.bid_limiter"]
    user_id = int(current_user.id)
    lots_here: Directory = directory()
    sale_id = lots_here.sale_of(lot_number)
    backlog = len(intake.queue_of(sale_id))
    if not limiter.admit(user_id, sale_id, intake.clock.now(), backlog):
        return Answer(accepted=False, reason=RATE_LIMITED)
    answer = intake.submit_bid(sale_id, None, amount, key, user_id, confirm)
    if answer.snapshot is not None and answer.snapshot.is_final:
        lots_here.forget(answer.snapshot)
    return answer


def refusal_text(answer: Answer) -> str:
    """The sentence for a refused bid in the visitor's language."""
    return refusal_message(answer, current_lang())


@lru_cache(maxsize=1)
def load_openapi() -> dict[str, Any]:
    """The description, kept beside this file and held against real answers by a test."""
    text = (Path(__file__).parent / "openapi.json").read_text(encoding="utf-8")
    description: dict[str, Any] = json.loads(text)
    return description


def _find_sale(number: str) -> int:
    """Not by the directory's memory: a program reads what stands, also after the end."""
    return directory().find_sale(read_lot(number))


def _whole_number(name: str, default: int, least: int, most: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or not least <= int(text) <= most:
        raise Invalid(f"bad-{name}", _l("参数应为允许范围内的整数。"), field=name)
    return int(text)


def _shared(answer: Response, seconds: int = 1) -> Response:
    """A public answer that a shared cache may hold for a moment (any number of spectators)."""
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _fresh(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _clock() -> Clock:
    clock: Clock = current_app.extensions["luochui.clock"]
    return clock
