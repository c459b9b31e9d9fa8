"""``python -m escrow.distribute FILE`` prints the plan of a distribution file as JSON.

``-`` reads standard input.  Exit 0 with the plan, or 2 with one line on standard error when the
file is not valid or cannot be read.  Needs no database.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from escrow.distribution import DistributionFileError, compute_plan, load_json

USAGE = "usage: python -m escrow.distribute FILE   (- for standard input)"


def run(arguments: Sequence[str]) -> int:
    """Compute the plan of the one file named and return the exit status."""
    if list(arguments) in (["-h"], ["--help"]):
        sys.stdout.write(USAGE + "\n")
        return 0
    if len(arguments) != 1:
        return _refuse(USAGE)
    try:
        document = _read(arguments[0])
        plan = compute_plan(load_json(document))
    except OSError as error:
        return _refuse(f"cannot read {arguments[0]!r}: {error.strerror}")
    except DistributionFileError as error:
        return _refuse(str(error))
    text = json.dumps(plan.document(), ensure_ascii=False, indent=2)
    sys.stdout.buffer.write(text.encode("utf-8") + b"\n")
    sys.stdout.flush()
    return 0


def _read(name: str) -> bytes:
    if name != "-":
        return Path(name).read_bytes()
    with open(0, "rb", closefd=False) as standard_input:  # sys.stdin is None where it is closed
        return standard_input.read()


def _refuse(message: str) -> int:
    sys.stderr.write(message + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
