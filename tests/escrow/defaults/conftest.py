"""The bench of the undoing tests, on SQLite and on both databases."""

from __future__ import annotations

import pytest
from undoing_stage import Bench


@pytest.fixture
def bench(app, clock):
    return Bench(clock)


@pytest.fixture
def any_bench(any_app, clock):
    return Bench(clock)
