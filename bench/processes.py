"""Two web processes on one database, with Redis between them: how much, and how fairly."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from processes import HOST, free_port, migrate, redis_process, temporary_folder, web_process

from bench.bids import load_process, settings_of
from bench.court import START_PRICE, STEP, Seeded, count_recorded, seed_sale

WARM_UP_SECONDS = 1.0

CLEARLY_SECONDS = 0.01


@dataclass(frozen=True)
class ProcessFigures:
    """All bidders at one process, and then half of them at each of two."""

    bidders: int
    alone: dict[str, Any]
    together: list[dict[str, Any]]

    @property
    def rate(self) -> float:
        """Decisions a second of both processes."""
        return float(sum(figures["rate"] for figures in self.together))

    @property
    def ratio(self) -> float:
        """Two processes' rate as a multiple of one's."""
        return float(self.rate / self.alone["rate"])


def overtaken_share(runs: list[dict[str, Any]]) -> float:
    """The share of bids decided after one that was sent clearly later, in whichever process.

    Whoever sends later offers more, so that these are refused as below the minimum. Within one turn
    of its event loop a process reads what is ready in an order of its own: that is not counted.
    """
    answered = sum(run["all_answers"] for run in runs)
    late = sum(seconds > CLEARLY_SECONDS for run in runs for seconds in run["overtaken"])
    return late / float(answered)


def measure_processes(database_url: str, *, seconds: float, bidders: int) -> ProcessFigures:
    """One hot sale each; every bidder sends the next bid when the last was answered."""
    with temporary_folder("luochui-bench-") as folder, ExitStack() as stack:
        ports = [free_port(), free_port()]
        redis_port = free_port()
        settings = {
            **settings_of(database_url, folder, ports[0]),
            "REDIS_URL": f"redis://{HOST}:{redis_port}/0",
        }
        migrate(settings)
        stack.enter_context(redis_process(folder, redis_port))
        for port in ports:
            stack.enter_context(web_process(folder, port, settings))
        origin = f"http://{HOST}:{ports[0]}"
        sales = [seed_sale(settings, bidders), seed_sale(settings, bidders)]
        [alone] = _race(sales[0], ports[:1], origin, seconds)
        together = _race(sales[1], ports, origin, seconds)
        for sale, runs in zip(sales, ([alone], together), strict=True):
            answered = tuple(sum(r[n] for r in runs) for n in ("all_answers", "all_accepted"))
            recorded = count_recorded(database_url, sale.sale_id)
            if recorded != answered:
                raise RuntimeError(f"{answered} answers, but {recorded} are in the database")
    return ProcessFigures(bidders, alone, together)


def _race(sale: Seeded, ports: list[int], origin: str, seconds: float) -> list[dict[str, Any]]:
    """The sale's bidders, spread over the processes, all let go at the same moment."""
    with ExitStack() as stack:
        loads = [
            stack.enter_context(
                load_process(
                    host=f"{HOST}:{port}",
                    cookies=sale.cookies[place :: len(ports)],
                    lot=sale.lot,
                    price=START_PRICE,
                    step=STEP,
                    origin=origin,
                )
            )
            for place, port in enumerate(ports)
        ]
        epoch = perf_counter()
        for load in loads:
            load.tell(do="race", seconds=seconds, warm_up=WARM_UP_SECONDS, epoch=epoch)
        return [load.hear() for load in loads]
