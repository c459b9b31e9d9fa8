"""`python -m bidding.verify LOG`: anyone can check a published bid log, offline and years later.

    python verify.py LOG [--receipt FILE]... [--checkpoint FILE]... [--sealed FILE]

LOG is what `GET /api/v1/lots/<number>/log` gave. A receipt is what a bidder was answered, a
checkpoint a signed note that somebody kept during the sale, the sealed file what the court or a
bidder is given after the end. One line says of each check what holds. Exit status 0; or 1 and the
first thing that does not hold; or 2 and one line on standard error for a file that cannot be read.

This one file needs Python 3.11 and the package `cryptography`, and nothing else of the platform: it
can be mailed. It is a second writing of the bidding rules, and shares no code with the first.
Amounts are integers of the currency's minor unit; times are integer milliseconds since 1970.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Unreadable(Exception):
    """A file that is not of the form it should be: nothing can be said of what it holds."""


class Misfit(ValueError):
    """A value that is not what its place asks for."""


class Problem(Exception):
    """Something that does not hold, and where: an entry, a sealed line, a file."""

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.place = place


Object = dict[str, Any]


# ── Values ──────────────────────────────────────────────────────────────────────────────────────

GREATEST_INTEGER = 2**53 - 1
"""The greatest integer that every reader of JSON understands alike (RFC 8785)."""
GREATEST_AMOUNT = 10**15

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def read_time(value: object) -> int:
    """Times are written in one way only: UTC, milliseconds, `Z`."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise Misfit("is not a time in UTC with milliseconds and Z")
    try:
        return (datetime.fromisoformat(value) - _EPOCH) // _MILLISECOND
    except ValueError:
        raise Misfit("is not a moment of the calendar") from None


def show_time(at: int) -> str:
    """A time as the log writes it."""
    try:
        moment = _EPOCH + timedelta(milliseconds=at)
    except OverflowError:
        return "a time beyond the calendar"
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def show(value: object) -> str:
    """A value of the file, safe to print."""
    shown = json.dumps(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def read_text(value: object) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise Misfit("is not a text")
    return value


def read_flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Misfit("is neither true nor false")
    return value


def read_integer(least: int, greatest: int = GREATEST_INTEGER) -> Callable[[object], int]:
    """An integer within bounds; a boolean is not an integer."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= greatest:
            raise Misfit(f"is not an integer of {least} to {greatest}")
        return value

    return read


def read_hash(value: object) -> str:
    """A SHA-256 in hexadecimal digits."""
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise Misfit("is not a SHA-256 in hexadecimal digits")
    return value


def read_base64(value: object) -> bytes:
    """Base 64 as RFC 4648 writes it, in the one way that gives the same text back."""
    try:
        text = read_text(value)
        decoded = b64decode(text, validate=True)
        if b64encode(decoded).decode() == text:
            return decoded
    except ValueError:
        pass
    raise Misfit("is not base 64")


def read_hash64(value: object) -> bytes:
    """A hash of 32 bytes in base 64."""
    decoded = read_base64(value)
    if len(decoded) != 32:
        raise Misfit("is not a hash of 32 bytes")
    return decoded


def read_one_of(*words: str) -> Callable[[object], str]:
    """One of these words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise Misfit("is none of: " + ", ".join(words))
        return value

    return read


def or_null(read: Callable[[object], Any]) -> Callable[[object], Any]:
    """The same, or nothing."""
    return lambda value: None if value is None else read(value)


def read_object(fields: Shape) -> Callable[[object], Object]:
    """An object with these fields and no other."""
    return lambda value: read_fields(value, fields)


Shape = Mapping[str, Callable[[object], Any]]


def read_fields(value: object, shape: Shape, *, more: bool = False) -> Object:
    """The fields of an object, each read; `more` allows further ones, which are left out."""
    if not isinstance(value, dict):
        raise Misfit("is not an object")
    if value.keys() != shape.keys():
        missing = sorted(shape.keys() - value.keys())
        if missing:
            raise Misfit(f"has no field {show(missing[0])}")
        if not more:
            foreign = sorted(value.keys() - shape.keys())
            raise Misfit(f"has a field {show(foreign[0])} that does not belong there")
    read = {}
    for name, reader in shape.items():
        try:
            read[name] = reader(value[name])
        except ValueError as error:
            inner = ": " if isinstance(value[name], dict) else " "
            raise Misfit(f"its field {show(name)}{inner}{error}") from None
    return read


# ── Canonical JSON ──────────────────────────────────────────────────────────────────────────────


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> Object:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Misfit("a key stands there twice")
    return found


def _refuse_number(text: str) -> int:
    raise Misfit(f"{show(text)} is not an integer")


def _read_digits(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > GREATEST_INTEGER:
        raise Misfit("a number is too great")
    return int(text)


_FILE = json.JSONDecoder(object_pairs_hook=_refuse_doubles)
_LINE = json.JSONDecoder(
    object_pairs_hook=_refuse_doubles,
    parse_int=_read_digits,
    parse_float=_refuse_number,
    parse_constant=_refuse_number,
)
_CANON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def parse_line(line: str) -> Object:
    """The object of a line in canonical JSON (RFC 8785); ValueError for any other line."""
    try:
        found = _LINE.decode(line)
        canonical = _CANON.encode(found)
    except RecursionError:
        raise Misfit("is nested too deeply") from None
    except ValueError as error:
        raise Misfit(f"is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Misfit("is not a JSON object")
    if canonical != line:
        raise Misfit("is not canonical JSON")
    return found


# ── Signed notes (C2SP signed-note, tlog-checkpoint, tlog-proof) ────────────────────────────────

PROOF_HEADER = "c2sp.org/tlog-proof@v1\n"


class Key(NamedTuple):
    """The log's public key under the name it signs by."""

    name: str
    key_id: bytes
    public: Ed25519PublicKey


class Note(NamedTuple):
    """A text and its signatures: name, key id and signature proper of each."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


class Checkpoint(NamedTuple):
    """What a log says of itself at one size."""

    origin: str
    size: int
    root: bytes


class Proof(NamedTuple):
    """What shows offline that entry `n` is in the log of a checkpoint."""

    n: int
    line: str | None
    path: tuple[bytes, ...]
    note: Note


def parse_key(text: str) -> Key:
    """`<name>+<key id>+<key>`; ValueError if it is no Ed25519 key or its id is not its own."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = read_base64(encoded)
    if not _is_name(name) or len(raw) != 33 or raw[0] != 1:
        raise Misfit("is not an Ed25519 verifier key")
    own = sha256(name.encode() + b"\n" + raw).digest()[:4]
    if own.hex() != key_id:
        raise Misfit("is a key whose id is not its own")
    return Key(name, own, Ed25519PublicKey.from_public_bytes(raw[1:]))


def _is_name(name: str) -> bool:
    return bool(name) and not re.search(r"[\s+]", name)


def parse_note(text: str) -> Note:
    """Take a note apart; ValueError for what is none."""
    body, blank, tail = text.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise Misfit("is not a signed note")
    signatures = []
    for line in tail[:-1].split("\n"):
        dash, _, signed = line.partition(" ")
        name, _, encoded = signed.partition(" ")
        try:
            raw = read_base64(encoded)
        except ValueError:
            raw = b""
        if dash != "—" or not _is_name(name) or len(raw) <= 4:
            raise Misfit("is not a signed note: it has a line that is no signature")
        signatures.append((name, raw[:4], raw[4:]))
    return Note(body + "\n", tuple(signatures))


def is_signed(note: Note, key: Key) -> bool:
    """Whether this key signed it: each of its signatures holds, and there is one."""
    own = [mark for name, key_id, mark in note.signatures if (name, key_id) == key[:2]]
    try:
        for signature in own:
            key.public.verify(signature, note.text.encode())
    except InvalidSignature:
        return False
    return bool(own)


def parse_checkpoint(note: Note) -> Checkpoint:
    """A note's text as a checkpoint; further lines are somebody's extensions."""
    lines = note.text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]):
        raise Misfit("is not a checkpoint")
    return Checkpoint(lines[0], _read_size(lines[1]), read_hash64(lines[2]))


def _read_size(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", text):
        raise Misfit("has a size that is no number")
    return int(text)


def parse_proof(text: str) -> Proof:
    """Take a proof apart; ValueError for what is none."""
    head, blank, note = text.partition("\n\n")
    if not blank or not head.startswith(PROOF_HEADER):
        raise Misfit("is not a tlog-proof")
    lines = head.removeprefix(PROOF_HEADER).split("\n")
    line = None
    if lines[0].startswith("extra "):
        line = read_base64(lines.pop(0)[len("extra ") :]).decode()
    if not lines or not lines[0].startswith("index "):
        raise Misfit("is a proof without an index")
    index = _read_size(lines[0][len("index ") :])
    return Proof(index, line, tuple(read_hash64(node) for node in lines[1:]), parse_note(note))


# ── The tree (RFC 6962) ─────────────────────────────────────────────────────────────────────────


def hash_leaf(line: bytes, salt: bytes = b"") -> bytes:
    """The leaf of a line; one of the sealed log is salted."""
    return sha256(b"\x00" + salt + line).digest()


def _hash_node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def find_roots(leaves: Sequence[bytes], sizes: set[int]) -> dict[int, bytes]:
    """The roots of the first so many leaves, for each of these sizes, in one pass."""
    roots = {0: sha256(b"").digest()}
    peaks: list[bytes] = []
    for size, leaf in enumerate(leaves, start=1):
        peaks.append(leaf)
        full = size
        while full % 2 == 0:
            right = peaks.pop()
            peaks[-1] = _hash_node(peaks[-1], right)
            full //= 2
        if size in sizes:
            root = peaks[-1]
            for left in reversed(peaks[:-1]):
                root = _hash_node(left, root)
            roots[size] = root
    return roots


def follow_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to; None if it is not one for this place."""
    if not 0 <= index < size:
        return None
    place, last, root = index, size - 1, leaf
    for node in path:
        if last == 0:
            return None
        if place % 2 == 1 or place == last:
            root = _hash_node(node, root)
            while place % 2 == 0 and place != 0:
                place, last = place // 2, last // 2
        else:
            root = _hash_node(root, node)
        place, last = place // 2, last // 2
    return root if last == 0 else None


# ── What the lines hold ─────────────────────────────────────────────────────────────────────────

_span = read_integer(0)
_count = read_integer(0)
_rank = or_null(read_integer(1))
_amount = read_integer(1, GREATEST_AMOUNT)
_ground = {"ground": or_null(read_text), "closes_at": read_time}

TERMS: Shape = {
    "stage": read_one_of("first", "second", "selloff"),
    "currency": read_text,
    "start_price": _amount,
    "increment": _amount,
    "opens_at": read_time,
    "closes_at": read_time,
    "extension_window_s": _span,
    "extension_s": _span,
    "countdown_s": _span,
    "leader_raises": read_flag,
    "instructions": read_flag,
}
PUBLIC: Shape = {
    "v": read_integer(1, 1),
    "sale": read_text,
    "n": _count,
    "at": read_time,
    "type": read_text,
}
ENTRIES: Mapping[str, Shape] = {
    "open": {
        "lot": read_text,
        "terms": read_object(TERMS),
        "announcement": or_null(read_hash),
        "rules": read_hash,
        "key": read_text,
    },
    "code": {"code": read_text, "priority": _rank},
    "bid": {
        "seq": _count,
        "code": read_text,
        "amount": _amount,
        "auto": read_flag,
        "closes_at": read_time,
        "cause": or_null(_count),
    },
    "suspend": _ground,
    "resume": _ground,
    "withdraw": _ground,
    "amend": {
        "what": read_text,
        "before": or_null(read_hash),
        "after": or_null(read_hash),
        "decision": read_text,
    },
    "close": {
        "status": read_one_of("sold", "unsold", "withdrawn"),
        "price": or_null(_amount),
        "leader": or_null(read_text),
        "opens_at": read_time,
        "closes_at": read_time,
        "bids": _count,
        "extensions": _count,
        "codes": _count,
        "sealed": read_object({"size": _count, "root": read_hash64}),
    },
    "note": {"text": read_text},
}
SEALED: Shape = {
    "v": read_integer(1, 1),
    "sale": read_text,
    "after": read_integer(1),
    "at": read_time,
    "type": read_text,
}
_reason = or_null(read_text)
SEALED_LINES: Mapping[str, Shape] = {
    "bid": {"code": read_text, "amount": read_text, "accepted": read_flag, "reason": _reason},
    "instruct": {"code": read_text, "limit": read_text, "accepted": read_flag, "reason": _reason},
    "cancel": {"code": read_text, "accepted": read_flag, "reason": _reason},
    "enrol": {"code": read_text, "priority": _rank},
    "bar": {"code": read_text},
    "look": {"who": read_text, "what": read_text, "ground": read_text},
}
OPEN_ENDED = frozenset({"note", "enrol"})
"""A note may say more; an enrolment may name its reference."""


def _join(common: Shape, kinds: Mapping[str, Shape]) -> dict[str, Shape]:
    return {kind: {**common, **shape} for kind, shape in kinds.items()}


_ENTRIES = _join(PUBLIC, ENTRIES)
_SEALED_LINES = _join(SEALED, SEALED_LINES)


def read_line(line: str, kinds: Mapping[str, Shape], sale: str) -> Object:
    """A canonical line of this sale with exactly the fields of its type; ValueError otherwise."""
    found = parse_line(line)
    kind = found.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        raise Misfit(f"is of no known type: {show(kind)}")
    entry = read_fields(found, kinds[kind], more=kind in OPEN_ENDED)
    if entry["sale"] != sale:
        raise Misfit(f"belongs to another sale: {show(entry['sale'])}")
    return entry


# ── The rules of bidding (bidding.md) ───────────────────────────────────────────────────────────

UNRANKED = GREATEST_INTEGER + 1
PATIENCE = 2000
"""What arrives is decided within so long; at the opening, codes come before what came in time."""

REASONS = {
    "malformed": "the amount is none",
    "withdrawn": "the sale was withdrawn before",
    "closed": "the sale had closed before",
    "suspended": "the sale is suspended",
    "not-open": "the sale has not opened yet",
    "unknown-bidder": "the code is not in the log before",
    "barred": "the bidder is barred",
    "no-instructions": "the sale allows no instructions",
    "already-leading": "the bidder leads already and may not raise its own bid",
    "below-start": "the amount is under the start price",
    "below-minimum": "the amount is under what this bidder had to bid",
    "off-ladder": "the amount is no rung of the ladder",
}


@dataclass(slots=True)
class Cause:
    """The entry that automatic bids may answer next: its number, and its time."""

    n: int
    at: int
    opens: bool = False
    """Whether it is a resumption that opened the sale: the codes may come in between."""


@dataclass(slots=True)
class Sale:
    """Where the sale stands after the entries so far."""

    terms: Object
    opens_at: int
    closes_at: int
    price: int | None = None
    leader: str | None = None
    seq: int = 0
    extensions: int = 0
    automatic: int = 0
    opened: bool = False
    suspended_at: int | None = None
    withdrawn: bool = False
    end: Object | None = None
    ranks: dict[str, int] = field(default_factory=dict)
    cause: Cause | None = None

    def has_closed_by(self, at: int) -> bool:
        """A sale closes at `closes_at`, and not while it is suspended."""
        return self.suspended_at is None and at >= self.closes_at

    def open_if_due(self, at: int) -> bool:
        """Whether the opening came now, before what happens at that moment."""
        if self.opened or self.suspended_at is not None or self.withdrawn or at < self.opens_at:
            return False
        self.opened = True
        return True

    def find_minimum(self, code: str) -> int:
        """The start price; later the standing price for a higher rank, else a step more."""
        if self.price is None or self.leader is None:
            return int(self.terms["start_price"])
        outranks = self.ranks.get(code, UNRANKED) < self.ranks.get(self.leader, UNRANKED)
        return self.price if outranks else self.price + int(self.terms["increment"])

    def find_rung(self, limit: int) -> int:
        """The highest rung that is not above a limit."""
        above = (limit - self.terms["start_price"]) % self.terms["increment"]
        return limit - int(above)

    def refuse_time(self, at: int) -> str | None:
        """Why nothing that a bidder sends can be accepted now."""
        if self.withdrawn:
            return "withdrawn"
        if self.has_closed_by(at):
            return "closed"
        return None if self.suspended_at is None else "suspended"

    def refuse_price(self, code: str, amount: int, *, automatic: bool) -> str | None:
        """Why this bidder cannot bid so much: its lead, its minimum, the ladder."""
        if self.leader == code and not automatic and not self.terms["leader_raises"]:
            return "already-leading"
        least = self.find_minimum(code)
        if amount < least:
            return "below-start" if self.price is None else "below-minimum"
        return None if self.find_rung(amount) == amount else "off-ladder"

    def record_bid(self, at: int, code: str, amount: int) -> None:
        """A bid leads, and extends the sale or starts a sell-off's countdown."""
        terms = self.terms
        if self.price is None and terms["stage"] == "selloff":
            self.closes_at = at + 1000 * terms["countdown_s"]
        elif self.closes_at - at <= 1000 * terms["extension_window_s"]:
            extended = at + 1000 * terms["extension_s"]
            if extended > self.closes_at:
                self.closes_at = extended
                self.extensions += 1
        self.seq += 1
        self.price, self.leader = amount, code

    def resume(self, at: int) -> bool:
        """Give back the suspended time inside the window; whether that made a difference."""
        halted_at, self.suspended_at = self.suspended_at, None
        if halted_at is None or at < self.opens_at:
            return False
        self.closes_at += at - max(halted_at, self.opens_at)
        self.closes_at = max(self.closes_at, at + 1000 * self.terms["extension_s"])
        return True


def begin_sale(terms: Object) -> Sale:
    """A sale begins with the times announced and nothing bid."""
    if terms["closes_at"] <= terms["opens_at"]:
        raise Problem("the sale would close before it opens")
    return Sale(terms, terms["opens_at"], terms["closes_at"])


# ── Following the entries ───────────────────────────────────────────────────────────────────────


def follow(sale: Sale, entry: Object, previous_at: int) -> None:
    """One more entry happens to the sale; Problem if by the rules it could not."""
    kind = entry["type"]
    if sale.end is not None and kind != "note":
        raise Problem(f"after the close only notes may follow, and this is of type {show(kind)}")
    if kind in {"bid", "suspend", "resume", "withdraw", "close"}:
        sale.open_if_due(entry["at"])
        cause, sale.cause = sale.cause, None
        if kind == "bid":
            _follow_bid(sale, entry, cause)
        elif kind == "close":
            _follow_close(sale, entry, previous_at)
        else:
            _follow_act(sale, entry)
    elif kind == "code":
        if entry["at"] < sale.opens_at - PATIENCE:
            raise Problem("a code may not be in the log before the opening")
        if sale.cause is not None and not sale.cause.opens:
            sale.cause = None
        sale.ranks[entry["code"]] = entry["priority"] or UNRANKED
    elif kind == "open":
        raise Problem("a sale is opened in entry 0 only")


def _follow_bid(sale: Sale, bid: Object, cause: Cause | None) -> None:
    at, code, amount, automatic = bid["at"], bid["code"], bid["amount"], bid["auto"]
    reason = sale.refuse_time(at)
    if reason is None and at < sale.opens_at:
        reason = "not-open"
    if reason is None and code not in sale.ranks:
        reason = "unknown-bidder"
    reason = reason or sale.refuse_price(code, amount, automatic=automatic)
    if reason is not None:
        who = "the automatic bid" if automatic else "the bid"
        raise Problem(f"{who} of {amount} by {show(code)} cannot stand: {REASONS[reason]}")
    if bid["seq"] != sale.seq + 1:
        raise Problem(f"bid {sale.seq + 1} is missing: this one has the number {bid['seq']}")
    _check_cause(sale, bid, cause)
    sale.record_bid(at, code, amount)
    _check_close(sale, bid)
    if automatic:
        sale.automatic += 1
    else:
        sale.cause = Cause(bid["n"], at)


def _check_cause(sale: Sale, bid: Object, cause: Cause | None) -> None:
    """An automatic bid answers what stands right before it, at the same time (bidding.md, 6)."""
    named = bid["cause"]
    if not bid["auto"]:
        if named is not None:
            raise Problem("only an automatic bid has a cause")
    elif not sale.terms["instructions"]:
        raise Problem("an automatic bid in a sale that allows no instructions")
    elif named is not None:
        if cause is None or cause.n != named:
            raise Problem(f"an automatic bid whose cause cannot be entry {named}")
        if cause.at != bid["at"]:
            raise Problem(f"an automatic bid at another time than entry {named}, its cause")


def _check_close(sale: Sale, entry: Object) -> None:
    if entry["closes_at"] != sale.closes_at:
        raise Problem(
            f"the close after it must be {show_time(sale.closes_at)},"
            f" not {show_time(entry['closes_at'])}"
        )


def _follow_act(sale: Sale, act: Object) -> None:
    """The court suspends, resumes or withdraws; doing again what is done changes nothing."""
    at, kind = act["at"], act["type"]
    if sale.withdrawn:
        raise Problem(REASONS["withdrawn"])
    if sale.has_closed_by(at):
        raise Problem(REASONS["closed"])
    if kind == "withdraw":
        sale.withdrawn = True
    elif kind == "suspend":
        if sale.suspended_at is None:
            sale.suspended_at = at
    elif sale.resume(at):
        sale.cause = Cause(act["n"], at, opens=not sale.opened)
        if not sale.opened:
            sale.opens_at, sale.opened = at, True
    _check_close(sale, act)


def _follow_close(sale: Sale, close: Object, previous_at: int) -> None:
    """The end says what the entries before it come to."""
    sold = sale.price is not None and not sale.withdrawn
    if sale.suspended_at is not None and not sale.withdrawn:
        raise Problem("a suspended sale does not end")
    at = previous_at if sale.withdrawn else max(previous_at, sale.closes_at)
    if close["at"] != at:
        raise Problem(f"the end must be recorded at {show_time(at)}")
    expected: Object = {
        "status": "withdrawn" if sale.withdrawn else "sold" if sold else "unsold",
        "price": sale.price if sold else None,
        "leader": sale.leader if sold else None,
        "opens_at": sale.opens_at,
        "closes_at": sale.closes_at,
        "bids": sale.seq,
        "extensions": sale.extensions,
        "codes": len(sale.ranks),
    }
    for name, value in expected.items():
        if close[name] != value:
            shown = show_time if name.endswith("_at") else show
            raise Problem(
                f"by the entries before it {name} is {shown(value)}, not {shown(close[name])}"
            )
    sale.end = close


def replay(entries: Sequence[Object], book: Book | None = None) -> Sale:
    """The entries, followed one by one; with a book of instructions those are followed, too."""
    n = 0
    try:
        sale = begin_sale(entries[0]["terms"])
        if book is not None:
            book.sale = sale
        previous_at = entries[0]["at"]
        for n, entry in enumerate(entries[1:], start=1):
            if entry["at"] < previous_at:
                raise Problem(f"its time lies before that of entry {n - 1}")
            if book is not None:
                book.hear_up_to(n)
                book.expect(entry)
            follow(sale, entry, previous_at)
            if book is not None:
                book.answer(entry)
            previous_at = entry["at"]
    except Problem as problem:
        problem.place = problem.place or f"entry {n}"
        raise
    return sale


# ── Standing instructions ───────────────────────────────────────────────────────────────────────


class Demand(NamedTuple):
    """The automatic bid that the instructions ask for."""

    code: str
    amount: int
    at: int
    cause: int | None


@dataclass(slots=True)
class Book:
    """The sealed lines, heard in their places among the entries, and what they ask for."""

    lines: Sequence[Object]
    sale: Sale = field(init=False)
    heard: int = 0
    last_at: int | None = None
    limits: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Limits, each with the number of the line that left it."""
    enrolled: set[str] = field(default_factory=set)
    barred: set[str] = field(default_factory=set)
    demand: Demand | None = None
    opening: tuple[int, int | None] | None = None
    """Time and cause of an opening whose codes may still be coming."""

    def hear_up_to(self, n: int) -> None:
        """Hear the lines that were written when the log had `n` entries."""
        while self.heard < len(self.lines) and self.lines[self.heard]["after"] <= n:
            line = self.lines[self.heard]
            try:
                self._hear(line)
            except Problem as problem:
                problem.place = f"sealed line {self.heard}"
                raise
            self.heard += 1

    def _hear(self, line: Object) -> None:
        kind = line["type"]
        if kind == "enrol":
            self.enrolled.add(line["code"])
        elif kind == "bar":
            self.barred.add(line["code"])
        elif kind in {"bid", "instruct", "cancel"}:
            self._hear_request(line)

    def _hear_request(self, line: Object) -> None:
        kind, at, code, said = line["type"], line["at"], line["code"], line["reason"]
        if line["accepted"] != (said is None):
            raise Problem("it is either accepted or has a reason")
        if kind == "bid" and said is None:
            raise Problem("an accepted bid belongs into the public log")
        if said == "key-reused":  # nobody but the bidder knows the keys
            return
        self._pass_time(at)
        self._check_time(at)
        self._miss_nothing()
        amount = _parse_amount(line.get("amount", line.get("limit")))
        found = self._refuse(kind, at, code, amount, said)
        if found != said:
            ruled = "accepted" if found is None else f"refused as {show(found)}"
            raise Problem(f"by the rules it had to be {ruled}")
        if not self.sale.has_closed_by(at):
            self.last_at = at
        if said is not None:
            return
        if kind == "cancel":
            self.limits.pop(code, None)
        elif amount is not None:
            self.limits[code] = (amount, self.heard)
            self.demand = self._resolve(at, None)

    def _refuse(
        self, kind: str, at: int, code: str, amount: int | None, said: str | None
    ) -> str | None:
        """Why a request is refused, the first reason that applies, in the order of bidding.md.

        Who is enrolled or barred is not in the log before the opening: there the line is believed.
        """
        sale = self.sale
        known, barred = code in self.enrolled, code in self.barred
        if not sale.opened:
            known, barred = said != "unknown-bidder", said == "barred"
        stranger = None if known else "unknown-bidder"
        if kind == "cancel":
            late = sale.refuse_time(at)
            return stranger if late in {None, "suspended"} else late
        if amount is None or not 1 <= amount <= GREATEST_AMOUNT:
            return "malformed"
        early = "not-open" if kind == "bid" and at < sale.opens_at else None
        first = sale.refuse_time(at) or early or stranger or ("barred" if barred else None)
        if first is not None:
            return first
        if kind == "bid":
            return sale.refuse_price(code, amount, automatic=False)
        return self._refuse_limit(amount)

    def _refuse_limit(self, limit: int) -> str | None:
        if not self.sale.terms["instructions"]:
            return "no-instructions"
        return "below-start" if limit < self.sale.terms["start_price"] else None

    def _pass_time(self, at: int) -> None:
        """The opening comes before what happens at its moment, and times never fall."""
        if self.sale.open_if_due(at):
            self.opening = (self.sale.opens_at, None)
        if self.opening is not None:
            opened_at, cause = self.opening
            self.opening = None
            self.last_at = max(opened_at, opened_at if self.last_at is None else self.last_at)
            self.demand = self._resolve(opened_at, cause)

    def _check_time(self, at: int) -> None:
        """Whatever is decided carries no earlier time than what was decided before it."""
        if self.last_at is not None and at < self.last_at:
            raise Problem("its time lies before that of what was decided before it")

    def _miss_nothing(self) -> None:
        if self.demand is not None:
            code, amount = self.demand[:2]
            raise Problem(f"the instructions ask for a bid of {amount} by {show(code)} before this")

    def expect(self, entry: Object) -> None:
        """Before an entry: it is the automatic bid asked for, or there is none asked for."""
        if entry["type"] not in {"bid", "suspend", "resume", "withdraw", "close"}:
            return
        at = entry["at"]
        self._pass_time(at)
        if entry["type"] != "close":
            self._check_time(at)
        if entry["type"] != "bid" or not entry["auto"]:
            self._miss_nothing()
            if entry["type"] == "bid" and entry["code"] in self.barred:
                raise Problem(f"{show(entry['code'])} is barred and may not bid")
            return
        if self.demand is None:
            raise Problem("no instruction asks for this automatic bid")
        if Demand(entry["code"], entry["amount"], at, entry["cause"]) != self.demand:
            code, amount, when, cause = self.demand
            after = "" if cause is None else f" because of entry {cause}"
            raise Problem(
                f"the instructions ask for another bid: {amount} by {show(code)}"
                f" at {show_time(when)}{after}"
            )
        self.demand = None

    def answer(self, entry: Object) -> None:
        """After an entry: what the instructions answer to it."""
        kind, at = entry["type"], entry["at"]
        if kind in {"bid", "suspend", "resume", "withdraw"}:
            self.last_at = at
        cause = self.sale.cause
        if cause is None or cause.n != entry["n"]:
            return
        if cause.opens:
            self.opening = (at, cause.n)
        else:
            self.demand = self._resolve(at, cause.n)

    def _resolve(self, at: int, cause: int | None) -> Demand | None:
        """The six steps of bidding.md: who bids how much, if anyone."""
        sale, leader, price = self.sale, self.sale.leader, self.sale.price
        if not sale.opened or sale.has_closed_by(at):
            return None
        reach = self._find_challengers()
        if not reach:
            return None
        if leader is not None and price is not None:
            limit, _ = self.limits.get(leader, (price, 0))
            reach[leader] = max(sale.find_rung(limit), price)

        def stands(code: str) -> tuple[int, int, bool, int]:
            order = self.limits[code][1] if code in self.limits else 0
            return (-reach[code], sale.ranks.get(code, UNRANKED), code != leader, order)

        winner, *others = sorted(reach, key=stands)
        if not others:
            return Demand(winner, int(sale.terms["start_price"]), at, cause)
        second = max(reach[code] for code in others)
        rivals = [sale.ranks.get(code, UNRANKED) for code in others if reach[code] == second]
        if sale.ranks.get(winner, UNRANKED) >= min(rivals):
            second += int(sale.terms["increment"])
        amount = min(reach[winner], second)
        if winner == leader and price is not None and amount <= price:
            return None
        return Demand(winner, amount, at, cause)

    def _find_challengers(self) -> dict[str, int]:
        """Who does not lead, is not barred, and whose limit reaches what it would have to bid."""
        sale, found = self.sale, {}
        standing = sale.price or 0
        for code, (limit, _) in self.limits.items():
            if limit < standing or code == sale.leader:
                continue
            if code in self.barred or code not in sale.ranks:
                continue  # who left before the opening never came into the log
            rung = sale.find_rung(limit)
            if rung >= sale.find_minimum(code):
                found[code] = rung
        return found


def _parse_amount(text: str | None) -> int | None:
    """An amount as sent, if it was an integer written in digits."""
    if text is None or not re.fullmatch(r"0|-?[1-9][0-9]{0,17}", text):
        return None
    return int(text)


# ── The files ───────────────────────────────────────────────────────────────────────────────────


class Log(NamedTuple):
    """A published log as downloaded."""

    origin: str
    sale: str
    key_text: str
    key: Key
    lines: tuple[str, ...]
    checkpoint: str


class Receipt(NamedTuple):
    """What a bidder was answered: the proof, and in words what it is for."""

    proof: Proof
    said: Object


class SealedReceipt(NamedTuple):
    """What a person was answered whose request went to the sealed log."""

    line: str
    salt: bytes
    note: Note
    place: int
    path: tuple[bytes, ...] | None
    """What leads to the signed root; None where the leaf itself was signed."""


class SealedLeaf(NamedTuple):
    """A leaf of the sealed log; its line is None where it was erased."""

    leaf: bytes
    line: str | None
    n: int
    path: tuple[bytes, ...] = ()


class SealedFile(NamedTuple):
    """The sealed log: whole for the court and the auditor, a bidder's own leaves for a bidder."""

    origin: str
    leaves: tuple[SealedLeaf, ...]
    whole: bool
    size: int
    root: bytes | None


def load_text(path: str) -> str:
    """A file's text; Unreadable if there is none."""
    try:
        return Path(path).read_bytes().decode()
    except UnicodeDecodeError:
        raise Unreadable(f"{path}: not UTF-8") from None
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def parse_file(path: str, text: str) -> Object:
    """The object in a JSON file, without doubled keys and with whole characters."""
    try:
        found = _FILE.decode(text)
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Unreadable(f"{path}: holds half a character") from None
    except RecursionError:
        raise Unreadable(f"{path}: nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"{path}: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{path}: not a JSON object")
    return found


def _read_texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        raise Misfit("is not a list of texts")
    return tuple(value)


LOG: Shape = {
    "format": read_one_of("bidlog/1"),
    "origin": read_text,
    "key": read_text,
    "entries": _read_texts,
    "checkpoint": read_text,
}


def load_log(path: str) -> Log:
    """The log file; Unreadable for what is none."""
    found = parse_file(path, load_text(path))
    try:
        log = read_fields(found, LOG)
        key = parse_key(log["key"])
    except ValueError as error:
        raise Unreadable(f"{path}: not a bid log: {error}") from None
    host, where, sale = log["origin"].rpartition("/sale/")
    if not host or not where or not sale or not _is_name(log["origin"]):
        raise Unreadable(f"{path}: not a bid log: its origin is not <host>/sale/<sale number>")
    return Log(log["origin"], sale, log["key"], key, log["entries"], log["checkpoint"])


RECEIPT: Shape = {
    "lot": read_text,
    "seq": _count,
    "at": read_text,
    "code": read_text,
    "amount": _amount,
    "closes_at": read_text,
    "entry": read_text,
    "proof": read_text,
}
SEALED_RECEIPT: Shape = {"entry": read_text, "salt": read_base64, "note": read_text}
SEALED_RECEIPT_AMONG: Shape = {
    **SEALED_RECEIPT,
    "index": _count,
    "path": lambda value: tuple(read_hash64(node) for node in _read_texts(value)),
}


def load_receipt(path: str) -> Receipt | SealedReceipt:
    """A receipt file: the object that was answered, or the bare proof."""
    text = load_text(path)
    try:
        if text.startswith(PROOF_HEADER):
            return Receipt(parse_proof(text), {})
        found = parse_file(path, text)
        if "salt" in found:
            shape = SEALED_RECEIPT_AMONG if "path" in found else SEALED_RECEIPT
            sealed = read_fields(found, shape)
            note = parse_note(sealed["note"])
            place = (sealed["index"], sealed["path"]) if "path" in sealed else (0, None)
            return SealedReceipt(sealed["entry"], sealed["salt"], note, *place)
        said = read_fields(found, RECEIPT)
        return Receipt(parse_proof(said.pop("proof")), said)
    except ValueError as error:
        raise Unreadable(f"{path}: not a receipt: {error}") from None


def load_checkpoint(path: str) -> tuple[Note, Checkpoint]:
    """A checkpoint file: a signed note."""
    try:
        note = parse_note(load_text(path))
        return note, parse_checkpoint(note)
    except ValueError as error:
        raise Unreadable(f"{path}: not a checkpoint: it {error}") from None


SEALED_FILE: Shape = {
    "format": read_one_of("sealedlog/1"),
    "origin": read_text,
    "entries": lambda value: value,
}
OWN_LEAVES: Shape = {**SEALED_FILE, "size": _count, "root": read_hash64}


def load_sealed(path: str) -> SealedFile:
    """The sealed file, whole or a bidder's own leaves."""
    found = parse_file(path, load_text(path))
    whole = "size" not in found
    try:
        sealed = read_fields(found, SEALED_FILE if whole else OWN_LEAVES)
        if not isinstance(sealed["entries"], list):
            raise Misfit('its field "entries" is not a list')
        read = _read_whole_leaf if whole else _read_own_leaf
        leaves = tuple(read(index, raw) for index, raw in enumerate(sealed["entries"]))
    except ValueError as error:
        raise Unreadable(f"{path}: not a sealed log: {error}") from None
    size = len(leaves) if whole else sealed["size"]
    return SealedFile(sealed["origin"], leaves, whole, size, sealed.get("root"))


def _read_whole_leaf(index: int, raw: object) -> SealedLeaf:
    if isinstance(raw, dict) and "leaf" in raw:
        return SealedLeaf(read_fields(raw, {"leaf": read_hash64})["leaf"], None, index)
    found = read_fields(raw, {"salt": read_base64, "line": read_text})
    return SealedLeaf(hash_leaf(found["line"].encode(), found["salt"]), found["line"], index)


def _read_own_leaf(_: int, raw: object) -> SealedLeaf:
    shape: Shape = {"index": _count, "salt": read_base64, "line": read_text, "path": _read_texts}
    found = read_fields(raw, shape)
    path = tuple(read_hash64(node) for node in found["path"])
    leaf = hash_leaf(found["line"].encode(), found["salt"])
    return SealedLeaf(leaf, found["line"], found["index"], path)


class Evidence(NamedTuple):
    """All files given."""

    log: Log
    receipts: dict[str, Receipt | SealedReceipt]
    checkpoints: dict[str, tuple[Note, Checkpoint]]
    sealed: SealedFile | None


# ── The checks ──────────────────────────────────────────────────────────────────────────────────


def check_all(evidence: Evidence) -> Iterator[str]:
    """What holds, one sentence a check; Problem for the first thing that does not."""
    log = evidence.log
    entries = read_entries(log)
    yield f"lines: {_say(len(entries), 'entry', 'entries')}, canonical JSON, without a gap"
    sale, broken = _try_replay(entries)
    roots = find_roots([hash_leaf(line.encode()) for line in log.lines], _sizes_in(evidence))
    yield check_signature(log, roots, broken)
    for name, (note, checkpoint) in evidence.checkpoints.items():
        yield check_checkpoint(log, roots, name, note, checkpoint)
    for name, receipt in evidence.receipts.items():
        if isinstance(receipt, Receipt):
            yield check_receipt(log, entries, roots, name, receipt)
        else:
            yield check_sealed_receipt(log, name, receipt, evidence.sealed)
    if broken is not None:
        raise broken
    yield "times: they never fall"
    bids = _say(sale.seq, "bid", "bids")
    yield f"replay: {bids}; each was allowed, and moved price, leader and close by the rules"
    if sale.automatic:
        yield f"automatic bids: {sale.automatic}; on the ladder, by rank, right after their cause"
    amendments = sum(entry["type"] == "amend" for entry in entries)
    if amendments:
        yield f"amendments: {amendments}, of which the log holds hashes only"
    if evidence.sealed is not None:
        yield from check_sealed(log, entries, sale, evidence.sealed)
    yield describe_end(entries, sale)


def _say(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def read_entries(log: Log) -> list[Object]:
    """The lines, each canonical, of this sale, with its own number."""
    entries: list[Object] = []
    for n, line in enumerate(log.lines):
        try:
            entry = read_line(line, _ENTRIES, log.sale)
        except ValueError as error:
            raise Problem(str(error), f"entry {n}") from None
        if entry["n"] != n:
            raise Problem(f"it has the number {entry['n']}: there is a gap", f"entry {n}")
        entries.append(entry)
    if not entries or entries[0]["type"] != "open":
        raise Problem("a log begins with the sale's publication", "entry 0")
    if entries[0]["key"] != log.key_text:
        raise Problem("it names another key than the file", "entry 0")
    return entries


def _try_replay(entries: Sequence[Object]) -> tuple[Sale, Problem | None]:
    """A replay that fails is told later: first whether the lines are those that were signed."""
    try:
        return replay(entries), None
    except Problem as problem:
        return Sale({}, 0, 0), problem


def _sizes_in(evidence: Evidence) -> set[int]:
    sizes = {len(evidence.log.lines)}
    sizes |= {checkpoint.size for _, checkpoint in evidence.checkpoints.values()}
    for receipt in evidence.receipts.values():
        if isinstance(receipt, Receipt):
            try:
                sizes.add(parse_checkpoint(receipt.proof.note).size)
            except ValueError:
                continue
    return sizes


def check_signature(log: Log, roots: Mapping[int, bytes], broken: Problem | None) -> str:
    """The log's own checkpoint is of these lines, all of them, and signed with its key."""
    place = "checkpoint of the log"
    if log.key.name != log.origin:
        raise Problem("the key is not the key of this log", place)
    try:
        note = parse_note(log.checkpoint)
        checkpoint = parse_checkpoint(note)
    except ValueError as error:
        raise Problem(f"it {error}", place) from None
    _check_signer(log, note, checkpoint.origin, log.origin, place)
    if checkpoint.size != len(log.lines):
        raise Problem(f"{checkpoint.size} entries were signed, {len(log.lines)} are here", place)
    if checkpoint.root != roots[checkpoint.size]:
        if broken is not None:
            raise Problem(f"not as it was signed; first to see: {broken.text}", broken.place)
        raise Problem("the entries are not those that were signed; it cannot say which", place)
    return (
        f"signature: these {checkpoint.size} entries were signed with the key"
        f" {log.key.key_id.hex()} of {show(log.origin)};"
        " compare the key with the one that the court publishes"
    )


def _check_signer(log: Log, note: Note, origin: str, expected: str, place: str) -> None:
    if origin != expected:
        raise Problem(f"it is of another log: {show(origin)}", place)
    if not is_signed(note, log.key):
        raise Problem("it is not signed with the key of this log", place)


def _check_prefix(
    log: Log, roots: Mapping[int, bytes], note: Note, checkpoint: Checkpoint, place: str
) -> None:
    """The log of an older checkpoint is the beginning of this one."""
    _check_signer(log, note, checkpoint.origin, log.origin, place)
    if checkpoint.size > len(log.lines):
        raise Problem(f"it was of {checkpoint.size} entries, {len(log.lines)} are here", place)
    if checkpoint.root != roots[checkpoint.size]:
        raise Problem(f"one of the first {checkpoint.size} entries was another then", place)


def check_checkpoint(
    log: Log, roots: Mapping[int, bytes], name: str, note: Note, checkpoint: Checkpoint
) -> str:
    """A checkpoint that somebody kept is consistent with the log."""
    _check_prefix(log, roots, note, checkpoint, f"checkpoint {name}")
    return f"checkpoint {name}: the log still begins with the {checkpoint.size} entries of then"


def check_receipt(
    log: Log, entries: Sequence[Object], roots: Mapping[int, bytes], name: str, receipt: Receipt
) -> str:
    """The entry of a receipt stands in the log, word for word, where the proof says."""
    place, proof, said = f"receipt {name}", receipt.proof, receipt.said
    try:
        checkpoint = parse_checkpoint(proof.note)
    except ValueError as error:
        raise Problem(f"its note {error}", place) from None
    _check_signer(log, proof.note, checkpoint.origin, log.origin, place)
    if proof.n >= len(log.lines):
        raise Problem(f"the log has no entry {proof.n}", place)
    here = log.lines[proof.n]
    line = said.get("entry", here if proof.line is None else proof.line)
    if line != here or proof.line not in {None, line}:
        raise Problem(f"entry {proof.n} of the log is not the one of the receipt", place)
    leaf = hash_leaf(line.encode())
    if follow_path(leaf, proof.n, checkpoint.size, proof.path) != checkpoint.root:
        raise Problem(f"its proof does not lead from entry {proof.n} to what was signed", place)
    _check_prefix(log, roots, proof.note, checkpoint, place)
    _check_said(json.loads(here), json.loads(log.lines[0])["lot"], said, proof.n, place)
    what = entries[proof.n]
    shown = f"bid {what['seq']}, " if what["type"] == "bid" else ""
    return f"receipt {name}: entry {proof.n} ({shown}{show(what['type'])}) is in the log"


def _check_said(entry: Object, lot: str, said: Object, index: int, place: str) -> None:
    """What a receipt says in words is what its entry says."""
    for name, value in said.items():
        if name != "entry" and value != {**entry, "lot": lot}.get(name):
            raise Problem(f"its {name} is not that of entry {index}", place)


def _sealed_text(leaf: bytes, receipt: SealedReceipt) -> str | None:
    """What must have been signed: the leaf alone, or the root of the few it stands among."""
    if receipt.path is None:
        return f"leaf\n{b64encode(leaf).decode()}\n"
    root = follow_path(leaf, receipt.place, 1 << len(receipt.path), receipt.path)
    return None if root is None else f"leaves\n{b64encode(root).decode()}\n"


def check_sealed_receipt(
    log: Log, name: str, receipt: SealedReceipt, sealed: SealedFile | None
) -> str:
    """What a person sent to the sealed log was signed, and is in the file if that is given."""
    place = f"receipt {name}"
    try:
        read_line(receipt.line, _SEALED_LINES, log.sale)
    except ValueError as error:
        raise Problem(f"its line {error}", place) from None
    leaf = hash_leaf(receipt.line.encode(), receipt.salt)
    origin, _, rest = receipt.note.text.partition("\n")
    _check_signer(log, receipt.note, origin, f"{log.origin}/sealed", place)
    if rest != _sealed_text(leaf, receipt):
        raise Problem("what was signed is not this line with this salt", place)
    if sealed is None:
        return f"receipt {name}: signed; whether it is in the sealed log takes --sealed"
    if leaf not in {each.leaf for each in sealed.leaves}:
        raise Problem("it is not in the sealed log", place)
    return f"receipt {name}: signed, and in the sealed log"


def check_sealed(
    log: Log, entries: Sequence[Object], sale: Sale, sealed: SealedFile
) -> Iterator[str]:
    """The sealed log is the one that `close` names, and asks for exactly these automatic bids."""
    place = "sealed log"
    if sealed.origin != f"{log.origin}/sealed":
        raise Problem(f"it is of another log: {show(sealed.origin)}", place)
    if sale.end is None:
        raise Problem("the sale has not ended: its sealed log cannot be checked yet", place)
    size, root = sale.end["sealed"]["size"], sale.end["sealed"]["root"]
    if sealed.size != size:
        raise Problem(f"it has {sealed.size} leaves, and {size} in entry {sale.end['n']}", place)
    if sealed.root not in {None, root}:
        raise Problem(f"its root is not the one in entry {sale.end['n']}", place)
    lines = _read_sealed_lines(log, sealed, sale.end["n"])
    if not sealed.whole:
        for leaf in sealed.leaves:
            if follow_path(leaf.leaf, leaf.n, size, leaf.path) != root:
                raise Problem("it does not lead to the root of `close`", f"sealed line {leaf.n}")
        given = _say(len(lines), "leaf", "leaves")
        yield f"sealed log: {given} given, which are among the {size} that `close` names"
        return
    if find_roots([leaf.leaf for leaf in sealed.leaves], {size})[size] != root:
        raise Problem(f"its root is not the one in entry {sale.end['n']}", place)
    yield f"sealed log: {_say(size, 'leaf', 'leaves')}, the ones that `close` names"
    erased = sum(leaf.line is None for leaf in sealed.leaves)
    if erased:
        yield f"sealed log: {erased} of them erased, so instructions are not followed"
        return
    _check_codes(entries, lines)
    replay(entries, Book(lines))
    bids = _say(sale.automatic, "automatic bid", "automatic bids")
    yield f"instructions: they ask for exactly {bids} as logged"
    refused = sum(line.get("accepted") is False for line in lines)
    yield f"refusals: {refused}; each for the first reason that applies"


def _read_sealed_lines(log: Log, sealed: SealedFile, end: int) -> list[Object]:
    """The sealed lines that were not erased, each in its place among the entries."""
    lines: list[Object] = []
    previous = 0
    for leaf in sealed.leaves:
        if leaf.line is None:
            continue
        place = f"sealed line {leaf.n}"
        try:
            line = read_line(leaf.line, _SEALED_LINES, log.sale)
        except ValueError as error:
            raise Problem(str(error), place) from None
        if not previous <= line["after"] <= end:
            raise Problem(f"it cannot stand after {line['after']} entries", place)
        previous = line["after"]
        lines.append(line)
    return lines


def _check_codes(entries: Sequence[Object], lines: Sequence[Object]) -> None:
    """Every code in the log was enrolled."""
    enrolled = {line["code"] for line in lines if line["type"] == "enrol"}
    for entry in entries:
        if entry["type"] == "code" and entry["code"] not in enrolled:
            raise Problem(
                f"{show(entry['code'])} was never enrolled, says the sealed log",
                f"entry {entry['n']}",
            )


def describe_end(entries: Sequence[Object], sale: Sale) -> str:
    """How the sale ended, or that it has not."""
    end = sale.end
    if end is None:
        said = f"closes at {show_time(sale.closes_at)} as it stands"
        if sale.withdrawn:
            said = "was withdrawn"
        elif sale.suspended_at is not None:
            said = "is suspended"
        return f"end: not in this log yet; the sale {said}; keep its checkpoint for a later log"
    notes = len(entries) - 1 - end["n"]
    after = "only " + _say(notes, "note", "notes") + " after it" if notes else "nothing after it"
    if end["status"] != "sold":
        return f"end: {end['status']} at {show_time(end['at'])}; {after}"
    return (
        f"end: sold to {show(end['leader'])} for {end['price']} minor units of"
        f" {show(sale.terms['currency'])}, closed at {show_time(end['closes_at'])} after"
        f" {_say(sale.extensions, 'extension', 'extensions')}; {after}"
    )


# ── The command ─────────────────────────────────────────────────────────────────────────────────


def main(arguments: Sequence[str]) -> int:
    """Read all files, then say of each check what holds, up to the first that does not."""
    parser = argparse.ArgumentParser(description="Check a published bid log.")
    parser.add_argument("log", metavar="LOG", help="the log as published")
    for option in ("--receipt", "--checkpoint"):
        parser.add_argument(option, metavar="FILE", action="append", default=[])
    parser.add_argument("--sealed", metavar="FILE", help="the sealed log, after the end")
    given = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        evidence = Evidence(
            load_log(given.log),
            {name: load_receipt(name) for name in given.receipt},
            {name: load_checkpoint(name) for name in given.checkpoint},
            None if given.sealed is None else load_sealed(given.sealed),
        )
    except Unreadable as error:
        sys.stderr.write(f"cannot be read: {error}\n")
        return 2
    try:
        for sentence in check_all(evidence):
            sys.stdout.write(f"holds: {sentence}\n")
    except RecursionError:
        sys.stderr.write("cannot be read: nested too deeply\n")
        return 2
    except Problem as problem:
        sys.stdout.write(f"DOES NOT HOLD: {problem.place}: {problem.text}\n")
        return 1
    sys.stdout.write("Everything holds.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
