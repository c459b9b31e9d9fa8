"""A process whose clock cannot be trusted decides nothing, says so, and stops what is open, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_user
from conftest import browser, settings_for
from live_room import make_room
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from auction.accounts.roles import Role
from auction.core.audit import AuditEntry
from auction.core.clock import SystemClock
from auction.core.db import db
from auction.courts.models import Court
from auction.messages.models import Message
from auction.sales.models import Sale
from bidding.closing.due import tick_due_sales
from bidding.room.answers import UNAVAILABLE
from bidding.room.doubt import ClockGuard, read_database_clock
from bidding.room.incidents import GROUNDS, Incident, IncidentKind
from bidding.room.intake import Intake
from bidding.room.models import SaleHead, SaleRequest
from bidding.room.queries import public_state
from bidding.room.requests import Kind
from wsgi import create_app


class DatabaseClock:
    """The database's time, so far from ours, and a round trip that takes a while."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.ahead = timedelta(0)
        self.trip = timedelta(0)
        self.failing = False

    def __call__(self):
        if self.failing:
            raise OperationalError("SELECT", {}, Exception("no database"))
        self.clock.advance(seconds=self.trip.total_seconds() / 2)
        read = self.clock.now() + self.ahead
        self.clock.advance(seconds=self.trip.total_seconds() / 2)
        return read


@pytest.fixture
def room(any_app, clock):
    return make_room(any_app, clock.now())


@pytest.fixture
def far(any_app, room, clock) -> DatabaseClock:
    """The clock that this application's guard compares with."""
    guard = any_app.extensions["luochui.guard"]
    guard.read = DatabaseClock(clock)
    return guard.read


def rows(model, *where):
    db.session.rollback()
    return list(db.session.scalars(select(model).where(*where).order_by(model.id)))


def beat(app) -> None:
    app.extensions["luochui.guard"].beat()


def status(room) -> str:
    return public_state(room.sale_id)["status"]


@pytest.mark.parametrize(
    ("ahead_ms", "trip_ms", "doubts"),
    [
        (0, 0, False),
        (500, 0, False),
        (-500, 0, False),
        (501, 0, True),
        (-501, 0, True),
        (3_600_000, 0, True),
        (-86_400_000, 0, True),
        # Within a round trip of 400 ms the database may have looked at any moment.
        (650, 400, False),
        (-650, 400, False),
        (750, 400, True),
        (-750, 400, True),
    ],
)
def test_half_a_second_beyond_the_round_trip_is_too_far(
    any_app, room, far, ahead_ms, trip_ms, doubts
):
    far.ahead, far.trip = timedelta(milliseconds=ahead_ms), timedelta(milliseconds=trip_ms)
    beat(any_app)
    assert any_app.extensions["luochui.guard"].in_doubt is doubts


def test_in_doubt_nothing_is_decided_and_the_open_sale_is_suspended_on_the_databases_time(
    any_app, room, far, clock
):
    scheduled = make_room(any_app, clock.now(), opens_at=clock.now() + timedelta(hours=1))
    assert room.bid(0, 0).accepted
    far.ahead = timedelta(seconds=2)
    beat(any_app)
    assert room.bid(1, 1).reason == UNAVAILABLE
    assert room.intake.tick(room.sale_id).reason == UNAVAILABLE
    assert (status(room), status(scheduled)) == ("suspended", "scheduled")
    head = db.session.get(SaleHead, room.sale_id, populate_existing=True)
    assert head.ground == GROUNDS[IncidentKind.CLOCK]
    [suspension] = rows(SaleRequest, SaleRequest.kind == "suspend")
    assert suspension.at == clock.now() + timedelta(seconds=2)
    machine, public = rows(Incident)
    assert (machine.sale_id, public.sale_id) == (None, room.sale_id)
    assert machine.began_at == public.began_at == clock.now() + timedelta(seconds=2)
    assert public.ended_at is None
    noted = rows(AuditEntry, AuditEntry.action == "note-incident")
    assert {entry.subject_id for entry in noted} == {machine.id, public.id}


def test_the_suspension_is_never_stamped_before_what_was_decided(any_app, room, far, clock):
    """Our clock ran ahead: what it stamped stands, and the suspension comes after it."""
    far.ahead = -timedelta(seconds=30)
    assert room.bid(0, 0).accepted
    stamped = clock.now()
    beat(any_app)
    [suspension] = rows(SaleRequest, SaleRequest.kind == "suspend")
    assert suspension.at == stamped


def test_doubt_ends_by_itself_and_resuming_is_the_courts_act(any_app, room, far, clock):
    far.ahead = timedelta(seconds=2)
    beat(any_app)
    clock.advance(seconds=10)
    far.ahead = timedelta(0)
    beat(any_app)
    assert not any_app.extensions["luochui.guard"].in_doubt
    assert room.bid(0, 0).reason == "suspended"
    assert [incident.ended_at for incident in rows(Incident)] == [clock.now()] * 2
    assert len(rows(AuditEntry, AuditEntry.action == "end-incident")) == 2
    judge = room.sale.created_by
    assert room.intake.submit_command(room.sale_id, Kind.RESUME, actor_id=judge).accepted
    assert room.bid(0, 0).accepted


def test_a_sloppy_reading_does_not_end_the_doubt(any_app, room, far):
    far.ahead = timedelta(seconds=2)
    beat(any_app)
    far.ahead, far.trip = timedelta(0), timedelta(milliseconds=502)
    beat(any_app)
    assert any_app.extensions["luochui.guard"].in_doubt


def test_a_sale_is_suspended_once_an_episode_though_somebody_resumes_it_meanwhile(
    any_app, room, far, clock
):
    """A process that stays in doubt has taken itself out; it may not hold up the others."""
    far.ahead = timedelta(seconds=2)
    beat(any_app)
    healthy = Intake(any_app, clock)
    clock.advance(seconds=5)
    judge = room.sale.created_by
    assert healthy.submit_command(room.sale_id, Kind.RESUME, actor_id=judge).accepted
    for _ in range(3):
        beat(any_app)
    assert status(room) == "open"
    assert len(rows(SaleRequest, SaleRequest.kind == "suspend")) == 1


def test_two_processes_in_doubt_suspend_once_and_tell_once(any_app, room, far, clock):
    other = ClockGuard(any_app, Intake(any_app, clock), read=far)
    far.ahead = timedelta(seconds=2)
    for guard in (any_app.extensions["luochui.guard"], other):
        guard.beat()
        guard.beat()
    assert len(rows(SaleRequest, SaleRequest.kind == "suspend")) == 1
    assert len(rows(Incident, Incident.sale_id == room.sale_id)) == 1
    assert len(rows(Message, Message.kind == "sale-suspended")) == len(room.users)


def test_everyone_enrolled_and_the_court_hear_at_the_same_moment(any_app, room, far, clock):
    court = db.session.get(Court, db.session.get(Sale, room.sale_id).court_id)
    judge = make_user(clock.now(), Role.JUDGE, court=court)
    elsewhere = make_user(clock.now(), Role.JUDGE)
    far.ahead = timedelta(seconds=2)
    beat(any_app)
    told = rows(Message)
    assert {m.user_id for m in told if m.kind == "sale-suspended"} == set(room.users)
    staff = {m.user_id for m in told if m.kind == "sale-halted-by-platform"}
    assert judge.id in staff
    assert elsewhere.id not in staff
    assert len({m.created_at for m in told}) == 1


def test_a_process_in_doubt_is_not_ready_and_says_which_part(any_app, room, far):
    client = browser(any_app)
    assert client.get("/readyz").json["parts"]["clock"] is True
    far.ahead = timedelta(seconds=2)
    beat(any_app)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["parts"]["clock"]) == (503, False)
    assert client.get("/healthz").status_code == 200


def test_time_ends_nothing_while_the_clock_is_in_doubt(any_app, room, far, clock):
    clock.set(room.sale.closes_at - timedelta(seconds=1))
    far.ahead = timedelta(seconds=3)
    beat(any_app)
    clock.set(room.sale.closes_at + timedelta(seconds=5))
    assert tick_due_sales() == 0
    assert status(room) == "open"  # at the database's time it had closed: nothing to suspend


def test_a_suspension_that_failed_is_tried_again(any_app, room, far, monkeypatch):
    from bidding.room import store

    def fail(*_args):
        raise OSError("no database")

    far.ahead = timedelta(seconds=2)
    with monkeypatch.context() as patch:
        patch.setattr(store, "lock_head", fail)
        beat(any_app)
        assert status(room) == "open"
    beat(any_app)
    assert status(room) == "suspended"
    assert len(rows(Incident, Incident.sale_id == room.sale_id)) == 1


def test_a_restarted_process_closes_what_its_machine_had_reported(any_app, room, far, clock):
    far.ahead = timedelta(seconds=2)
    beat(any_app)
    far.ahead = timedelta(0)
    ClockGuard(any_app, Intake(any_app, clock), read=far).beat()
    assert all(incident.ended_at is not None for incident in rows(Incident))


# ── silence of the database ─────────────────────────────────────────────────────────────────────


def test_a_close_that_fell_into_the_databases_silence_does_not_pass_as_usual(
    any_app, room, far, clock
):
    assert room.bid(0, 0).accepted
    later = make_room(any_app, clock.now(), closes_at=room.sale.closes_at + timedelta(hours=2))
    clock.set(room.sale.closes_at - timedelta(seconds=2))
    beat(any_app)
    began_at = clock.now()
    far.failing = True
    with pytest.raises(OperationalError):
        beat(any_app)
    clock.set(room.sale.closes_at + timedelta(seconds=20))
    # Whoever is first to find the database again may not end the sale.
    assert tick_due_sales() == 0
    far.failing = False
    beat(any_app)
    tick_due_sales()
    assert (status(room), status(later)) == ("suspended", "open")
    [incident] = rows(Incident, Incident.sale_id == room.sale_id)
    assert (incident.kind, incident.began_at) == (IncidentKind.OUTAGE, began_at)
    assert incident.ended_at == clock.now()


def test_a_short_silence_lets_the_sale_end(any_app, room, far, clock):
    clock.set(room.sale.closes_at - timedelta(seconds=1))
    far.failing = True
    with pytest.raises(OperationalError):
        beat(any_app)
    far.failing = False
    clock.advance(seconds=4)
    beat(any_app)
    assert tick_due_sales() == 1
    assert status(room) == "unsold"
    assert rows(Incident) == []


# ── a server ────────────────────────────────────────────────────────────────────────────────────


def test_the_machines_clock_agrees_with_the_databases_own(make_app, tmp_path):
    for database in ("sqlite", "postgresql"):
        held = make_app(database)
        url = held.extensions["luochui.settings"].database_url
        settings = settings_for(url.replace("+psycopg", ""), tmp_path)
        app = create_app(settings, clock=SystemClock(), testing=True)
        with app.app_context():
            guard = app.extensions["luochui.guard"]
            assert guard.read is read_database_clock
            guard.beat()
            assert not guard.in_doubt
            db.engine.dispose()


def test_a_clock_held_in_the_hand_is_compared_with_nothing(any_app):
    guard = any_app.extensions["luochui.guard"]
    assert guard.read is None
    guard.beat()
    assert not guard.in_doubt


@pytest.mark.parametrize(
    ("done_at", "pause", "asked_after", "is_prompt"),
    [
        (0.0, 1.0, 0.5, True),
        (0.0, 1.9, 0.0, True),
        (0.0, 2.1, 0.0, False),  # the pause of one second took over two: so late is everything
        (0.0, 1.0, 2.5, False),  # the beat is overdue: the process or the database hangs
    ],
)
def test_a_process_that_is_late_is_not_prompt(any_app, done_at, pause, asked_after, is_prompt):
    times = iter([done_at, done_at + pause, done_at + pause, done_at + pause + asked_after])
    intake = any_app.extensions["luochui.intake"]
    guard = ClockGuard(any_app, intake, seconds=lambda: next(times))
    guard.note_turn()
    guard.note_wait()
    guard.note_turn()
    assert guard.is_prompt() is is_prompt


def test_a_request_that_waits_long_makes_the_process_unready(any_app, room, clock, monkeypatch):
    from hanging import Caller, hanging_before_the_lock

    with hanging_before_the_lock(monkeypatch) as hang:
        bid = Caller(lambda: room.bid(0, 0))
        assert hang.reached.wait(10)
        clock.advance(seconds=1.1)
        assert not any_app.extensions["luochui.guard"].is_prompt()
    assert bid.answer().accepted
    assert any_app.extensions["luochui.guard"].is_prompt()
