"""`flask demo …`: refuses what it must, in one line, and says nothing where nothing is to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import make_court

from auction.core.db import db, transaction
from auction.courts.models import Court
from escrow.demo.people import make_people
from escrow.demo.recorded import Unreadable, read_sale

BIDS = """lot,seq,time,bidder_code,price_cny,status
SZ-X,2,2026-05-25T10:02:33+08:00,Z1420,100500.94,won
SZ-X,1,2026-05-25T10:00:06+08:00,B4085,100000.94,outbid
SZ-Y,1,2026-05-25T10:00:06+08:00,B4085,7.00,won
"""
LOTS = """lot,inferred_increment,scheduled_start_inferred,scheduled_end_inferred
SZ-X,500,2026-05-25T10:00:00+08:00,2026-05-26T10:00:00+08:00
SZ-Y,1,2026-05-25T10:00:00+08:00,
"""


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    (tmp_path / "bids.csv").write_text(BIDS, encoding="utf-8")
    (tmp_path / "lots.csv").write_text(LOTS, encoding="utf-8")
    return tmp_path / "bids.csv"


def run(app, *words: str):
    """The command's exit status and what it said on either stream."""
    result = app.test_cli_runner().invoke(args=["demo", *words])
    return result.exit_code, result.output


def test_without_demo_mode_nothing_is_loaded_or_replayed(make_app, recorded):
    app = make_app()
    for words in (["load"], ["load", "--if-empty"], ["replay", str(recorded)]):
        status, said = run(app, *words)
        assert status != 0
        assert "DEMO=1" in said
        assert len(said.strip().splitlines()) == 1
    with app.app_context():
        assert db.session.scalars(db.select(Court)).all() == []


def test_a_database_with_a_real_court_is_left_alone(make_app, clock):
    app = make_app(DEMO="1")
    with app.app_context():
        make_court(clock.now())
    for words in (["load"], ["load", "--if-empty"]):
        status, said = run(app, *words)
        assert (status != 0, "real court" in said) == (True, True)
        assert len(said.strip().splitlines()) == 1


def test_an_interrupted_load_is_named(make_app, clock):
    app = make_app(DEMO="1")
    with app.app_context(), transaction():
        make_people("no-hash", clock.now())
    status, said = run(app, "load", "--if-empty")
    assert status != 0
    assert "interrupted" in said


def test_a_loaded_court_is_not_loaded_again(loaded):
    assert run(loaded.app, "load", "--if-empty") == (0, "")
    status, said = run(loaded.app, "load")
    assert status != 0
    assert "already" in said


def test_a_recorded_sale_is_read_in_order_and_to_the_fen(recorded):
    sale = read_sale(recorded, None)
    assert (sale.lot, sale.start_price_minor, sale.increment_minor) == ("SZ-X", 10_000_094, 50_000)
    assert [bid.amount_minor for bid in sale.bids] == [10_000_094, 10_050_094]
    assert sale.bidders == ["B4085", "Z1420"]
    assert (sale.length.days, sale.bids[0].after.seconds) == (1, 6)


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        ("bids.csv", "price_cny", "price", "needs the columns"),
        ("bids.csv", "100000.94", "1e", "not an amount"),
        ("bids.csv", "100000.94", "0.001", "yuan and fen"),
        ("bids.csv", "T10:00:06+08:00,B4085,1", "T10:00:06,B4085,1", "no zone"),
        ("bids.csv", "2026-05-25T10:02:33", "2026-05-25T09:02:33", "before the opening"),
        ("lots.csv", "SZ-X,500", "SZ-Z,500", "no lot SZ-X"),
        ("lots.csv", "2026-05-26T10:00:00+08:00", "tomorrow", "not a moment"),
    ],
)
def test_a_faulty_file_is_refused_with_its_place(recorded, file, before, after, says):
    path = recorded.with_name(file)
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(Unreadable, match=says):
        read_sale(recorded, None)


def test_a_replay_without_a_server_or_without_the_court_is_refused_in_one_line(
    make_app, recorded, loaded
):
    status, said = run(make_app(DEMO="1"), "replay", str(recorded))
    assert (status != 0, "demo load" in said) == (True, True)
    status, said = run(loaded.app, "replay", str(recorded))
    assert (status != 0, "no server at" in said) == (True, True)
    assert run(loaded.app, "replay", str(recorded), "--speed", "2")[0] != 0
