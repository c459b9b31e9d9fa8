"""What people see: the payment page, the confirmation step, and the list of recent payments."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as PlainResponse

from escrow.stripe_simulator.cards import (
    AUTHENTICATION_FAILED,
    CARDS,
    WALLETS,
    Method,
    find_method,
)
from escrow.stripe_simulator.errors import Answer
from escrow.stripe_simulator.intents import answer_authentication
from escrow.stripe_simulator.passing import settle_due
from escrow.stripe_simulator.sessions import fill_success_url, pay_session
from escrow.stripe_simulator.store import Row, Store, Work

_BEIJING = ZoneInfo("Asia/Shanghai")
_SYMBOLS = {"cny": "¥", "usd": "US$", "hkd": "HK$", "eur": "€", "gbp": "£"}
_STATES = {
    "requires_payment_method": ("等待付款", "awaiting payment"),
    "requires_confirmation": ("等待确认", "awaiting confirmation"),
    "requires_action": ("等待付款人确认", "awaiting the payer"),
    "requires_capture": ("已冻结", "held"),
    "processing": ("处理中", "processing"),
    "succeeded": ("已付款", "paid"),
    "canceled": ("已取消", "cancelled"),
    "open": ("等待付款", "awaiting payment"),
    "complete": ("已完成", "complete"),
    "expired": ("已过期", "expired"),
}
_SHOWN_PAYMENTS = 50
View = str | PlainResponse | tuple[str, int]


def format_amount(minor: int, currency: str) -> str:
    """Grouped digits with the currency's sign: `¥1,234,500.00`."""
    sign = _SYMBOLS.get(currency, f"{currency.upper()} ")
    if currency == "jpy":
        return f"{sign}{minor:,}"
    whole, rest = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{sign}{whole:,}.{rest:02}"


def format_moment(seconds: int) -> str:
    """Beijing time, to the second."""
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(_BEIJING)
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def add_query(address: str, **values: str) -> str:
    """The address with further query parameters."""
    parts = urlsplit(address)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *values.items()])
    return urlunsplit(parts._replace(query=query))


@dataclass(frozen=True)
class Pages:
    """The pages over one store."""

    store: Store
    now: Callable[[], int]
    announce: Callable[[], None]
    merchant: str

    def register(self, app: Flask) -> None:
        """The addresses of the pages."""
        app.add_url_rule("/", "index", self.show_index)
        app.add_url_rule("/pay/<session_id>", "pay", self.pay, methods=["GET", "POST"])
        app.add_url_rule(
            "/authorise/<intent_id>", "authorise", self.authorise, methods=["GET", "POST"]
        )
        app.jinja_env.filters |= {"amount": format_amount, "moment": format_moment}
        app.jinja_env.globals["merchant"] = self.merchant
        app.jinja_env.globals["states"] = _STATES

    def show_index(self) -> View:
        """Recent payments with their states; no names, because none are ever asked for."""
        settle_due(self.store, self.now())
        with self.store.reading(self.now()) as work:
            intents = [row.body for row in work.select("payment_intent", limit=_SHOWN_PAYMENTS)]
            refunds = [row.body for row in work.select("refund", limit=_SHOWN_PAYMENTS)]
        return render_template("index.html", intents=intents, refunds=refunds)

    def pay(self, session_id: str) -> View:
        """The payer chooses how to pay; a refusal shows the page again as he left it."""
        settle_due(self.store, self.now())
        if request.method == "GET":
            with self.store.reading(self.now()) as work:
                row = self._find(work, "checkout.session", session_id)
                return self._render_pay(work, row)
        self._check_token(session_id)
        chosen = request.form.get("method", "")
        try:
            with self.store.writing(self.now()) as work:
                row = self._find(work, "checkout.session", session_id)
                if row.body["status"] != "open":
                    return self._render_pay(work, row)
                return self._attempt(work, row, self._choose(row, chosen), chosen)
        finally:
            self.announce()

    def authorise(self, intent_id: str) -> View:
        """The payer agrees to the payment or refuses it, and is sent back to the merchant."""
        settle_due(self.store, self.now())
        if request.method == "GET":
            with self.store.reading(self.now()) as work:
                row = self._find(work, "payment_intent", intent_id)
                return self._render_authorise(row)
        self._check_token(intent_id)
        agrees = request.form.get("answer") == "agree"
        try:
            with self.store.writing(self.now()) as work:
                row = self._find(work, "payment_intent", intent_id)
                if row.body["status"] != "requires_action":
                    return self._render_authorise(row)
                answer = answer_authentication(work, intent_id, agrees=agrees)
                return self._leave(row, answer)
        finally:
            self.announce()

    def _attempt(self, work: Work, row: Row, method: Method | None, chosen: str) -> View:
        if method is None:
            return self._render_pay(work, row, "nothing", chosen), 422
        answer = pay_session(work, row, method)
        if answer.status == 402:
            return self._render_pay(work, row, "refused", chosen), 402
        if answer.body["status"] == "requires_action":
            return redirect(url_for("authorise", intent_id=answer.body["id"]), 303)
        return redirect(fill_success_url(row.body), 303)

    def _leave(self, row: Row, answer: Answer) -> View:
        if answer.status == 402 and "session" in row.private:
            return redirect(url_for("pay", session_id=row.private["session"], refused=1), 303)
        address = row.private["return_url"]
        if "session" not in row.private:
            address = add_query(
                address,
                payment_intent=row.body["id"],
                payment_intent_client_secret=row.body["client_secret"],
                redirect_status="succeeded" if answer.status == 200 else "failed",
            )
        return redirect(address, 303)

    def _render_pay(
        self, work: Work, row: Row, problem: str | None = None, chosen: str = ""
    ) -> str:
        session = row.body
        if session["status"] != "open":
            return render_template("closed.html", session=session, back=fill_success_url(session))
        offered = session["payment_method_types"]
        refusal = self._find_refusal(work, session)
        if problem is None and "refused" in request.args and refusal is not None:
            problem = "refused"
        return render_template(
            "pay.html",
            session=session,
            lines=row.private["lines"],
            holds=row.private["intent_data"].get("capture_method") == "manual",
            cards=CARDS if "card" in offered else (),
            wallets=[wallet for wallet in WALLETS if wallet.kind in offered],
            chosen=chosen,
            problem=problem,
            refusal=refusal,
            token=self._make_token(session["id"]),
        )

    def _render_authorise(self, row: Row) -> str:
        method = find_method(row.private.get("method", ""))
        return render_template(
            "authorise.html",
            intent=row.body,
            method=method,
            token=self._make_token(row.body["id"]),
            back=row.private.get("return_url"),
        )

    def _find_refusal(self, work: Work, session: dict[str, Any]) -> tuple[str, str] | None:
        if session["payment_intent"] is None:
            return None
        intent = work.load("payment_intent", session["payment_intent"]).body
        error = intent["last_payment_error"]
        if error is None:
            return None
        known = [AUTHENTICATION_FAILED, *(card.refusal for card in CARDS if card.refusal)]
        zh = next(item.zh for item in known if item.message == error["message"])
        return zh, error["message"]

    def _choose(self, row: Row, chosen: str) -> Method | None:
        method = find_method(chosen)
        if method is None or method.kind not in row.body["payment_method_types"]:
            return None
        return method

    def _find(self, work: Work, kind: str, object_id: str) -> Row:
        row = work.find(kind, object_id)
        if row is None:
            raise NotFound
        return row

    def _make_token(self, object_id: str) -> str:
        key = self.store.page_key.encode()
        return hmac.new(key, object_id.encode(), hashlib.sha256).hexdigest()

    def _check_token(self, object_id: str) -> None:
        given = request.form.get("token", "")
        if not hmac.compare_digest(given.encode(), self._make_token(object_id).encode()):
            raise Forbidden


def protect(response: Response) -> Response:
    """Pages load nothing from elsewhere, run no script and cannot be framed.

    A form may lead back to the merchant, whose address differs from ours when the simulator
    runs by itself; browsers hold redirects after a form to `form-action`, so any address is
    allowed there.
    """
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self' http: https:"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
