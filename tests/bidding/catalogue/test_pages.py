"""The public pages on real rows: each state, each kind of reader, nothing that is not published."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from builders import (
    make_asset,
    make_bidder,
    make_case,
    make_enrolment,
    make_lot,
    make_sale,
    make_user,
    save,
)
from live_room import START_PRICE, STEP, make_room
from public_scene import close_room, make_sold, post, signed_in

from auction.accounts.roles import Role
from auction.assets.models import Encumbrance, OccupancyKind
from auction.core.db import db, transaction
from auction.notices.models import Announcement, Document, DocumentKind
from auction.sales.models import SaleStatus
from bidding.enrolment.models import EnrolmentStatus
from bidding.enrolment.services import confirm_priority
from bidding.room.requests import Kind

HOSTILE = "<script>alert(1)</script>\"'{{7*7}}"


def test_home_names_what_runs_what_comes_and_what_was_sold(app, client, clock):
    sold = make_sold(app, clock)
    room = make_room(app, clock.now())
    coming = make_sale(clock.now(), opens_at=clock.now() + timedelta(days=3))
    page = client.get("/").text
    for number in (sold.lot, room.lot, coming.lot.number):
        assert f'href="/lots/{number}"' in page
    assert "2026 年的数字" in page
    assert "¥715,000.00" in page  # the hammer price is the year's total
    assert "100.0%" in page


def test_home_of_an_empty_platform_says_so(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "眼下没有正在竞价的标的" in page.text
    assert "尚无数据" in page.text


def test_drafts_are_invisible_everywhere(app, client, clock):
    draft = make_sale(clock.now(), status=SaleStatus.DRAFT, published_at=None)
    never_shown = make_sale(clock.now(), status=SaleStatus.WITHDRAWN, published_at=None)
    for sale in (draft, never_shown):
        number = sale.lot.number
        for path in (
            f"/lots/{number}",
            f"/lots/{number}/panel",
            f"/lots/{number}/replay",
            f"/verify?code={number}",
            f"/verify?code={sale.number}",
        ):
            assert client.get(path).status_code == 404, path
        assert number not in client.get("/lots").text
        assert number not in client.get("/").text


def test_a_draft_after_a_failed_sale_leaves_the_failed_one_on_show(app, client, clock):
    room = make_room(app, clock.now())
    close_room(room, clock)
    lot = room.sale.lot
    draft = make_sale(clock.now(), lot=lot, status=SaleStatus.DRAFT, published_at=None)
    page = client.get(f"/lots/{lot.number}").text
    assert "流拍" in page
    assert draft.number not in page
    assert client.get(f"/lots/{lot.number}?sale={draft.number}").status_code == 404


def test_every_published_sale_of_a_lot_can_be_reached(app, client, clock):
    room = make_room(app, clock.now())
    close_room(room, clock)
    second = make_sale(clock.now(), lot=room.sale.lot, stage="second", start_price_minor=56_000_000)
    page = client.get(f"/lots/{room.lot}").text
    assert "¥560,000.00" in page
    assert f"?sale={room.sale.number}" in page
    old = client.get(f"/lots/{room.lot}?sale={room.sale.number}").text
    assert "这是以前的一场拍卖" in old
    assert 'data-module="live-room"' not in old
    assert second.number in old


@pytest.mark.parametrize("number", ["X", "x" * 41, "T-2026-99999", "%00", "..%2f..", "<script>"])
def test_an_unknown_lot_is_not_found(client, number):
    for path in (f"/lots/{number}", f"/lots/{number}/replay", f"/lots/{number}/panel"):
        assert client.get(path).status_code == 404


def test_hostile_titles_and_texts_are_shown_as_text(app, client, clock):
    asset = make_asset(
        clock.now(),
        title=HOSTILE,
        address=HOSTILE,
        description=HOSTILE,
        defects=HOSTILE,
        known_debts=HOSTILE,
        facts={"layout": HOSTILE},
    )
    sale = make_sale(clock.now(), lot=make_lot(clock.now(), asset=asset), qualification=HOSTILE)
    for path in ("/", "/lots", f"/lots/{sale.lot.number}", f"/lots/{sale.lot.number}/replay"):
        page = client.get(path).text
        assert "<script>alert" not in page, path
        assert "&lt;script&gt;alert" in page, path
    assert "{{7*7}}" in client.get(f"/lots/{sale.lot.number}").text


def test_search_text_is_given_back_escaped(client):
    page = client.get("/lots?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<script>alert" not in page
    assert "没有符合条件的标的" in page


# ── the one action ──────────────────────────────────────────────────────────────────────────────


def panel_step(client, lot: str) -> str:
    page = client.get(f"/lots/{lot}").text
    return page.split('data-step="')[1].split('"')[0]


def test_the_panel_offers_what_fits_who_is_looking(app, client, clock):
    room = make_room(app, clock.now())
    assert panel_step(client, room.lot) == "sign-in"
    stranger = make_bidder(clock.now())
    assert panel_step(signed_in(app, stranger), room.lot) == "enrol"
    clerk = make_user(clock.now(), Role.CLERK, court=None)
    assert panel_step(signed_in(app, clerk), room.lot) == "staff"
    for status, step in (
        (EnrolmentStatus.BEGUN, "continue"),
        (EnrolmentStatus.DEPOSIT_DUE, "deposit"),
        (EnrolmentStatus.LEFT, "left"),
    ):
        user = make_bidder(clock.now())
        make_enrolment(clock.now(), room.sale, user, status=status, code=None, activated_at=None)
        assert panel_step(signed_in(app, user), room.lot) == step
    barred = make_bidder(clock.now())
    make_enrolment(clock.now(), room.sale, barred, is_barred=True)
    assert panel_step(signed_in(app, barred), room.lot) == "barred"
    bidder = signed_in(app, room.users[0])
    assert panel_step(bidder, room.lot) == "bid"
    room.bid(0, 0)
    assert panel_step(bidder, room.lot) == "leading"
    room.bid(1, 1)
    assert panel_step(bidder, room.lot) == "bid"


def test_a_priority_purchaser_may_match_the_standing_price(app, clock):
    room = make_room(app, clock.now())
    room.bid(1, 0)
    code = room.codes[0]
    with transaction():
        from sqlalchemy import select

        from bidding.enrolment.models import Enrolment

        own = db.session.scalar(
            select(Enrolment).where(Enrolment.sale_id == room.sale_id, Enrolment.code == code)
        )
        confirm_priority(own.id, 1, room.users[0], clock.now())
    bidder = signed_in(app, room.users[0])
    assert panel_step(bidder, room.lot) == "match"
    page = bidder.get(f"/lots/{room.lot}").text
    assert "行使优先购买权" in page
    answer = post(
        bidder, f"/lots/{room.lot}/bid", f"/lots/{room.lot}", amount="700000", key="match-1"
    )
    assert answer.status_code == 303
    assert panel_step(bidder, room.lot) == "leading"


def test_the_panel_follows_the_sale_to_its_end(app, client, clock):
    room = make_room(app, clock.now() + timedelta(hours=1))
    bidder = signed_in(app, room.users[0])
    assert panel_step(bidder, room.lot) == "wait"
    clock.advance(hours=1)
    assert panel_step(bidder, room.lot) == "bid"
    assert room.bid(0, 0).accepted
    clerk = make_user(clock.now(), Role.CLERK)
    room.intake.submit_command(
        room.sale_id, Kind.SUSPEND, actor_id=clerk.id, ground="案外人提出异议"
    )
    assert panel_step(bidder, room.lot) == "halted"
    for path in (f"/lots/{room.lot}", f"/lots/{room.lot}/panel"):
        assert "案外人提出异议" in client.get(path).text
    room.intake.submit_command(room.sale_id, Kind.RESUME, actor_id=clerk.id)
    assert panel_step(bidder, room.lot) == "leading"
    assert "案外人提出异议" not in client.get(f"/lots/{room.lot}/panel").text
    clock.advance(days=1)
    assert panel_step(bidder, room.lot) == "confirming"
    assert panel_step(client, room.lot) == "confirming"
    assert "成交价" not in client.get(f"/lots/{room.lot}/panel").text
    close_room(room, clock)
    assert panel_step(bidder, room.lot) == "pay"
    assert f"/sales/{room.sale.number}/balance" in bidder.get(f"/lots/{room.lot}").text
    assert panel_step(signed_in(app, room.users[1]), room.lot) == "read"
    assert panel_step(client, room.lot) == "read"


def test_the_form_without_scripts_carries_key_minimum_and_token(app, clock):
    room = make_room(app, clock.now())
    room.bid(1, 0)
    bidder = signed_in(app, room.users[0])
    page = bidder.get(f"/lots/{room.lot}").text
    assert 'value="705,000.00"' in page
    assert 'name="key" value="' in page
    answer = post(bidder, f"/lots/{room.lot}/bid", f"/lots/{room.lot}", amount="705000", key="once")
    assert answer.status_code == 303
    page = bidder.get(f"/lots/{room.lot}").text
    assert "出价成功" in page
    assert "您领先" in page


def test_what_was_typed_stays_when_it_was_refused(app, clock):
    room = make_room(app, clock.now())
    bidder = signed_in(app, room.users[0])
    answer = post(bidder, f"/lots/{room.lot}/bid", f"/lots/{room.lot}", amount="1", key="low")
    page = bidder.get(answer.headers["Location"]).text
    assert 'name="amount" inputmode="decimal" autocomplete="off" value="1"' in page


# ── what is on the page ─────────────────────────────────────────────────────────────────────────


def test_the_lot_page_says_what_is_bought_and_what_is_not(app, client, clock):
    asset = make_asset(
        clock.now(),
        occupancy=OccupancyKind.TENANT,
        occupancy_note="租期至2027年",
        known_debts="物业费3,000元",
        facts={"title_certificate": "测房权证第1号", "layout": "三室一厅"},
        delivery_plan="法院负责腾空交付",
    )
    save(
        Encumbrance(
            asset_id=asset.id,
            kind="lease",
            holder="承租人丙",
            since=date(2020, 1, 1),
            survives=True,
            evidence="租赁合同",
        )
    )
    save(
        Encumbrance(asset_id=asset.id, kind="mortgage", holder="某银行", amount_minor=5_000_000_00)
    )
    sale = make_sale(clock.now(), lot=make_lot(clock.now(), asset=asset))
    page = client.get(f"/lots/{sale.lot.number}").text
    for text in (
        "测房权证第1号",
        "法院负责腾空交付",
        "负担继续存在",
        "承租人丙",
        "CN20A-28.2",
        "物业费3,000元",
        "成交后消灭",
        "¥5,000,000.00",
        "CN16-20.3",
        "000-00000002",
    ):
        assert text in page, text


def test_papers_are_shown_once_published(app, client, clock):
    room = make_sold(app, clock)
    sale = room.sale
    values = {
        "court_id": sale.court_id,
        "case_id": sale.case_id,
        "sale_id": sale.id,
        "kind": DocumentKind.CONFIRMATION,
        "content": {},
        "sha256": "a" * 64,
        "created_at": clock.now(),
    }
    save(Document(code="DOC-HIDDEN", title="未发布", **values))
    for code in ("DOC-SHOWN", "8JF5-AMPT-DRYT"):
        save(Document(code=code, title="成交确认书", published_at=clock.now(), **values))
    save(
        Announcement(
            sale_id=sale.id,
            code="GG-1",
            content={},
            sha256="b" * 64,
            published_at=clock.now(),
        )
    )
    page = client.get(f"/lots/{room.lot}").text
    assert "/documents/DOC-SHOWN" in page
    assert "/notices/GG-1" in page
    assert "DOC-HIDDEN" not in page
    assert client.get("/verify?code=DOC-HIDDEN").status_code == 404
    for code, kind in (
        ("DOC-SHOWN", "文书"),
        ("doc-shown", "文书"),
        ("ＧＧ-1", "公告"),
        ("8jf5amptdryt", "文书"),
        (room.lot, "标的"),
        (sale.number, "场次"),
    ):
        found = client.get("/verify", query_string={"code": code})
        assert found.status_code == 200, code
        assert "真实：这是本平台发布的" in found.text
        assert kind in found.text


def test_the_replay_page_lists_every_bid(app, client, clock):
    room = make_sold(app, clock, steps=(0, 1, 2, 3, 4))
    page = client.get(f"/lots/{room.lot}/replay").text
    assert page.count("data-seq=") == 5
    for step in range(5):
        assert f'data-amount="{START_PRICE + step * STEP}"' in page
    assert 'data-module="replay"' in page


def test_a_lot_page_is_not_drawn_twice_for_the_same_figures(app, client, clock):
    room = make_room(app, clock.now())
    first = client.get(f"/lots/{room.lot}")
    tag = first.headers["ETag"]
    again = client.get(f"/lots/{room.lot}", headers={"If-None-Match": tag})
    assert again.status_code == 304
    room.bid(0, 0)
    moved = client.get(f"/lots/{room.lot}", headers={"If-None-Match": tag})
    assert moved.status_code == 200
    assert (
        "no-store"
        in signed_in(app, room.users[0]).get(f"/lots/{room.lot}").headers["Cache-Control"]
    )


def test_a_practice_sale_says_so(app, client, clock):
    lot = make_lot(clock.now(), is_practice=True)
    make_sale(clock.now(), lot=lot, rule_pack="practice")
    page = client.get(f"/lots/{lot.number}").text
    assert "练习场次：使用游戏币" in page
    assert "CN16-24.1" not in page  # nothing of a practice sale is law


def test_pages_speak_english_when_asked(app, client, clock):
    case = make_case(clock.now())
    asset = make_asset(clock.now(), case=case, title_en="Flat 101, Court Road 2")
    sale = make_sale(clock.now(), lot=make_lot(clock.now(), asset=asset))
    page = client.get(f"/lots/{sale.lot.number}?lang=en").text
    assert "Flat 101, Court Road 2" in page
