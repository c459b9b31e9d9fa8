"""`python -m bench.stream`: bids at an even rate over many sales, each bid in its sale's turn."""

from __future__ import annotations

import json
import random
import select
import sys
from array import array
from collections import Counter
from time import perf_counter, time
from typing import Any

from bench.figures import percentiles
from bench.load import PONG, connect, frame_of

GRACE = 5.0
"""Seconds the last answers may take."""


class Stream:
    """A few people who bid wherever there is something to bid on."""

    def __init__(
        self,
        host: str,
        cookies: list[str],
        lots: list[str],
        bidders_of: list[list[int]],
        closes: list[float],
        price: int,
        step: int,
    ) -> None:
        self.lots, self.bidders_of, self.closes = lots, bidders_of, closes
        self.step = step
        self.next_price = [price] * len(lots)
        self.bids = [0] * len(lots)
        self.poll = select.epoll()
        self.lines = [connect(n, host, cookie) for n, cookie in enumerate(cookies)]
        self.by_fd = {line.socket.fileno(): line for line in self.lines}
        for line in self.lines:
            line.socket.setblocking(False)
            self.poll.register(line.socket.fileno(), select.EPOLLIN)
        self.sent_at: dict[int, float] = {}
        self.counted_from = 0
        self.times = array("d")
        self.accepted = 0
        self.reasons: Counter[str] = Counter()

    def open_each(self, every: int) -> dict[str, Any]:
        """One bid in every so many sales, twenty under way at a time."""
        for start in range(0, len(self.lots), every * 20):
            for sale in range(start, min(start + every * 20, len(self.lots)), every):
                self._bid(sale)
            self._await_all()
        return self._figures()

    def run(self, rate: float, seconds: float, begins_at: float, seed: int = 1) -> dict[str, Any]:
        """Bid at `rate` in sales chosen at random among those that are still open.

        Only these bids are counted, not those before `begins_at` (seconds since 1970).
        """
        while (wait := begins_at - time()) > 0:
            self._read(wait)
        self.times, self.accepted = array("d"), 0
        self.reasons.clear()
        self.counted_from = len(self.sent_at)
        chance = random.Random(seed)
        began = next_at = perf_counter()
        while (now := perf_counter()) < began + seconds:
            if now < next_at:
                self._read(next_at - now)
                continue
            next_at += 1 / rate
            sale = self._choose(chance)
            if sale is not None:
                self._bid(sale)
            self._read(0)
        self._await_all()
        return self._figures()

    def _choose(self, chance: random.Random) -> int | None:
        now = time()
        for _attempt in range(100):
            sale = chance.randrange(len(self.lots))
            if self.closes[sale] > now:
                return sale
        return None

    def _bid(self, sale: int) -> None:
        bidders = self.bidders_of[sale]
        line = self.lines[bidders[self.bids[sale] % len(bidders)]]
        number = len(self.sent_at) + 1
        text = b'42%d["bid",{"lot":"%s","amount":%d,"key":"%d"}]' % (
            *(number, self.lots[sale].encode(), self.next_price[sale], number),
        )
        self.next_price[sale] += self.step
        self.bids[sale] += 1
        self.sent_at[number] = perf_counter()
        line.socket.send(frame_of(text))

    def _await_all(self) -> None:
        ends = perf_counter() + GRACE
        while (missing := len(self.sent_at) - self.counted_from - len(self.times)) > 0:
            if perf_counter() > ends:
                raise TimeoutError(f"{missing} bids without an answer")
            self._read(0.1)

    def _read(self, seconds: float) -> None:
        for fd, _ in self.poll.poll(seconds):
            line = self.by_fd[fd]
            data = line.socket.recv(262_144)
            if not data:
                raise ConnectionError("hung up")
            line.buffer += data
            for message in line.take():
                if message == b"2":
                    line.socket.send(PONG)
                elif message.startswith(b"43"):
                    self._note(message)

    def _note(self, message: bytes) -> None:
        head, _, body = message.partition(b"[")
        answer = json.loads(b"[" + body)[0]
        self.times.append(perf_counter() - self.sent_at[int(head[2:])])
        self.accepted += answer["accepted"]
        if not answer["accepted"]:
            self.reasons[answer["reason"]] += 1

    def _figures(self) -> dict[str, Any]:
        return {
            "bids": len(self.times),
            "accepted": self.accepted,
            "reasons": dict(self.reasons),
            "answer": percentiles(self.times),
        }


def main() -> None:
    """Connect, say so, then do what each line says."""
    stream = Stream(**json.loads(sys.stdin.readline()))
    print(json.dumps({"connected": len(stream.lines)}), flush=True)
    for text in sys.stdin:
        order = json.loads(text)
        done = getattr(stream, order.pop("do"))(**order)
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
