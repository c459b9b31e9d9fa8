"""Every article the code cites exists in the list of rules it was built on."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KNOWN = frozenset((ROOT / "tests/data/statute_ids.txt").read_text(encoding="utf-8").split())
FAMILIES = sorted({number.split("-")[0] for number in KNOWN}, key=len, reverse=True)
CITED = re.compile(rf"\b({'|'.join(FAMILIES)})-(\d+)(?:\.(\d+))?(?![\w-])")


def exists(family: str, article: str, paragraph: str | None) -> bool:
    """An article may be cited whole where the list only has its paragraphs."""
    if paragraph:
        return f"{family}-{article}.{paragraph}" in KNOWN
    whole = f"{family}-{article}"
    return whole in KNOWN or any(number.startswith(whole + ".") for number in KNOWN)


def test_the_list_is_there():
    assert len(KNOWN) > 300
    assert exists("CN16", "20", "3")
    assert exists("CN16", "22", None)
    assert not exists("CN16", "39", None)
    assert not exists("CN16", "1", "9")


def test_every_article_cited_in_code_and_templates_exists():
    files = [
        path
        for folder in ("auction", "bidding", "escrow", "templates")
        for kind in ("*.py", "*.html", "*.yaml", "*.typ", "*.md")
        for path in (ROOT / folder).rglob(kind)
    ]
    assert files
    unknown = {
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in files
        for match in CITED.finditer(path.read_text(encoding="utf-8"))
        if not exists(*match.groups())
    }
    assert unknown == set()
