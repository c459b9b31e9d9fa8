"""Passwords: long enough, not widely known, kept as argon2 hashes, checked in equal time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from auction.core.errors import Invalid
from auction.core.i18n import lazy_gettext as _l

SHORTEST = 10
LONGEST = 128

Answer = TypeVar("Answer")

# RFC 9106, second recommended option (64 MiB); memory: at most 8 are made at once (11.4.2).
_hasher = PasswordHasher()
_places = threading.BoundedSemaphore(8)
# Words a guesser tries first here; a password that is one of them and little else is refused.
_CONTEXT = ("luochui", "落槌", "司法拍卖", "auction", "court")
_MOST_AROUND_A_WORD = 4


def hash_password(password: str) -> str:
    """The argon2 hash to be stored."""
    return _apart(lambda: _hasher.hash(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` fits; without a stored hash the same work is done for nothing (6.3.8)."""

    def check() -> bool:
        try:
            return _hasher.verify(stored or _no_hash(), password)
        except (VerificationError, InvalidHashError):
            return False

    return _apart(check) and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def check_new_password(password: str, *words: str) -> None:
    """Refuse a password that is too short, too long, widely known, or made of the person's words.

    No composition rules and no expiry for the public (D5). Raises Invalid with the field named.
    """
    if len(password) < SHORTEST:
        raise Invalid("password-short", _l("密码至少 10 个字符。"), field="password")
    if len(password) > LONGEST:
        raise Invalid("password-long", _l("密码最多 128 个字符。"), field="password")
    plain = password.casefold()
    if plain in _known() or len(set(plain)) < 4 or _is_a_word(plain, words):
        raise Invalid(
            "password-known",
            _l("这个密码太容易被猜到，请换一个：几个不相干的词连在一起就很好。"),
            field="password",
        )


def _is_a_word(plain: str, words: tuple[str, ...]) -> bool:
    own = [part for word in words for part in (word.casefold(), word.casefold().split("@")[0])]
    return any(
        len(word) >= 2 and word in plain and len(plain) - len(word) <= _MOST_AROUND_A_WORD
        for word in (*_CONTEXT, *own)
    )


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    path = Path(__file__).with_name("known_passwords.txt")
    return frozenset(path.read_text(encoding="utf-8").split())


@lru_cache(maxsize=1)
def _no_hash() -> str:
    return _hasher.hash("the password of nobody")


def _apart(work: Callable[[], Answer]) -> Answer:
    """Do slow work where it does not hold up the process's one gevent loop."""
    with _places:
        if "gevent.monkey" in sys.modules:
            from gevent import get_hub, monkey

            if monkey.is_module_patched("threading"):
                answer: Answer = get_hub().threadpool.apply(work)
                return answer
        return work()
