"""The hosted page, as a browser without JavaScript would use it."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

import pytest
import stripe

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def local(court, address):
    path = urlsplit(address).path
    assert path.startswith("/stripe-simulator/")
    return path.removeprefix("/stripe-simulator")


def submit(court, path, **fields):
    """The page is opened, its token taken, the form sent."""
    _, page, _ = court.request("GET", path)
    token = re.search(r'name="token" value="([0-9a-f]+)"', page)[1]
    return court.request("POST", path, urlencode({"token": token, **fields}), FORM)


def test_a_payer_holds_a_deposit_and_the_court_captures_it(court):
    v1 = court.client.v1
    session = court.checkout(
        payment_intent_data={"capture_method": "manual", "metadata": {"enrolment": "42"}}
    )
    assert (session.status, session.payment_status, session.payment_intent) == (
        "open",
        "unpaid",
        None,
    )
    assert session.payment_method_types == ["card"]
    status, _, headers = submit(court, local(court, session.url), method="pm_card_visa")
    assert status == 303
    assert headers["Location"] == f"http://court.test/paid?session={session.id}"
    paid = v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "unpaid", None)
    intent = paid.payment_intent
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5_000_000)
    assert intent.metadata.to_dict() == {"enrolment": "42"}
    assert intent.latest_charge.payment_method_details.card.capture_before > intent.created
    v1.payment_intents.capture(intent.id, {}, {"idempotency_key": "capture:42"})
    assert v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    court.simulator.deliver_pending()
    assert court.receiver.types == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "checkout.session.completed",
        "charge.captured",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize("wallet", ["alipay", "wechat_pay"])
def test_a_wallet_asks_its_payer_before_it_pays(court, wallet):
    session = court.checkout()
    assert session.payment_method_types == ["card", "alipay", "wechat_pay"]
    status, _, headers = submit(court, local(court, session.url), method=wallet)
    assert status == 303
    status, _, headers = submit(court, local(court, headers["Location"]), answer="agree")
    assert (status, headers["Location"]) == (303, f"http://court.test/paid?session={session.id}")
    paid = court.client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge"]}
    )
    assert paid.payment_status == "paid"
    assert paid.payment_intent.latest_charge.payment_method_details.type == wallet


def test_a_payer_who_refuses_comes_back_to_the_form(court):
    session = court.checkout()
    path = local(court, session.url)
    _, _, headers = submit(court, path, method="pm_card_authenticationRequired")
    status, _, headers = submit(court, local(court, headers["Location"]), answer="refuse")
    assert status == 303
    target = urlsplit(headers["Location"])
    _, page, _ = court.request("GET", f"{path}?{target.query}")
    assert "付款人没有确认这笔付款" in page
    assert court.client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_a_refused_card_shows_the_form_as_it_was_and_another_card_pays(court):
    session = court.checkout()
    path = local(court, session.url)
    status, page, _ = submit(court, path, method="pm_card_visa_chargeDeclinedInsufficientFunds")
    assert status == 402
    assert "卡内余额不足" in page
    assert re.search(r'value="pm_card_visa_chargeDeclinedInsufficientFunds" checked', page)
    assert submit(court, path, method="pm_card_visa")[0] == 303
    intents = court.client.v1.payment_intents.list().data
    assert [intent.status for intent in intents] == ["succeeded"]


def test_choosing_nothing_or_what_is_not_offered_is_explained(court):
    session = court.checkout(allowed_payment_method_types=["card"])
    path = local(court, session.url)
    for fields in ({}, {"method": "alipay"}, {"method": "pm_none"}):
        status, page, _ = submit(court, path, **fields)
        assert status == 422
        assert "请选择一种付款方式" in page
    assert court.client.v1.payment_intents.list().data == []


def test_a_form_without_its_token_is_refused(court):
    session, other = court.checkout(), court.checkout()
    path = local(court, session.url)
    assert court.request("POST", path, "method=pm_card_visa", FORM)[0] == 403
    _, page, _ = court.request("GET", local(court, other.url))
    token = re.search(r'name="token" value="([0-9a-f]+)"', page)[1]
    body = urlencode({"token": token, "method": "pm_card_visa"})
    status, page, _ = court.request("POST", path, body, FORM)
    assert status == 403
    assert "演示资金，非真实支付" in page


def test_a_form_sent_twice_pays_once(court):
    session = court.checkout()
    path = local(court, session.url)
    _, page, _ = court.request("GET", path)
    token = re.search(r'name="token" value="([0-9a-f]+)"', page)[1]
    body = urlencode({"token": token, "method": "pm_card_visa"})
    assert court.request("POST", path, body, FORM)[0] == 303
    status, page, _ = court.request("POST", path, body, FORM)
    assert status == 200
    assert "付款已经完成" in page
    assert len(court.client.v1.charges.list().data) == 1


def test_an_expired_session_takes_no_money(court):
    session = court.checkout(expires_at=int(court.clock().timestamp()) + 1800)
    path = local(court, session.url)
    with pytest.raises(stripe.CardError):
        court.deposit(payment_method="pm_card_visa_chargeDeclined")
    submit(court, path, method="pm_card_visa_chargeDeclined")
    court.clock.advance(minutes=30)
    _, page, _ = court.request("GET", path)
    assert "付款时限已过" in page
    ended = court.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (ended.status, ended.payment_intent.status) == ("expired", "canceled")
    court.simulator.deliver_pending()
    assert court.receiver.types[-2:] == ["payment_intent.canceled", "checkout.session.expired"]


def test_only_open_sessions_expire_by_order(court):
    sessions = court.client.v1.checkout.sessions
    session = court.checkout()
    assert sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        sessions.expire(session.id)


def test_the_intent_of_an_open_session_is_not_cancelled_by_itself(court):
    session = court.checkout()
    submit(court, local(court, session.url), method="alipay")
    intent = court.client.v1.checkout.sessions.retrieve(session.id).payment_intent
    with pytest.raises(stripe.InvalidRequestError, match="Expire the session"):
        court.client.v1.payment_intents.cancel(intent)


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"expires_at": 1}, None, "expires_at"),
        ({"success_url": "javascript:alert(1)"}, "url_invalid", "success_url"),
        ({"line_items": []}, "parameter_missing", "line_items"),
        (
            {"payment_method_types": ["card"]},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        (
            {
                "allowed_payment_method_types": ["alipay"],
                "payment_intent_data": {"capture_method": "manual"},
            },
            None,
            "allowed_payment_method_types",
        ),
    ],
)
def test_wrong_sessions_are_refused_by_name(court, change, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        court.checkout(**change)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_session_lists_its_lines_and_is_found_by_its_intent(court):
    sessions = court.client.v1.checkout.sessions
    session = court.checkout()
    court.checkout()
    lines = sessions.line_items.list(session.id).data
    assert [(line.description, line.amount_total) for line in lines] == [("保证金", 5_000_000)]
    submit(court, local(court, session.url), method="pm_card_visa")
    intent = sessions.retrieve(session.id).payment_intent
    assert [item.id for item in sessions.list({"payment_intent": intent}).data] == [session.id]


def test_a_direct_payment_returns_with_its_outcome(court):
    intent = court.deposit(
        payment_method="pm_card_authenticationRequired", return_url="http://court.test/back?a=1"
    )
    path = local(court, intent.next_action.redirect_to_url.url)
    status, _, headers = submit(court, path, answer="agree")
    assert status == 303
    assert headers["Location"].startswith(f"http://court.test/back?a=1&payment_intent={intent.id}&")
    assert headers["Location"].endswith("redirect_status=succeeded")
    assert "这里没有待确认的付款" in court.request("GET", path)[1]


def test_every_page_says_that_it_is_play_money_and_loads_nothing_foreign(court):
    session = court.checkout()
    path = local(court, session.url)
    _, _, headers = submit(court, path, method="alipay")
    authorise = local(court, headers["Location"])
    for address in ("/", path, authorise, "/pay/cs_none", "/nowhere"):
        _, page, headers = court.request("GET", address)
        assert "演示资金，非真实支付" in page
        assert "<script" not in page
        assert " style=" not in page
        assert re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page) == [
            "data:,",
            "/stripe-simulator/static/simulator.css",
        ]
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    assert court.request("GET", "/static/simulator.css")[0] == 200


def test_the_front_page_lists_payments_and_refunds(court):
    intent = court.deposit()
    refund = court.client.v1.refunds.create({"payment_intent": intent.id, "amount": 123_456})
    _, page, _ = court.request("GET", "/")
    assert intent.id in page
    assert refund.id in page
    assert "¥50,000.00" in page
    assert "¥1,234.56" in page
