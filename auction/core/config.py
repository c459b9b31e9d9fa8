"""Settings are read from the environment once, typed, and every error is reported at once."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificates

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
    Variable(
        "WITNESS_URLS",
        "",
        False,
        "witnesses of the bid logs, `<verifier key>@<address>` separated by spaces; empty: none",
    ),
    Variable(
        "TSA_URL",
        "",
        False,
        "RFC 3161 authority that stamps the first and last checkpoint of each log; empty: none "
        "(in demo mode: the built-in server)",
    ),
    Variable(
        "TSA_ROOTS", "", False, "PEM file of the root certificates that TSA_URL is trusted under"
    ),
)


@dataclass(frozen=True)
class WitnessAddress:
    """Who cosigns (a verifier key, C2SP tlog-cosignature) and where it takes checkpoints."""

    key: str
    url: str


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
    witnesses: tuple[WitnessAddress, ...]
    tsa_url: str
    tsa_roots: Path | None

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
    witnesses = value("WITNESS_URLS", _check_witnesses)
    tsa_url, tsa_roots = value("TSA_URL", _check_http), value("TSA_ROOTS", _check_certificates)
    _check_pair(tsa_url, tsa_roots, faults)
    tsa_in_demo = f"{public_url}/timestamp-server" if demo else ""
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
        witnesses=tuple(_split_witness(word) for word in witnesses.split()),
        tsa_url=tsa_url or tsa_in_demo,
        tsa_roots=Path(tsa_roots) if tsa_roots else None,
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
    try:
        parts = urlsplit(text)
        ok = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        ok = False
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


def _split_witness(word: str) -> WitnessAddress:
    key, _, url = word.partition("@")
    return WitnessAddress(key, url.rstrip("/"))


def _check_witnesses(text: str) -> str | None:
    given = [_split_witness(word) for word in text.split()]
    for witness in given:
        if not _is_cosigner_key(witness.key) or _check_http(witness.url):
            return "must be `<verifier key>@<http(s) address>`, several separated by spaces"
    if len({witness.key.split("+")[0] for witness in given}) < len(given):
        return "names a witness twice"
    return None


def _is_cosigner_key(key: str) -> bool:
    """Whether this is `<name>+<key id>+<key>` of a witness, its id its own (C2SP signed-note)."""
    name, _, rest = key.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        raw = b64decode(encoded, validate=True)
    except ValueError:
        return False
    own_id = sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
    return bool(name) and len(raw) == 33 and raw[0] == 0x04 and key_id == own_id


def _check_pair(tsa_url: str, tsa_roots: str, faults: list[str]) -> None:
    if bool(tsa_url) != bool(tsa_roots):
        faults.append("TSA_URL and TSA_ROOTS are given together or not at all")


def _check_certificates(text: str) -> str | None:
    try:
        return None if load_pem_x509_certificates(Path(text).read_bytes()) else "holds nothing"
    except (OSError, ValueError):
        return "must be a readable PEM file of certificates"


def _absolute_sqlite(url: str) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return prefix + str(INSTANCE.parent / url.removeprefix(prefix))
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
