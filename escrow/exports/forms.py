"""By what the books are asked for; it stands in the address, so it has no token."""

from __future__ import annotations

from auction.core.forms import DayField, Form, TextLineField
from auction.core.i18n import lazy_gettext as _l


class AsOfForm(Form):
    """The end of which day."""

    class Meta:
        """Without a token."""

        csrf = False

    day = DayField(_l("截至哪一天终了"))


class JournalForm(Form):
    """Which transfers are shown."""

    class Meta:
        """Without a token."""

        csrf = False

    first = DayField(_l("从"), required=False)
    last = DayField(_l("到"), required=False)
    case = TextLineField(_l("案号"), max_length=60, required=False)
    account = TextLineField(
        _l("账户"), max_length=40, required=False, description=_l("例如：deposit-17。")
    )
