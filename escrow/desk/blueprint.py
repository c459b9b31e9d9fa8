"""The desk's blueprints, and what all its pages have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash
from flask_login import current_user
from wtforms import Field

from auction.core.db import transaction
from auction.core.errors import DomainError, NotFound
from auction.core.forms import Form
from escrow.desk import words

bp = Blueprint("finance", __name__, url_prefix="/finance")
# What the clerk does about a case's money lies beside his other pages of it.
court_bp = Blueprint("case_money", __name__, url_prefix="/court/cases")


@bp.app_context_processor
def _words() -> dict[str, Any]:
    return {"money_words_of": words}


def clock_now() -> datetime:
    """The present moment, at the edge."""
    moment: datetime = current_app.extensions["luochui.clock"].now()
    return moment


def acting() -> dict[str, Any]:
    """Who acts, for which court, when: what every service of the desk asks for."""
    return {"court_id": current_user.court_id, "actor_id": current_user.id, "now": clock_now()}


def attempt(action: Callable[[], object], *, done: str, form: Form | None = None) -> bool:
    """Run one service in its transaction; a refusal is shown at its form, or as a message.

    What is not there stays what it is: an answer of 404.
    """
    try:
        with transaction():
            action()
    except NotFound:
        raise
    except DomainError as error:
        if form is None:
            flash(str(error.message), "error")
        else:
            form.refuse(error)
        return False
    flash(done, "success")
    return True


def typed(field: Field) -> Any:
    """What a validated field holds: required, so never nothing."""
    return field.data
