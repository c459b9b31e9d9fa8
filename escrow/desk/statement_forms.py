"""What the finance desk types about the bank's files, and the court about who paid."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired

from auction.core.forms import ChoiceField, Form, LongTextField, TextLineField
from auction.core.i18n import lazy_gettext as _l
from escrow.bank.mapping import own_profiles
from escrow.bank.profiles import DAY_ORDERS, our_profiles

_PROFILE_HINT = _l("只用于 CSV；系统认不出表头，或认错时才需要选择。")


def profile_choices(court_id: int) -> list[tuple[str, object]]:
    """What may be chosen: by the head row, then the court's own profiles, then ours."""
    own = [(p.code, p.name) for p in own_profiles(court_id)]
    return [("", _l("自动识别")), *own, *((p.code, p.name) for p in our_profiles())]


class StatementForm(Form):
    """A file of the bank."""

    file = FileField(
        _l("对账单文件"),
        [FileRequired(_l("请选择对账单文件。"))],
        description=_l(
            "camt.053、camt.054（XML）、MT940、MT942 或 CSV（GBK 或 UTF-8）。"
            "整份导入或整份退回，大文件在后台处理。"
        ),
    )
    profile = ChoiceField(_l("映射方案"), choices=[], default="", description=_PROFILE_HINT)

    def __init__(self, court_id: int) -> None:
        super().__init__()
        self.profile.choices = profile_choices(court_id)


class AgainForm(Form):
    """The same file once more, read by another profile."""

    profile = ChoiceField(_l("映射方案"), choices=[], default="")

    def __init__(self, court_id: int) -> None:
        super().__init__()
        self.profile.choices = profile_choices(court_id)


class MappingForm(Form):
    """How a table is read, but for its columns."""

    name = TextLineField(
        _l("名称"), max_length=60, description=_l("例如：某某银行 企业网银 对账单。")
    )
    day_order = ChoiceField(
        _l("日期写法"),
        choices=[
            (order, words)
            for order, words in zip(
                DAY_ORDERS, (_l("年-月-日"), _l("日/月/年"), _l("月/日/年")), strict=True
            )
        ],
    )
    credit_words = TextLineField(
        _l("表示收入的字样"),
        required=False,
        max_length=60,
        description=_l("只在“方向”栏用到；几种写法用空格分开，例如：贷 收 CR。"),
    )
    debit_words = TextLineField(
        _l("表示支出的字样"),
        required=False,
        max_length=60,
        description=_l("例如：借 支 付 DR。"),
    )
    totals = TextLineField(
        _l("合计行的开头"),
        required=False,
        max_length=60,
        description=_l("文件末尾有合计的，写出那一行开头的字，系统会核对；例如：合计。"),
    )


class GroundForm(Form):
    """Why the court decides as it does."""

    ground = LongTextField(
        _l("依据"),
        max_length=300,
        description=_l("核对了哪份证明，或为何不认可；竞买人和付款人都可能看到。"),
    )
