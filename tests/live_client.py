"""A bidder's browser without a browser: signs in over HTTP, and speaks Socket.IO on a websocket."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

import requests
import websocket

ANSWER_SECONDS = 10


def sign_in(
    url: str, email: str, password: str, headers: Mapping[str, str] | None = None
) -> requests.Session:
    """Sign in by the form on the page, as a person does."""
    person = requests.Session()
    person.headers.update(headers or {})
    page = person.get(f"{url}/login", timeout=ANSWER_SECONDS)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token, page.text[:500]
    answer = person.post(
        f"{url}/login",
        data={"email": email, "password": password, "csrf_token": token.group(1)},
        headers={"Origin": url},
        allow_redirects=False,
        timeout=ANSWER_SECONDS,
    )
    assert answer.status_code in {302, 303}, answer.text[:500]
    return person


class Socket:
    """One websocket to the live room, and all frames that came over it, in order."""

    def __init__(self, url: str, cookies: Mapping[str, str] | None = None) -> None:
        cookie = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
        self._connection = websocket.create_connection(
            f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket",
            timeout=ANSWER_SECONDS,
            origin=url,
            cookie=cookie or None,
        )
        self.frames: list[dict[str, Any]] = []
        self.is_open = True
        self._answers: dict[int, Any] = {}
        self._numbers = itertools.count(1)
        self._news = threading.Condition()
        assert self._connection.recv().startswith("0")
        self._connection.send("40")
        assert self._connection.recv().startswith("40")
        # Reading waits as long as the room is silent; what is asked has its own limit.
        self._connection.settimeout(None)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ask(self, event: str, payload: Any, *, seconds: float = ANSWER_SECONDS) -> Any:
        """Send an event and return its acknowledgement."""
        number = next(self._numbers)
        self._connection.send(f"42{number}{json.dumps([event, payload])}")
        self._wait(lambda: number in self._answers, seconds, f"the answer to {event}")
        return self._answers.pop(number)

    def wait_for(self, check: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until the frames that have come fulfil `check`."""
        self._wait(check, seconds, what)

    def status(self) -> str | None:
        """The sale's status by the last frame, None before the first."""
        with self._news:
            return self.frames[-1]["state"]["status"] if self.frames else None

    def bids(self) -> list[dict[str, Any]]:
        """All bids of all frames, in the order they came."""
        with self._news:
            return [bid for frame in self.frames for bid in frame["bids"]]

    def seqs(self) -> list[int]:
        """Their numbers."""
        return [bid["seq"] for bid in self.bids()]

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
        self._reader.join(ANSWER_SECONDS)

    def _wait(self, check: Callable[[], bool], seconds: float, what: str) -> None:
        with self._news:
            if not self._news.wait_for(lambda: check() or not self.is_open, seconds):
                raise AssertionError(f"{what} did not come within {seconds} s")
            if not check():
                raise ConnectionError(f"the socket was closed before {what} came")

    def _read(self) -> None:
        while self.is_open:
            try:
                text = self._connection.recv()
            except (websocket.WebSocketException, OSError):
                text = ""
            if text == "2":
                self._connection.send("3")
                continue
            with self._news:
                if not text or text in {"1", "41"}:
                    self.is_open = False
                elif text.startswith("42"):
                    event, frame = json.loads(text[2:])
                    assert event == "lot"
                    self.frames.append(frame)
                elif text.startswith("43"):
                    number, _, rest = text[2:].partition("[")
                    self._answers[int(number)] = json.loads(f"[{rest}")[0]
                self._news.notify_all()
