"""Settings: every fault stops the start with one line that names it."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest

from auction.core.config import DEMO_VALUES, ConfigError, WitnessAddress, read_settings

GOOD = {
    "SECRET_KEY": "s" * 32,
    "STRIPE_API_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
}
# A key of a witness as C2SP writes it, from a public key of zeros.
_RAW = b"\x04" + bytes(32)
_ID = sha256(b"witness.example/w1\n" + _RAW).hexdigest()[:8]
WITNESS = f"witness.example/w1+{_ID}+{b64encode(_RAW).decode()}"


def test_the_smallest_complete_configuration_is_accepted():
    settings = read_settings(GOOD)
    assert settings.database_url.startswith("sqlite:////")
    assert settings.database_url.endswith("/instance/luochui.db")
    assert not settings.demo
    assert settings.public_host == "127.0.0.1:5000"
    assert settings.worker_inline


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("STRIPE_API_KEY", ""),
        ("STRIPE_WEBHOOK_SECRET", " "),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "luochui.db"),
        ("REDIS_URL", "localhost:6379"),
        ("PUBLIC_URL", "auction.example"),
        ("PUBLIC_URL", "ftp://auction.example"),
        ("PUBLIC_URL", "https://auction.example/sub"),
        ("PUBLIC_URL", "https://auction.example?x"),
        ("STRIPE_API_BASE", "localhost"),
        ("MAIL_URL", "mail.example"),
        ("DEMO", "yes"),
        ("PROXY_HOPS", "9"),
        ("PROXY_HOPS", "12"),
        ("PROXY_HOPS", "-1"),
        ("WORKER", "none"),
        ("WITNESS_URLS", "https://witness.example"),
        ("WITNESS_URLS", f"{WITNESS}@witness.example"),
        ("WITNESS_URLS", f"{WITNESS}@https://witness.example:port"),
        ("WITNESS_URLS", f"{WITNESS.replace('w1', 'w2')}@https://witness.example"),
        ("WITNESS_URLS", f"{WITNESS[:-4]}@https://witness.example"),
        ("WITNESS_URLS", f"{WITNESS}@https://witness.example {WITNESS}@https://other.example"),
        ("TSA_URL", "stamps.example"),
        ("TSA_URL", "https://stamps.example"),
        ("TSA_ROOTS", "no-such-file.pem"),
        ("TSA_ROOTS", __file__),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named_in_one_line(name, value):
    with pytest.raises(ConfigError) as caught:
        read_settings({**GOOD, name: value})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_faults_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        read_settings({"DATABASE_URL": "x", "WORKER": "x"})
    for name in ("DATABASE_URL", "WORKER", "SECRET_KEY", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET"):
        assert name in str(caught.value)


def test_a_secret_is_never_repeated_in_the_message():
    with pytest.raises(ConfigError) as caught:
        read_settings({**GOOD, "SECRET_KEY": "too-short-secret"})
    assert "too-short-secret" not in str(caught.value)


def test_demo_values_are_used_in_demo_mode_only():
    demo = read_settings({"DEMO": "1"})
    assert demo.secret_key == DEMO_VALUES["SECRET_KEY"]
    assert demo.stripe_api_base == "http://127.0.0.1:5000/stripe-simulator"
    for name, value in DEMO_VALUES.items():
        with pytest.raises(ConfigError, match=name):
            read_settings({**GOOD, name: value})


def test_postgresql_addresses_get_their_driver():
    url = read_settings({**GOOD, "DATABASE_URL": "postgresql://h/d"}).database_url
    assert url == "postgresql+psycopg://h/d"


def test_https_decides_about_secure_cookies():
    assert read_settings({**GOOD, "PUBLIC_URL": "https://a.example"}).is_https
    assert not read_settings({**GOOD, "PUBLIC_URL": "http://a.example"}).is_https


def test_witnesses_are_keys_with_addresses_in_the_order_given():
    settings = read_settings(
        {**GOOD, "WITNESS_URLS": f" {WITNESS}@https://witness.example:8443/log/ "}
    )
    assert settings.witnesses == (WitnessAddress(WITNESS, "https://witness.example:8443/log"),)
    assert read_settings(GOOD).witnesses == ()


def test_the_demonstration_stamps_for_itself_unless_told_otherwise():
    assert read_settings(GOOD).tsa_url == ""
    assert read_settings({"DEMO": "1"}).tsa_url == "http://127.0.0.1:5000/timestamp-server"
    assert read_settings({"DEMO": "1"}).tsa_roots is None
