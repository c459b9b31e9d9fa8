"""Durable bids a second through real sockets, against an acknowledgement that does nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import (
    HOST,
    ROOT,
    Process,
    free_port,
    migrate,
    temporary_folder,
    web_process,
)

from bench.court import START_PRICE, STEP, count_recorded, seed_sale

WARM_UP_SECONDS = 1.0


@dataclass(frozen=True)
class BidFigures:
    """One database's figures; rates are answers a second, times are milliseconds."""

    database: str
    bidders: int
    watchers: int
    noop: dict[str, Any]
    """The load's figures, and `cpu_us`: processor time of the web process an answer."""
    bid: dict[str, Any]
    frames_per_watcher: float

    @property
    def ratio(self) -> float:
        """The rate of durable decisions as a part of the no-op's."""
        return float(self.bid["rate"] / self.noop["rate"])

    @property
    def cpu_ratio(self) -> float:
        """The no-op's processor time as a part of a bid's."""
        return float(self.noop["cpu_us"] / self.bid["cpu_us"])


class LoadProcess:
    """A lean client, in a process of its own."""

    def __init__(self, module: str, **what: Any) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.tell(**what)
        self.hear()

    def tell(self, **what: Any) -> None:
        """One line to it."""
        assert self._popen.stdin
        self._popen.stdin.write(json.dumps(what) + "\n")
        self._popen.stdin.flush()

    def hear(self) -> Any:
        """One line from it."""
        assert self._popen.stdout
        line = self._popen.stdout.readline()
        if not line:
            raise RuntimeError("the load process ended; its error stands above")
        return json.loads(line)

    def ask(self, **what: Any) -> Any:
        """One line to it, and the next from it."""
        self.tell(**what)
        return self.hear()

    def stop(self) -> None:
        """Let it end."""
        self._popen.kill()
        self._popen.communicate()


@contextmanager
def load_process(module: str = "bench.load", **what: Any) -> Iterator[LoadProcess]:
    """A load process that is gone afterwards."""
    process = LoadProcess(module, **what)
    try:
        yield process
    finally:
        process.stop()


def settings_of(database_url: str, folder: Path, port: int) -> dict[str, str]:
    """One web process, alone."""
    return {
        "DATABASE_URL": database_url,
        "SECRET_KEY": "bench-secret-key-0123456789-0123456789",
        "STRIPE_API_KEY": "sk_test_luochui",
        "STRIPE_API_BASE": f"http://{HOST}:9/closed",
        "STRIPE_WEBHOOK_SECRET": "whsec_test_luochui",
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "UPLOAD_DIR": str(folder / "files"),
        "WORKER": "separate",
    }


def measure_bids(
    database: str, database_url: str, *, seconds: float, bidders: int, watchers: int
) -> BidFigures:
    """Run no-ops and then bids over the same sockets of the same process."""
    with temporary_folder("luochui-bench-") as folder, ExitStack() as stack:
        url = database_url or f"sqlite:///{folder}/bench.db"
        port = free_port()
        settings = settings_of(url, folder, port)
        migrate(settings)
        seeded = seed_sale(settings, bidders)
        factory = "bench.app:create_bench_app()"
        web = stack.enter_context(web_process(folder, port, settings, factory))
        target = {
            "host": f"{HOST}:{port}",
            "lot": seeded.lot,
            "price": START_PRICE,
            "step": STEP,
        }
        crowd = stack.enter_context(load_process(**target, cookies=[""] * watchers))
        crowd.tell(do="watch")
        crowd.hear()
        load = stack.enter_context(load_process(**target, cookies=seeded.cookies))
        noop = _run(web, load, "noop", seconds)
        crowd.tell(do="listen", seconds=seconds + WARM_UP_SECONDS)
        bid = _run(web, load, "bid", seconds)
        heard = crowd.hear()
        recorded = count_recorded(url, seeded.sale_id)
        answered = (bid["all_answers"], bid["all_accepted"])
        if recorded != answered:
            raise RuntimeError(f"{answered} answers, but {recorded} are in the database")
    return BidFigures(
        database, bidders, watchers, noop, bid, heard["frames"] / watchers if watchers else 0.0
    )


def _run(web: Process, load: LoadProcess, event: str, seconds: float) -> dict[str, Any]:
    before = web.cpu_seconds()
    load.tell(do="run", event=event, seconds=seconds, warm_up=WARM_UP_SECONDS)
    figures: dict[str, Any] = load.hear()
    figures["cpu_us"] = 1e6 * (web.cpu_seconds() - before) / figures["all_answers"]
    return figures
