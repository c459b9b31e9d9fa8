"""`python -m bench [--seconds 5] [--bidders 100] [--watchers 200] [--json]`"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from processes import postgres_server

from bench.bids import BidFigures, measure_bids


def main() -> None:
    """Measure on both databases and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="length of each measurement")
    parser.add_argument("--bidders", type=int, default=100)
    parser.add_argument("--watchers", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    parser.add_argument(
        "--database", choices=["sqlite", "postgresql"], help="only this one (default: both)"
    )
    given = parser.parse_args()
    load = {"seconds": given.seconds, "bidders": given.bidders, "watchers": given.watchers}
    figures = []
    if given.database != "postgresql":
        figures.append(measure_bids("sqlite", "", **load))
    if given.database != "sqlite":
        with postgres_server() as url:
            figures.append(measure_bids("postgresql", url, **load))
    if given.json:
        print(
            json.dumps(
                [{**asdict(f), "ratio": f.ratio, "cpu_ratio": f.cpu_ratio} for f in figures],
                indent=2,
            )
        )
    else:
        show_table(figures)


def show_table(figures: Sequence[BidFigures]) -> None:
    """Ratios first; what they are ratios of stands behind them."""
    first = figures[0]
    print(
        f"durable bids, one web process, {first.bidders} bidders, {first.watchers} watchers;"
        " ratio to an acknowledgement that does nothing, same sockets, same run"
    )
    print(
        f"{'':12}{'ratio':>7}{'cpu ratio':>11}{'decided/s':>12}{'accepted/s':>12}"
        f"{'p50 ms':>9}{'p99 ms':>9}{'cpu us':>9}{'no-op/s':>11}{'p99 ms':>9}{'cpu us':>9}"
    )
    for f in figures:
        print(
            f"{f.database:12}{f.ratio:>7.2f}{f.cpu_ratio:>11.2f}{f.bid['rate']:>12,.0f}"
            f"{f.bid['accepted_rate']:>12,.0f}{f.bid['p50_ms']:>9.1f}{f.bid['p99_ms']:>9.1f}"
            f"{f.bid['cpu_us']:>9.0f}{f.noop['rate']:>11,.0f}{f.noop['p99_ms']:>9.1f}"
            f"{f.noop['cpu_us']:>9.0f}"
        )


if __name__ == "__main__":
    main()
