"""What a court types about a sold sale: late payment, loans, rulings, costs, money received."""

from __future__ import annotations

import secrets

from wtforms import BooleanField, HiddenField

from auction.core.forms import (
    ChoiceField,
    DayField,
    Form,
    LongTextField,
    MoneyField,
    RadioChoiceField,
    TextLineField,
)
from auction.core.i18n import lazy_gettext as _l
from auction.rulings.models import SetAsideGround
from escrow.defaults.words import BEARERS, GROUNDS

_NUMBER = _l("例如：（2026）浙0102执123号之二。")
_REASONS = _l("至少十个字；写入裁定书。")


class LateForm(Form):
    """Until when payments that come late are accepted, and why."""

    until = DayField(_l("接受到哪一天（含当日）"))
    ground = LongTextField(_l("准许的理由"), max_length=300)


class LoanForm(Form):
    """A bank's commitment letter."""

    lender = TextLineField(
        _l("贷款银行"), max_length=100, description=_l("与转账时的户名一致，到账才能自动确认。")
    )
    letter_number = TextLineField(_l("承诺函编号"), max_length=60)
    amount = MoneyField(_l("承诺金额"), minimum=1)
    promised_on = DayField(_l("承诺转入日"))


class ReasonForm(Form):
    """Why something is taken back."""

    reason = TextLineField(_l("理由"), max_length=300)


class WhatIfForm(Form):
    """At which price the lot might be sold again, and what the failed sale has cost."""

    resale = MoneyField(_l("假设重新拍卖成交价"), minimum=1)
    costs = MoneyField(_l("费用损失"), required=False)


class DefaultForm(Form):
    """The draft of a ruling of default."""

    number = TextLineField(_l("裁定案号"), max_length=60, description=_NUMBER)
    reasons = LongTextField(_l("事实和理由"), max_length=4000, description=_REASONS)
    tops_up = BooleanField(
        _l("判令原买受人补足保证金不够弥补的差价和费用损失"),
        description=_l("各地法院做法不一（CN20A-22.2）；不勾选的，责任以保证金为限。"),
    )
    cap = MoneyField(
        _l("补足的上限"),
        minimum=1,
        required=False,
        description=_l("不填即不设上限；例如以申请执行人的债权为限。"),
    )


class SetAsideForm(Form):
    """The draft of a ruling that sets a sale aside."""

    number = TextLineField(_l("裁定案号"), max_length=60, description=_NUMBER)
    ground = RadioChoiceField(
        _l("撤销事由"), choices=[(str(ground), GROUNDS[ground]) for ground in SetAsideGround]
    )
    reasons = LongTextField(_l("事实和理由"), max_length=4000, description=_REASONS)
    bearer = ChoiceField(
        _l("损失由谁负担"), choices=[(str(bearer), name) for bearer, name in BEARERS.items()]
    )
    bars_buyer = BooleanField(
        _l("原买受人不得参加重新拍卖"), description=_l("撤销由买受人造成的（例如串通）才勾选。")
    )


class MakeForm(Form):
    """Exactly this text, as it was read."""

    seal = HiddenField()


class DropForm(Form):
    """Why a draft does not become a ruling."""

    remark = TextLineField(_l("不作出的理由"), max_length=300)


class ServedForm(Form):
    """The day on which the ruling reached the buyer."""

    served_on = DayField(_l("送达日期"))


class LiftForm(Form):
    """On what a bar is lifted."""

    ground = TextLineField(
        _l("解除的依据"), max_length=300, description=_l("撤销原裁定的文书案号。")
    )


class CostForm(Form):
    """A cost lost by the default."""

    amount = MoneyField(_l("金额"), minimum=1)
    basis = TextLineField(_l("依据"), max_length=300, description=_l("发票或合同的号码。"))
    payee_name = TextLineField(_l("收款人"), max_length=100)
    payee_bank = TextLineField(_l("开户银行"), max_length=100)
    payee_account = TextLineField(_l("收款账号"), max_length=60)
    form_key = HiddenField(default=lambda: secrets.token_hex(8))


class CostPaidForm(Form):
    """The cost has been paid."""

    bank_reference = TextLineField(_l("银行流水号"), max_length=60)
    paid_on = DayField(_l("转账日期"))


class ReceiveForm(Form):
    """A line of the bank is money that was owed."""

    line = ChoiceField(_l("银行流水"), coerce=int)
    amount = MoneyField(_l("其中用于本笔"), minimum=1)
