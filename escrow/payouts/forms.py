"""What is typed on the pages of payouts."""

from __future__ import annotations

import secrets

from wtforms import HiddenField

from auction.core.forms import (
    ChoiceField,
    DayField,
    Form,
    LongTextField,
    MoneyField,
    TextLineField,
)
from auction.core.i18n import lazy_gettext as _l
from escrow.payouts.models import PayoutKind
from escrow.payouts.words import KINDS


class FilterForm(Form):
    """Which of the due sums the page shows; it is read from the address."""

    class Meta:
        """Nothing is changed by looking."""

        csrf = False

    kind = ChoiceField(
        _l("种类"),
        choices=[("", _l("分配款和退款")), *((kind, KINDS[kind]) for kind in PayoutKind)],
        default="",
    )
    case = TextLineField(_l("执行案号"), required=False, max_length=60)
    least = MoneyField(_l("金额不低于"), required=False)
    most = MoneyField(_l("金额不高于"), required=False)


class ChooseForm(Form):
    """Everything the page stands for, as it was seen."""

    count = HiddenField()
    total = HiddenField()
    form_key = HiddenField(default=lambda: secrets.token_hex(8))


class SubmitForm(Form):
    """When the bank shall pay."""

    execute_on = DayField(_l("付款日期"), description=_l("今天起三十天内的工作日。"))


class CheckForm(Form):
    """Exactly this content, as it was read."""

    sha256 = HiddenField()


class ReasonForm(Form):
    """A reason in words."""

    reason = LongTextField(_l("理由"), max_length=300)


class PayeeForm(Form):
    """A payee's account, as the bank knows it."""

    name = TextLineField(_l("户名"), max_length=140)
    account = TextLineField(
        _l("收款账号"),
        max_length=60,
        description=_l("银行卡号须通过校验；对公账号可含连字符。"),
    )
    bank = TextLineField(_l("开户银行"), max_length=100)
    bank_code = TextLineField(
        _l("支付系统行号"),
        required=False,
        max_length=12,
        description=_l("12 位数字。开户银行是全国性银行时可不填，按其总行行号办理。"),
    )
    reason = TextLineField(
        _l("依据"),
        max_length=300,
        description=_l("户名与当事人不同、卡号校验不符或曾被退回的，写明核实的依据。"),
    )
