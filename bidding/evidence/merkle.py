"""The Merkle tree of RFC 6962: one root stands for a whole log, short proofs for its parts.

Pure. Hashes are 32 bytes of SHA-256; indices and sizes count leaves from the oldest on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

MOST_EDGES = 4096
"""Roots of incomplete parts that a tree keeps."""


def hash_leaf(entry: bytes) -> bytes:
    """A leaf can never be taken for a node: its hash begins with a byte of its own."""
    return sha256(b"\x00" + entry).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """A node stands for both its halves, in their order."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """All that is needed of a tree to append to it: the roots of its complete subtrees.

    At most one hash for each binary digit of the size, the largest subtree first.
    """

    __slots__ = ("_nodes", "size")

    def __init__(self, size: int = 0, nodes: Iterable[bytes] = ()) -> None:
        self.size = size
        self._nodes = list(nodes)
        if size < 0 or len(self._nodes) != size.bit_count():
            raise ValueError("a frontier has one hash for each complete subtree")

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> Frontier:
        """The frontier that `to_bytes` wrote."""
        cuts = range(0, len(stored), HASH_BYTES)
        nodes = [stored[cut : cut + HASH_BYTES] for cut in cuts]
        if any(len(node) != HASH_BYTES for node in nodes):
            raise ValueError("a frontier is whole hashes")
        return cls(size, nodes)

    def to_bytes(self) -> bytes:
        """The hashes one after the other."""
        return b"".join(self._nodes)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        size, node = self.size, leaf
        while size & 1:
            node = hash_children(self._nodes.pop(), node)
            size >>= 1
        self._nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self._nodes:
            return EMPTY_ROOT
        node = self._nodes[-1]
        for left in reversed(self._nodes[:-1]):
            node = hash_children(left, node)
        return node

    def copy(self) -> Frontier:
        """A frontier to go on from; this one stays as it is."""
        return Frontier(self.size, self._nodes)


class Tree:
    """All hashes of a growing log, from which it proves what it holds and that it only grew."""

    __slots__ = ("_edge", "_levels")

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        self._edge: dict[tuple[int, int], bytes] = {}
        """Roots of incomplete parts: those who are given proofs together need the same ones."""
        self.extend(leaves)

    def __len__(self) -> int:
        return len(self._levels[0])

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of further leaves."""
        self._edge.clear()
        for leaf in leaves:
            node, level = leaf, 0
            self._levels[0].append(node)
            while len(self._levels[level]) % 2 == 0:
                node = hash_children(self._levels[level][-2], node)
                level += 1
                if level == len(self._levels):
                    self._levels.append([])
                self._levels[level].append(node)

    def leaf(self, index: int) -> bytes:
        """The hash of one leaf."""
        return self._levels[0][index]

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves, of all of them by default."""
        size = self._check(size)
        return self._node(0, size) if size else EMPTY_ROOT

    def prove_inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The hashes that lead from a leaf to the root of the first `size` leaves."""
        end, start = self._check(size), 0
        if not 0 <= index < end:
            raise IndexError(index)
        path: list[bytes] = []
        while end - start > 1:
            middle = start + _largest_power_below(end - start)
            if index < middle:
                path.append(self._node(middle, end))
                end = middle
            else:
                path.append(self._node(start, middle))
                start = middle
        path.reverse()
        return path

    def prove_consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The hashes that show the first `old` leaves to be the beginning of the first `new`."""
        end, start = self._check(new), 0
        if not 0 <= old <= end:
            raise IndexError(old)
        path: list[bytes] = []
        if old == 0:
            return path
        while old != end:
            middle = start + _largest_power_below(end - start)
            if old <= middle:
                path.append(self._node(middle, end))
                end = middle
            else:
                path.append(self._node(start, middle))
                start = middle
        if start:
            path.append(self._node(start, end))
        path.reverse()
        return path

    def _node(self, start: int, end: int) -> bytes:
        """The root of a part that a split at powers of two leads to."""
        count = end - start
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self._levels[level][start >> level]
        known = self._edge.get((start, end))
        if known is None:
            middle = start + _largest_power_below(count)
            known = hash_children(self._node(start, middle), self._node(middle, end))
            if len(self._edge) >= MOST_EDGES:
                self._edge.clear()
            self._edge[start, end] = known
        return known

    def _check(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise IndexError(size)
        return size


def _largest_power_below(count: int) -> int:
    """The largest power of two below `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Whether the path leads from this leaf at this place to this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = hash_children(sibling, node)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            node = hash_children(node, sibling)
        place >>= 1
        last >>= 1
    return last == 0 and node == root


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the log of the old root is the beginning of the new one's (RFC 9162, 2.1.4.2)."""
    if 0 < old < new:
        whole = [old_root] if old & (old - 1) == 0 else []
        return _climb_both(old, new, [*whole, *path]) == (old_root, new_root)
    if path or not 0 <= old <= new:
        return False
    return old_root == (new_root if old == new else EMPTY_ROOT)


def _climb_both(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots that a path beginning with a node of both trees leads to."""
    if not path:
        return None
    place, last = old - 1, new - 1
    while place & 1:
        place >>= 1
        last >>= 1
    before = after = path[0]
    for node in path[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            before, after = hash_children(node, before), hash_children(node, after)
            while place and not place & 1:
                place >>= 1
                last >>= 1
        else:
            after = hash_children(after, node)
        place >>= 1
        last >>= 1
    return None if last else (before, after)
