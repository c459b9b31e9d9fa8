"""Files live under random names outside the static folder; their type is found by content."""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import warnings
from datetime import datetime
from pathlib import Path

from flask import current_app
from PIL import Image, ImageOps, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject

from auction.assets.models import StoredFile
from auction.core.config import Settings
from auction.core.db import db
from auction.core.errors import Invalid
from auction.core.i18n import lazy_gettext as _l

MAX_UPLOAD = 20_000_000
MAX_PIXELS = 40_000_000
LONGEST_SIDE = 2400
MAX_PDF_OBJECTS = 100_000
# Actions that run or open something (PDF 32000-1, 12.6.4), and files inside the file.
_ACTIVE_ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm"})
_ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/XFA"})


def store_photo(data: bytes, name: str, *, court_id: int, now: datetime) -> StoredFile:
    """Store a picture anew, without its metadata; JPEG, PNG and WebP come in, JPEG goes out.

    Raises Invalid `bad-picture` for anything else, more than 20 MB or 40 million pixels.
    """
    _check_size(data)
    refusal = Invalid(
        "bad-picture", _l("图片无法读取。请上传 JPEG、PNG 或 WebP 图片。"), field="file"
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP"))
            if opened.width * opened.height > MAX_PIXELS:
                raise Invalid(
                    "picture-too-large", _l("图片超过四千万像素，请缩小后再上传。"), field="file"
                )
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise refusal from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=86, optimize=True, progressive=True)
    stored = store_file(
        out.getvalue(), name, mime="image/jpeg", court_id=court_id, now=now, public=True
    )
    stored.width, stored.height = picture.size
    return stored


def store_pdf(data: bytes, name: str, *, court_id: int, now: datetime, public: bool) -> StoredFile:
    """Store a PDF that holds nothing active; raises Invalid `bad-document` otherwise."""
    _check_size(data)
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise Invalid("bad-document", _l("文件不是完整的 PDF。请上传 PDF 文件。"), field="file")
    if _is_active_pdf(data):
        raise Invalid(
            "active-document", _l("PDF 中含有脚本或附件，请另存为普通 PDF 后上传。"), field="file"
        )
    return store_file(data, name, mime="application/pdf", court_id=court_id, now=now, public=public)


def _is_active_pdf(data: bytes) -> bool:
    """Whether any object of the document acts by itself or carries a file; Invalid if unreadable.

    Objects are read, not bytes searched: compressed text holds every short word by chance, and
    compressed objects hide them.
    """
    unreadable = Invalid("bad-document", _l("文件不是完整的 PDF。请上传 PDF 文件。"), field="file")
    try:
        reader = PdfReader(io.BytesIO(data))
        if (
            reader.is_encrypted
            or len(reader.xref_objStm) + sum(len(table) for table in reader.xref.values())
            > MAX_PDF_OBJECTS
        ):
            raise unreadable
        numbers = {n for table in reader.xref.values() for n in table} | set(reader.xref_objStm)
        found: list[object] = [reader.trailer]
        found += [reader.get_object(number) for number in sorted(numbers) if number]
        return any(_acts(value) for value in found)
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise unreadable from error


def _acts(value: object) -> bool:
    """Whether an object, or one written inside it, is active."""
    if isinstance(value, DictionaryObject):
        if _ACTIVE_KEYS & set(value) or str(value.get("/S")) in _ACTIVE_ACTIONS:
            return True
        return any(_acts(part) for part in value.values())
    return isinstance(value, ArrayObject) and any(_acts(part) for part in value)


def store_file(
    data: bytes, name: str, *, mime: str, court_id: int, now: datetime, public: bool
) -> StoredFile:
    """Write bytes the platform itself made or has checked; the row is the caller's transaction's.

    The file is on disk before the row is committed; a roll-back leaves a file nobody names.
    """
    token = secrets.token_urlsafe(32)
    path = _path(token)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    stored = StoredFile(
        token=token,
        court_id=court_id,
        mime=mime,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        original_name=clean_name(name),
        is_public=public,
        created_at=now,
    )
    db.session.add(stored)
    db.session.flush()
    return stored


def read_file(stored: StoredFile) -> bytes:
    """The bytes of a stored file."""
    return _path(stored.token).read_bytes()


def file_path(stored: StoredFile) -> Path:
    """Where a stored file lies."""
    return _path(stored.token)


def clean_name(name: str) -> str:
    """A file name fit to be shown and offered: no folders, controls or direction marks."""
    plain = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\"<>|:*?]", "", name)
    plain = plain.replace("\\", "/").rsplit("/", 1)[-1].strip(". ")
    return plain[:120] or "file"


def _check_size(data: bytes) -> None:
    if not data:
        raise Invalid("empty-file", _l("文件是空的，请重新选择。"), field="file")
    if len(data) > MAX_UPLOAD:
        raise Invalid("file-too-large", _l("文件超过 20 MB，请压缩后再上传。"), field="file")


def _path(token: str) -> Path:
    settings: Settings = current_app.extensions["luochui.settings"]
    return settings.upload_dir / token[:2] / token
