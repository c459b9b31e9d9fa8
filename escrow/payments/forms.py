"""Forms of the payment pages."""

from __future__ import annotations

from auction.core.forms import Form, MoneyField
from auction.core.i18n import lazy_gettext as _l
from escrow.payments.rules import PROVIDER_LIMIT_MINOR


class BalanceForm(Form):
    """How much of the balance is paid online now."""

    amount = MoneyField(_l("本次支付金额"), minimum=1, maximum=PROVIDER_LIMIT_MINOR)
