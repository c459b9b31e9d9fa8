"""What the finance desk types."""

from __future__ import annotations

import secrets

from wtforms import HiddenField

from auction.core.forms import (
    ChoiceField,
    DayField,
    Form,
    LongTextField,
    MoneyField,
    StrictIntegerField,
    TextLineField,
)
from auction.core.i18n import lazy_gettext as _l
from escrow.distribution.files import DeductionKind

_REFERENCE_HINT = _l("银行回单上的流水号，一个流水号只对应一笔转账。")


class PlaceForm(Form):
    """A suspended line belongs to this deposit or balance."""

    reference = TextLineField(
        _l("付款参考号"), max_length=20, description=_l("R 开头，报名页或尾款页上的号码。")
    )
    reason = TextLineField(
        _l("理由"),
        required=False,
        max_length=300,
        description=_l("付款人不同、逾期或附言有误时必填：依据什么确认这笔款属于该竞买人。"),
    )


class SentForm(Form):
    """A transfer has been sent."""

    bank_reference = TextLineField(_l("银行流水号"), max_length=60, description=_REFERENCE_HINT)
    paid_on = DayField(_l("转账日期"))


class PayoutForm(Form):
    """A suspended line is a payout of the provider, for one case."""

    case_id = StrictIntegerField(_l("案件"), minimum=1)
    amount = MoneyField(_l("金额"), minimum=1)


class ExplainForm(Form):
    """Money left that is no payment of ours."""

    text = TextLineField(
        _l("说明"), max_length=300, description=_l("例如：银行扣收账户管理费，已与回单核对。")
    )


class ProviderForm(Form):
    """The provider's payout for a case, or the court's cover of its fees, has arrived."""

    amount = MoneyField(_l("金额"), minimum=1)
    bank_reference = TextLineField(_l("银行流水号"), max_length=60, description=_REFERENCE_HINT)


class DeductionForm(Form):
    """What comes off before any creditor."""

    kind = ChoiceField(
        _l("种类"),
        choices=[
            (DeductionKind.COST, _l("拍卖费用（评估、辅助、保管、公告）")),
            (DeductionKind.RESERVED_RENT, _l("预留租金")),
            (DeductionKind.SALE_TAX, _l("出让方交易税费")),
        ],
        description=_l("税费应指明标的。"),
    )
    sale_id = ChoiceField(_l("由哪一标的负担"), coerce=int)
    amount = MoneyField(_l("金额"), minimum=1)
    basis = TextLineField(
        _l("依据"), max_length=300, description=_l("发票、合同或完税凭证的号码。")
    )
    payee_name = TextLineField(_l("收款人"), max_length=100)
    payee_bank = TextLineField(_l("开户银行"), max_length=100)
    payee_account = TextLineField(_l("收款账号"), max_length=60)
    form_key = HiddenField(default=lambda: secrets.token_hex(8))


class RemarkForm(Form):
    """A reason in words."""

    remark = LongTextField(_l("理由"), max_length=300)


class ApproveForm(Form):
    """Exactly this plan, as it was read."""

    sha256 = HiddenField()
