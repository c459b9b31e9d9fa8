"""What the books allow: which accounts there are, and between which of them what may move.

Pure: no database, no clock. Amounts are integers of the currency's minor unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """On which side an account grows."""

    DEBIT = "debit"
    CREDIT = "credit"


class OwnerType(StrEnum):
    """Whose the account is; `owner_id` is that table's key."""

    COURT = "court"
    ENROLMENT = "enrolment"
    SALE = "sale"
    CASE = "case"
    CLAIM = "claim"
    PAYEE = "payee"  # a cost line's payee: the party, or the plan line that names him
    PARTY = "party"
    RECEIVABLE = "receivable"
    DEFAULT_COST = "default-cost"


class AccountKind(StrEnum):
    """The accounts of a court's books."""

    BANK = "bank"
    PROVIDER = "provider"
    PROVIDER_FEES = "provider-fees"
    DEPOSIT = "deposit"
    PREPAID = "prepaid"
    PRICE = "price"
    FORFEIT = "forfeit"
    PROCEEDS = "proceeds"
    PAYABLE = "payable"
    FEES = "fees"
    TAXES = "taxes"
    COSTS = "costs"
    SURPLUS = "surplus"
    SUSPENSE = "suspense"
    DISPUTED = "disputed"
    RECEIVABLE = "receivable"
    FORFEIT_COSTS = "forfeit-costs"


OWNER_OF: dict[AccountKind, OwnerType] = {
    AccountKind.BANK: OwnerType.COURT,  # the dedicated enforcement account (CN17F-2)
    AccountKind.PROVIDER: OwnerType.COURT,  # captured at Stripe, not paid out yet
    AccountKind.PROVIDER_FEES: OwnerType.COURT,  # what Stripe kept
    AccountKind.DEPOSIT: OwnerType.ENROLMENT,  # owed back until applied or forfeited
    AccountKind.PREPAID: OwnerType.ENROLMENT,  # the full price, in a sell-off (CN455-5.1)
    AccountKind.PRICE: OwnerType.SALE,  # purchase money, before the deal ruling
    AccountKind.FORFEIT: OwnerType.SALE,  # a defaulter's deposit (CN16-24)
    AccountKind.PROCEEDS: OwnerType.CASE,  # what can be distributed
    AccountKind.PAYABLE: OwnerType.CLAIM,
    AccountKind.FEES: OwnerType.COURT,
    AccountKind.TAXES: OwnerType.SALE,
    AccountKind.COSTS: OwnerType.PAYEE,
    AccountKind.SURPLUS: OwnerType.PARTY,  # the debtor
    AccountKind.SUSPENSE: OwnerType.COURT,  # nobody has identified it yet (CN17F-3, CN21S-2)
    AccountKind.DISPUTED: OwnerType.COURT,  # what a card's bank has taken back until it decides
    AccountKind.RECEIVABLE: OwnerType.RECEIVABLE,  # paid out of a sale that was set aside
    AccountKind.FORFEIT_COSTS: OwnerType.DEFAULT_COST,  # lost by a default, not paid yet
}

# Where the money lies, and what it cost; everything else is owed to somebody.
ASSETS = frozenset(
    {
        AccountKind.BANK,
        AccountKind.PROVIDER,
        AccountKind.PROVIDER_FEES,
        AccountKind.DISPUTED,
        AccountKind.RECEIVABLE,
    }
)
_PLACES = frozenset({AccountKind.BANK, AccountKind.PROVIDER})
_PLAN = frozenset(
    {
        AccountKind.PAYABLE,
        AccountKind.FEES,
        AccountKind.TAXES,
        AccountKind.COSTS,
        AccountKind.SURPLUS,
        AccountKind.FORFEIT_COSTS,
    }
)


def normal_side(kind: AccountKind) -> Side:
    """Assets and expenses grow by debits, what is owed grows by credits."""
    return Side.DEBIT if kind in ASSETS else Side.CREDIT


class Phase(StrEnum):
    """A transfer is booked at once, or held first and then posted or voided, once."""

    SINGLE = "single"
    PENDING = "pending"
    POST = "post"
    VOID = "void"


class TransferKind(StrEnum):
    """What happened."""

    DEPOSIT_RECEIVED = "deposit-received"
    DEPOSIT_RETURNED = "deposit-returned"
    DEPOSIT_APPLIED = "deposit-applied"
    DEPOSIT_FORFEITED = "deposit-forfeited"
    PREPAID_RECEIVED = "prepaid-received"
    PREPAID_RETURNED = "prepaid-returned"
    PREPAID_APPLIED = "prepaid-applied"
    BALANCE_RECEIVED = "balance-received"
    PRICE_RETURNED = "price-returned"
    PRICE_RELEASED = "price-released"
    FORFEIT_USED = "forfeit-used"
    PROCEEDS_RECEIVED = "proceeds-received"
    PLAN_ALLOTTED = "plan-allotted"
    PLAN_PAID = "plan-paid"
    PLAN_CORRECTED = "plan-corrected"
    PLAN_DEPOSITED = "plan-deposited"
    SUSPENSE_RECEIVED = "suspense-received"
    SUSPENSE_IDENTIFIED = "suspense-identified"
    SUSPENSE_RETURNED = "suspense-returned"
    PAYOUT_RETURNED = "payout-returned"
    PROVIDER_FEE = "provider-fee"
    PROVIDER_FEE_COVERED = "provider-fee-covered"
    PROVIDER_PAID_OUT = "provider-paid-out"
    PROVIDER_TOPPED_UP = "provider-topped-up"
    DISPUTE_WITHDRAWN = "dispute-withdrawn"
    DISPUTE_REINSTATED = "dispute-reinstated"
    DISPUTE_LOST = "dispute-lost"
    RETURN_CLAIMED = "return-claimed"
    RETURN_RECEIVED = "return-received"
    REVERSAL = "reversal"


@dataclass(frozen=True)
class Move:
    """The accounts a kind of transfer may debit and credit, and whether it can be held first."""

    debits: frozenset[AccountKind]
    credits: frozenset[AccountKind]
    can_be_held: bool = False


def _only(*kinds: AccountKind) -> frozenset[AccountKind]:
    return frozenset(kinds)


MOVES: dict[TransferKind, Move] = {
    TransferKind.DEPOSIT_RECEIVED: Move(_PLACES, _only(AccountKind.DEPOSIT), can_be_held=True),
    # what leaves in a payment file is held until the statement shows it
    TransferKind.DEPOSIT_RETURNED: Move(_only(AccountKind.DEPOSIT), _PLACES, can_be_held=True),
    # CN16-23.1: the buyer's deposit counts towards the price
    TransferKind.DEPOSIT_APPLIED: Move(_only(AccountKind.DEPOSIT), _only(AccountKind.PRICE)),
    # CN16-24.1, CN455-8.1: only by ruling (CN20A-22.1)
    TransferKind.DEPOSIT_FORFEITED: Move(
        _only(AccountKind.DEPOSIT, AccountKind.PREPAID, AccountKind.PRICE),
        _only(AccountKind.FORFEIT),
    ),
    TransferKind.PREPAID_RECEIVED: Move(_PLACES, _only(AccountKind.PREPAID), can_be_held=True),
    TransferKind.PREPAID_RETURNED: Move(_only(AccountKind.PREPAID), _PLACES, can_be_held=True),
    TransferKind.PREPAID_APPLIED: Move(_only(AccountKind.PREPAID), _only(AccountKind.PRICE)),
    TransferKind.BALANCE_RECEIVED: Move(_PLACES, _only(AccountKind.PRICE)),
    TransferKind.PRICE_RETURNED: Move(_only(AccountKind.PRICE), _PLACES, can_be_held=True),
    TransferKind.PRICE_RELEASED: Move(_only(AccountKind.PRICE), _only(AccountKind.PROCEEDS)),
    TransferKind.FORFEIT_USED: Move(
        _only(AccountKind.FORFEIT),
        _only(AccountKind.PROCEEDS, AccountKind.COSTS, AccountKind.FORFEIT_COSTS),
    ),
    TransferKind.PROCEEDS_RECEIVED: Move(_PLACES, _only(AccountKind.PROCEEDS)),
    TransferKind.PLAN_ALLOTTED: Move(_only(AccountKind.PROCEEDS), _PLAN),
    TransferKind.PLAN_PAID: Move(_PLAN, _only(AccountKind.BANK), can_be_held=True),
    # CPLI-510.1: what a corrected plan no longer gives goes back, as long as it is not paid
    TransferKind.PLAN_CORRECTED: Move(_PLAN, _only(AccountKind.PROCEEDS)),
    # CN17F-14: left with a notary for a payee who cannot be paid
    TransferKind.PLAN_DEPOSITED: Move(_PLAN, _only(AccountKind.BANK), can_be_held=True),
    # CN16-32.1: what was paid out of a sale that is set aside is owed to the court, until it comes
    TransferKind.RETURN_CLAIMED: Move(
        _only(AccountKind.RECEIVABLE), _only(AccountKind.PROCEEDS, AccountKind.FORFEIT)
    ),
    TransferKind.RETURN_RECEIVED: Move(
        _PLACES | _only(AccountKind.SUSPENSE), _only(AccountKind.RECEIVABLE)
    ),
    TransferKind.SUSPENSE_RECEIVED: Move(_PLACES, _only(AccountKind.SUSPENSE)),
    TransferKind.SUSPENSE_IDENTIFIED: Move(
        _only(AccountKind.SUSPENSE),
        _only(
            AccountKind.DEPOSIT,
            AccountKind.PREPAID,
            AccountKind.PRICE,
            AccountKind.PROCEEDS,
            AccountKind.FORFEIT,  # a defaulter makes up what his deposit does not cover
        ),
    ),
    TransferKind.SUSPENSE_RETURNED: Move(_only(AccountKind.SUSPENSE), _PLACES, can_be_held=True),
    # the payee's bank sent it back: it is owed again as it was
    TransferKind.PAYOUT_RETURNED: Move(
        _only(AccountKind.BANK, AccountKind.SUSPENSE),
        _PLAN | _only(AccountKind.DEPOSIT, AccountKind.PREPAID, AccountKind.PRICE),
    ),
    TransferKind.PROVIDER_FEE: Move(_only(AccountKind.PROVIDER_FEES), _only(AccountKind.PROVIDER)),
    # the court pays Stripe's fees from its own budget, so that no party's money bears them
    TransferKind.PROVIDER_FEE_COVERED: Move(_PLACES, _only(AccountKind.PROVIDER_FEES)),
    TransferKind.PROVIDER_PAID_OUT: Move(_only(AccountKind.BANK), _only(AccountKind.PROVIDER)),
    # more was refunded than Stripe still held: it takes the rest from the court's account
    TransferKind.PROVIDER_TOPPED_UP: Move(_only(AccountKind.PROVIDER), _only(AccountKind.BANK)),
    # a card's bank takes the money back while it looks into a complaint; the sale goes on
    TransferKind.DISPUTE_WITHDRAWN: Move(_only(AccountKind.DISPUTED), _only(AccountKind.PROVIDER)),
    TransferKind.DISPUTE_REINSTATED: Move(_only(AccountKind.PROVIDER), _only(AccountKind.DISPUTED)),
    # it keeps the money: the payer has it back, so we no longer owe it to him
    TransferKind.DISPUTE_LOST: Move(
        _only(AccountKind.DEPOSIT, AccountKind.PREPAID, AccountKind.PRICE, AccountKind.SUSPENSE),
        _only(AccountKind.DISPUTED),
    ),
}


def is_allowed(kind: TransferKind, debit: AccountKind, credit: AccountKind, phase: Phase) -> bool:
    """Whether such a transfer may stand in the books; a reversal mirrors another and is its own."""
    if kind is TransferKind.REVERSAL:
        return phase is Phase.SINGLE
    move = MOVES[kind]
    if phase is not Phase.SINGLE and not move.can_be_held:
        return False
    return debit in move.debits and credit in move.credits


@dataclass(slots=True, frozen=True)
class Sums:
    """All that was ever booked on one account, and what is held on it now."""

    debits_posted: int = 0
    credits_posted: int = 0
    debits_pending: int = 0
    credits_pending: int = 0

    def book(self, side: Side, phase: Phase, amount: int, held: int) -> Sums:
        """The sums after one side of a transfer; `held` is the amount of the hold it resolves."""
        posted = 0 if phase is Phase.PENDING or phase is Phase.VOID else amount
        pending = amount if phase is Phase.PENDING else -held
        if side is Side.DEBIT:
            return Sums(
                self.debits_posted + posted,
                self.credits_posted,
                self.debits_pending + pending,
                self.credits_pending,
            )
        return Sums(
            self.debits_posted,
            self.credits_posted + posted,
            self.debits_pending,
            self.credits_pending + pending,
        )

    def __add__(self, more: Sums) -> Sums:
        """Two spans of one account, the later after the earlier."""
        return Sums(
            self.debits_posted + more.debits_posted,
            self.credits_posted + more.credits_posted,
            self.debits_pending + more.debits_pending,
            self.credits_pending + more.credits_pending,
        )

    def balance(self, side: Side) -> int:
        """What is posted, counted from the account's normal side."""
        net = self.debits_posted - self.credits_posted
        return net if side is Side.DEBIT else -net

    def pending(self, side: Side) -> int:
        """What is held, counted from the account's normal side."""
        net = self.debits_pending - self.credits_pending
        return net if side is Side.DEBIT else -net


def is_overdrawn(kind: AccountKind, sums: Sums) -> bool:
    """Whether more of what is owed has left, or is held to leave, than ever came in (INV-7)."""
    if kind in ASSETS:
        return False
    return sums.debits_posted + sums.debits_pending > sums.credits_posted
