"""`python -m bench.load`: many websockets in one lean process, so that it is not what is measured.

One line of JSON in, one line of JSON out: first what to connect, then what to do for how long. The
websocket frames are written and read by hand; a mask of zeros leaves the text as it is.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
    "Host: {host}\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: bHVvY2h1aS1iZW5jaC0wMQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def frame_of(text: bytes) -> bytes:
    """A client's text frame."""
    size = len(text)
    head = bytes((0x81, 0x80 | size)) if size < 126 else struct.pack(">BBH", 0x81, 0xFE, size)
    return head + b"\0\0\0\0" + text


PONG = frame_of(b"3")

STEPS_A_SECOND = 1_000_000
"""How finely amounts tell who sent first."""


@dataclass(slots=True)
class Line:
    """One websocket."""

    number: int
    socket: socket.socket
    buffer: bytearray = field(default_factory=bytearray)
    sent_at: float = 0.0
    count: int = 0
    amount: int = 0

    def take(self) -> list[bytes]:
        """Complete messages that have come; what is incomplete waits."""
        messages = []
        buffer, start = self.buffer, 0
        while len(buffer) - start >= 2:
            size, head = buffer[start + 1] & 0x7F, 2
            if size == 126:
                head = 4
                size = int.from_bytes(buffer[start + 2 : start + 4], "big")
            elif size == 127:
                head = 10
                size = int.from_bytes(buffer[start + 2 : start + 10], "big")
            if len(buffer) - start < head + size:
                break
            messages.append(bytes(buffer[start + head : start + head + size]))
            start += head + size
        del buffer[:start]
        return messages

    def read_message(self) -> bytes:
        """The next message, waiting for it: only while connecting."""
        while not (messages := self.take()):
            data = self.socket.recv(65_536)
            if not data:
                raise ConnectionError("hung up while connecting")
            self.buffer += data
        assert len(messages) == 1, messages
        return messages[0]


def unmask(line: Line) -> list[bytes]:
    """The same for what a client sent: with our mask of zeros, of which four bytes go before."""
    messages, buffer, start = [], line.buffer, 0
    while len(buffer) - start >= 6:
        size, head = buffer[start + 1] & 0x7F, 2
        if size == 126:
            head, size = 4, int.from_bytes(buffer[start + 2 : start + 4], "big")
        if len(buffer) - start < head + 4 + size:
            break
        messages.append(bytes(buffer[start + head + 4 : start + head + 4 + size]))
        start += head + 4 + size
    del buffer[:start]
    return messages


def connect(number: int, host: str, cookie: str, origin: str = "") -> Line:
    """Open one websocket and its Socket.IO session; `origin` where it is another than the host."""
    origin = origin or f"http://{host}"
    address, _, port = host.partition(":")
    line = Line(number, socket.create_connection((address, int(port)), timeout=30))
    line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.socket.sendall(HANDSHAKE.format(host=host, cookie=cookie, origin=origin).encode())
    while b"\r\n\r\n" not in line.buffer:
        data = line.socket.recv(4096)
        if not data:
            raise ConnectionError("no answer to the handshake")
        line.buffer += data
    head, _, rest = bytes(line.buffer).partition(b"\r\n\r\n")
    if b" 101 " not in head.splitlines()[0]:
        raise ConnectionError(head.decode())
    line.buffer = bytearray(rest)
    assert line.read_message().startswith(b"0")
    line.socket.sendall(frame_of(b"40"))
    assert line.read_message().startswith(b"40")
    return line


class Load:
    """All lines of this process."""

    def __init__(
        self, host: str, lot: str, cookies: list[str], price: int, step: int, origin: str = ""
    ) -> None:
        self.lot = lot
        self.price, self.step = price, step
        self.epoch: float | None = None
        self.lines = [connect(n, host, cookie, origin) for n, cookie in enumerate(cookies)]
        self.poll = select.epoll()
        self.by_fd = {line.socket.fileno(): line for line in self.lines}
        for line in self.lines:
            line.socket.setblocking(False)
            self.poll.register(line.socket.fileno(), select.EPOLLIN)

    def watch(self) -> None:
        """Let every line watch the lot."""
        text = f'420["watch",{{"lot":"{self.lot}","after":null}}]'.encode()
        for line in self.lines:
            line.socket.send(frame_of(text))

    def send(self, lines: list[Line], event: bytes) -> None:
        """The next event of each; every bid is a step above those of all rounds before.

        Within a round the highest goes first: libev, which the server's loop is built on, takes
        what is ready in the opposite order, so that most bids meet a lower price and are accepted.
        """
        if self.epoch is not None:
            self.send_by_clock(lines, event, self.epoch)
            return
        top = self.price + self.step * len(lines)
        self.price = top
        for back, line in enumerate(lines):
            line.count += 1
            amount = top - back * self.step
            text = b'42%d["%s",{"lot":"%s","amount":%d,"confirm":%d,"key":"%d-%d"}]' % (
                *(line.count, event, self.lot.encode(), amount, amount, line.number, line.count),
            )
            line.sent_at = perf_counter()
            line.socket.send(frame_of(text))

    def send_by_clock(self, lines: list[Line], event: bytes, epoch: float) -> None:
        """The same, but whoever sends later offers more, in whichever process.

        So a refused bid is one that was decided after another that was sent later, and the price
        that stood then says how much later.
        """
        for line in lines:
            line.count += 1
            line.sent_at = perf_counter()
            elapsed = int((line.sent_at - epoch) * STEPS_A_SECOND)
            amount = line.amount = self.price + self.step * elapsed
            text = b'42%d["%s",{"lot":"%s","amount":%d,"confirm":%d,"key":"%d-%d"}]' % (
                *(line.count, event, self.lot.encode(), amount, amount, line.number, line.count),
            )
            line.socket.send(frame_of(text))

    def race(self, seconds: float, warm_up: float, epoch: float) -> dict[str, Any]:
        """Run with amounts that grow with the clock, which all processes of a machine share."""
        self.epoch = epoch
        return self.run("bid", seconds, warm_up)

    def run(self, event: str, seconds: float, warm_up: float) -> dict[str, Any]:
        """Every line sends its next event when the last was answered."""
        name = event.encode()
        times: list[float] = []
        counts = {"answers": 0, "accepted": 0, "all_answers": 0, "all_accepted": 0}
        reasons: dict[str, int] = {}
        overtaken: list[float] = []
        began = perf_counter() + warm_up
        ends = began + seconds
        waiting = len(self.lines)
        self.send(self.lines, name)
        while waiting:
            next_round = []
            for fd, _ in self.poll.poll(5) or self._give_up(waiting):
                line = self.by_fd[fd]
                for message in self._read(line):
                    if not message.startswith(b"43"):
                        continue
                    now = perf_counter()
                    accepted = b'"accepted":true' in message
                    counts["all_answers"] += 1
                    counts["all_accepted"] += accepted
                    if began <= now < ends:
                        times.append(now - line.sent_at)
                        counts["answers"] += 1
                        counts["accepted"] += accepted
                    if not accepted:
                        answer = json.loads(message[message.index(b"[") :])[0]
                        reasons[answer["reason"]] = reasons.get(answer["reason"], 0) + 1
                        if self.epoch is not None and answer["reason"] == "below-minimum":
                            steps = (answer["state"]["price"] - line.amount) / self.step
                            overtaken.append(steps / STEPS_A_SECOND)
                    if now < ends:
                        next_round.append(line)
                    else:
                        waiting -= 1
            self.send(next_round, name)
        times.sort()
        return {
            **counts,
            "reasons": reasons,
            "overtaken": overtaken,
            "rate": counts["answers"] / seconds,
            "accepted_rate": counts["accepted"] / seconds,
            "p50_ms": 1000 * times[len(times) // 2],
            "p99_ms": 1000 * times[len(times) * 99 // 100],
            "p999_ms": 1000 * times[len(times) * 999 // 1000],
        }

    def listen(self, seconds: float) -> dict[str, Any]:
        """Take what comes, as fast as it comes; how many frames and bytes that was."""
        ends = perf_counter() + seconds
        frames = size = 0
        while (left := ends - perf_counter()) > 0:
            for fd, _ in self.poll.poll(left):
                for message in self._read(self.by_fd[fd]):
                    frames += message.startswith(b"42")
                    size += len(message)
        return {"frames": frames, "bytes": size}

    def _read(self, line: Line) -> list[bytes]:
        data = line.socket.recv(1_048_576)
        if not data:
            raise ConnectionError("hung up")
        line.buffer += data
        messages = line.take()
        if b"2" in messages:
            line.socket.send(PONG)
        return messages

    def _give_up(self, waiting: int) -> list[tuple[int, int]]:
        raise TimeoutError(f"{waiting} answers did not come within 5 s")


def main() -> None:
    """Connect, say so, then do what each line says."""
    load = Load(**json.loads(sys.stdin.readline()))
    print(json.dumps({"connected": len(load.lines)}), flush=True)
    for text in sys.stdin:
        order = json.loads(text)
        done = getattr(load, order.pop("do"))(**order)
        print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
