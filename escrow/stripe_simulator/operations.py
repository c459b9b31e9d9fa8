"""The calls of the API: address, accepted parameters, and what carries them out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.routing import Map, Rule

from escrow.stripe_simulator import balance, intents, refunds, schemas, sessions
from escrow.stripe_simulator.errors import Answer
from escrow.stripe_simulator.listing import list_lines, list_objects
from escrow.stripe_simulator.params import Fields
from escrow.stripe_simulator.store import Work

Given = dict[str, Any]
Run = Callable[[Work, Given, str], Answer]


@dataclass(frozen=True, eq=False)
class Operation:
    """One call: `run` gets the transaction, the parameters and the id in the address."""

    method: str
    path: str
    schema: Fields
    run: Run


def _make(run: Callable[[Work, Given], Answer]) -> Run:
    return lambda work, given, _key: run(work, given)


def _change(run: Callable[[Work, str, Given], Answer]) -> Run:
    return lambda work, given, key: run(work, key, given)


def _retrieve(kind: str, param: str = "id") -> Run:
    return lambda work, _given, key: Answer(200, work.load(kind, key, param).body)


def _list(kind: str, url: str) -> Run:
    return lambda work, given, _key: Answer(200, list_objects(work, kind, url, given))


def _list_transactions(work: Work, given: Given) -> Answer:
    payout = given.pop("payout", None)
    private = None if payout is None else {"payout": payout}
    url = "/v1/balance_transactions"
    found = list_objects(work, "balance_transaction", url, given, private=private)
    return Answer(200, found)


def _list_refunds_of_charge(work: Work, key: str, given: Given) -> Answer:
    work.load("charge", key, "charge")
    url = f"/v1/charges/{key}/refunds"
    return Answer(200, list_objects(work, "refund", url, {**given, "charge": key}))


_INTENTS, _SESSIONS = "/v1/payment_intents", "/v1/checkout/sessions"
_REFUNDS, _CHARGES, _PAYOUTS = "/v1/refunds", "/v1/charges", "/v1/payouts"
_DISPUTES = "/v1/disputes"
_TRANSACTIONS, _EVENTS = "/v1/balance_transactions", "/v1/events"
_PART_OF_LIST = Fields({k: v for k, v in schemas.REFUND_LIST.known.items() if k != "charge"})

OPERATIONS = (
    Operation("POST", _INTENTS, schemas.INTENT_CREATE, _make(intents.create_intent)),
    Operation("GET", _INTENTS, schemas.INTENT_LIST, _list("payment_intent", _INTENTS)),
    Operation("GET", f"{_INTENTS}/<key>", schemas.RETRIEVE, _retrieve("payment_intent", "intent")),
    Operation("POST", f"{_INTENTS}/<key>", schemas.INTENT_UPDATE, _change(intents.update_intent)),
    Operation(
        "POST", f"{_INTENTS}/<key>/confirm", schemas.INTENT_CONFIRM, _change(intents.confirm_intent)
    ),
    Operation(
        "POST", f"{_INTENTS}/<key>/capture", schemas.INTENT_CAPTURE, _change(intents.capture_intent)
    ),
    Operation(
        "POST", f"{_INTENTS}/<key>/cancel", schemas.INTENT_CANCEL, _change(intents.cancel_intent)
    ),
    Operation("POST", _SESSIONS, schemas.SESSION_CREATE, _make(sessions.create_session)),
    Operation("GET", _SESSIONS, schemas.SESSION_LIST, _list("checkout.session", _SESSIONS)),
    Operation(
        "GET", f"{_SESSIONS}/<key>", schemas.RETRIEVE, _retrieve("checkout.session", "session")
    ),
    Operation(
        "POST", f"{_SESSIONS}/<key>", schemas.SESSION_UPDATE, _change(sessions.update_session)
    ),
    Operation(
        "POST",
        f"{_SESSIONS}/<key>/expire",
        schemas.RETRIEVE,
        lambda work, _given, key: sessions.expire_session(work, key),
    ),
    Operation(
        "GET",
        f"{_SESSIONS}/<key>/line_items",
        schemas.SESSION_LINES,
        lambda work, given, key: Answer(
            200, list_lines(work.load("checkout.session", key, "session"), given)
        ),
    ),
    Operation("POST", _REFUNDS, schemas.REFUND_CREATE, _make(refunds.create_refund)),
    Operation("GET", _REFUNDS, schemas.REFUND_LIST, _list("refund", _REFUNDS)),
    Operation("GET", f"{_REFUNDS}/<key>", schemas.RETRIEVE, _retrieve("refund", "refund")),
    Operation("POST", f"{_REFUNDS}/<key>", schemas.REFUND_UPDATE, _change(refunds.update_refund)),
    Operation("GET", _CHARGES, schemas.CHARGE_LIST, _list("charge", _CHARGES)),
    Operation("GET", f"{_CHARGES}/<key>", schemas.RETRIEVE, _retrieve("charge", "charge")),
    Operation("GET", f"{_CHARGES}/<key>/refunds", _PART_OF_LIST, _change(_list_refunds_of_charge)),
    Operation("GET", _DISPUTES, schemas.DISPUTE_LIST, _list("dispute", _DISPUTES)),
    Operation("GET", f"{_DISPUTES}/<key>", schemas.RETRIEVE, _retrieve("dispute", "dispute")),
    Operation("GET", _TRANSACTIONS, schemas.TRANSACTION_LIST, _make(_list_transactions)),
    Operation("GET", f"{_TRANSACTIONS}/<key>", schemas.RETRIEVE, _retrieve("balance_transaction")),
    Operation(
        "POST",
        _PAYOUTS,
        schemas.PAYOUT_CREATE,
        lambda work, given, _key: Answer(200, balance.create_payout(work, given)),
    ),
    Operation("GET", _PAYOUTS, schemas.PAYOUT_LIST, _list("payout", _PAYOUTS)),
    Operation("GET", f"{_PAYOUTS}/<key>", schemas.RETRIEVE, _retrieve("payout", "payout")),
    Operation(
        "GET",
        "/v1/balance",
        schemas.RETRIEVE,
        lambda work, _given, _key: Answer(200, balance.retrieve_balance(work)),
    ),
    Operation("GET", _EVENTS, schemas.EVENT_LIST, _list("event", _EVENTS)),
    Operation("GET", f"{_EVENTS}/<key>", schemas.RETRIEVE, _retrieve("event")),
)

ADDRESSES = Map(
    [
        Rule(operation.path, methods=[operation.method], endpoint=operation)
        for operation in OPERATIONS
    ]
)
