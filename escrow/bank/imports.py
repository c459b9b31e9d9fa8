"""An uploaded file on its way in: kept, checked from end to end, then stored portion by portion.

A file that is wrong anywhere leaves nothing. One that is right is stored in transactions of a
thousand lines, so that nobody else waits; a process that dies on the way is followed by another,
which goes on behind the last portion. In each court one file at a time is checked and stored: what
the check has found true stays true until the last line is in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import BinaryIO

from sqlalchemy import select

from auction.core.audit import record
from auction.core.db import db, transaction
from auction.core.errors import NotFound
from auction.core.i18n import lazy_gettext as _l
from auction.core.outbox import enqueue
from auction.core.states import change_state
from auction.courts.models import Court
from escrow.bank.mapping import own_profiles
from escrow.bank.models import (
    IMPORT_TRANSITIONS,
    BankImport,
    BankStatement,
    ImportStatus,
)
from escrow.bank.parsed import (
    MAX_FAULTS,
    Checked,
    Fault,
    ParsedLine,
    StatementBegin,
    StatementEnd,
    StatementRefused,
)
from escrow.bank.profiles import Profile, find_profile, our_profiles
from escrow.bank.reading import MAX_BYTES, Format, name_format, read_checked, read_events
from escrow.bank.services import is_import_running, statements_of_file
from escrow.bank.spool import open_file, pack_parts, write_parts
from escrow.bank.storing import (
    FileSource,
    StatementFacts,
    check_advice,
    check_end,
    lock_court,
    own_account,
    sort_lines,
    write_lines,
    write_statement,
)

PORTION = 1000
# A task stores so many portions and hands on to the next, well within its lease.
PORTIONS_A_TASK = 30
# A file that is worked on while its sender waits is left alone by the worker for so long.
HEAD_START = timedelta(seconds=30)
TASK = "import_bank_file"


@dataclass(frozen=True)
class Received:
    """What an upload came to: an import under way, or one that has brought this file before."""

    import_id: int | None
    statement_ids: tuple[int, ...] = ()


def receive_file(
    stream: BinaryIO,
    *,
    court_id: int,
    name: str,
    profile: str | None,
    actor_id: int,
    now: datetime,
    is_waited_for: bool = False,
) -> Received:
    """Keep an uploaded file, and tell the worker; the same file a second time is the same import.

    Opens its own transaction, after the file has been read and packed. Raises StatementRefused
    `empty` or `too-large`.
    """
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(65_536):
        digest.update(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise StatementRefused([Fault("too-large")])
    if not size:
        raise StatementRefused([Fault("empty", 1)])
    stream.seek(0)
    parts = list(pack_parts(stream))
    sha256 = digest.hexdigest()
    with transaction():
        lock_court(court_id)
        brought = statements_of_file(court_id, sha256, 1)
        known = db.session.scalar(
            select(BankImport).where(
                BankImport.court_id == court_id,
                BankImport.sha256 == sha256,
                BankImport.status != ImportStatus.REFUSED,
            )
        )
        if known is not None:
            return Received(known.id, tuple(row.id for row in known.statements))
        if brought:
            return Received(None, tuple(row.id for row in brought))
        row = BankImport(
            court_id=court_id,
            name=name[:200],
            sha256=sha256,
            size_bytes=size,
            profile=profile,
            status=ImportStatus.WAITING,
            faults=[],
            uploaded_by=actor_id,
            uploaded_at=now,
        )
        db.session.add(row)
        db.session.flush()
        write_parts(row.id, parts)
        record("upload-bank-file", row, actor_id=actor_id, at=now, detail={"bytes": size})
        run_at = now + HEAD_START if is_waited_for else now
        enqueue(TASK, f"{TASK}:{row.id}:0", {"import_id": row.id}, now=now, run_at=run_at)
        return Received(row.id)


def advance_import(import_id: int, *, now: datetime) -> ImportStatus:
    """Check the file, then store it, as far as one task goes; doing it again goes on behind.

    A file that is not the court's turn yet stays waiting: the caller comes back.
    """
    status = _begin(import_id, now)
    if status is ImportStatus.CHECKING:
        status = _check(import_id, now)
    if status is ImportStatus.STORING:
        status = _store(import_id, now)
    return status


def find_import(import_id: int, court_id: int) -> BankImport:
    """An import of this court; raises NotFound."""
    row = db.session.get(BankImport, import_id)
    if row is None or row.court_id != court_id:
        raise NotFound("unknown-import", _l("没有这次导入。"))
    return row


def opener_of(row: BankImport) -> Callable[[], BinaryIO]:
    """Opens the kept file from its beginning."""
    return partial(open_file, row.id, row.size_bytes)


# ── checking ────────────────────────────────────────────────────────────────────────────────────


def _begin(import_id: int, now: datetime) -> ImportStatus:
    with transaction():
        row = _lock(import_id)
        lock_court(row.court_id)
        if row.status is ImportStatus.WAITING and not is_import_running(row.court_id):
            change_state(row, ImportStatus.CHECKING, IMPORT_TRANSITIONS, actor_id=None, at=now)
        return row.status


@dataclass
class _Found:
    """What the check has seen of one statement."""

    account: str | None = None
    lines: list[ParsedLine] = field(default_factory=list)
    line_count: int = 0
    known_count: int = 0
    without_reference: list[Fault] = field(default_factory=list)
    first_day: date | None = None
    last_day: date | None = None


def _check(import_id: int, now: datetime) -> ImportStatus:
    """Read the whole file; nothing is stored but how far it has come."""
    row = db.session.get_one(BankImport, import_id)
    check = _FileCheck(import_id, row.court_id)
    kind = Format.CSV
    try:
        kind, events = read_checked(opener_of(row), *_profiles_of(row))
        for event in events:
            check.see(event)
    except StatementRefused as refused:
        check.faults.extend(refused.faults)
    with transaction():
        row = _lock(import_id)
        if row.status is not ImportStatus.CHECKING:
            return row.status  # another process was faster
        if check.faults:
            faults = sorted(check.faults, key=lambda fault: (fault.line, fault.code))[:MAX_FAULTS]
            row.faults = [[fault.code, fault.line, fault.told] for fault in faults]
            row.settled_at = now
            change_state(row, ImportStatus.REFUSED, IMPORT_TRANSITIONS, actor_id=None, at=now)
            return row.status
        row.checked_count = row.line_count = check.count
        source = FileSource(row.court_id, row.name, row.sha256, row.uploaded_by, row.id)
        for index, facts in enumerate(check.statements):
            write_statement(source, name_format(kind, facts.end), index, facts, now=now)
        change_state(row, ImportStatus.STORING, IMPORT_TRANSITIONS, actor_id=None, at=now)
        return row.status


class _FileCheck:
    """Compares what is read with what the court has, a portion at a time."""

    def __init__(self, import_id: int, court_id: int) -> None:
        self.import_id = import_id
        self.court = db.session.get_one(Court, court_id)
        self.faults: list[Fault] = []
        self.statements: list[StatementFacts] = []
        self.count = 0
        self.found = _Found(own_account(self.court, ""))

    def see(self, event: Checked) -> None:
        """Take in one event of the file."""
        if isinstance(event, StatementBegin):
            self.found.account = own_account(self.court, event.account)
        elif isinstance(event, ParsedLine):
            self.count += 1
            self.found.lines.append(event)
            if len(self.found.lines) >= PORTION:
                self._compare()
                self._tell()
        else:
            self._end(event)

    def _compare(self) -> None:
        found = self.found
        if found.account is not None:
            done = sort_lines(self.court.id, found.account, found.lines)
            found.known_count += done.known_count
            self._add(done.faults)
        days = [line.booked_on for line in found.lines]
        found.first_day = min([*days, *_told(found.first_day)], default=None)
        found.last_day = max([*days, *_told(found.last_day)], default=None)
        found.line_count += len(found.lines)
        if len(found.without_reference) < MAX_FAULTS:
            found.without_reference += check_advice(found.lines)
        found.lines = []

    def _end(self, end: StatementEnd) -> None:
        self._compare()
        found, self.found = self.found, _Found(own_account(self.court, ""))
        account = own_account(self.court, end.account)
        self._add(check_end(account, end))
        if end.is_advice:
            self._add(found.without_reference)
        if account is not None:
            end = replace(
                end,
                first_day=found.first_day or end.first_day,
                last_day=found.last_day or end.last_day,
            )
            facts = StatementFacts(end, account, found.line_count, found.known_count)
            self.statements.append(facts)

    def _add(self, faults: Sequence[Fault]) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.extend(faults)

    def _tell(self) -> None:
        """How far the check has come, for the page that shows it."""
        with transaction():
            row = _lock(self.import_id)
            row.checked_count = max(row.checked_count, self.count)
        self.court = db.session.get_one(Court, self.court.id)


def _told(day: date | None) -> list[date]:
    return [] if day is None else [day]


# ── storing ─────────────────────────────────────────────────────────────────────────────────────


def _store(import_id: int, now: datetime) -> ImportStatus:
    """Store what is missing, portion by portion, as many as one task does."""
    row = db.session.get_one(BankImport, import_id)
    statement_ids = [statement.id for statement in row.statements]
    position = skipped = row.stored_count
    _kind, events = read_events(opener_of(row), *_profiles_of(row))
    stored = 0
    for index, lines in _portions(events):
        if skipped >= len(lines):
            skipped -= len(lines)
            continue
        rest, skipped = lines[skipped:], 0
        if not _store_portion(import_id, statement_ids[index], rest, position, now):
            break
        position += len(rest)
        stored += 1
        if stored >= PORTIONS_A_TASK:
            break
    return _finish(import_id, now)


def _portions(events: Iterable[object]) -> Iterator[tuple[int, list[ParsedLine]]]:
    """Lines of one statement, at most a portion of them, with the statement's place in the file."""
    index, lines = 0, list[ParsedLine]()
    for event in events:
        if isinstance(event, ParsedLine):
            lines.append(event)
        if len(lines) >= PORTION or (isinstance(event, StatementEnd) and lines):
            yield index, lines
            lines = []
        index += isinstance(event, StatementEnd)


def _store_portion(
    import_id: int, statement_id: int, lines: Sequence[ParsedLine], position: int, now: datetime
) -> bool:
    """One transaction: these lines are in and counted, or neither.

    False where another process has stored them meanwhile.
    """
    with transaction():
        row = _lock(import_id)
        if row.status is not ImportStatus.STORING or row.stored_count != position:
            return False
        statement = db.session.get_one(BankStatement, statement_id)
        done = sort_lines(row.court_id, statement.account_number, lines)
        assert not done.faults, "checked, and no other file was let in since"
        write_lines(statement, done.fresh, now=now)
        row.stored_count = position + len(lines)
        return True


def _finish(import_id: int, now: datetime) -> ImportStatus:
    with transaction():
        row = _lock(import_id)
        if row.status is not ImportStatus.STORING:
            return row.status
        if row.stored_count < row.line_count:
            key = f"{TASK}:{row.id}:{row.stored_count}"
            enqueue(TASK, key, {"import_id": row.id}, now=now)
            return row.status
        row.settled_at = now
        change_state(row, ImportStatus.DONE, IMPORT_TRANSITIONS, actor_id=None, at=now)
        return row.status


def _lock(import_id: int) -> BankImport:
    row = db.session.get(BankImport, import_id, with_for_update=True, populate_existing=True)
    assert row is not None, "imports are never deleted"
    return row


def _profiles_of(row: BankImport) -> tuple[list[Profile], Profile | None]:
    """The profiles that may fit, the court's own first, and the one that was chosen."""
    own = own_profiles(row.court_id)
    chosen = find_profile(row.profile, own) if row.profile else None
    return [*own, *our_profiles()], chosen
