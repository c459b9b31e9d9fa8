"""A second, slow writing of the bidding rules, to hold the engine against.

It shares nothing with the engine. A sale is the list of facts so far, and every question (when does
it close, who leads, which instructions stand) is answered by reading that list from its beginning.
Times are integer milliseconds.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = 10**18


def outcome_of(sale_file: dict[str, Any]) -> dict[str, Any]:
    """The outcome of a valid sale file."""
    twin = Twin(sale_file)
    answers = []
    for index, event in enumerate(sale_file["events"]):
        twin.open_if_due(read_time(event["at"]))
        answers.append({"event": index, **twin.answer(index, event)})
    until = read_time(sale_file["until"]) if "until" in sale_file else FOREVER
    twin.open_if_due(until)
    return {"format": "outcome/1", **twin.state_at(until), "events": answers, "bids": twin.bids()}


class Twin:
    """One sale: what is in its file, and the facts so far."""

    def __init__(self, sale_file: dict[str, Any]) -> None:
        self.sale = sale_file["sale"]
        self.bidders = {bidder["code"]: bidder for bidder in sale_file["bidders"]}
        self.facts: list[dict[str, Any]] = []
        self.sent: list[tuple[str, str, str, dict[str, Any]]] = []

    # Reading the facts

    def times(self) -> dict[str, Any]:
        """Opening, close, suspension and extensions, and the close that stood after each bid."""
        sale = self.sale
        opens, closes = read_time(sale["opens_at"]), read_time(sale["closes_at"])
        suspended, opened, extensions, closes_after = None, False, 0, []
        for fact in self.facts:
            at = fact["at"]
            if fact["type"] == "open":
                opened = True
            elif fact["type"] == "suspend" and suspended is None:
                suspended = at
            elif fact["type"] == "resume" and suspended is not None:
                if at >= opens:
                    if opened:
                        closes += at - suspended
                    else:
                        closes += at - opens
                        opens = at
                        opened = True
                    if closes < at + 1000 * sale["extension_s"]:
                        closes = at + 1000 * sale["extension_s"]
                suspended = None
            elif fact["type"] == "bid":
                if sale["stage"] == "selloff" and closes_after == []:
                    closes = at + 1000 * sale["countdown_s"]
                elif at >= closes - 1000 * sale["extension_window_s"]:
                    new = at + 1000 * sale["extension_s"]
                    if new > closes:
                        closes = new
                        extensions += 1
                closes_after.append(closes)
        return {
            "opens": opens,
            "closes": closes,
            "suspended": suspended is not None,
            "opened": opened,
            "extensions": extensions,
            "closes_after": closes_after,
        }

    def bid_facts(self) -> list[dict[str, Any]]:
        return [fact for fact in self.facts if fact["type"] == "bid"]

    def price(self) -> int | None:
        return self.bid_facts()[-1]["amount"] if self.bid_facts() else None

    def leader(self) -> str | None:
        return self.bid_facts()[-1]["code"] if self.bid_facts() else None

    def withdrawn_at(self) -> int | None:
        return next((fact["at"] for fact in self.facts if fact["type"] == "withdraw"), None)

    def limits(self) -> dict[str, tuple[int, int]]:
        """Each bidder's standing limit as a rung, and the place in time of its instruction."""
        found = {}
        for place, fact in enumerate(self.facts):
            if fact["type"] == "instruct":
                rungs = (fact["limit"] - self.sale["start_price"]) // self.sale["increment"]
                rung = self.sale["start_price"] + rungs * self.sale["increment"]
                found[fact["code"]] = (rung, place)
            elif fact["type"] == "cancel":
                found.pop(fact["code"], None)
        return found

    def outranks(self, code: str, other: str) -> bool:
        mine = self.bidders[code].get("priority", FOREVER)
        return mine < self.bidders[other].get("priority", FOREVER)

    def minimum(self, code: str) -> int:
        if self.price() is None:
            return self.sale["start_price"]
        if self.outranks(code, self.leader()):
            return self.price()
        return self.price() + self.sale["increment"]

    # Answering events

    def answer(self, index: int, event: dict[str, Any]) -> dict[str, Any]:
        if event["type"] != "bid" or "key" not in event:
            return self.answer_new(index, event)
        code, key, amount = event["code"], event["key"], json.dumps(event["amount"])
        same_key = [sent for sent in self.sent if sent[:2] == (code, key)]
        same = [sent for sent in same_key if sent[2] == amount]
        if same:
            return {**same[0][3], "repeat": True}
        if same_key:
            answer = {"accepted": False, "reason": "key-reused"}
        else:
            answer = self.answer_new(index, event)
        self.sent.append((code, key, amount, answer))
        return answer

    def answer_new(self, index: int, event: dict[str, Any]) -> dict[str, Any]:
        applicable = [reason for reason, applies in self.reasons(event) if applies()]
        if applicable:
            return {"accepted": False, "reason": applicable[0]}
        fact = {**event, "at": read_time(event["at"]), "event": index, "auto": False}
        before = self.times()
        self.facts.append(fact)
        resumed = fact["type"] == "resume" and before["suspended"]
        if fact["type"] in {"bid", "instruct"} or resumed:
            self.resolve(fact["at"], index)
        return {"accepted": True}

    def reasons(self, event: dict[str, Any]) -> list[tuple[str, Any]]:
        """Every refusal this type of event knows, in the page's order, with its condition."""
        at, code, kind = read_time(event["at"]), event.get("code"), event["type"]
        times, sale = self.times(), self.sale
        number = event.get("amount", event.get("limit"))
        offers, bids = kind in {"bid", "instruct"}, kind == "bid"
        first = self.price() is None
        named = kind in {"bid", "instruct", "cancel"}

        def malformed() -> bool:
            return offers and (type(number) is not int or not 1 <= number <= 10**15)

        def off_ladder() -> bool:
            return bids and (number - sale["start_price"]) % sale["increment"] != 0

        return [
            ("malformed", malformed),
            ("withdrawn", lambda: self.withdrawn_at() is not None),
            ("closed", lambda: at >= times["closes"] and not times["suspended"]),
            ("suspended", lambda: offers and times["suspended"]),
            ("not-open", lambda: bids and at < times["opens"]),
            ("unknown-bidder", lambda: named and code not in self.bidders),
            (
                "barred",
                lambda: (
                    offers and self.bidders[code].get("barred", False)
                    if code in self.bidders
                    else False
                ),
            ),
            ("no-instructions", lambda: kind == "instruct" and not sale["instructions"]),
            (
                "already-leading",
                lambda: bids and self.leader() == code and not sale["leader_raises"],
            ),
            (
                "below-start",
                lambda: (
                    not malformed()
                    and offers
                    and (first or not bids)
                    and number < sale["start_price"]
                ),
            ),
            (
                "below-minimum",
                lambda: (
                    not malformed()
                    and bids
                    and not first
                    and code in self.bidders
                    and number < self.minimum(code)
                ),
            ),
            ("off-ladder", lambda: not malformed() and off_ladder()),
        ]

    # Instructions

    def open_if_due(self, now: int) -> None:
        times = self.times()
        if times["opened"] or times["suspended"] or self.withdrawn_at() is not None:
            return
        if now >= times["opens"]:
            self.facts.append({"type": "open", "at": times["opens"]})
            self.resolve(times["opens"], None)

    def resolve(self, at: int, event: int | None) -> None:
        """The six steps."""
        times, limits = self.times(), self.limits()
        if not times["opened"] or at >= times["closes"]:
            return
        price, leader = self.price(), self.leader()
        contenders = {
            code: limit
            for code, (limit, _) in limits.items()
            if code != leader
            and not self.bidders[code].get("barred", False)
            and limit >= self.minimum(code)
        }
        if not contenders:
            return
        if leader is not None:
            contenders[leader] = max(limits.get(leader, (price, 0))[0], price)

        def beats(one: str, other: str) -> bool:
            if contenders[one] != contenders[other]:
                return contenders[one] > contenders[other]
            if self.outranks(one, other) or self.outranks(other, one):
                return self.outranks(one, other)
            if leader in {one, other}:
                return leader == one
            return limits[one][1] < limits[other][1]

        [winner] = [
            one
            for one in contenders
            if all(beats(one, other) for other in contenders if other != one)
        ]
        others = {code: limit for code, limit in contenders.items() if code != winner}
        if not others:
            amount = self.sale["start_price"]
        else:
            second = max(others.values())
            rivals = [code for code, limit in others.items() if limit == second]
            outranks_all = all(self.outranks(winner, code) for code in rivals)
            step = 0 if outranks_all else self.sale["increment"]
            amount = min(contenders[winner], second + step)
        if winner == leader and amount <= price:
            return
        self.facts.append(
            {
                "type": "bid",
                "at": at,
                "code": winner,
                "amount": amount,
                "auto": True,
                "event": event,
            }
        )

    # Showing

    def state_at(self, now: int) -> dict[str, Any]:
        times, withdrawn_at = self.times(), self.withdrawn_at()
        price, leader, ended_at = self.price(), self.leader(), None
        if withdrawn_at is not None:
            status, price, leader, ended_at = "withdrawn", None, None, withdrawn_at
        elif times["suspended"]:
            status = "suspended"
        elif now >= times["closes"]:
            status, ended_at = ("unsold" if price is None else "sold"), times["closes"]
        else:
            status = "open" if now >= times["opens"] else "scheduled"
        return {
            "status": status,
            "price": price,
            "leader": leader,
            "opens_at": write_time(times["opens"]),
            "closes_at": write_time(times["closes"]),
            "ended_at": None if ended_at is None else write_time(ended_at),
            "extensions": times["extensions"],
        }

    def bids(self) -> list[dict[str, Any]]:
        closes_after = self.times()["closes_after"]
        return [
            {
                "seq": seq,
                "event": fact["event"],
                "at": write_time(fact["at"]),
                "code": fact["code"],
                "amount": fact["amount"],
                "auto": fact["auto"],
                "closes_at": write_time(closes),
            }
            for seq, (fact, closes) in enumerate(
                zip(self.bid_facts(), closes_after, strict=True), start=1
            )
        ]


def read_time(text: str) -> int:
    """Milliseconds since 1970."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def write_time(at: int) -> str:
    """UTC, with milliseconds and Z."""
    moment = EPOCH + timedelta(milliseconds=at)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"
