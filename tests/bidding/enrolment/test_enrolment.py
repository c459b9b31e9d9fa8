"""Admission to a sale, step by step, and what refuses it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_bidder, make_sale, make_user
from live_room import START_PRICE, make_room
from sqlalchemy import select

from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.core.errors import DomainError, Invalid
from auction.sales.rulepacks import load_rule_pack
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.enrolment.references import (
    complete_reference,
    find_reference,
    is_reference,
    make_reference,
)
from bidding.enrolment.rules import CODE_ALPHABET, draw_code
from bidding.enrolment.services import (
    accept_notices,
    activate_enrolment,
    begin_enrolment,
    enrolment_for,
    leave_sale,
)
from bidding.room.models import SaleHead
from bidding.room.requests import Kind

KEYS = [notice.key for notice in load_rule_pack("cn").notices]


def enrol(sale_id: int, user_id: int, now) -> int:
    """Up to the deposit."""
    with transaction():
        enrolment = begin_enrolment(user_id, sale_id, now)
        db.session.flush()
        accept_notices(enrolment, KEYS, now)
        return enrolment.id


def activate(enrolment_id: int, now) -> str:
    with transaction():
        return activate_enrolment(enrolment_id, now)


def test_seven_notices_then_the_deposit_then_a_code(any_app, clock):
    now = clock.now()
    sale, user = make_sale(now), make_bidder(now)
    with transaction():
        enrolment = begin_enrolment(user.id, sale.id, now)
        assert is_reference(enrolment.reference)
        missing = accept_notices(enrolment, KEYS[:3], now)
        assert (missing, enrolment.status) == (KEYS[3:], EnrolmentStatus.BEGUN)
        assert accept_notices(enrolment, KEYS[3:], now) == []
        assert enrolment.status is EnrolmentStatus.DEPOSIT_DUE
        assert set(enrolment.notices_accepted) == set(KEYS)
        assert all(len(tick["sha256"]) == 64 for tick in enrolment.notices_accepted.values())
    code = activate(enrolment.id, now)
    assert (len(code), set(code) <= set(CODE_ALPHABET)) == (4, True)
    head = db.session.get(SaleHead, sale.id, populate_existing=True)
    assert (head.bidder_count, head.roster_version, head.version) == (1, 1, 1)
    assert activate(enrolment.id, now) == code
    assert db.session.get(SaleHead, sale.id, populate_existing=True).bidder_count == 1


def test_who_enrols_while_the_sale_runs_may_bid_at_once(any_app, clock):
    room = make_room(any_app, clock.now())
    assert room.bid(0, 0).accepted
    late = make_bidder(clock.now())
    bid = room.intake.submit_bid
    assert bid(room.sale_id, None, START_PRICE + 500_000, "a", late.id).reason == "unknown-bidder"
    enrolment_id = enrol(room.sale_id, late.id, clock.now())
    assert bid(room.sale_id, None, START_PRICE + 500_000, "b", late.id).reason == "unknown-bidder"
    code = activate(enrolment_id, clock.now())
    answer = bid(room.sale_id, None, START_PRICE + 500_000, "c", late.id)
    assert (answer.accepted, answer.receipt.code) == (True, code)


def test_enrolment_is_open_until_the_close_and_not_a_moment_longer(any_app, clock):
    room = make_room(any_app, clock.now(), bidders=0)
    last, late = make_bidder(clock.now()), make_bidder(clock.now())
    enrolment_id = enrol(room.sale_id, last.id, clock.now())
    clock.set(room.sale.closes_at - timedelta(milliseconds=1))
    waiting = enrol(room.sale_id, late.id, clock.now())
    activate(enrolment_id, clock.now())
    clock.advance(milliseconds=1)
    with pytest.raises(DomainError, match="closed"):
        activate(waiting, clock.now())
    with pytest.raises(DomainError, match="closed"):
        enrol(room.sale_id, make_bidder(clock.now()).id, clock.now())


def test_a_suspended_sale_still_takes_enrolments_after_its_old_close(any_app, clock):
    room = make_room(any_app, clock.now(), bidders=0)
    enrolment_id = enrol(room.sale_id, make_bidder(clock.now()).id, clock.now())
    room.intake.submit_command(room.sale_id, Kind.SUSPEND, actor_id=None, ground="异议")
    clock.set(room.sale.closes_at + timedelta(hours=1))
    assert activate(enrolment_id, clock.now())


def test_staff_and_the_unverified_may_not_enrol(any_app, clock):
    sale = make_sale(clock.now())
    clerk = make_user(clock.now(), Role.CLERK)
    unverified = make_user(clock.now(), Role.BIDDER)
    for user, code in ((clerk, "staff-may-not-bid"), (unverified, "identity-needed")):
        with pytest.raises(DomainError, match=code), transaction():
            begin_enrolment(user.id, sale.id, clock.now())


def test_an_unknown_notice_is_refused(any_app, clock):
    sale, user = make_sale(clock.now()), make_bidder(clock.now())
    with transaction():
        enrolment = begin_enrolment(user.id, sale.id, clock.now())
    with pytest.raises(Invalid, match="unknown-notice"), transaction():
        accept_notices(enrolment, ["no-such-notice"], clock.now())


def test_beginning_twice_is_one_enrolment(any_app, clock):
    sale, user = make_sale(clock.now()), make_bidder(clock.now())
    first = enrol(sale.id, user.id, clock.now())
    with transaction():
        assert begin_enrolment(user.id, sale.id, clock.now()).id == first


def test_a_bidder_leaves_before_the_first_bid_and_not_after(any_app, clock):
    room = make_room(any_app, clock.now(), bidders=2)
    assert room.bid(0, 0).accepted
    bidders = {e.user_id: e.id for e in db.session.scalars(select(Enrolment))}
    with pytest.raises(DomainError, match="has-bid"), transaction():
        leave_sale(bidders[room.users[0]], clock.now())
    with transaction():
        assert leave_sale(bidders[room.users[1]], clock.now()).status is EnrolmentStatus.LEFT
    assert room.bid(1, 1).reason == "unknown-bidder"
    with pytest.raises(DomainError, match="left"), transaction():
        begin_enrolment(room.users[1], room.sale_id, clock.now())
    assert enrolment_for(room.users[1], room.sale_id).status is EnrolmentStatus.LEFT


def test_codes_are_new_in_their_sale():
    taken = {draw_code(()) for _ in range(50)}
    assert draw_code(taken) not in taken


def test_a_reference_notices_any_one_wrong_digit_and_exchanged_neighbours():
    reference = make_reference()
    assert is_reference(reference)
    for place in range(1, len(reference)):
        for digit in "0123456789":
            changed = reference[:place] + digit + reference[place + 1 :]
            assert is_reference(changed) == (changed == reference)
    for place in range(1, len(reference) - 1):
        swapped = (
            reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]
        )
        assert is_reference(swapped) == (swapped == reference)


@pytest.mark.parametrize(
    ("remark", "found"),
    [
        ("保证金 {r} 张三", True),
        ("{low}", True),
        ("Ｒ{spaced}", True),
        ("{r}5", False),
        ("{wrong}", False),
        ("{r} {other}", False),
        ("", False),
    ],
)
def test_a_reference_is_found_in_the_remark_of_a_bank_line(remark, found):
    reference, other = complete_reference("482910375561"), complete_reference("000000000001")
    wrong = reference[:-1] + str((int(reference[-1]) + 1) % 10)
    spaced = f"{reference[1:5]} {reference[5:9]}-{reference[9:13]} {reference[13:]}"
    text = remark.format(
        r=reference, low=reference.lower(), spaced=spaced, wrong=wrong, other=other
    )
    assert find_reference(text) == (reference if found else None)
