"""The finance desk after a ruling: money to the bank, plan, second person, payments, close."""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from sqlalchemy import select

from auction.cases.models import EnforcementCase
from auction.core.db import db, forget_reads, transaction
from auction.sales.calendar import beijing_day, beijing_moment, next_working_day
from escrow.bank.models import ProviderMoveKind
from escrow.bank.provider import money_of_case, record_provider_move
from escrow.demo.bank import show_moves, show_payments
from escrow.demo.casework import CaseRef
from escrow.demo.lots import DemoLot
from escrow.demo.parties import agree_to, object_to, release, serve_plan
from escrow.demo.people import People, invent_account
from escrow.demo.stage import Stage
from escrow.distribution.files import DeductionKind
from escrow.payouts.batches import submit_batch
from escrow.payouts.choosing import choose_payments
from escrow.payouts.models import PayoutKind
from escrow.plans.closing import close_empty_case
from escrow.plans.models import PaymentStatus, PlanPayment
from escrow.plans.payouts import mark_paid
from escrow.plans.services import approve_plan, book_deduction, draft_plan, lock_case, submit_plan


@dataclass(frozen=True)
class ProviderAccount:
    """Where the play-money provider's API is, for what the court does on its dashboard there."""

    base: str
    api_key: str

    def pay_out(self, amount_minor: int) -> str:
        """Send money from the provider to the court's bank account; the payout's id."""
        parts = urlsplit(self.base)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        try:
            connection.request(
                "POST",
                f"{parts.path}/v1/payouts",
                urlencode({"amount": amount_minor, "currency": "cny"}),
                {
                    "Authorization": "Basic " + b64encode(f"{self.api_key}:".encode()).decode(),
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"the provider refused a payout: {text[:200]}")
        return str(json.loads(text)["id"])


@dataclass(frozen=True)
class FinanceDesk:
    """Two people of the finance desk: one draws up, the other looks over it and pays (A1)."""

    stage: Stage
    people: People
    now: datetime
    """The present, at which all stories stop."""
    provider: ProviderAccount

    def distribute(
        self, lot: DemoLot, place: int, ref: CaseRef, sale_id: int
    ) -> Iterator[datetime]:
        """From the served ruling to the closed case, as far as the lot's state says.

        The first ruled lot waits for the second person; the plan of the second is served and one
        creditor objects; of a `paying` lot the batch of payments waits for its checker.
        """
        yield self._day(1 if lot.state == "paying" else 3)
        self._bring_money_home(ref, sale_id)
        self._book_cost(lot, ref, sale_id)
        yield self._day(1)
        plan_id, sha256 = self._draft(ref)
        if lot.state == "ruled" and place == 0:
            return
        yield self._day(1)
        with transaction():
            approve_plan(
                plan_id,
                sha256=sha256,
                court_id=self.people.court_id,
                actor_id=self.people.staff["finance2"],
                now=self.stage.now,
            )
        if lot.state != "closed":
            yield self._day(1)
            serve_plan(plan_id, self.stage, self.people)
        if lot.state == "ruled":
            yield self._day(2)
            object_to(plan_id, self.stage, self.people)
            return
        if lot.state == "paying":
            # Everybody agrees in writing; the day of payment lies ahead.
            yield max(self._day(1), self.now - timedelta(hours=3))
            agree_to(plan_id, self.stage, self.people)
            release(plan_id, self.stage, self.people)
            self._submit_batch(plan_id)
            return
        # Fifteen days for objections (CPLI-509.1).
        yield self._day(16)
        self._pay(plan_id)
        yield self._day(1)
        show_payments(plan_id, self.people, self.stage.now)
        yield self._day(1)
        with transaction():
            case = lock_case(ref.case_id, self.people.court_id)
            close_empty_case(case, actor_id=ref.clerk_id, now=self.stage.now)

    def _day(self, days: int) -> datetime:
        day = next_working_day(beijing_day(self.stage.now) + timedelta(days=days))
        return beijing_moment(day) + timedelta(minutes=12)

    def _bring_money_home(self, ref: CaseRef, sale_id: int) -> None:
        """What lies at the provider is paid out; the court makes up what the provider kept."""
        forget_reads()
        money = money_of_case(ref.case_id)
        moves: list[tuple[ProviderMoveKind, int, str]] = []
        if money.provider_minor:
            payout_id = self.provider.pay_out(money.provider_minor)
            moves.append((ProviderMoveKind.PAYOUT, money.provider_minor, payout_id))
        if money.fees_minor:
            moves.append((ProviderMoveKind.FEE_COVER, money.fees_minor, f"YZFC{sale_id:06d}"))
        for kind, amount, reference in moves:
            with transaction():
                record_provider_move(
                    lock_case(ref.case_id, self.people.court_id),
                    kind,
                    amount,
                    bank_reference=reference,
                    actor_id=self.people.staff["finance1"],
                    now=self.stage.now,
                )
        show_moves(ref.case_id, moves, self.people, self.stage.now)

    def _book_cost(self, lot: DemoLot, ref: CaseRef, sale_id: int) -> None:
        """The appraisal is paid before any creditor (PRI-1)."""
        values: dict[str, object] = {
            "kind": DeductionKind.COST,
            "amount_minor": max(lot.reference_minor * 4 // 1000 // 1000 * 1000, 20_000),
            "sale_id": sale_id,
            "basis": "评估费（评估机构发票）",
            "payee_name": "云州同德资产评估有限公司（虚构）",
            "payee_bank": "中国建设银行云州城东支行",
            "payee_account": invent_account("62990100777700000"),
        }
        with transaction():
            book_deduction(
                lock_case(ref.case_id, self.people.court_id),
                values=values,
                form_key=f"demo-cost-{sale_id}",
                actor_id=self.people.staff["finance1"],
                now=self.stage.now,
            )

    def _draft(self, ref: CaseRef) -> tuple[int, str]:
        drafter = self.people.staff["finance1"]
        with transaction():
            case: EnforcementCase = lock_case(ref.case_id, self.people.court_id)
            plan = draft_plan(case, actor_id=drafter, now=self.stage.now)
            plan_id, sha256 = plan.id, plan.sha256
        with transaction():
            submit_plan(
                plan_id, court_id=self.people.court_id, actor_id=drafter, now=self.stage.now
            )
        return plan_id, sha256

    def _submit_batch(self, plan_id: int) -> None:
        """One payment file for everybody; another than its maker looks it over (A1)."""
        maker = {"court_id": self.people.court_id, "actor_id": self.people.staff["finance1"]}
        due = _due_of(plan_id)
        with transaction():
            batch_id = choose_payments(
                self.people.court_id,
                {PayoutKind.PLAN: due},
                form_key=f"demo-batch-{plan_id}",
                actor_id=maker["actor_id"],
                now=self.stage.now,
            ).id
        with transaction():
            tomorrow = next_working_day(beijing_day(self.stage.now) + timedelta(days=1))
            submit_batch(batch_id, execute_on=tomorrow, now=self.stage.now, **maker)

    def _pay(self, plan_id: int) -> None:
        for payment_id in _due_of(plan_id):
            with transaction():
                mark_paid(
                    payment_id,
                    bank_reference=f"YZPAY{payment_id:06d}",
                    paid_on=beijing_day(self.stage.now),
                    court_id=self.people.court_id,
                    actor_id=self.people.staff["finance2"],
                    now=self.stage.now,
                )


def _due_of(plan_id: int) -> list[int]:
    """The plan's payments that may leave, in its order."""
    forget_reads()
    return list(
        db.session.scalars(
            select(PlanPayment.id)
            .where(PlanPayment.plan_id == plan_id, PlanPayment.status == PaymentStatus.DUE)
            .order_by(PlanPayment.id)
        )
    )
