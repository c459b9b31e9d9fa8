"""How soon a crowd of watchers hears of a bid, against a websocket server that only repeats."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import (
    HOST,
    Process,
    accepts,
    free_port,
    migrate,
    temporary_folder,
    web_process,
)

from bench.bids import LoadProcess, load_process, settings_of
from bench.court import START_PRICE, STEP, seed_sale
from bench.figures import memory_of

BIDDERS = 1
"""One connection keeps its own order: every bid is accepted in its turn, and raises its own."""


@dataclass(frozen=True)
class WatcherFigures:
    """Times are milliseconds from the moment a bid was sent."""

    database: str
    watchers: int
    rate: float
    plain: dict[str, Any]
    spread: dict[str, Any]
    """When the first and the last watcher had the frame of a single bid; `cpu_us` a frame."""
    sustained: dict[str, Any]
    """At `rate` bids a second: each watcher's lag behind each bid, and the bidders' answers."""
    memory_kb: float
    """Resident memory of the web process for each watcher."""

    @property
    def ratio(self) -> float:
        """The last watcher's time as a multiple of the plain server's."""
        return float(self.spread["last"]["p50"] / self.plain["last"]["p50"])

    @property
    def cpu_ratio(self) -> float:
        """A frame's processor time as a multiple of the plain server's."""
        return float(self.spread["cpu_us"] / self.plain["cpu_us"])


def measure_watchers(
    database: str,
    database_url: str,
    *,
    watchers: int,
    seconds: float,
    rate: float = 50,
    rounds: int = 30,
) -> WatcherFigures:
    """The same crowd before the product and before the plain server, one after the other."""
    with temporary_folder("luochui-bench-") as folder:
        url = database_url or f"sqlite:///{folder}/bench.db"
        port = free_port()
        settings = settings_of(url, folder, port)
        migrate(settings)
        seeded = seed_sale(settings, BIDDERS)
        target = {"lot": seeded.lot, "price": START_PRICE - STEP, "step": STEP}
        with ExitStack() as stack:
            web = stack.enter_context(web_process(folder, port, settings))
            crowd = stack.enter_context(
                load_process(
                    module="bench.crowd",
                    host=f"{HOST}:{port}",
                    cookies=seeded.cookies,
                    watchers=watchers,
                    **target,
                )
            )
            before = memory_of(web)
            crowd.ask(do="gather")
            memory_kb = (memory_of(web) - before) / watchers / 1024
            spread = _spread(web, crowd, rounds)
            cpu = web.cpu_seconds()
            sustained = crowd.ask(do="sustain", rate=rate, seconds=seconds)
            sustained["cpu_us"] = 1e6 * (web.cpu_seconds() - cpu) / sustained["bids"]
        plain = _measure_plain(folder, target, watchers, rounds, spread["frame_bytes"])
    return WatcherFigures(database, watchers, rate, plain, spread, sustained, memory_kb)


def _measure_plain(
    folder: Path, target: Mapping[str, Any], watchers: int, rounds: int, frame_bytes: int
) -> dict[str, Any]:
    port = free_port()
    command = [sys.executable, "-m", "bench.plain", str(port), str(frame_bytes)]
    with ExitStack() as stack:
        server = stack.enter_context(
            Process("plain", command, folder=folder, is_ready=lambda: accepts(port))
        )
        crowd = stack.enter_context(
            load_process(
                module="bench.crowd",
                host=f"{HOST}:{port}",
                cookies=[""] * BIDDERS,
                watchers=watchers,
                **target,
            )
        )
        crowd.ask(do="gather")
        return _spread(server, crowd, rounds)


def _spread(server: Process, crowd: LoadProcess, rounds: int) -> dict[str, Any]:
    cpu = server.cpu_seconds()
    figures: dict[str, Any] = crowd.ask(do="spread", rounds=rounds)
    figures["cpu_us"] = 1e6 * (server.cpu_seconds() - cpu) / figures["frames"]
    return figures
