"""One demonstration bidder at a running server: signs in by the form, bids over a websocket."""

from __future__ import annotations

import itertools
import json
import re
import threading
from contextlib import suppress
from http.cookiejar import CookieJar
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from simple_websocket import Client, ConnectionClosed

_SECONDS = 15
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class NotSignedIn(Exception):
    """The server did not let the account in."""


class BidderSocket:
    """A signed-in bidder with one websocket."""

    def __init__(self, url: str, email: str, password: str) -> None:
        jar = CookieJar()
        _sign_in(build_opener(HTTPCookieProcessor(jar)), url, email, password)
        cookie = "; ".join(f"{crumb.name}={crumb.value}" for crumb in jar)
        self._numbers = itertools.count(1)
        self._connection = Client(
            f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket",
            headers={"Cookie": cookie, "Origin": url},
        )
        self._answers: Queue[str] = Queue()
        self._connection.send("40")
        threading.Thread(target=self._listen, daemon=True).start()

    def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send an event and return its acknowledgement."""
        number = next(self._numbers)
        try:
            self._connection.send(f"42{number}{json.dumps([event, payload])}")
            while True:
                head, _, body = self._answers.get(timeout=_SECONDS).partition("[")
                if head == f"43{number}":
                    answer: dict[str, Any] = json.loads(f"[{body}")[0]
                    return answer
        except (Empty, ConnectionClosed):
            raise ConnectionError("the server has hung up") from None

    def close(self) -> None:
        """Hang up, if the server has not."""
        with suppress(ConnectionClosed):
            self._connection.close()

    def _listen(self) -> None:
        """Answer pings however long the room is silent; keep what answers our events."""
        with suppress(ConnectionClosed):
            while True:
                text = self._connection.receive()
                if text == "2":
                    self._connection.send("3")
                elif isinstance(text, str) and text.startswith("43"):
                    self._answers.put(text)


def _sign_in(opener: OpenerDirector, url: str, email: str, password: str) -> None:
    with opener.open(f"{url}/login", timeout=_SECONDS) as page:
        token = _TOKEN.search(page.read().decode())
    if token is None:
        raise NotSignedIn(f"{url}/login shows no form")
    fields = {"email": email, "password": password, "csrf_token": token.group(1)}
    order = Request(  # noqa: S310  # the address is PUBLIC_URL, checked to be http(s) at the start
        f"{url}/login", urlencode(fields).encode(), {"Origin": url}
    )
    with opener.open(order, timeout=_SECONDS) as answer:
        if answer.url.endswith("/login"):
            raise NotSignedIn(f"{email} was not let in")
