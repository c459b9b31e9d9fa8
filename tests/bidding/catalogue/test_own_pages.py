"""What the lot's page and the replay give to scripts, and to whom."""

from __future__ import annotations

import json
import re

import pytest
from conftest import browser
from live_room import START_PRICE, STEP, make_room
from public_scene import signed_in

from auction.core.db import to_ms
from bidding.catalogue.own import load_own_limit
from bidding.room.requests import Kind


@pytest.fixture
def room(app, clock):
    return make_room(app, clock.now())


def test_the_replay_is_fetched_as_compact_rows_of_all_bids(app, clock, room):
    at = clock.now()
    assert room.bid(0, 0).accepted
    clock.advance(hours=23, minutes=58)
    assert room.bid(1, 2).accepted
    answer = browser(app).get(f"/lots/{room.lot}/replay/bids")
    assert answer.mimetype == "application/json"
    assert answer.json["bids"] == [
        [1, to_ms(at), START_PRICE, room.codes[0], 0],
        [2, to_ms(clock.now()), START_PRICE + 2 * STEP, room.codes[1], 1],
    ]
    again = {"If-None-Match": answer.headers["ETag"]}
    assert browser(app).get(f"/lots/{room.lot}/replay/bids", headers=again).status_code == 304


def test_a_limit_is_shown_again_to_its_owner_and_to_nobody_else(app, room):
    limit = START_PRICE + 7 * STEP
    answer = room.intake.submit(room.sale_id, Kind.INSTRUCT, user_id=room.users[0], amount=limit)
    assert answer.accepted
    own = signed_in(app, room.users[0]).get(f"/lots/{room.lot}").text
    assert f'data-own-limit="{limit}"' in own
    for other in (signed_in(app, room.users[1]), browser(app)):
        page = other.get(f"/lots/{room.lot}").text
        assert str(limit) not in page
    assert load_own_limit(room.sale_id, None) is None
    assert load_own_limit(room.sale_id, room.codes[1]) is None


def test_who_was_outbid_is_told_so_on_a_fresh_page(app, room):
    def outbid(bidder: int) -> bool:
        page = signed_in(app, room.users[bidder]).get(f"/lots/{room.lot}").text
        found = re.search(r'data-standing="outbid"( hidden)?', page)
        assert found
        return found.group(1) is None

    assert room.bid(0, 0).accepted
    assert room.bid(1, 1).accepted
    assert [outbid(bidder) for bidder in range(3)] == [True, False, False]


def test_the_words_of_the_check_stand_on_the_page_as_data(app, room):
    page = browser(app).get(f"/lots/{room.lot}").text
    block = re.search(r'<script type="application/json" data-words>(.*?)</script>', page, re.DOTALL)
    assert block
    words = json.loads(block.group(1))
    assert {"lines", "root", "signature", "times", "replay", "page"} <= words["checks"].keys()
    assert all(words["faults"].values())
