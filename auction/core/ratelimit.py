"""Guessing is slowed down by account and address; honest people elsewhere are never locked out.

Limits count in Redis where there is one, else in this process. A limiter that fails lets the
request pass: it protects passwords, it must not stop a sale.
"""

from __future__ import annotations

import hmac

from flask import Flask, current_app, request
from flask_limiter import Limiter
from werkzeug.exceptions import TooManyRequests

from auction.core.config import Settings


def client_address() -> str:
    """Address of the caller (behind `PROXY_HOPS` proxies, the one they vouch for)."""
    return request.remote_addr or "unknown"


def nameless(text: str) -> str:
    """`text` as a key that counts as well and tells no log or store whose it is (16.2.5)."""
    secret = str(current_app.secret_key).encode()
    message = f"rate-limit|{text}".encode("utf-8", "surrogatepass")
    return hmac.digest(secret, message, "sha256").hex()[:32]


limiter = Limiter(key_func=client_address, strategy="moving-window", swallow_errors=True)


def init_ratelimit(app: Flask, settings: Settings) -> None:
    """Attach the limiter, counting where the settings say."""
    if settings.redis_url:
        app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url.replace(
            "unix://", "redis+unix://", 1
        )
        app.config["RATELIMIT_STORAGE_OPTIONS"] = {
            "socket_timeout": 1,
            "socket_connect_timeout": 1,
        }
    else:
        app.config["RATELIMIT_STORAGE_URI"] = "memory://"
    app.config["RATELIMIT_KEY_PREFIX"] = "luochui"
    limiter.init_app(app)


def seconds_to_wait(error: TooManyRequests) -> int:
    """After how many seconds the same request may succeed: the window of the limit that was hit."""
    limit = getattr(error, "limit", None)
    return int(limit.limit.get_expiry()) if limit is not None else 10
