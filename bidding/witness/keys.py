"""The witness's own key, and the keys of the logs it stands by."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.evidence.merkle import HASH_BYTES
from bidding.evidence.notes import (
    ED25519,
    NoteError,
    Signer,
    Verifier,
    parse_verifier,
    read_base64,
    write_base64,
)
from bidding.evidence.witnessing import cosign, cosigner

_PRIVATE = "PRIVATE+KEY+"
_KEY_LENGTH = 44  # 32 bytes in base 64
_SALE = re.compile(r"(?P<host>[^\s/+]+)/sale/[^\s/+]{1,100}")


class KeyFileError(Exception):
    """The key cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Who countersigns: a name and its private key."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """The public key that others configure."""
        return cosigner(self.name, self.key.public_key().public_bytes_raw())

    def cosign(self, text: str, at: int) -> str:
        """The signature line under a checkpoint's text."""
        return cosign(self.name, self.key, text, at)


def make_key_file(path: Path, name: str) -> None:
    """Write a new private key, for its owner's eyes only, durably, as C2SP tools write it."""
    signer = Signer.of(name, Ed25519PrivateKey.generate())
    secret = write_base64(ED25519 + signer.key.private_bytes_raw())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{_PRIVATE}{name}+{signer.verifier.key_id.hex()}+{secret}\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_key_file(path: Path) -> Cosigner:
    """The key of a file that nobody else can read; KeyFileError for any other."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(f"{path} can be read by others: chmod 600 it, or make a new key")
    text = path.read_text(encoding="utf-8").rstrip("\n")
    try:
        name, key_id, encoded = text.removeprefix(_PRIVATE).split("+", 2)
        secret = read_base64(encoded)
        if not text.startswith(_PRIVATE) or secret[:1] != ED25519:
            raise NoteError("not an Ed25519 key")
        signer = Signer.of(name, Ed25519PrivateKey.from_private_bytes(secret[1:]))
    except ValueError as error:
        raise KeyFileError(f"{path} holds no key of a witness") from error
    if signer.verifier.key_id.hex() != key_id:
        raise KeyFileError(f"{path}: the key's id is not its own")
    return Cosigner(name, signer.key)


@dataclass(slots=True)
class Trust:
    """Which keys may sign for which log.

    A log is named with its key, or its platform is: every sale is a new log, and a platform signs
    all `<host>/sale/…` of one time with one key.
    """

    logs: dict[str, list[Verifier]] = field(default_factory=dict)
    platforms: dict[str, list[bytes]] = field(default_factory=dict)

    def add_log(self, key: str) -> None:
        """Trust a log by its verifier key, whose name is the log's origin."""
        verifier = parse_verifier(key)
        if verifier.kind != ED25519:
            raise NoteError("a witness's key, not a log's")
        self.logs.setdefault(verifier.name, []).append(verifier)

    def add_platform(self, text: str) -> None:
        """Trust `<host>=<public key>`; the key in base 64, or a verifier key of any of its logs."""
        host, _, key = text.partition("=")
        if not host or not key or "/" in host:
            raise NoteError("a platform is given as <host>=<key>")
        public = parse_verifier(key).public if len(key) > _KEY_LENGTH else read_base64(key)
        if len(public) != HASH_BYTES:
            raise NoteError("not an Ed25519 key")
        self.platforms.setdefault(host, []).append(public)

    def keys_of(self, origin: str) -> Iterable[Verifier]:
        """The keys that may sign for this log; none if the log is unknown here."""
        sale = _SALE.fullmatch(origin)
        hosted = self.platforms.get(sale["host"], []) if sale else []
        return [*self.logs.get(origin, []), *(Verifier(origin, public) for public in hosted)]
