"""Accounts at the command line: one line for each fault, exit status to match."""

from __future__ import annotations

import pytest
from builders import make_court, make_user
from sqlalchemy import select

from auction.accounts.models import User
from auction.accounts.roles import Role
from auction.core.db import db

PASSWORD = "purple monkey dishwasher"


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()

    def run(*args):
        result = runner.invoke(args=["account", *args])
        db.session.rollback()
        return result

    return run


def create(run, email="new@court.example", *more):
    return run("create", email, "--name", "新同事", "--password", PASSWORD, *more)


def test_an_account_is_created_empowered_and_closed(run, clock):
    court = make_court(clock.now())
    done = create(run, "New@Court.Example", "--role", "clerk", "--court", court.code)
    assert done.exit_code == 0, done.output
    user = db.session.scalars(select(User)).one()
    assert (user.email, user.roles, user.court_id) == ("new@court.example", {"clerk"}, court.id)
    assert run("grant", user.email, "finance").exit_code == 0
    assert user.roles == {"clerk", "finance"}
    assert run("deactivate", user.email).exit_code == 0
    assert not user.is_active


NEW = ("create", "a@b.example", "--name", "x")
SECRET = ("--password", PASSWORD)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("create", "no-address", "--name", "x", "--role", "admin", *SECRET), "邮箱"),
        ((*NEW, "--role", "king", *SECRET), "king"),
        ((*NEW, "--role", "bidder", *SECRET), "bidder"),
        ((*NEW, "--role", "clerk", *SECRET), "法院"),
        ((*NEW, "--role", "admin", "--password", "short"), "密码"),
        ((*NEW, "--role", "admin", "--court", "none", *SECRET), "none"),
        ((*NEW, "--role", "admin", "--role", "clerk", *SECRET), "三员"),
        (("grant", "nobody@b.example", "clerk"), "nobody@b.example"),
        (("deactivate", "nobody@b.example"), "nobody@b.example"),
    ],
)
def test_a_fault_is_one_line_and_an_exit_status(run, args, words):
    result = run(*args)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert words in result.output
    assert result.output.count("\n") == 1
    assert db.session.scalars(select(User)).all() == []


def test_conflicting_roles_are_refused_here_too(run, clock):
    user = make_user(clock.now(), Role.AUDITOR)
    result = run("grant", user.email, "clerk")
    assert result.exit_code == 1
    assert user.roles == {"auditor"}


def test_every_command_explains_itself(run):
    assert run("--help").exit_code == 0
    for command in ("create", "deactivate", "grant"):
        assert "Usage" in run(command, "--help").output
