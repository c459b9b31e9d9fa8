"""The pages' blueprint, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, request, url_for
from flask_login import current_user

from auction.sales.calendar import beijing_day
from escrow.desk.blueprint import clock_now
from escrow.reconciliation import words
from escrow.reconciliation.decisions import Who

bp = Blueprint("reconciliation", __name__, url_prefix="/finance/reconciliation")


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"reconciliation_words": words}


def who() -> Who:
    """Who acts, for which court, when."""
    return Who(current_user.court_id, current_user.id, clock_now())


def today() -> date:
    """The present day in Beijing, from which ages are counted."""
    return beijing_day(clock_now())


def page_href(endpoint: str, **values: Any) -> Callable[[int], str]:
    """The address of another page of this list, with the same filters."""
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "page"}

    def href(page: int) -> str:
        return url_for(endpoint, page=page, **{**kept, **values})

    return href
