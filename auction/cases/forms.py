"""What a clerk types about a case."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from auction.cases.interest import YearDays
from auction.cases.models import ClaimClass, DebtorKind, FeeKind, PartyRole
from auction.core.forms import (
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

PARTY_ROLES = [
    (PartyRole.APPLICANT, _l("申请执行人")),
    (PartyRole.DEBTOR, _l("被执行人")),
    (PartyRole.CREDITOR, _l("其他债权人")),
    (PartyRole.PRIORITY_PURCHASER, _l("优先购买权人")),
    (PartyRole.OTHER, _l("其他利害关系人")),
]
CLAIM_CLASSES = [
    (ClaimClass.ORDINARY, _l("普通债权")),
    (ClaimClass.SECURED, _l("担保债权")),
    (ClaimClass.CONSTRUCTION, _l("建设工程价款")),
    (ClaimClass.HOME_BUYER, _l("商品房消费者")),
    (ClaimClass.TAX, _l("税款")),
    (ClaimClass.POLICY, _l("政策性优先（需理由）")),
]
FEE_KINDS = [
    (FeeKind.REALISED, _l("按实际受偿额计收")),
    (FeeKind.FIXED, _l("固定数额")),
    (FeeKind.NONE, _l("不收取")),
]


class MultiCheckboxField(SelectMultipleField):  # type: ignore[misc]  # the library has no types
    """Several of several, all in sight."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CaseForm(Form):
    """A new enforcement case."""

    number = TextLineField(
        _l("案号"), max_length=60, description=_l("例如：（2026）测0101执1234号")
    )
    title = TextLineField(_l("案由"), max_length=120, description=_l("例如：金融借款合同纠纷"))
    basis = TextLineField(
        _l("执行依据"), max_length=300, description=_l("生效法律文书的案号与名称")
    )
    debtor_kind = RadioChoiceField(
        _l("被执行人类型"),
        choices=[
            (DebtorKind.INDIVIDUAL, _l("自然人或其他组织（普通债权按比例受偿）")),
            (DebtorKind.COMPANY, _l("企业法人（普通债权按查封先后受偿）")),
        ],
        description=_l("决定普通债权怎样分配（民诉法解释第508条、第514条）"),
    )


class PartyForm(Form):
    """A party of the case, or a known priority purchaser."""

    role = ChoiceField(_l("身份"), choices=PARTY_ROLES)
    name = TextLineField(_l("姓名或名称"), max_length=100)
    id_number = TextLineField(_l("身份证号或统一社会信用代码"), required=False, max_length=30)
    contact = TextLineField(_l("联系方式"), required=False, max_length=60)
    address = TextLineField(_l("送达地址"), required=False, max_length=200)
    priority_rank = StrictIntegerField(
        _l("优先顺序"),
        required=False,
        minimum=1,
        maximum=99,
        description=_l("仅优先购买权人填写，1 为最先"),
    )
    priority_basis = TextLineField(_l("优先购买权的依据"), required=False, max_length=200)
    bank_name = TextLineField(_l("收款银行"), required=False, max_length=100)
    account_name = TextLineField(_l("收款户名"), required=False, max_length=100)
    account_number = TextLineField(_l("收款账号"), required=False, max_length=40)


class ClaimForm(Form):
    """A claim with its class and components."""

    party_id = ChoiceField(_l("债权人"), coerce=int)
    claim_class = ChoiceField(_l("类别"), choices=CLAIM_CLASSES)
    assets = MultiCheckboxField(_l("所及财产"), coerce=int)
    rank = StrictIntegerField(_l("担保顺位"), required=False, minimum=1, maximum=99)
    registered_at = DayField(_l("担保登记日期"), required=False)
    arose_at = DayField(_l("税款发生日期"), required=False)
    attached_at = DayField(_l("查封日期"), required=False)
    limit_minor = MoneyField(_l("最高限额"), required=False)
    expenses_minor = MoneyField(_l("费用"), required=False)
    interest_minor = MoneyField(_l("一般债务利息"), required=False)
    principal_minor = MoneyField(_l("本金"), required=False)
    doubled_interest_minor = MoneyField(_l("加倍部分债务利息"), required=False)
    fee_kind = ChoiceField(_l("执行费"), choices=FEE_KINDS)
    fee_minor = MoneyField(_l("执行费固定数额"), required=False)
    title_number = TextLineField(
        _l("执行依据"),
        required=False,
        max_length=120,
        description=_l("生效法律文书的案号；优先权人和税务机关可以没有。"),
    )
    applied_on = DayField(
        _l("申请参与分配的日期"),
        required=False,
        description=_l("申请执行人本人不填；早于立案或者晚于截止日的，系统记为未获准。"),
    )
    held = TextLineField(
        _l("暂缓发放的原因"),
        required=False,
        max_length=100,
        description=_l("有争议的债权应得部分先行留存"),
    )
    reason = TextLineField(_l("理由"), required=False, max_length=300)


class ReviseClaimForm(ClaimForm):
    """The same claim, corrected, with the ground of the correction."""

    ground = TextLineField(
        _l("更正的依据"), max_length=300, description=_l("裁判文书案号，或者计算、核对的说明。")
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        del self.party_id
        del self.assets


class JoiningDayForm(Form):
    """Until when creditors may ask to take part."""

    closes_on = DayField(
        _l("参与分配申请截止日"), description=_l("截止日当日提出的仍为及时；首次发放后一律截止。")
    )


class AdmitForm(Form):
    """The court lets a late one in."""

    decision = TextLineField(_l("准许的决定文书"), max_length=200)


class ClaimFileForm(Form):
    """A table of claims."""

    file = FileField(
        _l("债权表"),
        [FileRequired(_l("请选择文件。"))],
        description=_l("按模板填写的 XLSX 或者 CSV（UTF-8 或 GBK），至多 2000 行、2 MB。"),
    )


class DoubledInterestForm(Form):
    """What doubled interest depends on, one entry a line."""

    instalments = LongTextField(
        _l("应付金钱债务"),
        max_length=4000,
        description=_l(
            "每行一期：履行期届满日 数额，例如 2026-02-10 800000.00；不含一般债务利息。"
        ),
    )
    payments = LongTextField(
        _l("已付款项"),
        required=False,
        max_length=4000,
        description=_l("每行一笔：付款日 清偿上述债务的数额。"),
    )
    pauses = LongTextField(
        _l("不计算的期间"),
        required=False,
        max_length=4000,
        description=_l("每行一段：起日 止日 事由（非因被执行人申请的中止、暂缓），首尾均不计。"),
    )
    stops_on = DayField(_l("计算截止日"), description=_l("成交裁定生效之日，当日计算在内。"))


class OrdinaryInterestForm(Form):
    """What ordinary interest depends on, one rate a line."""

    periods = LongTextField(
        _l("计息期间"),
        max_length=4000,
        description=_l(
            "每行一段：起日 止日 本金 年利率（百分数），例如 2025-01-01 2026-01-01 800000 3.45；"
            "算头不算尾。"
        ),
    )
    year = RadioChoiceField(
        _l("一年的天数"),
        choices=[(YearDays.CIVIL, _l("365 天")), (YearDays.BANK, _l("360 天"))],
        description=_l("以执行依据写明的为准。"),
    )
