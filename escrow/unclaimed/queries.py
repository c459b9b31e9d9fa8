"""Due payments that no batch can take, what was done about them, and what lies with a notary."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.notices.models import Document
from escrow.payouts.models import PayoutKind
from escrow.payouts.offers import Offer, Wanted, list_offers, offers_of
from escrow.payouts.sources import source_of
from escrow.plans.models import DistributionPlan, PaymentStatus, PlanPayment
from escrow.unclaimed.models import NotaryDeposit, NotaryStatus, PayeeNotice

# What only the payee himself, or two people about his account, can mend.
UNPAYABLE = frozenset(
    {
        "no-account",
        "bad-account",
        "bad-card",
        "no-name",
        "bad-name",
        "no-bank-code",
        "bad-bank-code",
        "name-differs",
        "came-back",
        "notary-waits",
    }
)


@dataclass(frozen=True)
class Unclaimed:
    """One payment that waits for its payee."""

    payment: PlanPayment
    plan: DistributionPlan
    case: EnforcementCase
    objections: tuple[str, ...]
    notices: list[tuple[PayeeNotice, Document]]
    deposit: NotaryDeposit | None


def list_unclaimed(court_id: int) -> list[Unclaimed]:
    """The court's due plan payments that cannot be paid, or are to go to a notary, oldest first."""
    offers = list_offers(court_id, Wanted(kind=PayoutKind.PLAN))
    waiting = _deposits(court_id, [offer.debt.subject_id for offer in offers])
    return [
        _view(offer, waiting.get(offer.debt.subject_id))
        for offer in offers
        if UNPAYABLE & set(offer.objections) or offer.debt.subject_id in waiting
    ]


def find_unclaimed(court_id: int, payment_id: int) -> Unclaimed:
    """One due payment of the court, in a batch or not; raises NotFound."""
    debts = source_of(PayoutKind.PLAN).read(court_id, [payment_id])
    if not debts:
        raise NotFound("unknown-payment", _l("没有这笔待付款项，或已经付出。"))
    offer = offers_of(court_id, PayoutKind.PLAN, [payment_id]).get(payment_id)
    if offer is None:  # a batch has it
        offer = Offer(debts[0], debts[0].payee, ("under-way",))
    return _view(offer, _deposits(court_id, [payment_id]).get(payment_id))


def list_deposited(court_id: int) -> list[tuple[NotaryDeposit, PlanPayment, EnforcementCase]]:
    """What lies with a notary, newest first."""
    rows = db.session.execute(
        select(NotaryDeposit, PlanPayment, EnforcementCase)
        .join(PlanPayment, PlanPayment.id == NotaryDeposit.plan_payment_id)
        .join(EnforcementCase, EnforcementCase.id == NotaryDeposit.case_id)
        .where(
            NotaryDeposit.court_id == court_id,
            NotaryDeposit.status == NotaryStatus.CONFIRMED,
            PlanPayment.status == PaymentStatus.DEPOSITED,
        )
        .order_by(NotaryDeposit.id.desc())
        .limit(200)
    )
    return [(deposit, payment, case) for deposit, payment, case in rows]


def _deposits(court_id: int, payment_ids: list[int]) -> dict[int, NotaryDeposit]:
    rows = db.session.scalars(
        select(NotaryDeposit).where(
            NotaryDeposit.court_id == court_id, NotaryDeposit.status != NotaryStatus.DROPPED
        )
    )
    wanted = set(payment_ids)
    return {row.plan_payment_id: row for row in rows if row.plan_payment_id in wanted}


def _view(offer: Offer, deposit: NotaryDeposit | None) -> Unclaimed:
    payment = db.session.get_one(PlanPayment, offer.debt.subject_id)
    notices = db.session.execute(
        select(PayeeNotice, Document)
        .join(Document, Document.id == PayeeNotice.document_id)
        .where(PayeeNotice.plan_payment_id == payment.id)
        .order_by(PayeeNotice.id)
    )
    return Unclaimed(
        payment,
        db.session.get_one(DistributionPlan, payment.plan_id),
        db.session.get_one(EnforcementCase, payment.case_id),
        offer.objections,
        [(notice, document) for notice, document in notices],
        deposit,
    )
