"""Every sentence a person can see exists in both languages."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
METHODS = [
    ("auction/**.py", "python"),
    ("bidding/**.py", "python"),
    ("escrow/**.py", "python"),
    ("templates/**.html", "jinja2"),
]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Every source sentence, and a place where it stands."""
    found: dict[str, str] = {}
    for file, line, message, _comments, _context in extract_from_dir(
        str(ROOT),
        METHODS,
        {"templates/**.html": {"trimmed": "true"}},
        keywords=KEYWORDS,
        directory_filter=lambda path: (
            not re.search(
                r"/(\.|node_modules|instance|tests|static|migrations|stripe_simulator)", path
            )
        ),
    ):
        for text in message if isinstance(message, tuple) else (message,):
            if isinstance(text, str) and text:
                found.setdefault(text, f"{file}:{line}")
    return found


@pytest.fixture(scope="module")
def english() -> Catalog:
    path = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
    return read_po(io.BytesIO(path.read_bytes()))


def test_every_sentence_has_an_english_one(sources, english):
    missing = [
        f"{place}: {text}"
        for text, place in sorted(sources.items(), key=lambda item: item[1])
        if text not in english or not english[text].string or english[text].fuzzy
    ]
    assert missing == []


def test_the_english_catalogue_holds_nothing_that_is_not_said(sources, english):
    assert [m.id for m in english if m.id and isinstance(m.id, str) and m.id not in sources] == []


def test_english_sentences_hold_no_chinese_but_names_of_the_field(english):
    # A name that must be typed as it is stands with its meaning behind it: 余额 (balance).
    names = re.compile(r"落槌|人民币大写|中文|[\u4e00-\u9fff]+ \([a-z ]+\)")
    left = [
        m.string
        for m in english
        if isinstance(m.string, str) and CHINESE.search(names.sub("", m.string))
    ]
    assert left == []


def test_placeholders_are_the_same_in_both_languages(english):
    holes = re.compile(r"%\((\w+)\)")
    wrong = [
        m.id
        for m in english
        if m.id
        and isinstance(m.id, str)
        and isinstance(m.string, str)
        and m.string
        and set(holes.findall(m.id)) != set(holes.findall(m.string))
    ]
    assert wrong == []
