"""Play money is there in demo mode alone, and is paid as a person pays."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest
from conftest import browser

from escrow.demo.payer import press_pay
from escrow.demo.provider import LazySimulator, local_provider, store_path
from escrow.payments.facts import CheckoutOrder
from escrow.payments.gateway import current_gateway


def test_the_simulator_is_mounted_in_demo_mode_alone(make_app):
    with_demo, without = make_app(DEMO="1"), make_app()
    answer = browser(with_demo).get("/stripe-simulator/")
    assert answer.status_code == 200
    assert "演示资金" in answer.get_data(as_text=True)
    assert browser(without).get("/stripe-simulator/").status_code == 404


def test_the_api_asks_for_the_key_and_the_pages_belong_to_the_public_address(make_app):
    app = make_app(DEMO="1")
    assert browser(app).get("/stripe-simulator/v1/payment_intents").status_code == 401
    answer = browser(app).get(
        "/stripe-simulator/v1/payment_intents",
        headers={"Authorization": "Bearer sk_test_luochui"},
    )
    assert answer.status_code == 200


def test_a_command_opens_no_store_and_starts_no_thread(make_app):
    app = make_app(DEMO="1")
    with app.app_context():
        assert not store_path(app).exists()
        LazySimulator(app)
        assert not store_path(app).exists()


def test_the_store_lies_beside_its_database_unless_named(make_app, tmp_path):
    app = make_app(DEMO="1")
    assert store_path(app).parent == tmp_path
    app.config["SIMULATOR_STORE"] = str(tmp_path / "elsewhere.db")
    assert store_path(app).name == "elsewhere.db"


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_authenticationRequired", "alipay"])
def test_a_page_is_paid_also_where_the_payer_is_asked_once_more(make_app, clock, method):
    app = make_app(DEMO="1")
    with app.app_context(), local_provider(app, clock):
        gateway = current_gateway()
        session = gateway.create_checkout(_order(clock))
        press_pay(session.url, method)
        paid = gateway.read_session(session.session_id)
        assert (paid.status, paid.intent.status) == ("complete", "succeeded")


def test_a_refused_card_is_no_payment(make_app, clock):
    app = make_app(DEMO="1")
    with app.app_context(), local_provider(app, clock):
        session = current_gateway().create_checkout(_order(clock))
        with pytest.raises(LookupError, match="refused"):
            press_pay(session.url, "pm_card_visa_chargeDeclined")


def opened_now(clock):
    """The payment pages that the provider says were opened at this second."""
    return list(current_gateway().list_sessions(since=clock.now(), until=clock.now()))


def test_the_local_provider_is_gone_afterwards_and_begins_anew_when_asked(make_app, clock):
    app = make_app(DEMO="1")
    with app.app_context():
        with local_provider(app, clock) as base:
            current_gateway().create_checkout(_order(clock))
        with local_provider(app, clock):
            assert len(opened_now(clock)) == 1
        with local_provider(app, clock, begins_anew=True):
            assert opened_now(clock) == []
        assert "luochui.gateway" not in app.extensions
        connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=2)
        with pytest.raises(ConnectionRefusedError):
            connection.request("GET", "/")


def _order(clock) -> CheckoutOrder:
    from datetime import timedelta

    return CheckoutOrder(
        key="payment:1:checkout:0",
        amount_minor=12_300,
        currency="CNY",
        title="竞买保证金",
        is_hold=False,
        methods=("card", "alipay"),
        expires_at=clock.now() + timedelta(hours=1),
        return_url="http://luochui.test/done",
        cancel_url="http://luochui.test/back",
        metadata={"site": "demo", "payment": "1"},
    )
