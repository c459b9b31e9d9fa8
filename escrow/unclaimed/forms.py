"""What is typed about unclaimed money."""

from __future__ import annotations

from auction.core.forms import (
    ChoiceField,
    DayField,
    Form,
    LongTextField,
    RadioChoiceField,
    TextLineField,
)
from auction.core.i18n import lazy_gettext as _l
from escrow.unclaimed.models import DepositGround
from escrow.unclaimed.words import GROUNDS


class NoticeForm(Form):
    """How, and until when, the payee is told."""

    how = RadioChoiceField(
        _l("方式"),
        choices=[
            ("served", _l("通知书，由书记员送达")),
            ("published", _l("公告，姓名隐去一部分，不写金额")),
        ],
        default="served",
    )
    until_on = DayField(_l("领取截止日"))


class DepositForm(Form):
    """Why, and with whom, the money is left."""

    ground = ChoiceField(_l("提存原因"), choices=[(g, GROUNDS[g]) for g in DepositGround])
    facts = LongTextField(
        _l("依据"), max_length=300, description=_l("何时、如何通知过，有哪些材料。")
    )
    office = TextLineField(_l("提存机构户名"), max_length=140)
    account = TextLineField(_l("提存账号"), max_length=60)
    bank = TextLineField(_l("开户银行"), max_length=100)
    bank_code = TextLineField(
        _l("支付系统行号"),
        required=False,
        max_length=12,
        description=_l("12 位数字。开户银行是全国性银行时可不填，按其总行行号办理。"),
    )


class DropForm(Form):
    """Why it is not left there after all."""

    reason = LongTextField(_l("理由"), max_length=300)


class CertificateForm(Form):
    """The notary's paper."""

    certificate = TextLineField(_l("提存公证书编号"), max_length=80)
