"""What a bidder answers on the way into a sale."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField

from auction.core.forms import Form, RadioChoiceField
from auction.core.i18n import gettext
from auction.core.i18n import lazy_gettext as _l
from auction.sales.rulepacks import Notice
from bidding.enrolment.declarations import CAPACITY, CONFLICT, QUALIFIED

NOTICE_PREFIX = "notice_"


class DeclarationsForm(Form):
    """Conflict of interest and own capacity; nothing is answered beforehand."""

    conflict = RadioChoiceField(
        _l("您或者您的近亲属，是否在负责执行的法院、本平台或者为本次拍卖提供辅助的机构工作？"),
        choices=[("no", _l("不是")), ("yes", _l("是"))],
    )
    capacity = RadioChoiceField(
        _l("您为谁竞买？"),
        choices=[("own", _l("为自己（或者本单位）竞买")), ("agent", _l("代他人竞买"))],
    )

    def answers(self) -> dict[str, str]:
        """The answers by question."""
        names = (CONFLICT, QUALIFIED, CAPACITY)
        return {name: self[name].data for name in names if name in self}


class QualifiedDeclarationsForm(DeclarationsForm):
    """The same where the announcement asks for a qualification (CN21H-2.1)."""

    qualified = RadioChoiceField(
        _l("从竞买之日起到成交裁定作出，您是否都具备公告要求的竞买资格？"),
        choices=[("yes", _l("具备，我作出承诺")), ("no", _l("不具备"))],
    )


def notices_form(notices: Iterable[Notice], lang: str) -> type[Form]:
    """A form with one box for each notice, ticked one by one (CN16-14.1)."""
    boxes: dict[str, Any] = {
        f"{NOTICE_PREFIX}{notice.key}": BooleanField(
            gettext("我已阅读并接受“%(title)s”", title=notice.title.in_lang(lang))
        )
        for notice in notices
    }
    made: type[Form] = type("NoticesForm", (Form,), boxes)
    return made


def ticked_keys(form: Form) -> list[str]:
    """Keys of the notices ticked in this form."""
    return [
        field.name.removeprefix(NOTICE_PREFIX)
        for field in form
        if field.name.startswith(NOTICE_PREFIX) and field.data
    ]
