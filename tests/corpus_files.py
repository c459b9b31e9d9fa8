"""Reads and writes the corpus of bad input: `tests/corpus/<interface>/cases.jsonl`.

Each line is one case in ASCII: its name, what is sent, and the answer that is right. The lines are
written by `write.py` beside them: `python tests/corpus_files.py` writes them all again.
"""

from __future__ import annotations

import base64
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

CORPUS = Path(__file__).parent / "corpus"


def load_writer(interface: str) -> ModuleType:
    """The module that writes an interface's manifest."""
    path = CORPUS / interface / "write.py"
    spec = importlib.util.spec_from_file_location(f"corpus_{interface}", path)
    assert spec is not None
    assert spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    return writer


def write_lines(interface: str) -> str:
    """The manifest as its writer makes it."""
    writer = load_writer(interface)
    return "".join(json.dumps(case) + "\n" for case in writer.cases())


def interfaces() -> list[str]:
    """Every interface that has a corpus."""
    return sorted(path.parent.name for path in CORPUS.glob("*/write.py"))


def load_cases(interface: str) -> list[dict[str, Any]]:
    """The cases as they are kept."""
    path = CORPUS / interface / "cases.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def content_of(case: dict[str, Any]) -> bytes:
    """The bytes that a case sends."""
    if "body_b64" in case:
        return base64.b64decode(case["body_b64"])
    return (case["body"] * case.get("repeat", 1)).encode("utf-8", "surrogatepass")


def main() -> None:
    """Write every manifest again."""
    for interface in interfaces():
        (CORPUS / interface / "cases.jsonl").write_text(write_lines(interface), encoding="ascii")


if __name__ == "__main__":
    main()
