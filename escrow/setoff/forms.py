"""What is typed about a set-off."""

from __future__ import annotations

from auction.core.forms import ChoiceField, Form, LongTextField, MoneyField, TextLineField
from auction.core.i18n import lazy_gettext as _l


class AskForm(Form):
    """How much of the price, with which claim."""

    claim_id = ChoiceField(_l("债权"), coerce=int)
    asked = MoneyField(_l("申请抵付"), minimum=1)


class GrantForm(Form):
    """A judge's decision."""

    granted = MoneyField(_l("准许抵付"), minimum=1)
    decision_number = TextLineField(_l("决定书案号"), max_length=80)


class RefuseForm(Form):
    """Why not."""

    reason = LongTextField(_l("不准抵付的理由"), max_length=300)


class TopUpForm(Form):
    """Which money of the buyer's it is."""

    line_id = ChoiceField(_l("到账款项"), coerce=int)
