"""One turn of a sale's queue: everything that waits is decided in order and written at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from auction.core.bulk import insert_together
from bidding import engine
from bidding.engine import (
    Bid,
    Cause,
    Decision,
    Refusal,
    SaleState,
    Status,
    advance,
    decide,
    write_amount,
)
from bidding.evidence.journal import Journal
from bidding.evidence.keeper import LogKeeper
from bidding.evidence.sealing import SealedReceipt
from bidding.room import store
from bidding.room.answers import OUTSIZE, UNKNOWN_SALE, Answer, Receipt, no_decision
from bidding.room.requests import BY_BIDDER, Kind, Waiting
from bidding.room.rules import is_outsize_raise
from bidding.room.snapshot import PublicBid, Snapshot, minimum_of, recorded_status, take_snapshot
from bidding.room.store import Loaded

PATIENCE = timedelta(seconds=2)
"""What arrives is decided within this time of its stamp or not at all; the end waits as long."""

_INSTANT = timedelta(milliseconds=1)


@dataclass(slots=True)
class Turn:
    """The outcome of one batch, true once its transaction is committed.

    Its answers may be given once it is signed as well.
    """

    answers: list[Answer]
    loaded: Loaded | None = None
    snapshot: Snapshot | None = None
    bids: list[PublicBid] = field(default_factory=list)
    accepted: list[Waiting] = field(default_factory=list)
    """Acts of the court that took effect, for the audit trail."""
    ended: bool = False
    """Whether this turn ended the sale."""
    is_public: bool = False
    """Whether it changed anything that everybody may see."""

    def sign(self, connection: Connection, keeper: LogKeeper) -> None:
        """Add the checkpoint and the receipts, after the commit and from what is stored by then.

        Raises what the keeper raises; then nothing may be answered but that nothing is known.
        """
        if self.snapshot is None:
            return
        sale_id = self.snapshot.sale_id
        note = keeper.checkpoint(connection, sale_id, self.snapshot.log_size)
        self.snapshot = replace(self.snapshot, checkpoint=note)
        for answer in self.answers:
            if answer.snapshot is not None:
                answer.snapshot = self.snapshot
            receipt = answer.receipt
            if receipt is not None and not receipt.proof:
                receipt.proof = keeper.receipt(
                    connection, sale_id, receipt.n, receipt.size, receipt.entry
                )
        sealed = [answer.sealed for answer in self.answers if answer.sealed is not None]
        keeper.sign_sealed(connection, sale_id, sealed)


def take_turn(
    connection: Connection,
    sale_id: int,
    known: Loaded | None,
    batch: Sequence[Waiting],
    now: datetime,
) -> Turn:
    """Decide `batch` under the head's lock and write what came of it; the caller commits."""
    keys = {waiting.key for waiting in batch if waiting.key and waiting.kind is Kind.BID}
    locked = store.lock_head(connection, sale_id, keys)
    if locked is None:
        return Turn([Answer(accepted=False, reason=UNKNOWN_SALE) for _ in batch])
    loaded = store.load(connection, sale_id, locked, known)
    answers = locked.answers
    if loaded is not known:
        answers = store.load_answers(connection, sale_id, keys)
    return decide_turn(connection, loaded, batch, answers, now)


def decide_turn(
    connection: Connection,
    loaded: Loaded,
    batch: Sequence[Waiting],
    answers: engine.Answers,
    now: datetime,
) -> Turn:
    """The same for who holds the lock already, and has read everything under it."""
    return _Batch(connection, loaded, now).run(batch, answers)


@dataclass(slots=True)
class _Outcome:
    """What came of one request."""

    code: str | None
    decision: Decision | None = None
    """None where nothing was decided."""
    sealed: SealedReceipt | None = None
    is_outsize: bool = False
    closes_at: datetime | None = None
    """The close that an act of the court brought about, before any bid that followed from it."""


class _Batch:
    """The working copy of a sale while one batch is decided."""

    def __init__(self, connection: Connection, loaded: Loaded, now: datetime) -> None:
        self.connection = connection
        self.loaded = loaded
        self.now = now
        self.state = loaded.state.copy()
        self.journal = Journal(loaded.log)
        self.bids: list[PublicBid] = []
        self.rows: list[dict[str, Any]] = []
        self.acts: list[Waiting] = []
        self.outcomes: list[_Outcome] = []
        self.has_admitted = False

    def run(self, batch: Sequence[Waiting], answers: engine.Answers) -> Turn:
        was_over, was_opened = _is_over(self.state), self.state.opened
        codes = [self._code_of(waiting) for waiting in batch]
        for code, waiting in zip(codes, batch, strict=True):
            self.outcomes.append(self._take(waiting, code, answers))
        self._recall_sealed(batch)
        self._write()
        snapshot = take_snapshot(
            self.loaded.sale_id,
            self.loaded.lot_number,
            self.loaded.version,
            self.loaded.terms,
            self.state,
            self.journal.public.size,
            self.now,
        )
        return Turn(
            answers=self._answer_all(snapshot),
            loaded=self.loaded,
            snapshot=snapshot,
            bids=self.bids,
            accepted=self.acts,
            ended=_is_over(self.state) and not was_over,
            is_public=bool(self.journal.lines) or self.state.opened != was_opened,
        )

    def _code_of(self, waiting: Waiting) -> str | None:
        """The right to bid is looked up at the decision, not when the request was sent."""
        if waiting.user_id is None:
            return waiting.code
        return self.loaded.codes.get(waiting.user_id)

    def _admit(self, waiting: Waiting) -> None:
        """From the opening on, codes stand in the log before anything they do.

        Not while an act stamped before the opening may still come to be decided after it: it would
        seem to have come into the open sale. So the opening is resolved with it, unless the sale is
        suspended: then the resumption brings both.
        """
        state = self.state
        now = self.now if waiting.kind is Kind.TICK else waiting.at
        at = now if state.last_at is None else max(now, state.last_at)
        is_halted = state.suspended_at is not None
        stays_shut = at < state.opens_at or (is_halted and waiting.kind is not Kind.RESUME)
        if self.has_admitted or _is_over(state) or (stays_shut and not state.opened):
            return
        self.has_admitted = True
        if state.opened and state.has_closed_by(at):
            return
        self.journal.admit(self.loaded.roster, state.opens_at, state.last_at)
        if not state.opened and not is_halted:
            bids = advance(self.loaded.terms, self.loaded.roster, state, state.opens_at)
            self.journal.add_bids(bids)
            self._keep_bids(bids)

    def _take(self, waiting: Waiting, code: str | None, answers: engine.Answers) -> _Outcome:
        if waiting.kind is Kind.TICK:
            self._admit(waiting)
            self._let_time_pass()
            return _Outcome(code, Decision(self.now, None))
        if waiting.only_while_open and recorded_status(self.state, self.now) is not Status.OPEN:
            return _Outcome(code)
        too_late = self.now - waiting.at > PATIENCE
        if too_late or (self.state.ended and waiting.at < self.state.closes_at):
            return _Outcome(code)
        self._admit(waiting)
        if waiting.kind is Kind.BID and self._is_outsize(waiting, code, answers):
            return _Outcome(code, is_outsize=True)
        was_over = _is_over(self.state)
        bare = None if waiting.kind in BY_BIDDER else self.state.copy()
        decision = decide(
            self.loaded.terms, self.loaded.roster, self.state, waiting.as_request(code), answers
        )
        outcome = _Outcome(code, decision)
        if bare is not None and decision.accepted:
            self.acts.append(waiting)
            outcome.closes_at = self._close_after(waiting, bare)
        self._keep(waiting, outcome, decision, was_over=was_over)
        return outcome

    def _close_after(self, waiting: Waiting, bare: SaleState) -> datetime:
        """Instructions that a resumption wakes bid after it, and may move the close again."""
        if waiting.kind is not Kind.RESUME or not bare.instructions:
            return self.state.closes_at
        bare.instructions = {}
        decide(self.loaded.terms, self.loaded.roster, bare, waiting.as_request(None), {})
        return bare.closes_at

    def _is_outsize(self, waiting: Waiting, code: str | None, answers: engine.Answers) -> bool:
        """A raise that looks like a slip is taken only if its amount is sent a second time.

        What the rules refuse is refused; what repeats a key is answered as before.
        """
        loaded, state = self.loaded, self.state
        is_confirmed = type(waiting.confirm) is int and waiting.confirm == waiting.amount
        if is_confirmed or (code, waiting.key) in answers:
            return False
        if not is_outsize_raise(
            waiting.amount, loaded.terms, state.price, loaded.outsize_steps, loaded.outsize_bps
        ):
            return False
        request = waiting.as_request(code)
        return decide(loaded.terms, loaded.roster, state.copy(), request, dict(answers)).accepted

    def _let_time_pass(self) -> None:
        """The end is recorded only when nothing that arrived before it can still be waiting."""
        until, state = self.now, self.state
        if state.suspended_at is None and until < state.closes_at + PATIENCE:
            until = min(until, state.closes_at - _INSTANT)
        was_over = _is_over(state)
        bids = advance(self.loaded.terms, self.loaded.roster, state, until)
        self.journal.add_bids(bids)
        self._keep_bids(bids)
        if state.ended and not was_over:
            self.journal.add_end(state)

    def _keep(
        self, waiting: Waiting, outcome: _Outcome, decision: Decision, *, was_over: bool
    ) -> None:
        """Enter a decision in the logs and among the rows to be written."""
        at_opening = [bid for bid in decision.bids if bid.cause is Cause.OPENING]
        self.journal.add_bids(at_opening)
        is_act = waiting.kind not in BY_BIDDER
        if outcome.closes_at is not None:
            self.journal.add_act(waiting.kind, decision.at, waiting.ground, outcome.closes_at)
        sealed_n = None
        is_new = not decision.repeat and (outcome.code is not None or is_act)
        if is_new and not is_act and decision.seq is None and not was_over:
            sealed_n = self._seal(waiting, outcome, decision)
        self.journal.add_bids(decision.bids[len(at_opening) :])
        self._keep_bids(decision.bids)
        if _is_over(self.state) and not was_over:
            self.journal.add_end(self.state)
        if is_new:
            self.rows.append(self._row(waiting, outcome.code, decision, sealed_n))

    def _seal(self, waiting: Waiting, outcome: _Outcome, decision: Decision) -> int:
        """What the public log does not show stands in the sealed one, until that is closed."""
        place, outcome.sealed = self.journal.seal_request(
            waiting.kind,
            decision.at,
            str(outcome.code),
            None if waiting.amount is None else write_amount(waiting.amount),
            None if decision.reason is None else str(decision.reason),
        )
        return place

    def _keep_bids(self, bids: Sequence[Bid]) -> None:
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

    def _row(
        self, waiting: Waiting, code: str | None, decision: Decision, sealed_n: int | None
    ) -> dict[str, Any]:
        instructs = waiting.kind is Kind.INSTRUCT
        # `null` is an amount that was sent: its key must know it again.
        is_offer = waiting.kind in (Kind.BID, Kind.INSTRUCT)
        amount = write_amount(waiting.amount) if is_offer else None
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
            "sealed_n": sealed_n,
            "actor_id": waiting.actor_id,
            "ground": waiting.ground or None,
        }

    def _recall_sealed(self, batch: Sequence[Waiting]) -> None:
        """A refusal that is repeated comes with the receipt it came with first."""
        repeats = [
            (outcome, (outcome.code, waiting.key))
            for waiting, outcome in zip(batch, self.outcomes, strict=True)
            if outcome.code
            and waiting.key
            and outcome.decision is not None
            and outcome.decision.repeat
            and outcome.decision.seq is None
        ]
        if not repeats:
            return
        fresh = {
            (outcome.code, waiting.key): outcome.sealed
            for waiting, outcome in zip(batch, self.outcomes, strict=True)
            if outcome.sealed is not None and waiting.key
        }
        missing = [place for _, place in repeats if place not in fresh]
        known = fresh | store.load_sealed(self.connection, self.loaded.sale_id, missing)
        for outcome, place in repeats:
            outcome.sealed = known.get(place)

    def _write(self) -> None:
        """Rows, log entries and head: all of it, or with the caller's rollback nothing."""
        loaded, journal = self.loaded, self.journal
        rows = [
            store.rows_of_bids(loaded.sale_id, self.bids, journal.places),
            store.rows_of_requests(self.rows),
            *journal.rows(loaded.sale_id),
        ]
        if self.state == loaded.state and not journal.has_news:
            insert_together(self.connection, rows)
            return
        journal.write_codes(self.connection, loaded.sale_id)
        ground = self.acts[-1].ground if self.acts else None
        position = journal.position()
        store.write_head(self.connection, loaded, self.state, position, self.now, ground, rows)
        self.loaded = replace(loaded, state=self.state, log=position, version=loaded.version + 1)

    def _answer_all(self, snapshot: Snapshot) -> list[Answer]:
        receipts = self._receipts()
        status = recorded_status(self.state, self.now)
        return [self._answer(outcome, snapshot, receipts, status) for outcome in self.outcomes]

    def _receipts(self) -> dict[int, Receipt]:
        """The receipts of all bids that are answered, by `seq`; not signed yet."""
        size = self.journal.public.size
        receipts: dict[int, Receipt] = {}
        for bid in self.bids:
            n, line = self.journal.places[bid.seq]
            receipts[bid.seq] = Receipt(
                bid.seq, bid.at, bid.code, bid.amount, bid.closes_at, n=n, size=size, entry=line
            )
        wanted = {
            outcome.decision.seq
            for outcome in self.outcomes
            if outcome.decision is not None and outcome.decision.seq is not None
        }
        missing = wanted - receipts.keys()
        return receipts | store.load_receipts(self.connection, self.loaded.sale_id, missing)

    def _answer(
        self, outcome: _Outcome, snapshot: Snapshot, receipts: dict[int, Receipt], status: Status
    ) -> Answer:
        decision = outcome.decision
        if decision is None and not outcome.is_outsize:
            return no_decision()
        minimum = minimum_of(
            self.loaded.terms, self.state, self.loaded.roster, outcome.code, status
        )
        if decision is None:
            return Answer(accepted=False, reason=OUTSIZE, snapshot=snapshot, minimum=minimum)
        return Answer(
            accepted=decision.accepted,
            reason=None if decision.reason is None else str(decision.reason),
            repeat=decision.repeat,
            receipt=None if decision.seq is None else receipts[decision.seq],
            sealed=outcome.sealed,
            snapshot=snapshot,
            minimum=minimum,
        )


def _is_over(state: SaleState) -> bool:
    return state.ended or state.withdrawn_at is not None
