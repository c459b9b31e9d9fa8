"""The one action of a lot's panel, cell by cell."""

from __future__ import annotations

import pytest

from bidding.catalogue.standing import Scene, Step, Viewer, next_step


def scene(**more) -> Scene:
    values = {
        "status": "open",
        "sale_status": "announced",
        "is_latest": True,
        "is_past_close": False,
        "leader": "AAAA",
        "price_minor": 100,
        "minimum_minor": 110,
        **more,
    }
    return Scene(**values)


ACTIVE = Viewer(is_bidder=True, enrolment="active", code="BBBB")
LEADER = Viewer(is_bidder=True, enrolment="active", code="AAAA")


@pytest.mark.parametrize(
    ("where", "who", "step"),
    [
        (scene(), None, Step.SIGN_IN),
        (scene(is_past_close=True), None, Step.CONFIRMING),
        (scene(), Viewer(is_bidder=False), Step.STAFF),
        (scene(), Viewer(is_bidder=True), Step.ENROL),
        (scene(is_past_close=True), Viewer(is_bidder=True), Step.CONFIRMING),
        (scene(), Viewer(is_bidder=True, enrolment="begun"), Step.CONTINUE),
        (scene(), Viewer(is_bidder=True, enrolment="deposit-due"), Step.DEPOSIT),
        (scene(status="suspended"), Viewer(is_bidder=True), Step.ENROL),
        (scene(), Viewer(is_bidder=True, enrolment="left"), Step.LEFT),
        (
            scene(),
            Viewer(is_bidder=True, enrolment="active", code="B", is_barred=True),
            Step.BARRED,
        ),
        (scene(), ACTIVE, Step.BID),
        (scene(price_minor=None, minimum_minor=100, leader=None), ACTIVE, Step.BID),
        (scene(minimum_minor=100), ACTIVE, Step.MATCH),
        (scene(), LEADER, Step.LEADING),
        (scene(status="scheduled"), ACTIVE, Step.WAIT),
        (scene(status="suspended"), ACTIVE, Step.HALTED),
        (scene(is_past_close=True), LEADER, Step.CONFIRMING),
        (scene(is_latest=False), ACTIVE, Step.READ),
        (scene(status="sold", sale_status="sold"), None, Step.READ),
        (scene(status="sold", sale_status="sold"), ACTIVE, Step.READ),
        (scene(status="sold", sale_status="sold"), LEADER, Step.PAY),
        (scene(status="sold", sale_status="paid"), LEADER, Step.WON),
        (scene(status="sold", sale_status="ruled"), LEADER, Step.WON),
        (scene(status="withdrawn", sale_status="withdrawn"), LEADER, Step.READ),
        (scene(status="unsold", leader=None), ACTIVE, Step.READ),
        # No code of one's own is not the same as no leader.
        (scene(status="sold", leader=None), Viewer(is_bidder=True), Step.READ),
    ],
)
def test_next_step(where, who, step):
    assert next_step(where, who) is step
