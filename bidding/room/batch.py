"""One turn of a sale's queue: everything that waits is decided in order and written at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bidding import engine
from bidding.engine import (
    Decision,
    Refusal,
    SaleState,
    Status,
    advance,
    decide,
    write_amount,
)
from bidding.room import store
from bidding.room.answers import UNKNOWN_SALE, Answer, Receipt, no_decision
from bidding.room.requests import BY_BIDDER, Kind, Waiting
from bidding.room.snapshot import PublicBid, Snapshot, minimum_of, recorded_status, take_snapshot
from bidding.room.store import Loaded

PATIENCE = timedelta(seconds=2)
"""What arrives is decided within this time of its stamp or not at all; the end waits as long."""

_INSTANT = timedelta(milliseconds=1)


@dataclass(slots=True)
class Turn:
    """The outcome of one batch, true once its transaction is committed."""

    answers: list[Answer]
    loaded: Loaded | None = None
    snapshot: Snapshot | None = None
    bids: list[PublicBid] = field(default_factory=list)
    accepted: list[Waiting] = field(default_factory=list)
    """Acts of the court that took effect, for the audit trail."""
    ended: bool = False
    """Whether this turn ended the sale."""


def take_turn(
    connection: Connection,
    sale_id: int,
    known: Loaded | None,
    batch: Sequence[Waiting],
    now: datetime,
) -> Turn:
    """Decide `batch` under the head's lock and write what came of it; the caller commits."""
    versions = store.lock_head(connection, sale_id)
    if versions is None:
        return Turn([Answer(accepted=False, reason=UNKNOWN_SALE) for _ in batch])
    loaded = store.load(connection, sale_id, versions, known)
    return _Batch(connection, loaded, now).run(batch)


class _Batch:
    """The working copy of a sale while one batch is decided."""

    def __init__(self, connection: Connection, loaded: Loaded, now: datetime) -> None:
        self.connection = connection
        self.loaded = loaded
        self.now = now
        self.state = loaded.state.copy()
        self.bids: list[PublicBid] = []
        self.rows: list[dict[str, Any]] = []
        self.acts: list[Waiting] = []
        self.decisions: list[tuple[Waiting, str | None, Decision | None]] = []

    def run(self, batch: Sequence[Waiting]) -> Turn:
        loaded, state = self.loaded, self.state
        was_over = _is_over(state)
        codes = [self._code_of(waiting) for waiting in batch]
        places = {
            (code, waiting.key)
            for code, waiting in zip(codes, batch, strict=True)
            if code and waiting.key and waiting.kind is Kind.BID
        }
        answers = store.load_answers(self.connection, loaded.sale_id, places)
        for code, waiting in zip(codes, batch, strict=True):
            self.decisions.append((waiting, code, self._decide(waiting, code, answers)))
        store.write_bids(self.connection, loaded.sale_id, self.bids)
        store.write_requests(self.connection, self.rows)
        if state != loaded.state:
            ground = self.acts[-1].ground if self.acts else None
            store.write_head(self.connection, loaded, state, self.now, ground)
            loaded = replace(loaded, state=state, version=loaded.version + 1)
        snapshot = take_snapshot(
            loaded.sale_id, loaded.lot_number, loaded.version, loaded.terms, state, self.now
        )
        return Turn(
            answers=self._answer_all(snapshot),
            loaded=loaded,
            snapshot=snapshot,
            bids=self.bids,
            accepted=self.acts,
            ended=_is_over(state) and not was_over,
        )

    def _code_of(self, waiting: Waiting) -> str | None:
        """The right to bid is looked up at the decision, not when the request was sent."""
        if waiting.user_id is None:
            return waiting.code
        return self.loaded.codes.get(waiting.user_id)

    def _decide(
        self, waiting: Waiting, code: str | None, answers: engine.Answers
    ) -> Decision | None:
        """None where nothing was decided."""
        if waiting.kind is Kind.TICK:
            self._let_time_pass()
            return Decision(self.now, None)
        if waiting.only_while_open and recorded_status(self.state, self.now) is not Status.OPEN:
            return None
        too_late = self.now - waiting.at > PATIENCE
        if too_late or (self.state.ended and waiting.at < self.state.closes_at):
            return None
        decision = decide(
            self.loaded.terms, self.loaded.roster, self.state, waiting.as_request(code), answers
        )
        self._keep_bids(decision.bids)
        if not decision.repeat and (code is not None or waiting.kind not in BY_BIDDER):
            self.rows.append(self._row(waiting, code, decision))
        if decision.accepted and waiting.kind not in BY_BIDDER:
            self.acts.append(waiting)
        return decision

    def _let_time_pass(self) -> None:
        """The end is recorded only when nothing that arrived before it can still be waiting."""
        until = self.now
        if self.state.suspended_at is None and until < self.state.closes_at + PATIENCE:
            until = min(until, self.state.closes_at - _INSTANT)
        self._keep_bids(advance(self.loaded.terms, self.loaded.roster, self.state, until))

    def _keep_bids(self, bids: Sequence[engine.Bid]) -> None:
        previous = self.bids[-1].amount if self.bids else self.loaded.state.price
        for bid in bids:
            self.bids.append(
                PublicBid(
                    bid.seq,
                    bid.at,
                    bid.code,
                    bid.amount,
                    auto=bid.auto,
                    match=bid.amount == previous,
                    extended=bid.extended,
                    closes_at=bid.closes_at,
                )
            )
            previous = bid.amount

    def _row(self, waiting: Waiting, code: str | None, decision: Decision) -> dict[str, Any]:
        instructs = waiting.kind is Kind.INSTRUCT
        amount = None if waiting.amount is None else write_amount(waiting.amount)
        # One answer a key: a second amount under it is kept, but without the key.
        reused = decision.reason is Refusal.KEY_REUSED
        return {
            "sale_id": self.loaded.sale_id,
            "kind": str(waiting.kind),
            "at": decision.at,
            "code": code if waiting.kind in BY_BIDDER else None,
            "key": None if reused or waiting.kind is not Kind.BID else waiting.key,
            "amount": None if instructs else amount,
            "limit_sealed": amount if instructs else None,
            "accepted": decision.accepted,
            "reason": None if decision.reason is None else str(decision.reason),
            "seq": decision.seq,
            "actor_id": waiting.actor_id,
            "ground": waiting.ground or None,
        }

    def _answer_all(self, snapshot: Snapshot) -> list[Answer]:
        receipts = {
            bid.seq: Receipt(bid.seq, bid.at, bid.code, bid.amount, bid.closes_at)
            for bid in self.bids
        }
        missing = {
            decision.seq
            for _, _, decision in self.decisions
            if decision is not None and decision.seq is not None and decision.seq not in receipts
        }
        receipts |= store.load_receipts(self.connection, self.loaded.sale_id, missing)
        status = recorded_status(self.state, self.now)
        return [
            no_decision()
            if decision is None
            else Answer(
                accepted=decision.accepted,
                reason=None if decision.reason is None else str(decision.reason),
                repeat=decision.repeat,
                receipt=None if decision.seq is None else receipts[decision.seq],
                snapshot=snapshot,
                minimum=minimum_of(self.loaded.terms, self.state, self.loaded.roster, code, status),
            )
            for _, code, decision in self.decisions
        ]


def _is_over(state: SaleState) -> bool:
    return state.ended or state.withdrawn_at is not None
