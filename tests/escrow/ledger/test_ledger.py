from __future__ import annotations

import pytest
from builders import make_bidder, make_case, make_enrolment, make_sale, save
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from auction.core.db import db, transaction
from auction.core.errors import DomainError
from escrow.ledger import (
    AccountKind,
    NewTransfer,
    Phase,
    Transfer,
    TransferKind,
    account,
    balance,
    balances_of_case,
    check_ledger,
    find_account,
    post,
    resolve_hold,
    reverse,
)


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


@pytest.fixture
def books(any_app, clock):
    return Books(clock.now())


def test_a_transfer_moves_one_amount_from_one_account_to_another(books):
    books.post(books.received(10_000), books.applied(4_000))
    assert [balance(a).posted_minor for a in (books.provider, books.deposit, books.price)] == [
        10_000,
        6_000,
        4_000,
    ]
    assert {b.kind: b.posted_minor for b in balances_of_case(books.sale.case_id)} == {
        AccountKind.DEPOSIT: 6_000,
        AccountKind.PRICE: 4_000,
    }
    assert check_ledger() == []


def test_the_same_key_with_the_same_content_is_booked_once(books):
    first = books.post(books.received(10_000))[0].id
    assert books.post(books.received(10_000))[0].id == first
    assert books.post(books.received(7, "a"), books.received(7, "a"))[0].id != first
    assert balance(books.deposit).posted_minor == 10_007


def test_the_same_key_with_other_content_is_refused(books):
    books.post(books.received(10_000))
    with pytest.raises(DomainError, match="transfer-key-reused"):
        books.post(books.received(10_001))
    with pytest.raises(DomainError, match="transfer-key-reused"):
        books.post(books.received(1, "b"), books.received(2, "b"))
    assert balance(books.deposit).posted_minor == 10_000


def test_nothing_that_is_owed_goes_below_zero(books):
    books.post(books.received(10_000))
    with pytest.raises(DomainError, match="overdrawn"):
        books.post(books.applied(10_001))
    books.post(books.applied(10_000))
    with pytest.raises(DomainError, match="overdrawn"):
        books.post(books.applied(1, "again"))


def test_of_many_transfers_all_are_booked_or_none(books):
    with pytest.raises(DomainError, match="overdrawn"):
        books.post(books.received(10_000), books.applied(10_001))
    assert (balance(books.deposit).posted_minor, balance(books.provider).posted_minor) == (0, 0)


def test_what_the_table_of_moves_does_not_have_is_refused(books):
    for transfer in (
        books.new(TransferKind.DEPOSIT_RECEIVED, books.deposit, books.provider, 1, "x"),
        books.new(TransferKind.DEPOSIT_APPLIED, books.provider, books.deposit, 1, "x"),
        books.new(
            TransferKind.BALANCE_RECEIVED, books.bank, books.price, 1, "x", phase=Phase.PENDING
        ),
        books.received(0),
        books.received(-1),
    ):
        with pytest.raises(DomainError, match="transfer-not-allowed"):
            books.post(transfer)


def test_a_hold_counts_only_once_it_is_posted(books):
    hold = books.post(books.received(10_000, phase=Phase.PENDING))[0]
    assert (balance(books.deposit).posted_minor, balance(books.deposit).pending_minor) == (
        0,
        10_000,
    )
    with pytest.raises(DomainError, match="overdrawn"):
        books.post(books.applied(1))
    with transaction():
        resolve_hold(
            hold,
            amount_minor=6_000,
            key="cap",
            source=books.enrolment,
            effective_at=books.now,
            at=books.now,
        )
    held = balance(books.deposit)
    assert (held.posted_minor, held.pending_minor) == (6_000, 0)
    assert check_ledger() == []


def test_a_hold_is_posted_or_voided_once(books):
    hold = books.post(books.received(10_000, phase=Phase.PENDING))[0]

    def resolve(amount, key):
        with transaction():
            return resolve_hold(
                hold,
                amount_minor=amount,
                key=key,
                source=books.enrolment,
                effective_at=books.now,
                at=books.now,
            )

    with pytest.raises(DomainError, match="transfer-not-allowed"):
        resolve(10_001, "too much")
    void = resolve(0, "void").id
    assert resolve(0, "void").id == void
    with pytest.raises(DomainError, match="hold-resolved"):
        resolve(10_000, "capture")
    assert (balance(books.deposit).posted_minor, balance(books.deposit).pending_minor) == (0, 0)


def test_a_transfer_is_reversed_once_by_its_mirror(books):
    booked = books.post(books.received(10_000))[0]

    def undo(key, of=booked):
        with transaction():
            return reverse(
                of, key=key, source=books.enrolment, at=books.now, actor_id=None, note="录错"
            )

    twin = undo("undo")
    assert (twin.reverses_id, twin.debit_account_id) == (booked.id, booked.credit_account_id)
    with pytest.raises(DomainError, match="reversed-already"):
        undo("undo again")
    with pytest.raises(DomainError, match="transfer-not-allowed"):
        undo("undo the undoing", twin)
    assert balance(books.deposit).posted_minor == 0
    assert check_ledger() == []


@pytest.mark.parametrize("table", ["transfer", "account"])
@pytest.mark.parametrize("change", ["UPDATE {} SET case_id = NULL", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_the_books(books, table, change):
    books.post(books.received(10_000))
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(change.format(table)))


def test_the_database_itself_refuses_another_court_or_currency(books):
    other = make_case(books.now)
    with transaction():
        foreign = account(AccountKind.BANK, other.court_id, court_id=other.court_id)
    row = books.post(books.received(10_000))[0]
    values = {c.name: getattr(row, c.name) for c in Transfer.__table__.columns}
    for change in ({"debit_account_id": foreign.id}, {"currency": "USD"}, {"amount_minor": 0}):
        with pytest.raises(IntegrityError):
            save(Transfer(**values | {"id": None, "idempotency_key": str(change)} | change))
        db.session.rollback()
    with pytest.raises(DomainError, match="transfer-not-allowed"):
        books.post(
            books.new(TransferKind.DEPOSIT_RECEIVED, foreign, books.deposit, 1, "other court")
        )


def test_the_database_itself_refuses_a_negative_liability(books):
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(
            text("UPDATE account_balance SET debits_posted = 1 WHERE account_id = :id"),
            {"id": books.deposit.id},
        )


def test_an_account_is_opened_once(books):
    with transaction():
        again = account(AccountKind.BANK, books.court_id, court_id=books.court_id)
    assert again.id == books.bank.id
    assert find_account(AccountKind.FEES, books.court_id, court_id=books.court_id) is None


def test_the_check_finds_a_forged_balance_and_exits_with_1(books, any_app):
    books.post(books.received(10_000))
    runner = any_app.test_cli_runner()
    assert runner.invoke(args=["ledger", "check"]).exit_code == 0
    with transaction() as session:
        session.execute(
            text("UPDATE account_balance SET credits_posted = 9999 WHERE account_id = :id"),
            {"id": books.deposit.id},
        )
    found = runner.invoke(args=["ledger", "check"])
    assert found.exit_code == 1
    assert found.output.startswith(f"balance-differs\taccount {books.deposit.id}\t")


def test_the_check_finds_a_transfer_that_no_rule_allows(books):
    row = books.post(books.received(10_000))[0]
    values = {c.name: getattr(row, c.name) for c in Transfer.__table__.columns}
    save(
        Transfer(
            **values
            | {
                "id": None,
                "idempotency_key": "forged",
                "debit_account_id": row.credit_account_id,
                "credit_account_id": row.debit_account_id,
                "amount_minor": 20_000,
            }
        )
    )
    codes = {fault.code for fault in check_ledger()}
    assert codes == {"not-allowed", "was-overdrawn", "overdrawn", "balance-differs"}
