"""What the database itself refuses, whoever writes to it: the triggers of the books.

A balance is moved by the database when a transfer is inserted, and by nothing else, so it cannot
say anything that does not follow from the transfers. Checked at the same moment: both accounts are
of the transfer's court and currency, a hold is resolved by its own mirror and for no more than was
held, a reversal is the mirror of a transfer that is none itself, nothing takes effect in a closed
day. That nothing owed goes below zero is a CHECK on the balance.

PostgreSQL does this once a statement, over all its new rows, which is what makes bulk posting fast;
SQLite knows triggers by row only. See docs/decisions/0010.
"""

from __future__ import annotations

# ruff: noqa: S608  # put together from the constants of this file alone

# One number for all locks of the books; the court is the other half.
BOOKS_LOCK = 7243

_POSTED = "CASE WHEN {t}.phase IN ('single', 'post') THEN {t}.amount_minor ELSE 0 END"
_PENDING = "CASE {t}.phase WHEN 'pending' THEN {t}.amount_minor ELSE -{t}.released_minor END"

# Whether `n` is what its hold allows, or the mirror of what it reverses.
_HOLD_FITS = """
    h.phase = 'pending' AND h.kind = n.kind AND h.amount_minor = n.released_minor
    AND h.debit_account_id = n.debit_account_id AND h.credit_account_id = n.credit_account_id
    AND (n.amount_minor = h.amount_minor OR n.phase = 'post' AND n.amount_minor < h.amount_minor)"""
_TWIN_FITS = """
    r.phase IN ('single', 'post') AND r.reverses_id IS NULL AND r.amount_minor = n.amount_minor
    AND r.debit_account_id = n.credit_account_id AND r.credit_account_id = n.debit_account_id
    AND n.phase = 'single'"""


def _new(condition: str) -> str:
    return condition.replace("n.", "NEW.")


def _sqlite(name: str, when: str, table: str, condition: str, message: str) -> tuple[str, str]:
    """A trigger that refuses under a condition; an empty one refuses always."""
    test = f"WHEN {condition} " if condition else ""
    return (
        "sqlite",
        f'CREATE TRIGGER {name} {when} ON "{table}" {test}'
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
    )


def _refuse(name: str, when: str, table: str, condition: str = "") -> tuple[str, str]:
    """The same on PostgreSQL, by the function that append-only tables use."""
    test = f"WHEN ({condition}) " if condition else ""
    return (
        "postgresql",
        f'CREATE TRIGGER {name} {when} ON "{table}" FOR EACH ROW {test}'
        "EXECUTE FUNCTION refuse_change()",
    )


def _function(name: str, declare: str, body: str) -> tuple[str, str]:
    return (
        "postgresql",
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"{declare} BEGIN {body} END $$",
    )


def _raise(message: str) -> str:
    return f"RAISE EXCEPTION USING MESSAGE = {message}, ERRCODE = 'integrity_constraint_violation';"


# ── account: each has a balance from the start ──────────────────────────────────────────────────

_OPEN = (
    "INSERT INTO account_balance (account_id, is_liability, debits_posted, credits_posted, "
    "debits_pending, credits_pending, last_transfer_id) "
    "VALUES (NEW.id, NEW.normal_side = 'credit', 0, 0, 0, 0, 0);"
)

ACCOUNT: list[tuple[str, str]] = [
    _sqlite(
        "account_no_replace",
        "BEFORE INSERT",
        "account",
        "EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.id)",
        "account is append-only",
    ),
    ("sqlite", f"CREATE TRIGGER account_opens AFTER INSERT ON account BEGIN {_OPEN} END"),
    _function("open_balance", "", f"{_OPEN} RETURN NULL;"),
    (
        "postgresql",
        "CREATE TRIGGER account_opens AFTER INSERT ON account "
        "FOR EACH ROW EXECUTE FUNCTION open_balance()",
    ),
]

# ── account_balance: moved by transfers alone ───────────────────────────────────────────────────

# SQLite does not tell a trigger's statement from a person's. But a balance is always as of the last
# transfer that touched it: so a change is a transfer's own if it is just that transfer's, and later
# than the one the balance stands at. There is no such transfer for anybody to pretend.
_STEP = f"""NOT EXISTS (
    SELECT 1 FROM transfer t WHERE t.id = NEW.last_transfer_id AND t.id > OLD.last_transfer_id
    AND NEW.account_id = OLD.account_id AND NEW.is_liability = OLD.is_liability
    AND NEW.debits_posted - OLD.debits_posted
        = (t.debit_account_id = OLD.account_id) * ({_POSTED.format(t="t")})
    AND NEW.credits_posted - OLD.credits_posted
        = (t.credit_account_id = OLD.account_id) * ({_POSTED.format(t="t")})
    AND NEW.debits_pending - OLD.debits_pending
        = (t.debit_account_id = OLD.account_id) * ({_PENDING.format(t="t")})
    AND NEW.credits_pending - OLD.credits_pending
        = (t.credit_account_id = OLD.account_id) * ({_PENDING.format(t="t")})
    AND OLD.account_id IN (t.debit_account_id, t.credit_account_id))"""
_FRESH = """NEW.debits_posted <> 0 OR NEW.credits_posted <> 0 OR NEW.debits_pending <> 0
    OR NEW.credits_pending <> 0 OR NEW.last_transfer_id <> 0
    OR EXISTS (SELECT 1 FROM account_balance b WHERE b.account_id = NEW.account_id)
    OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.account_id
                   AND (a.normal_side = 'credit') = NEW.is_liability)"""
_FOLLOWS = "a balance follows from the transfers"

BALANCE: list[tuple[str, str]] = [
    _sqlite("balance_starts_empty", "BEFORE INSERT", "account_balance", _FRESH, _FOLLOWS),
    _sqlite("balance_follows", "BEFORE UPDATE", "account_balance", _STEP, _FOLLOWS),
    _sqlite("balance_stays", "BEFORE DELETE", "account_balance", "", _FOLLOWS),
    _function("refuse_balance", "", _raise(f"'{_FOLLOWS}'")),
    *(
        (
            "postgresql",
            f"CREATE TRIGGER {name} {when} ON account_balance FOR EACH ROW "
            "WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION refuse_balance()",
        )
        for name, when in (
            ("balance_starts_empty", "BEFORE INSERT"),
            ("balance_follows", "BEFORE UPDATE"),
        )
    ),
    (
        "postgresql",
        "CREATE TRIGGER balance_stays BEFORE DELETE OR TRUNCATE ON account_balance "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_balance()",
    ),
]

# ── day_close: what is closed stays closed ──────────────────────────────────────────────────────

_LATER_CLOSED = """EXISTS (SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id
    AND c.status = 'closed' AND c.closes_at >= NEW.closes_at)"""

DAY_CLOSE: list[tuple[str, str]] = [
    _sqlite(
        "day_close_begins",
        "BEFORE INSERT",
        "day_close",
        "NEW.status <> 'proposed' OR EXISTS (SELECT 1 FROM day_close c WHERE c.id = NEW.id)",
        "a close is proposed first",
    ),
    _sqlite(
        "day_close_ends",
        "BEFORE UPDATE",
        "day_close",
        f"OLD.status <> 'proposed' OR NEW.status = 'closed' AND {_LATER_CLOSED}",
        "a closed day stays closed",
    ),
    _refuse("day_close_begins", "BEFORE INSERT", "day_close", "NEW.status <> 'proposed'"),
    _function(
        "end_day_close",
        "",
        # Whoever is posting has finished before the day closes; whoever comes later sees it closed.
        f"PERFORM pg_advisory_xact_lock({BOOKS_LOCK}, NEW.court_id::int);"
        f"IF OLD.status <> 'proposed' OR NEW.status = 'closed' AND {_LATER_CLOSED} THEN "
        f"{_raise(chr(39) + 'a closed day stays closed' + chr(39))} END IF; RETURN NEW;",
    ),
    (
        "postgresql",
        "CREATE TRIGGER day_close_ends BEFORE UPDATE ON day_close "
        "FOR EACH ROW EXECUTE FUNCTION end_day_close()",
    ),
]

# ── transfer ────────────────────────────────────────────────────────────────────────────────────

_OF_COURT = (
    "NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.{side}_account_id "
    "AND a.court_id = NEW.court_id AND a.currency = NEW.currency)"
)
_LAST_CLOSE = (
    "(SELECT c.{column} FROM day_close c WHERE c.court_id = n.court_id AND c.status = 'closed' "
    "ORDER BY c.closes_at DESC LIMIT 1)"
)
_IN_CLOSED_DAY = (
    f"n.effective_at < {_LAST_CLOSE.format(column='closes_at')} "
    f"OR n.recorded_at <= {_LAST_CLOSE.format(column='confirmed_at')}"
)
_CLOSED = "the day is closed"
_HOLD = "not what its hold allows"
_TWIN = "not the mirror of what it reverses"


def _move_sqlite(side: str) -> str:
    return (
        f"UPDATE account_balance SET {side}s_posted = {side}s_posted + {_POSTED.format(t='NEW')}, "
        f"{side}s_pending = {side}s_pending + {_PENDING.format(t='NEW')}, "
        f"last_transfer_id = NEW.id WHERE account_id = NEW.{side}_account_id; "
    )


_SUMS = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")
_MOVED = f"""
    SELECT n.id, n.debit_account_id AS account_id, {_POSTED.format(t="n")} AS debits_posted,
        0 AS credits_posted, {_PENDING.format(t="n")} AS debits_pending, 0 AS credits_pending
    FROM booked n
    UNION ALL
    SELECT n.id, n.credit_account_id, 0, {_POSTED.format(t="n")}, 0, {_PENDING.format(t="n")}
    FROM booked n"""
_SET = ", ".join(f"{name} = b.{name} + d.{name}" for name in _SUMS)
_SUM = ", ".join(f"sum({name})::bigint AS {name}" for name in _SUMS)
_BOOK = f"""
    PERFORM pg_advisory_xact_lock_shared({BOOKS_LOCK}, c.court_id::int)
        FROM (SELECT DISTINCT court_id FROM booked ORDER BY court_id) c;
    SELECT n.court_id INTO bad FROM (
        SELECT court_id, min(effective_at) AS effective_at, min(recorded_at) AS recorded_at
        FROM booked GROUP BY court_id) n WHERE {_IN_CLOSED_DAY} LIMIT 1;
    IF bad IS NOT NULL THEN {_raise(f"'{_CLOSED}'")} END IF;
    SELECT n.id INTO bad FROM booked n LEFT JOIN transfer h ON h.id = n.pending_id
        WHERE n.pending_id IS NOT NULL AND (h.id IS NULL OR NOT ({_HOLD_FITS})) LIMIT 1;
    IF bad IS NOT NULL THEN {_raise(f"'{_HOLD}'")} END IF;
    SELECT n.id INTO bad FROM booked n LEFT JOIN transfer r ON r.id = n.reverses_id
        WHERE n.reverses_id IS NOT NULL AND (r.id IS NULL OR NOT ({_TWIN_FITS})) LIMIT 1;
    IF bad IS NOT NULL THEN {_raise(f"'{_TWIN}'")} END IF;
    UPDATE account_balance b SET {_SET}, last_transfer_id = greatest(b.last_transfer_id, d.last)
        FROM (SELECT account_id, max(id) AS last, {_SUM} FROM ({_MOVED}) s GROUP BY account_id) d
        WHERE b.account_id = d.account_id;
    RETURN NULL;"""

TRANSFER: list[tuple[str, str]] = [
    # A row that would replace another never gets that far.
    _sqlite(
        "transfer_no_replace",
        "BEFORE INSERT",
        "transfer",
        "EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.id)",
        "transfer is append-only",
    ),
    _sqlite(
        "transfer_no_second_key",
        "BEFORE INSERT",
        "transfer",
        "EXISTS (SELECT 1 FROM transfer t WHERE t.idempotency_key = NEW.idempotency_key)",
        "UNIQUE constraint failed: transfer.idempotency_key",
    ),
    _sqlite(
        "transfer_of_one_court",
        "BEFORE INSERT",
        "transfer",
        f"{_OF_COURT.format(side='debit')} OR {_OF_COURT.format(side='credit')}",
        "both accounts are of one court and currency",
    ),
    _sqlite("transfer_in_open_day", "BEFORE INSERT", "transfer", _new(_IN_CLOSED_DAY), _CLOSED),
    _sqlite(
        "transfer_of_its_hold",
        "BEFORE INSERT",
        "transfer",
        "NEW.pending_id IS NOT NULL AND ("
        "EXISTS (SELECT 1 FROM transfer t WHERE t.pending_id = NEW.pending_id) OR "
        "NOT EXISTS (SELECT 1 FROM transfer h "
        f"WHERE h.id = NEW.pending_id AND {_new(_HOLD_FITS)}))",
        _HOLD,
    ),
    _sqlite(
        "transfer_of_its_twin",
        "BEFORE INSERT",
        "transfer",
        "NEW.reverses_id IS NOT NULL AND ("
        "EXISTS (SELECT 1 FROM transfer t WHERE t.reverses_id = NEW.reverses_id) OR "
        "NOT EXISTS (SELECT 1 FROM transfer r "
        f"WHERE r.id = NEW.reverses_id AND {_new(_TWIN_FITS)}))",
        _TWIN,
    ),
    (
        "sqlite",
        "CREATE TRIGGER transfer_books AFTER INSERT ON transfer "
        f"BEGIN {_move_sqlite('debit')}{_move_sqlite('credit')}END",
    ),
    _function("book_transfers", "DECLARE bad bigint;", _BOOK),
    (
        "postgresql",
        "CREATE TRIGGER transfer_books AFTER INSERT ON transfer "
        "REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION book_transfers()",
    ),
]
