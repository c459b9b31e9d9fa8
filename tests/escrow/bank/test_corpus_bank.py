"""The corpora of bank files: what is wrong is named by code and line, and nothing is left of it."""

from __future__ import annotations

import io

import pytest
from builders import make_court, make_user
from corpus_files import CORPUS, content_of, load_cases, write_lines
from sqlalchemy import delete, func, select

from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.courts.models import Court
from escrow.bank.imports import advance_import, receive_file
from escrow.bank.models import BankFilePart, BankImport, BankLine, BankStatement, ImportStatus
from escrow.bank.parsed import StatementRefused
from escrow.ledger.models import Transfer

SIZES = {"camt": 120, "mt940": 80, "bank_csv": 90}


@pytest.mark.parametrize("interface", SIZES)
def test_the_corpus_is_as_large_as_it_should_be_and_as_its_writer_makes_it(interface):
    cases = load_cases(interface)
    assert len(cases) >= SIZES[interface]
    assert len({case["name"] for case in cases}) == len(cases)
    kept = (CORPUS / interface / "cases.jsonl").read_text(encoding="ascii")
    assert write_lines(interface) == kept


@pytest.fixture
def desk(app, clock):
    """A court with the account that the files name, and a person with the files."""
    court = make_court(clock.now())
    with transaction():
        db.session.get_one(Court, court.id).account_number = "6200000000000001"
    user = make_user(clock.now(), Role.FINANCE, court=court)
    return court.id, user.id, clock


def take(desk, data):
    """Upload a file; its faults, or what it brought."""
    court_id, actor_id, clock = desk
    try:
        received = receive_file(
            io.BytesIO(data),
            court_id=court_id,
            name="file",
            profile=None,
            actor_id=actor_id,
            now=clock.now(),
        )
    except StatementRefused as refused:
        return [[fault.code, fault.line] for fault in refused.faults]
    status = advance_import(received.import_id, now=clock.now())
    row = db.session.get_one(BankImport, received.import_id)
    if status is ImportStatus.REFUSED:
        return [fault if fault[2] else fault[:2] for fault in row.faults]
    assert status is ImportStatus.DONE
    ids = [statement.id for statement in row.statements]
    lines = list(db.session.scalars(select(BankLine).where(BankLine.statement_id.in_(ids))))
    moved = sum(line.amount_minor * (1 if line.side == "credit" else -1) for line in lines)
    return [len(ids), len(lines), moved]


def counts():
    tables = (BankStatement, BankLine, Transfer)
    return [db.session.scalar(select(func.count()).select_from(table)) for table in tables]


STORED = (BankLine, BankStatement, BankFilePart, BankImport)


@pytest.fixture
def forgetful(app):
    """A database that lets go of what came in: here each file is the first one."""
    with transaction() as session:
        for table in STORED:
            for act in ("delete", "update"):
                name = f"{table.__tablename__}_no_{act}"
                session.connection().exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")

    def forget():
        with transaction() as session:
            for table in STORED:
                session.execute(delete(table))

    return forget


@pytest.mark.parametrize("interface", SIZES)
def test_what_is_wrong_is_named_by_line_and_leaves_nothing(desk, forgetful, interface):
    wrong = {}
    for case in load_cases(interface):
        found = take(desk, content_of(case))
        is_valid = case["expect"] == "valid"
        expected = case["valid"] if is_valid else case["expect"]
        if found != expected:
            wrong[case["name"]] = (found, expected)
        elif not is_valid and counts() != [0, 0, 0]:
            wrong[case["name"]] = "something was left"
        if is_valid or counts() != [0, 0, 0]:
            forgetful()
    assert wrong == {}
