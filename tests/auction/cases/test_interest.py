"""Interest to the fen: given cases, and a slow twin that counts day by day."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auction.cases.interest import (
    DoubledTerms,
    Instalment,
    InterestError,
    PartPayment,
    Pause,
    RatePeriod,
    YearDays,
    reckon_doubled_interest,
    reckon_ordinary_interest,
)


def day(text):
    return date.fromisoformat(text)


def terms(debt, stops_on, *, payments=(), pauses=()):
    return DoubledTerms(
        tuple(Instalment(amount, day(due)) for amount, due in debt),
        day(stops_on),
        tuple(PartPayment(amount, day(on)) for amount, on in payments),
        tuple(Pause(day(a), day(b), "复议") for a, b in pauses),
    )


# 1,000,000.00 bears 175.00 a day: amounts below are days times that.
MILLION = 100_000_000
A_DAY = 17_500


@pytest.mark.parametrize(
    ("given_terms", "minor", "why"),
    [
        (terms([(80_000_000, "2026-02-10")], "2026-09-12"), 2_996_000, "12(d): 214 days"),
        (terms([(MILLION, "2026-01-31")], "2026-02-01"), A_DAY, "the day after counts first"),
        (terms([(MILLION, "2026-01-31")], "2026-01-31"), 0, "ruled on the last day to perform"),
        (terms([(MILLION, "2026-01-31")], "2026-01-01"), 0, "ruled before anything was overdue"),
        (terms([(MILLION, "2023-12-31")], "2024-12-31"), 366 * A_DAY, "a leap year has 366 days"),
        (terms([(MILLION, "2024-02-28")], "2024-03-01"), 2 * A_DAY, "29 February is a day"),
        (terms([(MILLION, "2025-02-28")], "2025-03-01"), A_DAY, "and is none in 2025"),
        (
            terms([(MILLION, "2026-01-31")], "2026-02-10", payments=[(MILLION // 2, "2026-02-05")]),
            5 * A_DAY + 5 * A_DAY // 2,
            "the day of a payment still counts for what is paid on it",
        ),
        (
            terms([(MILLION, "2026-01-31")], "2026-02-10", payments=[(MILLION, "2026-02-01")]),
            A_DAY,
            "paid in full on the first day",
        ),
        (
            terms([(MILLION, "2026-01-31")], "2026-02-10", payments=[(MILLION, "2026-01-31")]),
            0,
            "paid in time",
        ),
        (
            terms([(MILLION, "2026-01-31")], "2026-02-10", payments=[(MILLION, "2026-02-10")]),
            10 * A_DAY,
            "paid on the last counted day",
        ),
        (
            terms([(MILLION, "2026-01-31"), (MILLION, "2026-02-05")], "2026-02-10"),
            15 * A_DAY,
            "each instalment runs by itself",
        ),
        (
            terms(
                [(MILLION, "2026-01-31"), (MILLION, "2026-02-05")],
                "2026-02-10",
                payments=[(MILLION, "2026-02-03")],
            ),
            3 * A_DAY + 5 * A_DAY,
            "a payment goes to the oldest instalment",
        ),
        (
            terms([(MILLION, "2026-01-31")], "2026-02-10", pauses=[("2026-02-03", "2026-02-05")]),
            7 * A_DAY,
            "both ends of a stay are left out",
        ),
        (
            terms(
                [(MILLION, "2026-01-31")],
                "2026-02-10",
                pauses=[("2026-02-03", "2026-02-06"), ("2026-02-05", "2026-02-20")],
            ),
            2 * A_DAY,
            "stays that overlap are left out once, also beyond the end",
        ),
        (
            terms([(MILLION, "2026-01-31")], "2026-02-10", pauses=[("2026-01-01", "2026-03-01")]),
            0,
            "a stay over all of it",
        ),
        (terms([(1, "2026-01-31")], "2026-02-01"), 0, "a fen a day is nothing yet"),
        (terms([(1, "2018-01-01")], "2025-10-26"), 0, "2,855 days on one fen: 0.4996 fen"),
        (terms([(1, "2018-01-01")], "2025-10-29"), 1, "2,858 days on one fen: 0.50015 fen"),
        (terms([(400, "2026-01-31")], "2026-02-10"), 1, "0.7 fen is rounded up, once"),
        (terms([(2_000, "2026-01-31")], "2026-02-10"), 4, "3.5 fen is rounded up"),
    ],
)
def test_doubled_interest_is_computed_to_the_fen(given_terms, minor, why):
    assert reckon_doubled_interest(given_terms).amount_minor == minor, why


def test_the_worked_example_is_explained_in_one_line():
    (line,) = reckon_doubled_interest(terms([(80_000_000, "2026-02-10")], "2026-09-12")).lines
    assert line.document() == {
        "base": 80_000_000,
        "first": "2026-02-11",
        "last": "2026-09-12",
        "days": 214,
        "ground": "",
        "exact": [2_996_000, 1],
    }


@pytest.mark.parametrize(
    ("given_terms", "code"),
    [
        (DoubledTerms((), day("2026-01-01")), "nothing-due"),
        (terms([(0, "2026-01-01")], "2026-02-01"), "not-positive"),
        (terms([(5, "2026-01-01")], "2026-02-01", payments=[(6, "2026-01-02")]), "overpaid"),
        (
            terms([(5, "2026-01-01")], "2026-02-01", pauses=[("2026-01-05", "2026-01-04")]),
            "backwards",
        ),
        (terms([(5, "2014-07-30")], "2026-02-01"), "before-law"),
    ],
)
def test_terms_that_contradict_themselves_are_refused(given_terms, code):
    with pytest.raises(InterestError, match=code):
        reckon_doubled_interest(given_terms)


def test_the_first_day_of_the_law_can_be_computed():
    assert reckon_doubled_interest(terms([(MILLION, "2014-07-31")], "2014-08-01")).days == 1


FIRST = date(2024, 2, 20)
DAYS = st.integers(0, 40).map(lambda n: FIRST + timedelta(days=n))


@settings(max_examples=60, deadline=None)
@given(
    debt=st.lists(st.tuples(st.integers(1, 10**12), DAYS), min_size=1, max_size=4),
    shares=st.lists(st.tuples(st.integers(1, 5), DAYS), max_size=4),
    pauses=st.lists(st.tuples(DAYS, st.integers(0, 9)), max_size=3),
    stop=DAYS,
)
def test_runs_of_days_give_what_counting_day_by_day_gives(debt, shares, pauses, stop):
    whole = sum(amount for amount, _ in debt)
    payments = [(whole * share // 21, on) for share, on in shares if whole * share // 21]
    made = DoubledTerms(
        tuple(Instalment(*item) for item in debt),
        stop,
        tuple(PartPayment(*item) for item in payments),
        tuple(Pause(first, first + timedelta(days=n), "x") for first, n in pauses),
    )
    exact, at = Fraction(0), FIRST
    while at <= stop:
        at_rest = any(p.first <= at <= p.last for p in made.pauses)
        due = sum(amount for amount, on in debt if on < at)
        paid = sum(amount for amount, on in payments if on < at)
        if not at_rest:
            exact += Fraction(max(0, due - paid) * 175, 1_000_000)
        at += timedelta(days=1)
    found = reckon_doubled_interest(made)
    assert found.exact_minor == exact
    assert abs(found.amount_minor - exact) <= Fraction(1, 2)
    for earlier, later in zip(found.lines, found.lines[1:], strict=False):
        assert earlier.last < later.first


@pytest.mark.parametrize(
    ("year", "minor"), [(YearDays.BANK, 365_000_000 // 360 + 1), (YearDays.CIVIL, 1_000_000)]
)
def test_ordinary_interest_follows_the_year_the_title_names(year, minor):
    """1,000,000.00 at 1 % for 365 days; the first day counts, the last does not."""
    period = RatePeriod(MILLION, day("2025-01-01"), day("2026-01-01"), 10_000)
    assert reckon_ordinary_interest([period], year).amount_minor == minor


def test_rates_follow_one_another_and_may_not_overlap():
    first = RatePeriod(MILLION, day("2025-01-01"), day("2025-07-01"), 36_500)
    second = RatePeriod(MILLION, day("2025-07-01"), day("2026-01-01"), 73_000)
    found = reckon_ordinary_interest([second, first], YearDays.CIVIL)
    assert [line.days for line in found.lines] == [181, 184]
    assert found.amount_minor == 181 * 10_000 + 184 * 20_000
    early = RatePeriod(MILLION, day("2025-06-30"), day("2026-01-01"), 73_000)
    with pytest.raises(InterestError, match="overlap"):
        reckon_ordinary_interest([first, early], YearDays.CIVIL)
