"""The signer of this process: it signs what is committed, and nothing that contradicts it.

Before a checkpoint is signed the *stored* lines are read back and hashed, and their root must be
the one that was committed with them. So no signature vouches for what the database does not hold,
for a shorter log than one signed before, or for another root of a size that was signed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from auction.core.log import get_logger
from bidding.evidence.keys import load_signer
from bidding.evidence.merkle import Tree, hash_leaf
from bidding.evidence.models import LogEntry, LogRoot
from bidding.evidence.notes import Checkpoint, Signer, write_proof
from bidding.evidence.sealing import SealedReceipt, sign_receipts

MOST_LOGS = 4096
"""Logs whose trees this process keeps; the least recently used are read again when needed."""
MOST_NOTES = 64
"""Checkpoints kept of each."""

log = get_logger()

_entry: Any = LogEntry.__table__
_root: Any = LogRoot.__table__


class EvidenceError(Exception):
    """The stored log is not what was committed: nothing is signed until that is cleared."""


@dataclass(slots=True)
class _Kept:
    """What this process knows of one log."""

    signer: Signer
    tree: Tree = field(default_factory=Tree)
    notes: OrderedDict[int, str] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class LogKeeper:
    """Checkpoints and proofs of all logs; at `app.extensions["luochui.evidence"]`."""

    def __init__(self) -> None:
        self._logs: OrderedDict[int, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def checkpoint(self, connection: Connection, sale_id: int, size: int) -> str:
        """The signed checkpoint of the first `size` entries, which must be committed."""
        kept = self._keep(connection, sale_id)
        note = kept.notes.get(size)
        if note is not None:
            return note
        with kept.lock:
            return kept.notes.get(size) or self._sign(connection, sale_id, kept, size)

    def receipt(self, connection: Connection, sale_id: int, n: int, size: int, line: str) -> str:
        """The proof that entry `n` stands in the log of the checkpoint of this size."""
        note = self.checkpoint(connection, sale_id, size)
        path = self._keep(connection, sale_id).tree.prove_inclusion(n, size)
        return write_proof(n, path, note, line.encode())

    def consistency(self, connection: Connection, sale_id: int, old: int, new: int) -> list[bytes]:
        """The hashes that show the log of one size to be the beginning of the other's."""
        self.checkpoint(connection, sale_id, new)
        return self._keep(connection, sale_id).tree.prove_consistency(old, new)

    def sign_sealed(
        self, connection: Connection, sale_id: int, receipts: Sequence[SealedReceipt]
    ) -> None:
        """Sign leaves of the sealed log for those concerned; they say nothing of the rest."""
        sign_receipts(self._keep(connection, sale_id).signer, receipts)

    def origin(self, connection: Connection, sale_id: int) -> str:
        """The log's name."""
        return self._keep(connection, sale_id).signer.name

    def verifier(self, connection: Connection, sale_id: int) -> str:
        """The public key that the log is signed with, as it is published."""
        return str(self._keep(connection, sale_id).signer.verifier)

    def _keep(self, connection: Connection, sale_id: int) -> _Kept:
        with self._lock:
            kept = self._logs.get(sale_id)
            if kept is not None:
                self._logs.move_to_end(sale_id)
                return kept
        signer = load_signer(connection, sale_id)
        with self._lock:
            kept = self._logs.setdefault(sale_id, _Kept(signer))
            while len(self._logs) > MOST_LOGS:
                self._logs.popitem(last=False)
            return kept

    def _forget(self, sale_id: int) -> None:
        with self._lock:
            self._logs.pop(sale_id, None)

    def _sign(self, connection: Connection, sale_id: int, kept: _Kept, size: int) -> str:
        if size > len(kept.tree):
            lines = connection.execute(
                select(_entry.c.n, _entry.c.line)
                .where(_entry.c.sale_id == sale_id, _entry.c.n >= len(kept.tree), _entry.c.n < size)
                .order_by(_entry.c.n)
            ).all()
            if [row.n for row in lines] != list(range(len(kept.tree), size)):
                raise EvidenceError(f"sale {sale_id}: the log has not {size} entries")
            kept.tree.extend([hash_leaf(row.line.encode()) for row in lines])
        committed = connection.execute(
            select(_root.c.root).where(_root.c.sale_id == sale_id, _root.c.size == size)
        ).scalar_one_or_none()
        root = kept.tree.root(size)
        if committed is None or bytes(committed) != root:
            self._forget(sale_id)  # what is stored is read anew before anything else is signed
            log.critical("stored log differs from what was committed", sale=sale_id, size=size)
            raise EvidenceError(f"sale {sale_id}: the stored log has another root at {size}")
        note = kept.signer.sign(str(Checkpoint(kept.signer.name, size, root)))
        kept.notes[size] = note
        while len(kept.notes) > MOST_NOTES:
            kept.notes.popitem(last=False)
        return note
