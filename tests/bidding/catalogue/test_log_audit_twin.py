"""The check in the browser and the program that is mailed say the same of the same log."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bidlog_builder import LoggedSale, write_line, write_log
from bidlog_checking import check_log
from bidlog_scenes import hold_moved, hold_running, hold_selloff, hold_sold, hold_withdrawn

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import { readFileSync } from 'node:fs';
import { auditLog } from './static/js/log-audit.js';
const said = [];
for (const log of JSON.parse(readFileSync(0, 'utf8'))) {
  const known = { sale: 'S-2026-0001', page: null, key: null, seen: [], receipts: [] };
  const { checks } = await auditLog(log, known);
  said.push(checks.filter((check) => check.holds !== true).map((check) => check.code).join(' '));
}
console.log(JSON.stringify(said));
"""
SCENES = (hold_sold, hold_selloff, hold_moved, hold_withdrawn, hold_running)
LIES: dict[str, list[Any]] = {
    "amount": [0, 69_500_000, 70_250_000, 10**15 + 1, True, "70000000", None],
    "code": ["NOBODY", "", 7],
    "auto": [True, False, 1],
    "seq": [0, 1, 2, 99, None],
    "cause": [None, 0, 1, 5, -1],
    "closes_at": ["2026-11-02T04:00:00.001Z", "2026-11-02T04:00:00Z", None],
    "at": ["2026-01-01T00:00:00.000Z", "2099-01-01T00:00:00.000Z", "2026-13-01T00:00:00.000Z"],
    "n": [0, 3, None],
    "v": [2],
    "sale": ["S-2026-0002"],
    "type": ["bid", "gift", "note", "close"],
    "priority": [1, 0, -1, None, "1"],
    "status": ["sold", "unsold", "withdrawn", "open"],
    "price": [None, 70_000_000],
    "leader": [None, "K7Q2", "NOBODY"],
    "bids": [0, 1],
    "extensions": [0, 1, 2],
    "codes": [1, 5],
    "ground": [None, "暂缓"],
    "name": ["张三"],
}


def lie_about(sale: LoggedSale) -> Iterator[list[str]]:
    """The sale's lines as they are; then each with one value changed, all signed again."""
    yield sale.lines
    for n, line in enumerate(sale.lines):
        entry = json.loads(line)
        for name, values in LIES.items():
            if name not in entry and name != "name":
                continue
            for value in values:
                lines = list(sale.lines)
                lines[n] = write_line({**entry, name: value})
                yield lines


@pytest.mark.parametrize("hold", SCENES)
def test_both_find_the_same_logs_wanting(hold):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    logs = [write_log(lines) for lines in lie_about(hold())]
    answer = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT],
        input=json.dumps(logs),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    browser = json.loads(answer.stdout)
    assert browser[0] == ""
    apart = []
    for log, said in zip(logs, browser, strict=True):
        status, theirs = check_log(log)
        if (status == 0) != (said == ""):
            apart.append((theirs.splitlines()[-1], said))
    assert len(logs) > 50
    assert apart == [], "\n".join(map(str, apart))
