"""One whole demonstration court, loaded once on a held clock for all tests that only look at it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import START, settings_for
from flask import Flask

from auction.core.clock import ManualClock
from auction.core.db import db
from escrow.demo.loading import load_demo
from escrow.demo.people import People
from wsgi import create_app


@dataclass
class Loaded:
    """The loaded court, and what was said meanwhile."""

    app: Flask
    clock: ManualClock
    people: People
    said: list[str] = field(default_factory=list)


@pytest.fixture(scope="package")
def loaded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(sqlite_template, folder / "demo.db")
    clock = ManualClock(START)
    app = create_app(
        settings_for(f"sqlite:///{folder / 'demo.db'}", folder, DEMO="1"), clock=clock, testing=True
    )
    said: list[str] = []
    with app.app_context():
        people = load_demo(app, said.append)
        db.session.remove()
    yield Loaded(app, clock, people, said)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def demo(loaded: Loaded) -> Iterator[Loaded]:
    """The loaded court with its context pushed."""
    with loaded.app.app_context():
        yield loaded
        db.session.remove()
