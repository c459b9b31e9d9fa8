"""One call from request to answer: key, parameters, faults told, the work, the kept answer."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.exceptions import HTTPException

from escrow.stripe_simulator import faults
from escrow.stripe_simulator.errors import Answer, ApiError, rate_limited, server_failure
from escrow.stripe_simulator.faults import LONGEST_HANG_SECONDS, Fault
from escrow.stripe_simulator.idempotency import (
    Replay,
    compute_fingerprint,
    keep_answer,
    release_key,
    reserve_key,
)
from escrow.stripe_simulator.listing import expand
from escrow.stripe_simulator.objects import API_VERSION
from escrow.stripe_simulator.operations import ADDRESSES, Operation
from escrow.stripe_simulator.params import decode_form
from escrow.stripe_simulator.passing import settle_due
from escrow.stripe_simulator.store import Store, Work

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """What came over the wire."""

    method: str
    path: str
    pairs: list[tuple[str, str]]
    presented_key: str | None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Reply:
    """What goes back; `is_cut` means that the connection breaks instead of answering."""

    answer: Answer
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False
    is_malformed: bool = False


@dataclass(frozen=True)
class Api:
    """The simulated API over one store."""

    store: Store
    now: Callable[[], int]
    api_key: str
    sleep: Callable[[float], None]
    announce: Callable[[], None]

    def handle(self, call: Call) -> Reply:
        """A call is answered; a refusal is an answer too."""
        request_id = f"req_{secrets.token_hex(7)}"
        headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION}
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        try:
            self.check_key(call.presented_key)
            operation, object_id = find_operation(call.method, call.path)
            given = decode_form(call.pairs)
            settle_due(self.store, self.now())
            fault = self._take_fault(call)
            if fault is not None and fault.kind == "rate_limit":
                raise rate_limited()
            if fault is not None and fault.kind == "drop_before":
                return Reply(Answer(503, {}), is_cut=True)
            if call.method == "GET":
                answer = self._read(operation, object_id, given, fault)
            else:
                outcome = self._write(call, operation, object_id, given, fault, request_id)
                if isinstance(outcome, Replay):
                    headers |= {
                        "Idempotent-Replayed": "true",
                        "Original-Request": outcome.request_id,
                    }
                    outcome = outcome.answer
                answer = outcome
        except ApiError as error:
            logger.info("call refused", extra={"code": error.code, "status": error.status})
            return Reply(error.to_answer(), headers)
        finally:
            self.announce()
        self._hang(fault, "hang_after")
        if fault is not None and fault.kind == "wrong_amount":
            answer = Answer(answer.status, bend_amounts(answer.body))
        kind = None if fault is None else fault.kind
        return Reply(answer, headers, kind == "drop_after", kind == "malformed")

    def check_key(self, presented: str | None) -> None:
        """Without the account's key nothing is shown or done."""
        if presented is None:
            raise ApiError(
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer KEY').",
                status=401,
                saved=False,
            )
        if not hmac.compare_digest(presented.encode(), self.api_key.encode()):
            raise ApiError("Invalid API Key provided.", status=401, saved=False)

    def _take_fault(self, call: Call) -> Fault | None:
        with self.store.reading(self.now()) as work:
            if not faults.has_faults(work):
                return None
        with self.store.writing(self.now()) as work:
            return faults.take_call_fault(work, call.method, call.path)

    def _hang(self, fault: Fault | None, kind: str) -> None:
        if fault is not None and fault.kind == kind:
            self.sleep(min(fault.seconds, LONGEST_HANG_SECONDS))

    def _read(
        self, operation: Operation, object_id: str, given: dict[str, Any], fault: Fault | None
    ) -> Answer:
        self._hang(fault, "hang_before")
        if fault is not None and fault.kind in ("server_error", "server_error_after"):
            raise server_failure()
        with self.store.reading(self.now()) as work:
            return _carry_out(work, operation, object_id, given)

    def _write(
        self,
        call: Call,
        operation: Operation,
        object_id: str,
        given: dict[str, Any],
        fault: Fault | None,
        request_id: str,
    ) -> Answer | Replay:
        key = call.idempotency_key
        if key is not None:
            fingerprint = compute_fingerprint(call.method, call.path, given)
            with self.store.writing(self.now(), request_id=request_id) as work:
                replay = reserve_key(work, key, fingerprint)
            if replay is not None:
                return replay
        self._hang(fault, "hang_before")
        with self.store.writing(self.now(), request_id=request_id, idempotency_key=key) as work:
            refusal: ApiError | None = None
            work.connection.execute("SAVEPOINT work")
            try:
                if fault is not None and fault.kind == "server_error":
                    raise server_failure()
                answer = _carry_out(work, operation, object_id, given)
                if fault is not None and fault.kind == "server_error_after":
                    answer = server_failure().to_answer()
            except ApiError as error:
                work.connection.execute("ROLLBACK TO work")
                refusal, answer = error, error.to_answer()
            if key is not None and (refusal is None or refusal.saved):
                keep_answer(work, key, answer)
            elif key is not None:
                release_key(work, key)
        return answer


_AMOUNTS = frozenset({"amount", "amount_received", "amount_total", "amount_subtotal"})


def bend_amounts(value: Any) -> Any:
    """The same answer with amounts that are one too large; what is kept stays as it was."""
    if isinstance(value, list):
        return [bend_amounts(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: item + 1 if name in _AMOUNTS and isinstance(item, int) else bend_amounts(item)
        for name, item in value.items()
    }


def find_operation(method: str, path: str) -> tuple[Operation, str]:
    """The operation at an address, and the id in it."""
    try:
        operation, values = ADDRESSES.bind("simulator").match(path, method)
    except HTTPException:
        message = f"Unrecognized request URL ({method}: {path})."
        raise ApiError(message, status=404, saved=False) from None
    assert isinstance(operation, Operation), "the map holds operations only"
    return operation, values.get("key", "")


def _carry_out(work: Work, operation: Operation, object_id: str, given: dict[str, Any]) -> Answer:
    read = operation.schema.read(given)
    paths = read.pop("expand", [])
    answer = operation.run(work, read, object_id)
    if answer.status == 200:
        expand(work, answer.body, paths)
    return answer
