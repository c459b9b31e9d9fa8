"""The corpus of socket packets: a named refusal or the end of that connection, and nobody else's."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
import websocket
from conftest import ORIGIN
from corpus_files import load_cases
from corpus_room import LEAKS, digest, make_standing_room, reason_of, seat
from live_room import START_PRICE, STEP
from live_socket import SocketClient, cookie_of, serve

PATIENCE_SECONDS = 5


class Stranger(SocketClient):
    """Sends what it likes, and tells what became of it."""

    def __init__(self, port: int, cookie: str, *, early: bool) -> None:
        if early:
            self.frames, self._answers = [], {}
            self.ws = websocket.create_connection(
                f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket",
                cookie=cookie,
                origin=ORIGIN,
                timeout=PATIENCE_SECONDS,
            )
            self.ws.recv()
        else:
            super().__init__(port, cookie=cookie)
            self.ws.settimeout(PATIENCE_SECONDS)

    def put(self, packet: Any, lot: str) -> None:
        if isinstance(packet, str):
            self.ws.send(packet.replace("{lot}", lot))
        elif "b64" in packet:
            content = base64.b64decode(packet["b64"]) * packet.get("repeat", 1)
            self.ws.send_binary(content)
        else:
            self.ws.send(packet["text"].ljust(packet["pad"], "x"))

    def become(self, lot: str, *, is_answered: bool) -> str:
        """The code of answer 99, `closed`, or `ignored`: a good request is answered instead."""
        try:
            self.ws.send(f'427["watch",{{"lot":"{lot}"}}]')
            while True:
                packet = self.ws.recv()
                text = packet if isinstance(packet, str) else packet.decode(errors="replace")
                assert not [word for word in LEAKS if word in text], text
                if text.startswith("4399["):
                    self._answers.clear()
                    return self._reason(text)
                if text.startswith("437[") and not is_answered:
                    return "ignored"
                if text == "" or text.startswith("41"):
                    return "closed"
        except websocket.WebSocketTimeoutException:
            return "silent"
        except (websocket.WebSocketException, OSError):
            return "closed"

    def _reason(self, text: str) -> str:
        return reason_of(json.loads(text[4:])[0])


@pytest.mark.parametrize("any_app", ["sqlite"], indirect=True)
def test_each_packet_is_refused_by_name_or_ends_its_own_connection(any_app, clock, caplog):
    room = make_standing_room(any_app, clock)
    wrong, before = {}, digest()
    cookie = cookie_of(any_app, room.users[0], clock.now())
    with serve(any_app) as port, seat(port, any_app, room.users[1], clock.now()) as honest:
        for place, case in enumerate(load_cases("socket")):
            stranger = Stranger(port, cookie, early=case.get("early", False))
            with contextlib.suppress(websocket.WebSocketException, OSError):
                for packet in case["packets"]:
                    stranger.put(packet, room.lot)
            if case["expect"] == "silent":
                stranger.ws.settimeout(1)
            is_answered = case["expect"] not in {"ignored", "closed", "silent"}
            got = stranger.become(room.lot, is_answered=is_answered)
            stranger.ws.close(timeout=0)
            if got != case["expect"]:
                wrong[case["name"]] = (got, str(case["packets"])[:60])
            assert honest.ask("watch", {"lot": room.lot})["ok"] is True
            if place % 20 == 0 and digest() != before:
                wrong[case["name"]] = "changed something"
        assert digest() == before
        offer = {"lot": room.lot, "amount": START_PRICE + STEP, "key": "still here"}
        assert honest.ask("bid", offer)["accepted"] is True
    assert wrong == {}
    # Nobody can fill the log with traces by sending what cannot be read.
    assert [record for record in caplog.records if record.exc_info] == []
