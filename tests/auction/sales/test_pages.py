"""The court's pages: from the form to the announcement, and nothing for another court."""

from __future__ import annotations

import re

import pytest
from builders import make_user
from conftest import browser
from sale_bench import announced, approve, draft, make_bench, notify, proposed, put
from signing import csrf_of, sign_in_as

from auction.accounts.roles import Role
from auction.assets.models import Asset
from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.notices.models import Announcement, Document, PartyNotice
from auction.sales.models import DecisionStatus, PanelDecision, Sale, SaleStatus


@pytest.fixture
def bench(app, clock):
    return make_bench(clock.now())


def as_user(app, user):
    return sign_in_as(browser(app), user)


def post(client, path, **values):
    return client.post(path, data={"csrf_token": csrf_of(client), **values})


def typed(terms, **more):
    """What a clerk types for `terms`."""
    values = {
        "start_price_minor": f"{terms.start_price_minor / 100:.2f}",
        "increment_minor": f"{terms.increment_minor / 100:.2f}",
        "deposit_minor": f"{terms.deposit_minor / 100:.2f}",
        "publish_on": terms.publish_on.isoformat(),
        "opens_at": f"{beijing(terms.opens_at):%Y-%m-%dT%H:%M}",
        "closes_at": f"{beijing(terms.closes_at):%Y-%m-%dT%H:%M}",
        "balance_days": str(terms.balance_days),
        "instructions": "y",
        "qualification": "",
        "remarks": "",
    }
    return {**values, **more}


def test_the_form_is_prefilled_and_shows_why(app, bench):
    page = as_user(app, bench.clerk).get(f"/court/lots/new?asset={bench.asset.id}")
    assert page.status_code == 200
    assert "700000" in page.text
    assert "CN16-10.3" in page.text
    assert "CN16-17.1" in page.text
    assert "× 70% = ¥700,000.00" in page.text
    assert 'data-inside="true"' in page.text
    assert 'data-inside="false"' not in page.text


def test_a_clerk_drafts_a_lawful_sale(app, bench, clock):
    client = as_user(app, bench.clerk)
    answer = post(
        client,
        f"/court/lots/new?asset={bench.asset.id}",
        **typed(proposed(bench, clock.now()), remarks="钥匙由法院保管"),
    )
    assert answer.status_code == 303
    sale = db.session.query(Sale).one()
    assert sale.remarks == "钥匙由法院保管"
    assert answer.location.endswith(f"/court/sales/{sale.number}")
    assert client.get(answer.location).status_code == 200


def test_unlawful_values_are_refused_at_their_field_and_kept(app, bench, clock):
    client = as_user(app, bench.clerk)
    answer = post(
        client,
        f"/court/lots/new?asset={bench.asset.id}",
        **typed(
            proposed(bench, clock.now()),
            start_price_minor="699,999.99",
            deposit_minor="abc",
            balance_days="0",
        ),
    )
    assert answer.status_code == 422
    assert "起拍价不得低于 ¥700,000.00（CN16-10.3" in answer.text
    assert "尾款期限不得少于 1 日" in answer.text
    assert 'value="699,999.99"' in answer.text
    assert 'value="abc"' in answer.text
    assert db.session.query(Sale).count() == 0


def test_a_draft_is_edited_with_the_same_guards(app, bench, clock):
    sale = draft(bench, clock.now())
    client = as_user(app, bench.clerk)
    path = f"/court/sales/{sale.number}/edit"
    assert client.get(path).status_code == 200
    bad = post(client, path, **typed(proposed(bench, clock.now()), deposit_minor="1"))
    assert bad.status_code == 422
    assert "CN16-17.1" in bad.text
    good = post(client, path, **typed(proposed(bench, clock.now()), deposit_minor="14万"))
    assert good.status_code == 303
    assert db.session.get(Sale, sale.id).deposit_minor == 14_000_000


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/court/sales/{n}"),
        ("GET", "/court/sales/{n}/edit"),
        ("GET", "/court/sales/{n}/ruling.pdf"),
        ("GET", "/court/lots/new?asset={asset}"),
        ("POST", "/court/sales/{n}/publish"),
        ("POST", "/court/sales/{n}/panel"),
        ("POST", "/court/sales/{n}/withdraw"),
        ("POST", "/court/sales/{n}/recall"),
        ("POST", "/court/sales/{n}/notices/1"),
        ("POST", "/court/sales/{n}/ruling"),
    ],
)
def test_another_courts_clerk_finds_nothing(app, bench, clock, method, path):
    sale = draft(bench, clock.now())
    stranger = make_bench(clock.now()).clerk
    client = as_user(app, stranger)
    path = path.format(n=sale.number, asset=bench.asset.id)
    answer = client.get(path) if method == "GET" else post(client, path)
    assert answer.status_code == 404


def test_another_courts_judge_finds_no_decision(app, bench, clock):
    decision = put(bench, draft(bench, clock.now()), clock.now())
    stranger = as_user(app, make_bench(clock.now()).judges[0])
    assert stranger.get(f"/court/panel/{decision.id}").status_code == 404
    assert post(stranger, f"/court/panel/{decision.id}/vote", vote="approve").status_code == 404
    own = as_user(app, bench.judges[0])
    assert own.get(f"/court/panel/{decision.id}").status_code == 200


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(Role.CLERK, True), (Role.JUDGE, True), (Role.AUDITOR, True), (Role.FINANCE, False)],
)
def test_who_sees_the_court_home(app, bench, clock, role, allowed):
    user = make_user(clock.now(), role, court=bench.court)
    answer = as_user(app, user).get("/court")
    assert answer.status_code == (200 if allowed else 403)


def test_auditors_look_and_do_not_touch(app, bench, clock):
    sale = draft(bench, clock.now())
    client = as_user(app, make_user(clock.now(), Role.AUDITOR, court=bench.court))
    assert client.get(f"/court/sales/{sale.number}").status_code == 200
    assert post(client, f"/court/sales/{sale.number}/publish").status_code == 403
    assert client.get(f"/court/sales/{sale.number}/edit").status_code == 403


def test_the_whole_way_through_the_pages(app, bench, clock):
    clerk = as_user(app, bench.clerk)
    sale = draft(bench, clock.now())
    path = f"/court/sales/{sale.number}"
    put_answer = post(clerk, f"{path}/panel", judges=[str(j.id) for j in bench.judges])
    assert put_answer.status_code == 303
    decision = db.session.query(PanelDecision).one()
    for judge in bench.judges:
        client = as_user(app, judge)
        page = client.get(f"/court/panel/{decision.id}")
        assert "¥700,000.00" in page.text
        assert decision.terms_hash[:32] in page.text
        answer = post(client, f"/court/panel/{decision.id}/vote", vote="approve", reason="")
        assert answer.status_code == 303
    assert db.session.get(Sale, sale.id).status is SaleStatus.DECIDED
    refused = post(clerk, f"{path}/publish")
    assert refused.status_code == 422
    assert "尚未通知" in refused.text
    for party in bench.case.parties:
        answer = post(
            clerk,
            f"{path}/notices/{party.id}",
            **{
                f"p{party.id}-outcome": "confirmed",
                f"p{party.id}-channel": "邮寄送达",
                f"p{party.id}-on_date": "2026-11-02",
                f"p{party.id}-proof": "EMS 1234",
            },
        )
        assert answer.status_code == 303
    clock.advance(days=3)
    clerk = as_user(app, bench.clerk)
    assert post(clerk, f"{path}/publish").status_code == 303
    announcement = db.session.query(Announcement).one()
    public = browser(app).get(f"/notices/{announcement.code}")
    assert public.status_code == 200
    assert "特别提示" in public.text
    assert clerk.get(path).status_code == 200
    assert clerk.get("/court").status_code == 200
    assert clerk.get("/court/sales").status_code == 200
    assert clerk.get("/court/panel").status_code == 200


def test_a_panel_of_two_is_refused_on_the_page(app, bench, clock):
    sale = draft(bench, clock.now())
    client = as_user(app, bench.clerk)
    answer = post(
        client, f"/court/sales/{sale.number}/panel", judges=[str(j.id) for j in bench.judges[:2]]
    )
    assert answer.status_code == 422
    assert "单数" in answer.text


def test_a_rejection_without_reason_is_refused_on_the_page(app, bench, clock):
    decision = put(bench, draft(bench, clock.now()), clock.now())
    client = as_user(app, bench.judges[0])
    answer = post(client, f"/court/panel/{decision.id}/vote", vote="reject", reason=" ")
    assert answer.status_code == 422
    assert "请写明理由" in answer.text


def test_the_panel_page_says_what_changed_since_the_last_question(app, bench, clock):
    from dataclasses import replace

    from auction.sales.inputs import terms_of
    from auction.sales.services import revise_sale

    sale = draft(bench, clock.now())
    put(bench, sale, clock.now())
    with transaction():
        revise_sale(
            sale.id,
            replace(terms_of(db.session.get(Sale, sale.id)), start_price_minor=75_000_000),
            actor_id=bench.clerk.id,
            now=clock.now(),
        )
    second = put(bench, sale, clock.now())
    page = as_user(app, bench.judges[0]).get(f"/court/panel/{second.id}").text
    assert "¥700,000.00" in page
    assert "¥750,000.00" in page


def test_voting_on_changed_texts_sends_the_draft_back(app, bench, clock):
    sale = draft(bench, clock.now())
    decision = put(bench, sale, clock.now())
    with transaction():
        db.session.get(Asset, bench.asset.id).defects = "墙面渗水"
    client = as_user(app, bench.judges[0])
    answer = post(client, f"/court/panel/{decision.id}/vote", vote="approve")
    assert answer.status_code == 422
    db.session.rollback()
    assert db.session.get(PanelDecision, decision.id).status is DecisionStatus.VOID
    assert db.session.get(Sale, sale.id).status is SaleStatus.DRAFT


def test_a_decided_sale_whose_asset_changed_is_recalled(app, bench, clock):
    sale = draft(bench, clock.now())
    approve(bench, sale, clock.now())
    with transaction():
        db.session.get(Asset, bench.asset.id).defects = "墙面渗水"
    client = as_user(app, bench.clerk)
    page = client.get(f"/court/sales/{sale.number}").text
    assert "评议之后内容有变更" in page
    assert post(client, f"/court/sales/{sale.number}/recall").status_code == 303
    assert db.session.get(Sale, sale.id).status is SaleStatus.DRAFT


def test_a_notice_in_the_future_is_refused_with_what_was_typed(app, bench, clock):
    sale = draft(bench, clock.now())
    party = bench.case.parties[0]
    client = as_user(app, bench.clerk)
    answer = post(
        client,
        f"/court/sales/{sale.number}/notices/{party.id}",
        **{
            f"p{party.id}-outcome": "confirmed",
            f"p{party.id}-channel": "邮寄送达",
            f"p{party.id}-on_date": "2026-11-09",
            f"p{party.id}-proof": "EMS 1234",
        },
    )
    assert answer.status_code == 422
    assert "通知日期不能晚于今天" in answer.text
    assert "EMS 1234" in answer.text
    assert db.session.query(PartyNotice).count() == 0


def test_a_practice_sale_is_published_without_a_panel(app, bench, clock):
    client = as_user(app, bench.clerk)
    path = f"/court/lots/new?asset={bench.asset.id}&practice=1"
    assert client.get(path).status_code == 200
    terms = proposed(bench, clock.now(), "practice")
    answer = post(client, path, **typed(terms))
    assert answer.status_code == 303
    sale = db.session.query(Sale).one()
    assert sale.lot.is_practice
    assert post(client, f"/court/sales/{sale.number}/publish").status_code == 303
    assert db.session.get(Sale, sale.id).status is SaleStatus.ANNOUNCED
    page = client.get(f"/court/sales/{sale.number}").text
    assert "练习场次" in page


def test_pages_carry_no_inline_code(app, bench, clock):
    sale = announced(bench, clock)
    client = as_user(app, bench.clerk)
    code = db.session.query(Announcement).one().code
    paths = ["/court", f"/court/sales/{sale.number}", f"/notices/{code}", "/court/panel"]
    for path in paths:
        page = client.get(path).text
        assert not re.search(r"<[^>]+\sstyle=", page), path
        assert not re.search(r"<script(?![^>]*src=)", page), path


def test_both_languages_show_the_announcement(app, bench, clock):
    announced(bench, clock)
    code = db.session.query(Announcement).one().code
    english = browser(app).get(f"/notices/{code}?lang=en").text
    assert "A buyer who fails to pay does not get the deposit back." in english
    chinese = browser(app).get(f"/notices/{code}?lang=zh").text
    assert "买受人悔拍后保证金不予退还" in chinese


def test_an_unpublished_paper_is_the_courts_alone(app, bench, clock):
    from auction.notices.documents import issue_document
    from auction.notices.models import DocumentKind

    sale = announced(bench, clock)
    with transaction():
        paper = issue_document(
            kind=DocumentKind.RULING,
            sale=db.session.get(Sale, sale.id),
            title="执行裁定书",
            content={"number": "（2026）测01执1号之一", "blocks": []},
            now=clock.now(),
            publish=False,
        )
    path = f"/documents/{paper.code}"
    assert browser(app).get(path).status_code == 404
    assert browser(app).get(f"{path}.pdf").status_code == 404
    assert as_user(app, make_bench(clock.now()).clerk).get(path).status_code == 404
    assert as_user(app, bench.clerk).get(path).status_code == 200
    public = db.session.query(Document).filter(Document.published_at.is_not(None)).one()
    assert browser(app).get(f"/documents/{public.code}.pdf").status_code == 200


def test_notify_helper_covers_every_party(app, bench, clock):
    sale = draft(bench, clock.now())
    notify(bench, sale, clock.now())
    assert db.session.query(PartyNotice).count() == 2
