"""Promises about templates: no inline script or style, no unescaped text, a token in every form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
BAD = {
    "inline style": re.compile(r"<[^>]*\sstyle\s*=|<style\b", re.IGNORECASE),
    "inline script": re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.IGNORECASE),
    "event attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*safe\b|autoescape\s+false|\bMarkup\("),
    "foreign host": re.compile(r"(?:src|action)\s*=\s*[\"']?(?:https?:)?//", re.IGNORECASE),
    "script address": re.compile(r"[\"']\s*javascript:", re.IGNORECASE),
    "unquoted value": re.compile(r"<[a-z][^>{]*\s[a-z-]+=\{\{", re.IGNORECASE),
}
# Blocks that hold data, not programs, are no scripts.
DATA_BLOCK = re.compile(r"<script\b[^>]*type=\"application/(?:ld\+)?json\"[^>]*>", re.IGNORECASE)


def text_of(path: Path) -> str:
    without_comments = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return DATA_BLOCK.sub("", without_comments)


@pytest.mark.parametrize("what", BAD)
def test_no_template_has(what):
    found = {
        f"{path.relative_to(ROOT)}: {match.group(0)[:80]}"
        for path in TEMPLATES
        for match in BAD[what].finditer(text_of(path))
    }
    assert TEMPLATES
    assert found == set()


def test_every_form_that_posts_carries_its_token():
    form = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.IGNORECASE | re.DOTALL)
    token = re.compile(r"csrf\(\)|csrf_token")
    found = {
        f"{path.relative_to(ROOT)}: {match.group(0)[:80]}"
        for path in TEMPLATES
        for match in form.finditer(text_of(path))
        if not token.search(match.group(0))
    }
    assert found == set()


def test_no_python_file_declares_text_safe_by_hand():
    bad = re.compile(r"render_template_string\(|(?<!import )\bMarkup\(f|text\(f[\"']")
    found = {
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for package in ("auction", "bidding", "escrow")
        for path in (ROOT / package).rglob("*.py")
        for match in bad.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set()
