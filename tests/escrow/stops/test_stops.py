"""While a case is stopped nothing of it leaves, whoever tries (CPLI-513.1, CN17F-9, CN17F-10)."""

from __future__ import annotations

import pytest
from conftest import browser
from payout_stage import PayoutDesk
from signing import csrf_of, sign_in_as

from auction.core.clock import beijing
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.deadlines.models import Deadline, DeadlineStatus
from escrow.invariants import check_invariants
from escrow.payouts.batches import cancel_batch
from escrow.payouts.models import BatchStatus, PayoutFile
from escrow.plans.payouts import mark_paid
from escrow.stops.models import PayoutStop, StopGround
from escrow.stops.services import lift_stop, sent_minor, stop_payouts


@pytest.fixture
def desk(any_app, clock):
    return PayoutDesk(clock).ready()


@pytest.fixture
def lite(app, clock):
    return PayoutDesk(clock).ready()


def act(desk, actor=None):
    return {"court_id": desk.court.id, "actor_id": (actor or desk.maker).id, "now": desk.now}


def stop(desk, **more):
    values = {
        "ground": StopGround.BANKRUPTCY,
        "paper_number": "（2026）云01破申3号",
        "effective_on": beijing(desk.now).date(),
        **more,
    }
    with transaction():
        return stop_payouts(desk.case.id, **values, **act(desk)).id


def lift(desk, stop_id, actor=None):
    with transaction():
        lift_stop(stop_id, reason="破产申请被驳回", **act(desk, actor or desk.checker))


def test_nothing_leaves_until_another_person_lets_it_go(desk):
    batch = desk.check(desk.submit(desk.choose()))
    stop_id = stop(desk)
    desk.work_off()
    assert (batch.status, batch.stopped_because) == (BatchStatus.APPROVED, "stale")
    assert db.session.query(PayoutFile).count() == 0
    payment_id = desk.payments()[0].id
    with transaction():
        cancel_batch(batch.id, reason="停止发放", **act(desk))
    assert {offer.objections[0] for offer in desk.offers()} == {"stopped"}
    with pytest.raises(DomainError, match="stopped"), transaction():
        mark_paid(
            payment_id,
            bank_reference="H1",
            paid_on=beijing(desk.now).date(),
            **act(desk, desk.checker),
        )
    with pytest.raises(DomainError, match="same-person"):
        lift(desk, stop_id, desk.maker)
    lift(desk, stop_id)
    clock = db.session.query(Deadline).filter_by(kind="payout-resume").one()
    assert clock.status is DeadlineStatus.OPEN
    desk.confirm_all(desk.send(form_key="k2"))
    db.session.rollback()
    clock = db.session.query(Deadline).filter_by(kind="payout-resume").one()
    assert clock.status is DeadlineStatus.MET
    assert check_invariants(desk.now) == []


def test_a_stop_says_what_the_bank_alone_can_still_stop(lite):
    lite.send()
    with pytest.raises(DomainError, match="number-missing"):
        stop(lite, paper_number=" ")
    stop(lite)
    assert sent_minor(lite.case.id) == 360_000_000
    with pytest.raises(DomainError, match="stopped-already"):
        stop(lite)


def test_the_page_stops_and_another_person_lifts(app, lite):
    maker, checker = (sign_in_as(browser(app), who.read()) for who in (lite.maker, lite.checker))
    path = f"/finance/cases/{lite.case.id}/stops"

    def post(client, where, **data):
        return client.post(where, data={"csrf_token": csrf_of(client), **data})

    refused = post(maker, path, **{"stop-paper_number": "（2026）云01破申3号"})
    assert refused.status_code == 422
    assert "（2026）云01破申3号" in refused.text
    told = {
        "stop-ground": "bankruptcy",
        "stop-paper_number": "（2026）云01破申3号",
        "stop-effective_on": str(beijing(lite.now).date()),
    }
    assert post(maker, path, **told).status_code == 302
    assert "须由另一人恢复" in maker.get(path).text
    assert "本案已停止发放案款" in maker.get(f"/finance/cases/{lite.case.id}").text
    stop_id = db.session.query(PayoutStop).one().id
    reason = {"lift-reason": "破产申请被驳回"}
    assert post(checker, f"{path}/{stop_id}/lift", **reason).status_code == 302
    assert "以往" in checker.get(path).text
