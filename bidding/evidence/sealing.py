"""Receipts for the sealed log: one signature for all that a turn refused, and no word how many.

The leaves stand at random places among random ones, always as many together, so that a receipt is
the same for somebody who was alone and for one of a hundred.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import SystemRandom

from bidding.evidence.merkle import HASH_BYTES, hash_children
from bidding.evidence.notes import Signer, write_base64

TOGETHER = 128
"""Leaves under one signature; a power of two."""

_random = SystemRandom()


@dataclass(slots=True)
class SealedReceipt:
    """What the person concerned keeps of a leaf of the sealed log; signed after the commit."""

    line: str
    salt: bytes
    index: int = 0
    path: tuple[bytes, ...] = ()
    note: str = ""

    @property
    def leaf(self) -> bytes:
        """The hash that stands in the tree."""
        return hash_sealed(self.salt, self.line)

    def show(self) -> dict[str, object]:
        """The receipt as it is answered."""
        return {
            "entry": self.line,
            "salt": write_base64(self.salt),
            "index": self.index,
            "path": [write_base64(node) for node in self.path],
            "note": self.note,
        }


def hash_sealed(salt: bytes, line: str) -> bytes:
    """Nobody can guess a salted line from its hash."""
    return sha256(b"\x00" + salt + line.encode()).digest()


def sign_receipts(signer: Signer, receipts: Sequence[SealedReceipt]) -> None:
    """Sign them, as many under one signature as stand together."""
    for start in range(0, len(receipts), TOGETHER):
        _sign_together(signer, receipts[start : start + TOGETHER])


def _sign_together(signer: Signer, receipts: Sequence[SealedReceipt]) -> None:
    noise = os.urandom(HASH_BYTES * TOGETHER)
    level = [noise[cut : cut + HASH_BYTES] for cut in range(0, len(noise), HASH_BYTES)]
    places = _random.sample(range(TOGETHER), len(receipts))
    for place, receipt in zip(places, receipts, strict=True):
        level[place] = receipt.leaf
    levels = []
    while len(level) > 1:
        levels.append(level)
        level = [hash_children(*pair) for pair in zip(level[::2], level[1::2], strict=True)]
    note = signer.sign(f"{signer.name}/sealed\nleaves\n{write_base64(level[0])}\n")
    for place, receipt in zip(places, receipts, strict=True):
        receipt.index = place
        receipt.path = tuple(nodes[(place >> height) ^ 1] for height, nodes in enumerate(levels))
        receipt.note = note
