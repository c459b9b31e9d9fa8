"""What an announcement says: eleven item groups (CN16-13.1) and seven notices (CN16-14.1).

The text is composed once in each language and stored whole; pages and PDF only draw it. The Chinese
text prevails.
"""

from __future__ import annotations

from typing import Any

from auction.assets.models import Asset, MediaKind
from auction.core.clock import iso
from auction.core.i18n import force_lang, gettext
from auction.notices.items import GROUPS, Ground
from auction.sales.models import Stage


def compose(ground: Ground) -> dict[str, Any]:
    """The whole content of an announcement: both languages, and the figures for programs."""
    sale = ground.sale
    content: dict[str, Any] = {
        "format": "announcement/1",
        "court": ground.court.name,
        "case_number": ground.case.number,
        "lot": sale.lot.number,
        "sale": sale.number,
        "stage": str(sale.stage),
        "rule_pack": sale.rule_pack,
        "decision": ground.decision_number,
        "published_at": iso(ground.now),
        "terms": {
            "currency": sale.currency,
            "start_price_minor": sale.start_price_minor,
            "increment_minor": sale.increment_minor,
            "deposit_minor": sale.deposit_minor,
            "opens_at": iso(sale.opens_at),
            "closes_at": iso(sale.closes_at),
            "extension_window_seconds": sale.extension_window_seconds,
            "extension_seconds": sale.extension_seconds,
            "countdown_seconds": sale.countdown_seconds,
            "balance_days": sale.balance_days,
            "leader_raises": sale.leader_raises,
            "instructions": sale.instructions,
        },
        "photos": [
            {"token": m.file.token, "caption": m.caption, "sha256": m.file.sha256}
            for m in ground.asset.media
            if m.kind is MediaKind.PHOTO
        ],
        "files": [
            {"token": m.file.token, "caption": m.caption, "sha256": m.file.sha256}
            for m in ground.asset.media
            if m.kind is MediaKind.DOCUMENT
        ],
    }
    for lang in ("zh", "en"):
        with force_lang(lang):
            content[lang] = {
                "title": announcement_title(sale.stage),
                "subject": _subject(ground.asset, lang),
                "items": [group(ground) for group in GROUPS],
                "notices": [
                    {
                        "key": notice.key,
                        "version": notice.version,
                        "title": notice.title.in_lang(lang),
                        "text": notice.text.in_lang(lang),
                    }
                    for notice in ground.pack.notices
                ],
            }
    return content


def announcement_title(stage: Stage) -> str:
    """What the paper is called at each stage."""
    names = {
        Stage.FIRST: gettext("拍卖公告"),
        Stage.SECOND: gettext("第二次拍卖公告"),
        Stage.SELLOFF: gettext("变卖公告"),
    }
    return str(names[stage])


def _subject(asset: Asset, lang: str) -> str:
    return asset.title_en if lang == "en" and asset.title_en else asset.title
