"""What a program asks about the person whose session it uses."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from auction.accounts.services import me_parts
from auction.core.access import SIGNED_IN, permission

bp = Blueprint("accounts_api", __name__, url_prefix="/api/v1")


@bp.route("/me")
@permission(SIGNED_IN)
def me() -> ResponseReturnValue:
    """Who is signed in, with the token that writing calls must carry."""
    return jsonify(
        {
            "email": current_user.email,
            "roles": sorted(current_user.roles),
            "csrf_token": generate_csrf(),
            "enrolments": [],
            **me_parts(current_user),
        }
    )
