"""Intents, charges, refunds, payouts: through the real client, over real HTTP."""

from __future__ import annotations

import pytest
import stripe

from escrow.stripe_simulator.cards import compute_fee

DAY = 86_400


def read_balance(court, currency="cny"):
    available = court.client.v1.balance.retrieve().available
    return {fund.currency: fund.amount for fund in available}.get(currency, 0)


def test_an_automatic_payment_is_paid_at_once(court):
    intent = court.deposit(expand=["latest_charge.balance_transaction"])
    assert (intent.status, intent.amount_received) == ("succeeded", 5_000_000)
    charge = intent.latest_charge
    assert (charge.captured, charge.amount_captured) == (True, 5_000_000)
    movement = charge.balance_transaction
    assert (movement.amount, movement.fee, movement.net) == (5_000_000, 145_030, 4_854_970)
    assert read_balance(court) == 4_854_970


def test_a_hold_takes_nothing_and_says_until_when_it_can_be_captured(court):
    intent = court.deposit(capture_method="manual", expand=["latest_charge"])
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5_000_000)
    charge = intent.latest_charge
    assert (charge.captured, charge.balance_transaction) == (False, None)
    assert charge.payment_method_details.card.capture_before == charge.created + 7 * DAY
    assert read_balance(court) == 0


def test_a_hold_is_captured_in_part_once(court):
    v1 = court.client.v1
    intent = court.deposit(capture_method="manual")
    taken = v1.payment_intents.capture(intent.id, {"amount_to_capture": 4_000_000})
    assert (taken.status, taken.amount_received) == ("succeeded", 4_000_000)
    assert taken.amount_capturable == 0
    with pytest.raises(stripe.InvalidRequestError) as refused:
        v1.payment_intents.capture(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error.payment_intent["id"] == intent.id


def test_no_more_than_the_hold_is_captured(court):
    intent = court.deposit(capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        court.client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 5_000_001})
    assert (refused.value.code, refused.value.param) == ("amount_too_large", "amount_to_capture")
    assert court.client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_a_cancelled_hold_is_released(court):
    v1 = court.client.v1
    intent = court.deposit(capture_method="manual")
    ended = v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (ended.status, ended.cancellation_reason) == ("canceled", "abandoned")
    assert v1.charges.retrieve(intent.latest_charge).refunded is True
    assert v1.balance_transactions.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        v1.payment_intents.cancel(intent.id)


def test_a_hold_lapses_by_itself_at_capture_before_and_not_a_second_earlier(court):
    v1 = court.client.v1
    intent = court.deposit(capture_method="manual")
    court.clock.advance(days=7, seconds=-1)
    assert v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    court.clock.advance(seconds=1)
    with pytest.raises(stripe.InvalidRequestError):
        v1.payment_intents.capture(intent.id)
    ended = v1.payment_intents.retrieve(intent.id)
    assert (ended.status, ended.cancellation_reason) == ("canceled", "automatic")
    types = [event.type for event in v1.events.list({"limit": 2}).data]
    assert types == ["payment_intent.canceled", "charge.expired"]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ],
)
def test_a_refused_card_is_a_402_and_another_card_may_follow(court, card, code, decline_code):
    v1 = court.client.v1
    with pytest.raises(stripe.CardError) as refused:
        court.deposit(payment_method=card)
    error = refused.value.error
    assert (refused.value.http_status, error.code) == (402, code)
    assert error.to_dict().get("decline_code") == decline_code
    intent = v1.payment_intents.retrieve(error.payment_intent["id"], {"expand": ["latest_charge"]})
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == code
    assert (intent.latest_charge.status, intent.latest_charge.paid) == ("failed", False)
    paid = v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


def test_metadata_is_merged_and_emptied(court):
    v1 = court.client.v1
    intent = court.deposit(metadata={"sale": "7", "enrolment": "42"})
    changed = v1.payment_intents.update(intent.id, {"metadata": {"sale": "8", "enrolment": ""}})
    assert changed.metadata.to_dict() == {"sale": "8"}
    assert v1.payment_intents.update(intent.id, {"metadata": ""}).metadata.to_dict() == {}


def test_refunds_never_exceed_what_was_captured(court):
    v1 = court.client.v1
    intent = court.deposit(capture_method="manual")
    v1.payment_intents.capture(intent.id, {"amount_to_capture": 3_000_000})
    first = v1.refunds.create(
        {"payment_intent": intent.id, "amount": 1_000_000, "metadata": {"release": "9"}}
    )
    assert (first.status, first.metadata.to_dict()) == ("succeeded", {"release": "9"})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        v1.refunds.create({"payment_intent": intent.id, "amount": 2_000_001})
    rest = v1.refunds.create({"charge": intent.latest_charge})
    assert rest.amount == 2_000_000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"
    found = v1.refunds.list({"payment_intent": intent.id})
    assert [refund.id for refund in found.data] == [rest.id, first.id]
    assert v1.charges.retrieve(intent.latest_charge).refunded is True
    assert read_balance(court) == -compute_fee("card", 3_000_000)


def test_a_hold_is_not_refunded_but_cancelled(court):
    intent = court.deposit(capture_method="manual")
    for which in ({"payment_intent": intent.id}, {"charge": intent.latest_charge}):
        with pytest.raises(stripe.InvalidRequestError):
            court.client.v1.refunds.create(which)
    assert court.client.v1.refunds.list().data == []


def test_a_refund_can_come_back_and_be_made_again(court):
    v1 = court.client.v1
    intent = court.deposit()
    refund = v1.refunds.create({"payment_intent": intent.id})
    before = read_balance(court)
    court.control(f"refunds/{refund.id}/fail")
    failed = v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert read_balance(court) == before + 5_000_000
    assert v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"
    types = {event.type for event in v1.events.list({"types": ["refund.failed"]}).data}
    assert types == {"refund.failed"}


def test_payouts_take_the_balance_and_arrive_a_day_later(court):
    v1 = court.client.v1
    court.deposit()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        v1.payouts.create({"amount": 5_000_000, "currency": "cny"})
    assert refused.value.code == "balance_insufficient"
    payout = v1.payouts.create({"amount": 4_854_970, "currency": "cny"})
    assert (payout.status, read_balance(court)) == ("pending", 0)
    court.clock.advance(days=1)
    assert v1.payouts.retrieve(payout.id).status == "paid"


def test_an_automatic_payout_names_the_movements_it_contains(court):
    v1 = court.client.v1
    intent = court.deposit()
    v1.refunds.create({"payment_intent": intent.id, "amount": 1_000_000})
    (payout,) = court.control("payouts")["payouts"]
    court.deposit()
    contained = v1.balance_transactions.list({"payout": payout["id"]}).data
    assert [item.type for item in contained] == ["payout", "refund", "charge"]
    assert sum(item.net for item in contained) == 0
    assert payout["amount"] == 3_854_970


def test_balance_transactions_are_found_by_source_and_type(court):
    v1 = court.client.v1
    intent = court.deposit()
    court.deposit()
    refund = v1.refunds.create({"payment_intent": intent.id})
    by_source = v1.balance_transactions.list({"source": refund.id}).data
    assert [item.id for item in by_source] == [refund.balance_transaction]
    assert len(v1.balance_transactions.list({"type": "charge"}).data) == 2
    assert sum(item.net for item in v1.balance_transactions.list().data) == read_balance(court)


def test_lists_are_paged_in_both_directions(court):
    v1 = court.client.v1
    made = [court.deposit(amount=100 + number).id for number in range(5)][::-1]
    first = v1.payment_intents.list({"limit": 2})
    assert ([item.id for item in first.data], first.has_more) == (made[:2], True)
    last = v1.payment_intents.list({"limit": 3, "starting_after": made[1]})
    assert ([item.id for item in last.data], last.has_more) == (made[2:], False)
    back = v1.payment_intents.list({"limit": 2, "ending_before": made[4]})
    assert ([item.id for item in back.data], back.has_more) == (made[2:4], True)
    every = v1.payment_intents.list({"limit": 2}).auto_paging_iter()
    assert [item.id for item in every] == made


def test_lists_are_narrowed_by_time(court):
    early = court.deposit()
    court.clock.advance(hours=1)
    late = court.deposit()
    since = court.client.v1.payment_intents.list({"created": {"gte": late.created}})
    until = court.client.v1.payment_intents.list({"created": {"lt": late.created}})
    assert [item.id for item in since.data] == [late.id]
    assert [item.id for item in until.data] == [early.id]


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": None}, "parameter_missing", "amount"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        (
            {"automatic_payment_methods": {"enabled": True, "colour": "red"}},
            "parameter_unknown",
            "automatic_payment_methods[colour]",
        ),
        (
            {"payment_method_types": ["card"]},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        ({"capture_method": "later"}, None, "capture_method"),
        ({"payment_method": "pm_unknown"}, "resource_missing", "payment_method"),
        ({"expand": ["customer"]}, None, "expand"),
    ],
)
def test_wrong_parameters_are_refused_by_name(court, change, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        court.deposit(**change)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert court.client.v1.payment_intents.list().data == []


def test_the_largest_amount_is_accepted(court):
    assert court.deposit(amount=99_999_999).amount_received == 99_999_999


def test_a_payment_that_needs_its_payer_waits_for_him(court):
    given = {"payment_method": "pm_card_authenticationRequired"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        court.deposit(**given)
    assert refused.value.param == "return_url"
    intent = court.deposit(**given, return_url="http://court.test/back")
    assert intent.status == "requires_action"
    assert intent.next_action.redirect_to_url.url.endswith(f"/authorise/{intent.id}")


def test_what_does_not_exist_is_a_404(court):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        court.client.v1.payment_intents.retrieve("pi_none")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    status, body, _ = court.request(
        "GET", "/v1/x", headers={"Authorization": "Bearer sk_test_court"}
    )
    assert (status, body["error"]["message"]) == (404, "Unrecognized request URL (GET: /v1/x).")


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer sk_test_court", 200),
        ("Basic c2tfdGVzdF9jb3VydDo=", 200),
        ("Bearer sk_test_other", 401),
        ("Basic eDp5", 401),
        (None, 401),
    ],
)
@pytest.mark.parametrize("path", ["/v1/balance", "/_simulator/faults"])
def test_only_the_key_opens_the_api(court, path, authorization, status):
    headers = {} if authorization is None else {"Authorization": authorization}
    assert court.request("GET", path, headers=headers)[0] == status


def test_every_answer_names_its_request(court):
    intent = court.deposit()
    assert intent.last_response.request_id.startswith("req_")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        court.client.v1.refunds.retrieve("re_none")
    assert refused.value.request_id.startswith("req_")


@pytest.mark.parametrize(
    ("kind", "amount", "fee"),
    [
        ("card", 10_000, 320),
        ("card", 10, 10),
        ("card", 10_017, 320),
        ("card", 10_018, 321),
        ("alipay", 10_000, 220),
        ("wechat_pay", 22, 0),
        ("wechat_pay", 23, 1),
    ],
)
def test_fees_are_rounded_half_up_and_never_exceed_the_payment(kind, amount, fee):
    assert compute_fee(kind, amount) == fee
