"""Promises about the code's shape: which way imports point, and what stands in one place only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("auction", "bidding", "escrow")
SOURCES = [
    *sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")),
    ROOT / "wsgi.py",
]

# The Stripe stand-in is a program of its own, which also runs by itself.
SIMULATOR = "escrow/stripe_simulator/"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_by(path: Path) -> set[str]:
    """Full names of the modules a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name_of(path)}: relative import"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def calls_in(path: Path) -> set[str]:
    """Dotted names of everything a file calls: `datetime.now`, `session.commit`."""
    return {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }


def offenders(is_bad, *, but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Files in which `is_bad(path)` finds something, with what it found."""
    found = {name_of(path): sorted(is_bad(path)) for path in SOURCES}
    return {name: what for name, what in found.items() if what and not name.startswith(but or "\0")}


def test_packages_import_only_those_to_their_left():
    allowed = {"auction": set(), "bidding": {"auction"}, "escrow": {"auction", "bidding"}}

    def wrong(path):
        own = name_of(path).split("/")[0]
        if own not in allowed:
            return []
        others = {*PACKAGES, "wsgi", "tests"} - allowed[own] - {own}
        return [name for name in imported_by(path) if name.split(".")[0] in others]

    assert offenders(wrong) == {}


def test_the_ground_imports_nothing_else_of_ours():
    def wrong(path):
        if not name_of(path).startswith("auction/core/"):
            return []
        return [
            name
            for name in imported_by(path)
            if name.split(".")[0] in PACKAGES
            and name != "auction"
            and not name.startswith("auction.core")
        ]

    assert offenders(wrong) == {}


@pytest.mark.parametrize("folder", ["bidding/engine", "escrow/distribution"])
def test_pure_parts_know_neither_web_nor_database_nor_clock(folder):
    outside = {"flask", "sqlalchemy", "flask_sqlalchemy", "time", "random", "requests", "stripe"}

    def wrong(path):
        if not name_of(path).startswith(folder):
            return []
        return [name for name in imported_by(path) if name.split(".")[0] in outside]

    assert offenders(wrong) == {}
    assert any(name_of(path).startswith(folder) for path in SOURCES)


def test_only_one_module_commits_and_rolls_back():
    def wrong(path):
        return [
            c for c in calls_in(path) if c.rsplit(".", 1)[-1] in {"commit", "rollback"} and "." in c
        ]

    assert offenders(wrong, but=("auction/core/db.py",)) == {}


def test_only_one_module_reads_the_machines_clock():
    wall = re.compile(
        r"(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|monotonic|localtime|gmtime))$"
    )

    def wrong(path):
        return [call for call in calls_in(path) if wall.search(call)]

    others = (SIMULATOR + "__main__.py", "bidding/witness/__main__.py")  # run elsewhere
    assert offenders(wrong, but=("auction/core/clock.py", *others)) == {}


def test_only_the_factory_reads_the_environment():
    def wrong(path):
        text = path.read_text(encoding="utf-8")
        return re.findall(r"os\.environ|os\.getenv|from os import environ", text)

    assert offenders(wrong, but=("wsgi.py", SIMULATOR + "__main__.py")) == {}


def test_stripe_is_spoken_to_in_one_module_only():
    def wrong(path):
        return [name for name in imported_by(path) if name.split(".")[0] == "stripe"]

    # The stand-in reads the library's own types, to stay true to them.
    assert set(offenders(wrong, but=(SIMULATOR,))) <= {"escrow/payments/gateway.py"}


MONEY = ("auction/core/money.py", "bidding/engine/", "bidding/salefile.py", "escrow/")


def test_there_is_no_float_near_money():
    """No float written, called for or divided into being; a slash between paths is none."""

    def wrong(path):
        if not name_of(path).startswith(MONEY):
            return []
        found = []
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_float = isinstance(node, ast.Constant) and isinstance(node.value, float)
            is_made = isinstance(node, ast.Call) and ast.unparse(node.func) in {"float", "round"}
            is_divided = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            if is_float or is_made or (is_divided and not is_path(node)):
                found.append(f"line {node.lineno}: {ast.unparse(node)}")
        return found

    # Times of day drawn on a made-up timetable, spans divided by a speed, seconds to wait.
    no_money = ("escrow/demo/timetable.py", "escrow/demo/replay.py", SIMULATOR + "delivery.py")
    assert offenders(wrong, but=no_money) == {}


def is_path(division: ast.BinOp) -> bool:
    """Whether a slash joins parts of a path, as far as its words tell."""
    right = division.right
    is_text = isinstance(right, ast.JoinedStr) or (
        isinstance(right, ast.Constant) and isinstance(right.value, str)
    )
    words = r"folder|path|root|here|papers|__file__|name|dir"
    return is_text or bool(re.search(words, ast.unparse(division), re.IGNORECASE))


def test_numbers_that_protect_something_are_not_from_the_guessable_generator():
    def wrong(path):
        return [n for n in imported_by(path) if n.split(".")[0] in {"random", "uuid"}]

    # The demonstration court draws its fictions from a seed, so that they are the same each time.
    assert offenders(wrong, but=("escrow/demo/",)) == {}


def test_no_exception_is_swallowed_whole():
    def wrong(path):
        found = []
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                kind = ast.unparse(node.type) if node.type else "everything"
                silent = all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
                if kind == "everything" or (silent and kind in {"Exception", "BaseException"}):
                    found.append(f"line {node.lineno}: except {kind}")
        return found

    assert offenders(wrong) == {}


def test_nothing_is_left_for_later():
    def wrong(path):
        return re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", path.read_text(encoding="utf-8"))

    assert offenders(wrong) == {}
