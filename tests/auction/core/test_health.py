"""Health: alive without anything, ready with everything, figures for those beside us only."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import browser
from sqlalchemy import text

from auction.core import health
from auction.core.db import db, transaction


def test_alive_answers_under_any_name(app):
    answer = app.test_client().get("/healthz", base_url="http://10.0.0.7:8000")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def stamp(app, revision):
    with transaction() as session:
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        session.execute(text("INSERT INTO alembic_version VALUES (:v)"), {"v": revision})


def test_ready_only_with_the_newest_migration(any_app, monkeypatch):
    monkeypatch.setattr(health, "_newest_migrations", lambda _root: frozenset({"0002"}))
    client = browser(any_app)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    parts = answer.json["parts"]
    assert {name for name, is_there in parts.items() if not is_there} == {"migrations"}
    assert {"database", "clock", "prompt"} < set(parts)
    stamp(any_app, "0001")
    assert client.get("/readyz").status_code == 503
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ok")


def test_not_ready_without_a_database_and_silent_about_why(make_app, tmp_path):
    app = make_app()
    with app.app_context():
        path = db.engine.url.database
        db.session.remove()
        db.engine.dispose()
    Path(path).write_bytes(b"this is no database" * 100)
    answer = browser(app).get("/readyz")
    assert answer.status_code == 503
    assert answer.json["parts"]["database"] is False
    assert str(tmp_path) not in answer.text
    assert browser(app).get("/healthz").status_code == 200


def test_a_database_that_hangs_makes_not_ready_in_time_and_asks_no_second_question(
    app, monkeypatch
):
    import threading

    asked, go = [], threading.Event()

    def hang() -> bool:
        asked.append(1)
        return go.wait(20)

    monkeypatch.setattr(health, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(health, "_database_answers", hang)
    client = browser(app)
    try:
        for _ in range(3):
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json["parts"]["database"]) == (503, False)
        assert asked == [1]
        assert client.get("/healthz").status_code == 200
    finally:
        go.set()


def test_what_a_part_of_the_application_adds_is_asked(app, monkeypatch):
    health.readiness_of(app)["disk"] = lambda: False
    answer = browser(app).get("/readyz")
    assert (answer.status_code, answer.json["parts"]["disk"]) == (503, False)


def test_not_ready_without_the_redis_that_is_configured(make_app):
    app = make_app(REDIS_URL="redis://127.0.0.1:9")
    answer = browser(app).get("/readyz")
    assert answer.status_code == 503
    assert answer.json["parts"]["redis"] is False


def test_figures_are_given_to_this_machine_and_not_to_others(app, client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert "luochui_outbox_due 0.0" in answer.text
    assert "luochui_requests_total" in answer.text
    there = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", environ_overrides=there).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer x", "Basic x", "Bearer é"])
def test_a_wrong_token_opens_nothing(app, client, given):
    there = {"REMOTE_ADDR": "203.0.113.9"}
    answer = client.get("/metrics", environ_overrides={**there, "HTTP_AUTHORIZATION": given})
    assert answer.status_code == 404


def test_the_token_opens_the_figures_from_elsewhere(app, client):
    token = app.test_cli_runner().invoke(args=["metrics-token"]).output.strip()
    assert len(token) == 64
    answer = client.get(
        "/metrics",
        environ_overrides={"REMOTE_ADDR": "203.0.113.9"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200
