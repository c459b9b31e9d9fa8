"""What is said of many measured times."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from processes import Process


def percentiles(seconds: Iterable[float]) -> dict[str, float]:
    """Median, tails and maximum, in milliseconds; nothing where nothing was measured."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    count = len(ordered)

    def at(part: float) -> float:
        return 1000 * ordered[min(count - 1, int(count * part))]

    return {"p50": at(0.5), "p99": at(0.99), "p99.9": at(0.999), "max": 1000 * ordered[-1]}


def memory_of(process: Process) -> int:
    """Resident bytes of a process and its children (Linux)."""
    pages = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == process.pid:  # its process group
                pages += int(fields[21])
    return pages * os.sysconf("SC_PAGE_SIZE")
