"""What the parties do with an approved plan: it is served, its days run, one of them objects."""

from __future__ import annotations

from auction.cases.models import EnforcementCase, PartyRole
from auction.core.db import db, forget_reads, transaction
from auction.sales.calendar import beijing_day
from escrow.demo.people import People
from escrow.demo.stage import Stage
from escrow.objections.lodging import lodge_objection
from escrow.objections.rules import ServiceChannel
from escrow.objections.serving import (
    parties_to_serve,
    record_consent,
    record_service,
    release_plan,
    services_of,
)
from escrow.plans.models import DistributionPlan

_GROUND = "对方案所列其他债权人的利息计算期间有异议，认为应扣除执行中止的期间。"


def serve_plan(plan_id: int, stage: Stage, people: People) -> None:
    """Each party gets its extract by hand; its own fifteen days begin (CPLI-509.1)."""
    forget_reads()
    plan = db.session.get_one(DistributionPlan, plan_id)
    case = db.session.get_one(EnforcementCase, plan.case_id)
    today = beijing_day(stage.now)
    for party_id in [party.id for party in parties_to_serve(plan, case)]:
        with transaction():
            record_service(
                plan_id,
                party_id,
                channel=ServiceChannel.HAND,
                sent_on=today,
                reached_on=today,
                proof="送达回证",
                court_id=people.court_id,
                actor_id=people.staff["finance1"],
                now=stage.now,
            )


def agree_to(plan_id: int, stage: Stage, people: People) -> None:
    """Every party served agrees to the plan in writing, so that its days are over."""
    forget_reads()
    plan = db.session.get_one(DistributionPlan, plan_id)
    for service_id in [row.id for row in services_of(plan)]:
        with transaction():
            record_consent(
                service_id,
                consented_on=beijing_day(stage.now),
                court_id=people.court_id,
                actor_id=people.staff["finance1"],
                now=stage.now,
            )


def release(plan_id: int, stage: Stage, people: People) -> None:
    """Nobody has objected: another than the plan's maker says that the days are over."""
    with transaction():
        release_plan(
            plan_id,
            court_id=people.court_id,
            actor_id=people.staff["finance2"],
            now=stage.now,
        )


def object_to(plan_id: int, stage: Stage, people: People) -> None:
    """The first creditor disputes a tenth of what another one is to get."""
    forget_reads()
    plan = db.session.get_one(DistributionPlan, plan_id)
    case = db.session.get_one(EnforcementCase, plan.case_id)
    applicant = next(party for party in case.parties if party.role is PartyRole.APPLICANT)
    others = {claim.label for claim in case.claims if claim.party_id != applicant.id}
    line = next(
        line for line in plan.output["lines"] if line["step"] == "ordinary" and line["to"] in others
    )
    with transaction():
        lodge_objection(
            plan_id,
            applicant.id,
            received_on=beijing_day(stage.now),
            ground=_GROUND,
            disputed={(line["to"], line["step"]): line["amount"] // 10},
            court_id=people.court_id,
            actor_id=people.staff["finance1"],
            now=stage.now,
        )
