"""A log to be witnessed and witnesses to show it to, over real HTTP on free ports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.evidence.merkle import Tree, hash_leaf
from bidding.evidence.notes import Checkpoint, Signer
from bidding.evidence.witnessing import write_submission
from bidding.witness.keys import Cosigner, Trust, make_key_file, read_key_file
from bidding.witness.memory import Memory
from bidding.witness.server import WitnessServer
from bidding.witness.service import Witness

NOW = 1_793_584_800  # 2026-11-02 02:00:00 UTC
HOST = "luochui.test"
ORIGIN = f"{HOST}/sale/S-1"
NAME = "witness.example/w1"


class GrowingLog:
    """A signed log; `rewrite` gives the same log with another past, under the same key."""

    def __init__(self, origin: str = ORIGIN, key: Ed25519PrivateKey | None = None) -> None:
        self.signer = Signer.of(origin, key or Ed25519PrivateKey.generate())
        self.tree = Tree()
        self.grow(8)

    def grow(self, count: int, mark: str = "") -> None:
        size = len(self.tree)
        self.tree.extend(hash_leaf(f"{mark}{n}".encode()) for n in range(size, size + count))

    def rewrite(self, first: int = 0) -> GrowingLog:
        other = GrowingLog(self.signer.name, self.signer.key)
        other.tree = Tree(self.tree.leaf(n) for n in range(first))
        other.grow(len(self.tree) - first, "rewritten ")
        return other

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.signer.name, size, self.tree.root(size))

    def note(self, size: int) -> str:
        return self.signer.sign(str(self.checkpoint(size)))

    def submission(self, old: int, size: int) -> bytes:
        return write_submission(old, self.tree.prove_consistency(old, size), self.note(size))


def make_witness(
    folder: Path,
    *,
    logs: tuple[str, ...] = (),
    platforms: tuple[str, ...] = (),
    name: str = NAME,
    now: Callable[[], int] = lambda: NOW,
) -> Witness:
    """A witness whose key and state lie in `folder`: the same one again if they are there."""
    memory = Memory(folder / "state.db")
    if not (folder / "key").exists():
        make_key_file(folder / "key", name)
    cosigner: Cosigner = read_key_file(folder / "key")
    trust = Trust()
    for log in logs:
        trust.add_log(log)
    for platform in platforms:
        trust.add_platform(platform)
    return Witness(cosigner, trust, memory, now)


@contextmanager
def served(witness: Witness) -> Iterator[str]:
    """Its address while the block runs."""
    with WitnessServer(("127.0.0.1", 0), witness) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.shutdown()
            thread.join(10)
