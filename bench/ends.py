"""Thousands of sales that end: spread over a minute under bids, or all in the same second."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from processes import (
    HOST,
    free_port,
    migrate,
    temporary_folder,
    web_process,
    worker_process,
)
from sqlalchemy import Engine, create_engine, text

from bench.bids import load_process, settings_of
from bench.court import START_PRICE, STEP
from bench.docket import Docket, seed_docket
from bench.figures import percentiles

PEOPLE = 60
FIRST_SECONDS = 45
SEED_SECONDS_A_SALE = 0.02
"""Time left for opening the rooms, the processes and the load, before the first sale closes."""
CONNECT_SECONDS = 28

LOOK_SECONDS = 0.1
LATE_SECONDS = 30


@dataclass(frozen=True)
class EndFigures:
    """How long after its close each sale's end was recorded, as seen from another process."""

    database: str
    sales: int
    spread_seconds: float
    """All ends lie within this span; 0: in the same moment."""
    load: dict[str, Any]
    recorded: dict[str, float]
    all_recorded_seconds: float
    """From the last close to the moment when every end was recorded."""
    results: dict[str, int]


def measure_ends(
    database: str, database_url: str, *, sales: int, spread_seconds: float, rate: float = 300
) -> EndFigures:
    """With a spread, bids come at `rate` all the time; without, every second sale has one bid."""
    with temporary_folder("luochui-bench-") as folder, ExitStack() as stack:
        url = database_url or f"sqlite:///{folder}/bench.db"
        port = free_port()
        settings = settings_of(url, folder, port)
        if not database_url:  # a SQLite file has one process, which works off the outbox too
            settings["WORKER"] = "inline"
        migrate(settings)
        head_start = FIRST_SECONDS + SEED_SECONDS_A_SALE * sales
        docket = seed_docket(
            settings,
            sales=sales,
            people=PEOPLE,
            bidders_each=2,
            closes_after=_spread(head_start, spread_seconds, sales),
        )
        load = _start(stack, folder, port, settings, docket)
        if spread_seconds:
            # Somebody has bid in every sale before: a court does not start its processes now.
            load.ask(do="open_each", every=1)
            load.tell(do="run", rate=rate, seconds=spread_seconds, begins_at=docket.closes[0])
            lags, late = watch_ends(url, docket)
            figures = load.hear()
        else:
            figures = load.ask(do="open_each", every=2)
            lags, late = watch_ends(url, docket)
        results = count_results(url)
    return EndFigures(database, sales, spread_seconds, figures, percentiles(lags), late, results)


def _spread(head_start: float, spread_seconds: float, sales: int) -> Callable[[int], timedelta]:
    return lambda n: timedelta(seconds=head_start + spread_seconds * n / sales)


def _start(
    stack: ExitStack, folder: Path, port: int, settings: dict[str, str], docket: Docket
) -> Any:
    stack.enter_context(web_process(folder, port, settings))
    if settings["WORKER"] == "separate":
        stack.enter_context(worker_process(folder, settings))
    # Not sooner: who is silent for half a minute is taken to be gone.
    _wait_until(docket.closes[0] - CONNECT_SECONDS)
    load = stack.enter_context(
        load_process(
            module="bench.stream",
            host=f"{HOST}:{port}",
            cookies=docket.cookies,
            lots=docket.lots,
            bidders_of=docket.bidders_of,
            closes=docket.closes,
            price=START_PRICE,
            step=STEP,
        )
    )
    if time.time() > docket.closes[0] - CONNECT_SECONDS / 2:
        raise RuntimeError("the machine is too slow: sales closed before the measurement began")
    return load


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def watch_ends(database_url: str, docket: Docket) -> tuple[list[float], float]:
    """Look from outside until every end is there: seconds behind each close, and behind the last.

    What is seen at a look was recorded before it, so that every figure is an upper bound.
    """
    engine = _connect(database_url)
    closes = dict(zip(docket.sale_ids, docket.closes, strict=True))
    seen: dict[int, float] = {}
    give_up_at = max(docket.closes) + LATE_SECONDS
    while len(seen) < len(closes):
        time.sleep(LOOK_SECONDS)
        with engine.connect() as connection:
            ended = connection.execute(
                text("SELECT sale_id FROM sale_head WHERE status IN ('sold', 'unsold')")
            ).scalars()
            now = time.time()
            for sale_id in ended:
                seen.setdefault(sale_id, now)
        if now > give_up_at:
            raise RuntimeError(f"not all sales have ended: {_count_statuses(engine)}")
    engine.dispose()
    lags = [seen[sale_id] - close for sale_id, close in closes.items()]
    return lags, max(seen.values()) - max(closes.values())


def count_results(database_url: str) -> dict[str, int]:
    """What the sales came to, and how many ends were announced: each once."""
    engine = _connect(database_url)
    results = _count_statuses(engine)
    with engine.connect() as connection:
        results["announced"] = int(
            connection.execute(
                text("SELECT count(*) FROM outbox WHERE kind = 'sale_closed'")
            ).scalar_one()
        )
    engine.dispose()
    if results["announced"] != results.get("sold", 0) + results.get("unsold", 0):
        raise RuntimeError(f"an end without its event, or an event without its end: {results}")
    return results


def _count_statuses(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT status, count(*) FROM sale_head GROUP BY status"))
        return {status: int(count) for status, count in rows}


def _connect(database_url: str) -> Engine:
    return create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
