"""The same bids over plain HTTP, to this platform and to another one that is running somewhere.

`PEER_URL` names the other, `PEER_LOT` its lot and `PEER_TOKENS` a file with one bidder's token a
line. Known so far is one peer, iragm/fishauctions, which has a documented bid over HTTP: `POST
/api/lots/<pk>/bid/`, a form with `bid`, in the name of a token, and always 200 for what it decided.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from processes import HOST, free_port, migrate, temporary_folder, web_process

from bench.bids import settings_of
from bench.court import START_PRICE, STEP, seed_sale
from bench.figures import percentiles

BIDDERS = 20
ANSWER_SECONDS = 30
GREATEST_PEER_BID = 999_999


class Request(NamedTuple):
    """One bid as HTTP."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Target:
    """Where bids go, how the n-th is written for each bidder, and whether its answer says yes."""

    url: str
    bidders: int
    write: Callable[[int, int], Request]
    is_accepted: Callable[[dict[str, Any]], bool]


@dataclass(frozen=True)
class PeerFigures:
    """The same number of bidders at both, one after the other."""

    bidders: int
    ours: dict[str, Any]
    peer: dict[str, Any]

    @property
    def ratio(self) -> float:
        """Our decisions a second as a multiple of the peer's."""
        return float(self.ours["rate"] / self.peer["rate"])


def find_peer() -> Target | None:
    """The peer that the environment names."""
    url = os.environ.get("PEER_URL", "")
    if not url:
        return None
    tokens = Path(os.environ["PEER_TOKENS"]).read_text(encoding="utf-8").split()
    return fish_auctions(url, os.environ["PEER_LOT"], tokens)


def fish_auctions(url: str, lot: str, tokens: list[str]) -> Target:
    """iragm/fishauctions; its amounts are decimal, and end at a million."""

    def write(bidder: int, n: int) -> Request:
        body = urlencode({"bid": str(min(1 + n, GREATEST_PEER_BID))}).encode()
        headers = {
            "Authorization": f"Token {tokens[bidder]}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return Request(f"/api/lots/{lot}/bid/", body, headers)

    return Target(url, len(tokens), write, lambda answer: answer["type"] != "ERROR")


def luochui(url: str, lot: str, cookies: list[str]) -> Target:
    """This platform, each bidder under a session of its own."""
    sessions = [_sign_on(url, cookie) for cookie in cookies]

    def write(bidder: int, n: int) -> Request:
        amount = START_PRICE + n * STEP
        body = json.dumps({"amount": amount, "confirm": amount, "key": str(n)}).encode()
        headers = {
            "Cookie": sessions[bidder].cookie,
            "Origin": url,
            "X-CSRF-Token": sessions[bidder].csrf_token,
            "Content-Type": "application/json",
        }
        return Request(f"/api/v1/lots/{lot}/bids", body, headers)

    return Target(url, len(cookies), write, lambda answer: bool(answer["accepted"]))


class Session(NamedTuple):
    """A signed-in bidder, as a program sees it."""

    cookie: str
    csrf_token: str


def _sign_on(url: str, cookie: str) -> Session:
    connection = _connect(url)
    connection.request("GET", "/api/v1/me", headers={"Cookie": cookie})
    response = connection.getresponse()
    token = json.loads(response.read())["csrf_token"]
    # The token belongs to the session as it was sent back with it.
    renewed = (response.getheader("Set-Cookie") or cookie).partition(";")[0]
    connection.close()
    return Session(renewed, token)


def send_bids(target: Target, seconds: float) -> dict[str, Any]:
    """Every bidder sends the next bid when the last was answered, on a connection that is kept."""
    numbers = count()
    times: list[float] = []
    accepted: list[bool] = []
    failures: list[BaseException] = []
    ends = perf_counter() + seconds

    def bid_on(bidder: int) -> None:
        connection = _connect(target.url)
        try:
            while perf_counter() < ends:
                request = target.write(bidder, next(numbers))
                began = perf_counter()
                connection.request("POST", request.path, request.body, request.headers)
                response = connection.getresponse()
                answer = response.read()
                times.append(perf_counter() - began)
                if response.status != 200:
                    raise RuntimeError(f"{response.status}: {answer[:200]!r}")
                accepted.append(target.is_accepted(json.loads(answer)))
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=bid_on, args=(n,)) for n in range(target.bidders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return {
        "rate": len(times) / seconds,
        "accepted": sum(accepted),
        "decided": len(accepted),
        "answer": percentiles(times),
    }


def _connect(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.netloc, timeout=ANSWER_SECONDS)


def measure_ours(database_url: str, *, seconds: float, bidders: int = BIDDERS) -> dict[str, Any]:
    """This platform's half, by the same client."""
    with temporary_folder("luochui-bench-") as folder, ExitStack() as stack:
        port = free_port()
        settings = settings_of(database_url or f"sqlite:///{folder}/bench.db", folder, port)
        migrate(settings)
        seeded = seed_sale(settings, bidders)
        stack.enter_context(web_process(folder, port, settings))
        target = luochui(f"http://{HOST}:{port}", seeded.lot, seeded.cookies)
        return send_bids(target, seconds)


def measure_peer(peer: Target, database_url: str, *, seconds: float) -> PeerFigures:
    """Both, one after the other."""
    ours = measure_ours(database_url, seconds=seconds, bidders=peer.bidders)
    return PeerFigures(peer.bidders, ours, send_bids(peer, seconds))
