"""Personal data at rest is encrypted by field (PIPL 51); look-ups go through a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

_VERSION = b"\x01"


def _key(purpose: str) -> bytes:
    return _derive(purpose, current_app.config["SECRET_KEY"])


def _derive(purpose: str, secret: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=secret.encode()[:64], digest_size=32).digest()


def _cipher() -> AESGCM:
    return _make_cipher(current_app.config["SECRET_KEY"])


@lru_cache(maxsize=8)
def _make_cipher(secret: str) -> AESGCM:
    """Made once a secret: its key schedule costs more than sealing a line."""
    return AESGCM(_derive("field", secret))


class Encrypted(TypeDecorator[str]):
    """Text sealed with AES-256-GCM, bound to its place (`table.column`)."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _seal(value.encode(), self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _open(bytes(value), self.place).decode()


class EncryptedBytes(TypeDecorator[bytes]):
    """Bytes sealed in the same way: a piece of a file."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _seal(value, self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else _open(bytes(value), self.place)


def _seal(value: bytes, place: str) -> bytes:
    nonce = os.urandom(12)
    return _VERSION + nonce + _cipher().encrypt(nonce, value, place.encode())


def _open(raw: bytes, place: str) -> bytes:
    try:
        return _cipher().decrypt(raw[1:13], raw[13:], place.encode())
    except InvalidTag:
        raise ValueError(f"{place}: sealed with another key") from None


def lookup_hash(value: str, purpose: str) -> str:
    """A keyed hash by which a sealed value can be found again, and not guessed from a copy."""
    return hmac.new(_key(f"lookup:{purpose}"), value.encode(), hashlib.sha256).hexdigest()
