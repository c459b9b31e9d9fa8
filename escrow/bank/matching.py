"""Place a statement line by rule; what no rule places waits for a person (CN17F-3, CN21S-2).

Each line has a transaction of its own. The line is locked first, then whatever it is booked to.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import select

from auction.accounts.models import Identity
from auction.core.db import db, to_ms
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.deadlines.services import schedule_deadline
from auction.sales.calendar import beijing_moment
from auction.sales.models import Sale
from bidding.enrolment.models import Enrolment
from bidding.room.models import SaleHead
from escrow.bank.models import (
    LINE_TRANSITIONS,
    BankLine,
    LineStatus,
    ProviderMove,
    Reason,
)
from escrow.bank.parsed import Side
from escrow.bank.reviews import open_review
from escrow.bank.rules import (
    BalanceFacts,
    DepositFacts,
    identify_by,
    judge_balance,
    judge_deposit,
    warn_by,
)
from escrow.deposits.queries import outstanding_deposit
from escrow.ledger import Account, AccountKind, NewTransfer, TransferKind, account, post
from escrow.payments.services import confirm_bank_balance, confirm_bank_deposit
from escrow.payouts.confirming import confirm_by_line, take_returned
from escrow.settlement.loans import lenders_of
from escrow.settlement.models import Settlement
from escrow.settlement.services import lock_settlement

SUSPENSE_DEADLINE = "suspense"
SUSPENSE_RULE = "CN21S-2"


def match_line(line_id: int, *, now: datetime) -> BankLine:
    """Place one line if a rule can; doing it again changes nothing."""
    line = lock_line(line_id)
    if line.side is Side.DEBIT:
        if line.is_reversal and line.status is LineStatus.NEW:
            _await_person(line, Reason.REVERSAL, now)
        elif line.status in (LineStatus.NEW, LineStatus.OPEN) and not line.is_reversal:
            _match_debit(line, now)
    elif line.status is LineStatus.NEW:
        _match_credit(line, now)
    return line


def lock_line(line_id: int, court_id: int | None = None) -> BankLine:
    """A line, locked and read again; of this court, if one is named."""
    line = db.session.get(BankLine, line_id, with_for_update=True, populate_existing=True)
    if line is None or court_id not in (None, line.court_id):
        raise NotFound("unknown-line", _l("没有这条银行流水。"))
    return line


# ── money that came ─────────────────────────────────────────────────────────────────────────────


def _match_credit(line: BankLine, now: datetime) -> None:
    """By reference, then amount, payer and day; every one that agrees is written down."""
    if take_returned(line, now=now) is not None:
        line.grounds = "reference,amount"
        settle_line(line, LineStatus.MATCHED, at=now)
        return
    enrolment, settlement = find_subject(line.court_id, line.reference)
    if line.is_reversal:  # a payment of ours that came back is no bidder's money
        enrolment = settlement = None
        reason: Reason | None = Reason.REVERSAL
    elif settlement is not None:
        reason = _take_balance(line, settlement, now)
    elif enrolment is not None:
        reason = _take_deposit(line, enrolment, now)
    elif line.reference is not None:
        reason = Reason.UNKNOWN_REFERENCE
    else:
        reason = None if _is_provider_payout(line) else Reason.NO_REFERENCE
    if reason is None:
        settle_line(line, LineStatus.MATCHED, at=now)
        return
    _suspend(line, reason, now)
    subject = settlement or enrolment
    if reason is Reason.PAYER_DIFFERS and subject is not None and line.reference is not None:
        open_review(line, subject, reference=line.reference, at=now)


def find_subject(
    court_id: int, reference: str | None
) -> tuple[Enrolment | None, Settlement | None]:
    """The enrolment or the settlement of this court that a payment reference belongs to."""
    if reference is None:
        return None, None
    settlement = db.session.scalar(
        select(Settlement).where(Settlement.reference == reference, Settlement.court_id == court_id)
    )
    if settlement is not None:
        return None, settlement
    enrolment = db.session.scalar(
        select(Enrolment)
        .join(Sale, Sale.id == Enrolment.sale_id)
        .where(Enrolment.reference == reference, Sale.court_id == court_id)
    )
    return enrolment, None


def _take_deposit(line: BankLine, enrolment: Enrolment, now: datetime) -> Reason | None:
    line.enrolment_id = enrolment.id
    line.case_id = _case_of(enrolment)
    reason = judge_deposit(deposit_facts(line.amount_minor, line.payer_name, enrolment))
    if reason is None:
        line.grounds = "reference,amount,payer"
        confirm_bank_deposit(enrolment.id, line.id, line.amount_minor, **_told(line, now))
    return reason


def _take_balance(line: BankLine, settlement: Settlement, now: datetime) -> Reason | None:
    settlement = lock_settlement(settlement.id)
    line.settlement_id, line.case_id = settlement.id, settlement.case_id
    reason = judge_balance(balance_facts(line, line.amount_minor, settlement))
    if reason is None:
        is_whole = line.amount_minor == settlement.outstanding_minor
        line.grounds = f"reference,{'amount' if is_whole else 'part'},payer,day"
        confirm_bank_balance(settlement.id, line.id, line.amount_minor, **_told(line, now))
    return reason


def deposit_facts(amount_minor: int, payer_name: str, enrolment: Enrolment) -> DepositFacts:
    """What the rule looks at; the enrolment is locked, after its sale's head, and read again."""
    db.session.get(SaleHead, enrolment.sale_id, with_for_update=True, populate_existing=True)
    db.session.get(Enrolment, enrolment.id, with_for_update=True, populate_existing=True)
    return DepositFacts(
        amount_minor,
        payer_name,
        due_deposit(enrolment, amount_minor),
        _name_of(enrolment.user_id),
        enrolment.status,
    )


def due_deposit(enrolment: Enrolment, amount_minor: int) -> int:
    """What a transfer must bring: what payments so far have left of the deposit, or all of it."""
    rest = outstanding_deposit(enrolment)
    return rest if amount_minor == rest else enrolment.deposit_minor


def balance_facts(line: BankLine, amount_minor: int, settlement: Settlement) -> BalanceFacts:
    """What the rule looks at; the settlement is locked."""
    enrolment = db.session.get_one(Enrolment, settlement.enrolment_id)
    return BalanceFacts(
        amount_minor,
        line.payer_name,
        settlement.outstanding_minor,
        _name_of(enrolment.user_id),
        line.booked_on,
        settlement.due_at,
        tuple(lenders_of(settlement.id)),
    )


def _name_of(user_id: int) -> str:
    name = db.session.scalar(select(Identity.full_name).where(Identity.user_id == user_id))
    return name or ""


def _case_of(enrolment: Enrolment) -> int:
    return db.session.get_one(Sale, enrolment.sale_id).case_id


def _told(line: BankLine, now: datetime) -> dict[str, Any]:
    """What a payment keeps of the line behind it."""
    return {
        "payer_name": line.payer_name,
        "payer_account": line.payer_account,
        "payer_bank": line.payer_bank,
        "received_at": received_at(line),
        "at": now,
    }


def received_at(line: BankLine) -> datetime:
    """When the bank booked the line: the statement gives the day, not the hour."""
    return beijing_moment(line.booked_on, time())


def _is_provider_payout(line: BankLine) -> bool:
    """Whether finance has recorded the provider's payout already that this line shows."""
    told = f"{line.remittance} {line.entry_ref}"
    by_reference: dict[str, list[ProviderMove]] = {}
    for move in _open_moves(line.court_id):
        if move.bank_reference in told:
            by_reference.setdefault(move.bank_reference, []).append(move)
    for moves in by_reference.values():
        if sum(move.amount_minor for move in moves) == line.amount_minor:
            for move in moves:
                move.bank_line_id = line.id
            line.grounds = "reference,amount"
            return True
    return False


def _open_moves(court_id: int) -> list[ProviderMove]:
    return list(
        db.session.scalars(
            select(ProviderMove)
            .where(ProviderMove.court_id == court_id, ProviderMove.bank_line_id.is_(None))
            .order_by(ProviderMove.id)
            .with_for_update()
        )
    )


def _suspend(line: BankLine, reason: Reason, now: datetime) -> None:
    """Nobody can place it yet: it is owed to somebody all the same, and the clock runs."""
    post(
        [
            NewTransfer(
                kind=TransferKind.SUSPENSE_RECEIVED,
                debit=bank_account(line),
                credit=suspense_account(line),
                amount_minor=line.amount_minor,
                key=f"bank_line:{line.id}:suspense",
                source=line,
                effective_at=received_at(line),
            )
        ],
        at=now,
    )
    line.reason, line.remaining_minor = reason, line.amount_minor
    line.identify_by = identify_by(now)
    change_state(
        line, LineStatus.SUSPENSE, LINE_TRANSITIONS, actor_id=None, at=now, reason=str(reason)
    )
    if line.case_id is not None:
        schedule_deadline(
            SUSPENSE_DEADLINE,
            line,
            rule_id=SUSPENSE_RULE,
            court_id=line.court_id,
            case_id=line.case_id,
            owner_role="finance",
            due_at=line.identify_by,
            warn_at=warn_by(line.identify_by),
        )
    for moment in (warn_by(line.identify_by), line.identify_by):
        enqueue(
            "warn_suspense",
            f"warn_suspense:{line.id}:{to_ms(moment)}",
            {"line_id": line.id},
            now=now,
            run_at=moment,
        )


def bank_account(line: BankLine) -> Account:
    """The court's dedicated account (CN17F-2)."""
    return account(AccountKind.BANK, line.court_id, court_id=line.court_id, currency=line.currency)


def suspense_account(line: BankLine) -> Account:
    """Where money stands that nobody has identified (CN17F-3)."""
    return account(
        AccountKind.SUSPENSE, line.court_id, court_id=line.court_id, currency=line.currency
    )


def settle_line(
    line: BankLine, to: LineStatus, *, at: datetime, actor_id: int | None = None
) -> None:
    """The line is accounted for."""
    change_state(line, to, LINE_TRANSITIONS, actor_id=actor_id, at=at)
    line.settled_at = at


# ── money that left ─────────────────────────────────────────────────────────────────────────────


def _match_debit(line: BankLine, now: datetime) -> None:
    """A payment of ours is confirmed by the one line that shows it."""
    if confirm_by_line(line, now=now) is not None:
        line.grounds = "reference,amount"
        settle_line(line, LineStatus.MATCHED, at=now)
    elif line.status is LineStatus.NEW:
        _await_person(line, Reason.NOT_ORDERED, now)


def _await_person(line: BankLine, reason: Reason, now: datetime) -> None:
    line.reason = reason
    change_state(line, LineStatus.OPEN, LINE_TRANSITIONS, actor_id=None, at=now, reason=str(reason))


def open_debits(court_id: int) -> list[int]:
    """Lines of money that left and that nothing explains yet."""
    return list(
        db.session.scalars(
            select(BankLine.id)
            .where(BankLine.court_id == court_id, BankLine.status == LineStatus.OPEN)
            .order_by(BankLine.id)
        )
    )
