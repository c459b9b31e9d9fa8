"""The pages on the way into a sale, from identity to code, and what turns people back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import make_asset, make_bidder, make_enrolment, make_lot, make_sale, make_user
from live_room import make_room
from public_scene import close_room, post, signed_in
from sqlalchemy import select

from auction.accounts.models import User
from auction.accounts.roles import Role
from auction.core.db import db, transaction
from auction.sales.rulepacks import load_rule_pack
from bidding.enrolment.models import Enrolment, EnrolmentStatus
from bidding.enrolment.services import activate_enrolment, bar_enrolment, enrolment_for
from bidding.room.opening import open_room

NOTICES = {f"notice_{notice.key}": "y" for notice in load_rule_pack("cn").notices}
HONEST = {"conflict": "no", "capacity": "own"}


@pytest.fixture
def sale(app, clock):
    made = make_sale(clock.now(), opens_at=clock.now() + timedelta(days=1))
    open_room(made.id)
    return made


@pytest.fixture
def bidder(app, clock):
    return make_bidder(clock.now())


@pytest.fixture
def person(app, bidder):
    return signed_in(app, bidder)


def enrolment_of(bidder, sale) -> Enrolment | None:
    db.session.rollback()
    return enrolment_for(bidder.id, sale.id)


def test_the_whole_path_ends_at_the_deposit_and_then_at_a_code(app, clock, sale, bidder, person):
    base = f"/lots/{sale.lot.number}/enrol"
    page = person.get(base)
    assert "以谁的名义竞买" in page.text
    assert bidder.identity.id_number not in page.text  # only enough of it to know one's own
    answer = post(person, f"{base}/declarations", **HONEST)
    assert answer.headers["Location"].endswith("/enrol/notices")
    answer = post(person, f"{base}/notices", **NOTICES)
    own = enrolment_of(bidder, sale)
    assert own.status is EnrolmentStatus.DEPOSIT_DUE
    assert answer.headers["Location"] == f"/enrolments/{own.reference}/deposit"
    assert own.declarations["conflict"] == "no"
    assert {entry["version"] for entry in own.notices_accepted.values()} == {"1"}
    assert person.get(base).headers["Location"] == f"/enrolments/{own.reference}/deposit"
    waiting = person.get(f"{base}/status").text
    assert own.reference in waiting
    assert person.get(f"{base}/state").json == {"status": "deposit-due", "sale": "scheduled"}
    with transaction():
        code = activate_enrolment(own.id, clock.now())
    done = person.get(f"{base}/status").text
    assert code in done
    assert "距开始" in done
    assert person.get(base).headers["Location"].endswith("/enrol/status")


def test_notices_are_ticked_one_by_one_and_what_was_ticked_stays(sale, bidder, person):
    base = f"/lots/{sale.lot.number}/enrol"
    post(person, f"{base}/declarations", **HONEST)
    some = dict(list(NOTICES.items())[:3])
    answer = post(person, f"{base}/notices", **some)
    assert answer.status_code == 422
    assert answer.text.count("这一条还没有确认") >= 4
    assert answer.text.count("已确认") == 3
    assert enrolment_of(bidder, sale).status is EnrolmentStatus.BEGUN
    rest = dict(list(NOTICES.items())[3:])
    assert post(person, f"{base}/notices", **rest).status_code == 302
    assert enrolment_of(bidder, sale).status is EnrolmentStatus.DEPOSIT_DUE


@pytest.mark.parametrize(
    ("answers", "article"),
    [
        ({"conflict": "yes", "capacity": "own"}, "CN16-34.1"),
        ({"conflict": "no", "capacity": "agent"}, "CN16-14.1"),
        ({"conflict": "no"}, None),
        ({"conflict": "maybe", "capacity": "own"}, None),
        ({}, None),
    ],
)
def test_who_may_not_buy_is_refused_with_the_ground(sale, bidder, person, answers, article):
    answer = post(person, f"/lots/{sale.lot.number}/enrol/declarations", **answers)
    assert answer.status_code == 422
    if article:
        assert article in answer.text.split('class="error-summary"')[1].split("</div>")[0]
    assert enrolment_of(bidder, sale) is None


def test_a_purchase_limit_asks_for_a_promise(app, clock, bidder, person):
    asset = make_asset(clock.now(), facts={"purchase_limit": "须为本市户籍家庭首套"})
    sale = make_sale(clock.now(), lot=make_lot(clock.now(), asset=asset))
    open_room(sale.id)
    path = f"/lots/{sale.lot.number}/enrol/declarations"
    assert "须为本市户籍家庭首套" in person.get(path).text
    assert post(person, path, **HONEST).status_code == 422
    refused = post(person, path, **HONEST, qualified="no")
    assert "CN21H-1.1" in refused.text
    assert enrolment_of(bidder, sale) is None
    assert post(person, path, **HONEST, qualified="yes").status_code == 302
    assert enrolment_of(bidder, sale).declarations["qualified"] == "yes"


def test_notices_come_after_the_declarations(sale, person):
    answer = person.get(f"/lots/{sale.lot.number}/enrol/notices")
    assert answer.headers["Location"].endswith("/enrol/declarations")


def test_staff_and_strangers_are_turned_back(app, client, clock, sale):
    base = f"/lots/{sale.lot.number}/enrol"
    assert client.get(base).headers["Location"].startswith("/login?next=")
    judge = signed_in(app, make_user(clock.now(), Role.JUDGE))
    for page in ("", "/declarations", "/notices", "/status", "/state", "/leave"):
        assert judge.get(base + page).status_code == 403


def test_an_account_without_identity_is_sent_to_get_one(app, clock, sale):
    nobody = make_user(clock.now(), Role.BIDDER)
    client = signed_in(app, nobody)
    assert "还没有可用的实名信息" in client.get(f"/lots/{sale.lot.number}/enrol").text
    answer = post(client, f"/lots/{sale.lot.number}/enrol/declarations", **HONEST)
    assert answer.status_code == 422
    assert "实名认证" in answer.text


def test_nobody_enrols_once_the_sale_is_over(app, clock):
    room = make_room(app, clock.now())
    late = signed_in(app, make_bidder(clock.now()))
    assert late.get(f"/lots/{room.lot}/enrol").status_code == 200
    clock.advance(days=1)
    for page in ("", "/declarations", "/notices"):
        answer = late.get(f"/lots/{room.lot}/enrol{page}")
        assert answer.headers["Location"] == f"/lots/{room.lot}"
    close_room(room, clock)
    assert "拍卖已经结束，不能再报名" in late.get(f"/lots/{room.lot}").text


def test_a_barred_bidder_reads_the_ground(app, clock, sale, bidder, person):
    own = make_enrolment(clock.now(), sale, bidder)
    with transaction():
        bar_enrolment(own.id, None, clock.now(), "在本标的上一次拍卖中悔拍（CN16-24.2）")
    page = person.get(f"/lots/{sale.lot.number}/enrol/status").text
    assert "您不得参加本场竞买" in page
    assert "上一次拍卖中悔拍" in page


def test_leaving_before_bidding_and_not_after(app, clock):
    room = make_room(app, clock.now())
    quiet = signed_in(app, room.users[0])
    leave = f"/lots/{room.lot}/enrol/leave"
    assert post(quiet, leave).headers["Location"] == f"/lots/{room.lot}"
    assert "您已退出本场拍卖" in quiet.get(f"/lots/{room.lot}").text
    assert quiet.get(f"/lots/{room.lot}/enrol/status").status_code == 200
    assert room.bid(1, 0).accepted
    bold = signed_in(app, room.users[1])
    refused = post(bold, leave)
    assert refused.status_code == 422
    assert "您已经出价" in refused.text
    state = db.session.scalar(select(Enrolment.status).where(Enrolment.user_id == room.users[1]))
    assert state is EnrolmentStatus.ACTIVE


def test_a_practice_enrolment_says_that_it_is_practice(app, clock, person):
    lot = make_lot(clock.now(), is_practice=True)
    sale = make_sale(clock.now(), lot=lot, rule_pack="practice")
    open_room(sale.id)
    assert "练习场次：使用游戏币" in person.get(f"/lots/{lot.number}/enrol").text


def test_one_persons_pages_show_nothing_of_another(app, clock, sale, bidder, person):
    other: User = make_bidder(clock.now())
    theirs = make_enrolment(clock.now(), sale, other, code="ZZ77", reference="R00000000000001")
    for page in ("", "/status", "/state"):
        text = person.get(f"/lots/{sale.lot.number}/enrol{page}", follow_redirects=True).text
        assert "ZZ77" not in text
        assert theirs.reference not in text
