"""What is typed about items, days and months."""

from __future__ import annotations

from auction.core.forms import ChoiceField, Form, LongTextField, MoneyField, TextLineField
from auction.core.i18n import lazy_gettext as _l
from escrow.reconciliation.words import CARRY_REASONS, REASON_CODES

_TEXT_HINT = _l("依据什么：回单号、通话记录、分录号。")


class MatchForm(Form):
    """These belong together; a difference needs its reason and words."""

    reason_code = ChoiceField(
        _l("差额原因"), choices=[("", _l("两边相等，没有差额")), *REASON_CODES.items()]
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

    owner_id = ChoiceField(_l("经办人"), coerce=int)


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
