"""`python -m bench [bids watchers ends same-second processes evidence http reconcile refunds
books]`

Without a name: all of them, one after the other. Every figure is measured on this machine, now.
"""

from __future__ import annotations

import argparse
import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from processes import postgres_server

from bench.bids import measure_bids
from bench.books import measure_books
from bench.ends import measure_ends
from bench.evidence import measure_evidence
from bench.peer import find_peer, measure_ours, measure_peer
from bench.processes import measure_processes, overtaken_share
from bench.reconcile import measure_reconcile
from bench.refunds import measure_refunds
from bench.tables import TABLES
from bench.watchers import measure_watchers

Figures = dict[str, Any]


def bids(database: str, url: str, given: argparse.Namespace) -> Figures:
    """Durable bids against an acknowledgement that does nothing."""
    load = {"seconds": given.seconds, "bidders": given.bidders, "watchers": given.listeners}
    f = measure_bids(database, url, **load)
    return {**asdict(f), "ratio": f.ratio, "cpu_ratio": f.cpu_ratio}


def watchers(database: str, url: str, given: argparse.Namespace) -> Figures:
    """A crowd of watchers, against a plain websocket server."""
    f = measure_watchers(
        database, url, watchers=given.watchers, seconds=given.seconds, rounds=given.rounds
    )
    return {**asdict(f), "ratio": f.ratio, "cpu_ratio": f.cpu_ratio}


def ends(database: str, url: str, given: argparse.Namespace) -> Figures:
    """Sales that end all through a minute, under bids."""
    return asdict(measure_ends(database, url, sales=given.sales, spread_seconds=given.minute))


def same_second(database: str, url: str, given: argparse.Namespace) -> Figures:
    """As many that end in the same moment."""
    return asdict(measure_ends(database, url, sales=given.sales, spread_seconds=0))


def processes(_database: str, url: str, given: argparse.Namespace) -> Figures:
    """Two web processes and Redis; only where there is PostgreSQL."""
    f = measure_processes(url, seconds=given.seconds, bidders=given.bidders)
    return {
        "alone": _plainly(f.alone),
        "together": [_plainly(run) for run in f.together],
        "rate": f.rate,
        "ratio": f.ratio,
        "overtaken_alone": overtaken_share([f.alone]),
        "overtaken_together": overtaken_share(f.together),
    }


def _plainly(run: Figures) -> Figures:
    return {name: value for name, value in run.items() if name != "overtaken"}


def evidence(_database: str, _url: str, given: argparse.Namespace) -> Figures:
    """Receipts, and the check of a whole log."""
    f = measure_evidence(given.entries)
    return {**asdict(f), "share": f.share}


def http(_database: str, url: str, given: argparse.Namespace) -> Figures:
    """Bids over HTTP; against a peer, if PEER_URL names one."""
    peer = find_peer()
    if peer is None:
        return {"ours": measure_ours(url, seconds=given.seconds)}
    f = measure_peer(peer, url, seconds=given.seconds)
    return {**asdict(f), "ratio": f.ratio}


def reconcile(_database: str, _url: str, given: argparse.Namespace) -> Figures:
    """Two books of many rows against each other, in memory."""
    f = measure_reconcile(given.rows)
    return {**asdict(f), "ratio": f.ratio}


def refunds(database: str, url: str, given: argparse.Namespace) -> Figures:
    """Deposits that go back when sales end."""
    return asdict(measure_refunds(database, url, refunds=given.refunds))


def books(database: str, url: str, given: argparse.Namespace) -> Figures:
    """Transfers booked in bulk, against the database by itself."""
    f = measure_books(database, url, transfers=given.transfers)
    return {**asdict(f), "ratio": f.ratio, "bare_ratio": f.bare_ratio}


BIDDERS = 100

Benchmark = Callable[[str, str, argparse.Namespace], Figures]
BENCHMARKS: dict[str, tuple[Benchmark, tuple[str, ...]]] = {
    "bids": (bids, ("sqlite", "postgresql")),
    "watchers": (watchers, ("sqlite", "postgresql")),
    "ends": (ends, ("sqlite", "postgresql")),
    "same-second": (same_second, ("sqlite", "postgresql")),
    "processes": (processes, ("postgresql",)),
    "evidence": (evidence, ("sqlite",)),
    "http": (http, ("sqlite", "postgresql")),
    "reconcile": (reconcile, ("sqlite",)),
    "refunds": (refunds, ("sqlite", "postgresql")),
    "books": (books, ("sqlite", "postgresql")),
}


def main() -> None:
    """Measure what was asked for, and print each as soon as it is there."""
    given = parse_arguments()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a socket is a file
    for name in given.names or BENCHMARKS:
        measure, databases = BENCHMARKS[name]
        for database in databases:
            if given.database not in (None, database):
                continue
            for bidders in given.bidders if name == "bids" else [BIDDERS]:
                asked = argparse.Namespace(**{**vars(given), "bidders": bidders})
                with address_of(database) as url:
                    figures = measure(database, url, asked)
                show(name, database, figures, as_json=given.json)


def show(name: str, database: str, figures: Figures, *, as_json: bool) -> None:
    """Print one measurement, as soon as it is there."""
    if as_json:
        line = {"benchmark": name, "database": database, **figures}
        print(json.dumps(line, ensure_ascii=False), flush=True)
    else:
        print("\n".join(TABLES[name](database, figures)), flush=True)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """What to measure, and how much of it."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--seconds", type=float, default=10, help="length of a measurement")
    parser.add_argument(
        "--bidders", type=int, nargs="+", default=[10, 100, 1000], help="on one hot sale, in turn"
    )
    parser.add_argument("--listeners", type=int, default=200, help="who watch while bids are timed")
    parser.add_argument("--watchers", type=int, default=5000, help="the crowd")
    parser.add_argument("--rounds", type=int, default=30, help="single frames to the crowd")
    parser.add_argument("--sales", type=int, default=2400)
    parser.add_argument("--minute", type=float, default=60, help="span of the ends, in seconds")
    parser.add_argument("--entries", type=int, default=10_000, help="of the log that is checked")
    parser.add_argument("--rows", type=int, default=100_000, help="of each book that is matched")
    parser.add_argument("--refunds", type=int, default=4000, help="when sales end")
    parser.add_argument("--transfers", type=int, default=20_000, help="booked in bulk")
    parser.add_argument("--json", action="store_true", help="print all figures, a line each")
    parser.add_argument(
        "--database", choices=["sqlite", "postgresql"], help="only this one (default: both)"
    )
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    return given


@contextmanager
def address_of(database: str) -> Iterator[str]:
    """Address of a database for one measurement; empty for a SQLite file of its own."""
    if database == "sqlite":
        yield ""
        return
    with postgres_server() as url:
        yield url


if __name__ == "__main__":
    main()
