"""The published bid log after a crash: it holds what was answered, and nothing else was ever shown.

Read as an outsider reads it: the file that anyone can download, its tree computed here once more
from the definition (RFC 6962), and the checking program that is handed out with it.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from processes import ROOT


def root_of(lines: Sequence[bytes]) -> bytes:
    """Root of the tree over these lines."""
    if not lines:
        return sha256(b"").digest()
    if len(lines) == 1:
        return sha256(b"\x00" + lines[0]).digest()
    half = 1 << (len(lines) - 1).bit_length() - 1
    return sha256(b"\x01" + root_of(lines[:half]) + root_of(lines[half:])).digest()


def find_notes(told: Any) -> list[str]:
    """Every checkpoint in what was told to somebody: in states, and in the proofs of receipts."""
    if isinstance(told, Mapping):
        return [note for name, value in told.items() for note in _notes_under(name, value)]
    if isinstance(told, list):
        return [note for value in told for note in find_notes(value)]
    return []


def _notes_under(name: str, value: Any) -> list[str]:
    if name == "checkpoint" and value:
        return [value]
    if name == "proof" and isinstance(value, str):
        return [value.partition("\n\n")[2]]
    return find_notes(value)


def find_receipts(told: Sequence[Any]) -> list[str]:
    """Every receipt that was answered to somebody, each once, as text."""
    flat = [one for part in told for one in part if isinstance(one, Mapping)]
    texts = [json.dumps(one["receipt"], sort_keys=True) for one in flat if one.get("receipt")]
    return list(dict.fromkeys(texts))


def check_notes(log: Mapping[str, Any], notes: Sequence[str]) -> None:
    """Whatever was signed and shown is the beginning of this log (INV-14)."""
    lines = [entry.encode() for entry in log["entries"]]
    for note in [*notes, log["checkpoint"]]:
        origin, size, root = note.split("\n")[:3]
        assert origin == log["origin"]
        assert 0 < int(size) <= len(lines), f"signed {size} of {len(lines)} entries"
        assert base64.b64decode(root) == root_of(lines[: int(size)]), f"another root of {size}"


def verify(
    folder: Path,
    log: Mapping[str, Any],
    notes: Sequence[str],
    receipts: Sequence[str],
    sealed: Mapping[str, Any] | None,
) -> None:
    """The program that checks a log finds nothing wrong with it and with all that was shown."""
    folder.mkdir()
    words = [_keep(folder, "log", json.dumps(log))]
    if sealed is not None:
        words += ["--sealed", _keep(folder, "sealed", json.dumps(sealed))]
    for number, note in enumerate(notes):
        words += ["--checkpoint", _keep(folder, f"checkpoint-{number}", note)]
    for number, receipt in enumerate(receipts):
        words += ["--receipt", _keep(folder, f"receipt-{number}", receipt)]
    done = subprocess.run(
        [sys.executable, "-m", "bidding.verify", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def _keep(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    return str(path)
