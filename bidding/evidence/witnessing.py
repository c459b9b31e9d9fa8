"""What a log and a witness say to each other (C2SP tlog-witness, tlog-cosignature).

Pure. A witness signs only what continues what it signed before; so who shows two people two
histories of one sale must keep at least one of them from every witness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.evidence.merkle import HASH_BYTES
from bidding.evidence.notes import (
    COSIGNATURE,
    KEY_ID_BYTES,
    SIGNATURE_PREFIX,
    NoteError,
    Verifier,
    parse_note,
    read_base64,
    write_base64,
)

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
LONGEST_PATH = 63
_TIME_BYTES, _SIGNATURE_BYTES = 8, 64


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint, and the path that continues the one of size `old`."""

    old: int
    path: tuple[bytes, ...]
    note: str


def write_submission(old: int, path: Sequence[bytes], note: str) -> bytes:
    """The body of a call of add-checkpoint."""
    hashes = "".join(f"{write_base64(node)}\n" for node in path)
    return f"old {old}\n{hashes}\n{note}".encode()


def parse_submission(body: bytes) -> Submission:
    """Take such a body apart; NoteError for what is none."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NoteError("not UTF-8") from None
    head, blank, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if not blank or not first.startswith("old ") or len(lines) > LONGEST_PATH:
        raise NoteError("not a submission")
    path = tuple(read_base64(line) for line in lines)
    if any(len(node) != HASH_BYTES for node in path):
        raise NoteError("a path is hashes")
    return Submission(parse_size(first.removeprefix("old ")), path, note)


def parse_size(text: str) -> int:
    """A tree's size in decimal, without leading zeros."""
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or str(int(text)) != text:
        raise NoteError("a size is a number")
    return int(text)


def cosigner(name: str, public: bytes) -> Verifier:
    """The public key of a witness, as its cosignatures name it."""
    return Verifier(name, public, COSIGNATURE)


def cosign(name: str, key: Ed25519PrivateKey, text: str, at: int) -> str:
    """The signature line by which a witness says that it saw this checkpoint at `at` (POSIX)."""
    key_id = cosigner(name, key.public_key().public_bytes_raw()).key_id
    signature = at.to_bytes(_TIME_BYTES, "big") + key.sign(_signed(text, at))
    return f"{SIGNATURE_PREFIX}{name} {write_base64(key_id + signature)}\n"


def _signed(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's line under a checkpoint, verified, and the time it states (POSIX seconds)."""

    line: str
    at: int


def find_cosignature(note: str, witness: Verifier) -> Cosignature | None:
    """The newest line of this witness under a checkpoint, if it holds; others are ignored.

    NoteError for what is no note.
    """
    read = parse_note(note)
    found = None
    for name, signature in read.signatures:
        raw = signature[KEY_ID_BYTES:]
        if name != witness.name or signature[:KEY_ID_BYTES] != witness.key_id:
            continue
        at = int.from_bytes(raw[:_TIME_BYTES], "big")
        is_whole = len(raw) == _TIME_BYTES + _SIGNATURE_BYTES and at < 1 << 63
        if not is_whole or not witness.verifies(raw[_TIME_BYTES:], _signed(read.text, at)):
            return None
        if found is None or at > found.at:
            found = Cosignature(f"{SIGNATURE_PREFIX}{name} {write_base64(signature)}\n", at)
    return found
