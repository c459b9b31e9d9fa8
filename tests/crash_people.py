"""Who is there when a process dies, what they did about it, and what must hold afterwards.

The clients keep a journal of what they asked under which key and what they were told. Whoever got
no answer asks again with the same key, which is all that a client needs to know (INV-2).
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import requests
import websocket
from builders import PASSWORD
from crash_log import check_notes, find_notes, find_receipts, verify
from crash_site import EXTENSION, START_PRICE, STEP, SeededSale, Site
from form_browser import FormBrowser
from live_client import Socket, sign_in
from processes import wait_until

NO_DECISION = {"unavailable", "rate-limited"}


def rung(number: int) -> int:
    """The price so many steps above the start price."""
    return START_PRICE + number * STEP


@dataclass
class Asked:
    """A bid under one key, and every answer to it, in order; none while there was only silence."""

    who: int
    amount: int
    key: str
    refused: str | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)


class Client:
    """A bidder's browser and socket."""

    def __init__(self, site: Site, email: str) -> None:
        self.url = site.url
        self.browser = sign_in(site.url, email, PASSWORD)
        self.csrf = self.browser.get(f"{site.url}/api/v1/me", timeout=10).json()["csrf_token"]
        self._socket: Socket | None = None

    def connect(self) -> None:
        """Open a socket in place of one that was cut."""
        if self._socket is None or not self._socket.is_open:
            self._socket = Socket(self.url, self.browser.cookies.get_dict())

    def hang_up(self) -> list[dict[str, Any]]:
        """Close the socket; the frames that came over it."""
        socket, self._socket = self._socket, None
        if socket is None:
            return []
        socket.close()
        return socket.frames

    def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to an event on the socket, None if the connection was cut."""
        assert self._socket is not None
        try:
            return self._socket.ask(event, payload)
        except (OSError, websocket.WebSocketException):
            return None

    def post_bid(self, lot: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """The same over HTTP."""
        try:
            answer = self.browser.post(
                f"{self.url}/api/v1/lots/{lot}/bids",
                json=payload,
                headers={"Origin": self.url, "X-CSRF-Token": self.csrf},
                timeout=10,
            )
        except requests.RequestException:
            return None
        return answer.json()


class People:
    """Two bidders and a clerk, signed in."""

    def __init__(self, site: Site) -> None:
        self.bidders = [Client(site, email) for email in site.court.emails]
        self.clerk = FormBrowser(site.url, "clerk")
        self.clerk.session = sign_in(site.url, site.court.clerk_email, PASSWORD)


class Scene:
    """One sale in which a process dies; what all scenes share."""

    name: ClassVar[str]
    databases: ClassVar[tuple[str, ...]] = ("sqlite", "postgresql")
    worker: ClassVar[str] = "separate"
    """Which worker the web process has: `inline` where time acts, none where people do."""

    bids: ClassVar[tuple[tuple[int, int, bool], ...]]
    """The list in the end, however often somebody had to ask: whose, at which rung, automatic."""

    status: ClassVar[str] = "open"

    def __init__(self, site: Site, people: People) -> None:
        self.site = site
        self.people = people
        self.journal: list[Asked] = []
        self.told: list[Any] = []
        """Frames, answers and states as they came, whoever they came to."""
        self.sale: SeededSale
        self._keys = itertools.count(1)

    # ── what each scene says ────────────────────────────────────────────────────────────────────

    def prepare(self) -> None:
        """Bring the sale to the moment before."""
        raise NotImplementedError

    def act(self) -> None:
        """What the process may die of."""
        raise NotImplementedError

    def act_again(self) -> None:
        """Everybody asks once more what they had asked."""
        for asked in self.journal:
            self._put(asked)

    def has_happened(self) -> bool:
        """Whether time has done what it had to; asked of the database, not of the process."""
        return True

    # ── what people do ──────────────────────────────────────────────────────────────────────────

    def announce(self, **times: Any) -> None:
        """The sale is there, and both bidders have a socket."""
        self.sale = self.site.court.announce_sale(**times)
        if self.worker == "separate":
            self.connect()

    def connect(self) -> None:
        """Both bidders have a socket."""
        for client in self.people.bidders:
            client.connect()

    def watch(self) -> None:
        """Both bidders are sent frames from now on."""
        for client in self.people.bidders:
            self.told.append(client.ask("watch", {"lot": self.sale.lot, "after": 0}))

    def bid(
        self, who: int, number: int, *, by_http: bool = False, refused: str | None = None
    ) -> None:
        """Bid this rung under a new key."""
        asked = Asked(who, rung(number), f"key-{next(self._keys)}", refused)
        self.journal.append(asked)
        self._put(asked, by_http=by_http)

    def _put(self, asked: Asked, *, by_http: bool = False) -> None:
        client, payload = self.people.bidders[asked.who], {"amount": asked.amount, "key": asked.key}
        if by_http:
            answer = client.post_bid(self.sale.lot, payload)
        else:
            answer = client.ask("bid", {"lot": self.sale.lot, **payload})
        if answer is not None and answer.get("reason") not in NO_DECISION:
            asked.answers.append(answer)

    def instruct(self, who: int, number: int) -> dict[str, Any] | None:
        """Leave a limit."""
        payload = {"lot": self.sale.lot, "limit": rung(number)}
        answer = self.people.bidders[who].ask("instruct", payload)
        self.told.append(answer)
        return answer

    # ── afterwards ──────────────────────────────────────────────────────────────────────────────

    def recover(self) -> None:
        """The process is back: whoever got no answer asks again, and then everybody once more."""
        self.hang_up()
        self.site.court.let_leases_run_out()
        self.connect()
        for _time in range(2):
            self.act_again()
        wait_until(self.has_happened, 20, f"{self.name}: what time brings")
        self.hang_up()

    def hang_up(self) -> None:
        """All sockets are closed, what came over them is kept."""
        for client in self.people.bidders:
            self.told += client.hang_up()

    def check(self) -> dict[str, Any]:
        """What an outsider reads holds all that was answered, once and in order; the lot."""
        lot, listed = self.read(), self.read("/bids")
        bids = listed["bids"]
        assert [
            (self.sale.codes.index(bid["code"]), bid["amount"], bid["auto"]) for bid in bids
        ] == [(who, rung(number), auto) for who, number, auto in self.bids]
        assert [bid["seq"] for bid in bids] == list(range(1, len(bids) + 1))
        assert [bid["at"] for bid in bids] == sorted(bid["at"] for bid in bids)
        assert lot["state"]["status"] == listed["state"]["status"] == self.status
        self._check_answers({bid["seq"]: bid for bid in bids})
        self._check_close(bids, lot)
        self._check_log(bids)
        return lot

    def read(self, path: str = "") -> dict[str, Any]:
        """What anybody reads of the lot."""
        answer = requests.get(f"{self.site.url}/api/v1/lots/{self.sale.lot}{path}", timeout=10)
        assert answer.status_code == 200, answer.text
        self.told.append(answer.json())
        return answer.json()

    def _check_answers(self, bids: dict[int, dict[str, Any]]) -> None:
        """Nothing answered is lost or doubled, and a repeat gets the first answer (INV-1, 2)."""
        for asked in self.journal:
            assert len(asked.answers) >= 2, f"{asked} was asked again and again"
            first = asked.answers[0]
            if asked.refused is not None:
                for answer in asked.answers:
                    assert answer["reason"] == asked.refused
                    # The same sealed line; its signature stands for another crowd every time.
                    for name in ("entry", "salt"):
                        assert answer["receipt"][name] == first["receipt"][name]
                continue
            assert all(answer == first for answer in asked.answers), asked
            assert first["accepted"] is True, asked
            receipt, bid = first["receipt"], bids[first["seq"]]
            assert receipt["lot"] == self.sale.lot
            for name in ("seq", "at", "code", "amount", "closes_at"):
                assert receipt[name] == bid[name], (name, asked, bid)
            assert bid["code"] == self.sale.codes[asked.who]
            assert (bid["amount"], bid["auto"]) == (asked.amount, False)
        by_hand = Counter(bid["amount"] for bid in bids.values() if not bid["auto"])
        assert by_hand == Counter(asked.amount for asked in self.journal if not asked.refused)

    def _check_close(self, bids: list[dict[str, Any]], lot: dict[str, Any]) -> None:
        """The close follows from the bids alone, and never moves back (INV-5)."""
        closes_at = self.sale.closes_at
        for bid in bids:
            at = datetime.fromisoformat(bid["at"])
            if closes_at - at <= EXTENSION:
                closes_at = max(closes_at, at + EXTENSION)
            assert datetime.fromisoformat(bid["closes_at"]) == closes_at
        assert datetime.fromisoformat(lot["state"]["closes_at"]) == closes_at

    def _check_log(self, bids: list[dict[str, Any]]) -> None:
        """The signed log says the same, and goes on from whatever was shown before (INV-14)."""
        answer = requests.get(f"{self.site.url}/api/v1/lots/{self.sale.lot}/log", timeout=10)
        assert answer.status_code == 200, answer.text
        log = answer.json()
        entries = [json.loads(line) for line in log["entries"]]
        assert [entry["n"] for entry in entries] == list(range(len(entries)))
        names = ("seq", "at", "code", "amount", "auto", "closes_at")
        assert [[entry[name] for name in names] for entry in entries if entry["type"] == "bid"] == [
            [bid[name] for name in names] for bid in bids
        ]
        kinds = Counter(entry["type"] for entry in entries)
        assert kinds["close"] == (self.status == "sold")
        assert kinds["suspend"] == (self.status == "suspended")
        answers = [answer for asked in self.journal for answer in asked.answers]
        notes = list(dict.fromkeys(find_notes([answers, self.told])))
        assert notes
        check_notes(log, notes)
        receipts = find_receipts([answers, self.told])
        verify(self.site.folder / self.sale.lot, log, notes, receipts, self.read_sealed())

    def read_sealed(self) -> dict[str, Any] | None:
        """The sealed log, which nobody reads before the end."""
        return None
