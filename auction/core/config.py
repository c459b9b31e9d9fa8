"""Settings are read from the environment once, typed, and every error is reported at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

INSTANCE = Path(__file__).resolve().parents[2] / "instance"

# Demonstration only: play money, fictitious court, reset at will. Never used without DEMO=1.
DEMO_VALUES = {
    "SECRET_KEY": "demo-secret-key-not-for-any-real-court-000000000000",
    "STRIPE_API_KEY": "sk_test_demo_luochui",
    "STRIPE_WEBHOOK_SECRET": "whsec_demo_luochui",
}


class ConfigError(Exception):
    """The environment does not describe a runnable system; the message says which and why."""


@dataclass(frozen=True)
class Variable:
    """One environment variable: its name, default, whether it is a secret, and what it means."""

    name: str
    default: str | None
    secret: bool
    meaning: str


VARIABLES: tuple[Variable, ...] = (
    Variable(
        "DATABASE_URL",
        "sqlite:///instance/luochui.db",
        False,
        "database: a SQLite file by default, `postgresql://…` for several processes",
    ),
    Variable(
        "REDIS_URL",
        "",
        False,
        "Redis that carries wake-up hints between processes; empty means one process",
    ),
    Variable(
        "SECRET_KEY",
        None,
        True,
        "signs sessions and derives the field encryption keys; at least 32 characters",
    ),
    Variable("STRIPE_API_KEY", None, True, "the court's Stripe secret key"),
    Variable(
        "STRIPE_API_BASE",
        "",
        False,
        "base address of the Stripe API; empty means Stripe itself "
        "(in demo mode: the built-in simulator)",
    ),
    Variable("STRIPE_WEBHOOK_SECRET", None, True, "signing secret of `/webhooks/stripe`"),
    Variable(
        "PUBLIC_URL",
        "http://127.0.0.1:5000",
        False,
        "the one address people use; links, allowed origin and host come from it",
    ),
    Variable(
        "MAIL_URL",
        "",
        False,
        "where mail goes: `smtp://user:password@host:port` or `file:///folder`; empty: no mail",
    ),
    Variable(
        "DEMO", "", False, "`1` loads and allows the demonstration court; never in production"
    ),
    Variable(
        "PROXY_HOPS", "0", False, "number of reverse proxies in front (trusts that many hops)"
    ),
    Variable("UPLOAD_DIR", "", False, "folder of uploaded files (default `instance/files`)"),
    Variable(
        "WORKER",
        "inline",
        False,
        "`inline`: this process also works off the outbox; `separate`: a worker process does",
    ),
)


@dataclass(frozen=True)
class Settings:
    """The whole configuration of one process."""

    database_url: str
    redis_url: str
    secret_key: str
    stripe_api_key: str
    stripe_api_base: str
    stripe_webhook_secret: str
    public_url: str
    mail_url: str
    demo: bool
    proxy_hops: int
    upload_dir: Path
    worker_inline: bool

    @property
    def public_host(self) -> str:
        """Host (and port) part of the public address."""
        return urlsplit(self.public_url).netloc

    @property
    def is_https(self) -> bool:
        """Whether people reach us over TLS; decides Secure cookies and HSTS."""
        return self.public_url.startswith("https://")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read all settings from `environ`; raise ConfigError naming every fault, in one message."""
    faults: list[str] = []
    demo = _flag(environ.get("DEMO", ""), "DEMO", faults)

    def value(name: str, check: Callable[[str], str | None] = lambda _text: None) -> str:
        variable = next(v for v in VARIABLES if v.name == name)
        text = environ.get(name, "").strip()
        if not text and variable.default is not None:
            text = variable.default
        if not text and variable.secret:
            if not demo:
                faults.append(f"{name} is missing ({variable.meaning})")
                return ""
            text = DEMO_VALUES[name]
        if text and not demo and text in DEMO_VALUES.values():
            faults.append(f"{name} holds the demonstration value, which DEMO=1 alone allows")
        fault = check(text) if text else None
        if fault:
            faults.append(f"{name} {fault}")
        return text

    public_url = value("PUBLIC_URL", _check_origin).rstrip("/")
    base = value("STRIPE_API_BASE", _check_http)
    if demo and not base:
        base = f"{public_url}/stripe-simulator"
    upload_dir = Path(value("UPLOAD_DIR") or INSTANCE / "files")
    hops = value(
        "PROXY_HOPS", lambda t: None if t in {"0", "1", "2", "3"} else "must be 0, 1, 2 or 3"
    )
    worker = value(
        "WORKER",
        lambda t: None if t in {"inline", "separate"} else "must be `inline` or `separate`",
    )
    settings = Settings(
        database_url=_absolute_sqlite(value("DATABASE_URL", _check_database)),
        redis_url=value("REDIS_URL", _check_redis),
        secret_key=value(
            "SECRET_KEY", lambda t: None if len(t) >= 32 else "is shorter than 32 characters"
        ),
        stripe_api_key=value("STRIPE_API_KEY"),
        stripe_api_base=base.rstrip("/"),
        stripe_webhook_secret=value("STRIPE_WEBHOOK_SECRET"),
        public_url=public_url,
        mail_url=value("MAIL_URL", _check_mail),
        demo=demo,
        proxy_hops=int(hops) if hops in {"0", "1", "2", "3"} else 0,
        upload_dir=upload_dir,
        worker_inline=worker == "inline",
    )
    if faults:
        raise ConfigError("configuration: " + "; ".join(faults))
    return settings


def _flag(text: str, name: str, faults: list[str]) -> bool:
    if text.strip() in {"", "0"}:
        return False
    if text.strip() == "1":
        return True
    faults.append(f"{name} must be 1, 0 or empty")
    return False


def _check_origin(text: str) -> str | None:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "must be an address such as https://auction.court.example"
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return "must have no path"
    return None


def _check_http(text: str) -> str | None:
    parts = urlsplit(text)
    ok = parts.scheme in {"http", "https"} and parts.hostname
    return None if ok else "must be an http(s) address"


def _check_database(text: str) -> str | None:
    ok = text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://"))
    return None if ok else "must begin with sqlite:/// or postgresql://"


def _check_redis(text: str) -> str | None:
    ok = text.startswith(("redis://", "rediss://", "unix://"))
    return None if ok else "must begin with redis://, rediss:// or unix://"


def _check_mail(text: str) -> str | None:
    ok = text.startswith(("smtp://", "smtps://", "file:///"))
    return None if ok else "must begin with smtp://, smtps:// or file:///"


def _absolute_sqlite(url: str) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return prefix + str(INSTANCE.parent / url.removeprefix(prefix))
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
