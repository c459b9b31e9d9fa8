"""Who may open an account, decided from the numbers of their papers (CN16-17.2, QUAL-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from auction.core.errors import Invalid
from auction.core.i18n import lazy_gettext as _l

FULL_CAPACITY_AGE = 18
OWN_LABOUR_AGE = 16


@dataclass(frozen=True)
class ResidentId:
    """A resident identity number that could have been issued, and the birth date in it."""

    number: str
    born_on: date

    def age_on(self, day: date) -> int:
        """Completed years of life on `day`."""
        before_birthday = (day.month, day.day) < (self.born_on.month, self.born_on.day)
        return day.year - self.born_on.year - before_birthday


def read_resident_id(text: str) -> ResidentId:
    """The number without blanks, `x` as `X`; refused unless its form and check digit are right.

    The place in it is not looked up: numbers carry the place of their first issue, often under a
    code that was given up since, and nobody may be kept out for that (CN16-8.1).
    """
    number = ric.compact(text).replace(" ", "")
    try:
        if len(number) != 18 or not (number.isascii() and number[:-1].isdigit()):
            raise ValueError(text)
        if number[-1] != ric.calc_check_digit(number):
            raise ValueError(text)
        born_on = ric.get_birth_date(number)
    except (ValueError, ValidationError):
        raise Invalid(
            "resident-id",
            _l("居民身份证号码不正确：应为 18 位，最后一位可以是 X，请对照证件检查。"),
            field="id_number",
        ) from None
    return ResidentId(number, born_on)


def check_capacity(person: ResidentId, today: date) -> None:
    """Full capacity is needed to bid: 18, or 16–17 with the court's confirmation (QUAL-1)."""
    age = person.age_on(today)
    if age >= FULL_CAPACITY_AGE:
        if age > 130:
            raise Invalid(
                "resident-id",
                _l("证件号码中的出生日期不可能，请对照证件检查。"),
                field="id_number",
            )
        return
    if age >= OWN_LABOUR_AGE:
        raise Invalid(
            "capacity-to-confirm",
            _l(
                "年满 16 周岁不满 18 周岁、以自己的劳动收入为主要生活来源的，视为完全民事行为能力人"
                "（民法典第十八条），但须先由法院确认。请持收入证明联系卖出标的的法院，确认后由法院"
                "办理账号。"
            ),
            field="id_number",
        )
    raise Invalid(
        "no-capacity",
        _l("参加竞买须具有完全民事行为能力（年满 18 周岁，民法典第十七条）。"),
        field="id_number",
    )


def read_company_code(text: str) -> str:
    """The unified social credit code in its one form; refused if its check character is wrong."""
    code = uscc.compact(text)
    try:
        # The library leaves non-ASCII look-alikes to us.
        if not code.isascii():
            raise ValueError(text)
        checked: str = uscc.validate(code)
    except (ValueError, ValidationError):
        raise Invalid(
            "company-code",
            _l("统一社会信用代码不正确：应为 18 位数字和大写字母，请对照营业执照检查。"),
            field="id_number",
        ) from None
    return checked


def read_phone(text: str) -> str:
    """A telephone number of 7 to 15 digits, a plus sign, blanks and hyphens allowed."""
    digits = text.replace(" ", "").replace("-", "")
    bare = digits.removeprefix("+")
    if not (bare.isascii() and bare.isdigit() and 7 <= len(bare) <= 15):
        raise Invalid("phone", _l("请填写能联系到您的电话号码，例如 13800000000。"), field="phone")
    return digits


def mask_number(number: str) -> str:
    """An identity number with its middle hidden, enough to recognise one's own."""
    return number[:3] + "*" * max(len(number) - 5, 0) + number[-2:]
