"""The stage of the payment tests, on SQLite and on both databases."""

from __future__ import annotations

import pytest
from payment_stage import open_stage


@pytest.fixture
def stage(make_app, clock, tmp_path):
    with open_stage(make_app, clock, tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def any_stage(request, make_app, clock, tmp_path):
    with open_stage(make_app, clock, tmp_path, request.param) as made:
        yield made
