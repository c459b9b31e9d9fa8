"""What may stand for a number in an address."""

from __future__ import annotations

import re

from flask import request
from werkzeug.routing import IntegerConverter

_DIGITS = re.compile("[0-9]{1,9}")


class RowNumber(IntegerConverter):
    """ASCII digits that fit into a key of the database; whatever else is no address of ours."""

    regex = "[0-9]{1,18}"


def number_asked_for(name: str, default: int = 0) -> int:
    """The number given as `name` in the query; `default` for whatever is no such number (P-19)."""
    text = request.args.get(name, "")
    return int(text) if _DIGITS.fullmatch(text) else default


def page_asked_for() -> int:
    """The page of a list that was asked for, from 1 on."""
    return max(number_asked_for("page", 1), 1)
