"""Five sales whose logs the corpus keeps: `PYTHONPATH=.:tests python tests/bidlog_scenes.py`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bidlog_builder import (
    GROUND,
    LoggedSale,
    write_checkpoint,
    write_log,
    write_own_leaves,
    write_proof,
    write_receipt,
    write_sealed,
    write_sealed_receipt,
)

from bidding.engine import (
    BidRequest,
    CancelRequest,
    InstructRequest,
    ResumeRequest,
    SaleTerms,
    Stage,
    SuspendRequest,
    WithdrawRequest,
)

CORPUS = Path(__file__).parent / "corpus" / "verify"
OPENS = datetime(2026, 11, 2, 2, tzinfo=UTC)


def make_terms(**changes: Any) -> SaleTerms:
    terms = {
        "stage": Stage.FIRST,
        "currency": "CNY",
        "start_price": 70_000_000,
        "increment": 500_000,
        "opens_at": OPENS,
        "closes_at": OPENS + timedelta(hours=24),
        "extension_window_s": 300,
        "extension_s": 300,
        "countdown_s": 86_400,
        "leader_raises": True,
        "instructions": True,
    }
    return SaleTerms(**{**terms, **changes})


def at(seconds: float) -> datetime:
    return OPENS + timedelta(seconds=seconds)


def hold_sold() -> LoggedSale:
    """Priority matches, automatic bids of every cause but a resumption, extensions, a late bidder."""
    sale = LoggedSale(make_terms())
    sale.enrol("K7Q2")
    sale.enrol("M3RT")
    sale.enrol("P1XC", 1)
    sale.enrol("P2YD", 2)
    sale.enrol("Z9ZZ", barred=True)
    sale.ask(InstructRequest(at(-3600), "M3RT", 72_250_000))
    sale.ask(BidRequest(at(-60), "K7Q2", 70_000_000))
    sale.tick(at(1))
    sale.ask(BidRequest(at(60), "K7Q2", 71_000_000))
    for refused in (71_500_000, 72_000_001, "72000000", 10**16):
        sale.ask(BidRequest(at(120), "K7Q2", refused))
    sale.ask(BidRequest(at(180), "P1XC", 71_500_000))
    sale.ask(BidRequest(at(200.125), "P1XC", 72_000_000))
    sale.ask(SuspendRequest(at(240), GROUND))
    sale.ask(BidRequest(at(300), "K7Q2", 73_000_000))
    sale.ask(ResumeRequest(at(600)))
    sale.enrol("W4LT")
    sale.ask(BidRequest(at(660), "W4LT", 73_000_000))
    sale.amend()
    sale.rank("K7Q2", 3)
    sale.ask(InstructRequest(at(700), "K7Q2", 73_000_000))
    sale.ask(CancelRequest(at(710), "M3RT"))
    sale.ask(InstructRequest(at(720), "P2YD", 75_100_000))
    sale.look(at(730))
    sale.bar("K7Q2")
    sale.ask(BidRequest(at(740), "K7Q2", 76_000_000))
    end = 24 * 3600 + 360
    sale.ask(BidRequest(at(end - 100), "W4LT", 74_000_000))
    sale.ask(BidRequest(at(end + 199.999), "W4LT", 75_000_000))
    sale.ask(BidRequest(at(end + 300), "W4LT", 76_000_000))
    sale.ask(BidRequest(at(end + 400), "W4LT", 76_500_000))
    sale.ask(BidRequest(at(end + 700), "P1XC", 76_500_000))
    sale.tick(at(end + 710))
    sale.close()
    sale.note("买受人逾期未支付尾款，裁定重新拍卖")
    return sale


def hold_selloff() -> LoggedSale:
    """The first bid starts the countdown, past the end of the period; the leader may not raise."""
    day = 86_400
    sale = LoggedSale(
        make_terms(stage=Stage.SELLOFF, closes_at=OPENS + timedelta(days=60), leader_raises=False)
    )
    sale.enrol("K7Q2")
    sale.enrol("M3RT")
    sale.tick(at(1))
    sale.ask(BidRequest(at(60 * day - 1), "K7Q2", 70_500_000))
    sale.ask(BidRequest(at(60 * day), "K7Q2", 71_000_000))
    sale.ask(BidRequest(at(61 * day - 61), "M3RT", 71_000_000))
    sale.tick(at(62 * day))
    sale.close()
    return sale


def hold_moved() -> LoggedSale:
    """Suspended over the opening: the resumption is the opening, and causes an automatic bid."""
    sale = LoggedSale(make_terms(), codes_after_resume=True)
    sale.enrol("K7Q2")
    sale.enrol("M3RT")
    sale.ask(InstructRequest(at(-7200), "K7Q2", 71_000_000))
    sale.ask(InstructRequest(at(-7100), "M3RT", 71_000_000))
    sale.ask(SuspendRequest(at(-600), GROUND))
    sale.ask(ResumeRequest(at(-300)))
    sale.ask(SuspendRequest(at(-200), GROUND))
    sale.ask(SuspendRequest(at(-100), GROUND))
    sale.ask(ResumeRequest(at(1800)))
    sale.tick(at(2 * 86_400))
    sale.close()
    return sale


def hold_withdrawn() -> LoggedSale:
    """Ended at once, with no winner."""
    sale = LoggedSale(make_terms(instructions=False))
    sale.enrol("K7Q2")
    sale.tick(at(1))
    sale.ask(InstructRequest(at(2), "K7Q2", 72_000_000))
    sale.ask(BidRequest(at(3), "K7Q2", 70_000_000))
    sale.ask(WithdrawRequest(at(4), GROUND))
    sale.ask(BidRequest(at(5), "K7Q2", 70_500_000))
    sale.close()
    return sale


def hold_running() -> LoggedSale:
    """The same as the first, some minutes after the opening."""
    sale = hold_sold()
    sale.lines, sale.leaves = sale.lines[:16], sale.leaves[:14]
    return sale


SCENES: dict[str, Callable[[], LoggedSale]] = {
    "sold": hold_sold,
    "selloff": hold_selloff,
    "moved": hold_moved,
    "withdrawn": hold_withdrawn,
    "running": hold_running,
}


def write_scene(sale: LoggedSale) -> dict[str, Any]:
    """Everything that anybody may hold in hand of a sale."""
    lines, leaves = sale.lines, sale.leaves
    entries = [json.loads(line) for line in lines]
    bids = [n for n, entry in enumerate(entries) if entry["type"] == "bid"]
    sealed = [n for n, leaf in enumerate(leaves) if '"accepted"' in leaf[1]]
    return {
        "log": write_log(lines),
        "receipts": {str(n): write_receipt(lines, n, n + 1) for n in bids},
        "proofs": {str(n): write_proof(lines, n, len(lines)) for n in (0, len(lines) - 1)},
        "checkpoints": {str(n): write_checkpoint(lines[:n]) for n in range(len(lines) + 1)},
        "sealed": write_sealed(leaves),
        "sealed_receipts": {str(n): write_sealed_receipt(leaves[n]) for n in sealed},
        "own": write_own_leaves(leaves, sealed[:2]),
    }


if __name__ == "__main__":
    CORPUS.mkdir(parents=True, exist_ok=True)
    for name, hold in SCENES.items():
        written = json.dumps(write_scene(hold()), ensure_ascii=False, indent=1)
        (CORPUS / f"{name}.json").write_text(written + "\n", encoding="utf-8")
