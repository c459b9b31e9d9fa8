"""What a clerk or judge types about a sale."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField

from auction.cases.forms import MultiCheckboxField
from auction.core.forms import (
    BeijingDateTimeField,
    ChoiceField,
    DayField,
    Form,
    LongTextField,
    MoneyField,
    RadioChoiceField,
    StrictIntegerField,
    TextLineField,
)
from auction.core.i18n import lazy_gettext as _l
from auction.notices.models import NoticeOutcome
from auction.sales.explain import TermsRefused, refusal_sentence
from auction.sales.models import Vote
from auction.sales.rules import Terms

OUTCOMES = [
    (NoticeOutcome.CONFIRMED, _l("已通知，收到确认")),
    (NoticeOutcome.WAIVED, _l("书面明确放弃")),
    (NoticeOutcome.POSTED, _l("无法通知，在平台公示")),
]
CHANNEL_NAMES = {
    "邮寄送达": _l("邮寄送达"),
    "电子送达": _l("电子送达"),
    "直接送达": _l("直接送达"),
    "短信": _l("短信"),
    "电话笔录": _l("电话笔录"),
    "平台公示": _l("平台公示"),
}

# Fields of the form that are terms; the rest of `Terms` is fixed by the rule pack.
TERM_FIELDS = (
    "start_price_minor",
    "increment_minor",
    "deposit_minor",
    "publish_on",
    "opens_at",
    "closes_at",
    "balance_days",
    "instructions",
    "qualification",
    "remarks",
)


class SaleForm(Form):
    """The terms of a sale; lawful ranges are the service's to judge, not the form's."""

    start_price_minor = MoneyField(_l("起拍价"), minimum=1)
    increment_minor = MoneyField(_l("加价幅度"), minimum=1)
    deposit_minor = MoneyField(_l("保证金"))
    publish_on = DayField(_l("公告日"))
    opens_at = BeijingDateTimeField(_l("开始时间（北京时间）"))
    closes_at = BeijingDateTimeField(_l("结束时间（北京时间）"))
    balance_days = StrictIntegerField(_l("尾款期限"), maximum=3650)
    instructions = BooleanField(_l("允许竞买人设定委托出价"))
    qualification = LongTextField(
        _l("竞买人资格条件"),
        required=False,
        max_length=1000,
        description=_l("法律对买受人资格有特殊规定的，在此写明；没有的留空。"),
    )
    remarks = LongTextField(_l("其他说明"), required=False, max_length=2000)

    def terms_over(self, base: Terms) -> Terms:
        """The typed terms; what could not be read, and what the pack fixes, comes from `base`."""
        values: dict[str, Any] = dict(vars(base))
        for name in TERM_FIELDS:
            field = self[name]
            if field.data is not None and not field.errors:
                values[name] = field.data
        return Terms(**values)

    def refuse_terms(self, error: TermsRefused) -> None:
        """Show every fault at its field; what has no field here goes on top."""
        for refusal in error.refusals:
            sentence = refusal_sentence(refusal, error.pack)
            field = self._fields.get(refusal.field)
            if field is None:
                self.form_errors.append(sentence)
            else:
                field.errors = [*field.errors, sentence]


class PanelForm(Form):
    """Who sits."""

    judges = MultiCheckboxField(_l("合议庭成员"), coerce=int)


class VoteForm(Form):
    """One member's vote."""

    vote = RadioChoiceField(
        _l("表决"), choices=[(Vote.APPROVE, _l("同意")), (Vote.REJECT, _l("不同意"))]
    )
    reason = LongTextField(
        _l("理由"),
        required=False,
        max_length=2000,
        description=_l("不同意的必须写明理由；同意的可以补充意见。"),
    )


class NoticeForm(Form):
    """How one party was told."""

    outcome = ChoiceField(_l("结果"), choices=OUTCOMES)
    channel = ChoiceField(_l("方式"), choices=list(CHANNEL_NAMES.items()))
    on_date = DayField(_l("日期"), description=_l("通知到达、书面放弃或者开始公示的日期。"))
    proof = TextLineField(
        _l("凭证或理由"),
        max_length=300,
        description=_l("例如：EMS 单号与签收日期；无法通知的，写明理由。"),
    )


class RulingForm(Form):
    """The deal ruling, once it has been served."""

    number = TextLineField(
        _l("裁定文号"), max_length=60, description=_l("例如：（2026）测0101执1234号之一")
    )
    made_on = DayField(_l("裁定日期"))
    served_on = DayField(_l("送达买受人的日期"), description=_l("所有权自送达时转移。"))
    is_qualification_checked = BooleanField(
        _l("已核查买受人自竞买至裁定持续具备竞买资格（CN21H-3.1）")
    )


class HandoverForm(Form):
    """The lot has been handed over."""

    handed_over_on = DayField(_l("移交日期"))
    proof = TextLineField(
        _l("移交凭据"), max_length=300, description=_l("例如：移交笔录，买受人签字")
    )


class ReasonForm(Form):
    """Why something is given up."""

    ground = LongTextField(_l("理由"), max_length=500)


class EmptyForm(Form):
    """A button; nothing is typed."""
