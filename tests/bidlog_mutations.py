"""The corpus of spoilt bid logs: each line of `mutations.jsonl` says what was done to one of them.

`do` is a list of steps, each the name of a function below (with - for _) and what it is given.
`give` names the files handed to the check besides the log: `sealed`, `own` (a bidder's leaves),
`receipt 7`, `proof 0`, `checkpoint 12`, `sealed receipt 0`. `status` is the exit status expected, 1
unless said, and `place` what the answer names.
"""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from bidlog_builder import (
    KEY,
    OTHER_KEY,
    b64,
    hash_leaf,
    root_of,
    sign,
    write_checkpoint,
    write_key,
    write_line,
    write_log,
    write_receipt,
    write_sealed,
    write_sealed_receipt,
)
from bidlog_checking import File, check_log
from bidlog_scenes import CORPUS

KEYS = {"own": KEY, "other": OTHER_KEY}


def load_mutations() -> list[dict[str, Any]]:
    text = (CORPUS / "mutations.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def check_mutation(mutation: dict[str, Any]) -> tuple[int, str]:
    """What the check says of a base log after these steps."""
    evidence = Evidence(mutation.get("base", "sold"))
    for name, *given in mutation["do"]:
        getattr(evidence, name.replace("-", "_"))(*given)
    return evidence.check(mutation.get("give", []))


class Evidence:
    """A base log with everything that can be held in hand of it, to be spoilt step by step."""

    def __init__(self, base: str) -> None:
        found = json.loads((CORPUS / f"{base}.json").read_text(encoding="utf-8"))
        self.files: dict[str, File] = {name: found[name] for name in ("log", "sealed", "own")}
        for kind in ("receipt", "proof", "checkpoint", "sealed_receipt"):
            for n, file in found[f"{kind}s"].items():
                self.files[f"{kind} {n}".replace("_", " ")] = file
        self.lines: list[str] = found["log"]["entries"]
        self.leaves = [(b64decode(e["salt"]), e["line"]) for e in found["sealed"]["entries"]]

    def check(self, give: list[str]) -> tuple[int, str]:
        """Exit status and what was written, with these files beside the log."""
        sealed = [name for name in give if name in {"sealed", "own"}]
        checkpoints = [name for name in give if name.startswith("checkpoint ")]
        receipts = [name for name in give if name not in {*sealed, *checkpoints}]
        return check_log(
            self.files["log"],
            receipts=[self.files[name] for name in receipts],
            checkpoints=[self.files[name] for name in checkpoints],
            sealed=self.files[sealed[0]] if sealed else None,
        )

    # Entries

    def set(self, n: int, changes: dict[str, Any]) -> None:
        self.lines[n] = write_line({**json.loads(self.lines[n]), **changes})

    def set_terms(self, changes: dict[str, Any]) -> None:
        self.set(0, {"terms": {**json.loads(self.lines[0])["terms"], **changes}})

    def unset(self, n: int, name: str) -> None:
        entry = json.loads(self.lines[n])
        del entry[name]
        self.lines[n] = write_line(entry)

    def text(self, n: int, old: str, new: str) -> None:
        assert old in self.lines[n]
        self.lines[n] = self.lines[n].replace(old, new, 1)

    def line(self, n: int, text: str) -> None:
        self.lines[n] = text

    def drop(self, n: int) -> None:
        del self.lines[n]

    def double(self, n: int) -> None:
        self.lines.insert(n, self.lines[n])

    def swap(self, n: int, other: int) -> None:
        self.lines[n], self.lines[other] = self.lines[other], self.lines[n]

    def insert(self, n: int, fields: dict[str, Any]) -> None:
        """A copy of the entry that is there, with changes."""
        self.lines.insert(n, write_line({**json.loads(self.lines[n]), **fields}))

    def cut(self, size: int) -> None:
        del self.lines[size:]

    def renumber(self) -> None:
        for n in range(len(self.lines)):
            self.set(n, {"n": n})

    def sign(self, key: str = "own") -> None:
        """The log's checkpoint is made anew; all that says whose key it is stays."""
        self.files["log"]["checkpoint"] = write_checkpoint(self.lines, KEYS[key])

    def forge(self) -> None:
        """The whole log is made anew under another key, which it names itself."""
        self.set(0, {"key": write_log([], OTHER_KEY)["key"]})
        self.files["log"] = write_log(self.lines, OTHER_KEY)
        self.lines = self.files["log"]["entries"]

    def rename_key(self, name: str) -> None:
        """The same key under another name, in the file, in the first entry and in the signature."""
        log = self.files["log"]
        log["key"] = write_key(KEY, name)
        self.set(0, {"key": log["key"]})
        root = b64(root_of([hash_leaf(line) for line in self.lines]))
        log["checkpoint"] = sign(f"{log['origin']}\n{len(self.lines)}\n{root}\n", KEY, name)

    # Sealed lines

    def set_sealed(self, n: int, changes: dict[str, Any]) -> None:
        salt, line = self.leaves[n]
        self.leaves[n] = (salt, write_line({**json.loads(line), **changes}))

    def text_sealed(self, n: int, old: str, new: str) -> None:
        salt, line = self.leaves[n]
        assert old in line
        self.leaves[n] = (salt, line.replace(old, new, 1))

    def drop_sealed(self, n: int) -> None:
        del self.leaves[n]

    def swap_sealed(self, n: int, other: int) -> None:
        self.leaves[n], self.leaves[other] = self.leaves[other], self.leaves[n]

    def write_sealed(self, erased: list[int] | None = None) -> None:
        self.files["sealed"] = write_sealed(self.leaves, frozenset(erased or []))

    def sign_sealed(self) -> None:
        """The sealed log is made anew, its root put into `close`, and the log signed again."""
        self.write_sealed()
        n = next(n for n, line in enumerate(self.lines) if '"type":"close"' in line)
        root = root_of([hash_leaf(line, salt) for salt, line in self.leaves])
        self.set(n, {"sealed": {"size": len(self.leaves), "root": b64(root)}})
        self.sign()

    # Files

    def edit(self, name: str, changes: dict[str, Any]) -> None:
        """Fields of a JSON file; one that becomes null in `changes` goes."""
        file = {**self.files[name], **changes}
        self.files[name] = {k: v for k, v in file.items() if v != "(gone)"}

    def edit_leaf(self, name: str, n: int, changes: dict[str, Any]) -> None:
        """Fields of one leaf in a sealed file."""
        self.files[name]["entries"][n].update(changes)

    def replace(self, name: str, old: str, new: str) -> None:
        """Text of a file, as it is written."""
        file = self.files[name]
        text = json.dumps(file, ensure_ascii=False) if isinstance(file, dict) else file
        assert old in text, (old, text)
        self.files[name] = text.replace(old, new, 1)

    def replace_in(self, name: str, field: str, old: str, new: str) -> None:
        """Text of one field of a JSON file."""
        assert old in self.files[name][field]
        self.files[name][field] = self.files[name][field].replace(old, new, 1)

    def write(self, name: str, text: str) -> None:
        self.files[name] = text

    def write_bytes(self, name: str, hexadecimal: str) -> None:
        self.files[name] = bytes.fromhex(hexadecimal)

    def nest(self, name: str, depth: int) -> None:
        self.files[name] = "[" * depth + "]" * depth

    def head(self, name: str, length: int) -> None:
        """The file breaks off (before its end, if negative)."""
        file = self.files[name]
        text = json.dumps(file, ensure_ascii=False) if isinstance(file, dict) else file
        self.files[name] = text[:length]

    def copy(self, name: str, other: str) -> None:
        """What was said to be one file is another."""
        self.files[name] = self.files[other]

    # What somebody was given who was shown another log, or by somebody else

    def fork_receipt(self, n: int, changes: dict[str, Any], key: str = "own") -> None:
        lines = list(self.lines)
        lines[n] = write_line({**json.loads(lines[n]), **changes})
        self.files[f"receipt {n}"] = write_receipt(lines, n, n + 1, KEYS[key])

    def fork_checkpoint(self, size: int, n: int, changes: dict[str, Any], key: str = "own") -> None:
        lines = list(self.lines)
        lines[n] = write_line({**json.loads(lines[n]), **changes})
        self.files[f"checkpoint {size}"] = write_checkpoint(lines[:size], KEYS[key])

    def note(self, name: str, text: str) -> None:
        """The platform signs whatever it likes."""
        self.files[name] = sign(text)

    def forge_sealed_receipt(self, n: int, key: str) -> None:
        self.files[f"sealed receipt {n}"] = write_sealed_receipt(self.leaves[n], KEYS[key])
