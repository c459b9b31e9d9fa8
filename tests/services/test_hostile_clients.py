"""While some flood, never read, or send what nobody can read, honest bidders bid as ever."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import websocket
from court_in_session import START_PRICE, STEP, CourtInSession
from live_client import Socket
from processes import HOST, Deployment, Process
from sale_audit import audit_sale

pytestmark = pytest.mark.services

HONEST_BIDS = 24
MOST_MEMORY = 30_000_000
"""Bytes by which the two web processes together may grow under all this."""


def connect(deployment: Deployment, place: int, cookies: dict[str, str] | None = None):
    connection = websocket.create_connection(
        f"ws://{HOST}:{deployment.web_ports[place % 2]}/socket.io/?EIO=4&transport=websocket",
        timeout=10,
        host=deployment.url.partition("//")[2],
        origin=deployment.url,
        cookie="; ".join(f"{name}={value}" for name, value in (cookies or {}).items()) or None,
    )
    connection.recv()
    connection.send("40")
    connection.recv()
    return connection


def memory_of(processes: list[Process]) -> int:
    """Bytes the processes and their children hold."""
    pages = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) in {process.pid for process in processes}:
                pages += int(fields[21])
    return pages * os.sysconf("SC_PAGE_SIZE")


def ask_until_decided(socket: Socket, bid: dict[str, Any]) -> dict[str, Any]:
    """What a right client does: without a decision it asks again, with the same key."""
    for _ in range(3):
        answer = socket.ask("bid", bid)
        if answer.get("reason") != "unavailable":
            break
    return answer


def flood_with_bids(lot: str, connection) -> None:
    """A thousand bids, and none of the answers read."""
    for number in range(1_000):
        bid = {"lot": lot, "amount": 1, "key": f"flood {number}"}
        connection.send(f"42{number}{json.dumps(['bid', bid])}")


def watch_and_never_read(lot: str, connection) -> None:
    for number in range(500):
        connection.send(f'42{number}["watch",{{"lot":"{lot}","after":0}}]')


def ask_for_what_there_is_not(lot: str, connection) -> None:
    for number in range(500):
        connection.send(f'42{number}["admin",{{"lot":"{lot}"}}]')


def send_deep_json(lot: str, connection) -> None:
    for number in range(300):
        connection.send(f'42{number}["bid",' + "[" * 8_000)


def send_a_megabyte(_lot: str, connection) -> None:
    connection.send("42" + "x" * 1_000_000)


def send_binary(_lot: str, connection) -> None:
    connection.send_binary(b"\0" * 10_000)


def announce_attachments(lot: str, connection) -> None:
    connection.send(f'459999999999-1["bid",{{"lot":"{lot}","amount":{{"_placeholder":true}}}}]')
    for _ in range(200):
        connection.send_binary(b"\0" * 10_000)


HOSTILE: list[Callable[[str, Any], None]] = [
    flood_with_bids,
    watch_and_never_read,
    watch_and_never_read,
    ask_for_what_there_is_not,
    send_deep_json,
    *[send_a_megabyte] * 4,
    *[send_binary] * 4,
    *[announce_attachments] * 4,
]


def test_honest_bidders_are_answered_while_others_misbehave(
    court: CourtInSession, deployment: Deployment
):
    with court.open_sale(bidders=4) as sale:
        honest = [sale.seat_bidder(0), sale.seat_bidder(1)]
        hostile = [sale.seat_bidder(2), sale.seat_bidder(3)]
        for bidder in honest:
            assert bidder.socket.ask("watch", {"lot": sale.lot, "after": 0})["ok"] is True
        connections = [
            connect(deployment, place, hostile[place % 2].browser.cookies.get_dict())
            for place in range(len(HOSTILE))
        ]
        before = memory_of(deployment.webs)

        def misbehave(act: Callable[[str, Any], None], connection) -> None:
            # Whoever is cut off has what they asked for.
            with contextlib.suppress(websocket.WebSocketException, OSError):
                act(sale.lot, connection)

        threads = [
            threading.Thread(target=misbehave, args=(act, connection), daemon=True)
            for act, connection in zip(HOSTILE, connections, strict=True)
        ]
        for thread in threads:
            thread.start()
        for seq in range(1, HONEST_BIDS + 1):
            bidder = honest[seq % 2]
            amount = START_PRICE + (seq - 1) * STEP
            bid = {"lot": sale.lot, "amount": amount, "key": f"honest {seq}"}
            answer = ask_until_decided(bidder.socket, bid)
            assert (answer["accepted"], answer["seq"]) == (True, seq), answer
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
        assert memory_of(deployment.webs) - before < MOST_MEMORY
        for connection in connections:
            connection.close(timeout=0)
        for bidder in honest:
            socket = bidder.socket
            socket.wait_for(lambda heard=socket: HONEST_BIDS in heard.seqs(), 5, "the last bid")
            assert sorted(set(socket.seqs())) == list(range(1, HONEST_BIDS + 1))
        assert all(process.is_running for process in deployment.webs)
        with court.app.app_context():
            outcome = audit_sale(sale.sale_id)
    assert [bid["code"] for bid in outcome["bids"]] == [sale.codes[1], sale.codes[0]] * 12
    assert "Traceback" not in "".join(process.tail(500) for process in deployment.webs)
