"""The signer of this process: it signs what is committed, and nothing that contradicts it.

Before a checkpoint is signed the *stored* lines are read back and hashed, and their root must be
the one that was committed with them. So no signature vouches for what the database does not hold,
for a shorter log than one signed before, or for another root of a size that was signed: also where
the database was put back to an older state and has grown anew (F-16), for as long as this process
lives.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from sqlalchemy import Connection, bindparam, select

from auction.core.bulk import Prepared
from auction.core.log import get_logger
from bidding.evidence.keys import load_signer
from bidding.evidence.merkle import Tree, hash_leaf
from bidding.evidence.models import LogEntry, LogRoot
from bidding.evidence.notes import Checkpoint, Signer, Verifier, write_proof
from bidding.evidence.sealing import SealedReceipt, sign_receipts

MOST_LOGS = 4096
"""Logs whose trees this process keeps; the least recently used are read again when needed."""
MOST_NOTES = 64
"""Checkpoints kept of each."""

log = get_logger()

_entry: Any = LogEntry.__table__
_root: Any = LogRoot.__table__

_STORED = Prepared(
    select(_entry.c.n, _entry.c.line, _root.c.root)
    .select_from(_root)
    .outerjoin(
        _entry,
        (_entry.c.sale_id == _root.c.sale_id)
        & (_entry.c.n >= bindparam("known"))
        & (_entry.c.n < bindparam("end")),
    )
    .where(_root.c.sale_id == bindparam("sale"), _root.c.size == bindparam("size"))
    .order_by(_entry.c.n)
)
"""The root of one commit, and with it the lines that are not known yet."""


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
        self._newest: dict[Verifier, tuple[int, bytes]] = {}
        """Greatest size signed of each log, by its key, and its root; never forgotten."""
        self._lock = threading.Lock()

    def checkpoint(self, connection: Connection, sale_id: int, size: int) -> str:
        """The signed checkpoint of the first `size` entries, which must be committed."""
        return self._note(connection, sale_id, self._keep(connection, sale_id), size)

    def receipt(self, connection: Connection, sale_id: int, n: int, size: int, line: str) -> str:
        """The proof that entry `n` stands in the log of the checkpoint of this size."""
        kept = self._keep(connection, sale_id)
        note = self._note(connection, sale_id, kept, size)
        return write_proof(n, kept.tree.prove_inclusion(n, size), note, line.encode())

    def consistency(self, connection: Connection, sale_id: int, old: int, new: int) -> list[bytes]:
        """The hashes that show the log of one size to be the beginning of the other's."""
        kept = self._keep(connection, sale_id)
        self._note(connection, sale_id, kept, new)
        return kept.tree.prove_consistency(old, new)

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

    def _note(self, connection: Connection, sale_id: int, kept: _Kept, size: int) -> str:
        note = kept.notes.get(size)
        if note is not None:
            return note
        with kept.lock:
            return kept.notes.get(size) or self._sign(connection, sale_id, kept, size)

    def _sign(self, connection: Connection, sale_id: int, kept: _Kept, size: int) -> str:
        """Hash what is stored and not yet known, up to `size`, and to the newest that was signed.

        A tree that is built anew must lead to the root that was signed last.
        """
        known = len(kept.tree)
        signed, root_signed = self._newest.get(kept.signer.verifier, (0, b""))
        end = max(size, signed)
        rows = _STORED.all(connection, sale=sale_id, size=size, known=known, end=end)
        if not rows:
            raise EvidenceError(f"sale {sale_id}: no commit left the log with {size} entries")
        committed = bytes(rows[0][2])
        lines = [(n, line) for n, line, _root in rows if n is not None]
        if [n for n, _line in lines] != list(range(known, end)):
            self._refuse(sale_id, kept, end)
        kept.tree.extend([hash_leaf(line.encode()) for _n, line in lines])
        if known < signed and kept.tree.root(signed) != root_signed:
            self._refuse(sale_id, kept, signed)
        root = kept.tree.root(size)
        if committed != root:
            self._refuse(sale_id, kept, size)
        note = kept.signer.sign(str(Checkpoint(kept.signer.name, size, root)))
        with self._lock:
            key = kept.signer.verifier
            self._newest[key] = max(self._newest.get(key, (0, b"")), (size, root))
        kept.notes[size] = note
        while len(kept.notes) > MOST_NOTES:
            kept.notes.popitem(last=False)
        return note

    def _refuse(self, sale_id: int, kept: _Kept, size: int) -> NoReturn:
        """Sign nothing of this log until what is stored is again what it was; read it anew."""
        kept.tree = Tree()  # also for those who wait for the lock of this one
        with self._lock:
            self._logs.pop(sale_id, None)
        log.critical("stored log differs from what was committed", sale=sale_id, size=size)
        raise EvidenceError(f"sale {sale_id}: the stored log has not the root it had at {size}")
