"""Wake-up calls between processes through Redis: never on a bid's path, never trusted.

A hint says "look at this sale"; what it leads to is read from the database. Redis that is down,
hung or emptied costs at most the second until the next comparison of heads.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable

import redis

from auction.core.log import get_logger
from bidding.room.batch import Turn

CHANNEL = "luochui:heads"
TIMEOUT_SECONDS = 1.0

log = get_logger()


class Hints:
    """Publishes and hears which sales moved, from two threads of its own."""

    def __init__(self, url: str, hear: Callable[[int], None]) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=None,
            health_check_interval=0,
        )
        self._hear = hear
        self._name = secrets.token_hex(6)
        self._pending: set[int] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._is_started = False

    def start(self) -> None:
        """Start both threads, once."""
        with self._lock:
            starts, self._is_started = not self._is_started, True
        if starts:
            for target in (self._publish, self._listen):
                threading.Thread(target=target, daemon=True).start()

    def stop(self) -> None:
        """Let both end at their next turn."""
        self._stop.set()
        self._wake.set()

    def note(self, turn: Turn) -> None:
        """Something was committed by this process; returns at once."""
        if turn.snapshot is not None:
            self.start()
            with self._lock:
                self._pending.add(turn.snapshot.sale_id)
            self._wake.set()

    def _publish(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            with self._lock:
                sale_ids, self._pending = sorted(self._pending), set()
            try:
                for sale_id in sale_ids:
                    self._client.publish(CHANNEL, f"{self._name} {sale_id}")
            except (redis.RedisError, OSError):
                log.warning("hint not published")
            self._stop.wait(0.02)

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                self._hear_until_broken()
            except (redis.RedisError, OSError):
                log.warning("hints not heard")
                self._stop.wait(TIMEOUT_SECONDS)

    def _hear_until_broken(self) -> None:
        with self._client.pubsub(  # type: ignore[no-untyped-call]  # untyped in the library
            ignore_subscribe_messages=True
        ) as channel:
            channel.subscribe(CHANNEL)
            while not self._stop.is_set():
                message = channel.get_message(timeout=TIMEOUT_SECONDS)
                if message is None:
                    continue
                sender, _, sale = message["data"].decode(errors="replace").partition(" ")
                if sender != self._name and sale.isascii() and sale.isdigit():
                    self._hear(int(sale[:18]))
