"""The tree against RFC 6962 itself and against a library that knows nothing of ours."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise

import pymerkle
import pytest

from bidding.evidence.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    hash_leaf,
    verify_consistency,
    verify_inclusion,
)

LARGEST = 200
ENTRIES = [f"entry {number}".encode() for number in range(LARGEST)]
LEAVES = [hash_leaf(entry) for entry in ENTRIES]


def split(count: int) -> int:
    """The largest power of two smaller than `count`, found the slow way."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def root_by_definition(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it is written there."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    middle = split(len(entries))
    left, right = root_by_definition(entries[:middle]), root_by_definition(entries[middle:])
    return sha256(b"\x01" + left + right).digest()


def path_by_definition(index: int, entries: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(entries) == 1:
        return []
    middle = split(len(entries))
    left, right = entries[:middle], entries[middle:]
    if index < middle:
        return [*path_by_definition(index, left), root_by_definition(right)]
    return [*path_by_definition(index - middle, right), root_by_definition(left)]


def subproof(old: int, entries: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if old == len(entries):
        return [] if whole else [root_by_definition(entries)]
    middle = split(len(entries))
    left, right = entries[:middle], entries[middle:]
    if old <= middle:
        return [*subproof(old, left, whole=whole), root_by_definition(right)]
    return [*subproof(old - middle, right, whole=False), root_by_definition(left)]


@pytest.fixture(scope="module")
def roots() -> list[bytes]:
    return [root_by_definition(ENTRIES[:size]) for size in range(LARGEST + 1)]


def test_tree_and_frontier_have_the_root_of_the_definition_at_every_size(roots):
    tree, frontier = Tree(), Frontier()
    assert tree.root() == frontier.root() == roots[0] == EMPTY_ROOT
    for size, leaf in enumerate(LEAVES, start=1):
        tree.extend([leaf])
        frontier.append(leaf)
        assert tree.root() == frontier.root() == roots[size]
        assert Frontier.from_bytes(size, frontier.to_bytes()).root() == roots[size]
    assert [tree.root(size) for size in range(LARGEST + 1)] == roots


def test_proofs_are_those_of_the_definition_for_small_trees():
    for size in range(1, 34):
        tree = Tree(LEAVES[:size])
        for index in range(size):
            assert tree.prove_inclusion(index) == path_by_definition(index, ENTRIES[:size])
        for old in range(1, size + 1):
            expected = subproof(old, ENTRIES[:size], whole=True)
            assert tree.prove_consistency(old) == expected


def test_every_proof_up_to_two_hundred_leaves_verifies(roots):
    tree = Tree(LEAVES)
    for size in range(1, LARGEST + 1):
        for index in range(size):
            path = tree.prove_inclusion(index, size)
            assert verify_inclusion(LEAVES[index], index, size, path, roots[size])
        for old in range(size + 1):
            path = tree.prove_consistency(old, size)
            assert verify_consistency(old, roots[old], size, roots[size], path)


def test_an_independent_library_has_the_same_roots_and_accepts_the_same_proofs(roots):
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in ENTRIES:
        other.append_entry(entry)
    tree = Tree(LEAVES)
    for size in range(1, LARGEST + 1):
        assert other.get_root(size) == tree.root(size)
    for size in (1, 2, 3, 7, 8, 100, 127, 128, 129, 200):
        for index in range(size):
            theirs = other.prove_inclusion(index + 1, size).path[1:]
            assert theirs == tree.prove_inclusion(index, size)


def test_a_proof_holds_for_nothing_else(roots):
    tree = Tree(LEAVES)
    for size in (1, 2, 3, 6, 7, 8, 63, 64, 65):
        for index in range(size):
            path = tree.prove_inclusion(index, size)
            other = (index + 1) % LARGEST
            assert not verify_inclusion(LEAVES[other], index, size, path, roots[size])
            assert not verify_inclusion(LEAVES[index], index, size, path, roots[size + 1])
            assert not verify_inclusion(LEAVES[index], size, size, path, roots[size])
            assert (
                not verify_inclusion(LEAVES[index], index, size, [*path, path[-1]], roots[size])
                if path
                else True
            )
            for cut in range(len(path)):
                short = path[:cut] + path[cut + 1 :]
                assert not verify_inclusion(LEAVES[index], index, size, short, roots[size])


def test_a_log_that_was_changed_has_no_consistency_proof(roots):
    forged = Tree([hash_leaf(b"forged"), *LEAVES[1:]])
    for old, new in pairwise(range(1, LARGEST + 1)):
        path = forged.prove_consistency(old, new)
        assert not verify_consistency(old, roots[old], new, forged.root(new), path)
    assert not verify_consistency(2, roots[2], 1, roots[1], [])
    assert not verify_consistency(3, roots[3], 5, roots[5], [])
    assert not verify_consistency(0, roots[1], 5, roots[5], [])
    assert not verify_consistency(5, roots[5], 5, roots[4], [])


def test_what_is_not_there_is_not_proved():
    tree = Tree(LEAVES[:5])
    for index, size in ((5, 5), (-1, 5), (0, 6), (0, 0)):
        with pytest.raises(IndexError):
            tree.prove_inclusion(index, size)
    with pytest.raises(IndexError):
        tree.prove_consistency(6)
    with pytest.raises(ValueError, match="complete subtree"):
        Frontier(3, [LEAVES[0]])
    with pytest.raises(ValueError, match="whole hashes"):
        Frontier.from_bytes(1, b"short")
