"""The command alone: one file, no project around it, an exit status, never a traceback."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest
from bidlog_builder import b64, hash_leaf, write_log
from bidlog_checking import check_log, lay_out, write_file
from bidlog_scenes import CORPUS

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "bidding" / "verify.py"
SOLD = json.loads((CORPUS / "sold.json").read_text(encoding="utf-8"))


@pytest.fixture
def alone(tmp_path):
    """Run a copy of the one file in a folder of its own, cut off from everything else."""
    shutil.copy(SOURCE, tmp_path / "mailed.py")

    def run(*arguments, module=False):
        program = ["-m", "bidding.verify"] if module else ["-I", "mailed.py"]
        return subprocess.run(
            [sys.executable, *program, *arguments],
            cwd=ROOT if module else tmp_path,
            env={"PYTHONIOENCODING": "ascii:strict"} if not module else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def test_it_imports_the_standard_library_and_cryptography_only():
    names = set()
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            names.add(node.module.split(".")[0])
    assert names - set(sys.stdlib_module_names) == {"cryptography"}


def test_a_mailed_copy_says_what_holds(alone, tmp_path):
    arguments = lay_out(
        tmp_path, SOLD["log"], [SOLD["receipts"]["11"]], [SOLD["checkpoints"]["12"]], SOLD["sealed"]
    )
    done = alone(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "Everything holds."
    assert all(line.startswith("holds: ") for line in lines[:-1])
    heads = [line.removeprefix("holds: ").split(":")[0].split(" /")[0] for line in lines[:-1]]
    assert heads == [
        "lines", "signature", "checkpoint", "receipt", "times", "replay", "automatic bids",
        "amendments", "sealed log", "instructions", "refusals", "end",
    ]  # fmt: skip


def test_it_runs_as_a_module_as_well(alone, tmp_path):
    done = alone(*lay_out(tmp_path, SOLD["log"]), module=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Everything holds.\n")


def test_a_log_that_does_not_hold_ends_with_one_and_its_entry(alone, tmp_path):
    entries = list(SOLD["log"]["entries"])
    entries[7] = entries[7].replace("71000000", "71000001")
    done = alone(*lay_out(tmp_path, {**SOLD["log"], "entries": entries}))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1].startswith("DOES NOT HOLD: entry 7: ")


def test_a_file_that_cannot_be_read_ends_with_two_and_one_line(alone, tmp_path):
    log = write_file(tmp_path / "log.json", SOLD["log"])
    torn = write_file(tmp_path / "torn.json", '{"format":')
    for arguments in (
        [torn],
        [str(tmp_path / "nowhere.json")],
        [str(tmp_path)],
        [log, "--receipt", torn],
        [log, "--checkpoint", torn],
        [log, "--sealed", torn],
        [log, "--receipt", str(tmp_path / "nowhere")],
    ):
        done = alone(*arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr.startswith("cannot be read: ")
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr


def test_a_wrong_call_ends_with_two_and_says_how_to_call(alone):
    for arguments in ([], ["log.json", "--limit", "7"], ["a", "b"]):
        done = alone(*arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("usage: ")


def test_a_running_sale_is_said_to_run():
    running = json.loads((CORPUS / "running.json").read_text(encoding="utf-8"))
    status, said = check_log(running["log"])
    assert status == 0
    assert "end: not in this log yet; the sale closes at 2026-11-03T02:06:00.000Z" in said
    suspended = json.loads((CORPUS / "moved.json").read_text(encoding="utf-8"))
    lines = suspended["log"]["entries"][:4]
    log = {**suspended["log"], "entries": lines, "checkpoint": suspended["checkpoints"]["4"]}
    status, said = check_log(log)
    assert status == 0
    assert "end: not in this log yet; the sale is suspended" in said


def test_the_checkpoint_of_a_running_sale_holds_against_its_whole_log():
    running = json.loads((CORPUS / "running.json").read_text(encoding="utf-8"))
    status, said = check_log(SOLD["log"], checkpoints=[running["log"]["checkpoint"]])
    assert status == 0, said
    assert "the log still begins with the 16 entries of then" in said


def test_an_erased_leaf_keeps_the_proof_and_stops_the_replay_of_instructions():
    sealed = {**SOLD["sealed"], "entries": list(SOLD["sealed"]["entries"])}
    salted = sealed["entries"][0]
    whole = check_log(SOLD["log"], sealed=sealed)[1]
    sealed["entries"][0] = {"leaf": b64(hash_leaf(salted["line"], b64decode(salted["salt"])))}
    status, said = check_log(SOLD["log"], sealed=sealed)
    assert status == 0, said
    assert "sealed log: 1 of them erased" in said
    assert ("instructions: " in whole, "instructions: " in said) == (True, False)


def test_what_a_file_says_cannot_steer_the_terminal():
    entries = list(SOLD["log"]["entries"])
    entries[7] = entries[7].replace("K7Q2", "\\u001b[2J")
    status, said = check_log({**SOLD["log"], "entries": entries})
    assert status == 1
    assert "\x1b" not in said


def test_codes_may_stand_before_what_came_in_time_and_was_decided_at_the_opening():
    """A request has two seconds: decided after the opening, it may be stamped before it."""
    lines = SOLD["log"]["entries"]
    early = [
        line.replace("T02:00:00.000Z", "T01:59:58.000Z") if '"type":"code"' in line else line
        for line in lines[:14]
    ]
    assert early[:7] != lines[:7]
    status, said = check_log(write_log(early))
    assert status == 0, said
