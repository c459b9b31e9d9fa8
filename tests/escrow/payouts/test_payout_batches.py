"""Payments leave by bank once: chosen, approved by another, held, written, shown by the statement."""

from __future__ import annotations

import pytest
from lxml import etree
from payout_stage import PayoutDesk

from auction.core.db import db, transaction
from escrow.ledger import check_ledger
from escrow.payouts.message import NAMESPACE
from escrow.payouts.models import BatchStatus, PayoutFile, PayoutStatus
from escrow.payouts.writing import take_file
from escrow.plans.models import PaymentStatus


@pytest.fixture
def desk(any_app, clock):
    return PayoutDesk(clock).ready()


@pytest.fixture
def lite(app, clock):
    return PayoutDesk(clock).ready()


def test_a_plan_leaves_in_one_file_and_the_statement_confirms_it(desk):
    batch = desk.send()
    assert batch.status is BatchStatus.SENT
    payouts = desk.payouts(batch)
    assert {payout.status for payout in payouts} == {PayoutStatus.HELD}
    assert {row.status for row in desk.payments()} == {PaymentStatus.SENT}
    with transaction():
        _batch, file = take_file(
            batch.id, court_id=desk.court.id, actor_id=desk.checker.id, now=desk.now
        )
        data, digest = file.content.encode(), file.sha256
    document = etree.fromstring(data)
    told = [node.text for node in document.iter(f"{{{NAMESPACE}}}InstdAmt")]
    assert len(told) == len(payouts)
    assert document.findtext(f".//{{{NAMESPACE}}}CtrlSum") == "3600000.00"
    lines = desk.confirm_all(batch)
    assert {str(line.status) for line in lines} == {"matched"}
    assert batch.status is BatchStatus.DONE
    assert {row.status for row in desk.payments()} == {PaymentStatus.PAID}
    assert desk.case_balances() == {}
    assert db.session.query(PayoutFile).one().sha256 == digest
    assert check_ledger() == []
