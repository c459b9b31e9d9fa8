"""When the deal ruling is served the price becomes what the case can distribute (CN16-22.2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.deadlines.services import schedule_deadline
from auction.sales.models import Sale
from escrow.bank.rules import end_of_working_day
from escrow.ledger import AccountKind, NewTransfer, Transfer, TransferKind, account, post
from escrow.settlement.services import lock_settlement, settlement_of

PAYOUT_DEADLINE = "payout"
PAYOUT_RULE = "CN17F-8"
PAYOUT_SPAN = timedelta(days=30)
# CN21S-1: 10 working days to order the payment, 5 more to make it.
PAYOUT_TARGET_DAYS = 15


def release_price(sale_id: int, *, now: datetime) -> Transfer | None:
    """The whole price of a sold lot moves to the case's proceeds, and the payout clock starts.

    What a creditor paid with its own claim moves no money; the plan counts it (PRI-12).

    Once a sale: doing it again returns the transfer; None where all of the price was set off.
    Refused: `not-paid`.
    """
    settlement = settlement_of(sale_id)
    if settlement is None:
        raise DomainError("not-paid", _l("这场拍卖没有结算记录。"))
    settlement = lock_settlement(settlement.id)
    if settlement.outstanding_minor:
        raise DomainError("not-paid", _l("价款尚未付清，不能转入案款。"))
    sale = db.session.get_one(Sale, sale_id)
    price, proceeds = (
        account(
            kind,
            owner_id,
            court_id=sale.court_id,
            case_id=sale.case_id,
            currency=settlement.currency,
        )
        for kind, owner_id in (
            (AccountKind.PRICE, sale.id),
            (AccountKind.PROCEEDS, sale.case_id),
        )
    )
    booked = None
    in_money = settlement.price_minor - settlement.set_off_minor
    if in_money:
        (booked,) = post(
            [
                NewTransfer(
                    kind=TransferKind.PRICE_RELEASED,
                    debit=price,
                    credit=proceeds,
                    amount_minor=in_money,
                    key=f"sale:{sale.id}:released",
                    source=sale,
                    effective_at=now,
                    case_id=sale.case_id,
                )
            ],
            at=now,
        )
    schedule_deadline(
        PAYOUT_DEADLINE,
        sale,
        rule_id=PAYOUT_RULE,
        court_id=sale.court_id,
        case_id=sale.case_id,
        owner_role="finance",
        due_at=now + PAYOUT_SPAN,
        warn_at=end_of_working_day(now, PAYOUT_TARGET_DAYS),
    )
    return booked
