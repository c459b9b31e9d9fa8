"""The live room over real websockets: who may do what, in which order, and what is heard."""

from __future__ import annotations

import inspect
import json
from datetime import timedelta

import pytest
import socketio
import websocket
from conftest import ORIGIN
from evidence_checks import check_receipt
from live_room import START_PRICE, STEP, make_room
from live_socket import SocketClient, cookie_of, serve
from sqlalchemy import update

from auction.accounts.models import UserSession
from auction.accounts.roles import RIGHTS
from auction.core.access import PUBLIC
from auction.core.db import db, transaction
from bidding.room.broadcaster import Audience
from bidding.room.intake import Intake
from bidding.room.requests import Kind
from bidding.room.sockets import EVENTS


@pytest.fixture
def room(any_app, clock):
    return make_room(any_app, clock.now())


@pytest.fixture
def port(any_app):
    with serve(any_app) as port:
        yield port


@pytest.fixture
def connect(any_app, clock, port, room):
    clients = []

    def open_client(bidder=None, **options) -> SocketClient:
        if bidder is not None:
            lang = options.pop("lang", "zh")
            options["cookie"] = cookie_of(any_app, room.users[bidder], clock.now(), lang)
        client = SocketClient(port, **options)
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        client.close()


def offer(room, steps, key):
    return {"lot": room.lot, "amount": START_PRICE + steps * STEP, "key": key}


def test_every_event_names_its_permission_and_these_are_all():
    assert {name: event.permission for name, event in EVENTS.items()} == {
        "watch": PUBLIC,
        "unwatch": PUBLIC,
        "bid": "bidder.bid",
        "instruct": "bidder.bid",
        "cancel": "bidder.bid",
    }
    assert "bidder.bid" in RIGHTS


def test_a_bid_is_answered_with_its_receipt_and_heard_by_who_watches(room, connect):
    watcher, bidder = connect(), connect(0)
    watching = watcher.ask("watch", {"lot": room.lot, "after": None})
    assert (watching["ok"], watching["bids"], watching["state"]["status"]) == (True, [], "open")
    assert watching["state"]["minimum"] == START_PRICE
    answer = bidder.ask("bid", offer(room, 0, "a"))
    assert (answer["accepted"], answer["seq"]) == (True, 1)
    check_receipt(
        room.app,
        answer["receipt"],
        {
            "lot": room.lot,
            "seq": 1,
            "at": "2026-11-02T02:00:00.000Z",
            "code": room.codes[0],
            "amount": START_PRICE,
            "closes_at": "2026-11-03T02:00:00.000Z",
        },
    )
    frame = watcher.frame(lambda f: f["seq"] == 1)
    assert (frame["lot"], frame["state"]["leader"], frame["state"]["price"]) == (
        room.lot,
        room.codes[0],
        START_PRICE,
    )
    assert bidder.ask("bid", offer(room, 0, "a")) == answer


def test_frames_never_skip_a_bid(room, connect):
    watcher, bidders = connect(), [connect(0), connect(1)]
    seq = watcher.ask("watch", {"lot": room.lot})["state"]["seq"]
    for step in range(40):
        assert bidders[step % 2].ask("bid", offer(room, step, f"k{step}"))["accepted"]
    while seq < 40:
        frame = watcher.frame()
        heard = [bid["seq"] for bid in frame["bids"]]
        assert heard == list(range(seq + 1, frame["seq"] + 1))
        seq = frame["seq"]


def test_who_missed_frames_asks_with_after_and_gets_the_rest(room, connect):
    bidder = connect(0)
    for step in range(6):
        assert room.bid(step % 2, step).accepted
    late = bidder.ask("watch", {"lot": room.lot, "after": 4})
    assert ([bid["seq"] for bid in late["bids"]], late["state"]["seq"]) == ([5, 6], 6)


def test_a_bid_committed_by_another_process_is_heard_within_two_seconds(
    room, connect, any_app, clock
):
    watcher = connect()
    watcher.ask("watch", {"lot": room.lot})
    elsewhere = Intake(any_app, clock)
    elsewhere.submit_bid(room.sale_id, None, START_PRICE, "x", room.users[2])
    frame = watcher.frame(lambda f: f["seq"] == 1)
    assert [bid["code"] for bid in frame["bids"]] in ([room.codes[2]], [])
    assert frame["state"]["leader"] == room.codes[2]


def test_a_refusal_says_in_the_bidders_language_what_would_be_accepted(room, connect):
    bidder = connect(1)
    assert room.bid(0, 3).accepted
    answer = bidder.ask("bid", offer(room, 3, "low"))
    assert (answer["accepted"], answer["reason"]) == (False, "below-minimum")
    assert answer["state"]["minimum"] == START_PRICE + 4 * STEP
    assert "¥720,000.00" in answer["message"]


def test_the_events_of_one_client_keep_their_order(room, connect):
    bidder = connect(0)
    numbers = [bidder.start("bid", offer(room, step, f"k{step}")) for step in range(60)]
    answers = [bidder.answer(number) for number in numbers]
    assert [answer.get("seq") for answer in answers] == list(range(1, 61))


def test_instructions_and_their_cancelling(room, connect):
    bidder = connect(0)
    assert bidder.ask("instruct", {"lot": room.lot, "limit": START_PRICE + 5 * STEP})["accepted"]
    assert room.bid(1, 2).accepted
    state = bidder.ask("watch", {"lot": room.lot})["state"]
    assert (state["leader"], state["price"]) == (room.codes[0], START_PRICE + 3 * STEP)
    assert bidder.ask("cancel", {"lot": room.lot})["accepted"]
    assert room.bid(1, 4).accepted
    assert bidder.ask("watch", {"lot": room.lot})["state"]["leader"] == room.codes[1]


def test_a_suspension_is_heard(room, connect):
    watcher = connect()
    watcher.ask("watch", {"lot": room.lot})
    room.intake.submit_command(room.sale_id, Kind.SUSPEND, actor_id=None, ground="异议")
    assert watcher.frame(lambda f: f["state"]["status"] == "suspended")


def test_a_running_sale_beats_though_nothing_happens_and_unwatch_ends_it(room, connect, any_app):
    watcher = connect()
    watcher.ask("watch", {"lot": room.lot})
    assert watcher.frame()["bids"] == []
    assert watcher.ask("unwatch", {"lot": room.lot}) == {"ok": True}
    assert any_app.extensions["luochui.broadcaster"].watcher_count() == 0


@pytest.mark.parametrize(
    ("origin", "is_open"),
    [
        (ORIGIN, True),
        (None, True),
        ("null", False),
        ("http://evil.test", False),
        (ORIGIN + ".evil.test", False),
        (ORIGIN + ":8080", False),
        (ORIGIN.replace("http", "https"), False),
    ],
)
def test_only_our_own_origin_or_none_may_connect(port, room, connect, origin, is_open):
    if is_open:
        assert connect(origin=origin).ask("watch", {"lot": room.lot})["ok"]
        return
    with pytest.raises(websocket.WebSocketBadStatusException):
        connect(origin=origin)


def test_without_an_origin_or_a_session_one_may_watch_and_not_bid(room, connect):
    stranger, headless = connect(), connect(0, origin=None)
    assert headless.ask("watch", {"lot": room.lot})["ok"]
    for client, code in ((stranger, "not-signed-in"), (headless, "bad-origin")):
        answer = client.ask("bid", offer(room, 0, "k"))
        assert (answer["accepted"], answer["code"], answer["reason"]) == (False, code, code)
    assert room.bid(0, 0).seq == 1


def test_staff_and_the_not_enrolled_may_not_bid(room, connect, any_app, clock, port):
    clerk = connect(cookie=cookie_of(any_app, room.sale.created_by, clock.now()))
    assert clerk.ask("bid", offer(room, 0, "k"))["code"] == "forbidden"
    other = make_room(any_app, clock.now(), bidders=0)
    bidder = connect(0)
    assert (
        bidder.ask("bid", {**offer(room, 0, "k"), "lot": other.lot})["reason"] == "unknown-bidder"
    )


def test_a_session_ended_elsewhere_ends_here_within_a_second(room, connect, clock):
    bidder = connect(0)
    assert bidder.ask("bid", offer(room, 0, "a"))["accepted"]
    with transaction() as session:
        session.execute(update(UserSession).values(ended_at=clock.now()))
    clock.advance(seconds=1)
    number = bidder.start("bid", offer(room, 1, "b"))
    assert bidder.answer(number)["code"] == "session-ended"
    with pytest.raises(ConnectionError, match="41"):
        bidder.frame()


NOT_UNDERSTOOD = [
    ('["bid",{"lot":"L","amount":1,"amount":2}]', "unknown-event"),
    ('["bid",{"lot":"L","amount":NaN}]', "unknown-event"),
    ('["bid"', "unknown-event"),
    ("[" * 5000, "unknown-event"),
    ('["admin",{}]', "unknown-event"),
    ('["connect",{}]', "unknown-event"),
    ("[]", "unknown-event"),
    ("[7]", "unknown-event"),
    ('["watch"]', "malformed-request"),
    ('["watch",[]]', "malformed-request"),
    ('["watch",{"lot":"L"},{"lot":"L"}]', "malformed-request"),
    ('["watch",{"lot":7}]', "bad-lot"),
    ('["watch",{"lot":"L","after":true}]', "bad-after"),
    ('["watch",{"lot":"L","after":-1}]', "bad-after"),
    ('["watch",{"lot":"L","after":1e3}]', "bad-after"),
    ('["watch",{"lot":"L","x":1}]', "unknown-field"),
    ('["watch",{"lot":"no-such-lot"}]', "unknown-lot"),
    ('["bid",{"lot":"L","amount":1}]', "not-signed-in"),
]


def test_what_cannot_be_understood_is_refused_by_name_and_the_socket_lives(room, connect):
    client = connect()
    for packet, code in NOT_UNDERSTOOD:
        client.send(f"4299{packet}")
        answer = client.answer(99)
        assert (answer["code"], answer["accepted"], answer["ok"]) == (code, False, False), packet
    assert client.ask("watch", {"lot": room.lot})["ok"]


def test_what_is_no_amount_is_malformed_over_the_socket_too(room, connect):
    bidder = connect(0)
    for number, amount in enumerate([True, 7.0e7, "70000000", None, [], {}, -1, 0, 10**19]):
        answer = bidder.ask("bid", {"lot": room.lot, "amount": amount, "key": str(number)})
        assert (answer["accepted"], answer["reason"]) == (False, "malformed"), amount


def test_another_namespace_is_refused(port, room):
    ws = websocket.create_connection(
        f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket", origin=ORIGIN, timeout=10
    )
    ws.recv()
    ws.send("40/admin,")
    assert ws.recv().startswith("44/admin,")
    ws.close()


def test_polling_is_not_served(port, room):
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling")


def test_the_names_inside_the_socket_library_are_still_there(any_app):
    server = any_app.extensions["socketio"].server
    assert list(inspect.signature(socketio.Server._handle_event_internal).parameters) == [
        "self",
        "server",
        "sid",
        "eio_sid",
        "data",
        "namespace",
        "id",
    ]
    source = inspect.getsource(socketio.Server._handle_event)
    assert "self._handle_event_internal(self, sid, eio_sid, data, namespace," in source
    assert (server.async_handlers, isinstance(server.eio.sockets, dict)) == (False, True)
    from engineio.base_socket import BaseSocket

    assert {"queue", "closed"} <= set(vars(BaseSocket(server.eio, "x")))
    assert "if self.encode_cache" in inspect.getsource(
        __import__("engineio.packet", fromlist=["Packet"]).Packet.encode
    )


def test_a_reader_that_never_reads_is_passed_by_and_the_queue_stays_short(any_app):
    from bidding.room.wire import LONGEST_FRAME_QUEUE

    wire = any_app.extensions["luochui.room"].wire
    server = any_app.extensions["socketio"].server
    from engineio.socket import Socket

    slow = Socket(server.eio, "slow")
    server.eio.sockets["slow"] = slow
    frame = wire.encode("lot", {"seq": 1})
    given = [wire.send("slow", frame) for _ in range(200)]
    assert (sum(given), slow.queue.qsize()) == (LONGEST_FRAME_QUEUE, LONGEST_FRAME_QUEUE)
    assert json.loads(frame.encode()[2:]) == ["lot", {"seq": 1}]
    assert wire.send("nobody", frame) is False
    assert Audience().watchers == set()
    del server.eio.sockets["slow"]


def test_a_lot_that_is_offered_again_is_watched_in_its_new_sale(room, connect, any_app, clock):
    from builders import make_sale

    from auction.sales.models import Sale
    from bidding.closing.due import tick_due_sales
    from bidding.room.opening import open_room

    watcher = connect()
    assert watcher.ask("watch", {"lot": room.lot})["state"]["status"] == "open"
    clock.set(room.sale.closes_at + timedelta(seconds=2))
    db.session.rollback()
    tick_due_sales()
    assert watcher.frame(lambda f: f["state"]["status"] == "unsold")
    lot = db.session.get(Sale, room.sale_id).lot
    again = make_sale(clock.now(), lot=lot, opens_at=clock.now() + timedelta(hours=1))
    open_room(again.id)
    assert watcher.ask("watch", {"lot": room.lot})["state"]["status"] == "scheduled"
