"""A court lived through from seeds: whatever goes wrong, the books are whole after every step.

Two hundred here, in portions; `COURTS=5000` lives through as many as a release asks for, `COURT=47`
through that one, `COURT_SALES=300` gives it so many sales. A seed that fails prints itself.
"""

from __future__ import annotations

import os
import traceback

import pytest
import structlog
from conftest import database_url, run_on
from simulation.place import Place
from simulation.script import draw_script
from simulation.world import START, BooksAreWrong, World

COURTS = int(os.environ.get("COURTS", "200"))
SALES = int(os.environ.get("COURT_SALES", "0")) or None
SEEDS = [int(os.environ["COURT"])] if "COURT" in os.environ else list(range(COURTS))
PORTION = 50  # one application lives through so many
PORTIONS = [SEEDS[begin : begin + PORTION] for begin in range(0, len(SEEDS), PORTION)]


@pytest.fixture(autouse=True)
def _quiet():
    """Hundreds of failing tasks are what is wanted here: their log is not."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.configure(**before)


def live(place: Place, seeds: list[int]) -> list[str]:
    """What the seeds that fail say of themselves."""
    failed = []
    for seed in seeds:
        try:
            World(draw_script(seed, SALES), place).run()
        except BooksAreWrong as wrong:
            failed.append(str(wrong))
        except Exception as error:
            failed.append("".join(traceback.format_exception(error, limit=-8)))
    return failed


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seeds", PORTIONS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_no_seed_breaks_the_books(sqlite_template, tmp_path, seeds):
    place = Place(tmp_path, f"sqlite:///{tmp_path}/court.db", START, sqlite_template)
    assert "\n".join(live(place, seeds)) == ""


def test_a_seed_holds_on_postgresql_too(postgres_server, postgres_template, tmp_path):
    name = f"court_{os.getpid()}"
    run_on(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{postgres_template}"')
    place = Place(tmp_path, database_url(postgres_server, name), START, None)
    try:
        assert live(place, [3]) == []
    finally:
        place.leave()
        run_on(postgres_server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def test_the_nightly_command_says_that_every_invariant_holds(app):
    told = app.test_cli_runner().invoke(args=["invariants", "check"])
    assert (told.exit_code, told.output) == (0, "every invariant holds\n")
