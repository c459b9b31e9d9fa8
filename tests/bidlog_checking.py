"""The check of a bid log, run as its command is, on files written for it."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bidding import verify

File = dict[str, Any] | str | bytes
"""What is in a file: an object to be written as JSON, a text, or bytes."""


def check_log(
    log: File,
    *,
    receipts: Sequence[File] = (),
    checkpoints: Sequence[File] = (),
    sealed: File | None = None,
) -> tuple[int, str]:
    """Exit status and everything that was written."""
    with tempfile.TemporaryDirectory(prefix="luochui-verify-") as folder:
        arguments = lay_out(Path(folder), log, receipts, checkpoints, sealed)
        written = io.StringIO()
        with contextlib.redirect_stdout(written), contextlib.redirect_stderr(written):
            status = verify.main(arguments)
        return status, written.getvalue().replace(folder + "/", "")


def lay_out(
    folder: Path,
    log: File,
    receipts: Sequence[File] = (),
    checkpoints: Sequence[File] = (),
    sealed: File | None = None,
) -> list[str]:
    """The files in a folder, and the arguments that name them."""
    arguments = [write_file(folder / "log.json", log)]
    for n, receipt in enumerate(receipts):
        arguments += ["--receipt", write_file(folder / f"receipt-{n}", receipt)]
    for n, checkpoint in enumerate(checkpoints):
        arguments += ["--checkpoint", write_file(folder / f"checkpoint-{n}", checkpoint)]
    if sealed is not None:
        arguments += ["--sealed", write_file(folder / "sealed.json", sealed)]
    return arguments


def write_file(path: Path, content: File) -> str:
    if isinstance(content, dict):
        content = json.dumps(content, ensure_ascii=False)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)
