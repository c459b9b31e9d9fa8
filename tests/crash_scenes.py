"""What is under way when a process dies: the operations that are cut, each in a sale of its own."""

from __future__ import annotations

from typing import Any

import requests
from crash_people import Asked, Scene, rung
from crash_site import HOLD_ON, REST_OF_WINDOW


class AcceptedBid(Scene):
    """A bid above another, and everybody watches."""

    name = "bid"
    bids = ((0, 0, False), (1, 1, False))

    def prepare(self) -> None:
        self.announce()
        self.bid(0, 0)
        self.watch()

    def act(self) -> None:
        self.bid(1, 1)


class RefusedBid(Scene):
    """A bid that is too low: the refusal is an answer like any other."""

    name = "refused bid"
    bids = ((0, 0, False),)

    def prepare(self) -> None:
        self.announce()
        self.bid(0, 0)

    def act(self) -> None:
        self.bid(1, 0, refused="below-minimum")


class AutomaticBid(Scene):
    """A bid that the other bidder's standing instruction answers at once."""

    name = "automatic bid"
    bids = ((0, 0, True), (1, 1, False), (0, 2, True))

    def prepare(self) -> None:
        self.announce()
        self.instruct(0, 9)

    def act(self) -> None:
        self.bid(1, 1)


class Instruction(Scene):
    """A standing instruction that acts at once; it has no key, but says the same when repeated."""

    name = "instruction"
    bids = ((0, 0, False), (1, 1, True))

    def prepare(self) -> None:
        self.announce()
        self.bid(0, 0)

    def act(self) -> None:
        self.instruct(1, 9)

    def act_again(self) -> None:
        super().act_again()
        answer = self.instruct(1, 9)
        assert answer is not None
        assert answer["accepted"] is True


class Extension(Scene):
    """A bid in the last minutes, over HTTP: it moves the close."""

    name = "extension"
    bids = ((0, 0, False), (1, 1, False))

    def prepare(self) -> None:
        self.announce(closes_in=REST_OF_WINDOW)
        self.bid(0, 0)

    def act(self) -> None:
        self.bid(1, 1, by_http=True)


class FullJournal(AcceptedBid):
    """A bid after which SQLite takes its journal over into the database file, page by page."""

    name = "full journal"
    databases = ("sqlite",)

    def prepare(self) -> None:
        super().prepare()
        self.site.fill_journal()


class Suspension(Scene):
    """A clerk halts the sale by the button on the page."""

    name = "suspension"
    status = "suspended"
    bids = ((0, 0, False),)
    ground = "案外人提出异议，正在审查"

    def prepare(self) -> None:
        self.announce()
        self.bid(0, 0)
        self.people.clerk.go(f"/court/control/{self.sale.number}")

    def act(self) -> None:
        try:
            self.people.clerk.press("暂停拍卖", {"ground": self.ground})
        except requests.RequestException:  # the clerk will look again
            return

    def act_again(self) -> None:
        super().act_again()
        clerk = self.people.clerk
        clerk.go(f"/court/control/{self.sale.number}")
        if clerk.form("暂停拍卖"):
            clerk.press("暂停拍卖", {"ground": self.ground})
        assert clerk.form("恢复拍卖")

    def check(self) -> dict[str, Any]:
        lot = super().check()
        assert lot["ground"] == self.ground
        return lot


class Opening(Scene):
    """Two standing instructions meet when the sale opens; the worker brings it about."""

    name = "opening"
    worker = "inline"
    bids = ((0, 5, True),)

    def prepare(self) -> None:
        self.announce(opens_later_by=HOLD_ON)
        for who, number in ((0, 9), (1, 4)):
            assert self.site.court.leave_limit(self.sale, who, rung(number))["accepted"] is True

    def act(self) -> None:
        """Nobody does anything."""

    def has_happened(self) -> bool:
        return self.site.court.seq_of(self.sale) == 1


class End(Scene):
    """The sale ends; the worker records it, and then what follows from it."""

    name = "end"
    worker = "inline"
    status = "sold"
    bids = ((0, 0, False), (1, 1, False))

    def prepare(self) -> None:
        self.announce(closes_earlier=True)
        bids = [(0, 0, None), (1, 1, None), (0, 1, "below-minimum")]
        for turn, (who, number, refused) in enumerate(bids):
            asked = Asked(who, rung(number), f"key-{turn}", refused)
            asked.answers.append(self.site.court.place_bid(self.sale, who, asked.amount, asked.key))
            self.journal.append(asked)

    def act(self) -> None:
        """Nobody does anything."""

    def has_happened(self) -> bool:
        return self.site.court.has_ended(self.sale) and self.site.court.has_worked_off()

    def check(self) -> dict[str, Any]:
        lot = super().check()
        assert (lot["state"]["price"], lot["state"]["leader"]) == (rung(1), self.sale.codes[1])
        assert [document["kind"] for document in lot["documents"]].count("confirmation") == 1
        return lot

    def read_sealed(self) -> dict[str, Any]:
        """What the court opens after the end."""
        address = f"{self.site.url}/api/v1/lots/{self.sale.lot}/log/sealed"
        answer = self.people.clerk.session.get(address, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()


SCENES: tuple[type[Scene], ...] = (
    AcceptedBid,
    RefusedBid,
    AutomaticBid,
    Instruction,
    Extension,
    FullJournal,
    Suspension,
    Opening,
    End,
)
