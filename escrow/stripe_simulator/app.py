"""The simulator as one WSGI application, by itself or mounted under a prefix."""

from __future__ import annotations

import errno
import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from escrow.stripe_simulator import balance, disputes, faults, refunds
from escrow.stripe_simulator.api import Api, Call, Reply
from escrow.stripe_simulator.delivery import Courier, Transport, post_webhook
from escrow.stripe_simulator.errors import ApiError, Json, bad_parameter
from escrow.stripe_simulator.pages import Pages, protect
from escrow.stripe_simulator.store import Store

LARGEST_REQUEST = 1_000_000
DEFAULT_MERCHANT = "演示法院 Demonstration Court"


class Simulator:
    """A WSGI callable with the courier that brings its webhooks."""

    def __init__(self, app: Flask, courier: Courier) -> None:
        self.app = app
        self.courier = courier

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """One request."""
        return self.app.wsgi_app(environ, start_response)

    def deliver_pending(self) -> int:
        """Every due webhook is tried once; returns how many were accepted."""
        return self.courier.deliver_pending()

    def close(self) -> None:
        """The background delivery ends."""
        self.courier.stop()


def create_simulator(
    store_path: str | Path,
    *,
    clock: Callable[[], datetime],
    webhook_url: str | None,
    webhook_secret: str,
    api_key: str,
    public_base: str,
    merchant: str = DEFAULT_MERCHANT,
    transport: Transport = post_webhook,
    sleep: Callable[[float], None] = time.sleep,
    deliver: bool = False,
) -> Simulator:
    """The simulator over a store file; with `deliver` a background thread sends webhooks.

    `public_base` is where browsers reach it, e.g. `http://127.0.0.1:5000/stripe-simulator`.
    """
    base = public_base.rstrip("/")
    store = Store(store_path, public_base=base, sends_webhooks=webhook_url is not None)

    def now() -> int:
        return int(clock().timestamp())

    courier = Courier(store, now, webhook_url, webhook_secret, transport)
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    api = Api(store, now, api_key, sleep, courier.wake)
    Pages(store, now, courier.wake, merchant).register(app)
    _register_api(app, api)
    _register_controls(app, api)
    app.register_error_handler(HTTPException, _show_problem)
    app.after_request(protect)
    if deliver:
        courier.start()
    return Simulator(app, courier)


def _register_api(app: Flask, api: Api) -> None:
    def call_api(rest: str) -> Response:
        if request.method == "GET":
            text = request.query_string.decode()
        else:
            text = request.get_data(as_text=True)
        call = Call(
            request.method,
            f"/v1/{rest}",
            parse_qsl(text, keep_blank_values=True),
            _read_key(),
            request.headers.get("Idempotency-Key") if request.method == "POST" else None,
        )
        return _respond(api.handle(call))

    app.add_url_rule("/v1/<path:rest>", "api", call_api, methods=["GET", "POST", "DELETE"])


def _register_controls(app: Flask, api: Api) -> None:
    """What Stripe does not have: orders to misbehave, refunds that fail, payouts at once."""

    def faults_told() -> Response:
        api.check_key(_read_key())
        with api.store.writing(api.now()) as work:
            if request.method == "POST":
                told = request.get_json(silent=True)
                if not isinstance(told, dict):
                    raise bad_parameter("The body must be a JSON object.", "body")
                faults.add_fault(work, told)
            elif request.method == "DELETE":
                faults.clear_faults(work)
            left = faults.list_faults(work)
        known = faults.CALL_FAULTS | faults.EVENT_FAULTS
        return _json({"faults": left, "kinds": known})

    def refund_failed(refund_id: str) -> Response:
        api.check_key(_read_key())
        with api.store.writing(api.now()) as work:
            failed = refunds.fail_refund(work, refund_id)
        api.announce()
        return _json(failed)

    def paid_out() -> Response:
        api.check_key(_read_key())
        with api.store.writing(api.now()) as work:
            made = balance.pay_out_everything(work)
        api.announce()
        return _json({"payouts": made})

    def dispute_opened(intent_id: str) -> Response:
        api.check_key(_read_key())
        with api.store.writing(api.now()) as work:
            opened = disputes.open_dispute(work, intent_id)
        api.announce()
        return _json(opened)

    def dispute_closed(dispute_id: str, outcome: str) -> Response:
        api.check_key(_read_key())
        with api.store.writing(api.now()) as work:
            closed = disputes.close_dispute(work, dispute_id, is_won=outcome == "won")
        api.announce()
        return _json(closed)

    app.add_url_rule(
        "/_simulator/intents/<intent_id>/dispute", "dispute", dispute_opened, methods=["POST"]
    )
    app.add_url_rule(
        "/_simulator/disputes/<dispute_id>/<any(won, lost):outcome>",
        "close_dispute",
        dispute_closed,
        methods=["POST"],
    )
    app.add_url_rule("/_simulator/faults", "faults", faults_told, methods=["GET", "POST", "DELETE"])
    app.add_url_rule(
        "/_simulator/refunds/<refund_id>/fail", "fail_refund", refund_failed, methods=["POST"]
    )
    app.add_url_rule("/_simulator/payouts", "payouts", paid_out, methods=["POST"])
    app.register_error_handler(ApiError, _show_refusal)


def _show_refusal(error: ApiError) -> Response:
    answer = error.to_answer()
    return _json(answer.body, answer.status)


def _show_problem(error: HTTPException) -> tuple[str, int] | Response:
    if request.path.startswith(("/v1/", "/_simulator/")):
        return _show_refusal(ApiError(error.description or error.name, status=error.code or 500))
    return render_template("problem.html", status=error.code), error.code or 500


def _read_key() -> str | None:
    given = request.authorization
    if given is None:
        return None
    return given.token if given.type == "bearer" else given.username


def _json(body: Json, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False, indent=2)
    return Response(text, status, content_type="application/json")


def _respond(reply: Reply) -> Response:
    if reply.is_cut:
        return Response(_cut_connection(request.environ), 200)
    response = _json(reply.answer.body, reply.answer.status)
    if reply.is_malformed:
        response.set_data(response.get_data()[:-20])
    response.headers.update(reply.headers)
    return response


def _cut_connection(environ: dict[str, Any]) -> Iterator[bytes]:
    """The connection ends without an answer, as when a cable is pulled."""
    for name in ("werkzeug.socket", "gunicorn.socket"):
        if name in environ:
            environ[name].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError(errno.ECONNRESET, "the simulator was told to drop the connection")
    yield b""
