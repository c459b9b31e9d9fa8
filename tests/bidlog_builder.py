"""Bid logs built on the engine: lines, trees, signatures, written a second time for the tests.

Nothing here comes from what publishes logs or from what checks them. Trees follow the recursive
definition of RFC 6962; keys and salts are fixed, so that the same course gives the same bytes.
"""

from __future__ import annotations

import json
import random
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.engine import (
    Answer,
    Bid,
    Bidder,
    BidRequest,
    CancelRequest,
    Cause,
    Decision,
    InstructRequest,
    Request,
    ResumeRequest,
    SaleState,
    SaleTerms,
    Stage,
    Status,
    SuspendRequest,
    WithdrawRequest,
    advance,
    decide,
    format_instant,
    minimum_for,
    write_amount,
)
from bidding.salefile import SaleFile

KEY = Ed25519PrivateKey.from_private_bytes(b"only for tests, and for no court")
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"another key that nobody has seen")
SALE = "S-2026-0001"
LOT = "L-2026-0001"
ORIGIN = f"luochui.test/sale/{SALE}"
GROUND = "案外人提出异议，正在审查"


# ── Formats ─────────────────────────────────────────────────────────────────────────────────────


def write_line(fields: dict[str, Any]) -> str:
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def b64(raw: bytes) -> str:
    return b64encode(raw).decode()


def write_key(key: Ed25519PrivateKey = KEY, name: str = ORIGIN) -> str:
    raw = b"\x01" + key.public_key().public_bytes_raw()
    return f"{name}+{key_id(key, name).hex()}+{b64(raw)}"


def key_id(key: Ed25519PrivateKey, name: str) -> bytes:
    return sha256(name.encode() + b"\n\x01" + key.public_key().public_bytes_raw()).digest()[:4]


def sign(text: str, key: Ed25519PrivateKey = KEY, name: str = ORIGIN) -> str:
    return f"{text}\n— {name} {b64(key_id(key, name) + key.sign(text.encode()))}\n"


def hash_leaf(line: str, salt: bytes = b"") -> bytes:
    return sha256(b"\x00" + salt + line.encode()).digest()


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def root_of(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def path_of(leaves: list[bytes], n: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if n < k:
        return [*path_of(leaves[:k], n), root_of(leaves[k:])]
    return [*path_of(leaves[k:], n - k), root_of(leaves[:k])]


def write_checkpoint(lines: list[str], key: Ed25519PrivateKey = KEY, name: str = ORIGIN) -> str:
    root = root_of([hash_leaf(line) for line in lines])
    return sign(f"{name}\n{len(lines)}\n{b64(root)}\n", key, name)


def write_log(lines: list[str], key: Ed25519PrivateKey = KEY, name: str = ORIGIN) -> dict[str, Any]:
    return {
        "format": "bidlog/1",
        "origin": name,
        "key": write_key(key, name),
        "entries": list(lines),
        "checkpoint": write_checkpoint(lines, key, name),
    }


def write_proof(lines: list[str], n: int, size: int, key: Ed25519PrivateKey = KEY) -> str:
    path = path_of([hash_leaf(line) for line in lines[:size]], n)
    hashes = "".join(f"{b64(node)}\n" for node in path)
    head = f"c2sp.org/tlog-proof@v1\nextra {b64(lines[n].encode())}\nindex {n}\n{hashes}\n"
    return head + write_checkpoint(lines[:size], key)


def write_receipt(
    lines: list[str], n: int, size: int, key: Ed25519PrivateKey = KEY
) -> dict[str, Any]:
    """What the answer to the bid in entry `n` carried, when the log had `size` entries."""
    entry = json.loads(lines[n])
    words = {name: entry[name] for name in ("seq", "at", "code", "amount", "closes_at")}
    proof = write_proof(lines, n, size, key)
    return {"lot": LOT, **words, "entry": lines[n], "proof": proof}


Leaf = tuple[bytes, str]
"""Salt and line of a leaf of the sealed log."""


def write_sealed_receipt(leaf: Leaf, key: Ed25519PrivateKey = KEY) -> dict[str, Any]:
    salt, line = leaf
    note = sign(f"{ORIGIN}/sealed\nleaf\n{b64(hash_leaf(line, salt))}\n", key)
    return {"entry": line, "salt": b64(salt), "note": note}


def write_sealed(leaves: list[Leaf], erased: frozenset[int] = frozenset()) -> dict[str, Any]:
    entries = [
        {"leaf": b64(hash_leaf(line, salt))} if n in erased else {"salt": b64(salt), "line": line}
        for n, (salt, line) in enumerate(leaves)
    ]
    return {"format": "sealedlog/1", "origin": f"{ORIGIN}/sealed", "entries": entries}


def write_own_leaves(leaves: list[Leaf], own: list[int]) -> dict[str, Any]:
    """What a bidder is given after the end."""
    hashes = [hash_leaf(line, salt) for salt, line in leaves]
    return {
        "format": "sealedlog/1",
        "origin": f"{ORIGIN}/sealed",
        "size": len(leaves),
        "root": b64(root_of(hashes)),
        "entries": [
            {
                "index": n,
                "salt": b64(leaves[n][0]),
                "line": leaves[n][1],
                "path": [b64(node) for node in path_of(hashes, n)],
            }
            for n in own
        ],
    }


def describe_terms(terms: SaleTerms) -> dict[str, Any]:
    return {
        "stage": str(terms.stage),
        "currency": terms.currency,
        "start_price": terms.start_price,
        "increment": terms.increment,
        "opens_at": format_instant(terms.opens_at),
        "closes_at": format_instant(terms.closes_at),
        "extension_window_s": terms.extension_window_s,
        "extension_s": terms.extension_s,
        "countdown_s": terms.countdown_s,
        "leader_raises": terms.leader_raises,
        "instructions": terms.instructions,
    }


# ── A sale that writes its logs ─────────────────────────────────────────────────────────────────


class LoggedSale:
    """A sale decided by the engine, each decision written to the public or the sealed log."""

    def __init__(self, terms: SaleTerms, *, codes_after_resume: bool = False) -> None:
        self.terms = terms
        self.codes_after_resume = codes_after_resume
        self.state = SaleState.begin(terms)
        self.roster: dict[str, Bidder] = {}
        self.answers: dict[tuple[str, str], Answer] = {}
        self.lines: list[str] = []
        self.leaves: list[Leaf] = []
        self.codes: set[str] = set()
        self.last_at = terms.opens_at - timedelta(days=30)
        self._add(
            self.last_at,
            "open",
            lot=LOT,
            terms=describe_terms(terms),
            announcement=sha256(b"announcement").hexdigest(),
            rules=sha256(b"rules").hexdigest(),
            key=write_key(),
        )

    # Bidders

    def enrol(self, code: str, priority: int | None = None, *, barred: bool = False) -> None:
        """Nobody is told before the opening; later at once."""
        self.roster[code] = Bidder(code, priority, barred)
        if self.state.opened:
            self._admit(code, self._now())

    def rank(self, code: str, priority: int | None) -> None:
        bidder = self.roster[code]
        self.roster[code] = replace(bidder, priority=priority)
        if self.state.opened:
            self._add(self._now(), "code", code=code, priority=priority)

    def bar(self, code: str) -> None:
        self.roster[code] = replace(self.roster[code], barred=True)
        if self.state.opened:
            self._seal(self._now(), "bar", code=code)

    def leave(self, code: str) -> None:
        """Before the opening only; then the code never comes into the log."""
        assert not self.state.opened
        del self.roster[code]

    # What happens

    def ask(self, request: Request) -> Decision:
        was_open, was_halted = self.state.opened, self.state.suspended_at is not None
        act_close = self._close_without_instructions(request)
        decision = decide(self.terms, self.roster, self.state, request, self.answers)
        late = was_halted and isinstance(request, ResumeRequest) and self.codes_after_resume
        opened = self.state.opened and not was_open
        if opened and not late:
            self._admit_all(self.state.opens_at)
        bids = list(decision.bids)
        while bids and bids[0].cause is Cause.OPENING:
            self._add_bid(bids.pop(0), None)
        if not decision.repeat:
            self._write(request, decision, bids, act_close)
        if opened and late:
            self._admit_all(self.state.opens_at)
        cause = None if isinstance(request, InstructRequest) else self._last_cause(opened and late)
        for bid in bids:
            self._add_bid(bid, cause)
        return decision

    def tick(self, now: datetime) -> None:
        """The clock worker came: the opening is resolved, or the end recorded, if either is due."""
        was_open = self.state.opened
        bids = advance(self.terms, self.roster, self.state, now)
        if self.state.opened and not was_open:
            self._admit_all(self.state.opens_at)
        for bid in bids:
            self._add_bid(bid, None)

    def look(self, at: datetime) -> None:
        self._seal(at, "look", who="A-17", what="limits", ground="复核")

    def amend(self, what: str = "announcement") -> None:
        before, after = sha256(b"announcement").hexdigest(), sha256(b"amended").hexdigest()
        self._add(self._now(), "amend", what=what, before=before, after=after, decision="D-1")

    def close(self) -> None:
        """Record the end; the sale must have closed, or been withdrawn."""
        state = self.state
        status = Status.UNSOLD if state.price is None else Status.SOLD
        if state.withdrawn_at is not None:
            status = Status.WITHDRAWN
        sold = status is Status.SOLD
        leaves = [hash_leaf(line, salt) for salt, line in self.leaves]
        self._add(
            max(self.last_at, state.withdrawn_at or state.closes_at),
            "close",
            status=str(status),
            price=state.price if sold else None,
            leader=state.leader if sold else None,
            opens_at=format_instant(state.opens_at),
            closes_at=format_instant(state.closes_at),
            bids=state.seq,
            extensions=state.extensions,
            codes=len(self.codes),
            sealed={"size": len(leaves), "root": b64(root_of(leaves))},
        )

    def note(self, text: str) -> None:
        self._add(self.last_at + timedelta(days=9), "note", text=text, decision="D-2")

    # Writing

    def _now(self) -> datetime:
        """An instant that nothing decided later can come before."""
        decided_at = self.state.last_at
        return self.last_at if decided_at is None else max(self.last_at, decided_at)

    def _close_without_instructions(self, request: Request) -> datetime:
        """The close right after an act, before any automatic bid answers it."""
        if not isinstance(request, ResumeRequest):
            return self.state.closes_at
        bare = self.state.copy()
        bare.instructions = {}
        decide(self.terms, self.roster, bare, request, {})
        return bare.closes_at

    def _last_cause(self, codes_between: bool) -> int:
        skip = len(self.codes) if codes_between else 0
        return len(self.lines) - 1 - skip

    def _write(
        self, request: Request, decision: Decision, bids: list[Bid], act_close: datetime
    ) -> None:
        at, reason = decision.at, decision.reason
        said = None if reason is None else str(reason)
        match request:
            case BidRequest() if reason is None:
                self._add_bid(bids.pop(0), None)
            case BidRequest(_, code, amount):
                text = write_amount(amount)
                self._seal(at, "bid", code=code, amount=text, accepted=False, reason=said)
            case InstructRequest(_, code, limit):
                text = write_amount(limit)
                self._seal(
                    at, "instruct", code=code, limit=text, accepted=reason is None, reason=said
                )
            case SuspendRequest() | ResumeRequest() | WithdrawRequest():
                if reason is None:
                    kind = type(request).__name__.removesuffix("Request").lower()
                    close = act_close if kind == "resume" else self.state.closes_at
                    self._add(at, kind, ground=GROUND, closes_at=format_instant(close))
            case _:
                self._seal(at, "cancel", code=request.code, accepted=reason is None, reason=said)

    def _admit_all(self, at: datetime) -> None:
        for code in sorted(self.roster):
            self._admit(code, at)

    def _admit(self, code: str, at: datetime) -> None:
        bidder = self.roster[code]
        self._seal(at, "enrol", code=code, priority=bidder.priority, reference=f"R-{code}")
        self._add(at, "code", code=code, priority=bidder.priority)
        self.codes.add(code)
        if bidder.barred:
            self._seal(at, "bar", code=code)

    def _add_bid(self, bid: Bid, cause: int | None) -> None:
        self._add(
            bid.at,
            "bid",
            seq=bid.seq,
            code=bid.code,
            amount=bid.amount,
            auto=bid.auto,
            closes_at=format_instant(bid.closes_at),
            cause=cause if bid.auto else None,
        )

    def _add(self, at: datetime, kind: str, **fields: Any) -> None:
        self.last_at = max(at, self.last_at)
        head = {"v": 1, "sale": SALE, "n": len(self.lines), "at": format_instant(self.last_at)}
        self.lines.append(write_line({**head, "type": kind, **fields}))

    def _seal(self, at: datetime, kind: str, **fields: Any) -> None:
        head = {"v": 1, "sale": SALE, "after": len(self.lines), "at": format_instant(at)}
        salt = sha256(f"salt {len(self.leaves)}".encode()).digest()[:16]
        self.leaves.append((salt, write_line({**head, "type": kind, **fields})))


# ── Generated sales ─────────────────────────────────────────────────────────────────────────────


def log_sale(sale_file: SaleFile, chance: random.Random) -> LoggedSale:
    """A generated sale, held with late bidders, new ranks, bars, looks and a clock worker."""
    sale = LoggedSale(sale_file.terms, codes_after_resume=chance.random() < 0.5)
    waiting = []
    for bidder in sale_file.roster.values():
        if chance.random() < 0.8:
            sale.enrol(bidder.code, bidder.priority, barred=bidder.barred)
        else:
            waiting.append(bidder)
    for request in sale_file.requests:
        _disturb(sale, waiting, request.at, chance)
        # A request may be stamped a little before one that is decided already.
        early = timedelta(milliseconds=chance.choice([0, 0, 0, 1, 700]))
        sale.ask(replace(request, at=request.at - early))
    return sale


def hold_busy_sale(chance: random.Random) -> LoggedSale:
    """A short sale in which most bids count: near the minimum, near the close, with instructions."""
    start, step = chance.choice([1, 7, 1000]), chance.choice([1, 5, 100])
    opens_at = datetime(2026, 11, 2, 2, tzinfo=UTC)
    terms = SaleTerms(
        stage=chance.choice(list(Stage)),
        currency="CNY",
        start_price=start,
        increment=step,
        opens_at=opens_at,
        closes_at=opens_at + timedelta(seconds=chance.choice([60, 900])),
        extension_window_s=chance.choice([0, 30, 60]),
        extension_s=chance.choice([0, 30, 60]),
        countdown_s=chance.choice([30, 400]),
        leader_raises=chance.random() < 0.5,
        instructions=True,
    )
    sale = LoggedSale(terms, codes_after_resume=chance.random() < 0.5)
    for code, rank in (("A", None), ("B", None), ("C", None), ("P1", 1), ("Q1", 1), ("P2", 2)):
        sale.enrol(code, rank)
    at = opens_at - timedelta(seconds=chance.choice([0, 20, 100]))
    for _ in range(chance.randint(5, 40)):
        at += timedelta(milliseconds=chance.choice([0, 1, 500, 5000, 29_999, 30_000]))
        _disturb(sale, [], at, chance)
        sale.ask(_likely_request(sale, at, chance))
    finish(sale, at, chance)
    return sale


def _likely_request(sale: LoggedSale, at: datetime, chance: random.Random) -> Request:
    terms, state = sale.terms, sale.state
    if state.suspended_at is not None and chance.random() < 0.6:
        return ResumeRequest(at)
    code = chance.choice(sorted(sale.roster))
    near = minimum_for(terms, state, sale.roster, code) + terms.increment * chance.choice(
        [-1, 0, 0, 0, 0, 1, 2]
    )
    draw = chance.random()
    if draw < 0.55:
        return BidRequest(at, code, near)
    if draw < 0.85:
        limit = near + terms.increment * chance.randint(0, 6) + chance.choice([0, 0, 1])
        return InstructRequest(at, code, limit)
    if draw < 0.91:
        return CancelRequest(at, code)
    return SuspendRequest(at, GROUND) if draw < 0.99 else WithdrawRequest(at, GROUND)


def _disturb(sale: LoggedSale, waiting: list[Bidder], at: datetime, chance: random.Random) -> None:
    """Things that happen between two requests."""
    state = sale.state
    if waiting and chance.random() < 0.2:
        bidder = waiting.pop()
        sale.enrol(bidder.code, bidder.priority, barred=bidder.barred)
    if state.withdrawn_at is None and chance.random() < 0.2 and not state.has_closed_by(at):
        sale.tick(at)
    if sale.roster and chance.random() < 0.06:
        code = chance.choice(sorted(sale.roster))
        what = chance.choice(["rank", "bar", "leave"])
        if what == "rank":
            sale.rank(code, chance.choice([None, 1, 2]))
        elif what == "bar" and not sale.roster[code].barred:
            sale.bar(code)
        elif what == "leave" and not state.opened:
            sale.leave(code)
    if chance.random() < 0.05:
        sale.look(at)
    if chance.random() < 0.03:
        sale.amend()


def finish(sale: LoggedSale, at: datetime, chance: random.Random) -> bool:
    """Record the end, if the sale has one; whether it has."""
    if sale.state.withdrawn_at is None:
        sale.tick(max(at, sale.state.closes_at) + timedelta(days=1))
        if not sale.state.ended:
            return False
    sale.close()
    for _ in range(chance.choice([0, 0, 1, 2])):
        sale.note("撤销拍卖")
    return True
