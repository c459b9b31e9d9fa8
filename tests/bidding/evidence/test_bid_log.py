"""The log of a sale that was held on the platform: whole, provable, and silent on what is sealed."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from datetime import timedelta
from pathlib import Path

import pytest
from builders import make_bidder, make_court, make_enrolment, make_user
from conftest import ORIGIN, browser
from evidence_checks import (
    check_consistent,
    check_receipt,
    check_sealed_receipt,
    fetch_log,
    key_of,
)
from live_room import START_PRICE, STEP, make_room
from signing import sign_in_as
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from auction.accounts.models import User
from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.courts.models import Court
from bidding.enrolment.models import Enrolment
from bidding.enrolment.services import bar_enrolment, confirm_priority
from bidding.evidence import journal, published, queries
from bidding.evidence.keeper import EvidenceError, LogKeeper
from bidding.evidence.keys import rotate_key
from bidding.evidence.merkle import Tree, hash_leaf, verify_inclusion
from bidding.evidence.models import LogEntry, LogRoot, SealedEntry
from bidding.evidence.queries import check_logs
from bidding.room.answers import show_answer
from bidding.room.models import SaleHead
from bidding.room.requests import Kind

ROOT = Path(__file__).resolve().parents[3]


def entries(app, lot: str) -> list[dict]:
    return [json.loads(line) for line in fetch_log(app, lot)["entries"]]


def kinds(app, lot: str) -> list[str]:
    return [entry["type"] for entry in entries(app, lot)]


def make_staff(clock, role: str, room=None) -> User:
    """Staff of a court of their own, or of the court whose sale it is."""
    court = make_court(clock.now()) if room is None else db.session.get(Court, room.sale.court_id)
    return make_user(clock.now(), Role(role), court=court)


def client_of(app, user: User):
    return sign_in_as(browser(app), user)


def end_sale(room, clock) -> None:
    clock.set(room.sale.closes_at + timedelta(hours=2))
    assert room.intake.tick(room.sale_id).accepted


def verify(tmp_path: Path, log: dict, *options: object) -> subprocess.CompletedProcess[str]:
    """`python -m bidding.verify`, as an outsider runs it."""
    file = tmp_path / "log.json"
    file.write_text(json.dumps(log, ensure_ascii=False), encoding="utf-8")
    words = [sys.executable, "-m", "bidding.verify", str(file), *map(str, options)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def keep(tmp_path: Path, name: str, value: object) -> Path:
    file = tmp_path / name
    file.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return file


def test_a_log_begins_at_publication_with_the_terms_and_the_key(any_app, clock):
    room = make_room(any_app, clock.now() + timedelta(days=1), bidders=3)
    log = fetch_log(any_app, room.lot)
    genesis = json.loads(log["entries"][0])
    assert [genesis["type"], genesis["n"], genesis["sale"]] == ["open", 0, room.sale.number]
    assert (genesis["lot"], genesis["terms"]["start_price"]) == (room.lot, START_PRICE)
    assert log["origin"] == f"{ORIGIN.removeprefix('http://')}/sale/{room.sale.number}"
    assert key_of(log).name == log["origin"]
    # Who has joined before the opening is not to be read from the log, nor when.
    assert kinds(any_app, room.lot) == ["open"]


def test_codes_enter_together_at_the_opening_and_in_no_telling_order(any_app, clock):
    room = make_room(any_app, clock.now(), bidders=4)
    room.bid(2, 0)
    logged = entries(any_app, room.lot)
    assert [entry["type"] for entry in logged] == ["open", *["code"] * 4, "bid"]
    codes = [entry["code"] for entry in logged[1:5]]
    assert codes == sorted(room.codes)
    assert {entry["at"] for entry in logged[1:5]} == {logged[5]["at"]}


def test_an_outsider_can_check_a_whole_sale(any_app, clock, tmp_path):
    room = make_room(any_app, clock.now(), bidders=3, extension_window_seconds=300)
    before = fetch_log(any_app, room.lot)["checkpoint"]
    receipts = [room.bid(0, 0), room.bid(1, 2)]
    limit = START_PRICE + 40 * STEP
    user = {"user_id": room.users[2]}
    instructed = room.intake.submit(room.sale_id, Kind.INSTRUCT, amount=limit, **user)
    assert instructed.accepted
    receipts += [room.bid(0, 7), room.bid(1, 9)]
    low = room.bid(0, 1)
    assert low.reason == "below-minimum"
    judge = make_staff(clock, "judge")
    halt = room.intake.submit_command
    halt(room.sale_id, Kind.SUSPEND, actor_id=judge.id, ground="网络故障")
    clock.advance(minutes=10)
    halt(room.sale_id, Kind.RESUME, actor_id=judge.id, ground="故障排除")
    clock.set(room.sale.closes_at + timedelta(minutes=9))
    receipts.append(room.bid(0, 30))
    end_sale(room, clock)

    log = fetch_log(any_app, room.lot)
    assert kinds(any_app, room.lot)[-1] == "close"
    close = json.loads(log["entries"][-1])
    assert (close["status"], close["leader"]) == ("sold", room.codes[2])
    shown = [show_answer(r, clock.now(), "zh")["receipt"] for r in receipts]
    sealed = show_answer(low, clock.now(), "zh")["receipt"]
    auditor = make_staff(clock, "auditor", room)
    opened = client_of(any_app, auditor).get(f"/api/v1/lots/{room.lot}/log/sealed")
    assert opened.status_code == 200, opened.text
    done = verify(
        tmp_path,
        log,
        *(w for i, r in enumerate(shown) for w in ("--receipt", keep(tmp_path, f"r{i}", r))),
        *("--receipt", keep(tmp_path, "low", sealed)),
        *("--checkpoint", keep(tmp_path, "before", before)),
        *("--sealed", keep(tmp_path, "sealed", opened.get_json())),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    check_consistent(any_app, room.lot, before, log["checkpoint"])


def test_one_price_changed_in_the_file_is_found(any_app, clock, tmp_path):
    room = make_room(any_app, clock.now())
    room.bid(0, 0)
    log = fetch_log(any_app, room.lot)
    log["entries"][-1] = log["entries"][-1].replace(str(START_PRICE), str(START_PRICE + STEP))
    done = verify(tmp_path, log)
    assert done.returncode == 1, done.stdout


def test_a_repeat_brings_the_first_receipt_byte_for_byte(any_app, clock):
    room = make_room(any_app, clock.now())
    first = show_answer(room.bid(0, 0, key="a"), clock.now(), "zh")
    low = show_answer(room.bid(1, 0, key="b"), clock.now(), "zh")
    for step in range(1, 6):
        assert room.bid(step % 2, step).accepted
    any_app.extensions["luochui.intake"].queue_of(room.sale_id).loaded = None
    any_app.extensions["luochui.evidence"].__init__()
    assert show_answer(room.bid(0, 0, key="a"), clock.now(), "zh") == first
    again = show_answer(room.bid(1, 0, key="b"), clock.now(), "zh")["receipt"]
    for name in ("entry", "salt"):
        assert again[name] == low["receipt"][name]
    check_sealed_receipt(any_app, room.lot, low["receipt"])


def test_a_receipt_verifies_against_every_later_log(any_app, clock):
    room = make_room(any_app, clock.now())
    answers = [show_answer(room.bid(step % 2, step), clock.now(), "zh") for step in range(12)]
    for answer in answers:
        receipt = answer["receipt"]
        fields = {k: v for k, v in receipt.items() if k not in {"entry", "proof"}}
        check_receipt(any_app, receipt, fields)


def test_no_line_says_what_is_sealed(any_app, clock):
    room = make_room(any_app, clock.now())
    limit = START_PRICE + 13 * STEP
    room.intake.submit(room.sale_id, Kind.INSTRUCT, amount=limit, user_id=room.users[0])
    room.bid(1, 3, key="secret-key")
    room.bid(1, 2, key="secret-key-2")
    text_of_log = json.dumps(fetch_log(any_app, room.lot))
    for secret in (str(limit), "secret-key", "refused", "instruct"):
        assert secret not in text_of_log.replace('\\"instructions\\"', "")
    client = client_of(any_app, make_staff(clock, "auditor", room))
    closed = client.get(f"/api/v1/lots/{room.lot}/log/sealed")
    assert (closed.status_code, closed.get_json()["code"]) == (403, "sealed")


def test_after_the_end_everyone_opens_their_own_leaves_and_the_court_all(any_app, clock):
    room = make_room(any_app, clock.now(), bidders=3)
    room.bid(0, 0)
    low = show_answer(room.bid(1, 0), clock.now(), "zh")["receipt"]
    room.bid(2, 0)
    end_sale(room, clock)
    close = entries(any_app, room.lot)[-1]["sealed"]

    def ask(user):
        return client_of(any_app, user).get(f"/api/v1/lots/{room.lot}/log/sealed")

    own = ask(db.session.get(User, room.users[1])).get_json()
    lines = [json.loads(entry["line"]) for entry in own["entries"]]
    assert [line["type"] for line in lines] == ["enrol", "bid"]
    assert {line["code"] for line in lines} == {room.codes[1]}
    assert own["entries"][1]["line"] == low["entry"]
    assert (own["size"], own["root"]) == (close["size"], close["root"])
    leaf = check_sealed_receipt(any_app, room.lot, low)
    mine = own["entries"][1]
    path = [b64decode(node) for node in mine["path"]]
    assert verify_inclusion(leaf, mine["index"], own["size"], path, b64decode(own["root"]))

    assert ask(make_bidder(clock.now())).status_code == 403
    assert browser(any_app).get(f"/api/v1/lots/{room.lot}/log/sealed").status_code == 401
    whole = ask(make_staff(clock, "auditor", room)).get_json()
    assert len(whole["entries"]) == close["size"] == 5
    assert ask(make_staff(clock, "clerk", room)).get_json() == whole
    assert ask(make_user(clock.now(), Role.AUDITOR)).get_json() == whole
    # Nobody of another court has any business here (8.4.1).
    for role in ("clerk", "judge", "auditor"):
        assert ask(make_staff(clock, role)).status_code == 403


def test_an_erased_leaf_keeps_the_proof(any_app, clock):
    room = make_room(any_app, clock.now())
    room.bid(0, 0)
    room.bid(1, 0)
    end_sale(room, clock)
    with transaction() as session:
        session.execute(
            update(SealedEntry)
            .where(SealedEntry.sale_id == room.sale_id, SealedEntry.n == 0)
            .values(salt=None, line=None)
        )
    auditor = make_staff(clock, "auditor", room)
    whole = client_of(any_app, auditor).get(f"/api/v1/lots/{room.lot}/log/sealed").get_json()
    leaves = db.session.scalars(select(SealedEntry).order_by(SealedEntry.n)).all()
    assert set(whole["entries"][0]) == {"leaf"}
    close = entries(any_app, room.lot)[-1]["sealed"]
    assert Tree(leaf.leaf for leaf in leaves).root() == b64decode(close["root"])


@pytest.mark.parametrize("table", ["log_entry", "log_root"])
def test_the_database_refuses_to_change_what_was_logged(any_app, clock, table):
    room = make_room(any_app, clock.now())
    room.bid(0, 0)
    column = {"log_entry": "line = 'x'", "log_root": "size = 99"}[table]
    for statement in (f"UPDATE {table} SET {column}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError), transaction() as session:
            session.execute(text(statement))


def test_the_signer_refuses_a_line_that_was_changed_behind_its_back(app, clock):
    room = make_room(app, clock.now())
    room.bid(0, 0)
    with transaction() as session:
        session.execute(text("DROP TRIGGER log_entry_no_update"))
        session.execute(
            update(LogEntry)
            .where(LogEntry.sale_id == room.sale_id, LogEntry.n == 4)
            .values(line=LogEntry.line + " ")
        )
    app.extensions["luochui.evidence"].__init__()
    size = db.session.scalars(select(LogRoot.size).order_by(LogRoot.size.desc())).first()
    with db.engine.connect() as connection:
        with pytest.raises(EvidenceError):
            LogKeeper().checkpoint(connection, room.sale_id, size)
        assert [fault.what for fault in check_logs(connection)]
    # What cannot be proved is not answered as accepted, though it is recorded.
    assert room.bid(1, 1).reason == "unavailable"


def test_a_shorter_log_is_refused_by_who_has_signed_a_longer_one(app, clock):
    room = make_room(app, clock.now())
    for step in range(3):
        room.bid(step % 2, step)
    keeper = app.extensions["luochui.evidence"]
    with db.engine.connect() as connection:
        size = connection.execute(select(LogRoot.size).order_by(LogRoot.size.desc())).scalar()
        with pytest.raises(EvidenceError):
            keeper.checkpoint(connection, room.sale_id, size + 1)
        with pytest.raises(EvidenceError):
            keeper.checkpoint(connection, room.sale_id, 2)  # never committed as a size


def test_a_database_put_back_and_grown_anew_is_refused_for_good(app, clock):
    """F-16: whatever it holds now, people were shown something else."""
    room = make_room(app, clock.now())
    for step in range(2):
        assert room.bid(step % 2, step).accepted
    shown = fetch_log(app, room.lot)["checkpoint"]
    _, size, _ = shown.split("\n", 2)
    put_back_and_grow_anew(room.sale_id, int(size) - 1)
    keeper = app.extensions["luochui.evidence"]
    with db.engine.connect() as connection:
        for _ in range(3):
            for more in (1, 0):
                with pytest.raises(EvidenceError):
                    keeper.checkpoint(connection, room.sale_id, int(size) + more)
            keeper._logs.clear()  # as if other logs had driven it out


def put_back_and_grow_anew(sale_id: int, size: int) -> None:
    """Behind the platform's back: the log ends with `size` entries and goes on with others."""
    with transaction() as session:
        for table in ("log_entry", "log_root"):
            session.execute(text(f"DROP TRIGGER {table}_no_delete"))
        session.execute(delete(LogEntry).where(LogEntry.sale_id == sale_id, LogEntry.n >= size))
        session.execute(delete(LogRoot).where(LogRoot.sale_id == sale_id, LogRoot.size > size))
        stored = select(LogEntry.line).where(LogEntry.sale_id == sale_id).order_by(LogEntry.n)
        lines = list(session.scalars(stored))
        for n in (size, size + 1):
            lines.append(f'{{"n":{n}}}')
            session.add(LogEntry(sale_id=sale_id, n=n, line=lines[-1]))
            root = Tree(hash_leaf(line.encode()) for line in lines).root()
            session.add(LogRoot(sale_id=sale_id, size=n + 1, root=root))


def test_no_public_time_is_that_of_something_sealed(any_app, clock):
    """A code that joins later is logged with the time of the entry before it."""
    room = make_room(any_app, clock.now(), bidders=2)
    room.bid(0, 0)
    clock.advance(minutes=10)
    sealed = room.intake.submit(
        room.sale_id, Kind.INSTRUCT, amount=START_PRICE, user_id=room.users[0]
    )
    assert sealed.accepted
    make_enrolment(clock.now(), room.sale, make_bidder(clock.now()))
    with transaction():
        head = db.session.get(SaleHead, room.sale_id)
        head.version += 1
        head.roster_version += 1
    clock.advance(minutes=10)
    room.bid(1, 3)
    *_, before, code, bid = entries(any_app, room.lot)
    assert [before["type"], code["type"], bid["type"]] == ["bid", "code", "bid"]
    assert code["at"] == before["at"] < bid["at"]


def test_thousands_of_codes_are_compared_once_and_not_for_every_bid(app, clock, monkeypatch):
    room = make_room(app, clock.now(), bidders=3)
    asked, standing_of = [], journal._standing_of

    def count(bidder, known):
        asked.append(bidder.code)
        return standing_of(bidder, known)

    monkeypatch.setattr(journal, "_standing_of", count)
    for step in range(4):
        assert room.bid(step % 2, step).accepted
    assert len(asked) == 3
    found = db.session.query(Enrolment).filter_by(sale_id=room.sale_id, code=room.codes[2]).one()
    with transaction():
        bar_enrolment(found.id, None, clock.now(), "利害关系")
    assert room.bid(0, 4).accepted
    assert room.bid(2, 5).reason == "barred"
    assert len(asked) == 6


def test_ranks_and_bars_are_logged_where_they_belong(any_app, clock):
    room = make_room(any_app, clock.now(), bidders=2)
    room.bid(0, 0)
    judge = make_staff(clock, "judge")
    ids = db.session.scalars(select(Enrolment.id).where(Enrolment.sale_id == room.sale_id)).all()
    by_code = {db.session.get(Enrolment, i).code: i for i in ids}
    with transaction():
        confirm_priority(by_code[room.codes[1]], 1, judge.id, clock.now())
    assert room.bid(1, 0).accepted
    with transaction():
        bar_enrolment(by_code[room.codes[0]], judge.id, clock.now(), "利害关系")
    assert room.bid(0, 1).reason == "barred"
    logged = entries(any_app, room.lot)
    assert [e["type"] for e in logged] == ["open", "code", "code", "bid", "code", "bid"]
    assert (logged[4]["code"], logged[4]["priority"]) == (room.codes[1], 1)
    assert "bar" not in kinds(any_app, room.lot)


def test_a_new_key_is_for_new_sales(any_app, clock):
    old = make_room(any_app, clock.now())
    with transaction():
        rotate_key(clock.now())
    new = make_room(any_app, clock.now())
    old.bid(0, 0)
    new.bid(0, 0)
    keys = [key_of(fetch_log(any_app, room.lot)) for room in (old, new)]
    assert keys[0].public != keys[1].public
    listed = browser(any_app).get("/api/v1/log-keys").get_json()["keys"]
    assert [b64decode(key["public"]) for key in listed] == [keys[1].public, keys[0].public]
    assert [key["retired_at"] is None for key in listed] == [True, False]
    for room in (old, new):
        shown = show_answer(room.bid(1, 1), clock.now(), "zh")["receipt"]
        fields = {k: v for k, v in shown.items() if k not in {"entry", "proof"}}
        check_receipt(any_app, shown, fields)


def test_a_raise_that_looks_like_a_slip_is_taken_when_its_amount_is_repeated(any_app, clock):
    room = make_room(any_app, clock.now())
    room.bid(0, 0)
    far = START_PRICE * 2
    asked = room.intake.submit_bid(room.sale_id, None, far, "k", room.users[1])
    assert (asked.accepted, asked.reason, asked.sealed) == (False, "outsize", None)
    other = room.intake.submit_bid(room.sale_id, None, far, "k", room.users[1], far - STEP)
    assert other.reason == "outsize"
    meant = room.intake.submit_bid(room.sale_id, None, far, "k", room.users[1], far)
    assert (meant.accepted, meant.receipt.amount) == (True, far)
    again = room.intake.submit_bid(room.sale_id, None, far, "k", room.users[1])
    assert (again.accepted, again.repeat) == (True, True)


@pytest.mark.parametrize(
    "query",
    ["from=-1", "from=99", "from=", "from=1&to=99", "from=x", "to=1", "from=1e1", "from=0&to=0"],
)
def test_an_impossible_proof_is_refused_by_name(app, clock, query):
    room = make_room(app, clock.now())
    answer = browser(app).get(f"/api/v1/lots/{room.lot}/log/consistency?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["code"] in {"bad-from", "bad-to"}


def test_whoever_asks_for_a_size_that_was_never_signed_raises_no_alarm(app, clock, capsys):
    room = make_room(app, clock.now())
    room.bid(0, 0)
    client, address = browser(app), f"/api/v1/lots/{room.lot}/log/consistency"
    newest = client.get(f"{address}?from=1").get_json()["checkpoint"]
    kept = app.extensions["luochui.evidence"]._logs[room.sale_id]
    answer = client.get(f"{address}?from=1&to=2")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "bad-to")
    assert "critical" not in capsys.readouterr().err
    assert client.get(f"{address}?from=1").get_json()["checkpoint"] == newest
    # Nor is the tree hashed again for it.
    assert app.extensions["luochui.evidence"]._logs[room.sale_id] is kept


@pytest.mark.parametrize("sale", ["%00", "", "%ED%A0%80", "%E2%80%AE", "a" * 3000])
@pytest.mark.parametrize("path", ["log", "log/consistency", "log/proof", "log/stamps"])
def test_a_sale_that_cannot_be_is_not_found(any_app, clock, path, sale):
    room = make_room(any_app, clock.now())
    answer = browser(any_app).get(f"/api/v1/lots/{room.lot}/{path}?from=1&n=0&sale={sale}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "unknown-sale")


def test_a_log_is_not_sent_again_to_who_has_it(app, clock):
    room = make_room(app, clock.now())
    client = browser(app)
    first = client.get(f"/api/v1/lots/{room.lot}/log")
    again = client.get(
        f"/api/v1/lots/{room.lot}/log", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    room.bid(0, 0)
    assert (
        client.get(
            f"/api/v1/lots/{room.lot}/log", headers={"If-None-Match": first.headers["ETag"]}
        ).status_code
        == 200
    )


def test_a_log_is_put_together_once_for_all_who_ask(app, clock, monkeypatch):
    first, other = make_room(app, clock.now()), make_room(app, clock.now())
    read, load = [], queries.load_lines

    def load_lines(connection, sale_id, size):
        read.append((sale_id, size))
        return load(connection, sale_id, size)

    monkeypatch.setattr(queries, "load_lines", load_lines)
    for _ in range(3):
        assert len(fetch_log(app, first.lot)["entries"]) == 1
        assert fetch_log(app, other.lot)["origin"].endswith(other.sale.number)
    assert read == [(first.sale_id, 1), (other.sale_id, 1)]
    first.bid(0, 0)
    assert kinds(app, first.lot)[-1] == "bid"
    assert len(read) == 3
    # Not more is kept than there is room for.
    monkeypatch.setattr(published, "MOST_BYTES", 0)
    fetch_log(app, first.lot), other.bid(0, 0), fetch_log(app, other.lot)
    assert len(read) == 4
    assert app.extensions["luochui.published_logs"]._held == 0


def test_the_checker_is_there_to_be_downloaded(app):
    answer = browser(app).get("/verify.py")
    assert answer.status_code == 200
    assert answer.data == (ROOT / "bidding" / "verify.py").read_bytes()


def test_the_command_line_tells_whether_all_logs_are_whole(app, clock):
    room = make_room(app, clock.now())
    room.bid(0, 0)
    done = app.test_cli_runner().invoke(args=["evidence", "check"])
    assert (done.exit_code, "whole" in done.output) == (0, True)
    listed = app.test_cli_runner().invoke(args=["evidence", "keys"])
    assert "for new sales" in listed.output


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("DELETE FROM log_entry WHERE n = 2", "entries are missing"),
        ("UPDATE log_entry SET line = line || ' ' WHERE n = 2", "another root than was committed"),
        ("DELETE FROM log_root WHERE size > 1", "the newest entries have no root"),
        ("UPDATE sealed_entry SET leaf = zeroblob(32) WHERE n = 2", "leaf 2 of the sealed log"),
        ("DELETE FROM sealed_entry WHERE n = 2", "sealed log has another root"),
        ("DELETE FROM sealed_entry WHERE n = 3", "sealed log has another root"),
        (
            "UPDATE sealed_entry SET leaf = zeroblob(32), salt = NULL, line = NULL WHERE n = 2",
            "sealed log has another root",
        ),
        ("UPDATE sale_head SET log_frontier = zeroblob(64)", "would go on from other entries"),
        ("UPDATE sale_head SET log_frontier = zeroblob(1)", "would go on from other entries"),
    ],
)
def test_the_check_finds_whatever_was_damaged(app, clock, damage, found):
    """F-17. The sale has five entries, and four leaves of which the last is a refused bid's."""
    room = make_room(app, clock.now())
    room.bid(0, 0)
    room.bid(1, 0)
    with db.engine.connect() as connection:
        assert not list(check_logs(connection))
    with transaction() as session:
        triggers = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in triggers.all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text(damage))
    done = app.test_cli_runner().invoke(args=["evidence", "check"])
    assert (done.exit_code, found in done.output) == (1, True), done.output
