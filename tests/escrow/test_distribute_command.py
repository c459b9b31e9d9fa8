"""``python -m escrow.distribute``: a plan and 0, or one line and 2."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "data" / "distribution.json").read_text("utf-8"))


def run_command(*arguments, stdin=b"", **options):
    return subprocess.run(
        [sys.executable, "-m", "escrow.distribute", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        check=False,
        timeout=60,
        **options,
    )


def encode(file):
    return json.dumps(file).encode()


def test_a_file_gives_its_plan(tmp_path):
    path = tmp_path / "分配.json"
    path.write_bytes(encode(CASES[0]["distribution_file"]))
    done = run_command(path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == CASES[0]["plan"]


def test_a_dash_reads_standard_input():
    done = run_command("-", stdin=encode(CASES[1]["distribution_file"]))
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == CASES[1]["plan"]


def test_chinese_ids_are_printed_in_any_locale():
    file = json.loads(json.dumps(CASES[0]["distribution_file"]).replace('"K"', '"评估费"'))
    done = run_command("-", stdin=encode(file), env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert json.loads(done.stdout)["lines"][0]["to"] == "评估费"


def test_the_same_file_prints_the_same_bytes():
    outputs = {
        run_command(
            "-", stdin=encode(CASES[59]["distribution_file"]), env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"null",
        b"\xef\xbb\xbf" + encode(CASES[0]["distribution_file"]),
        json.dumps(CASES[0]["distribution_file"]).encode("utf-16"),
        encode(CASES[0]["distribution_file"]).replace(b"360000000", b"1e400"),
        encode(CASES[0]["distribution_file"]).replace(b"360000000", b"NaN"),
        encode(CASES[0]["distribution_file"]).replace(b"360000000", b"9" * 5000),
        encode(CASES[0]["distribution_file"]).replace(b"360000000", b"9" * 4000),
        encode(CASES[0]["distribution_file"]).replace(b'"rank"', b'"on"'),
        b"[" * 100_000,
    ],
    ids=range(10),
)
def test_a_file_that_is_not_valid_is_one_line_and_exit_2(document):
    done = run_command("-", stdin=document)
    assert (done.returncode, done.stdout) == (2, b"")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("no such file",), (".",), ("--what",)])
def test_wrong_arguments_are_one_line_and_exit_2(arguments):
    done = run_command(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert len(done.stderr.splitlines()) == 1


def test_the_command_needs_the_standard_library_only():
    program = (
        "import sys; before = set(sys.modules); import escrow.distribute;"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(loaded - set(sys.stdlib_module_names) - {'escrow'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, cwd=ROOT, check=True, timeout=60
    )
    assert done.stdout.strip() == b"[]"
