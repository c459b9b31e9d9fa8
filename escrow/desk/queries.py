"""What the desk's pages show; every number comes from the books or from one table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from auction.accounts.models import User
from auction.cases.models import EnforcementCase
from auction.core.db import db
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.deadlines.models import Deadline, DeadlineStatus
from auction.sales.models import Sale, SaleStatus
from bidding.enrolment.models import Enrolment
from escrow.bank.models import BankLine, BankStatement, LineStatus, OrderStatus, ReturnOrder
from escrow.ledger import AccountKind, balance, find_account
from escrow.payments.models import Channel, Payment, Refund, RefundStatus
from escrow.plans.models import DistributionPlan, PaymentStatus, PlanPayment, PlanStatus
from escrow.settlement.models import Settlement, SettlementStatus

PER_PAGE = 50


@dataclass(frozen=True)
class Tally:
    """How many, and how much in all."""

    count: int
    amount_minor: int


@dataclass(frozen=True)
class HomeFigures:
    """The desk at a glance."""

    suspense: Tally
    suspense_ledger_minor: int
    suspense_first_due: datetime | None
    refunds: Tally
    refunds_first_due: datetime | None
    refunds_online: Tally
    orders: Tally
    settlements: Tally
    plans: int
    payments: Tally
    debits: Tally
    bank_ledger_minor: int
    provider_ledger_minor: int
    bank_told_minor: int | None
    bank_told_on: date | None


def home_figures(court_id: int) -> HomeFigures:
    """Count everything that waits for the desk."""
    lines = BankLine.court_id == court_id
    suspended = and_(lines, BankLine.status == LineStatus.SUSPENSE)
    due = and_(Refund.court_id == court_id, Refund.status == RefundStatus.DUE)
    by_bank = and_(due, Refund.channel == Channel.BANK)
    owed = (
        Settlement.price_minor
        - Settlement.deposit_applied_minor
        - Settlement.paid_minor
        - Settlement.set_off_minor
    )
    told = db.session.execute(
        select(BankStatement.closing_minor, BankStatement.last_day)
        .where(BankStatement.court_id == court_id, BankStatement.closing_minor.is_not(None))
        .order_by(BankStatement.last_day.desc(), BankStatement.id.desc())
        .limit(1)
    ).first()
    return HomeFigures(
        suspense=_tally(BankLine.remaining_minor, suspended),
        suspense_ledger_minor=ledger_of_court(court_id, AccountKind.SUSPENSE),
        suspense_first_due=db.session.scalar(
            select(func.min(BankLine.identify_by)).where(suspended)
        ),
        refunds=_tally(Refund.amount_minor, by_bank),
        refunds_first_due=db.session.scalar(select(func.min(Refund.due_at)).where(by_bank)),
        refunds_online=_tally(Refund.amount_minor, and_(due, Refund.channel == Channel.STRIPE)),
        orders=_tally(
            ReturnOrder.amount_minor,
            and_(ReturnOrder.court_id == court_id, ReturnOrder.status == OrderStatus.PROPOSED),
        ),
        settlements=_tally(
            owed,
            and_(Settlement.court_id == court_id, Settlement.status == SettlementStatus.DUE),
        ),
        plans=db.session.scalar(
            select(func.count()).where(
                DistributionPlan.court_id == court_id,
                DistributionPlan.status == PlanStatus.SUBMITTED,
            )
        )
        or 0,
        payments=_tally(
            PlanPayment.amount_minor,
            and_(PlanPayment.court_id == court_id, PlanPayment.status == PaymentStatus.DUE),
        ),
        debits=_tally(BankLine.amount_minor, and_(lines, BankLine.status == LineStatus.OPEN)),
        bank_ledger_minor=ledger_of_court(court_id, AccountKind.BANK),
        provider_ledger_minor=ledger_of_court(court_id, AccountKind.PROVIDER),
        bank_told_minor=told[0] if told else None,
        bank_told_on=told[1] if told else None,
    )


def _tally(
    amount: ColumnElement[int] | InstrumentedAttribute[int], where: ColumnElement[bool]
) -> Tally:
    count, total = db.session.execute(
        select(func.count(), func.coalesce(func.sum(amount), 0)).where(where)
    ).one()
    return Tally(int(count), int(total))


def ledger_of_court(court_id: int, kind: AccountKind) -> int:
    """The balance of one of the court's own accounts."""
    found = find_account(kind, court_id, court_id=court_id)
    return balance(found).posted_minor if found else 0


# ── statement lines ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class LineView:
    """A line as the desk may see it: who pays for a running sale stays sealed (CN16-18.3)."""

    row: BankLine
    is_sealed: bool

    @property
    def text(self) -> str:
        """The remittance text, or only the reference in it."""
        return (self.row.reference or "") if self.is_sealed else self.row.remittance


def _sealed(rows: list[BankLine]) -> set[int]:
    ids = [row.enrolment_id for row in rows if row.enrolment_id is not None]
    return sealed_enrolments(ids)


def sealed_enrolments(ids: list[int]) -> set[int]:
    """Those of the enrolments whose sale has not ended (CN16-18.3)."""
    if not ids:
        return set()
    return set(
        db.session.scalars(
            select(Enrolment.id)
            .join(Sale, Sale.id == Enrolment.sale_id)
            .where(
                Enrolment.id.in_(ids),
                Sale.status == SaleStatus.ANNOUNCED,
                Sale.ended_at.is_(None),
            )
        )
    )


def _views(query: Select[BankLine]) -> list[LineView]:
    rows = list(db.session.scalars(query))
    sealed = _sealed(rows)
    return [LineView(row, row.enrolment_id in sealed) for row in rows]


def list_lines(court_id: int, *, status: str, page: int) -> tuple[list[LineView], int]:
    """One page of the court's lines in a state, the most urgent first, and how many in all."""
    where = [BankLine.court_id == court_id]
    if status:
        where.append(BankLine.status == LineStatus(status))
    total = db.session.scalar(select(func.count(BankLine.id)).where(*where)) or 0
    order = (
        (BankLine.identify_by, BankLine.id)
        if status == LineStatus.SUSPENSE
        else (BankLine.booked_on.desc(), BankLine.id.desc())
    )
    query = select(BankLine).where(*where).order_by(*order)
    return _views(query.limit(PER_PAGE).offset((page - 1) * PER_PAGE)), total


def lines_of(statement: BankStatement, page: int) -> list[LineView]:
    """One page of a statement's lines, as they stand in the file."""
    query = (
        select(BankLine)
        .where(BankLine.statement_id == statement.id)
        .order_by(BankLine.number, BankLine.id)
    )
    return _views(query.limit(PER_PAGE).offset((page - 1) * PER_PAGE))


def find_line(user: User, line_id: int) -> LineView:
    """One line of the person's court; raises NotFound."""
    found = _views(
        select(BankLine).where(BankLine.id == line_id, BankLine.court_id == user.court_id)
    )
    if not found:
        raise NotFound("unknown-line", _l("没有这条银行流水。"))
    return found[0]


def list_statements(court_id: int) -> list[BankStatement]:
    """The court's statements, newest first."""
    query = (
        select(BankStatement)
        .where(BankStatement.court_id == court_id)
        .order_by(BankStatement.id.desc())
        .limit(100)
    )
    return list(db.session.scalars(query))


def find_statement(user: User, statement_id: int) -> BankStatement:
    """One statement of the person's court; raises NotFound."""
    row = db.session.scalar(
        select(BankStatement).where(
            BankStatement.id == statement_id, BankStatement.court_id == user.court_id
        )
    )
    if row is None:
        raise NotFound("unknown-statement", _l("没有这份对账单。"))
    return row


def outcomes_of(statement: BankStatement) -> dict[str, int]:
    """How many lines of a statement are in which state."""
    rows = db.session.execute(
        select(BankLine.status, func.count())
        .where(BankLine.statement_id == statement.id)
        .group_by(BankLine.status)
    )
    return {str(status): int(count) for status, count in rows}


def payout_candidates(court_id: int) -> list[EnforcementCase]:
    """Cases that may have money at the provider."""
    query = (
        select(EnforcementCase)
        .join(Payment, Payment.case_id == EnforcementCase.id)
        .where(EnforcementCase.court_id == court_id, Payment.channel == Channel.STRIPE)
        .distinct()
        .order_by(EnforcementCase.id)
    )
    return list(db.session.scalars(query))


# ── refunds ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class RefundView:
    """A refund with its order, if one is under way; its payee is sealed while the sale runs."""

    row: Refund
    order: ReturnOrder | None
    is_sealed: bool


def list_refunds(court_id: int, *, is_done: bool) -> list[RefundView]:
    """Refunds by bank transfer, the most urgent first; the finished ones newest first."""
    done = Refund.status == RefundStatus.DONE
    query = select(Refund).where(Refund.court_id == court_id, Refund.channel == Channel.BANK)
    if is_done:
        query = query.where(done).order_by(Refund.done_at.desc())
    else:
        query = query.where(~done).order_by(Refund.due_at, Refund.id)
    return _refund_views(query.limit(200))


def find_refund(user: User, refund_id: int) -> RefundView:
    """One refund of the person's court; raises NotFound."""
    found = _refund_views(
        select(Refund).where(Refund.id == refund_id, Refund.court_id == user.court_id)
    )
    if not found:
        raise NotFound("unknown-refund", _l("没有这笔退款。"))
    return found[0]


def _refund_views(query: Select[Refund]) -> list[RefundView]:
    rows = list(db.session.scalars(query))
    ids = [row.id for row in rows]
    orders = {
        order.refund_id: order
        for order in db.session.scalars(
            select(ReturnOrder)
            .where(ReturnOrder.refund_id.in_(ids), ReturnOrder.status != OrderStatus.CANCELLED)
            .order_by(ReturnOrder.id)
        )
    }
    owners = db.session.execute(
        select(Payment.id, Payment.enrolment_id).where(
            Payment.id.in_([row.payment_id for row in rows])
        )
    )
    enrolments: dict[int, int] = {}
    enrolments.update((payment_id, enrolment_id) for payment_id, enrolment_id in owners)
    sealed = sealed_enrolments(list(enrolments.values()))
    return [
        RefundView(row, orders.get(row.id), enrolments[row.payment_id] in sealed) for row in rows
    ]


def list_orders(court_id: int) -> list[ReturnOrder]:
    """Returns that wait for the second person."""
    query = (
        select(ReturnOrder)
        .where(ReturnOrder.court_id == court_id, ReturnOrder.status == OrderStatus.PROPOSED)
        .order_by(ReturnOrder.id)
    )
    return list(db.session.scalars(query))


def open_order_of(line: BankLine) -> ReturnOrder | None:
    """The return of this line that waits for the second person."""
    return db.session.scalar(
        select(ReturnOrder).where(
            ReturnOrder.line_id == line.id, ReturnOrder.status == OrderStatus.PROPOSED
        )
    )


# ── settlements and cases ───────────────────────────────────────────────────────────────────────


def list_settlements(court_id: int, *, is_paid: bool) -> list[tuple[Settlement, Sale]]:
    """Settlements with their sales, the most urgent first; the paid ones newest first."""
    status = SettlementStatus.PAID if is_paid else SettlementStatus.DUE
    order = Settlement.paid_at.desc() if is_paid else Settlement.due_at
    rows = db.session.execute(
        select(Settlement, Sale)
        .join(Sale, Sale.id == Settlement.sale_id)
        .where(Settlement.court_id == court_id, Settlement.status == status)
        .order_by(order, Settlement.id)
        .limit(200)
    )
    return [(settlement, sale) for settlement, sale in rows]


def list_cases_with_money(court_id: int) -> list[EnforcementCase]:
    """The court's cases, open ones first, newest first."""
    query = (
        select(EnforcementCase)
        .where(EnforcementCase.court_id == court_id)
        .order_by(EnforcementCase.status.desc(), EnforcementCase.id.desc())
        .limit(200)
    )
    return list(db.session.scalars(query))


def list_plans(court_id: int, status: PlanStatus) -> list[DistributionPlan]:
    """Plans of the court in a state, oldest first."""
    query = (
        select(DistributionPlan)
        .where(DistributionPlan.court_id == court_id, DistributionPlan.status == status)
        .order_by(DistributionPlan.id)
    )
    return list(db.session.scalars(query))


def plans_of(case: EnforcementCase) -> list[DistributionPlan]:
    """All plans of a case, newest first."""
    query = (
        select(DistributionPlan)
        .where(DistributionPlan.case_id == case.id)
        .order_by(DistributionPlan.number.desc())
    )
    return list(db.session.scalars(query))


def find_plan(user: User, plan_id: int) -> DistributionPlan:
    """One plan of the person's court; raises NotFound."""
    row = db.session.scalar(
        select(DistributionPlan).where(
            DistributionPlan.id == plan_id, DistributionPlan.court_id == user.court_id
        )
    )
    if row is None:
        raise NotFound("unknown-plan", _l("没有这份分配方案。"))
    return row


def finance_clocks(court_id: int, case_id: int | None = None) -> list[Deadline]:
    """Open clocks that are the desk's to meet, the most urgent first."""
    query = select(Deadline).where(
        Deadline.court_id == court_id,
        Deadline.owner_role == "finance",
        Deadline.status == DeadlineStatus.OPEN,
    )
    if case_id is not None:
        query = query.where(Deadline.case_id == case_id)
    return list(db.session.scalars(query.order_by(Deadline.due_at).limit(100)))
