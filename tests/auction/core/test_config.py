"""Settings: every fault stops the start with one line that names it."""

from __future__ import annotations

import pytest

from auction.core.config import DEMO_VALUES, ConfigError, read_settings

GOOD = {
    "SECRET_KEY": "s" * 32,
    "STRIPE_API_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
}


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
