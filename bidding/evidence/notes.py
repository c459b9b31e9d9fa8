"""Signed notes, checkpoints and proofs in the formats of C2SP, as any witness reads them.

Pure. A note is a text and its signatures; a checkpoint a note that names a log, its size and its
root; a proof what shows offline that an entry is in the log of a checkpoint.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bidding.evidence.merkle import HASH_BYTES

ED25519 = b"\x01"
COSIGNATURE = b"\x04"
KEY_ID_BYTES = 4
SIGNATURE_PREFIX = "— "
PROOF_HEADER = "c2sp.org/tlog-proof@v1\n"


class NoteError(ValueError):
    """A text that is no note, no checkpoint or no key; the message says what is wrong first."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under the name it signs by."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def key_id(self) -> bytes:
        """Four bytes by which a signature line says whose it may be."""
        hashed = sha256(self.name.encode() + b"\n" + self.kind + self.public)
        return hashed.digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        """`<name>+<key id>+<key>`, as it is published (C2SP signed-note)."""
        return f"{self.name}+{self.key_id.hex()}+{write_base64(self.kind + self.public)}"

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Whether this key made this plain Ed25519 signature over `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


def parse_verifier(text: str) -> Verifier:
    """The key that `str(verifier)` wrote; NoteError if it is none or its id is not its own."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not is_name(parts[0]):
        raise NoteError("not a verifier key")
    name, key_id, key = parts[0], parts[1], read_base64(parts[2])
    if len(key) != HASH_BYTES + 1 or key[:1] not in (ED25519, COSIGNATURE):
        raise NoteError("not an Ed25519 key")
    verifier = Verifier(name, key[1:], key[:1])
    if verifier.key_id.hex() != key_id:
        raise NoteError("the key's id is not its own")
    return verifier


def is_name(name: str) -> bool:
    """A key's name has neither space nor plus sign."""
    return bool(name) and not any(character.isspace() or character == "+" for character in name)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under the name it signs by."""

    name: str
    key: Ed25519PrivateKey
    verifier: Verifier

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey) -> Signer:
        """The signer of this name; NoteError for a name no note can carry."""
        if not is_name(name):
            raise NoteError("a key's name has neither space nor plus sign")
        return cls(name, key, Verifier(name, key.public_key().public_bytes_raw()))

    def sign(self, text: str) -> str:
        """The note: the text, which ends its last line, and one signature."""
        signature = self.verifier.key_id + self.key.sign(text.encode())
        return f"{text}\n{SIGNATURE_PREFIX}{self.name} {write_base64(signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as read: its text and (name, signature with its key id) of each signature line."""

    text: str
    signatures: tuple[tuple[str, bytes], ...]

    def is_signed_by(self, verifier: Verifier) -> bool:
        """Whether a signature line of this key is there and holds."""
        body = self.text.encode()
        return any(
            name == verifier.name
            and signature[:KEY_ID_BYTES] == verifier.key_id
            and verifier.verifies(signature[KEY_ID_BYTES:], body)
            for name, signature in self.signatures
        )


def parse_note(text: str) -> Note:
    """Take a note apart; whether its signatures hold is asked of the note."""
    body, blank, tail = text.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise NoteError("not a signed note")
    if any(ord(character) < 0x20 and character != "\n" for character in text):
        raise NoteError("a note has no control characters")
    signatures = []
    for line in tail[:-1].split("\n"):
        name, _, encoded = line.removeprefix(SIGNATURE_PREFIX).partition(" ")
        signature = read_base64(encoded)
        if not line.startswith(SIGNATURE_PREFIX) or not is_name(name):
            raise NoteError("not a signature line")
        if len(signature) <= KEY_ID_BYTES:
            raise NoteError("a signature without a signature")
        signatures.append((name, signature))
    return Note(body + "\n", tuple(signatures))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself at one size."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        """The text that is signed (C2SP tlog-checkpoint)."""
        return f"{self.origin}\n{self.size}\n{write_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """A note's text as a checkpoint; further lines are somebody's extensions."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise NoteError("a checkpoint has three lines")
    origin, size, root = lines[0], lines[1], read_base64(lines[2])
    if not (size.isascii() and size.isdigit()) or len(size) > 18 or str(int(size)) != size:
        raise NoteError("a checkpoint's size is a number")
    if len(root) != HASH_BYTES:
        raise NoteError("a checkpoint's root is a hash")
    return Checkpoint(origin, int(size), root)


def open_checkpoint(text: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint of a note that this key has signed; NoteError otherwise."""
    note = parse_note(text)
    if not note.is_signed_by(verifier):
        raise NoteError("not signed by this key")
    return parse_checkpoint(note.text)


def write_proof(index: int, path: Sequence[bytes], checkpoint: str, extra: bytes = b"") -> str:
    """What proves offline that the entry stands at `index` (C2SP tlog-proof)."""
    hashes = "".join(f"{write_base64(node)}\n" for node in path)
    given = f"extra {write_base64(extra)}\n" if extra else ""
    return f"{PROOF_HEADER}{given}index {index}\n{hashes}\n{checkpoint}"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as read."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes


def parse_proof(text: str) -> Proof:
    """Take a proof apart; NoteError for what is none."""
    head, blank, checkpoint = text.partition("\n\n")
    if not blank or not head.startswith(PROOF_HEADER):
        raise NoteError("not a proof")
    lines = head.removeprefix(PROOF_HEADER).split("\n")
    extra = b""
    if lines[0].startswith("extra "):
        extra = read_base64(lines.pop(0).removeprefix("extra "))
    number = lines.pop(0).removeprefix("index ") if lines else ""
    if not (number.isascii() and number.isdigit()) or str(int(number[:18])) != number:
        raise NoteError("a proof has an index")
    path = tuple(read_base64(line) for line in lines)
    if any(len(node) != HASH_BYTES for node in path):
        raise NoteError("a proof's path is hashes")
    return Proof(int(number), path, checkpoint, extra)


def write_base64(raw: bytes) -> str:
    """Standard base 64 with padding (RFC 4648, section 4)."""
    return b2a_base64(raw, newline=False).decode("ascii")


def read_base64(text: str) -> bytes:
    """The bytes back; NoteError for anything that is not written exactly so."""
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base 64") from None
    if write_base64(raw) != text:
        raise NoteError("not base 64 as it is written here")
    return raw
