"""Every lawful range to the fen and to the day: what is refused beside its accepted twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auction.sales.calendar import (
    add_months,
    beijing_day,
    beijing_moment,
    due_after,
    is_working_day,
    next_working_day,
)
from auction.sales.proposals import propose_terms, round_down_125
from auction.sales.rulepacks import load_rule_pack
from auction.sales.rules import Inputs, Terms, check_terms, lawful_ranges

CN = load_rule_pack("cn")
TODAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 2, tzinfo=UTC)


def inputs(**more) -> Inputs:
    values = {
        "pack": CN,
        "stage": "first",
        "movable": False,
        "today": TODAY,
        "reference_price_minor": 100_000_000,
        "price_valid_until": date(2027, 8, 31),
        "seizure_expires_on": date(2029, 1, 4),
        **more,
    }
    return Inputs(**values)


def terms(**more) -> Terms:
    opens_at = more.pop("opens_at", beijing_moment(date(2026, 12, 7)))
    values = {
        "start_price_minor": 70_000_000,
        "increment_minor": 500_000,
        "deposit_minor": 7_000_000,
        "publish_on": date(2026, 11, 6),
        "opens_at": opens_at,
        "closes_at": opens_at + timedelta(days=1),
        "balance_days": 15,
        "extension_window_seconds": 300,
        "extension_seconds": 300,
        "countdown_seconds": 86_400,
        "leader_raises": True,
        "instructions": True,
        **more,
    }
    return Terms(**values)


def faults(given_terms: Terms, given_inputs: Inputs) -> list[tuple[str, str, str]]:
    return [(f.field, f.statute, f.side) for f in check_terms(given_terms, given_inputs)]


def test_lawful_terms_have_no_fault():
    assert check_terms(terms(), inputs()) == []


# ── prices ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reference", "start", "lawful"),
    [
        (99_999_999, 69_999_999, False),  # edge 11: 70 % of 999,999.99 is 699,999.993
        (99_999_999, 70_000_000, True),
        (100_000_000, 69_999_999, False),
        (100_000_000, 70_000_000, True),  # exactly 70 % is allowed
        (1, 1, True),
    ],
)
def test_first_start_price_is_at_least_seventy_percent(reference, start, lawful):
    given_inputs = inputs(reference_price_minor=reference)
    found = faults(terms(start_price_minor=start, deposit_minor=max(start // 10, 0)), given_inputs)
    assert (("start_price_minor", "CN16-10.3", "low") not in found) is lawful


@pytest.mark.parametrize(
    ("previous", "start", "lawful"),
    [
        (70_000_000, 56_000_000, True),  # edge 12: a cut of 20.00 %
        (70_000_000, 55_999_999, False),
        (10_000_000, 7_999_000, False),  # 20.01 %
        (33_333_333, 26_666_667, True),  # 80 % is 266,666.664
        (33_333_333, 26_666_666, False),
    ],
)
def test_second_start_price_is_cut_by_twenty_percent_at_most(previous, start, lawful):
    given_inputs = inputs(stage="second", previous_start_minor=previous)
    found = faults(terms(start_price_minor=start, deposit_minor=start // 10), given_inputs)
    assert (("start_price_minor", "CN16-26.4", "low") not in found) is lawful


@pytest.mark.parametrize(
    ("start", "side"), [(56_000_000, None), (55_999_999, "low"), (56_000_001, "high")]
)
def test_selloff_price_is_the_second_start_price(start, side):
    opens_at = beijing_moment(date(2026, 12, 7))
    found = faults(
        terms(
            start_price_minor=start,
            deposit_minor=5_000_000,
            opens_at=opens_at,
            closes_at=opens_at + timedelta(days=60),
        ),
        inputs(stage="selloff", previous_start_minor=56_000_000),
    )
    assert found == ([] if side is None else [("start_price_minor", "CN455-4.1", side)])


@pytest.mark.parametrize(
    ("deposit", "side"),
    [
        (1_666_666, "low"),  # edge 10: S = 333,333.33; 5 % is 16,666.6665
        (1_666_667, None),
        (6_666_666, None),  # 20 % is 66,666.666
        (6_666_667, "high"),
    ],
)
def test_deposit_band_is_never_rounded_outward(deposit, side):
    found = faults(
        terms(start_price_minor=33_333_333, deposit_minor=deposit),
        inputs(reference_price_minor=33_333_333),
    )
    assert found == ([] if side is None else [("deposit_minor", "CN16-17.1", side)])


def test_increment_is_the_courts_but_never_nothing():
    assert check_terms(terms(increment_minor=1), inputs()) == []
    assert faults(terms(increment_minor=0), inputs()) == [("increment_minor", "", "low")]
    band = lawful_ranges(inputs(), terms())["increment_minor"]
    assert (band.suggested_floor, band.suggested_ceiling) == (350_000, 1_400_000)


def test_nothing_is_priced_without_its_ground():
    found = faults(terms(), inputs(reference_price_minor=None))
    assert ("start_price_minor", "CN16-10.2", "missing") in found
    found = faults(terms(), inputs(stage="second", previous_start_minor=None))
    assert ("start_price_minor", "CN16-26.4", "missing") in found


# ── days ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stage", "movable", "days", "statute"),
    [
        ("first", False, 30, "CN16-12.3"),
        ("first", True, 15, "CN16-12.2"),
        ("second", False, 15, "CN16-26.3"),
        ("second", True, 7, "CN16-26.3"),
        ("selloff", False, 15, "CN455-3.2"),
        ("selloff", True, 7, "CN455-3.2"),
    ],
)
@pytest.mark.parametrize("short", [0, 1])
def test_notice_days_by_stage_and_kind(stage, movable, days, statute, short):
    publish_on = date(2026, 11, 6)
    opens_at = beijing_moment(publish_on + timedelta(days=days - short))
    length = timedelta(days=60 if stage == "selloff" else 1)
    given_terms = terms(publish_on=publish_on, opens_at=opens_at, closes_at=opens_at + length)
    given_inputs = inputs(
        stage=stage,
        movable=movable,
        previous_start_minor=None if stage == "first" else 70_000_000,
    )
    expected = [("opens_at", statute, "low")] if short else []
    assert faults(given_terms, given_inputs) == expected


def test_opening_day_is_counted_in_beijing():
    # 23:30 UTC on the day before is already the lawful day in Beijing.
    opens_at = datetime(2026, 12, 5, 23, 30, tzinfo=UTC)
    given_terms = terms(publish_on=date(2026, 11, 6), opens_at=opens_at)
    assert beijing_day(opens_at) == date(2026, 12, 6)
    assert check_terms(given_terms, inputs()) == []
    early = datetime(2026, 12, 5, 15, 59, tzinfo=UTC)
    assert faults(terms(publish_on=date(2026, 11, 6), opens_at=early), inputs()) == [
        ("opens_at", "CN16-12.3", "low")
    ]


@pytest.mark.parametrize(("short_ms", "lawful"), [(0, True), (1, False)])
def test_bidding_lasts_twenty_four_hours(short_ms, lawful):
    opens_at = beijing_moment(date(2026, 12, 7))
    closes_at = opens_at + timedelta(days=1) - timedelta(milliseconds=short_ms)
    found = faults(terms(opens_at=opens_at, closes_at=closes_at), inputs())
    assert found == ([] if lawful else [("closes_at", "CN16-20.2", "low")])


@pytest.mark.parametrize(("day", "lawful"), [(30, True), (31, False)])
def test_second_sale_opens_within_thirty_days_of_the_failure(day, lawful):
    failed = date(2026, 11, 2)
    found = faults(
        terms(publish_on=failed, opens_at=beijing_moment(failed + timedelta(days=day))),
        inputs(stage="second", previous_start_minor=70_000_000, previous_failed_on=failed),
    )
    assert found == ([] if lawful else [("opens_at", "CN16-26.2", "high")])


@pytest.mark.parametrize(("day", "lawful"), [(15, True), (16, False)])
def test_selloff_is_announced_within_fifteen_days(day, lawful):
    failed = TODAY
    publish_on = failed + timedelta(days=day)
    opens_at = beijing_moment(publish_on + timedelta(days=15))
    found = faults(
        terms(publish_on=publish_on, opens_at=opens_at, closes_at=opens_at + timedelta(days=60)),
        inputs(stage="selloff", previous_start_minor=70_000_000, previous_failed_on=failed),
    )
    assert found == ([] if lawful else [("publish_on", "CN455-2.2", "high")])


@pytest.mark.parametrize(
    ("stage", "opens_on", "expected"),
    [
        ("first", date(2026, 12, 8), []),
        ("second", date(2027, 5, 30), []),  # 30 November 2026 and six months
        ("second", date(2027, 5, 31), [("opens_at", "CN18P-27.2", "high")]),  # edge 34
    ],
)
def test_sale_is_held_within_six_months_after_the_price_expired(stage, opens_on, expected):
    given_inputs = inputs(
        stage=stage, price_valid_until=date(2026, 11, 30), previous_start_minor=70_000_000
    )
    assert faults(terms(opens_at=beijing_moment(opens_on)), given_inputs) == expected


def test_first_notice_falls_within_the_prices_validity():
    given_inputs = inputs(price_valid_until=date(2026, 11, 6))
    assert check_terms(terms(publish_on=date(2026, 11, 6)), given_inputs) == []
    assert faults(
        terms(publish_on=date(2026, 11, 7), opens_at=beijing_moment(date(2026, 12, 7))),
        given_inputs,
    ) == [("publish_on", "CN18P-27.2", "high")]


def test_seizure_must_last_until_the_ruling():
    opens_at = beijing_moment(date(2026, 12, 7))  # closes on the 8th, + 15 + 10 days
    assert check_terms(terms(opens_at=opens_at), inputs(seizure_expires_on=date(2027, 1, 2))) == []
    assert faults(terms(opens_at=opens_at), inputs(seizure_expires_on=date(2027, 1, 1))) == [
        ("closes_at", "CPLI-485.1", "high")
    ]


def test_nothing_is_published_in_the_past():
    assert faults(terms(publish_on=date(2026, 11, 1)), inputs()) == [("publish_on", "", "low")]


@pytest.mark.parametrize(
    ("field", "value", "statute"),
    [
        ("extension_window_seconds", 299, "CN16-20.3"),
        ("extension_seconds", 301, "CN16-20.3"),
        ("countdown_seconds", 3600, "CN455-6.1"),
        ("balance_days", 0, "CN16-25.1"),
    ],
)
def test_what_the_law_fixes_cannot_be_chosen(field, value, statute):
    assert [f[:2] for f in faults(replace(terms(), **{field: value}), inputs())] == [
        (field, statute)
    ]


def test_every_fault_is_named_at_once():
    opens_at = beijing_moment(date(2026, 11, 10))
    bad = terms(
        start_price_minor=60_000_000,
        deposit_minor=1,
        opens_at=opens_at,
        closes_at=opens_at + timedelta(hours=2),
        balance_days=61,
    )
    assert [f.field for f in check_terms(bad, inputs())] == [
        "start_price_minor",
        "deposit_minor",
        "opens_at",
        "closes_at",
        "balance_days",
    ]


def test_practice_needs_neither_notice_nor_price():
    pack = load_rule_pack("practice")
    given_inputs = Inputs(pack=pack, stage="first", movable=False, today=TODAY)
    opens_at = NOW + timedelta(minutes=1)
    given_terms = terms(
        start_price_minor=1,
        deposit_minor=0,
        publish_on=TODAY,
        opens_at=opens_at,
        closes_at=opens_at + timedelta(minutes=1),
        extension_window_seconds=60,
        extension_seconds=60,
        countdown_seconds=1440,
    )
    assert check_terms(given_terms, given_inputs) == []
    short = replace(given_terms, closes_at=opens_at + timedelta(seconds=59))
    assert [f.field for f in check_terms(short, given_inputs)] == ["closes_at"]


# ── every value inside passes, one unit outside is refused ──────────────────────────────────────

prices = st.integers(1, 10**13)


@settings(max_examples=60, deadline=None)
@given(
    reference=prices,
    previous=prices,
    stage=st.sampled_from(["first", "second", "selloff"]),
    movable=st.booleans(),
    where=st.fractions(0, 1),
)
def test_ranges_and_refusals_agree_everywhere(reference, previous, stage, movable, where):
    given_inputs = inputs(
        stage=stage,
        movable=movable,
        reference_price_minor=reference,
        previous_start_minor=previous,
        previous_failed_on=TODAY,
    )
    lawful = propose_terms(given_inputs, NOW)
    assume(lawful_ranges(given_inputs, lawful)["deposit_minor"].is_empty is False)
    assert check_terms(lawful, given_inputs) == []
    for field, entry in lawful_ranges(given_inputs, lawful).items():
        unit = {"opens_at": timedelta(days=1), "publish_on": timedelta(days=1)}.get(
            field, timedelta(milliseconds=1) if field == "closes_at" else 1
        )
        for end, side in ((entry.floor, -1), (entry.ceiling, 1)):
            if end is None:
                continue
            inside = replace(lawful, **{field: as_value(field, end)})
            outside = replace(lawful, **{field: as_value(field, end + side * unit)})
            assert field not in {f.field for f in check_terms(inside, given_inputs)}
            assert field in {f.field for f in check_terms(outside, given_inputs)}
        if isinstance(entry.floor, int) and isinstance(entry.ceiling, int):
            middle = entry.floor + int((entry.ceiling - entry.floor) * where)
            between = replace(lawful, **{field: middle})
            assert field not in {f.field for f in check_terms(between, given_inputs)}


def as_value(field, end):
    return beijing_moment(end) if field == "opens_at" else end


# ── the calendar ────────────────────────────────────────────────────────────────────────────────


def test_holidays_and_make_up_days():
    assert not is_working_day(date(2026, 10, 1))
    assert is_working_day(date(2026, 10, 10))  # a Saturday made up for
    assert not is_working_day(date(2026, 11, 7))
    assert next_working_day(date(2026, 10, 1)) == date(2026, 10, 8)


def test_months_end_where_they_end():
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2026, 12, 1), 1) == date(2027, 1, 1)


def test_a_period_ends_with_its_last_working_day():
    # Ten days after Monday 2 November is Thursday the 12th; the period ends at midnight in Beijing.
    assert due_after(NOW, 10, CN) == datetime(2026, 11, 12, 16, tzinfo=UTC)
    # Twelve days after is a Saturday: Monday the 16th.
    assert due_after(NOW, 12, CN) == datetime(2026, 11, 16, 16, tzinfo=UTC)
    practice = load_rule_pack("practice")
    assert due_after(NOW, 10, practice) == NOW + timedelta(minutes=10)


@pytest.mark.parametrize(("amount", "rounded"), [(1, 1), (9, 5), (700_000, 500_000), (2, 2)])
def test_steps_are_round_figures(amount, rounded):
    assert round_down_125(amount) == rounded


@pytest.mark.parametrize("failed_days_ago", [0, 10, 14])
def test_proposed_second_sale_is_lawful_however_late(failed_days_ago):
    given_inputs = inputs(
        stage="second",
        previous_start_minor=70_000_000,
        previous_failed_on=TODAY - timedelta(days=failed_days_ago),
    )
    assert check_terms(propose_terms(given_inputs, NOW), given_inputs) == []


def test_proposed_dates_are_working_days_at_ten():
    proposed = propose_terms(inputs(), NOW)
    assert is_working_day(proposed.publish_on)
    assert is_working_day(beijing_day(proposed.opens_at))
    assert proposed.opens_at == beijing_moment(beijing_day(proposed.opens_at))
