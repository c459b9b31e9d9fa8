"""Forms: what is typed is read strictly, once, and given back untouched when refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import g

from auction.core.errors import Invalid
from auction.core.forms import (
    BeijingDateTimeField,
    ChoiceField,
    DayField,
    Form,
    LongTextField,
    MailField,
    MoneyField,
    RadioChoiceField,
    StrictIntegerField,
    TextLineField,
)


class Everything(Form):
    money = MoneyField("金额", minimum=100, maximum=10_000, required=False)
    at = BeijingDateTimeField("时刻", required=False)
    day = DayField("日期", required=False)
    number = StrictIntegerField("数", minimum=1, maximum=5, required=False)
    line = TextLineField("字", max_length=5, required=False)
    text = LongTextField("文", max_length=20, required=False)
    mail = MailField("邮箱", required=False)
    choice = ChoiceField("选择", choices=[("a", "甲"), ("b", "乙")], default="a")
    radio = RadioChoiceField("单选", choices=[("a", "甲"), ("b", "乙")], default="a")


class Needed(Form):
    money = MoneyField("金额")
    line = TextLineField("字")
    radio = RadioChoiceField("单选", choices=[("a", "甲")])


@pytest.fixture
def fill(app):
    def fill(kind=Everything, **data):
        data = {"choice": "a", "radio": "a", **data} if kind is Everything else data
        with app.test_request_context("/", method="POST", data=data):
            g.csrf_valid = True  # the token is checked before any form, in core.web
            form = kind()
            form.is_good = form.validate()
            form.shown = {field.name: str(field()) for field in form}
            return form

    return fill


@pytest.mark.parametrize(
    ("name", "typed", "read"),
    [
        ("money", "12.50", 1250),
        ("money", "１２", 1200),
        ("money", "", None),
        ("at", "2026-11-23T10:05", datetime(2026, 11, 23, 2, 5, tzinfo=UTC)),
        ("at", "2026-11-23T00:00:07", datetime(2026, 11, 22, 16, 0, 7, tzinfo=UTC)),
        ("at", "2026-11-23 10:05", datetime(2026, 11, 23, 2, 5, tzinfo=UTC)),
        ("at", "", None),
        ("day", "2026-02-28", date(2026, 2, 28)),
        ("number", "5", 5),
        ("line", "  二字  ", "二字"),
        ("line", "", ""),
        ("text", "甲\r\n乙", "甲\n乙"),
        ("mail", " Name@Example.COM ", "name@example.com"),
        ("choice", "b", "b"),
        ("radio", "b", "b"),
    ],
)
def test_a_good_value_is_read(fill, name, typed, read):
    form = fill(**{name: typed})
    assert form.is_good, form.errors
    assert form[name].data == read


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("money", "12.345"),
        ("money", "-5"),
        ("money", "0.99"),
        ("money", "100.01"),
        ("money", "1e2"),
        ("at", "2026-02-30T10:00"),
        ("at", "2026-11-23T24:00"),
        ("at", "2026-11-23"),
        ("at", "2026-11-23T10:00Z"),
        ("at", "２０２６-11-23T10:00"),
        ("at", "0001-01-01T00:00"),
        ("day", "2026-2-3"),
        ("day", "2026-02-30"),
        ("day", "9999-01-01"),
        ("number", "0"),
        ("number", "6"),
        ("number", "1_0"),
        ("number", "３"),
        ("number", "+3"),
        ("number", "3.0"),
        ("number", "0x3"),
        ("line", "六个字太长了"),
        ("line", "a\x00b"),
        ("line", "a\nb"),
        ("line", "a\x1b[0m"),
        ("line", "ab\u202ec"),
        ("text", "a\x00b"),
        ("mail", "name"),
        ("mail", "a@b"),
        ("mail", "a@b.example, c@d.example"),
        ("mail", "a\n@b.example"),
        ("choice", "c"),
        ("radio", ""),
    ],
)
def test_a_bad_value_is_refused_and_stays_on_the_page(fill, name, typed):
    form = fill(**{name: typed})
    assert not form.is_good
    assert list(form.errors) == [name]
    assert all(form[name].errors)
    if name in {"money", "at", "day", "number"}:
        assert form[name].data is None
        assert f'value="{typed}"' in form.shown[name]


def test_a_parameter_sent_twice_is_refused(fill):
    form = fill(money=["1", "2"], line=["a", "b"], number=["1", "1"])
    assert set(form.errors) == {"money", "line", "number"}


def test_what_is_needed_and_missing_is_named(fill):
    form = fill(Needed, line="   ")
    assert set(form.errors) == {"money", "line", "radio"}
    assert "金额" in form.errors["money"][0]


def test_stored_values_are_shown_as_people_type_them(app):
    with app.test_request_context("/"):
        form = Everything(
            formdata=None,
            data={
                "money": 123_456,
                "at": datetime(2026, 11, 23, 2, 5, tzinfo=UTC),
                "day": date(2026, 11, 23),
                "number": 3,
            },
        )
        assert 'value="1234.56"' in form.money()
        assert 'value="2026-11-23T10:05"' in form.at()
        assert 'value="2026-11-23"' in form.day()
        assert 'value="3"' in form.number()


def test_a_services_refusal_is_shown_at_its_field_or_on_top(fill):
    form = fill()
    form.refuse(Invalid("x", "字段错了", field="line"))
    form.refuse(Invalid("x", "整体错了"))
    assert form.errors["line"] == ["字段错了"]
    assert form.form_errors == ["整体错了"]
