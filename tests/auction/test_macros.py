"""Shared template parts: they render from plain values and keep the promises of the content policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel
from jinja2 import StrictUndefined
from wtforms import Form, IntegerField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from auction.assets.models import Category
from auction.core import clock
from auction.core.money import format_money, money_words
from auction.core.plot import price_steps, range_marks
from auction.core.web import format_beijing

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 2, 5, 32, tzinfo=UTC)


@dataclass(frozen=True)
class Bid:
    at: datetime
    amount_minor: int
    code: str
    auto: bool = False
    extended: bool = False


class Terms(Form):  # type: ignore[misc]  # WTForms is untyped
    name = StringField("竞买人", [InputRequired("请填写竞买人")], description="与身份证件一致")
    price = StringField("起拍价", [InputRequired("请填写起拍价")])
    days = IntegerField("公告期")
    who = RadioField("身份", choices=[SelectChoice("a", "自己"), SelectChoice("b", "代理")])


@pytest.fixture(scope="module")
def pages() -> Iterator[Flask]:
    app = Flask(
        "pages", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    Babel(app, default_locale="zh_Hans_CN")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters.update(
        money=format_money,
        money_words=money_words,
        beijing=lambda at: format_beijing(at, "full"),
        beijing_short=lambda at: format_beijing(at, "short"),
        iso=clock.iso,
    )
    app.jinja_env.globals.update(
        price_steps=price_steps, range_marks=range_marks, csrf_token=lambda: "token"
    )
    with app.test_request_context("/"):
        yield app


def render(pages: Flask, file: str, macro: str, *args: object, **named: object) -> str:
    module = pages.jinja_env.get_template(f"_macros/{file}.html").module
    return str(getattr(module, macro)(*args, **named))


def test_money_shows_digits_words_and_the_exact_minor_units(pages: Flask):
    html = render(pages, "money", "money", 7_000_000_050, words=True)
    assert 'value="7000000050"' in html
    assert "¥70,000,000.50" in html
    assert "柒仟万元伍角" in html


def test_money_that_is_not_there_is_a_dash(pages: Flask):
    assert "—" in render(pages, "money", "money", None)


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(hours=3, minutes=4, seconds=5), "03:04:05"),
        (timedelta(days=2, seconds=1), "2 天 00:00:01"),
        (timedelta(0), "已到时间"),
        (timedelta(seconds=-5), "已到时间"),
    ],
)
def test_a_countdown_is_right_before_any_script_runs(pages: Flask, left: timedelta, text: str):
    assert f">{text}</time>" in render(pages, "time", "countdown", NOW + left, NOW)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3_499_999, "¥34,999.99 低于法定下限。"),
        (3_500_000, "¥35,000.00 在法定范围内。"),
        (14_000_000, "¥140,000.00 在法定范围内。"),
        (14_000_001, "¥140,000.01 高于法定上限。"),
    ],
)
def test_a_range_says_in_words_where_the_value_stands(pages: Flask, value: int, words: str):
    html = render(pages, "range", "range_bar", 3_500_000, 14_000_000, value)
    verdict = re.search(r'range__verdict">([^<]+)<', html)
    assert verdict is not None
    assert verdict[1].strip() == words


def test_the_price_plot_has_its_figures_as_a_table(pages: Flask):
    bids = [Bid(NOW, 70_000_000, "K7Q2"), Bid(NOW + timedelta(hours=1), 70_500_000, "P1XC")]
    html = render(pages, "plot", "price_plot", bids, 70_000_000, NOW, NOW + timedelta(hours=24))
    assert html.count('scope="row"') == len(bids)
    assert "共 2 次出价" in html


def test_an_error_is_tied_to_its_field_and_listed_on_top(pages: Flask):
    form = Terms(data={"price": ""})
    assert not form.validate()
    assert 'href="#name"' in render(pages, "forms", "error_summary", form)
    html = render(pages, "forms", "field", form.name)
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="name-hint name-error"' in html
    assert 'id="name-error"' in html


def test_an_optional_field_says_so_and_a_required_one_does_not(pages: Flask):
    form = Terms()
    assert "选填" in render(pages, "forms", "field", form.days, unit="日")
    assert "选填" not in render(pages, "forms", "field", form.name)


def test_choices_are_one_group_with_one_name(pages: Flask):
    html = render(pages, "forms", "field", Terms().who)
    assert html.count("<legend>") == 1
    assert html.count('type="radio"') == 2


@pytest.mark.parametrize(
    ("page", "shown"),
    [(1, "1 2 … 9"), (2, "1 2 3 … 9"), (5, "1 … 4 5 6 … 9"), (9, "1 … 8 9")],
)
def test_a_pager_names_the_ends_and_the_neighbours(pages: Flask, page: int, shown: str):
    html = render(pages, "pager", "pager", page, 9, 171, lambda n: f"?page={n}")
    items = re.findall(r"<li><(?:a|span)[^>]*>([\d…]+)<", html)
    assert " ".join(items) == shown


def test_every_icon_asked_for_is_in_the_sprite():
    sprite = (ROOT / "static/img/icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    asked = {
        name
        for page in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"\bicon\('([\w-]+)'", page.read_text(encoding="utf-8"))
    }
    assert asked - drawn == set()


# What is data is no script: it is never run.
_SCRIPT = re.compile(r'<script(?! type="application/json")[^>]*>')


def test_no_template_carries_a_style_or_a_script_of_its_own():
    for page in (ROOT / "templates").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", text), page
        assert all("src=" in tag for tag in _SCRIPT.findall(text)), page


@pytest.mark.parametrize("category", list(Category))
def test_every_category_has_its_emblem_and_three_views(category: Category):
    for name in (category, *(f"{category}-{n}" for n in (1, 2, 3))):
        assert (ROOT / f"static/img/assets/{name}.svg").is_file()
