"""What the benchmarks print: ratios first; what they are ratios of stands behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Figures = dict[str, Any]
Show = Callable[[str, Figures], list[str]]


def show_bids(database: str, f: Figures) -> list[str]:
    """Durable bids against no-ops."""
    bid, noop = f["bid"], f["noop"]
    return [
        f"durable bids, {database}, {f['bidders']} bidders, {f['watchers']} watchers:",
        f"  rate {f['ratio']:.2f} of a no-op's, processor time {1 / f['cpu_ratio']:.1f} times",
        f"  decided/s {bid['rate']:,.0f}, accepted/s {bid['accepted_rate']:,.0f},"
        f" ms {_three(bid)}, cpu {bid['cpu_us']:.0f} us a bid",
        f"  no-op/s {noop['rate']:,.0f}, ms {_three(noop)}, cpu {noop['cpu_us']:.0f} us",
    ]


def show_watchers(database: str, f: Figures) -> list[str]:
    """A crowd."""
    spread, plain, sustained = f["spread"], f["plain"], f["sustained"]
    return [
        f"crowd, {database}, {f['watchers']:,} watchers:",
        f"  the last has a frame after {f['ratio']:.2f} times a plain server's time"
        f" ({spread['last']['p50']:.0f} : {plain['last']['p50']:.0f} ms)",
        f"  processor time a frame {f['cpu_ratio']:.2f} times"
        f" ({spread['cpu_us']:.1f} : {plain['cpu_us']:.1f} us)",
        f"  at {f['rate']:.0f} bids/s: lag ms {_tails(sustained['lag'])};"
        f" answers ms {_tails(sustained['answer'])}; cpu {sustained['cpu_us']:,.0f} us a bid",
        f"  memory {f['memory_kb']:.0f} KB a watcher; {sustained['behind']} watchers behind",
    ]


def show_ends(database: str, f: Figures) -> list[str]:
    """Thousands of ends."""
    spread = f["spread_seconds"]
    when = f"within {spread:.0f} s" if spread else "in the same moment"
    load = f["load"]
    return [
        f"ends, {database}, {f['sales']:,} sales {when}:",
        f"  recorded after their close: ms {_tails(f['recorded'])}"
        f" (2,000 of which the platform waits for what is on its way)",
        f"  all recorded {f['all_recorded_seconds']:.1f} s after the last close",
        f"  {load['bids']:,} bids meanwhile, {load['accepted']:,} accepted:"
        f" ms {_tails(load['answer'])}; {load['reasons']}; {f['results']}",
    ]


def show_processes(_database: str, f: Figures) -> list[str]:
    """Two processes."""
    alone, together = f["alone"], f["together"]
    return [
        f"two processes and Redis: {f['ratio']:.2f} times one's rate on one hot sale"
        f" ({f['rate']:,.0f} : {alone['rate']:,.0f} decided/s)",
        f"  ms alone {_three(alone)}; together {'; '.join(_three(run) for run in together)}",
        "  decided after a bid sent over 10 ms later:"
        f" {f['overtaken_together']:.2%} together, {f['overtaken_alone']:.2%} alone",
    ]


def show_evidence(_database: str, f: Figures) -> list[str]:
    """Receipts and verification."""
    return [
        f"evidence, a log of {f['entries']:,} entries ({f['log_bytes']:,} bytes):",
        f"  checked in {f['verify_seconds']:.2f} s from the program's start: {f['says']}",
        f"  receipts and signatures take {f['share']:.1%} of a bid's processor time"
        f" ({f['receipt_us']:.0f} us a receipt of {f['receipt_bytes']} bytes,"
        f" {f['checkpoint_us']:.0f} us a checkpoint; {f['bid_us']:.0f} us a bid)",
    ]


def show_http(database: str, f: Figures) -> list[str]:
    """Over HTTP."""
    ours = f["ours"]
    lines = [
        f"bids over HTTP, {database}: decided/s {ours['rate']:,.0f}, ms {_tails(ours['answer'])}"
    ]
    if "peer" in f:
        peer = f["peer"]
        lines.append(
            f"  {f['ratio']:.1f} times the peer's:"
            f" decided/s {peer['rate']:,.0f}, ms {_tails(peer['answer'])}"
        )
    return lines


def show_reconcile(_database: str, f: Figures) -> list[str]:
    """Two books."""
    return [
        f"reconciliation, {f['rows']:,} rows against {f['rows']:,}:",
        f"  {f['ratio']:.1f} times the time of sorting the same rows"
        f" ({f['match_seconds']:.2f} : {f['sort_seconds']:.2f} s)",
        f"  {f['matched']:,} rows matched, {f['open']:,} open with their proposals",
    ]


def show_refunds(database: str, f: Figures) -> list[str]:
    """Deposits on their way back."""
    return [
        f"refunds, {database}: {f['refunds']:,} after sales that end in one moment:",
        f"  at the provider after p50 {f['asked']['p50'] / 1000:.1f}, p99"
        f" {f['asked']['p99'] / 1000:.1f}, all {f['all_asked_seconds']:.1f} s;"
        f" all booked {f['all_booked_seconds']:.1f} s",
        f"  processor time: worker {f['worker_cpu_seconds']:.1f},"
        f" simulator {f['provider_cpu_seconds']:.1f} s",
    ]


def show_books(database: str, f: Figures) -> list[str]:
    """The ledger beside plain inserts."""
    return [
        f"books, {database}: {f['transfers']:,} transfers in bulk:",
        f"  {f['posted']:,.0f} booked/s; the database by itself {f['guarded']:,.0f} rows/s into"
        f" the ledger's table, {f['bare']:,.0f} into a bare one",
        f"  {f['ratio']:.2f} and {f['bare_ratio']:.2f} of them",
    ]


def _tails(times: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:,.0f}" for name, value in times.items())


def _three(run: Figures) -> str:
    return f"p50 {run['p50_ms']:.1f}, p99 {run['p99_ms']:.1f}, p99.9 {run['p999_ms']:.1f}"


TABLES: dict[str, Show] = {
    "bids": show_bids,
    "watchers": show_watchers,
    "ends": show_ends,
    "same-second": show_ends,
    "processes": show_processes,
    "evidence": show_evidence,
    "http": show_http,
    "reconcile": show_reconcile,
    "refunds": show_refunds,
    "books": show_books,
}
