"""What the simulator says is held to the types that Stripe generates for its own client."""

from __future__ import annotations

import ast
import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from escrow.stripe_simulator import schemas
from escrow.stripe_simulator.params import Fields, ListOf

ROOT = Path(str(importlib.util.find_spec("stripe").origin)).parent.parent
SIMPLE = {"int": int, "str": str, "bool": bool, "float": (int, float)}


@dataclass(frozen=True)
class Scope:
    """A class of the client's source, with the names visible inside it."""

    module: str
    classes: tuple[ast.ClassDef, ...]

    @property
    def fields(self) -> dict[str, ast.expr]:
        return {
            item.target.id: item.annotation
            for item in self.classes[-1].body
            if isinstance(item, ast.AnnAssign)
            and not ast.unparse(item.annotation).startswith("ClassVar")
        }


@functools.cache
def read_module(module: str) -> tuple[dict[str, ast.ClassDef], dict[str, tuple[str, str]]]:
    """The classes of a module and where its imported names come from."""
    tree = ast.parse((ROOT / (module.replace(".", "/") + ".py")).read_text())
    classes = {item.name: item for item in tree.body if isinstance(item, ast.ClassDef)}
    imports = {
        name.asname or name.name: (str(node.module), name.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    return classes, imports


def find_class(module: str, name: str) -> Scope:
    return Scope(module, (read_module(module)[0][name],))


def resolve(scope: Scope, name: str) -> Scope | None:
    """The class meant by a name inside a class: nested, beside it, or imported."""
    for depth in range(len(scope.classes), 0, -1):
        for item in scope.classes[depth - 1].body:
            if isinstance(item, ast.ClassDef) and item.name == name:
                return Scope(scope.module, (*scope.classes[:depth], item))
    classes, imports = read_module(scope.module)
    if name in classes:
        return Scope(scope.module, (classes[name],))
    if name not in imports:
        return None
    module, original = imports[name]
    return find_class(module, original)


def check_object(value: Any, scope: Scope, path: str) -> list[str]:
    """Unknown fields, missing fields that are not optional, and wrong types."""
    problems = [f"{path}.{name}: unknown" for name in value if name not in scope.fields]
    for name, annotation in scope.fields.items():
        if name in value:
            problems += check(value[name], annotation, scope, f"{path}.{name}")
        elif not ast.unparse(annotation).startswith("Optional"):
            problems.append(f"{path}.{name}: missing")
    return problems


def check(value: Any, annotation: ast.expr, scope: Scope, path: str) -> list[str]:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    if isinstance(annotation, ast.Name):
        return check_named(value, annotation.id, scope, path)
    assert isinstance(annotation, ast.Subscript), ast.unparse(annotation)
    outer, inner = ast.unparse(annotation.value), annotation.slice
    if outer == "Optional":
        return [] if value is None else check(value, inner, scope, path)
    if outer == "ExpandableField":
        return [] if isinstance(value, str) else check(value, inner, scope, path)
    if outer == "Literal":
        allowed = ast.literal_eval(inner)
        allowed = allowed if isinstance(allowed, tuple) else (allowed,)
        return [] if value in allowed else [f"{path}: {value!r} is not one of the known words"]
    if outer == "Union":
        return check_union(value, inner, scope, path)
    if outer == "List":
        if not isinstance(value, list):
            return [f"{path}: not a list"]
        return [p for item in value for p in check(item, inner, scope, f"{path}[]")]
    if outer == "ListObject":
        return check_list(value, inner, scope, path)
    assert outer in ("UntypedStripeObject", "Dict"), outer
    texts = isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    return [] if texts else [f"{path}: not a dictionary of texts"]


def check_union(value: Any, inner: ast.expr, scope: Scope, path: str) -> list[str]:
    """Where the client says `Literal[…] | str`, only the literal words are let through."""
    assert isinstance(inner, ast.Tuple)
    members = inner.elts
    if any(ast.unparse(member).startswith("Literal") for member in members):
        members = [member for member in members if ast.unparse(member) != "str"]
    found = [check(value, member, scope, path) for member in members]
    return min(found, key=len)


def check_list(value: Any, inner: ast.expr, scope: Scope, path: str) -> list[str]:
    if set(value) != {"object", "url", "data", "has_more"}:
        return [f"{path}: not a list object"]
    return [p for item in value["data"] for p in check(item, inner, scope, f"{path}[]")]


def check_named(value: Any, name: str, scope: Scope, path: str) -> list[str]:
    if name in SIMPLE:
        fits = isinstance(value, SIMPLE[name]) and (name == "bool" or not isinstance(value, bool))
        return [] if fits else [f"{path}: {value!r} is not {name}"]
    if name == "Any":
        return []
    target = resolve(scope, name)
    assert target is not None, f"{name} in {scope.module}"
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is not {name}"]
    return check_object(value, target, path)


CLASSES = {
    "payment_intent": ("stripe._payment_intent", "PaymentIntent"),
    "charge": ("stripe._charge", "Charge"),
    "refund": ("stripe._refund", "Refund"),
    "balance_transaction": ("stripe._balance_transaction", "BalanceTransaction"),
    "checkout.session": ("stripe.checkout._session", "Session"),
    "payout": ("stripe._payout", "Payout"),
    "dispute": ("stripe._dispute", "Dispute"),
    "balance": ("stripe._balance", "Balance"),
    "event": ("stripe._event", "Event"),
    "item": ("stripe._line_item", "LineItem"),
}


def find_problems(body: dict[str, Any]) -> list[str]:
    """What is wrong with one object; an event's object is checked as what it says it is."""
    body = dict(body)
    if body["object"] == "event":
        inside = body["data"]["object"]
        body["data"] = {}
        scope = find_class(*CLASSES["event"])
        problems = [p for p in check_object(body, scope, "event") if "event.data" not in p]
        return problems + find_problems(inside)
    return check_object(body, find_class(*CLASSES[body["object"]]), body["object"])


def collect_everything(court: Any) -> list[dict[str, Any]]:
    """Each kind of object in each of its states, plain and expanded."""
    v1 = court.client.v1
    held = court.deposit(capture_method="manual", metadata={"deposit": "1"})
    v1.payment_intents.capture(held.id, {"amount_to_capture": 4_000_000})
    refund = v1.refunds.create({"payment_intent": held.id, "amount": 1_000_000})
    court.control(f"refunds/{refund.id}/fail")
    v1.refunds.create({"payment_intent": held.id, "reason": "requested_by_customer"})
    won = court.control(f"intents/{court.deposit().id}/dispute")
    court.control(f"disputes/{won['id']}/won")
    lost = court.control(f"intents/{court.deposit().id}/dispute")
    court.control(f"disputes/{lost['id']}/lost")
    released = court.deposit(capture_method="manual")
    v1.payment_intents.cancel(released.id, {"cancellation_reason": "abandoned"})
    court.deposit(capture_method="manual")
    court.deposit()
    with pytest.raises(Exception, match="declined"):
        court.deposit(payment_method="pm_card_visa_chargeDeclined")
    waiting = {
        "payment_method": "pm_card_authenticationRequired",
        "return_url": "http://court.test/back",
    }
    court.deposit(**waiting)
    v1.payment_intents.create({"amount": 1, "currency": "cny"})
    wallet = {"payment_method_data": {"type": "alipay"}, "return_url": "http://court.test/back"}
    court.deposit(payment_method=None, allowed_payment_method_types=["alipay"], **wallet)
    court.checkout()
    v1.checkout.sessions.expire(court.checkout().id)
    v1.payouts.create({"amount": 1_000, "currency": "cny"})
    court.control("payouts")
    court.clock.advance(days=8)
    lists = [
        v1.payment_intents.list({"limit": 100}),
        v1.payment_intents.list({"expand": ["data.latest_charge.balance_transaction"]}),
        v1.charges.list({"limit": 100, "expand": ["data.refunds", "data.payment_intent"]}),
        v1.refunds.list({"expand": ["data.charge", "data.failure_balance_transaction"]}),
        v1.balance_transactions.list({"limit": 100, "expand": ["data.source"]}),
        v1.checkout.sessions.list({"expand": ["data.line_items", "data.payment_intent"]}),
        v1.payouts.list({"expand": ["data.balance_transaction"]}),
        v1.disputes.list({"limit": 100}),
        v1.events.list({"limit": 100}),
    ]
    found = [item.to_dict() for page in lists for item in page.data]
    return [*found, v1.balance.retrieve().to_dict()]


def test_everything_returned_is_as_the_client_types_say(court):
    found = collect_everything(court)
    assert {body["object"] for body in found} == set(CLASSES) - {"item"}
    states = {body["status"] for body in found if body["object"] == "payment_intent"}
    assert states == {
        "succeeded",
        "canceled",
        "requires_action",
        "requires_payment_method",
    }
    problems = sorted({problem for body in found for problem in find_problems(body)})
    assert problems == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"colour": "red"}, "refund.colour: unknown"),
        ({"amount": "12"}, "refund.amount: '12' is not int"),
        ({"amount": True}, "refund.amount: True is not int"),
        ({"reason": "whim"}, "refund.reason: 'whim' is not one of the known words"),
        ({"metadata": {"a": 1}}, "refund.metadata: not a dictionary of texts"),
    ],
)
def test_the_checker_sees_what_is_wrong(court, change, problem):
    refund = court.client.v1.refunds.create({"payment_intent": court.deposit().id})
    body = refund.to_dict()
    assert find_problems(body) == []
    assert find_problems({**body, **change}) == [problem]


def test_the_checker_sees_what_is_missing(court):
    body = court.client.v1.refunds.create({"payment_intent": court.deposit().id}).to_dict()
    del body["amount"]
    assert find_problems(body) == ["refund.amount: missing"]


PARAMS = [
    (schemas.INTENT_CREATE, "_payment_intent_create_params", "PaymentIntentCreateParams"),
    (schemas.INTENT_UPDATE, "_payment_intent_update_params", "PaymentIntentUpdateParams"),
    (schemas.INTENT_CONFIRM, "_payment_intent_confirm_params", "PaymentIntentConfirmParams"),
    (schemas.INTENT_CAPTURE, "_payment_intent_capture_params", "PaymentIntentCaptureParams"),
    (schemas.INTENT_CANCEL, "_payment_intent_cancel_params", "PaymentIntentCancelParams"),
    (schemas.INTENT_LIST, "_payment_intent_list_params", "PaymentIntentListParams"),
    (schemas.SESSION_CREATE, "checkout._session_create_params", "SessionCreateParams"),
    (schemas.SESSION_UPDATE, "checkout._session_update_params", "SessionUpdateParams"),
    (schemas.SESSION_LIST, "checkout._session_list_params", "SessionListParams"),
    (schemas.REFUND_CREATE, "_refund_create_params", "RefundCreateParams"),
    (schemas.REFUND_UPDATE, "_refund_update_params", "RefundUpdateParams"),
    (schemas.REFUND_LIST, "_refund_list_params", "RefundListParams"),
    (schemas.CHARGE_LIST, "_charge_list_params", "ChargeListParams"),
    (
        schemas.TRANSACTION_LIST,
        "_balance_transaction_list_params",
        "BalanceTransactionListParams",
    ),
    (schemas.DISPUTE_LIST, "_dispute_list_params", "DisputeListParams"),
    (schemas.PAYOUT_CREATE, "_payout_create_params", "PayoutCreateParams"),
    (schemas.PAYOUT_LIST, "_payout_list_params", "PayoutListParams"),
    (schemas.EVENT_LIST, "_event_list_params", "EventListParams"),
]


def find_parameter_problems(fields: Fields, scope: Scope, path: str) -> list[str]:
    """Parameters that Stripe does not know, and required ones that are optional here."""
    known = scope.fields
    problems = [f"{path}.{name}: unknown to Stripe" for name in fields.known if name not in known]
    for name, annotation in known.items():
        needed = not ast.unparse(annotation).startswith("NotRequired")
        if needed and name not in fields.required:
            problems.append(f"{path}.{name}: required by Stripe")
    for name, reader in fields.known.items():
        inner = reader.item if isinstance(reader, ListOf) else reader
        if isinstance(inner, Fields) and name in known:
            words = ast.unparse(known[name]).replace("'", " ").replace("|", " ").replace("[", " ")
            named = next(word for word in words.replace("]", " ").split() if "Params" in word)
            target = resolve(scope, named)
            assert target is not None
            problems += find_parameter_problems(inner, target, f"{path}.{name}")
    return problems


@pytest.mark.parametrize(("fields", "module", "name"), PARAMS, ids=[p[2] for p in PARAMS])
def test_no_parameter_is_accepted_that_stripe_does_not_know(fields, module, name):
    scope = find_class(f"stripe.params.{module}", name)
    assert find_parameter_problems(fields, scope, name) == []
