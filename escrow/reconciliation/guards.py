"""What the database itself refuses about reconciled days: nothing enters one, nothing leaves one.

(dialect, SQL) pairs, as `auction.core.db.guard` takes them.
"""

from __future__ import annotations

_DAY_CLOSED = (
    "SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id "
    "AND c.status = 'closed' AND c.day >= NEW.day"
)
# A decision that stood when a day of its items was closed.
_STOOD_AT_CLOSE = (
    "SELECT 1 FROM reconciled_day d JOIN reconciliation_item i ON i.decision_id = {decision} "
    "JOIN reconciliation_decision x ON x.id = {decision} "
    "WHERE d.court_id = i.court_id AND d.day >= i.day AND x.status = 'standing' "
    "AND d.made_at >= x.settled_at"
)


def _refusals(
    name: str, when: str, table: str, condition: str, message: str
) -> list[tuple[str, str]]:
    return [
        (
            "sqlite",
            f"CREATE TRIGGER {name} {when} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
        ),
        (
            "postgresql",
            f"CREATE OR REPLACE FUNCTION refuse_{name}() RETURNS trigger "
            f"LANGUAGE plpgsql AS $$ BEGIN IF {condition} THEN RAISE EXCEPTION '{message}' "
            "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
        ),
        (
            "postgresql",
            f"CREATE TRIGGER {name} {when} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_{name}()",
        ),
    ]


ITEM = [
    *_refusals(
        "reconciliation_item_open_day",
        "BEFORE INSERT",
        "reconciliation_item",
        # parts stand in the day of their whole
        f"NEW.part = 0 AND EXISTS ({_DAY_CLOSED})",
        "the day of this item is closed",
    ),
    *_refusals(
        "reconciliation_item_closed",
        "BEFORE UPDATE OF status, decision_id",
        "reconciliation_item",
        "OLD.decision_id IS NOT NULL AND NEW.decision_id IS DISTINCT FROM OLD.decision_id "
        f"AND EXISTS ({_STOOD_AT_CLOSE.format(decision='OLD.decision_id')})",
        "this item was settled when its day was closed",
    ),
]

DECISION = _refusals(
    "reconciliation_decision_closed",
    "BEFORE UPDATE OF status",
    "reconciliation_decision",
    "OLD.status = 'standing' AND NEW.status <> 'standing' "
    f"AND EXISTS ({_STOOD_AT_CLOSE.format(decision='OLD.id')})",
    "this decision stood when its day was closed",
)
