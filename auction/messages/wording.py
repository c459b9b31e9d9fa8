"""What a message says, made from its kind and figures in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from auction.core.i18n import gettext


@dataclass(frozen=True)
class Wording:
    """A message as it is shown."""

    title: str
    text: str


Words = Callable[[Mapping[str, Any]], Wording]
_words: dict[str, Words] = {}


def words_for(kind: str) -> Callable[[Words], Words]:
    """Register the function that words messages of `kind`, beside the act they tell of."""

    def register(words: Words) -> Words:
        _words[kind] = words
        return words

    return register


def has_words(kind: str) -> bool:
    """Whether messages of `kind` can be shown."""
    return kind in _words


def word_message(kind: str, params: Mapping[str, Any]) -> Wording:
    """The message in the language in force; a kind of an older version is shown by its name."""
    words = _words.get(kind)
    return Wording(gettext("通知"), kind) if words is None else words(params)
