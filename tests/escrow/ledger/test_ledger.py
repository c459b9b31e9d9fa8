from __future__ import annotations

import pytest

from auction.core.db import transaction
from auction.core.errors import DomainError
from escrow.ledger import (
    AccountKind,
    Phase,
    TransferKind,
    account,
    balance,
    balances_of_case,
    check_ledger,
    find_account,
    open_accounts,
    post_many,
    resolve_hold,
    reverse,
)


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


def test_an_account_is_opened_once(books):
    with transaction():
        again = account(AccountKind.BANK, books.court_id, court_id=books.court_id)
    assert again.id == books.bank.id
    assert find_account(AccountKind.FEES, books.court_id, court_id=books.court_id) is None


def test_accounts_of_many_owners_are_opened_at_once(books):
    with transaction():
        found = open_accounts(
            AccountKind.PAYABLE,
            dict.fromkeys(range(1, 40), books.sale.case_id),
            court_id=books.court_id,
        )
    with transaction():
        again = open_accounts(
            AccountKind.PAYABLE, dict.fromkeys(range(30, 50)), court_id=books.court_id
        )
    assert {n: a.id for n, a in found.items() if n >= 30} == {n: again[n].id for n in range(30, 40)}
    assert sorted(again) == list(range(30, 50))
    assert balance(again[49]).posted_minor == 0


def test_thousands_are_booked_at_once_and_a_second_attempt_changes_nothing(books):
    batch = [books.received(7, f"in:{n}") for n in range(3_000)] + [
        books.applied(7, f"out:{n}") for n in range(3_000)
    ]
    with transaction():
        ids = post_many(batch, at=books.now)
    assert ids == sorted(set(ids))
    with transaction():
        assert post_many(batch[::-1], at=books.now) == ids[::-1]
    assert (balance(books.deposit).posted_minor, balance(books.price).posted_minor) == (0, 21_000)
    assert check_ledger() == []
