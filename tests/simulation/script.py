"""What a seed decides, as plain values: who bids, who pays how and when, what goes wrong."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any

START_PRICE = 2_000_000
STEP = 100_000
DEPOSIT = 300_000

# How a deposit is paid. What is wrong with a transfer is its bidder's or his bank's mistake.
DEPOSITS = {
    "card": 5,
    "wallet": 2,
    "bank": 6,
    "declined-then-card": 1,
    "card-page-left-open": 1,  # he opens the page, goes away, and pays just before it closes
    "bank-twice": 1,
    "card-and-bank": 1,
    "bank-too-little": 1,
    "bank-too-much": 1,
    "bank-from-a-stranger": 1,
    "bank-without-reference": 1,
    "bank-with-a-typing-error": 1,
    "bank-too-late": 1,
    "card-then-leaves": 1,
    "never": 1,
}
# How the buyer pays the balance.
BALANCES = {
    "bank": 4,
    "bank-in-parts": 3,
    "online-in-parts": 3,
    "bank-and-online": 2,
    "bank-too-much": 2,
    "bank-late": 2,
    "bank-from-a-stranger": 1,
    "bank-without-reference": 1,
    "never": 2,
    "bank-in-part-only": 1,  # a third of it, and then nothing more
}
DEFAULTS = {"never", "bank-in-part-only"}
OBJECTS = {"never": 3, "withdrawn": 1, "opposed": 1}
# Claims in the case: more or less than any lot brings.
DEBTS = [400_000, 1_500_000, 3_000_000]


@dataclass(frozen=True)
class Bidder:
    """One person: when he enrols and pays (hours after the announcement), and how."""

    enrols_after: int
    pays_after: int
    deposit: str
    raises: int  # steps above the start price he is ready to go; he bids once


@dataclass(frozen=True)
class Lot:
    """One sale: when it opens, how its buyer will pay, and after how many hours."""

    opens_after: int
    bidders: tuple[Bidder, ...]
    balance: str
    pays_after: int
    again: tuple[Bidder, ...] = ()  # who comes if it has to be sold again
    is_set_aside: bool = False  # once the price is paid, for a fault of the sale


@dataclass(frozen=True)
class Trouble:
    """Chances in a thousand: of each call to the provider, each commit, each statement."""

    call_fails: int
    worker_dies: int
    commit_dies: int
    event_fails: int
    refund_fails: int
    statement_again: int
    statement_late: int
    restarts: int
    payout_returns: int


PEACE = Trouble(*[0] * 9)


@dataclass(frozen=True)
class Script:
    """A court's life."""

    seed: int
    lots: tuple[Lot, ...]
    is_company: bool
    debts: tuple[int, ...]
    cost_minor: int
    trouble: Trouble
    by_batch: bool  # payments leave in files, not one by one
    serves: bool  # plans for several creditors are served, and wait for their days
    objects: str

    def describe(self) -> dict[str, Any]:
        """All of it, to be printed beside a failure."""
        return asdict(self)


# How many there are of each: in most courts few, so that many courts can be lived through.
SMALL = {"lots": [1], "bidders": [1, 1, 2], "debts": [1, 1, 2]}
LARGE = {"lots": [1, 2], "bidders": [1, 2, 2, 3], "debts": [1, 2, 3]}


def draw_script(seed: int, lots: int | None = None) -> Script:
    """The life that belongs to a seed; with `lots`, such a court with so many sales."""
    draw = random.Random(f"script {seed}")
    is_calm, size = seed % 4 == 0, LARGE if lots or seed % 5 == 0 else SMALL
    count = lots or draw.choice(size["lots"])
    return Script(
        seed=seed,
        lots=tuple(_draw_lot(draw, size["bidders"]) for _ in range(count)),
        is_company=draw.random() < 0.3,
        debts=tuple(draw.choice(DEBTS) for _ in range(draw.choice(size["debts"]))),
        cost_minor=draw.choice([0, 12_345]),
        trouble=PEACE if is_calm else _draw_trouble(draw),
        by_batch=draw.random() < 0.5,
        serves=draw.random() < 0.5,
        objects=_pick(draw, OBJECTS),
    )


def _draw_lot(draw: random.Random, bidders_of: list[int]) -> Lot:
    opens_after = draw.choice([24, 30, 50, 120])
    bidders = tuple(_draw_bidder(draw, opens_after) for _ in range(draw.choice(bidders_of)))
    return Lot(
        opens_after,
        bidders,
        _pick(draw, BALANCES),
        draw.choice([2, 30, 60, 200]),
        tuple(_draw_next_bidder(draw) for _ in range(draw.choice(bidders_of))),
        draw.random() < 0.08,
    )


def _draw_next_bidder(draw: random.Random) -> Bidder:
    """Of a re-sale: in time and by bank, so that it comes to an end; the price is open."""
    return Bidder(1, draw.randint(1, 12), "bank", draw.randint(0, 30))


def _draw_bidder(draw: random.Random, opens_after: int) -> Bidder:
    enrols_after = draw.randint(0, opens_after)
    return Bidder(
        enrols_after,
        draw.randint(enrols_after, opens_after + 12),
        _pick(draw, DEPOSITS),
        draw.randint(0, 30),
    )


def _draw_trouble(draw: random.Random) -> Trouble:
    return Trouble(
        call_fails=draw.choice([0, 50, 200]),
        worker_dies=draw.choice([0, 50, 150]),
        commit_dies=draw.choice([0, 10, 30]),
        event_fails=draw.choice([0, 200, 500]),
        refund_fails=draw.choice([0, 0, 300]),
        statement_again=draw.choice([0, 200]),
        statement_late=draw.choice([0, 300]),
        restarts=draw.choice([0, 20]),
        payout_returns=draw.choice([0, 0, 300]),
    )


def _pick(draw: random.Random, weights: dict[str, int]) -> str:
    return draw.choices(list(weights), list(weights.values()))[0]
