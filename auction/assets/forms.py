"""What a clerk types about an asset."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField

from auction.assets.facts import CATEGORY_NAMES, FACTS
from auction.assets.models import Category, MediaKind, OccupancyKind, PriceMethod
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

OCCUPANCIES = [
    (OccupancyKind.VACANT, _l("已腾空")),
    (OccupancyKind.DEBTOR, _l("由被执行人占有使用")),
    (OccupancyKind.TENANT, _l("由承租人依租约占有使用")),
    (OccupancyKind.THIRD_PARTY, _l("由查明的第三人占有使用")),
    (OccupancyKind.COURT, _l("由法院扣押保管")),
    (OccupancyKind.NOT_APPLICABLE, _l("不涉及占有")),
]
METHODS = [
    (PriceMethod.APPRAISAL, _l("委托评估")),
    (PriceMethod.NETWORK_INQUIRY, _l("网络询价")),
    (PriceMethod.DIRECTED_INQUIRY, _l("定向询价")),
    (PriceMethod.NEGOTIATION, _l("当事人议价")),
    (PriceMethod.MARKET, _l("市价（已征询当事人意见）")),
]
ENCUMBRANCE_KINDS = [
    ("mortgage", _l("抵押")),
    ("pledge", _l("质押")),
    ("lease", _l("租赁")),
    ("residence", _l("居住权")),
    ("seizure", _l("轮候查封")),
    ("other", _l("其他")),
]


class CategoryForm(Form):
    """The kind of asset decides what must be found out."""

    category = RadioChoiceField(_l("财产类别"), choices=list(CATEGORY_NAMES.items()))


class AssetForm(Form):
    """The facts common to all assets; those of the category are added by `asset_form`."""

    title = TextLineField(_l("名称"), max_length=120, description=_l("公众看到的标的名称"))
    title_en = TextLineField(_l("英文名称"), required=False, max_length=200)
    region = TextLineField(_l("所在地区"), max_length=60, description=_l("例如：浙江省杭州市"))
    address = TextLineField(_l("具体位置"), required=False, max_length=200)
    description = LongTextField(_l("标的介绍"))
    defects = LongTextField(
        _l("已知瑕疵"), description=_l("没有发现的，写明“经勘查未发现明显瑕疵”")
    )
    occupancy = RadioChoiceField(_l("占有使用情况"), choices=OCCUPANCIES)
    occupancy_note = LongTextField(
        _l("占有情况说明"),
        max_length=1000,
        description=_l("写明占有人、占有依据和起止日期；不得写“占有不明”“他人占用”"),
    )
    occupancy_evidence = TextLineField(_l("占有情况的证据"), required=False, max_length=300)
    delivery_plan = LongTextField(_l("交付安排"), max_length=1000)
    seller_taxes = LongTextField(_l("依法由出卖方承担的税费"), max_length=1000)
    buyer_taxes = LongTextField(_l("依法由买受人承担的税费"), max_length=1000)
    known_debts = LongTextField(_l("已知欠费"), required=False, max_length=1000)
    inspected_on = DayField(_l("勘查日期"))
    inspectors = TextLineField(_l("勘查人员（两名以上）"), max_length=120)
    seized_on = DayField(_l("查封日期"))
    seizure_expires_on = DayField(_l("查封到期日"))


def asset_form(category: Category) -> type[AssetForm]:
    """The form of one category: the common facts and its own (CN24G-1)."""
    fields: dict[str, Any] = {
        f"fact_{fact.key}": TextLineField(
            fact.label, required=fact.is_required, max_length=200, description=fact.rule_id
        )
        for fact in FACTS[category]
    }
    return type("AssetFormOfCategory", (AssetForm,), fields)


class EncumbranceForm(Form):
    """A burden with the dates that decide whether it survives."""

    kind = ChoiceField(_l("种类"), choices=ENCUMBRANCE_KINDS)
    holder = TextLineField(_l("权利人"), max_length=100)
    amount_minor = MoneyField(_l("金额"), required=False)
    since = DayField(_l("设立日期"), required=False)
    until = DayField(_l("截止日期"), required=False)
    survives = BooleanField(_l("拍卖后继续存在，由买受人承受"))
    evidence = TextLineField(_l("证据"), max_length=300)


class ReferencePriceForm(Form):
    """The value found for the asset."""

    method = ChoiceField(_l("确定方式"), choices=METHODS)
    amount_minor = MoneyField(_l("参考价"), minimum=1)
    fixed_on = DayField(_l("确定日期"))
    valid_until = DayField(_l("有效期至"), description=_l("最长一年（确定参考价规定第27条）"))
    basis = TextLineField(_l("依据"), max_length=300, description=_l("报告编号或确认文书"))


class MediaForm(Form):
    """A photo or a document."""

    kind = RadioChoiceField(
        _l("种类"),
        choices=[
            (MediaKind.PHOTO, _l("照片（JPEG、PNG、WebP）")),
            (MediaKind.DOCUMENT, _l("文件（PDF）")),
        ],
    )
    caption = TextLineField(
        _l("说明"), max_length=200, description=_l("照片上是什么，供看不见图片的人了解")
    )
    file = FileField(_l("文件"), [FileRequired(_l("请选择要上传的文件。"))])
