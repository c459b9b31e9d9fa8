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
        if value is None:
            return None
        nonce = os.urandom(12)
        sealed = _cipher().encrypt(nonce, value.encode(), self.place.encode())
        return _VERSION + nonce + sealed

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        raw = bytes(value)
        try:
            opened = _cipher().decrypt(raw[1:13], raw[13:], self.place.encode())
        except InvalidTag:
            raise ValueError(f"{self.place}: sealed with another key") from None
        return opened.decode()


def lookup_hash(value: str, purpose: str) -> str:
    """A keyed hash by which a sealed value can be found again, and not guessed from a copy."""
    return hmac.new(_key(f"lookup:{purpose}"), value.encode(), hashlib.sha256).hexdigest()
