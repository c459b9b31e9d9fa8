"""A court that serves its plans, with the worked example approved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from finance_stage import Desk, Row

from auction.cases.models import Party, PartyRole
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.courts.models import Court
from escrow.objections.lodging import lodge_objection, record_answer, tell_party
from escrow.objections.models import Objection, PlanService
from escrow.objections.rules import ServiceChannel
from escrow.objections.serving import record_consent, record_service, release_plan
from escrow.plans.models import PlanPayment
from escrow.plans.payouts import mark_paid


class ServedDesk(Desk):
    """The finance desk, and what it does after the approval."""

    def __init__(self, clock, **more):
        super().__init__(clock, **more)
        with transaction():
            db.session.get(Court, self.court.id).settings = {"plan_service": "required"}

    def ready(self, price=360_000_000):
        self.claims_of_the_example()
        self.bring_proceeds(price)
        self.plan = self.approve(self.draft())
        return self.plan

    def act(self, actor=None):
        return {
            "court_id": self.court.id,
            "actor_id": (actor or self.checker).id,
            "now": self.now,
        }

    @property
    def today(self):
        return beijing(self.now).date()

    def pass_days(self, days):
        self.clock.set(self.now + timedelta(days=days))

    def party(self, name):
        rows = db.session.query(Party).filter_by(case_id=self.case.id)
        return next(row for row in rows if row.name == name)

    def parties(self):
        rows = db.session.query(Party).filter_by(case_id=self.case.id).order_by(Party.id)
        return [row for row in rows if row.role is not PartyRole.OTHER]

    def serve(self, name, *, channel=ServiceChannel.HAND, sent_on=None, reached_on="today"):
        reached = self.today if reached_on == "today" else reached_on
        with transaction():
            return Row(
                record_service(
                    self.plan.id,
                    self.party(name).id,
                    channel=channel,
                    sent_on=sent_on or self.today,
                    reached_on=None if channel is ServiceChannel.PUBLISHED else reached,
                    proof="送达回证",
                    **self.act(),
                )
            )

    def serve_all(self):
        return {row.name: self.serve(row.name) for row in self.parties()}

    def consent(self, service):
        with transaction():
            record_consent(service.id, consented_on=self.today, **self.act())

    def release(self, actor=None):
        with transaction():
            release_plan(self.plan.id, **self.act(actor))

    def object(self, name, disputed, *, received_on=None):
        with transaction():
            row = lodge_objection(
                self.plan.id,
                self.party(name).id,
                received_on=received_on or self.today,
                ground="债权数额有误",
                disputed=disputed,
                **self.act(),
            )
        return Row(row)

    def tell_others(self, objection):
        for party in self.parties():
            if party.id != objection.party_id:
                self.tell(objection, party.id)

    def tell(self, objection, party_id, **more):
        values = {
            "channel": ServiceChannel.HAND,
            "sent_on": self.today,
            "reached_on": self.today,
            "proof": "送达回证",
            **more,
        }
        with transaction():
            tell_party(objection.id, party_id, **values, **self.act())

    def answer(self, objection, name, answer, **more):
        values = {"answered_on": self.today, "words": "不同意", **more}
        with transaction():
            record_answer(objection.id, self.party(name).id, answer=answer, **values, **self.act())

    def payments(self, plan=None, **only):
        rows = db.session.query(PlanPayment).filter_by(plan_id=(plan or self.plan).id, **only)
        return rows.order_by(PlanPayment.id).all()

    def line(self, payee, step, plan=None):
        """What each part of a line stands at: [(amount, status)]."""
        rows = self.payments(plan, payee=payee, step=step)
        return [(row.amount_minor, str(row.status)) for row in rows]

    def pay_out(self, payment_id):
        with transaction():
            mark_paid(
                payment_id,
                bank_reference=f"OUT{payment_id}",
                paid_on=self.today,
                **self.act(),
            )

    def pay_what_is_due(self, plan=None):
        for payment_id in [row.id for row in self.payments(plan, status="due")]:
            self.pay_out(payment_id)


@pytest.fixture
def desk(any_app, clock):
    return ServedDesk(clock)


@pytest.fixture
def lite(app, clock):
    return ServedDesk(clock)


__all__ = ["Objection", "PlanService"]
