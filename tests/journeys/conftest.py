"""A platform to walk through, on each database, and a chromium to walk with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser import Town, leave_pictures_on_failure
from flask import Flask
from journeys.served import Platform, open_platform
from playwright.sync_api import Browser
from processes import HOST, free_port, redis_process

from auction.core.clock import ManualClock


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


@pytest.fixture
def platform(
    make_app: Callable[..., Flask], clock: ManualClock, tmp_path: Path
) -> Iterator[Platform]:
    """The platform of one process, on SQLite."""
    with open_platform(make_app, clock, tmp_path) as platform:
        yield platform


@pytest.fixture(params=["sqlite", "postgresql"])
def any_platform(
    request: pytest.FixtureRequest,
    make_app: Callable[..., Flask],
    clock: ManualClock,
    tmp_path: Path,
) -> Iterator[Platform]:
    """The same on SQLite alone, and on PostgreSQL with Redis."""
    if request.param == "sqlite":
        with open_platform(make_app, clock, tmp_path) as platform:
            yield platform
        return
    port = free_port()
    address = f"redis://{HOST}:{port}/0"
    with (
        redis_process(tmp_path, port),
        open_platform(make_app, clock, tmp_path, "postgresql", REDIS_URL=address) as platform,
    ):
        yield platform


@pytest.fixture
def make_town(
    chromium: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[Platform], Town]]:
    """People for a platform; what any of them met on the way comes out at the end."""
    towns: list[Town] = []

    def make(platform: Platform) -> Town:
        towns.append(Town(chromium, platform.url))
        return towns[-1]

    yield make
    for town in towns:
        leave_pictures_on_failure(town, tmp_path, request)
        town.close()
    assert [text for town in towns for text in town.complaints()] == []
