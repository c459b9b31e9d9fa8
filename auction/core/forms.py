"""Forms read what people type once, strictly, and give it back untouched when it is refused.

Every field of a form that takes part in a decision comes from here: money in minor units, moments
in Beijing time, days, whole numbers in plain digits, text without control characters. Each field
reads exactly one value (a parameter sent twice is refused), keeps the typed text for the page that
is shown again, and says what to type instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation
from wtforms.widgets import DateInput, DateTimeLocalInput, TextInput

from auction.core.clock import BEIJING
from auction.core.errors import DomainError
from auction.core.i18n import gettext
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import MAX_MINOR, MoneyError, format_money, parse_money

__all__ = [
    "BeijingDateTimeField",
    "ChoiceField",
    "DayField",
    "Form",
    "LongTextField",
    "MailField",
    "MoneyField",
    "RadioChoiceField",
    "StrictIntegerField",
    "TextLineField",
    "clean_text",
]

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.0{1,3})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,15}")
# Marks that turn the reading direction: they make one text look like another.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_LONGEST_NUMBER = 60


class Form(FlaskForm):  # type: ignore[misc]  # the library has no types
    """The base of every form; its token is checked for all of them at once in `core.web`."""

    def refuse(self, error: DomainError) -> None:
        """Show a service's refusal at the field it names, or on top of the form."""
        field = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(str(error.message))
        else:
            field.errors = [*field.errors, str(error.message)]


class Filled:
    """The field must hold something other than blanks."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        if not (field.raw_data and str(field.raw_data[0]).strip()):
            field.errors = []
            raise StopValidation(gettext("请填写“%(label)s”。", label=str(field.label.text)))


def _rules(required: bool, more: Iterable[Any]) -> list[Any]:
    return [*([Filled()] if required else []), *more]


def _only(values: Sequence[Any]) -> str:
    """The one value that was sent, stripped; a repeated parameter is refused (15.3.7)."""
    if len(values) > 1:
        raise ValueError(gettext("此项被重复提交，请刷新页面后重新填写。"))
    return str(values[0]).strip() if values else ""


class _TypedField(Field):  # type: ignore[misc]  # the library has no types
    """A field whose page shows what was typed, until it is understood."""

    def __init__(
        self,
        label: Any = None,
        validators: Iterable[Any] = (),
        *,
        required: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(label, _rules(required, validators), **more)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self._text(self.data)

    def _text(self, data: Any) -> str:
        return str(data)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        if not valuelist:
            return
        self.data = None
        text = _only(valuelist)
        if text:
            self.data = self._read(text)

    def _read(self, text: str) -> Any:
        raise NotImplementedError


class MoneyField(_TypedField):
    """Money as people write it; `.data` counts minor units, or is None."""

    widget = TextInput()

    def __init__(
        self,
        label: Any = None,
        validators: Iterable[Any] = (),
        *,
        minimum: int = 0,
        maximum: int = MAX_MINOR,
        **more: Any,
    ) -> None:
        super().__init__(label, validators, **more)
        self.minimum = minimum
        self.maximum = maximum

    def _text(self, data: Any) -> str:
        return format_money(data, symbol=False).replace(",", "").removesuffix(".00")

    def _read(self, text: str) -> int:
        try:
            minor = parse_money(text[:_LONGEST_NUMBER])
        except MoneyError:
            raise ValueError(
                gettext("看不出这是多少钱：请填写以元为单位的金额，例如 1234567.89 或 123.45万。")
            ) from None
        if minor < self.minimum:
            raise ValueError(gettext("金额不得低于 %(floor)s。", floor=format_money(self.minimum)))
        if minor > self.maximum:
            raise ValueError(
                gettext("金额不得高于 %(ceiling)s。", ceiling=format_money(self.maximum))
            )
        return minor


class BeijingDateTimeField(_TypedField):
    """A moment typed in Beijing time, seconds optional; `.data` is aware and in UTC."""

    widget = DateTimeLocalInput()

    def _text(self, data: datetime) -> str:
        local = data.astimezone(BEIJING)
        return f"{local:%Y-%m-%dT%H:%M:%S}" if local.second else f"{local:%Y-%m-%dT%H:%M}"

    def _read(self, text: str) -> datetime:
        match = _MOMENT.fullmatch(text)
        try:
            if match is None:
                raise ValueError(text)
            day, minutes, seconds = match.groups()
            local = datetime.fromisoformat(f"{day}T{minutes}{seconds or ':00'}")
            _check_year(local.year)
        except ValueError:
            raise ValueError(
                gettext("请填写北京时间的日期和时刻，例如 2026-11-23 10:00。")
            ) from None
        return local.replace(tzinfo=BEIJING).astimezone(UTC)


class DayField(_TypedField):
    """A calendar day; `.data` is a `date`."""

    widget = DateInput()

    def _text(self, data: date) -> str:
        return data.isoformat()

    def _read(self, text: str) -> date:
        try:
            if not _DAY.fullmatch(text):
                raise ValueError(text)
            day = date.fromisoformat(text)
            _check_year(day.year)
        except ValueError:
            raise ValueError(gettext("请填写日期，例如 2026-11-23。")) from None
        return day


def _check_year(year: int) -> None:
    if not 1900 <= year <= 2199:
        raise ValueError("year out of range")


class StrictIntegerField(_TypedField):
    """A whole number in digits `0`–`9`: no sign, no underscore, no full-width digit (P-19)."""

    widget = TextInput()

    def __init__(
        self,
        label: Any = None,
        validators: Iterable[Any] = (),
        *,
        minimum: int = 0,
        maximum: int = 10**15 - 1,
        **more: Any,
    ) -> None:
        more.setdefault("render_kw", {"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(label, validators, **more)
        self.type = "IntegerField"  # drawn like one; only reading differs
        self.minimum = minimum
        self.maximum = maximum

    def _read(self, text: str) -> int:
        if not _DIGITS.fullmatch(text):
            raise ValueError(gettext("请用数字 0–9 填写整数。"))
        number = int(text)
        if not self.minimum <= number <= self.maximum:
            raise ValueError(
                gettext(
                    "请填写 %(floor)s 到 %(ceiling)s 之间的整数。",
                    floor=self.minimum,
                    ceiling=self.maximum,
                )
            )
        return number


def clean_text(text: str, *, lines: bool = False) -> str:
    """`text` stripped and in normal form; ValueError if it holds what nobody can see.

    Refused: NUL and other control characters, lone surrogates, marks that turn the reading
    direction. With `lines`, line breaks and tabs are kept.
    """
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    allowed = "\n\t" if lines else ""
    for character in plain:
        hidden = unicodedata.category(character) in {"Cc", "Cs"} or character in _TURNING
        if hidden and character not in allowed:
            raise ValueError(gettext("此项含有看不见的控制字符，请删除后重新填写。"))
    return plain


class _TextMixin:
    """Reading of text fields; `max_length` counts characters."""

    lines = False
    max_length: int
    data: str

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        if not valuelist:
            return
        # What was typed stays on the page, whatever is wrong with it.
        self.data = str(valuelist[0])
        _only(valuelist)
        self.data = clean_text(self.data, lines=self.lines)
        if len(self.data) > self.max_length:
            raise ValueError(
                gettext(
                    "此项最多 %(most)s 个字，现有 %(count)s 个。",
                    most=self.max_length,
                    count=len(self.data),
                )
            )


class TextLineField(_TextMixin, StringField):  # type: ignore[misc]  # the library has no types
    """One line of text, stripped, at most `max_length` characters; `.data` is never None."""

    def __init__(
        self,
        label: Any = None,
        validators: Iterable[Any] = (),
        *,
        required: bool = True,
        max_length: int = 200,
        **more: Any,
    ) -> None:
        more.setdefault("default", "")
        super().__init__(label, _rules(required, validators), **more)
        self.max_length = max_length


class LongTextField(_TextMixin, TextAreaField):  # type: ignore[misc]  # the library has no types
    """Several lines of text, stripped, at most `max_length` characters; `.data` is never None."""

    lines = True

    def __init__(
        self,
        label: Any = None,
        validators: Iterable[Any] = (),
        *,
        required: bool = True,
        max_length: int = 5000,
        **more: Any,
    ) -> None:
        more.setdefault("default", "")
        super().__init__(label, _rules(required, validators), **more)
        self.max_length = max_length


class MailField(_TextMixin, EmailField):  # type: ignore[misc]  # the library has no types
    """A mail address; `.data` is its normal form in lower case."""

    def __init__(
        self,
        label: Any = None,
        validators: Iterable[Any] = (),
        *,
        required: bool = True,
        **more: Any,
    ) -> None:
        more.setdefault("default", "")
        super().__init__(label, _rules(required, validators), **more)
        self.max_length = 254

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data:
            self.data = normal_mail(self.data)


def normal_mail(text: str) -> str:
    """The one form in which a mail address is stored and compared; ValueError if it is none.

    The part before the @ is ASCII: other alphabets hold letters that look like those of someone.
    """
    try:
        found = validate_email(text.strip(), allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError(gettext("请填写完整的电子邮箱地址，例如 name@example.com。")) from None
    return found.normalized.lower()


_CHOOSE = _l("请从所列选项中选择一项。")


class _ChoiceMixin:
    """One of the offered values and no other; `choices` are pairs of value and label."""

    def __init__(
        self,
        label: Any = None,
        validators: Iterable[Any] = (),
        *,
        choices: Iterable[tuple[Any, Any]] = (),
        **more: Any,
    ) -> None:
        more.setdefault("invalid_value_message", _CHOOSE)
        super().__init__(label, list(validators), choices=[], **more)  # type: ignore[call-arg]
        self.offer(choices)

    def offer(self, choices: Iterable[tuple[Any, Any]]) -> None:
        """Set what can be chosen, where it is known only when the page is asked for."""
        self.choices = [SelectChoice(str(value), words) for value, words in choices]

    def pre_validate(self, form: Any) -> None:
        offered = {str(value) for value, *_rest in self.choices}  # pairs assigned by a page, too
        if str(self.data) not in offered:  # type: ignore[attr-defined]
            raise StopValidation(str(_CHOOSE))


class ChoiceField(_ChoiceMixin, SelectField):  # type: ignore[misc]  # the library has no types
    """One of a list, as a drop-down."""


class RadioChoiceField(_ChoiceMixin, RadioField):  # type: ignore[misc]  # the library has no types
    """One of a few, all in sight; nothing is chosen unless a default says so."""

    def __init__(self, label: Any = None, validators: Iterable[Any] = (), **more: Any) -> None:
        super().__init__(label, validators, **more)
        self.type = "RadioField"  # drawn like one; only its refusal differs
