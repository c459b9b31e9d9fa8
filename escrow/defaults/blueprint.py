"""The blueprint of a sold sale's pages, and the one page most of its forms stand on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.forms import Form
from auction.sales.bars import STAGE_NAMES
from auction.sales.calendar import beijing_day
from auction.sales.models import Sale
from escrow.defaults import words
from escrow.defaults.conditions import require_default, require_set_aside
from escrow.defaults.forms import (
    CostForm,
    CostPaidForm,
    LateForm,
    LiftForm,
    LoanForm,
    ReasonForm,
    ServedForm,
)
from escrow.defaults.models import DefaultCost
from escrow.defaults.queries import Outcome, find_settled, read_forfeit, read_outcome
from escrow.desk.blueprint import clock_now
from escrow.settlement.models import Settlement, SettlementStatus

bp = Blueprint("outcome", __name__, url_prefix="/court/sales")


@bp.app_context_processor
def _words() -> dict[str, Any]:
    return {"outcome_words": words}


def outcome_page(number: str, **refused: Form) -> ResponseReturnValue:
    """A sold sale from its hammer price to its end; with the forms that were refused, 422."""
    sale, settlement = find_settled(current_user, number)
    now = clock_now()
    outcome = read_outcome(sale, settlement)
    undone = outcome.undone
    default = undone.default if undone is not None else None
    use = read_forfeit(default) if default is not None else None
    page = render_template(
        "escrow/defaults/outcome.html",
        **frame_of(sale, settlement),
        outcome=outcome,
        use=use,
        may_default=_is_open(sale, settlement, is_default=True),
        may_set_aside=_is_open(sale, settlement, is_default=False),
        is_late=settlement.status is SettlementStatus.DUE and now >= settlement.payable_until,
        due_on=beijing_day(now),
        forms=_forms(outcome, use.costs if use is not None else (), refused),
        refused=[form for form in refused.values() if form.errors],
    )
    return page, 422 if refused else 200


def frame_of(sale: Sale, settlement: Settlement) -> dict[str, Any]:
    """What every page about a sold sale shows at its head."""
    return {
        "sale": sale,
        "settlement": settlement,
        "the_asset": sale.lot.asset,
        "case": db.session.get_one(EnforcementCase, sale.case_id),
        "stage_name": STAGE_NAMES[sale.stage],
    }


def _is_open(sale: Sale, settlement: Settlement, *, is_default: bool) -> bool:
    """Whether such a ruling could be made now."""
    try:
        if is_default:
            require_default(sale, settlement, clock_now())
        else:
            require_set_aside(sale, settlement)
    except DomainError:
        return False
    return True


def _forms(
    outcome: Outcome, costs: tuple[DefaultCost, ...], refused: dict[str, Form]
) -> dict[str, Form]:
    """Every form of the page by name, empty but for the refused ones."""
    today = beijing_day(clock_now())
    forms: dict[str, Form] = {
        "late": LateForm(formdata=None),
        "loan": LoanForm(formdata=None),
        "served": ServedForm(formdata=None, data={"served_on": today}),
        "cost": CostForm(formdata=None),
    }
    for loan in outcome.loans:
        forms[f"loan_{loan.id}"] = ReasonForm(formdata=None, prefix=f"loan{loan.id}")
    for cost in costs:
        forms[f"cost_{cost.id}"] = CostPaidForm(
            formdata=None, prefix=f"cost{cost.id}", data={"paid_on": today}
        )
    if outcome.undone is not None:
        for bar in outcome.undone.bars:
            forms[f"bar_{bar.id}"] = LiftForm(formdata=None, prefix=f"bar{bar.id}")
    return {**forms, **refused}
