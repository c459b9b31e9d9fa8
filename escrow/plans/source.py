"""What approved plans owe by bank, as a source of payouts (A1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from auction.cases.models import Claim, EnforcementCase, Party, PartyRole
from auction.core.bulk import among
from auction.core.db import db
from auction.core.states import change_state
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.deadlines.services import reopen_deadline
from escrow.ledger import Account, TransferKind
from escrow.objections.serving import RELEASE_DEADLINE
from escrow.payouts.models import Payout, PayoutKind
from escrow.payouts.sources import Debt, Payee, register_source
from escrow.plans.clocks import meet_payout, sales_paid_out
from escrow.plans.inputs import SURPLUS
from escrow.plans.models import (
    PAYMENT_TRANSITIONS,
    DistributionPlan,
    PaymentStatus,
    PlanPayment,
)
from escrow.settlement.release import PAYOUT_DEADLINE
from escrow.stops.queries import stopped_case_ids
from escrow.unclaimed.models import NotaryDeposit, NotaryStatus

# What the bank and the payee read; Chinese like every paper of the court.
_PURPOSES = {"fee": "执行费", "sale-tax": "税款", SURPLUS: "退还被执行人余款", "cost": "执行费用"}
_PURPOSE = "执行案款"


class PlanSource:
    """Payments of approved plans."""

    def read(self, court_id: int, ids: Sequence[int] | None = None) -> list[Debt]:
        """What is due, oldest first; a payee of the case must bear his own name (CN17F-11)."""
        query = (
            select(PlanPayment, DistributionPlan.drafted_by, EnforcementCase)
            .join(DistributionPlan, DistributionPlan.id == PlanPayment.plan_id)
            .join(EnforcementCase, EnforcementCase.id == PlanPayment.case_id)
            .where(PlanPayment.court_id == court_id, PlanPayment.status == PaymentStatus.DUE)
            .order_by(PlanPayment.id)
        )
        if ids is not None:
            query = query.where(among(PlanPayment.id, list(ids), db.engine.dialect))
        rows = list(db.session.execute(query))
        names = _party_names(sorted({case.id for _row, _maker, case in rows}))
        deposits = _living_deposits(court_id)
        stopped = stopped_case_ids(court_id)
        clocks = _clocks_of({case.id for _row, _maker, case in rows})
        return [
            _debt(
                row,
                maker_id,
                case,
                names,
                deposits.get(row.id),
                due_at=clocks.get(case.id),
                is_stopped=case.id in stopped,
            )
            for row, maker_id, case in rows
        ]

    def lock(self, court_id: int, ids: Sequence[int]) -> None:
        """Cases first, then their payments: two payments of one case take turns."""
        dialect = db.engine.dialect
        mine = select(PlanPayment.case_id).where(
            PlanPayment.court_id == court_id, among(PlanPayment.id, list(ids), dialect)
        )
        cases = sorted(set(db.session.scalars(mine)))
        db.session.scalars(
            select(EnforcementCase)
            .where(among(EnforcementCase.id, cases, dialect))
            .order_by(EnforcementCase.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).all()
        db.session.scalars(
            select(PlanPayment)
            .where(among(PlanPayment.id, list(ids), dialect))
            .order_by(PlanPayment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()

    def bookings(
        self, court_id: int, ids: Sequence[int]
    ) -> dict[int, tuple[TransferKind, Account]]:
        """From the account that the plan has filled; what a notary gets is told apart."""
        deposits = _living_deposits(court_id)
        rows = db.session.execute(
            select(PlanPayment.id, Account)
            .join(Account, Account.id == PlanPayment.account_id)
            .where(
                PlanPayment.court_id == court_id,
                among(PlanPayment.id, list(ids), db.engine.dialect),
            )
        )
        return {
            row[0]: (
                TransferKind.PLAN_DEPOSITED if row[0] in deposits else TransferKind.PLAN_PAID,
                row[1],
            )
            for row in rows
        }

    def mark_sent(self, ids: Sequence[int], *, is_sent: bool, at: datetime) -> None:
        """Out of reach of objections and corrected plans, or within it again."""
        to = PaymentStatus.SENT if is_sent else PaymentStatus.DUE
        for row in _rows(ids):
            if row.status is not to:
                change_state(row, to, PAYMENT_TRANSITIONS, actor_id=None, at=at, reason="payout")

    def settle(
        self,
        payout: Payout,
        *,
        booked_id: int,
        reference: str,
        actor_id: int | None,
        at: datetime,
        paid_on: date,
    ) -> None:
        """The line is paid; with the last of its case the payout clocks are met (CN17F-8)."""
        (row,) = _rows([payout.plan_payment_id or 0])
        row.transfer_id = booked_id
        row.bank_reference, row.paid_on = reference[:60], paid_on
        row.paid_by, row.paid_at = actor_id or payout.created_by, at
        is_deposited = row.id in _living_deposits(row.court_id)
        to = PaymentStatus.DEPOSITED if is_deposited else PaymentStatus.PAID
        change_state(row, to, PAYMENT_TRANSITIONS, actor_id=actor_id, at=at)
        db.session.flush()
        meet_payout(row.case_id, at)

    def show(self, payout: Payout, line_id: int) -> None:
        """The line that shows it."""
        (row,) = _rows([payout.plan_payment_id or 0])
        row.bank_line_id = line_id

    def reopen(self, payout: Payout, *, at: datetime) -> None:
        """Due as before, and its clocks run again."""
        (row,) = _rows([payout.plan_payment_id or 0])
        change_state(
            row, PaymentStatus.DUE, PAYMENT_TRANSITIONS, actor_id=None, at=at, reason="returned"
        )
        row.transfer_id = row.bank_line_id = row.bank_reference = None
        row.paid_by = row.paid_on = row.paid_at = None
        db.session.flush()
        for sale in sales_paid_out(row.case_id):
            reopen_deadline(PAYOUT_DEADLINE, sale)


register_source(PayoutKind.PLAN, PlanSource())


def _debt(
    row: PlanPayment,
    maker_id: int,
    case: EnforcementCase,
    names: dict[tuple[int, str], str],
    deposit: NotaryDeposit | None,
    *,
    due_at: datetime | None,
    is_stopped: bool,
) -> Debt:
    what = _PURPOSES.get(row.step, _PURPOSE)
    payee = Payee(row.payee_name, row.payee_account, row.payee_bank)
    expected = names.get((row.case_id, row.payee), "")
    remittance = f"{case.number} {what}"
    # CPLI-513.1: while the case is stopped, nothing of it leaves.
    obstacle = "stopped" if is_stopped else None
    redirected_at = None
    if deposit is not None and deposit.status is NotaryStatus.CONFIRMED:
        # CN17F-14: to the notary instead, who must see for whom.
        payee = Payee(deposit.office, deposit.account, deposit.bank, deposit.bank_code)
        expected, redirected_at = "", deposit.decided_at
        remittance = f"{case.number} 提存 {row.payee_name}"
    elif deposit is not None:
        obstacle = obstacle or "notary-waits"
    return Debt(
        kind=PayoutKind.PLAN,
        subject_id=row.id,
        court_id=row.court_id,
        case_id=row.case_id,
        amount_minor=row.amount_minor,
        currency="CNY",
        debtor_account=case.account_number,
        payee=payee,
        expected_name=expected,
        step=row.step,
        purpose=what,
        remittance=remittance,
        due_at=due_at,
        maker_id=maker_id,
        obstacle=obstacle,
        redirected_at=redirected_at,
    )


def _living_deposits(court_id: int) -> dict[int, NotaryDeposit]:
    """Deposits with a notary that are asked for or approved, by the payment they are about."""
    rows = db.session.scalars(
        select(NotaryDeposit)
        .where(NotaryDeposit.court_id == court_id, NotaryDeposit.status != NotaryStatus.DROPPED)
        .execution_options(populate_existing=True)
    )
    return {row.plan_payment_id: row for row in rows}


def _clocks_of(case_ids: set[int]) -> dict[int, datetime]:
    """Until when each case's money must have been paid out (CN17F-8, CN17F-10)."""
    rows = db.session.execute(
        select(Deadline.case_id, func.min(Deadline.due_at))
        .where(
            among(Deadline.case_id, sorted(case_ids), db.engine.dialect),
            Deadline.kind.in_((PAYOUT_DEADLINE, RELEASE_DEADLINE)),
            Deadline.status == DeadlineStatus.OPEN,
        )
        .group_by(Deadline.case_id)
    )
    return {row[0]: row[1] for row in rows}


def _party_names(case_ids: list[int]) -> dict[tuple[int, str], str]:
    """By case and label: whose claim it is; the surplus is the debtor's."""
    dialect = db.engine.dialect
    claims = db.session.execute(
        select(Claim.case_id, Claim.label, Party.name)
        .join(Party, Party.id == Claim.party_id)
        .where(among(Claim.case_id, case_ids, dialect))
    )
    names = {(case_id, label): name for case_id, label, name in claims}
    debtors = db.session.execute(
        select(Party.case_id, Party.name)
        .where(among(Party.case_id, case_ids, dialect), Party.role == PartyRole.DEBTOR)
        .order_by(Party.id.desc())
    )
    names |= {(case_id, SURPLUS): name for case_id, name in debtors}
    return names


def _rows(ids: Sequence[int]) -> list[PlanPayment]:
    """Locked and read again, by id."""
    return list(
        db.session.scalars(
            select(PlanPayment)
            .where(among(PlanPayment.id, list(ids), db.engine.dialect))
            .order_by(PlanPayment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
