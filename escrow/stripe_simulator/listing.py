"""Lists with cursors, and objects inside objects where the caller asks for them (`expand`)."""

from __future__ import annotations

from typing import Any

from escrow.stripe_simulator.errors import Json, bad_parameter
from escrow.stripe_simulator.store import Row, Work

_EXPANDABLE = {
    "payment_intent": {"latest_charge": "charge"},
    "charge": {"balance_transaction": "balance_transaction", "payment_intent": "payment_intent"},
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
    },
    "balance_transaction": {"source": ""},
    "payout": {"balance_transaction": "balance_transaction"},
    "checkout.session": {"payment_intent": "payment_intent"},
}
_BY_PREFIX = {"ch_": "charge", "re_": "refund", "po_": "payout", "dp_": "dispute"}
DEEPEST_EXPANSION = 4


def list_objects(
    work: Work,
    kind: str,
    url: str,
    given: dict[str, Any],
    *,
    private: dict[str, object] | None = None,
) -> Json:
    """One page, newest first; `has_more` says whether another follows in the same direction."""
    limit = given.pop("limit", 10)
    after, before = given.pop("starting_after", None), given.pop("ending_before", None)
    if after is not None and before is not None:
        raise bad_parameter(
            "You can pass only one of starting_after and ending_before.", "ending_before"
        )
    created = given.pop("created", None)
    types = given.pop("types", None)
    rows = work.select(
        kind,
        equal=given,
        private=private,
        created=created,
        among=("type", types) if types else None,
        after=_find_place(work, kind, after, "starting_after"),
        before=_find_place(work, kind, before, "ending_before"),
        limit=limit + 1,
    )
    has_more = len(rows) > limit
    if has_more:
        rows = rows[1:] if before is not None else rows[:-1]
    return _page(url, [row.body for row in rows], has_more)


def list_lines(row: Row, given: dict[str, Any]) -> Json:
    """The lines of a session, in their order."""
    lines: list[Json] = row.private["lines"]
    ids = [line["id"] for line in lines]
    start = 0
    if "starting_after" in given:
        if given["starting_after"] not in ids:
            raise bad_parameter("No such line item", "starting_after", "resource_missing")
        start = ids.index(given["starting_after"]) + 1
    limit = given.get("limit", 10)
    url = f"/v1/checkout/sessions/{row.body['id']}/line_items"
    return _page(url, lines[start : start + limit], len(lines) > start + limit)


def expand(work: Work, body: Json, paths: list[str]) -> Json:
    """Ids become the objects they name; what cannot be expanded is refused by name."""
    for path in paths:
        names = path.split(".")
        if len(names) > DEEPEST_EXPANSION:
            raise bad_parameter("You cannot expand more than 4 levels of a property", "expand")
        if body["object"] == "list":
            if names[0] != "data":
                raise _refuse_expansion(names[0])
            for item in body["data"]:
                _expand(work, item, names[1:])
        else:
            _expand(work, body, names)
    return body


def _expand(work: Work, body: Json, names: list[str]) -> None:
    if not names:
        return
    name, *rest = names
    kind = body["object"]
    if kind == "checkout.session" and name == "line_items":
        body[name] = list_lines(work.load(kind, body["id"]), {})
        return
    if kind == "charge" and name == "refunds":
        url = f"/v1/charges/{body['id']}/refunds"
        body[name] = list_objects(work, "refund", url, {"charge": body["id"]})
        return
    if name not in _EXPANDABLE.get(kind, {}):
        raise _refuse_expansion(name)
    value = body.get(name)
    if isinstance(value, str):
        wanted = _EXPANDABLE[kind][name] or _BY_PREFIX[value[:3]]
        body[name] = work.load(wanted, value).body
    if isinstance(body.get(name), dict):
        _expand(work, body[name], rest)


def _refuse_expansion(name: str) -> Exception:
    return bad_parameter(f"This property cannot be expanded ({name}).", "expand")


def _find_place(work: Work, kind: str, object_id: str | None, param: str) -> int | None:
    return None if object_id is None else work.load(kind, object_id, param).seq


def _page(url: str, data: list[Json], has_more: bool) -> Json:
    return {"object": "list", "url": url, "data": data, "has_more": has_more}
