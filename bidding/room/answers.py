"""What a bidder is told: accepted with a receipt, or refused for one named reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import current_app

from auction.core.clock import iso
from auction.core.i18n import force_lang
from auction.core.i18n import lazy_gettext as _l
from auction.core.money import format_money
from bidding.evidence.sealing import SealedReceipt
from bidding.room.snapshot import Snapshot, show_state

UNAVAILABLE = "unavailable"
OUTSIZE = "outsize"
RATE_LIMITED = "rate-limited"
UNKNOWN_SALE = "unknown-sale"

_SENTENCES = {
    "key-reused": _l("此提交编号已用于另一笔不同金额的出价，本次未受理。"),
    "malformed": _l("金额无法识别，请输入以分为单位的整数。"),
    "withdrawn": _l("本场拍卖已撤回，不再接受出价。"),
    "closed": _l("竞价已经结束，本次出价在结束时间之后到达。"),
    "suspended": _l("本场拍卖已暂停，恢复之前不接受出价。"),
    "not-open": _l("竞价尚未开始。"),
    "unknown-bidder": _l("您没有报名本场拍卖，或保证金尚未确认。"),
    "barred": _l("依照规定，您不得参加本场竞买。"),
    "no-instructions": _l("本场拍卖不接受委托出价。"),
    "already-leading": _l("您的出价目前领先，无需再次出价。"),
    "below-start": _l("出价低于起拍价。目前可以接受的最低出价为 %(minimum)s。"),
    "below-minimum": _l("出价过低。目前可以接受的最低出价为 %(minimum)s。"),
    "off-ladder": _l(
        "出价必须是起拍价加上加价幅度的整数倍。"
        "目前可以接受的最低出价为 %(minimum)s，加价幅度为 %(increment)s。"
    ),
    OUTSIZE: _l(
        "这个出价比目前的价格高出很多，没有提交。确实要出这个价，请再确认一次金额。"
        "目前可以接受的最低出价为 %(minimum)s。"
    ),
    UNAVAILABLE: _l(
        "系统暂时无法答复本次提交。请用同一编号再试一次：已受理的会得到原来的答复，不会重复出价。"
    ),
    RATE_LIMITED: _l("提交过于频繁，请稍候再试。"),
    UNKNOWN_SALE: _l("没有正在进行的拍卖。"),
}

REASONS = frozenset(_SENTENCES)


@dataclass(slots=True)
class Receipt:
    """What proves an accepted bid: its entry in the public log, which anyone can check offline."""

    seq: int
    at: datetime
    code: str
    amount: int
    closes_at: datetime
    n: int
    """Number of the entry."""
    size: int
    """Entries of the log with the commit that recorded the bid."""
    entry: str
    proof: str = ""
    """Signed after the commit."""


@dataclass(slots=True)
class Answer:
    """The answer to one request, given after the commit that recorded it."""

    accepted: bool
    reason: str | None = None
    repeat: bool = False
    receipt: Receipt | None = None
    sealed: SealedReceipt | None = None
    """What its owner keeps of a refused bid or an instruction."""
    snapshot: Snapshot | None = None
    minimum: int | None = None

    @property
    def seq(self) -> int | None:
        """Number of the accepted bid."""
        return None if self.receipt is None else self.receipt.seq


def no_decision() -> Answer:
    """Nothing was decided and nothing recorded: ask again with the same key."""
    return Answer(accepted=False, reason=UNAVAILABLE)


def show_answer(answer: Answer, now: datetime, lang: str) -> dict[str, Any]:
    """The answer as the socket and the API give it (interfaces.md)."""
    if answer.accepted:
        shown: dict[str, Any] = {"accepted": True}
        if answer.receipt is not None:
            shown["seq"] = answer.receipt.seq
            shown["receipt"] = show_receipt(answer.receipt, answer.snapshot)
        elif answer.snapshot is not None:
            shown["state"] = show_state(answer.snapshot, now, answer.minimum)
        if answer.sealed is not None:
            shown["receipt"] = answer.sealed.show()
        return shown
    refused = {
        "accepted": False,
        "reason": answer.reason,
        "message": refusal_message(answer, lang),
        "state": None
        if answer.snapshot is None
        else show_state(answer.snapshot, now, answer.minimum),
    }
    if answer.sealed is not None:
        refused["receipt"] = answer.sealed.show()
    return refused


def show_receipt(receipt: Receipt, snapshot: Snapshot | None) -> dict[str, Any]:
    """A receipt is the same however often it is asked for (INV-2)."""
    return {
        "lot": None if snapshot is None else snapshot.lot_number,
        "seq": receipt.seq,
        "at": iso(receipt.at),
        "code": receipt.code,
        "amount": receipt.amount,
        "closes_at": iso(receipt.closes_at),
        "entry": receipt.entry,
        "proof": receipt.proof,
    }


def refusal_message(answer: Answer, lang: str) -> str:
    """A sentence for people, with the amount that would be accepted where one would."""
    template = _template(str(answer.reason), lang)
    if "%(" not in template or answer.snapshot is None:
        return template
    minimum = answer.minimum or answer.snapshot.minimum or answer.snapshot.start_price
    return template % {
        "minimum": format_money(minimum),
        "increment": format_money(answer.snapshot.increment),
    }


@lru_cache(maxsize=64)
def _template(reason: str, lang: str) -> str:
    """Translated once: a refusal under load must not look up a catalogue."""
    source = _SENTENCES.get(reason, _SENTENCES[UNAVAILABLE])
    with current_app.app_context(), force_lang(lang):
        # Without variables the placeholders stay; they are filled in for each answer.
        return str(source)
