"""The platform shows its logs to witnesses, keeps what holds, and lets none of them disturb it."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from live_room import make_room
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from stamping import served as served_app
from structlog.testing import capture_logs
from werkzeug.wrappers import Request, Response
from witnesses import NAME, NOW, GrowingLog, make_witness, served

from auction.core.config import WitnessAddress
from auction.core.db import db, transaction
from auction.core.worker import periodic_of
from bidding.evidence.cosignatures import (
    MAX_REST,
    PACE,
    Contradicted,
    LogCosignature,
    NotCosigned,
    Witness,
    WitnessAhead,
    WitnessFeed,
    find_news,
    load_cosignatures,
    load_newest_cosigned,
    obtain_cosignature,
    submit_checkpoints,
)
from bidding.evidence.keeper import LogKeeper
from bidding.evidence.merkle import Tree, hash_leaf
from bidding.evidence.notes import write_base64
from bidding.evidence.outbound import Unreachable
from bidding.evidence.witnessing import cosign, cosigner, find_cosignature
from bidding.room.models import SaleHead

# ── one checkpoint, one witness ─────────────────────────────────────────────────────────────────


@pytest.fixture
def log():
    return GrowingLog()


@pytest.fixture
def office(tmp_path, log):
    """A witness that stands by the log, and how the platform knows it."""
    witness = make_witness(tmp_path, logs=(str(log.signer.verifier),))
    with served(witness) as url:
        yield SimpleNamespace(witness=witness, known=Witness(witness.cosigner.verifier, url))


def show(known, log, size, old):
    return obtain_cosignature(
        known, log.note(size), size, old, lambda before: log.tree.prove_consistency(before, size)
    )


def test_a_log_is_countersigned_as_it_grows(office, log):
    for old, size in ((0, 2), (2, 5), (5, 5), (5, 8)):
        found = show(office.known, log, size, old)
        assert find_cosignature(log.note(size) + found.line, office.known.verifier) == found


def test_a_witness_that_knows_another_size_is_asked_once_more_from_there(office, log):
    show(office.known, log, 5, 0)
    assert show(office.known, log, 7, 2).at == NOW, "we had forgotten its last cosignature"
    assert show(office.known, log, 7, 0).at == NOW, "and that of this very size"
    assert show(office.known, log, 8, 0).at == NOW


def test_a_witness_that_has_seen_more_is_told_apart(office, log):
    show(office.known, log, 7, 0)
    with pytest.raises(WitnessAhead) as ahead:
        show(office.known, log, 5, 0)
    assert ahead.value.size == 7


@pytest.mark.parametrize(("size", "old"), [(5, 5), (5, 0), (7, 5), (7, 0)])
def test_a_rewritten_log_is_contradicted(office, log, size, old):
    show(office.known, log, 5, 0)
    with pytest.raises(Contradicted):
        show(office.known, log.rewrite(), size, old)


def test_an_unknown_log_is_not_countersigned(office):
    with pytest.raises(NotCosigned, match="404"):
        show(office.known, GrowingLog("luochui.test/sale/S-2"), 5, 0)


@contextmanager
def hostile(log, reply, status=200, content_type="text/plain"):
    """A witness outside that answers what `reply` says; the platform trusts the key given to it."""
    key = Ed25519PrivateKey.generate()
    asked = []

    @Request.application
    def answer(request):
        asked.append(request.get_data())
        body = reply(key, log)
        return Response(body, status, content_type=content_type)

    with served_app(answer) as url:
        yield Witness(cosigner(NAME, key.public_key().public_bytes_raw()), url), asked


def lines(note_of):
    return lambda key, log: cosign(NAME, key, note_of(log), NOW)


@pytest.mark.parametrize(
    "reply",
    [
        lines(lambda log: str(log.checkpoint(4))),
        lambda _key, log: cosign(NAME, log.signer.key, str(log.checkpoint(5)), NOW),
        lambda key, log: cosign("other.example", key, str(log.checkpoint(5)), NOW),
        lambda key, log: "— " + cosign(NAME, key, str(log.checkpoint(5)), NOW),
        lambda key, log: "",
        lambda key, log: b"\xff\xfe",
        lambda key, log: "\n— x AAAA\n",
        # It would be the signature of another text: of the checkpoint with its signature.
        lambda key, log: "\n" + cosign(NAME, key, log.note(5), NOW),
        lambda key, log: "x" * 9,
        lambda key, log: cosign(NAME, key, str(log.checkpoint(5)), NOW)[:-1],
    ],
)
def test_what_is_no_cosignature_of_this_checkpoint_by_this_key_is_refused(log, reply):
    with hostile(log, reply) as (known, _asked), pytest.raises(NotCosigned):
        show(known, log, 5, 0)


def test_the_twin_of_those_is_accepted(log):
    def reply(key, log):
        stranger = cosign("other.example", log.signer.key, str(log.checkpoint(5)), NOW)
        return stranger + cosign(NAME, key, str(log.checkpoint(5)), NOW)

    with hostile(log, reply) as (known, _asked):
        found = show(known, log, 5, 0)
    assert (found.at, found.line.count("\n")) == (NOW, 1)


@pytest.mark.parametrize(
    ("body", "kind"), [("4\n", NotCosigned), ("9\n", WitnessAhead), ("x", NotCosigned)]
)
def test_a_witness_that_keeps_changing_its_mind_is_asked_twice_at_most(log, body, kind):
    sizes = iter(["3\n", body, "5\n"])
    answer = hostile(log, lambda *_: next(sizes), 409, "text/x.tlog.size")
    with answer as (known, asked), pytest.raises(kind):
        show(known, log, 5, 0)
    assert len(asked) == 2


@pytest.mark.parametrize("status", [500, 503])
def test_a_witness_in_trouble_counts_as_away(log, status):
    with hostile(log, lambda *_: "", status) as (known, _), pytest.raises(Unreachable):
        show(known, log, 5, 0)


def test_a_redirect_is_not_followed(log):
    with hostile(log, lambda *_: "", 307) as (known, asked), pytest.raises(NotCosigned):
        show(known, log, 5, 0)
    assert len(asked) == 1


# ── all logs, one witness ───────────────────────────────────────────────────────────────────────


@contextmanager
def witnessed(app, folder, clock, **more):
    """A witness that stands by all sales of the application, on the application's clock."""
    key = db.session.execute(text("SELECT public FROM log_key")).scalars().one()
    db.session.rollback()
    witness = make_witness(
        folder,
        platforms=(f"luochui.test={write_base64(bytes(key))}",),
        now=lambda: int(clock.now().timestamp()),
        **more,
    )
    with served(witness) as url:
        yield Witness(witness.cosigner.verifier, url)


def news_of(app, witness, clock):
    with db.engine.connect() as connection:
        return find_news(connection, witness.verifier.name, clock.now())


def submit(app, witness, clock):
    source = app.extensions["luochui.evidence"]
    return submit_checkpoints(witness, news_of(app, witness, clock), source, clock.now())


def size_of(room):
    with db.engine.connect() as connection:
        return connection.execute(
            select(SaleHead.__table__.c.log_size).where(
                SaleHead.__table__.c.sale_id == room.sale_id
            )
        ).scalar_one()


def test_every_log_that_grew_is_countersigned_and_kept(any_app, clock, tmp_path):
    rooms = [make_room(any_app, clock.now()) for _ in range(3)]
    for room in rooms:
        room.bid(0, 0)
    with witnessed(any_app, tmp_path, clock) as witness:
        assert submit(any_app, witness, clock).cosigned == 3
        assert news_of(any_app, witness, clock) == []
        clock.advance(seconds=31)
        assert news_of(any_app, witness, clock) == [], "none has grown"
        rooms[1].bid(1, 1)
        assert submit(any_app, witness, clock).cosigned == 1
        keeper = any_app.extensions["luochui.evidence"]
        with db.engine.connect() as connection:
            for room in rooms:
                size = load_newest_cosigned(connection, room.sale_id)
                assert size == size_of(room)
                note = keeper.checkpoint(connection, room.sale_id, size)
                [line] = load_cosignatures(connection, room.sale_id, size)
                assert find_cosignature(note + line, witness.verifier) is not None
            assert load_cosignatures(connection, rooms[0].sale_id, 1) == []


def test_a_log_is_shown_once_in_half_a_minute(app, clock, tmp_path):
    room = make_room(app, clock.now())
    room.bid(0, 0)
    with witnessed(app, tmp_path, clock) as witness:
        submit(app, witness, clock)
        room.bid(1, 1)
        assert news_of(app, witness, clock) == []
        clock.advance(seconds=PACE.total_seconds())
        [news] = news_of(app, witness, clock)
        assert news.size == size_of(room) > news.cosigned > 0


def test_another_witness_has_its_own_news(app, clock, tmp_path):
    room = make_room(app, clock.now())
    room.bid(0, 0)
    for name in ("a.example", "b.example"):
        (tmp_path / name).mkdir()
        with witnessed(app, tmp_path / name, clock, name=name) as witness:
            assert submit(app, witness, clock).cosigned == 1
    with db.engine.connect() as connection:
        lines = load_cosignatures(connection, room.sale_id, size_of(room))
    assert [line.split(" ")[1] for line in lines] == ["a.example", "b.example"]


def rewrite_history(room) -> None:
    """What someone with all rights to the database can do: another past, whole in itself."""
    with transaction() as session:
        for table in ("log_entry", "log_root"):
            session.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_update"))
        of_sale = {"s": room.sale_id}
        forge = "UPDATE log_entry SET line = replace(line, 'code', 'core') WHERE sale_id = :s"
        session.execute(text(f"{forge} AND n = 1"), of_sale)
        found = text("SELECT line FROM log_entry WHERE sale_id = :s ORDER BY n")
        lines = list(session.execute(found, of_sale).scalars())
        tree = Tree(hash_leaf(line.encode()) for line in lines)
        sizes = text("SELECT size FROM log_root WHERE sale_id = :s")
        for size in list(session.execute(sizes, of_sale).scalars()):
            session.execute(
                text("UPDATE log_root SET root = :r WHERE sale_id = :s AND size = :n"),
                {"r": tree.root(size), "n": size, **of_sale},
            )


def test_a_rewritten_history_is_signed_by_the_platform_but_by_no_witness(app, clock, tmp_path):
    """Who has the platform's database and key cannot make the other office forget."""
    room = make_room(app, clock.now())
    room.bid(0, 0)
    with witnessed(app, tmp_path, clock) as witness:
        assert submit(app, witness, clock).cosigned == 1
        room.bid(1, 1)
        rewrite_history(room)
        clock.advance(seconds=30)
        forger = LogKeeper()  # as in a process started anew
        with capture_logs() as said:
            result = submit_checkpoints(witness, news_of(app, witness, clock), forger, clock.now())
    assert (result.cosigned, result.refused) == (0, 1)
    [alarm] = said
    assert (alarm["event"], alarm["log_level"]) == ("a witness contradicts the log", "critical")
    with make_witness(tmp_path).memory.transaction() as memory:
        [evidence] = memory.contradictions()
    assert evidence.note.split("\n")[0] == evidence.against.split("\n")[0]


def test_a_log_that_stood_still_for_a_month_is_given_up(app, clock, tmp_path):
    make_room(app, clock.now()).bid(0, 0)
    with witnessed(app, tmp_path, clock) as witness:
        clock.advance(days=29)
        assert len(news_of(app, witness, clock)) == 1
        clock.advance(days=2)
        assert news_of(app, witness, clock) == []


def test_a_refusal_keeps_no_other_log_from_its_turn(app, clock, tmp_path):
    rooms = [make_room(app, clock.now()) for _ in range(2)]
    before = size_of(rooms[0])
    for room in rooms:
        room.bid(0, 0)
    with witnessed(app, tmp_path, clock) as witness:
        submit(app, witness, clock)
        with transaction() as session:  # as after a restored backup
            session.execute(text("DROP TRIGGER log_cosignature_no_delete"))
            session.execute(text("DELETE FROM log_cosignature"))
            session.execute(
                text("UPDATE sale_head SET log_size = :n WHERE sale_id = :s"),
                {"n": before, "s": rooms[0].sale_id},
            )
        with capture_logs() as said:
            result = submit(app, witness, clock)
    assert (result.cosigned, result.refused) == (1, 1)
    assert "has seen" in result.reason
    [alarm] = said
    assert alarm["log_level"] == "critical"
    assert (alarm["sale_id"], alarm["seen"]) == (rooms[0].sale_id, size_of(rooms[1]))


@pytest.mark.parametrize(
    "statement", ["UPDATE log_cosignature SET size = 1", "DELETE FROM log_cosignature"]
)
def test_a_cosignature_is_neither_changed_nor_removed(any_app, clock, tmp_path, statement):
    make_room(any_app, clock.now())
    with witnessed(any_app, tmp_path, clock) as witness:
        submit(any_app, witness, clock)
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(statement))


def test_two_workers_keep_one_cosignature(any_app, clock, tmp_path):
    room = make_room(any_app, clock.now())
    source = any_app.extensions["luochui.evidence"]
    with witnessed(any_app, tmp_path, clock) as witness:
        news = news_of(any_app, witness, clock)
        for _worker in range(2):
            submit_checkpoints(witness, news, source, clock.now())
    with db.engine.connect() as connection:
        count = select(func.count()).where(LogCosignature.sale_id == room.sale_id)
        assert connection.execute(count).scalar_one() == 1


def test_a_cosignature_from_the_future_is_refused(app, clock, tmp_path):
    make_room(app, clock.now())
    later = SimpleNamespace(now=lambda: clock.now() + timedelta(minutes=6))
    with witnessed(app, tmp_path, later) as witness:
        result = submit(app, witness, clock)
    assert (result.cosigned, result.reason) == (0, "states a time to come")


# ── beside the worker ───────────────────────────────────────────────────────────────────────────


def test_the_worker_shows_the_news_and_waits_for_nothing(app, clock, tmp_path):
    room = make_room(app, clock.now())
    room.bid(0, 0)
    with witnessed(app, tmp_path, clock) as witness:
        feed = WitnessFeed(app, witness)
        for _turn in range(3):
            feed.turn()
        feed.wait(20)
        room.bid(1, 1)
        feed.turn()
        feed.wait(20)
        with db.engine.connect() as connection:
            assert load_newest_cosigned(connection, room.sale_id) == size_of(room) - 1
        clock.advance(seconds=30)
        feed.turn()
        feed.wait(20)
        with db.engine.connect() as connection:
            assert load_newest_cosigned(connection, room.sale_id) == size_of(room)


def test_a_witness_that_hangs_holds_up_neither_the_worker_nor_a_bid(app, clock):
    room = make_room(app, clock.now())
    verifier = cosigner(NAME, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        feed = WitnessFeed(app, Witness(verifier, url))
        feed.turn()
        connection, _address = silent.accept()
        with connection:
            assert room.bid(0, 0).accepted
            clock.advance(minutes=1)
            feed.turn()  # the round that hangs is still going on: no second one begins
            silent.setblocking(False)
            with pytest.raises(BlockingIOError):
                silent.accept()
        feed.wait(20)


def test_a_witness_that_is_away_is_asked_ever_more_rarely(app, clock, monkeypatch):
    make_room(app, clock.now())
    verifier = cosigner(NAME, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    feed = WitnessFeed(app, Witness(verifier, "http://127.0.0.1:9"))
    asked = []
    monkeypatch.setattr(
        "bidding.evidence.cosignatures.find_news",
        lambda *given: asked.append(clock.now()) or find_news(*given),
    )
    for _second in range(0, 7200, 30):
        feed.turn()
        feed.wait(20)
        clock.advance(seconds=30)
    pauses = [after - before for before, after in pairwise(asked)]
    assert pauses[:4] == [PACE, PACE * 2, PACE * 4, PACE * 8]
    assert set(pauses[5:]) == {MAX_REST}


def test_the_configured_witnesses_are_fed_and_no_others(make_app):
    key = str(cosigner(NAME, Ed25519PrivateKey.generate().public_key().public_bytes_raw()))

    def feeds(app):
        return [act.__self__ for act in periodic_of(app) if hasattr(act, "__self__")]

    [feed] = feeds(make_app(WITNESS_URLS=f"{key}@https://witness.example/"))
    assert feed.witness == Witness.at(WitnessAddress(key, "https://witness.example"))
    assert feeds(make_app()) == []
