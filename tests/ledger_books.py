"""The books of one sale, for the tests of the ledger."""

from __future__ import annotations

from builders import make_bidder, make_enrolment, make_sale

from auction.core.db import transaction
from escrow.ledger import AccountKind, NewTransfer, TransferKind, account, post


class Books:
    """One sale with one enrolment, and the accounts a deposit passes through."""

    def __init__(self, now):
        self.now = now
        self.sale = make_sale(now)
        self.enrolment = make_enrolment(now, self.sale, make_bidder(now))
        self.court_id = self.sale.court_id
        with transaction():
            self.bank = self.open(AccountKind.BANK, self.court_id)
            self.provider = self.open(AccountKind.PROVIDER, self.court_id)
            self.deposit = self.open(AccountKind.DEPOSIT, self.enrolment.id)
            self.price = self.open(AccountKind.PRICE, self.sale.id)

    def open(self, kind, owner_id):
        case_id = None if kind in (AccountKind.BANK, AccountKind.PROVIDER) else self.sale.case_id
        return account(kind, owner_id, court_id=self.court_id, case_id=case_id)

    def new(self, kind, debit, credit, amount, key, **more):
        return NewTransfer(
            kind=kind,
            debit=debit,
            credit=credit,
            amount_minor=amount,
            key=key,
            source=self.enrolment,
            effective_at=self.now,
            case_id=self.sale.case_id,
            **more,
        )

    def received(self, amount, key="in", **more):
        return self.new(
            TransferKind.DEPOSIT_RECEIVED, self.provider, self.deposit, amount, key, **more
        )

    def applied(self, amount, key="apply"):
        return self.new(TransferKind.DEPOSIT_APPLIED, self.deposit, self.price, amount, key)

    def post(self, *transfers):
        with transaction():
            return post(transfers, at=self.now)
