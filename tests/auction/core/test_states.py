"""A status changes only along its table, and leaves an entry that says who, when and why."""

from __future__ import annotations

import itertools

import pytest
from builders import make_case, make_user

from auction.accounts.roles import Role
from auction.cases.models import CaseStatus
from auction.core.audit import AuditEntry
from auction.core.db import db, transaction
from auction.core.errors import DomainError
from auction.core.states import change_state


def test_every_pair_of_states_is_allowed_or_refused_as_the_table_says(app, clock):
    case = make_case(clock.now())
    first, second = list(CaseStatus)[:2]
    table = {first: frozenset({second})}
    for before, after in itertools.product(CaseStatus, CaseStatus):
        with transaction():
            case.status = before
            if after in table.get(before, ()):
                change_state(case, after, table, actor_id=None, at=clock.now())
                assert case.status is after
            else:
                with pytest.raises(DomainError) as caught:
                    change_state(case, after, table, actor_id=None, at=clock.now())
                assert caught.value.code == "wrong-state"
                assert case.status is before


def test_a_change_of_state_is_written_down_with_who_when_and_why(app, clock):
    judge = make_user(clock.now(), Role.JUDGE)
    case = make_case(clock.now())
    before, after = list(CaseStatus)[:2]
    with transaction():
        case.status = before
        change_state(
            case,
            after,
            {before: frozenset({after})},
            actor_id=judge.id,
            at=clock.now(),
            reason="理由",
        )
    entry = (
        db.session.query(AuditEntry)
        .filter_by(subject_type=case.__tablename__, action="state")
        .one()
    )
    assert (entry.actor_id, entry.at, entry.subject_id) == (judge.id, clock.now(), case.id)
    assert entry.detail == {"from": str(before), "to": str(after), "reason": "理由"}
