"""A whole deployment of real processes, started once for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import database_url, run_on
from court_in_session import CourtInSession
from processes import Deployment, temporary_folder


@pytest.fixture(scope="session")
def deployment(postgres_server: str) -> Iterator[Deployment]:
    """PostgreSQL, Redis, two web processes, a worker, and nginx in front."""
    name = f"services_{os.getpid()}"
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
