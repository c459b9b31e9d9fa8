"""Typst turns data into PDF: values come in as data, never as markup; no font of the machine."""

from __future__ import annotations

import sys
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst


def typeset(source: Path, *, data: str, qr: str, at: datetime) -> bytes:
    """Compile `source` with the JSON text `data` and the SVG text `qr` to PDF/A-2b.

    Takes some 40 ms of processor time, so under gevent it runs in a real thread: a sale that is
    being bid on in this process must not wait for a paper.
    """
    pool = _thread_pool()
    if pool is None:
        return _compile(source, data, qr, int(at.timestamp()))
    pdf: bytes = pool.apply(_compile, (source, data, qr, int(at.timestamp())))
    return pdf


def _compile(source: Path, data: str, qr: str, timestamp: int) -> bytes:
    compiler = typst.Compiler(
        str(source),
        root=str(source.parent),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": data, "qr": qr},
    )
    pdf = compiler.compile(format="pdf", pdf_standards=["a-2b"], timestamp=timestamp)
    assert isinstance(pdf, bytes)
    return pdf


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    folder = Path(pylopdf_fonts_zh_cn.sans_path()).parent
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
    )


def _thread_pool() -> Any:
    """The thread pool of gevent where this process is patched by it, else None."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return None
    from gevent import get_hub  # only in a process that runs on gevent

    return get_hub().threadpool
