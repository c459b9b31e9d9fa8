"""The pages' blueprint, and what they have in common."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from flask_login import current_user

from auction.accounts.sessions import current_session
from auction.accounts.stepup import fresh_step_up
from escrow.desk.blueprint import clock_now
from escrow.payouts import words

bp = Blueprint("payouts", __name__, url_prefix="/finance/payouts")


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"payout_words": words}


def session_id() -> int | None:
    """The session that a proof of the person belongs to."""
    row = current_session()
    return row.id if row is not None else None


def has_stepped_up() -> bool:
    """Whether the person has typed the password a moment ago."""
    return fresh_step_up(current_user.id, session_id(), clock_now()) is not None


def step_up_url(back: str) -> str:
    """Where the password is typed again before one comes back."""
    return url_for("step_up.step_up", next=back)
