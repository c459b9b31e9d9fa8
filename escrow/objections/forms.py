"""What is typed about service and objections."""

from __future__ import annotations

from typing import Any

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
from escrow.desk.words import STEPS
from escrow.objections.models import Answer
from escrow.objections.rules import ServiceChannel

CHANNELS = [
    (ServiceChannel.HAND, _l("直接送达")),
    (ServiceChannel.LEFT, _l("留置送达")),
    (ServiceChannel.MAIL, _l("邮寄送达")),
    (ServiceChannel.ELECTRONIC, _l("电子送达")),
    (ServiceChannel.PUBLISHED, _l("公告送达（三十日后视为送达）")),
]


class ServiceForm(Form):
    """A paper was sent to somebody."""

    channel = ChoiceField(_l("送达方式"), choices=CHANNELS)
    sent_on = DayField(_l("发出日期"))
    reached_on = DayField(
        _l("送达日期"),
        required=False,
        description=_l("以回证、签收或系统记录为准；尚无证明的先不填，公告送达不填。"),
    )
    proof = TextLineField(
        _l("送达证明"), max_length=300, description=_l("送达回证、邮件号、公告编号等。")
    )


class ProofForm(Form):
    """The proof of a service has come back."""

    reached_on = DayField(_l("送达日期"))
    proof = TextLineField(_l("送达证明"), max_length=300)


class ReasonForm(Form):
    """Why something is undone."""

    reason = TextLineField(_l("原因"), max_length=300)


class DayForm(Form):
    """The day of a declaration."""

    day = DayField(_l("日期"))


class ObjectionForm(Form):
    """A party's letter: who, when, why; the lines are added by the page."""

    party_id = ChoiceField(_l("异议人"), coerce=int)
    received_on = DayField(_l("收到书面异议的日期"))
    ground = LongTextField(_l("异议的理由"), max_length=2000)


def objection_form(
    lines: list[tuple[str, str, int]], parties: list[Any], *, blank: bool
) -> ObjectionForm:
    """The form with one amount for each unpaid line (payee, step, unpaid)."""
    fields = {
        f"line{n}": MoneyField(f"{payee} · {STEPS[step]}", required=False)
        for n, (payee, step, _unpaid) in enumerate(lines)
    }
    form_class = type("ObjectionFormOfPlan", (ObjectionForm,), fields)
    form: ObjectionForm = form_class(formdata=None) if blank else form_class()
    form.party_id.choices = [(party.id, party.name) for party in parties]
    return form


class AnswerForm(Form):
    """What another party says to an objection."""

    answer = RadioChoiceField(
        _l("意见"), choices=[(Answer.OPPOSES, _l("反对异议")), (Answer.AGREES, _l("同意异议"))]
    )
    answered_on = DayField(_l("提出日期"))
    words = LongTextField(_l("内容"), required=False, max_length=2000)


class ToldForm(Form):
    """The objector was told who opposes."""

    told_on = DayField(_l("通知送达异议人的日期"))
    proof = TextLineField(_l("送达证明"), max_length=300)


class SuitForm(Form):
    """The objector has sued."""

    sued_on = DayField(_l("起诉日期"))
    suit_number = TextLineField(_l("案号"), max_length=80)


class JudgementForm(Form):
    """The suit is decided for good."""

    outcome = RadioChoiceField(
        _l("结果"), choices=[("upheld", _l("支持异议")), ("rejected", _l("驳回"))]
    )
    judgement_number = TextLineField(_l("生效判决的案号"), max_length=80)
