"""What anyone may read of a bid log, and after the end its owners of the sealed one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from bidding.evidence.merkle import Frontier, Tree, hash_leaf
from bidding.evidence.models import LogEntry, LogRoot, SaleLog, SealedEntry
from bidding.evidence.notes import write_base64
from bidding.evidence.sealing import hash_sealed
from bidding.room.models import SaleHead

_log: Any = SaleLog.__table__
_entry: Any = LogEntry.__table__
_root: Any = LogRoot.__table__
_sealed: Any = SealedEntry.__table__
_head: Any = SaleHead.__table__


def load_size(connection: Connection, sale_id: int) -> int | None:
    """How many entries the public log has; None without a log."""
    newest = select(_root.c.size).where(_root.c.sale_id == sale_id)
    size = connection.execute(newest.order_by(_root.c.size.desc()).limit(1)).scalar_one_or_none()
    return None if size is None else int(size)


def was_committed(connection: Connection, sale_id: int, size: int) -> bool:
    """Whether the log had this size after a commit: no other is ever signed."""
    found = select(_root.c.size).where(_root.c.sale_id == sale_id, _root.c.size == size)
    return connection.execute(found).one_or_none() is not None


def load_lines(connection: Connection, sale_id: int, size: int) -> list[str]:
    """The first `size` entries, line for line."""
    rows = connection.execute(
        select(_entry.c.line)
        .where(_entry.c.sale_id == sale_id, _entry.c.n < size)
        .order_by(_entry.c.n)
    )
    return list(rows.scalars())


def load_line(connection: Connection, sale_id: int, n: int) -> str | None:
    """One entry."""
    found = select(_entry.c.line).where(_entry.c.sale_id == sale_id, _entry.c.n == n)
    line: str | None = connection.execute(found).scalar_one_or_none()
    return line


def show_sealed(connection: Connection, sale_id: int, origin: str) -> dict[str, Any]:
    """The whole sealed log; of an erased leaf only its hash is left (PI-8)."""
    entries = [
        {"leaf": write_base64(row.leaf)}
        if row.salt is None or row.line is None
        else {"salt": write_base64(row.salt), "line": row.line}
        for row in _leaves(connection, sale_id)
    ]
    return {"format": "sealedlog/1", "origin": f"{origin}/sealed", "entries": entries}


def show_own_sealed(connection: Connection, sale_id: int, origin: str, code: str) -> dict[str, Any]:
    """One bidder's own leaves, each with the path that leads to the root in `close`."""
    of_the_sale = _sealed.c.sale_id == sale_id
    leaves = connection.execute(select(_sealed.c.leaf).where(of_the_sale).order_by(_sealed.c.n))
    tree = Tree(bytes(leaf) for leaf in leaves.scalars())
    # Only what is the bidder's own is unsealed.
    own = connection.execute(
        select(_sealed.c.n, _sealed.c.salt, _sealed.c.line)
        .where(of_the_sale, _sealed.c.code == code, _sealed.c.salt.is_not(None))
        .order_by(_sealed.c.n)
    )
    entries = [
        {
            "index": row.n,
            "salt": write_base64(bytes(row.salt)),
            "line": row.line,
            "path": [write_base64(node) for node in tree.prove_inclusion(row.n)],
        }
        for row in own
    ]
    return {
        "format": "sealedlog/1",
        "origin": f"{origin}/sealed",
        "size": len(tree),
        "root": write_base64(tree.root()),
        "entries": entries,
    }


@dataclass(frozen=True, slots=True)
class _Leaf:
    n: int
    code: str | None
    leaf: bytes
    salt: bytes | None
    line: str | None


def _leaves(connection: Connection, sale_id: int) -> Iterator[_Leaf]:
    rows = connection.execute(
        select(_sealed).where(_sealed.c.sale_id == sale_id).order_by(_sealed.c.n)
    )
    for row in rows:
        salt = None if row.salt is None else bytes(row.salt)
        yield _Leaf(row.n, row.code, bytes(row.leaf), salt, row.line)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something stored that is not what was committed."""

    origin: str
    what: str


def check_logs(connection: Connection) -> Iterator[Fault]:
    """Hash every stored line of every log again, and compare with every root committed (F-17)."""
    for log in connection.execute(select(_log.c.sale_id, _log.c.origin).order_by(_log.c.sale_id)):
        yield from (Fault(log.origin, what) for what in _check_log(connection, log.sale_id))


def _check_log(connection: Connection, sale_id: int) -> Iterator[str]:
    """Up to what the head said first: what is committed meanwhile is no fault."""
    head = connection.execute(
        select(
            _head.c.log_size, _head.c.log_frontier, _head.c.sealed_size, _head.c.sealed_frontier
        ).where(_head.c.sale_id == sale_id)
    ).one()
    lines = load_lines(connection, sale_id, head.log_size)
    tree = Tree(hash_leaf(line.encode()) for line in lines)
    roots = connection.execute(
        select(_root.c.size, _root.c.root)
        .where(_root.c.sale_id == sale_id, _root.c.size <= head.log_size)
        .order_by(_root.c.size)
    ).all()
    if len(tree) != head.log_size:
        yield "entries are missing"
        return
    wrong = next((r.size for r in roots if tree.root(r.size) != bytes(r.root)), None)
    if wrong is not None:
        yield f"the first {wrong} entries have another root than was committed"
    elif not roots or roots[-1].size != len(tree):
        yield "the newest entries have no root"
    elif _frontier_root(head.log_size, head.log_frontier) != tree.root():
        yield "the sale's head would go on from other entries"
    yield from _check_sealed(connection, sale_id, head)


def _check_sealed(connection: Connection, sale_id: int, head: Any) -> Iterator[str]:
    leaves = [leaf for leaf in _leaves(connection, sale_id) if leaf.n < head.sealed_size]
    for leaf in leaves:
        whole = leaf.salt is not None and leaf.line is not None
        if whole and hash_sealed(leaf.salt or b"", leaf.line or "") != leaf.leaf:
            yield f"leaf {leaf.n} of the sealed log is not what was committed"
    tree = Tree(leaf.leaf for leaf in leaves)
    if _frontier_root(head.sealed_size, head.sealed_frontier) != tree.root():
        yield "the sealed log has another root than was committed"


def _frontier_root(size: int, stored: bytes) -> bytes | None:
    """The root of a stored frontier; None if it is none."""
    try:
        return Frontier.from_bytes(size, bytes(stored)).root()
    except ValueError:
        return None
