"""Which payments make a deposit, and which still belong to none."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, exists, select

from auction.accounts.models import Identity
from auction.cases.models import Party
from auction.core.db import db
from auction.sales.models import Sale, SaleStatus
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from escrow.payments.models import Payment, PaymentStatus, Purpose, Refund

_SECURED = (PaymentStatus.HELD, PaymentStatus.RECEIVED)


def parts_of(deposit_ids: Collection[int]) -> list[Payment]:
    """The payments that these deposits are made of and that still secure them, locked, in order."""
    return list(
        db.session.scalars(
            select(Payment)
            .where(Payment.deposit_id.in_(deposit_ids), Payment.status.in_(_SECURED))
            .order_by(Payment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def loose_parts(*, enrolment_id: int | None = None, sale_id: int | None = None) -> list[Payment]:
    """Money towards deposits that are not complete, of an enrolment or a whole sale, locked.

    What goes back already is none of it.
    """
    mine = (
        Payment.enrolment_id == enrolment_id
        if sale_id is None
        else Payment.enrolment_id.in_(select(Enrolment.id).where(Enrolment.sale_id == sale_id))
    )
    return _loose(mine, is_locked=True)


def _loose(mine: ColumnElement[bool], *, is_locked: bool = False) -> list[Payment]:
    query = (
        select(Payment)
        .where(
            mine,
            Payment.purpose == Purpose.DEPOSIT,
            Payment.deposit_id.is_(None),
            Payment.status.in_(_SECURED),
            ~exists().where(Refund.payment_id == Payment.id),
        )
        .order_by(Payment.id)
    )
    if is_locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def unpaid_enrolments(case_id: int, party_id: int) -> list[tuple[int, str]]:
    """Enrolments of a party of the case, recognised by his number, for which nothing was begun.

    Each with the number's hash.
    """
    rows = db.session.execute(
        select(Enrolment.id, Identity.id_number_hash)
        .join(Identity, Identity.user_id == Enrolment.user_id)
        .join(Party, Party.id_number_hash == Identity.id_number_hash)
        .join(Sale, Sale.id == Enrolment.sale_id)
        .where(
            Party.id == party_id,
            Sale.case_id == case_id,
            Sale.status == SaleStatus.ANNOUNCED,
            Enrolment.status.in_((EnrolmentStatus.BEGUN, EnrolmentStatus.DEPOSIT_DUE)),
            ~exists().where(
                Payment.enrolment_id == Enrolment.id,
                Payment.purpose == Purpose.DEPOSIT,
                Payment.status != PaymentStatus.LAPSED,
            ),
        )
        .order_by(Enrolment.sale_id, Enrolment.id)
    )
    return [(enrolment_id, number) for enrolment_id, number in rows]


def read_outstanding(enrolment: Enrolment) -> int:
    """What is still to be paid, for a page: nothing is locked."""
    paid = sum(part.secured_minor for part in _loose(Payment.enrolment_id == enrolment.id))
    return max(0, enrolment.deposit_minor - paid)


def outstanding_deposit(enrolment: Enrolment) -> int:
    """What is still to be paid of an enrolment's deposit."""
    paid = sum(part.secured_minor for part in loose_parts(enrolment_id=enrolment.id))
    return max(0, enrolment.deposit_minor - paid)
