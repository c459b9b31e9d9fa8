"""The books of one sale, on both databases."""

from __future__ import annotations

import pytest
from ledger_books import Books


@pytest.fixture
def books(any_app, clock):
    return Books(clock.now())
