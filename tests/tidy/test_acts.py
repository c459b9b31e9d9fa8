"""Every act that is written into the audit trail has a name for people."""

from __future__ import annotations

import ast
from pathlib import Path

from auction.core.acts import ACT_NAMES

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
