"""What is typed about items, days and months, and by what a list is filtered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auction.core.forms import ChoiceField, Form, LongTextField, MoneyField, TextLineField
from auction.core.i18n import lazy_gettext as _l
from escrow.reconciliation.words import (
    AGES,
    CARRY_REASONS,
    PLACES,
    REASON_CODES,
    REASONS,
    SIGNS,
    STANDINGS,
    TELLERS,
)

_TEXT_HINT = _l("依据什么：回单号、通话记录、分录号。")
_ANY = ("", _l("全部"))


def _optional(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return [_ANY, *choices]


class FilterForm(Form):
    """What the work list shows; it stands in the address, so it has no token."""

    class Meta:
        """Without a token."""

        csrf = False

    place = ChoiceField(_l("地点"), choices=_optional(PLACES.items()), default="")
    book = ChoiceField(_l("由谁显示"), choices=_optional(TELLERS.items()), default="")
    sign = ChoiceField(_l("差额方向"), choices=_optional(SIGNS.items()), default="")
    reason = ChoiceField(_l("未核对的原因"), choices=_optional(REASONS.items()), default="")
    age = ChoiceField(_l("账龄"), choices=_optional(enumerate(AGES)), default="")
    standing = ChoiceField(_l("状态"), choices=_optional(STANDINGS.items()), default="")
    owner = ChoiceField(_l("经办人"), choices=[_ANY], default="")

    def __init__(self, formdata: Any, people: Iterable[tuple[int, str]]) -> None:
        super().__init__(formdata)
        self.owner.offer(_optional(people))


class MatchForm(Form):
    """These belong together; a difference needs its reason and words."""

    reason_code = ChoiceField(
        _l("差额原因"), choices=[("", _l("两边相等，没有差额")), *REASON_CODES.items()], default=""
    )
    text = TextLineField(_l("说明"), required=False, max_length=300, description=_TEXT_HINT)


class ExplainForm(Form):
    """One side alone, for good."""

    reason_code = ChoiceField(_l("原因"), choices=REASON_CODES.items())
    text = TextLineField(_l("说明"), max_length=300, description=_TEXT_HINT)


class SplitForm(Form):
    """A part of an item."""

    amount = MoneyField(_l("拆出的金额"), minimum=1)


class CarryForm(Form):
    """Why an item stays open over the close of its day."""

    reason = ChoiceField(_l("结转原因"), choices=CARRY_REASONS.items())
    text = TextLineField(_l("说明"), max_length=300, description=_TEXT_HINT)


class AssignForm(Form):
    """Who answers for an item."""

    owner_id = ChoiceField(_l("经办人"))

    def __init__(self, people: Iterable[tuple[int, str]], **more: Any) -> None:
        super().__init__(**more)
        self.owner_id.offer(people)


class NoteForm(Form):
    """A note."""

    text = LongTextField(_l("备注"), max_length=500)


class CloseForm(Form):
    """The close of a day."""

    note = TextLineField(
        _l("备注"),
        required=False,
        max_length=300,
        description=_l("对账单没有覆盖该日，或余额前后不接时必填。"),
    )
