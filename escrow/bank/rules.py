"""By which rules a line is placed without a person, and how people are compared. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from auction.sales.calendar import beijing_day, beijing_moment, is_working_day
from bidding.enrolment.models import EnrolmentStatus
from escrow.bank.models import Reason

# CN21S-2: money that nobody has identified is identified within three working days.
IDENTIFY_DAYS = 3
# A return above this needs a second person, unless the court has set another amount.
SECOND_PERSON_ABOVE = 5_000_000
SECOND_PERSON_SETTING = "second_person_above_minor"


@dataclass(frozen=True)
class DepositFacts:
    """What is compared before a line counts as a deposit."""

    amount_minor: int
    payer_name: str
    deposit_minor: int
    bidder_name: str
    status: EnrolmentStatus


@dataclass(frozen=True)
class BalanceFacts:
    """What is compared before a line counts towards a price."""

    amount_minor: int
    payer_name: str
    outstanding_minor: int
    buyer_name: str
    booked_on: date
    due_at: datetime
    lenders: tuple[str, ...] = ()  # banks whose letters of commitment were confirmed


def is_from_buyer(facts: BalanceFacts) -> bool:
    """Whether the buyer himself paid, or a bank that has promised it to the court (CN19M-4)."""
    names = (facts.buyer_name, *facts.lenders)
    return any(is_same_person(facts.payer_name, name) for name in names)


def judge_deposit(facts: DepositFacts) -> Reason | None:
    """Why a line is not this bidder's deposit; None: it is (CN16-17.1, CN16-17.2).

    A line for a sale that has ended, or a second deposit, is this bidder's too: it is booked and
    goes back to him at once.
    """
    if facts.status is EnrolmentStatus.BEGUN:
        return Reason.NOTICES_MISSING
    if facts.deposit_minor == 0:
        return Reason.NOT_DUE
    if facts.amount_minor != facts.deposit_minor:
        return Reason.WRONG_AMOUNT
    return None if is_same_person(facts.payer_name, facts.bidder_name) else Reason.PAYER_DIFFERS


def judge_balance(facts: BalanceFacts) -> Reason | None:
    """Why a line is not a payment on this balance; a part of it is one (CN16-25.1).

    A payment after the announced day is for the court to accept or not (CN20A-22.1).
    """
    if facts.outstanding_minor == 0:
        return Reason.NOT_DUE
    if facts.amount_minor > facts.outstanding_minor:
        return Reason.WRONG_AMOUNT
    if beijing_moment(facts.booked_on, time()) >= facts.due_at:
        return Reason.LATE
    return None if is_from_buyer(facts) else Reason.PAYER_DIFFERS


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are written for the same person: width, case, blanks and dots aside."""
    first, second = plain_name(one), plain_name(other)
    return bool(first) and first == second


def plain_name(name: str) -> str:
    """A name reduced to its letters and characters."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if c.isalnum())


def identify_by(arrived_at: datetime) -> datetime:
    """The end of the third working day after the day on which the court saw the money."""
    return end_of_working_day(arrived_at, IDENTIFY_DAYS)


def warn_by(due_at: datetime) -> datetime:
    """Nine o'clock on the last working day of the clock: time enough to act on it."""
    return beijing_moment(beijing_day(due_at) - timedelta(days=1), time(9))


def end_of_working_day(moment: datetime, count: int) -> datetime:
    """24:00 in Beijing of the `count`-th working day after the day of `moment`."""
    day = beijing_day(moment)
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return beijing_moment(day + timedelta(days=1), time())


def second_person_above(settings: dict[str, object]) -> int:
    """The amount above which a return needs a second person, as the court has set it."""
    value = settings.get(SECOND_PERSON_SETTING, SECOND_PERSON_ABOVE)
    return value if isinstance(value, int) and value >= 0 else SECOND_PERSON_ABOVE


def transfer_text(name: str, bank: str, account: str, amount_minor: int, reference: str) -> str:
    """The particulars of a transfer, a line each, as a phone shows them to be copied."""
    amount = f"{amount_minor // 100}.{amount_minor % 100:02d}"
    told = {
        "收款单位": name,
        "开户银行": bank,
        "收款账号": account,
        "金额": amount,
        "附言": reference,
    }
    return "\n".join(f"{label}：{value}" for label, value in told.items())
