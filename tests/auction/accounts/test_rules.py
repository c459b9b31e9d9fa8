"""Whose papers open an account: numbers, check digits, age (QUAL-1)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric

from auction.accounts.rules import (
    check_capacity,
    read_company_code,
    read_phone,
    read_resident_id,
)
from auction.core.errors import Invalid

TODAY = date(2026, 11, 2)


def resident_id(born_on: str, place: str = "110101", order: str = "001") -> str:
    """A number that could have been issued, with its check digit."""
    head = f"{place}{born_on}{order}"
    return head + ric.calc_check_digit(head + "0")


@given(st.dates(date(1900, 1, 1), date(2026, 11, 1)), st.integers(0, 999))
@settings(max_examples=100)
def test_a_number_with_its_check_digit_is_read_and_any_other_digit_is_refused(day, order):
    number = resident_id(f"{day:%Y%m%d}", order=f"{order:03d}")
    person = read_resident_id(number.lower())
    assert (person.number, person.born_on) == (number, day)
    other = "0" if number[-1] == "X" else str((int(number[-1]) + 1) % 10)
    with pytest.raises(Invalid):
        read_resident_id(number[:-1] + other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "110101",
        "11010119900101001",
        "1101011990010100X1",
        "abcdefghijklmnopqr",
        resident_id("19900101")[:-1] + "×",
        resident_id("19901301"),
        resident_id("19900230"),
        "110101-19900101-001\x00",
    ],
)
def test_what_was_never_issued_is_refused_at_its_field(text):
    with pytest.raises(Invalid) as caught:
        read_resident_id(text)
    assert caught.value.field == "id_number"


def test_blanks_are_taken_out_and_x_is_made_large():
    number = next(
        n for n in (resident_id("19900101", order=f"{i:03d}") for i in range(1000)) if n[-1] == "X"
    )
    assert read_resident_id(f" {number[:6]} {number[6:14]} {number[14:].lower()} ").number == number


def test_a_code_of_a_place_that_was_given_up_keeps_nobody_out():
    read_resident_id(resident_id("19550101", place="512301"))


@pytest.mark.parametrize(
    ("born_on", "code"),
    [
        ("20081102", None),  # 18 today
        ("20081103", "capacity-to-confirm"),  # 18 tomorrow
        ("20101102", "capacity-to-confirm"),  # 16 today
        ("20101103", "no-capacity"),  # 16 tomorrow
        ("20261101", "no-capacity"),
        ("20270101", "no-capacity"),
        ("19000101", None),
        ("18950101", "resident-id"),
    ],
)
def test_capacity_begins_at_eighteen_and_between_sixteen_and_eighteen_the_court_confirms(
    born_on, code
):
    person = read_resident_id(resident_id(born_on))
    if code is None:
        check_capacity(person, TODAY)
        return
    with pytest.raises(Invalid) as caught:
        check_capacity(person, TODAY)
    assert caught.value.code == code


def test_who_was_born_on_29_february_is_of_age_on_1_march():
    person = read_resident_id(resident_id("20080229"))
    assert person.age_on(date(2026, 2, 28)) == 17
    assert person.age_on(date(2026, 3, 1)) == 18


@pytest.mark.parametrize(
    "text", ["91110000600037341L", "9 1 110000 600037341L", "91110000600037341l"]
)
def test_a_company_code_is_read(text):
    assert read_company_code(text) == "91110000600037341L"


@pytest.mark.parametrize(
    "text",
    ["", "91110000600037342L", "91110000600037341", "I1110000600037341L"],
)
def test_a_wrong_company_code_is_refused(text):
    with pytest.raises(Invalid):
        read_company_code(text)


def test_telephone_numbers_are_read_without_ornament():
    assert read_phone("+86 138-0000-0000") == "+8613800000000"
    for text in ("", "123456", "1380000000a", "１３８００００００００", "1" * 16):
        with pytest.raises(Invalid):
            read_phone(text)
