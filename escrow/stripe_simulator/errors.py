"""Refusals of the simulated API, in the shape Stripe gives them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a call gives back: an HTTP status and a JSON body."""

    status: int
    body: Json


@dataclass(eq=False)
class ApiError(Exception):
    """A call is refused; `saved` tells whether the refusal is kept under the idempotency key.

    Stripe keeps what came out once a call began to execute, and does not keep refusals made
    before that (parameters, authentication, rate limit, a key in use).
    """

    message: str
    code: str | None = None
    param: str | None = None
    status: int = 400
    kind: str = "invalid_request_error"
    saved: bool = True
    extra: Json = field(default_factory=dict)

    def to_answer(self) -> Answer:
        """The refusal becomes `{"error": {type, code, message, param, …}}` with its status."""
        error: Json = {"type": self.kind, "message": self.message}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        return Answer(self.status, {"error": error | self.extra})


def bad_parameter(message: str, param: str, code: str | None = None) -> ApiError:
    """A parameter was not understood: nothing was executed, nothing is kept under the key."""
    return ApiError(message, code=code, param=param, saved=False)


def missing_object(kind: str, object_id: str, param: str = "id") -> ApiError:
    """The object named does not exist."""
    noun = kind.replace(".", " ").replace("_", " ") if kind == "checkout.session" else kind
    return ApiError(
        f"No such {noun}: '{object_id}'", code="resource_missing", param=param, status=404
    )


def idempotency_mismatch(key: str) -> ApiError:
    """A key may be used again only for the very same call."""
    return ApiError(
        "Keys for idempotent requests can only be used with the same parameters they were first "
        f"used with. Try using a key other than '{key}' if you meant to execute a different "
        "request.",
        kind="idempotency_error",
        saved=False,
    )


def key_in_use(key: str) -> ApiError:
    """The first call under this key has not answered yet."""
    return ApiError(
        f"There is currently another in-progress request using this idempotency key '{key}'. "
        "Please try again later.",
        code="idempotency_key_in_use",
        status=409,
        kind="idempotency_error",
        saved=False,
    )


def rate_limited() -> ApiError:
    """Too many calls: nothing was executed."""
    return ApiError("Request rate limit exceeded.", code="rate_limit", status=429, saved=False)


def server_failure() -> ApiError:
    """The server failed; like Stripe, it answers the same to every retry under the same key."""
    return ApiError(
        "An unknown error occurred in the simulator, as it was told to.",
        status=500,
        kind="api_error",
    )
