"""kill -9 at every write of what matters: nothing answered is lost, nothing unanswered is doubled.

The web process runs as it is deployed and dies on entering a system call (F-01, F-02; INV-1, 2, 5,
14). Here every operation on both databases is cut at one point and after its last; CRASH_POINTS=all
tries every point (and of long rows of writes a hundred), which takes a quarter of an hour.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager

import pytest
from conftest import database_url, run_on
from crash_people import People, Scene
from crash_points import Point, Trace, require_tracing
from crash_scenes import SCENES
from crash_site import Site
from processes import run_flask, temporary_folder, wait_until

pytestmark = [pytest.mark.services, pytest.mark.timeout(3600)]

MOST_POINTS = 100 if os.environ.get("CRASH_POINTS") == "all" else 1
ATTEMPTS = 3
GOLDEN = 0.618  # its multiples, modulo one, lie far apart


@pytest.fixture(scope="module")
def sites(postgres_server: str) -> Iterator[list[Site]]:
    """A web process on each database, and afterwards the books and logs of both, which must be whole."""
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder("luochui-crash-"))
        require_tracing(folder)
        name = f"crash_{os.getpid()}"
        run_on(postgres_server, f'CREATE DATABASE "{name}"')
        stack.callback(run_on, postgres_server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        running = []
        for database, url in (
            ("sqlite", f"sqlite:///{folder}/crash.db"),
            ("postgresql", database_url(postgres_server, name)),
        ):
            (folder / database).mkdir()
            running.append(stack.enter_context(Site(database, folder / database, url)))
        yield running
        for site in running:
            for books in ("ledger", "evidence"):
                run_flask(site.settings, books, "check")


@pytest.mark.parametrize("kind", SCENES, ids=lambda kind: kind.name)
def test_a_killed_process_loses_nothing_it_answered_and_doubles_nothing(
    sites: list[Site], kind: type[Scene]
):
    """Both databases at the same time: most of it is waiting for a process to start again."""
    here = [site for site in sites if site.name in kind.databases]
    with ThreadPoolExecutor(len(here)) as pool:
        running = [pool.submit(die_here_and_there, site, kind) for site in here]
        try:
            for one in as_completed(running):
                one.result()
        except BaseException:
            for site in here:
                site.give_up()
            raise


def die_here_and_there(site: Site, kind: type[Scene]) -> None:
    """Once after everything was written, then at points between.

    A look at the clock or at the outbox comes at another moment in every run, and then the process
    dies somewhere else than was meant. That does no harm, but the places are counted.
    """
    site.serve(kind.worker)
    people = People(site)
    points = play_to_the_end(kind(site, people))
    chosen = choose(points, 2 * SCENES.index(kind) + (site.name == "sqlite"))
    places: set[tuple[str, int]] = set()
    for _attempt in range(ATTEMPTS):
        for number, point in enumerate(chosen):
            if point.place in places:
                continue
            if site.is_given_up:
                return
            last, died = play_until(kind(site, people), point)
            if died:
                places.add(last.place)
            else:  # SQLite had fewer pages to write this time
                chosen[number] = last
        if len(places) >= len(chosen):
            break
    print(f"{site.name}, {kind.name}: died at {len(places)} places of {len(points)}")
    assert len(places) >= max(1, len({point.place for point in chosen}) * 9 // 10)


def choose(points: list[Point], turn: int) -> list[Point]:
    """Some of the points, evenly spread; the first is another share of the way at every turn."""
    many = min(MOST_POINTS, len(points))
    start = turn * GOLDEN % 1
    return [points[int(len(points) * (i + start) / many)] for i in range(many)]


def play_to_the_end(scene: Scene) -> list[Point]:
    """Let all of it happen, then kill the process; every write there was."""
    with begin(scene) as trace:
        wait_until(scene.has_happened, 20, f"{scene.name}: what time brings")
        trace.await_quiet()
        scene.site.kill()
        assert trace.awaits_death()
    finish(scene, trace, "the end")
    return trace.points()


def play_until(scene: Scene, point: Point) -> tuple[Point, bool]:
    """Let it happen until the process dies of strace; the last write, and whether it was its death.

    If it never came to the point, it is killed after everything was written.
    """
    with begin(scene, point) as trace:
        died = trace.awaits_death()
        if not died:
            scene.site.kill()
            assert trace.awaits_death()
    finish(scene, trace, str(point))
    return trace.points()[-1], died


@contextmanager
def begin(scene: Scene, kill_at: Point | None = None) -> Iterator[Trace]:
    """Bring a sale to the moment before, and let happen what the process may die of."""
    site, time_acts = scene.site, scene.worker == "inline"
    site.empty_journal()
    if time_acts:
        site.stop_time()
    scene.prepare()
    with site.trace(kill_at) as trace:
        if time_acts:
            site.go_on()
        scene.act()
        yield trace


def finish(scene: Scene, trace: Trace, where: str) -> None:
    """Another process serves; everybody asks again; all must be as promised."""
    try:
        scene.site.await_restart(trace.pid)
        scene.recover()
        scene.check()
    except AssertionError as error:
        error.add_note(f"{scene.site.name}, {scene.name}, killed at {where}")
        error.add_note(scene.site.log())
        raise
