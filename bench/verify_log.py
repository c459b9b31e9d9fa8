"""`python -m bench.verify_log [--entries 10000]`: the check of a bid log, against reading it.

The ratio is of processor time in one process: the whole check (canonical lines, tree, signature,
replay, and once more with the instructions of the sealed log) to what nobody can do without, taking
each line apart as JSON and hashing it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from bidlog_builder import LoggedSale, write_log, write_sealed
from bidlog_scenes import OPENS, make_terms

from bidding import verify
from bidding.engine import BidRequest, InstructRequest

BIDDERS = 100
ROUNDS = 5


@dataclass(frozen=True)
class VerifyFigures:
    """Seconds of processor time for one log; the best of some rounds."""

    entries: int
    read_s: float
    check_s: float
    sealed_s: float

    @property
    def ratio(self) -> float:
        """How many times the reading the whole check costs."""
        return self.check_s / self.read_s


def hold_sale(entries: int) -> LoggedSale:
    """Bidding up to the last second and long past it, one instruction going along for a while."""
    sale, chance = LoggedSale(make_terms()), random.Random(1)
    for n in range(BIDDERS):
        sale.enrol(f"C{n:03d}", 1 if n == 5 else None)
    sale.ask(InstructRequest(OPENS - timedelta(hours=1), "C001", 70_000_000 + 500_000 * 3000))
    at = OPENS + timedelta(hours=23, minutes=50)
    while len(sale.lines) < entries - 1:
        at += timedelta(milliseconds=chance.choice([1, 200, 3000]))
        price = sale.state.price
        amount = 70_000_000 if price is None else price + 500_000
        sale.ask(BidRequest(at, f"C{chance.randrange(2, BIDDERS):03d}", amount))
    sale.tick(sale.state.closes_at + timedelta(days=1))
    sale.close()
    return sale


def measure_check(entries: int) -> VerifyFigures:
    """Read and check the same log by turns."""
    sale = hold_sale(entries)
    log = write_log(sale.lines)
    with tempfile.TemporaryDirectory(prefix="luochui-bench-") as folder:
        path, sealed = Path(folder, "log.json"), Path(folder, "sealed.json")
        path.write_text(json.dumps(log, ensure_ascii=False), encoding="utf-8")
        sealed.write_text(json.dumps(write_sealed(sale.leaves)), encoding="utf-8")
        return VerifyFigures(
            len(sale.lines),
            _best(lambda: _read(path)),
            _best(lambda: _check(str(path))),
            _best(lambda: _check(str(path), "--sealed", str(sealed))),
        )


def _read(path: Path) -> None:
    for line in json.loads(path.read_text("utf-8"))["entries"]:
        json.loads(line)
        sha256(b"\0" + line.encode()).digest()


def _check(*arguments: str) -> None:
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        if verify.main(arguments):
            raise RuntimeError(written.getvalue())


def _best(work: Callable[[], Any]) -> float:
    spans = []
    for _ in range(ROUNDS):
        before = time.process_time()
        work()
        spans.append(time.process_time() - before)
    return min(spans)


def main() -> None:
    """Measure once and print a line."""
    parser = argparse.ArgumentParser(prog="python -m bench.verify_log", description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    figures = measure_check(parser.parse_args().entries)
    print(
        f"check of {figures.entries:,} entries: {figures.ratio:.1f} times reading them"
        f" (read {figures.read_s:.3f} s, check {figures.check_s:.3f} s,"
        f" with the sealed log {figures.sealed_s:.3f} s of one processor)"
    )


if __name__ == "__main__":
    main()
