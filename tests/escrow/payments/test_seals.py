"""Until a sale has ended nobody reads who enrolled or paid, the audit trail included (CN16-18.3)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from builders import make_bidder, make_user
from conftest import browser
from signing import sign_in_as

from auction.accounts.roles import Role
from auction.core.acts import act_name
from auction.core.db import db, transaction
from auction.courts.models import Court
from auction.sales.rulepacks import load_rule_pack
from bidding.enrolment.services import accept_notices, begin_enrolment, confirm_priority


class Scene:
    """A bidder who enrolled and paid by the doors everybody takes, and the court's auditor."""

    def __init__(self, stage):
        now = stage.clock.now()
        self.stage, self.sale, bidder = stage, stage.sale(), make_bidder(now)
        court = db.session.get_one(Court, self.sale.court_id)
        self.email, self.case_id = bidder.email, self.sale.lot.asset.case_id
        with transaction():
            self.enrolment = begin_enrolment(bidder.id, self.sale.id, now)
            notices = load_rule_pack(self.sale.rule_pack).notices
            accept_notices(self.enrolment, [notice.key for notice in notices], now)
        stage.pay_deposit(self.enrolment)
        self.judge_id = make_user(now, Role.JUDGE, court=court).id
        self.auditor = make_user(now, Role.AUDITOR, court=court)

    def read(self, path):
        answer = sign_in_as(browser(self.stage.app), self.auditor).get(path)
        assert answer.status_code == 200
        return answer.text

    def trail(self, **asked):
        """What the trail shows about the person, by whatever it is asked for."""
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        return self.read(f"/audit?{query}").partition("<tbody>")[2]


@pytest.fixture
def scene(stage):
    return Scene(stage)


def test_the_trail_tells_who_enrolled_and_paid_only_from_the_end_on(scene):
    told = [{"action": "begin-enrolment"}, {"action": "start-payment"}, {"subject": "deposit"}]
    for asked in told:
        assert "没有符合的记录" in scene.trail(**asked), asked
    assert "没有符合的记录" in scene.trail(subject="payment", actor=scene.email)
    scene.stage.end_sale(scene.sale)
    for asked in told:
        assert "没有符合的记录" not in scene.trail(**asked), asked
    assert scene.email in scene.trail(action="begin-enrolment")


def test_a_case_does_not_tell_when_deposits_came_before_the_end(scene):
    path = f"/court/cases/{scene.case_id}"
    started = str(act_name(SimpleNamespace(action="start-payment", detail={})))
    assert started not in scene.read(path)
    scene.stage.end_sale(scene.sale)
    assert started in scene.read(path)


def test_what_staff_does_to_an_enrolment_is_shown_at_once(scene):
    assert "没有符合的记录" in scene.trail(subject="enrolment")
    with transaction():
        confirm_priority(scene.enrolment.id, 1, scene.judge_id, scene.stage.clock.now())
    assert "没有符合的记录" not in scene.trail(subject="enrolment")
    assert scene.email not in scene.trail(subject="enrolment")
