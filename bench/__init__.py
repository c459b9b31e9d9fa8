"""Benchmarks: each a ratio of two figures measured in the same run on the same machine."""

from __future__ import annotations

import sys
from pathlib import Path

# The harness that starts real processes and the builders are the tests' own.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
