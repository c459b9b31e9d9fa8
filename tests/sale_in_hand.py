"""A sale under way without a database, asked in seconds after its announced opening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bidding.engine import (
    Answer,
    Bidder,
    BidRequest,
    CancelRequest,
    Decision,
    InstructRequest,
    Request,
    ResumeRequest,
    SaleState,
    SaleTerms,
    Stage,
    SuspendRequest,
    WithdrawRequest,
    decide,
)

OPENS = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
CLOSES = OPENS + timedelta(hours=24)
ROSTER = {
    bidder.code: bidder
    for bidder in (
        Bidder("A"), Bidder("B"), Bidder("C"),
        Bidder("P1", 1), Bidder("Q1", 1), Bidder("P2", 2),
        Bidder("X", barred=True),
    )
}  # fmt: skip


class Sale:
    """A sale under way, asked in seconds after its opening."""

    def __init__(self, **changes: Any) -> None:
        self.terms = SaleTerms(
            **{
                "stage": Stage.FIRST,
                "currency": "CNY",
                "start_price": 1000,
                "increment": 100,
                "opens_at": OPENS,
                "closes_at": CLOSES,
                "extension_window_s": 300,
                "extension_s": 300,
                "countdown_s": 86_400,
                "leader_raises": True,
                "instructions": True,
                **changes,
            }
        )
        self.state = SaleState.begin(self.terms)
        self.answers: dict[tuple[str, str], Answer] = {}

    def ask(self, request: Request) -> Decision:
        return decide(self.terms, ROSTER, self.state, request, self.answers)

    def bid(self, second: float, code: str, amount: object, key: str | None = None) -> Decision:
        return self.ask(BidRequest(at(second), code, amount, key))

    def instruct(self, second: float, code: str, limit: object) -> Decision:
        return self.ask(InstructRequest(at(second), code, limit))

    def cancel(self, second: float, code: str) -> Decision:
        return self.ask(CancelRequest(at(second), code))

    def suspend(self, second: float) -> Decision:
        return self.ask(SuspendRequest(at(second), "故障"))

    def resume(self, second: float) -> Decision:
        return self.ask(ResumeRequest(at(second)))

    def withdraw(self, second: float) -> Decision:
        return self.ask(WithdrawRequest(at(second), "撤回"))

    @property
    def close(self) -> float:
        """The close, in seconds after the announced opening."""
        return (self.state.closes_at - OPENS).total_seconds()


def at(second: float) -> datetime:
    return OPENS + timedelta(seconds=second)


def shown(decision: Decision) -> list[tuple[str, int, bool]]:
    return [(bid.code, bid.amount, bid.auto) for bid in decision.bids]


DAY = 86_400
