"""One key, one effect; and what the simulator does when it is told to misbehave."""

from __future__ import annotations

import threading

import pytest
import stripe

KEY = {"idempotency_key": "deposit:42"}


def count_intents(court):
    return len(court.client.v1.payment_intents.list({"limit": 100}).data)


def test_the_same_call_under_a_key_is_done_once(court):
    first = court.deposit(options=KEY)
    second = court.deposit(options=KEY)
    assert second.to_dict() == first.to_dict()
    headers = second.last_response.headers
    assert headers["Idempotent-Replayed"] == "true"
    assert headers["Original-Request"] == first.last_response.request_id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert count_intents(court) == 1


def test_another_call_under_the_same_key_is_refused(court):
    court.deposit(options=KEY)
    with pytest.raises(stripe.IdempotencyError) as refused:
        court.deposit(options=KEY, amount=1)
    assert refused.value.http_status == 400
    assert count_intents(court) == 1


def test_a_refused_card_is_kept_under_the_key(court):
    declined = {"payment_method": "pm_card_visa_chargeDeclined"}
    for _attempt in range(2):
        with pytest.raises(stripe.CardError):
            court.deposit(options=KEY, **declined)
    assert count_intents(court) == 1


def test_wrong_parameters_are_not_kept_under_the_key(court):
    with pytest.raises(stripe.InvalidRequestError):
        court.deposit(options=KEY, amount=0)
    assert court.deposit(options=KEY).status == "succeeded"


def test_a_key_is_forgotten_after_a_day(court):
    first = court.deposit(options=KEY)
    court.clock.advance(days=1, seconds=-1)
    assert court.deposit(options=KEY).id == first.id
    court.clock.advance(seconds=1)
    assert court.deposit(options=KEY).id != first.id


def test_a_key_in_use_is_a_409_until_the_first_call_has_answered(make_court):
    entered, go_on = threading.Event(), threading.Event()
    slept = []

    def wait(seconds):
        slept.append(seconds)
        entered.set()
        assert go_on.wait(20)

    court = make_court(sleep=wait)
    court.tell(kind="hang_before", seconds=900, method="POST")
    answers = []
    first = threading.Thread(target=lambda: answers.append(court.deposit(options=KEY)))
    first.start()
    assert entered.wait(20)
    with pytest.raises(stripe.StripeError) as refused:
        court.deposit(options=KEY)
    assert (refused.value.http_status, refused.value.error.code) == (409, "idempotency_key_in_use")
    go_on.set()
    first.join()
    assert court.deposit(options=KEY).id == answers[0].id
    assert count_intents(court) == 1
    assert slept == [30]


def test_many_calls_at_once_under_one_key_have_one_effect(court):
    barrier = threading.Barrier(12)
    done, refused = [], []

    def pay():
        barrier.wait(20)
        try:
            done.append(court.deposit(options=KEY).id)
        except stripe.StripeError as error:
            refused.append(error.error.code)

    threads = [threading.Thread(target=pay) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) + len(refused) == 12
    assert len(set(done)) == 1
    assert set(refused) <= {"idempotency_key_in_use"}
    assert count_intents(court) == 1


def test_refunds_at_once_without_a_key_never_exceed_the_payment(court):
    intent = court.deposit()
    barrier = threading.Barrier(8)
    done = []

    def refund():
        barrier.wait(20)
        try:
            given = {"payment_intent": intent.id, "amount": 2_000_000}
            done.append(court.client.v1.refunds.create(given).id)
        except stripe.InvalidRequestError:
            return

    threads = [threading.Thread(target=refund) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 2


def test_a_rate_limit_does_nothing_and_keeps_nothing(court):
    court.tell(kind="rate_limit", times=2, path="/v1/payment_intents")
    for _attempt in range(2):
        with pytest.raises(stripe.RateLimitError):
            court.deposit(options=KEY)
    assert court.deposit(options=KEY).status == "succeeded"


@pytest.mark.parametrize(("kind", "made"), [("server_error", 0), ("server_error_after", 1)])
def test_a_server_error_is_kept_under_its_key(court, kind, made):
    court.tell(kind=kind)
    for _attempt in range(2):
        with pytest.raises(stripe.APIError) as failed:
            court.deposit(options=KEY)
        assert failed.value.http_status == 500
    assert failed.value.headers["Idempotent-Replayed"] == "true"
    assert count_intents(court) == made


@pytest.mark.parametrize(("kind", "made"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_leaves_the_outcome_to_be_found_out(court, kind, made):
    court.tell(kind=kind, path="/v1/payment_intents", method="POST")
    with pytest.raises(stripe.APIConnectionError):
        court.deposit(options=KEY)
    assert count_intents(court) == made
    assert court.deposit(options=KEY).status == "succeeded"
    assert count_intents(court) == 1


def test_a_hang_after_the_work_is_bounded(court):
    court.tell(kind="hang_after", seconds=10_000)
    assert court.deposit().status == "succeeded"
    assert court.slept == [30]


def test_a_malformed_answer_hides_what_was_done(court):
    court.tell(kind="malformed", method="POST")
    with pytest.raises(stripe.APIError, match="Invalid response body"):
        court.deposit(options=KEY)
    assert count_intents(court) == 1


def test_faults_are_listed_and_cleared(court):
    court.tell(kind="server_error", times=3)
    headers = {"Authorization": "Bearer sk_test_court"}
    _, told, _ = court.request("GET", "/_simulator/faults", headers=headers)
    assert [(fault["kind"], fault["times"]) for fault in told["faults"]] == [("server_error", 3)]
    _, told, _ = court.request("DELETE", "/_simulator/faults", headers=headers)
    assert told["faults"] == []
    assert court.deposit().status == "succeeded"


@pytest.mark.parametrize(
    "body", ['{"kind": "explode"}', '{"kind": "malformed", "times": "x"}', "[]", '{"kin": 1}']
)
def test_an_order_that_is_not_understood_is_refused(court, body):
    headers = {"Authorization": "Bearer sk_test_court", "Content-Type": "application/json"}
    status, answer, _ = court.request("POST", "/_simulator/faults", body, headers)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
