"""The inbox of whoever is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.core.access import SIGNED_IN, permission
from auction.core.db import transaction
from auction.core.paths import page_asked_for
from auction.messages.queries import PER_PAGE, count_unread, list_messages
from auction.messages.services import mark_read

bp = Blueprint("messages", __name__)


@bp.get("/me/messages")
@permission(SIGNED_IN)
def index() -> ResponseReturnValue:
    """One's own messages, newest first; what has been shown is no longer new."""
    page = page_asked_for()
    lines, total = list_messages(current_user.id, page)
    new = [line.id for line in lines if line.is_new]
    if new and request.method == "GET":
        now: datetime = current_app.extensions["luochui.clock"].now()
        with transaction():
            mark_read(current_user.id, new, now)
    return render_template(
        "auction/messages/index.html",
        lines=lines,
        total=total,
        page=page,
        pages=-(-total // PER_PAGE) or 1,
    )


@bp.app_context_processor
def _unread() -> dict[str, Any]:
    return {"unread_messages": unread_messages}


def unread_messages() -> int:
    """What the navigation says beside the inbox, counted once a page."""
    if not current_user.is_authenticated:
        return 0
    if "unread_messages" not in g:
        g.unread_messages = count_unread(current_user.id)
    found: int = g.unread_messages
    return found
