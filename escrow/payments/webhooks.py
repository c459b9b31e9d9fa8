"""What the provider tells us: checked, stored once, answered at once, acted on later."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import RequestEntityTooLarge

from auction.core.access import SIGNED_CALL, permission
from auction.core.config import Settings
from auction.core.db import db, transaction
from auction.core.errors import Invalid
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from escrow.payments.facts import EventFacts
from escrow.payments.gateway import read_event
from escrow.payments.models import StripeEvent

LARGEST_EVENT = 256 * 1024

bp = Blueprint("webhooks", __name__)


@bp.route("/webhooks/stripe", methods=["POST"])
@permission(SIGNED_CALL)
def stripe() -> ResponseReturnValue:
    """Take one event (P-14, P-15); a second delivery is answered like the first."""
    settings: Settings = current_app.extensions["luochui.settings"]
    now = current_app.extensions["luochui.clock"].now()
    event = read_event(
        _read_body(),
        request.headers.get("Stripe-Signature", ""),
        secret=settings.stripe_webhook_secret,
        now=now,
    )
    with transaction():
        store_event(event, now)
    return "", 200


def _read_body() -> bytes:
    """The raw bytes: the signature covers them and nothing that was parsed from them."""
    request.max_content_length = LARGEST_EVENT
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Invalid("bad-webhook", _l("通知过大。"), status=400) from None


def store_event(event: EventFacts, now: datetime) -> None:
    """Write the event down before it has any effect; what it means is found out by the worker."""
    values = {
        "event_id": event.event_id,
        "type": event.type,
        "object_id": event.object_id,
        "livemode": event.is_live,
        "received_at": now,
    }
    try:
        with db.session.begin_nested():
            db.session.execute(insert(StripeEvent).values(**values))
    except IntegrityError:
        return
    enqueue(
        "stripe_event",
        f"stripe_event:{event.event_id}",
        {
            "event_id": event.event_id,
            "type": event.type,
            "object_type": event.object_type,
            "object_id": event.object_id,
            "is_live": event.is_live,
            "account": event.account,
        },
        now=now,
    )
