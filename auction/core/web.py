"""What holds for every answer: headers, request ids, origin checks, errors, template words."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, TooManyRequests
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.middleware.proxy_fix import ProxyFix

from auction.core import clock as clocks
from auction.core.access import SIGNED_CALL, enforce, permission_of
from auction.core.config import Settings
from auction.core.errors import DomainError
from auction.core.i18n import LANGS, current_lang, gettext
from auction.core.i18n import lazy_gettext as _l
from auction.core.log import get_logger, request_id
from auction.core.money import format_money, money_words
from auction.core.paths import RowNumber
from auction.core.plot import price_steps, range_marks
from auction.core.ratelimit import init_ratelimit, seconds_to_wait

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Asked by machines beside us, under whatever name they know us by.
HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})

csrf = CSRFProtect()
log = get_logger()


def init_web(app: Flask, settings: Settings) -> None:
    """Attach everything in this module to the application."""
    app.url_map.converters["int"] = RowNumber
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    # The origin is compared here, for every scheme, instead of the Referer for TLS alone.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    csrf.init_app(app)
    app.before_request(_begin)
    app.before_request(_refuse_foreign_host)
    app.before_request(enforce)
    app.before_request(_check_forgery)
    init_ratelimit(app, settings)
    app.after_request(_finish)
    app.register_error_handler(DomainError, _answer_domain_error)
    app.register_error_handler(CSRFError, _answer_csrf)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(OperationalError, _answer_away)
    app.register_error_handler(PoolTimeout, _answer_away)
    app.register_error_handler(Exception, _answer_bug)
    _add_template_words(app, settings)


def _begin() -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=secrets.token_hex(8))
    g.csp_nonce = secrets.token_urlsafe(16)
    view = current_app.view_functions.get(request.endpoint or "")
    limit = getattr(view, "upload_limit", None)
    if limit is not None:
        request.max_content_length = limit


def _refuse_foreign_host() -> ResponseReturnValue | None:
    """Answer only under our own name (links, cookies and the origin check depend on it)."""
    settings = _settings()
    if request.host == settings.public_host or request.path in HEALTH_PATHS:
        return None
    local = request.host.split(":")[0] == "localhost"
    if settings.demo and local and request.method in {"GET", "HEAD"}:
        return redirect(settings.public_url + request.full_path.rstrip("?"))
    answer = make_response(gettext("请通过本平台的正式网址访问。"), 421)
    answer.content_type = "text/plain; charset=utf-8"
    return answer


def _check_forgery() -> None:
    """A form carries its token; a JSON call carries type, origin and the token in a header.

    A call without a session cookie has nothing to be forged with; whether it may is for `enforce`.
    """
    if request.method in SAFE_METHODS or request.endpoint is None:
        return
    if permission_of(current_app, request.endpoint) == SIGNED_CALL:
        return
    origin = request.headers.get("Origin")
    if request.path.startswith("/api/"):
        if request.mimetype != "application/json":
            raise DomainError(
                "unsupported-media-type",
                _l("请求必须是 JSON（Content-Type: application/json）。"),
                status=415,
            )
        if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
            return
        if origin is None:
            raise _bad_origin()
    if origin is not None and origin != _settings().public_url:
        raise _bad_origin()
    csrf.protect()


def _bad_origin() -> DomainError:
    return DomainError("bad-origin", _l("请求来源不是本平台。"), status=403)


def allow_form_to(origin: str) -> None:
    """Let forms of the page being answered lead to `origin` (a payment page, for example)."""
    g.form_targets = f"{g.get('form_targets', '')} {origin}"


def _finish(response: Response) -> Response:
    """Headers that hold for every answer, error pages and 304 included (3.4)."""
    settings = _settings()
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _content_policy(settings))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if settings.is_https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint == "static":
        if response.status_code >= 400 or "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        elif "v" not in request.args:
            # Modules import each other by bare name: only an address that changes with its file
            # may be kept without asking.
            headers["Cache-Control"] = "no-cache"
            headers.pop("Expires", None)
    elif response.status_code >= 500:
        headers["Cache-Control"] = "no-store"
    elif _is_private() and not (
        (response.mimetype or "").startswith("image/") and headers.get("ETag")
    ):
        # No page seen by a signed-in person stays in a cache, shared or their own (14.2.2);
        # pictures carry nothing personal and keep what their view said.
        headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    elif "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-cache"
        response.vary.add("Cookie")
    headers["X-Request-Id"] = request_id()
    chosen = request.args.get("lang")
    if chosen in LANGS and request.endpoint != "static":
        remember_lang(response, chosen)
    return response


def _is_private() -> bool:
    if request.method not in {"GET", "HEAD"}:
        return True
    try:
        return bool(current_user.is_authenticated)
    except SQLAlchemyError:  # the database is away: nobody can say who this is
        return True


def _content_policy(settings: Settings) -> str:
    socket = settings.public_url.replace("http", "ws", 1)
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{g.get('csp_nonce', '')}'; "
        f"style-src 'self'; connect-src 'self' {socket}; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{g.get('form_targets', '')}"
    )


def remember_lang(response: Response, lang: str) -> None:
    """Keep the choice of language in this browser for a year."""
    response.set_cookie(
        "lang",
        lang,
        max_age=31_536_000,
        samesite="Lax",
        httponly=True,
        secure=_settings().is_https,
    )


def _settings() -> Settings:
    settings: Settings = current_app.extensions["luochui.settings"]
    return settings


# ── errors ──────────────────────────────────────────────────────────────────────────────────────


def problem(status: int, code: str, message: str, **data: Any) -> Response:
    """An RFC 9457 problem object with a stable `code`; `detail` is the sentence for people."""
    answer = jsonify(
        {
            **data,
            "type": "about:blank",
            "title": HTTP_STATUS_CODES.get(status, "Error"),
            "detail": message,
            "status": status,
            "code": code,
            "request_id": request_id(),
        }
    )
    answer.status_code = status
    answer.content_type = "application/problem+json"
    _say_when_to_retry(answer, data.get("retry_after"))
    return answer


def _say_when_to_retry(answer: Response, seconds: int | None) -> None:
    if answer.status_code in {429, 503}:
        answer.headers.setdefault("Retry-After", str(seconds or 1))


def _answer(status: int, code: str, message: str, **data: Any) -> Response:
    if request.path.startswith(("/api/", "/webhooks/")):
        return problem(status, code, message, **data)
    page = render_template(
        "errors/error.html", status=status, code=code, message=message, reference=request_id()
    )
    answer = make_response(page, status)
    _say_when_to_retry(answer, data.get("retry_after"))
    return answer


def _answer_domain_error(error: DomainError) -> ResponseReturnValue:
    if error.status in {401, 403}:
        log.warning(
            "refused",
            code=error.code,
            endpoint=request.endpoint,
            user=current_user.get_id() if current_user.is_authenticated else None,
        )
    return _answer(error.status, error.code, str(error.message), **error.data)


def _answer_csrf(_error: CSRFError) -> ResponseReturnValue:
    return _answer(
        400,
        "csrf",
        gettext("页面已过期或来源不明，请返回上一页刷新后重新提交；您填写的内容没有被提交。"),
    )


_HTTP_SENTENCES = {
    400: _l("请求无法理解，请检查后重新提交。"),
    404: _l("没有找到这个页面。请检查网址，或从首页重新查找。"),
    405: _l("此地址不支持这种操作。"),
    413: _l("提交的内容过大。"),
    415: _l("不支持的内容类型。"),
    429: _l("操作过于频繁，请稍候再试。"),
}
_ANY_SENTENCE = _l("请求没有完成，请稍后再试。")


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or 500
    if 300 <= status < 400:
        return error.get_response()
    more: dict[str, Any] = {}
    if isinstance(error, TooManyRequests):
        more["retry_after"] = seconds_to_wait(error)
    sentence = str(_HTTP_SENTENCES.get(status, _ANY_SENTENCE))
    answer = _answer(status, f"http-{status}", sentence, **more)
    allowed = error.get_response().headers.get("Allow")
    if status == 405 and allowed:
        answer.headers["Allow"] = allowed
    return answer


def _answer_away(error: SQLAlchemyError) -> ResponseReturnValue:
    """The database is away or overloaded: nothing was done, and it is worth trying again."""
    log.error("database unavailable", endpoint=request.endpoint, exc_info=error)
    _forget_person()
    return _answer(
        503, "unavailable", gettext("系统暂时繁忙，您的操作没有生效，请稍后再试。"), retry_after=5
    )


def _answer_bug(error: Exception) -> ResponseReturnValue:
    log.error("unhandled error", endpoint=request.endpoint, exc_info=error)
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    _forget_person()
    return _answer(
        500, "internal", gettext("系统出现故障，已经记录。您的操作没有生效，请稍后再试。")
    )


def _forget_person() -> None:
    """Draw the error page as for a stranger: who asks may be what cannot be read any more."""
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]  # noqa: SLF001


# ── templates ───────────────────────────────────────────────────────────────────────────────────


def _add_template_words(app: Flask, settings: Settings) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    filters = app.jinja_env.filters
    filters["money"] = format_money
    filters["money_words"] = money_words
    filters["beijing"] = lambda moment: format_beijing(moment, "full")
    filters["beijing_short"] = lambda moment: format_beijing(moment, "short")
    filters["iso"] = clocks.iso
    filters["day"] = format_day
    filters["minor_text"] = lambda minor: format_money(minor, symbol=False).replace(",", "")
    # Globals rather than context words: macros are imported without a page's context.
    app.jinja_env.globals.update(asset=asset, price_steps=price_steps, range_marks=range_marks)

    @app.context_processor
    def _words() -> dict[str, Any]:
        return {
            "asset": asset,
            "csp_nonce": lambda: g.get("csp_nonce", ""),
            "csrf_token": generate_csrf,
            "demo": settings.demo,
            "lang": current_lang(),
            "now": current_app.extensions["luochui.clock"].now(),
            "page_lang_url": page_lang_url,
            "public_url": settings.public_url,
        }


def format_beijing(moment: datetime, length: str) -> str:
    """`2026年11月23日 10:05:32（北京时间）` or `23 Nov 2026, …`; `short` leaves out the seconds."""
    at = clocks.beijing(moment)
    if current_lang() == "zh":
        text = f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"
        return text if length == "short" else f"{text}:{at:%S}（北京时间）"
    text = f"{at.day} {at:%b %Y, %H:%M}"
    return text if length == "short" else f"{text}:{at:%S} (Beijing)"


def format_day(day: date) -> str:
    """`2026年12月7日`, or `7 Dec 2026`; of a moment, its day in Beijing."""
    if isinstance(day, datetime):
        day = clocks.beijing(day).date()
    if current_lang() == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {day:%b %Y}"


def page_lang_url(lang: str) -> str:
    """The page being looked at, in the other language."""
    args = request.args.to_dict(flat=False)
    args["lang"] = [lang]
    return f"{request.path}?{urlencode(args, doseq=True)}"


def asset(name: str) -> str:
    """Address of a static file that changes when the file does, so it can be cached for ever."""
    return url_for("static", filename=name, v=_digest(str(current_app.static_folder), name))


@lru_cache(maxsize=512)
def _digest(folder: str, name: str) -> str:
    path = Path(folder) / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "0"


def safe_next(target: str | None) -> str | None:
    """`target` if it is a path inside this site, else None (3.7.2)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(c) < 33 or c == "\\" for c in target):
        return None
    return target
