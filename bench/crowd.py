"""`python -m bench.crowd`: thousands who watch and a few who bid, in one lean process.

Both are in the same process, so that a frame's way is measured on one clock: from the moment a bid
was sent to the moment its frame was read from each watcher's socket.
"""

from __future__ import annotations

import json
import select
import sys
from array import array
from time import perf_counter
from typing import Any

from bench.figures import percentiles
from bench.load import PONG, Line, connect, frame_of

SEQ = b'"seq":'
PATIENCE = 20.0
SETTLE_SECONDS = 0.3


class Crowd:
    """Watchers on one epoll, bidders on another."""

    def __init__(
        self, host: str, lot: str, cookies: list[str], watchers: int, price: int, step: int
    ) -> None:
        self.host, self.lot = host, lot
        self.price, self.step = price, step
        self.poll = select.epoll()
        self.bidders = [self._open(n, cookie) for n, cookie in enumerate(cookies)]
        self.watchers: list[Line] = []
        self.watcher_count = watchers
        self.by_fd = {line.socket.fileno(): line for line in self.bidders}
        self.turn = 0
        self.seq = 0
        self.sent_at: dict[int, float] = {}
        self.answered: dict[int, float] = {}
        self.frames = 0

    def _open(self, number: int, cookie: str) -> Line:
        line = connect(number, self.host, cookie)
        line.socket.setblocking(False)
        self.poll.register(line.socket.fileno(), select.EPOLLIN)
        return line

    def gather(self) -> dict[str, Any]:
        """Let the watchers come, one after the other, and watch the lot."""
        text = f'420["watch",{{"lot":"{self.lot}","after":null}}]'.encode()
        began = perf_counter()
        for number in range(self.watcher_count):
            line = self._open(-1 - number, "")
            self.watchers.append(line)
            self.by_fd[line.socket.fileno()] = line
            line.socket.send(frame_of(text))
            if number % 50 == 49:
                self._drain(0)
        seconds = perf_counter() - began
        self.settle()
        return {"seconds": seconds}

    def settle(self) -> None:
        """Read until nothing comes but the beat."""
        self._drain(SETTLE_SECONDS)

    def _drain(self, seconds: float) -> None:
        ends = perf_counter() + seconds
        while True:
            ready = self.poll.poll(max(0, ends - perf_counter()))
            for fd, _ in ready:
                self._read(self.by_fd[fd])
            if perf_counter() >= ends:
                return

    # ── one frame to everybody ──────────────────────────────────────────────────────────────────

    def spread(self, rounds: int) -> dict[str, Any]:
        """One bid at a time: when the first and when the last watcher had its frame."""
        first, last, answered = [], [], []
        size, heard = 0, self.frames
        for _ in range(rounds):
            self.settle()
            sent = self._send_bid()
            wanted = self.seq
            missing, came = len(self.watchers), []
            while missing or wanted not in self.answered:
                if perf_counter() - sent > PATIENCE:
                    raise TimeoutError(f"{missing} watchers never heard of bid {wanted}")
                for fd, _ in self.poll.poll(1):
                    line = self.by_fd[fd]
                    for message in self._read(line):
                        if line.number < 0 and _seq_of(message) == wanted:
                            came.append(perf_counter())
                            missing -= 1
                            size = len(message)
            first.append(came[0] - sent)
            last.append(came[-1] - sent)
            answered.append(self.answered[wanted] - sent)
        return {
            "frame_bytes": size,
            "frames": self.frames - heard,
            "first": percentiles(first),
            "last": percentiles(last),
            "answer": percentiles(answered),
        }

    # ── a stream of bids ────────────────────────────────────────────────────────────────────────

    def sustain(self, rate: float, seconds: float) -> dict[str, Any]:
        """Bids at an even rate; how long after each bid every watcher knew of it."""
        self.settle()
        known = {line.number: self.seq for line in self.watchers}
        lags, first = array("d"), self.seq
        frames = size = 0
        began = next_at = perf_counter()
        ends = began + seconds
        while (now := perf_counter()) < ends + 1:
            if next_at <= now < ends:
                self._send_bid()
                next_at += 1 / rate
                continue
            wait = max(0.0, next_at - now) if now < ends else 0.05
            for fd, _ in self.poll.poll(min(wait, 0.05)):
                line = self.by_fd[fd]
                for message in self._read(line):
                    seq = _seq_of(message)
                    if line.number >= 0 or seq is None:
                        continue
                    frames += 1
                    size += len(message)
                    # What a frame tells late is the oldest bid that is new in it.
                    if seq > known[line.number]:
                        lags.append(perf_counter() - self.sent_at[known[line.number] + 1])
                        known[line.number] = seq
        behind = sum(seq < self.seq for seq in known.values())
        answers = [self.answered[n] - self.sent_at[n] for n in range(first + 1, self.seq + 1)]
        return {
            "bids": self.seq - first,
            "frames": frames,
            "bytes_a_frame": size / frames if frames else 0,
            "behind": behind,
            "lag": percentiles(lags),
            "answer": percentiles(answers),
        }

    # ── the wire ────────────────────────────────────────────────────────────────────────────────

    def _send_bid(self) -> float:
        self.turn += 1
        self.seq += 1
        self.price += self.step
        bidder = self.bidders[self.turn % len(self.bidders)]
        text = b'42%d["bid",{"lot":"%s","amount":%d,"key":"%d"}]' % (
            *(self.seq, self.lot.encode(), self.price, self.turn),
        )
        self.sent_at[self.seq] = sent = perf_counter()
        bidder.socket.send(frame_of(text))
        return sent

    def _read(self, line: Line) -> list[bytes]:
        try:
            data = line.socket.recv(262_144)
        except BlockingIOError:
            return []
        if not data:
            raise ConnectionError("hung up")
        line.buffer += data
        messages = line.take()
        for message in messages:
            self.frames += message.startswith(b"42")
            if message == b"2":
                line.socket.send(PONG)
            elif line.number >= 0 and message.startswith(b"43"):
                self._note_answer(message)
        return messages

    def _note_answer(self, message: bytes) -> None:
        head, _, body = message.partition(b"[")
        answer = json.loads(b"[" + body)[0]
        if not answer["accepted"] or answer["seq"] != int(head[2:]):
            raise RuntimeError(f"a bid was not accepted in its turn: {answer}")
        self.answered[answer["seq"]] = perf_counter()


def _seq_of(message: bytes) -> int | None:
    """Number of the last bid a frame tells of."""
    if not message.startswith(b"42"):
        return None
    start = message.index(SEQ) + len(SEQ)
    end = start
    while message[end] in b"0123456789":
        end += 1
    return int(message[start:end])


def main() -> None:
    """Connect, say so, then do what each line says."""
    crowd = Crowd(**json.loads(sys.stdin.readline()))
    print(json.dumps({"connected": len(crowd.bidders)}), flush=True)
    for text in sys.stdin:
        order = json.loads(text)
        done = getattr(crowd, order.pop("do"))(**order)
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
