"""A crowd of watchers: who is let in, who is told what, and who is never kept waiting by whom."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import websocket
from conftest import ORIGIN
from live_room import START_PRICE, make_room
from live_socket import SocketClient, cookie_of, serve
from processes import wait_until
from sqlalchemy import update

from auction.core.db import db, transaction
from bidding.closing.due import tick_due_sales
from bidding.closing.together import tick_together
from bidding.room.broadcaster import Broadcaster
from bidding.room.limits import MOST_WATCHERS, WATCHERS_RETRY_SECONDS
from bidding.room.models import SaleHead


class Recorder:
    """Stands where the wire begins: what was written to whom."""

    def __init__(self) -> None:
        self.written: list[tuple[str, dict]] = []
        self.parts: list[int] = []

    def encode(self, event, value):
        return json.loads(json.dumps(value))

    def send_all(self, eio_sids, frame) -> None:
        self.parts.append(len(eio_sids))
        self.written += [(eio_sid, frame) for eio_sid in eio_sids]


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def broadcaster(app, clock, recorder, monkeypatch):
    """One whose threads are not started: the test sends what is due."""
    made = Broadcaster(app, clock, recorder)
    monkeypatch.setattr(made, "start", lambda: None)
    app.extensions["luochui.intake"].listen(made.note)
    return made


def test_when_it_is_full_strangers_stay_outside_and_bidders_come_in(app, clock):
    room = make_room(app, clock.now())
    assert app.extensions["luochui.room"].most_watchers == MOST_WATCHERS
    app.extensions["luochui.room"].most_watchers = 2
    with serve(app) as port:
        strangers = [SocketClient(port), SocketClient(port)]
        first, then = knock(port)
        assert json.loads(first.removeprefix("44")) == {
            "message": "busy",
            "data": {"retry_after": WATCHERS_RETRY_SECONDS},
        }
        assert then in ("1", "")  # hung up
        bidder = SocketClient(port, cookie=cookie_of(app, room.users[0], clock.now()))
        assert bidder.ask("watch", {"lot": room.lot})["ok"]
        payload = {"lot": room.lot, "amount": START_PRICE, "key": "k"}
        assert bidder.ask("bid", payload)["accepted"]
        strangers[0].close()
        wait_until(lambda: knock(port)[0].startswith("40"), 10, "a place that became free")
        for client in (strangers[1], bidder):
            client.close()


def knock(port: int) -> tuple[str, str]:
    """The server's first word to a newcomer, and its next if the first was no welcome."""
    ws = websocket.create_connection(
        f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket", origin=ORIGIN, timeout=10
    )
    ws.recv()
    ws.send("40")
    word = str(ws.recv())
    then = "" if word.startswith("40") else str(ws.recv())
    ws.close()
    return word, then


def test_a_crowd_is_written_to_in_parts_and_everyone_once(app, clock, broadcaster, recorder):
    room = make_room(app, clock.now())
    crowd = {f"w{n}" for n in range(600)}
    for eio_sid in crowd:
        broadcaster.watch(room.sale_id, eio_sid)
    assert room.bid(0, 0).accepted
    broadcaster._send_due([room.sale_id])
    assert recorder.parts == [250, 250, 100]
    assert {eio_sid for eio_sid, _ in recorder.written} == crowd
    assert len(recorder.written) == len(crowd)
    assert {frame["seq"] for _, frame in recorder.written} == {1}


def test_ends_recorded_together_are_signed_before_they_are_shown(app, clock, broadcaster, recorder):
    rooms = [make_room(app, clock.now()) for _ in range(3)]
    for room in rooms:
        broadcaster.watch(room.sale_id, f"w{room.sale_id}")
    clock.set(rooms[0].sale.closes_at + timedelta(seconds=2))
    db.session.rollback()
    ids = [room.sale_id for room in rooms]
    assert tick_together(app.extensions["luochui.intake"], ids) == []
    broadcaster._send_due(ids)
    shown = {frame["lot"]: frame["state"] for _, frame in recorder.written}
    assert [shown[room.lot]["status"] for room in rooms] == ["unsold"] * 3
    assert all(shown[room.lot]["checkpoint"] for room in rooms)
    assert tick_due_sales() == 0


def test_a_sale_whose_log_cannot_be_signed_keeps_no_other_from_its_watchers(
    app, clock, broadcaster, recorder
):
    rooms = [make_room(app, clock.now()) for _ in range(2)]
    for room in rooms:
        broadcaster.watch(room.sale_id, f"w{room.sale_id}")
        broadcaster.hint(room.sale_id)
    with transaction() as session:  # the head speaks of an entry that is not there
        of_the_first = SaleHead.sale_id == rooms[0].sale_id
        session.execute(update(SaleHead).where(of_the_first).values(log_size=9))
    broadcaster._send_due([room.sale_id for room in rooms])
    assert [frame["lot"] for _, frame in recorder.written] == [rooms[1].lot]
