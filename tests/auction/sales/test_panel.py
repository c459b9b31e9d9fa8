"""The panel: three or more, odd, none the drafter; one vote each; bound to what was decided."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from builders import make_user
from sale_bench import approve, draft, make_bench, put, vote

from auction.accounts.roles import Role
from auction.assets.models import Asset
from auction.core.db import db, transaction
from auction.core.errors import DomainError, Invalid, NotFound
from auction.sales.fingerprint import content_hash, differences, values_to_decide
from auction.sales.inputs import terms_of
from auction.sales.models import DecisionStatus, PanelDecision, PanelSeat, Sale, SaleStatus, Vote
from auction.sales.panel import changes_since
from auction.sales.services import cast_vote, put_to_panel, void_if_stale


@pytest.fixture
def bench(app, clock):
    return make_bench(clock.now())


def ask(bench, sale, members, clock, actor=None):
    with transaction():
        return put_to_panel(
            sale.id, [m.id for m in members], actor_id=(actor or bench.clerk).id, now=clock.now()
        )


def test_three_judges_of_the_court_form_a_panel(bench, clock):
    sale = draft(bench, clock.now())
    decision = ask(bench, sale, bench.judges, clock)
    assert decision.status is DecisionStatus.VOTING
    assert len(decision.seats) == 3
    assert db.session.get(Sale, sale.id).status is SaleStatus.PANEL
    assert decision.terms_hash == content_hash(values_to_decide(sale))


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_a_panel_of_another_size_is_refused(bench, clock, count):
    judges = [*bench.judges, make_user(clock.now(), Role.JUDGE, court=bench.court)]
    sale = draft(bench, clock.now())
    with pytest.raises(Invalid) as caught:
        ask(bench, sale, judges[:count], clock)
    assert caught.value.code == "panel-size"
    assert db.session.get(Sale, sale.id).status is SaleStatus.DRAFT


def test_naming_a_judge_twice_does_not_make_three(bench, clock):
    sale = draft(bench, clock.now())
    with pytest.raises(Invalid, match="panel-size"):
        ask(bench, sale, [bench.judges[0], bench.judges[0], bench.judges[1]], clock)


def test_clerks_and_judges_of_other_courts_are_refused(bench, clock):
    sale = draft(bench, clock.now())
    stranger = make_bench(clock.now()).judges[0]
    for outsider in (bench.clerk, stranger):
        with pytest.raises(Invalid):
            ask(bench, sale, [*bench.judges[:2], outsider], clock)


def test_the_drafter_does_not_sit(bench, clock):
    both = make_user(clock.now(), Role.CLERK, Role.JUDGE, court=bench.court)
    bench.clerk = both
    sale = draft(bench, clock.now())
    with pytest.raises(Invalid, match="panel-drafter"):
        ask(bench, sale, [*bench.judges[:2], both], clock)
    assert ask(bench, sale, bench.judges, clock).status is DecisionStatus.VOTING


def test_the_majority_decides_once_all_have_voted(any_app, clock):
    bench = make_bench(clock.now())
    sale = draft(bench, clock.now())
    decision = put(bench, sale, clock.now())
    vote(decision, bench.judges[0], clock.now())
    vote(decision, bench.judges[1], clock.now())
    # Two of three already agree, but the third is heard first.
    assert db.session.get(PanelDecision, decision.id).status is DecisionStatus.VOTING
    vote(decision, bench.judges[2], clock.now(), Vote.REJECT, "保证金偏高")
    assert db.session.get(PanelDecision, decision.id).status is DecisionStatus.APPROVED
    assert db.session.get(Sale, sale.id).status is SaleStatus.DECIDED


def test_a_rejected_draft_goes_back_to_its_clerk(bench, clock):
    sale = draft(bench, clock.now())
    decision = put(bench, sale, clock.now())
    vote(decision, bench.judges[0], clock.now())
    for judge in bench.judges[1:]:
        vote(decision, judge, clock.now(), Vote.REJECT, "起拍价偏低")
    assert db.session.get(PanelDecision, decision.id).status is DecisionStatus.REJECTED
    assert db.session.get(Sale, sale.id).status is SaleStatus.DRAFT
    # A new question may be put.
    assert put(bench, sale, clock.now()).number.endswith("-H2")


def test_a_rejection_needs_a_reason(bench, clock):
    decision = put(bench, draft(bench, clock.now()), clock.now())
    with pytest.raises(Invalid, match="reason-missing"):
        vote(decision, bench.judges[0], clock.now(), Vote.REJECT, "")
    vote(decision, bench.judges[0], clock.now(), Vote.REJECT, "起拍价偏低")


def test_a_member_votes_once(bench, clock):
    decision = put(bench, draft(bench, clock.now()), clock.now())
    vote(decision, bench.judges[0], clock.now())
    with pytest.raises(DomainError, match="already-voted"):
        vote(decision, bench.judges[0], clock.now(), Vote.REJECT, "改主意")
    seats = db.session.query(PanelSeat).filter_by(user_id=bench.judges[0].id).all()
    assert [seat.vote for seat in seats] == [Vote.APPROVE]


def test_who_has_no_seat_finds_no_decision(bench, clock):
    decision = put(bench, draft(bench, clock.now()), clock.now())
    outsider = make_user(clock.now(), Role.JUDGE, court=bench.court)
    with pytest.raises(NotFound):
        vote(decision, outsider, clock.now())


def test_nobody_votes_on_changed_texts(bench, clock):
    sale = draft(bench, clock.now())
    decision = put(bench, sale, clock.now())
    with transaction():
        db.session.get(Asset, bench.asset.id).defects = "墙面渗水"
    with pytest.raises(DomainError, match="stale-decision"):
        vote(decision, bench.judges[0], clock.now())
    assert changes_since(decision, db.session.get(Sale, sale.id)) == [
        ("asset.defects", "", "墙面渗水")
    ]


def test_a_decision_left_by_its_texts_is_voided(bench, clock):
    sale = draft(bench, clock.now())
    approve(bench, sale, clock.now())
    with transaction():
        assert void_if_stale(sale.id, actor_id=None, now=clock.now()) is False
    with transaction():
        db.session.get(Asset, bench.asset.id).facts = {"layout": "两室"}
    with transaction():
        assert void_if_stale(sale.id, actor_id=None, now=clock.now()) is True
    assert db.session.get(Sale, sale.id).status is SaleStatus.DRAFT
    assert db.session.query(PanelDecision).one().status is DecisionStatus.VOID


def test_every_term_is_part_of_what_is_decided(bench, clock):
    sale = draft(bench, clock.now())
    values = values_to_decide(sale)
    assert set(values["terms"]) == set(terms_of(sale).__dataclass_fields__)
    changed = values_to_decide(sale)
    changed["terms"]["deposit_minor"] += 1
    assert content_hash(changed) != content_hash(values)
    assert differences(values, changed) == [
        ("terms.deposit_minor", sale.deposit_minor, sale.deposit_minor + 1)
    ]


def test_unlawful_values_are_not_put_to_a_panel(bench, clock):
    sale = draft(bench, clock.now())
    with transaction():
        row = db.session.get(Sale, sale.id)
        row.start_price_minor = 1
    with pytest.raises(Invalid, match="unlawful-terms"):
        put(bench, sale, clock.now())


def test_practice_needs_no_panel(bench, clock):
    sale = draft(bench, clock.now(), "practice")
    with pytest.raises(DomainError, match="no-panel-needed"):
        put(bench, sale, clock.now())


def test_two_votes_of_one_member_at_once_count_once(any_app, clock):
    bench = make_bench(clock.now())
    decision_id = put(bench, draft(bench, clock.now()), clock.now()).id
    judge_id, now = bench.judges[0].id, clock.now()
    barrier, results = threading.Barrier(2), []

    def act(what: Vote) -> None:
        with any_app.app_context():
            barrier.wait(timeout=10)
            try:
                with transaction():
                    cast_vote(decision_id, judge_id, what, "理由", now=now)
                results.append("voted")
            except DomainError as error:
                results.append(error.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act, args=(v,)) for v in (Vote.APPROVE, Vote.REJECT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(results) == ["already-voted", "voted"]


def test_last_two_votes_at_once_still_decide(any_app, clock):
    bench = make_bench(clock.now())
    sale = draft(bench, clock.now())
    decision = put(bench, sale, clock.now())
    vote(decision, bench.judges[0], clock.now())
    decision_id, sale_id, now = decision.id, sale.id, clock.now()
    judges = [judge.id for judge in bench.judges[1:]]
    barrier, errors = threading.Barrier(2), []

    def act(judge_id: int) -> None:
        with any_app.app_context():
            barrier.wait(timeout=10)
            try:
                with transaction():
                    cast_vote(decision_id, judge_id, Vote.APPROVE, "", now=now)
            except DomainError as error:
                errors.append(error.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act, args=(judge,)) for judge in judges]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    db.session.rollback()
    assert errors == []
    assert db.session.get(PanelDecision, decision_id).status is DecisionStatus.APPROVED
    assert db.session.get(Sale, sale_id).status is SaleStatus.DECIDED


def test_terms_of_a_sale_round_trip(bench, clock):
    sale = draft(bench, clock.now())
    assert replace(terms_of(sale)) == terms_of(sale)
