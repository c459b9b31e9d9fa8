"""The bidding rules: no clock, no database, no network; the live sale and replay share them."""

from __future__ import annotations

from bidding.engine.decide import advance, decide
from bidding.engine.instants import format_instant, parse_instant
from bidding.engine.ladder import minimum_for
from bidding.engine.requests import (
    Answer,
    Answers,
    Bid,
    BidRequest,
    CancelRequest,
    Cause,
    Decision,
    InstructRequest,
    Refusal,
    Request,
    ResumeRequest,
    SuspendRequest,
    WithdrawRequest,
    write_amount,
)
from bidding.engine.state import Instruction, SaleState, Status, status_at
from bidding.engine.terms import MAX_AMOUNT, Bidder, Roster, SaleTerms, Stage, outranks

__all__ = [
    "MAX_AMOUNT",
    "Answer",
    "Answers",
    "Bid",
    "BidRequest",
    "Bidder",
    "CancelRequest",
    "Cause",
    "Decision",
    "InstructRequest",
    "Instruction",
    "Refusal",
    "Request",
    "ResumeRequest",
    "Roster",
    "SaleState",
    "SaleTerms",
    "Stage",
    "Status",
    "SuspendRequest",
    "WithdrawRequest",
    "advance",
    "decide",
    "format_instant",
    "minimum_for",
    "outranks",
    "parse_instant",
    "status_at",
    "write_amount",
]
