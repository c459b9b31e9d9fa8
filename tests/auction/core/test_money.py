"""Money: text to minor units and back, mixed currencies, division without loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auction.core.money import (
    MAX_MINOR,
    Money,
    MoneyError,
    ceil_ratio,
    floor_ratio,
    format_money,
    money_words,
    parse_money,
)

DATA = Path(__file__).resolve().parents[2] / "data"


def shared(name):
    """Cases that the browser's tests use too."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("0", 0),
        ("0.01", 1),
        ("1", 100),
        ("1.2", 120),
        ("1234567.89", 123_456_789),
        ("1,234,567.89", 123_456_789),
        ("1，234，567.89", 123_456_789),
        ("1 234 567", 123_456_700),
        ("１２３４", 123_400),
        ("¥500", 50_000),
        ("￥500", 50_000),
        ("CNY 500", 50_000),
        ("500元", 50_000),
        ("123.45万", 123_450_000),
        ("123.45万元", 123_450_000),
        ("0.000001万", 1),
        ("1.5亿", 15_000_000_000),
        ("1.00", 100),
        (" 7 ", 700),
        ("10000000000000", MAX_MINOR),
    ],
)
def test_amounts_as_people_write_them_are_understood(text, minor):
    assert parse_money(text) == minor


@pytest.mark.parametrize(
    "text",
    (  # noqa: SIM905  # a list would take thirty lines
        "|| |-1|+1|1.|.5|1.234|1e3|0x10|1_000|1,23|12,34,567|1,234,56|abc|1 2|1.2.3|NaN|Infinity|"
        "万|1万万|$5|5 USD|0.0000001万|١٢٣|10000000000000.01|½|一百|1,,000|,100|1\x00"
    ).split("|"),
)
def test_anything_else_is_refused(text):
    with pytest.raises(MoneyError):
        parse_money(text)


def test_forty_digits_are_refused():
    with pytest.raises(MoneyError, match="too large"):
        parse_money("9" * 40)


@pytest.mark.parametrize("case", shared("money_text.json"), ids=lambda case: repr(case["text"]))
def test_the_server_reads_money_as_the_browser_does(case):
    if case["minor"] is None:
        with pytest.raises(MoneyError):
            parse_money(case["text"])
    else:
        assert parse_money(case["text"]) == case["minor"]


@pytest.mark.parametrize("case", shared("money_words.json"), ids=lambda case: str(case["minor"]))
def test_the_server_words_money_as_the_browser_does(case):
    assert money_words(case["minor"]) == case["words"]


@given(st.integers(0, MAX_MINOR))
@settings(max_examples=200)
def test_what_is_written_is_read_back(minor):
    assert parse_money(format_money(minor)) == minor
    assert parse_money(format_money(minor, symbol=False).replace(",", "")) == minor


@given(
    st.integers(0, MAX_MINOR),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any),
)
@settings(max_examples=300)
def test_parts_sum_to_the_whole_and_differ_from_their_share_by_less_than_one(minor, weights):
    parts = Money(minor).allocate(weights)
    assert sum(part.minor for part in parts) == minor
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor * total - minor * weight) < total
        assert weight or part.minor == 0


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [-1]])
def test_weights_that_divide_nothing_are_refused(weights):
    with pytest.raises(MoneyError):
        Money(100).allocate(weights)


def test_the_units_left_over_go_to_the_largest_rests_the_earlier_first():
    assert [part.minor for part in Money(100).allocate([1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in Money(5).allocate([3, 3, 1])] == [2, 2, 1]


def test_mixed_currencies_are_refused_by_every_operation():
    yuan, dollar = Money(1), Money(1, "USD")
    for operation in (lambda: yuan + dollar, lambda: yuan - dollar, lambda: yuan < dollar):
        with pytest.raises(MoneyError):
            operation()
    assert yuan + Money(2) == Money(3)
    assert yuan != dollar


@pytest.mark.parametrize(
    ("minor", "text"),
    [(0, "¥0.00"), (1, "¥0.01"), (-1, "-¥0.01"), (123_456_789, "¥1,234,567.89"), (-100, "-¥1.00")],
)
def test_amounts_are_written_with_grouping_and_two_decimals(minor, text):
    assert format_money(minor) == text


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "零元整"),
        (100, "壹元整"),
        (512_345_678, "伍佰壹拾贰万叁仟肆佰伍拾陆元柒角捌分"),
        (10_000_000, "壹拾万元整"),
        (1_000_100, "壹万零壹元整"),
    ],
)
def test_amounts_in_words_are_those_of_a_cheque(minor, words):
    assert money_words(minor) == words


@given(st.integers(0, MAX_MINOR), st.integers(0, 10_000))
@settings(max_examples=200)
def test_ratios_bracket_the_exact_value(minor, bps):
    exact = minor * bps
    assert floor_ratio(minor, bps) * 10_000 <= exact < (floor_ratio(minor, bps) + 1) * 10_000
    assert ceil_ratio(minor, bps) * 10_000 >= exact > (ceil_ratio(minor, bps) - 1) * 10_000
