"""No case pays out more than lies in the court's bank account for it (CN17F-3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func, select

from auction.cases.models import EnforcementCase
from auction.core.bulk import among
from auction.core.db import db
from auction.core.errors import DomainError
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import format_money
from escrow.ledger import Account, AccountKind, select_postings
from escrow.ledger.models import Transfer
from escrow.payouts.models import PayoutKind
from escrow.payouts.offers import money_under_way
from escrow.payouts.sources import Debt


def refuse_uncovered(court_id: int, debts: Iterable[Debt]) -> None:
    """Refuse plan payments for which the money is not in the bank account: `money-elsewhere`.

    What has been approved and not booked yet is as good as gone. Refunds are paid out of what came
    in by bank for them, so they are not looked at here.
    """
    asked: dict[int, int] = defaultdict(int)
    for debt in debts:
        if debt.kind is PayoutKind.PLAN and debt.case_id is not None:
            asked[debt.case_id] += debt.amount_minor
    if not asked:
        return
    there = bank_money_by_case(sorted(asked))
    leaving = money_under_way(court_id)
    for case_id, amount in asked.items():
        left = there.get(case_id, 0) - leaving.get(case_id, 0)
        if left < amount:
            case = db.session.get_one(EnforcementCase, case_id)
            raise DomainError(
                "money-elsewhere",
                _l(
                    "%(case)s 在法院账户的款项只有 %(there)s，不足以支付 %(asked)s："
                    "请先登记支付通道的结算到账或补足手续费。",
                    case=case.number,
                    there=format_money(left),
                    asked=format_money(amount),
                ),
            )


def bank_money_by_case(case_ids: list[int], currency: str = "CNY") -> dict[int, int]:
    """What lies in the bank account for each case: all it owes, less what is elsewhere.

    The same as `money_of_case`, for many cases in one statement.
    """
    postings = select_postings().subquery()
    rows = db.session.execute(
        select(Transfer.case_id, Account.kind, func.sum(postings.c.signed_minor))
        .join(Transfer, Transfer.id == postings.c.transfer_id)
        .join(Account, Account.id == postings.c.account_id)
        .where(
            among(Transfer.case_id, case_ids, db.engine.dialect), postings.c.currency == currency
        )
        .group_by(Transfer.case_id, Account.kind)
    )
    there: dict[int, int] = defaultdict(int)
    for case_id, kind, total in rows:
        if kind in (AccountKind.BANK, AccountKind.SUSPENSE):
            continue
        # Owed sums are credits, so negative; what lies elsewhere is a debit.
        there[case_id] -= int(total)
    return dict(there)
