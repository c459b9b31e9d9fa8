"""A whole deployment of real processes, started once for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import database_url, run_on
from court_in_session import CourtInSession
from processes import Deployment, temporary_folder


@pytest.fixture(scope="session")
def deployment(postgres_server: str) -> Iterator[Deployment]:
    """PostgreSQL, Redis, two web processes, a worker, and nginx in front."""
    with deployment_on(postgres_server, f"services_{os.getpid()}") as running:
        yield running


@pytest.fixture
def new_deployment(postgres_server: str) -> Iterator[Deployment]:
    """The same for one test alone: nothing happened there before, and its books are its own."""
    with deployment_on(postgres_server, f"story_{os.getpid()}") as running:
        yield running


@contextmanager
def deployment_on(postgres_server: str, name: str) -> Iterator[Deployment]:
    """A deployment on a database of this name, which goes with it."""
    run_on(postgres_server, f'CREATE DATABASE "{name}"')
    try:
        with (
            temporary_folder("luochui-run-") as folder,
            Deployment(Path(folder), database_url(postgres_server, name)) as running,
        ):
            yield running
    finally:
        run_on(postgres_server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def court(deployment: Deployment) -> Iterator[CourtInSession]:
    """Seeds sales and people into the deployment's database."""
    with CourtInSession(deployment) as in_session:
        yield in_session
