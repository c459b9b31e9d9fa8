"""What a visitor looks for, read from the address and written back to it; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from auction.assets.models import Category
from auction.core.money import MoneyError, format_money, parse_money
from auction.sales.models import Stage

STATUSES = ("open", "scheduled", "suspended", "sold", "unsold", "withdrawn")
SORTS = ("soonest", "newest", "cheapest", "dearest", "busiest")
LONGEST_TEXT = 80
MOST_WORDS = 6
LAST_PAGE = 10_000

# What people call things, beside what the titles say: whoever looks for 房产 means dwellings too.
_MEANINGS: tuple[tuple[frozenset[str], frozenset[Category]], ...] = (
    (
        frozenset({"房", "房产", "房子", "房屋", "不动产", "house", "property"}),
        frozenset({Category.HOME, Category.COMMERCIAL}),
    ),
    (frozenset({"住宅", "住房", "公寓", "home", "flat"}), frozenset({Category.HOME})),
    (frozenset({"商铺", "店铺", "商业", "写字楼", "shop"}), frozenset({Category.COMMERCIAL})),
    (frozenset({"土地", "地块", "land"}), frozenset({Category.LAND})),
    (frozenset({"车", "车辆", "汽车", "机动车", "car"}), frozenset({Category.VEHICLE})),
    (frozenset({"股权", "股份", "股票", "shares"}), frozenset({Category.EQUITY})),
    (frozenset({"机器", "设备", "机器设备", "machine"}), frozenset({Category.MACHINERY})),
    (frozenset({"专利", "商标", "patent"}), frozenset({Category.IP})),
    (frozenset({"船", "船舶", "ship"}), frozenset({Category.VESSEL})),
    (frozenset({"矿", "采矿权", "矿业权", "mine"}), frozenset({Category.MINING})),
)


@dataclass(frozen=True)
class Criteria:
    """One search of the catalogue; whatever is empty does not narrow it."""

    text: str = ""
    categories: tuple[str, ...] = ()
    courts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    floor_minor: int | None = None
    ceiling_minor: int | None = None
    practice: bool | None = None
    sort: str = "soonest"
    page: int = 1

    @property
    def words(self) -> tuple[str, ...]:
        """The words looked for; each must be found."""
        return tuple(self.text.split())[:MOST_WORDS]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but order and page was chosen."""
        return replace(self, sort="soonest", page=1) != Criteria()

    def query(self, **changes: object) -> str:
        """The address's query for this search, with `changes`; defaults are left out."""
        wanted = replace(self, **changes)  # type: ignore[arg-type]  # names are this class's own
        pairs: list[tuple[str, str]] = [("q", wanted.text)] if wanted.text else []
        for name, values in (
            ("category", wanted.categories),
            ("court", wanted.courts),
            ("region", wanted.regions),
            ("stage", wanted.stages),
            ("status", wanted.statuses),
        ):
            pairs += [(name, value) for value in values]
        for name, amount in (("min", wanted.floor_minor), ("max", wanted.ceiling_minor)):
            if amount is not None:
                pairs.append((name, plain_money(amount)))
        if wanted.practice is not None:
            pairs.append(("practice", "1" if wanted.practice else "0"))
        if wanted.sort != "soonest":
            pairs.append(("sort", wanted.sort))
        if wanted.page > 1:
            pairs.append(("page", str(wanted.page)))
        return urlencode(pairs)

    def href(self, page: int = 1) -> str:
        """Address of one page of this search."""
        query = self.query(page=page)
        return f"/lots?{query}" if query else "/lots"


def read_criteria(args: MultiDict[str, str]) -> Criteria:
    """Read the address; a value nobody offers narrows nothing and harms nothing."""
    return Criteria(
        text=" ".join(args.get("q", "").replace("\x00", " ").split())[:LONGEST_TEXT].strip(),
        categories=_known(args.getlist("category"), [str(c) for c in Category]),
        courts=_short(args.getlist("court")),
        regions=_short(args.getlist("region")),
        stages=_known(args.getlist("stage"), [str(s) for s in Stage]),
        statuses=_known(args.getlist("status"), STATUSES),
        floor_minor=_amount(args.get("min", "")),
        ceiling_minor=_amount(args.get("max", "")),
        practice={"1": True, "0": False}.get(args.get("practice", "")),
        sort=args["sort"] if args.get("sort") in SORTS else "soonest",
        page=_page(args.get("page", "")),
    )


def meant_categories(word: str) -> frozenset[Category]:
    """The kinds of assets a word of the search stands for."""
    lower = word.lower()
    found: set[Category] = set()
    for words, categories in _MEANINGS:
        if lower in words:
            found |= categories
    return frozenset(found)


def plain_money(minor: int) -> str:
    """An amount as it stands in an address or a field: no symbol, no grouping, no empty fen."""
    return format_money(minor, symbol=False).replace(",", "").removesuffix(".00")


def _known(values: Iterable[str], offered: Iterable[str]) -> tuple[str, ...]:
    chosen = set(values)
    return tuple(value for value in offered if value in chosen)


def _short(values: Iterable[str]) -> tuple[str, ...]:
    kept = {value for value in values if 0 < len(value) <= 60 and value.isprintable()}
    return tuple(sorted(kept))[:20]


def _amount(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return parse_money(text)
    except MoneyError:
        return None


def _page(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        return 1
    return min(max(int(text), 1), LAST_PAGE)
