"""A short group gets the largest total that fits, even where a larger one is cheaper."""

from __future__ import annotations

import random

import pytest
from distribution_oracle import hamilton, share_group
from hypothesis import example, given, settings
from hypothesis import strategies as st

from escrow.distribution.fees import NO_FEE, REALISED_FEE, FeeKind, FeeTerms, execution_fee
from escrow.distribution.groups import Demand, pay_group, split_by_largest_remainder

FEES = st.one_of(st.none(), st.just("realised"), st.integers(0, 30))
# What was paid before: nothing, a little, or just below an edge of the fee table.
PAID_BEFORE = st.sampled_from([0, 0, 0, 7, 999_900, 49_999_990, 499_999_000, 1_000_000_000])
MEMBERS = st.lists(st.tuples(st.integers(0, 300), FEES, PAID_BEFORE), min_size=1, max_size=7)


def read_terms(fee):
    if fee is None:
        return NO_FEE
    return REALISED_FEE if fee == "realised" else FeeTerms(FeeKind.FIXED, fee)


def pay(members, money):
    demands = [Demand(amount, read_terms(fee), paid) for amount, fee, paid in members]
    payment = pay_group(demands, money)
    return list(payment.shares.amounts), list(payment.fees), payment.is_complete


def pay_slowly(members, money):
    amounts, fees, paid = zip(*members, strict=True)
    return share_group(amounts, fees, paid, money)


@settings(deadline=None, max_examples=400)
@given(members=MEMBERS, money=st.one_of(st.integers(0, 400), st.integers(4_900, 31_000)))
@example(members=[(1, 5, 0), (10, None, 0), (10, None, 0)], money=14)
def test_a_group_is_paid_what_trying_every_total_finds(members, money):
    assert pay(members, money) == pay_slowly(members, money)


@settings(deadline=None, max_examples=200)
@given(
    big=st.lists(st.integers(50, 900), min_size=1, max_size=4),
    small=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    fee=st.integers(0, 60),
    share=st.fractions(0, 1),
)
def test_small_claims_with_fees_beside_large_ones_are_found_exactly(big, small, fee, share):
    members = [(amount, None, 0) for amount in big] + [(amount, fee, 0) for amount in small]
    random.Random(fee).shuffle(members)
    money = int(share * (sum(big) + sum(small) + fee * len(small)))
    assert pay(members, money) == pay_slowly(members, money)


def test_a_larger_total_that_costs_less_is_not_missed():
    """At 3 the small claim has a unit and a fee, at 4 it has lost both: 4 is cheaper than 3."""
    members = [(5, None, 0), (5, None, 0), (2, 5, 0)]
    costs = []
    for total in range(12):
        shares = hamilton(total, [amount for amount, _, _ in members])
        costs.append(total + (5 if shares[2] else 0))
    falls = [total for total in range(11) if costs[total + 1] < costs[total]]
    assert falls, costs
    best = falls[0] + 1
    shares, fees, complete = pay(members, costs[best])
    assert (sum(shares), sum(shares) + sum(fees), complete) == (best, costs[best], False)


def test_a_claim_far_too_small_for_a_unit_is_searched_without_trying_every_total():
    members = [(1, 10**9, 0), (10**4, None, 0), (10**12, None, 0)]
    shares, fees, complete = pay(members, 6 * 10**11)
    assert sum(shares) + sum(fees) <= 6 * 10**11
    assert not complete


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (10_000, [1, 1, 1], (3334, 3333, 3333)),
        (2, [1, 1, 1], (1, 1, 0)),
        (0, [0, 0], (0, 0)),
        (5, [0, 7], (0, 5)),
        (10, [6, 6, 2], (4, 4, 2)),  # the Alabama paradox: at 11 …
        (11, [6, 6, 2], (5, 5, 1)),  # … the third has less
    ],
)
def test_units_that_do_not_divide_go_to_the_largest_remainders(total, weights, shares):
    assert split_by_largest_remainder(total, weights).amounts == shares


def test_the_claims_that_got_a_rounding_unit_are_named():
    assert split_by_largest_remainder(10_000, [1, 1, 1]).rounded_up == {0}


def test_a_fixed_fee_is_taken_in_full_or_nothing_is_paid():
    assert pay([(100, 30, 0)], 30) == ([0], [0], False)
    assert pay([(100, 30, 0)], 31) == ([1], [30], False)
    assert pay([(100, 30, 0)], 130) == ([100], [30], True)


def test_a_fixed_fee_is_taken_only_once():
    assert pay([(100, 30, 1)], 30) == ([30], [0], False)


@pytest.mark.parametrize(
    ("paid_yuan", "fee_yuan"),
    [
        (10_000, 50),
        (50_000, 650),
        (500_000, 7_400),
        (1_000_000, 12_400),
        (5_000_000, 52_400),
        (10_000_000, 77_400),
        (20_000_000, 87_400),
    ],
)
def test_the_fee_table_gives_the_check_values_of_fee_14_3(paid_yuan, fee_yuan):
    assert execution_fee(paid_yuan * 100) == fee_yuan * 100


@pytest.mark.parametrize(
    ("paid_minor", "fee_minor"),
    [
        (0, 0),
        (1, 5_000),
        (1_000_000, 5_000),
        (1_000_066, 5_000),
        (1_000_067, 5_001),
        (50_000_099, 740_000),
        (50_000_100, 740_001),
        (500_000_199, 5_240_000),
        (500_000_200, 5_240_001),
        (1_000_000_999, 7_740_000),
        (1_000_001_000, 7_740_001),
    ],
)
def test_the_fee_is_rounded_down_to_the_fen(paid_minor, fee_minor):
    assert execution_fee(paid_minor) == fee_minor


def test_a_negative_payment_has_no_fee():
    with pytest.raises(ValueError, match="never negative"):
        execution_fee(-1)
