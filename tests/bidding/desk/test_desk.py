"""The bidder's desk: what needs doing, in every state of a sale, and nobody else's things."""

from __future__ import annotations

from datetime import timedelta

from builders import make_bidder, make_enrolment, make_sale, make_user, save
from live_room import make_room
from public_scene import make_sold, signed_in

from auction.accounts.roles import Role
from auction.notices.models import Announcement, Document, DocumentKind
from bidding.enrolment.models import EnrolmentStatus


def test_an_empty_desk_shows_the_way(app, clock):
    page = signed_in(app, make_bidder(clock.now())).get("/me").text
    assert "还没有报名过" in page
    assert "眼下没有需要您办理的事项" in page


def test_the_buyer_is_asked_to_pay_and_the_loser_is_not(app, clock):
    room = make_sold(app, clock)  # bidder 0 bids last
    winner = signed_in(app, room.users[0]).get("/me").text
    assert "支付尾款" in winner
    assert f"/sales/{room.sale.number}/balance" in winner
    assert "竞得" in winner
    loser = signed_in(app, room.users[1]).get("/me").text
    assert "支付尾款" not in loser
    assert "未竞得" in loser


def test_unfinished_enrolments_are_the_first_thing_to_do(app, clock):
    user = make_bidder(clock.now())
    begun = make_sale(clock.now(), opens_at=clock.now() + timedelta(days=2))
    due = make_sale(clock.now(), opens_at=clock.now() + timedelta(days=2))
    states = {"code": None, "activated_at": None}
    make_enrolment(clock.now(), begun, user, status=EnrolmentStatus.BEGUN, **states)
    own = make_enrolment(clock.now(), due, user, status=EnrolmentStatus.DEPOSIT_DUE, **states)
    page = signed_in(app, user).get("/me").text
    assert f"/lots/{begun.lot.number}/enrol" in page
    assert f"/enrolments/{own.reference}/deposit" in page
    clock.advance(days=10)
    assert "眼下没有需要您办理的事项" in signed_in(app, user).get("/me").text


def test_the_desk_says_who_leads(app, clock):
    room = make_room(app, clock.now())
    room.bid(0, 0)
    assert 'data-status="leading"' in signed_in(app, room.users[0]).get("/me").text
    assert 'data-status="leading"' not in signed_in(app, room.users[1]).get("/me").text


def test_papers_are_the_buyers_and_published(app, clock):
    room = make_sold(app, clock)
    sale = room.sale
    values = {
        "court_id": sale.court_id,
        "case_id": sale.case_id,
        "sale_id": sale.id,
        "kind": DocumentKind.CONFIRMATION,
        "title": "成交确认书",
        "content": {},
        "sha256": "a" * 64,
        "created_at": clock.now(),
    }
    save(Document(code="D-1", published_at=clock.now(), **values))
    save(Document(code="D-2", **values))
    save(
        Announcement(
            sale_id=sale.id, code="N-1", content={}, sha256="b" * 64, published_at=clock.now()
        )
    )
    winner = signed_in(app, room.users[0]).get("/me").text
    assert "/documents/D-1" in winner
    assert "/notices/N-1" in winner
    assert "D-2" not in winner
    loser = signed_in(app, room.users[1]).get("/me").text
    assert "/documents/D-1" not in loser
    assert "/notices/N-1" in loser


def test_the_desk_is_for_bidders(app, client, clock):
    assert client.get("/me").status_code == 302
    assert signed_in(app, make_user(clock.now(), Role.CLERK)).get("/me").status_code == 403
