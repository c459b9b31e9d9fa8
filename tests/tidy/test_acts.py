"""Every act that is written into the audit trail has a name for people."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from sqlalchemy import Enum

import wsgi  # noqa: F401  # knows all tables
from auction.core.acts import ACT_NAMES, OWN_STATE_NAMES, STATE_NAMES, SUBJECT_NAMES
from auction.core.db import Model
from escrow.desk.words import ALARMS
from escrow.payouts import watching

ROOT = Path(__file__).resolve().parents[2]


def recorded_acts():
    """First argument of every call to `record`, where it is written out."""
    for package in ("auction", "bidding", "escrow"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                if (
                    node.func.id == "record"
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    yield str(node.args[0].value), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_recorded_act_has_a_name():
    acts = dict(recorded_acts())
    assert len(acts) > 40
    assert {act: place for act, place in acts.items() if act not in ACT_NAMES} == {}


def tables_with_states():
    """Every table whose rows change their state, with the states."""
    for mapper in Model.registry.mappers:
        status = mapper.local_table.columns.get("status")
        modules = vars(sys.modules[mapper.class_.__module__])
        if status is None or not isinstance(status.type, Enum):  # others' words are not ours
            continue
        if not any(name.endswith("TRANSITIONS") for name in modules):
            continue
        yield mapper.local_table.name, [str(state) for state in status.type.python_type]


def test_every_state_a_row_can_reach_has_a_name():
    tables = dict(tables_with_states())
    changed = set(SUBJECT_NAMES) & set(tables)
    assert changed == set(SUBJECT_NAMES)
    lacking = {
        (table, state)
        for table in changed
        for state in tables[table]
        if state not in STATE_NAMES and (table, state) not in OWN_STATE_NAMES
    }
    assert lacking == set()


def raised_alarms():
    """The code of every alarm about money: the argument, or what the code can be."""
    for path in sorted((ROOT / "escrow").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            place = {"raise_alarm": 0, "_alarm": 1}.get(node.func.id)
            if place is not None and isinstance(node.args[place], ast.Constant):
                yield str(node.args[place].value)


def test_every_alarm_about_money_says_what_it_is_and_what_to_do():
    found = set(raised_alarms())
    assert len(found) > 10
    misfits = {"wrong-mode", "not-ours", "wrong-currency", "wrong-amount"}
    reminders = {"suspense-due", "suspense-overdue", watching.ALARM}
    assert found | misfits | reminders == set(ALARMS)
