"""Sealed fields: unreadable in the database, bound to their place, found by keyed hash only."""

from __future__ import annotations

import pytest
from builders import make_bidder
from sqlalchemy import text

from auction.accounts.models import Identity
from auction.core.crypto import Encrypted, lookup_hash
from auction.core.db import db, transaction


def test_a_sealed_value_comes_back_and_cannot_be_read_in_the_table(any_app, clock):
    user = make_bidder(clock.now())
    number = user.identity.id_number
    row = db.session.execute(text("SELECT full_name, id_number, phone FROM identity")).one()
    for value in row:
        raw = bytes(value)
        assert number.encode() not in raw
        assert "竞买人".encode() not in raw
        assert b"13800000000" not in raw
    db.session.expire_all()
    assert db.session.get(Identity, user.identity.id).id_number == number


def test_the_same_value_is_sealed_differently_each_time(app):
    kind = Encrypted("identity.phone")
    assert kind.process_bind_param("x", None) != kind.process_bind_param("x", None)


def test_a_sealed_value_moved_to_another_column_or_altered_is_refused(app, clock):
    sealed = Encrypted("identity.phone").process_bind_param("13800000000", None)
    with pytest.raises(ValueError, match="another key"):
        Encrypted("identity.full_name").process_result_value(sealed, None)
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    with pytest.raises(ValueError, match="another key"):
        Encrypted("identity.phone").process_result_value(altered, None)


def test_a_value_sealed_under_another_secret_is_refused(app, make_app):
    sealed = Encrypted("identity.phone").process_bind_param("13800000000", None)
    other = make_app(SECRET_KEY="another-secret-key-0123456789-0123456789")
    with other.app_context(), pytest.raises(ValueError, match="another key"):
        Encrypted("identity.phone").process_result_value(sealed, None)


def test_look_up_hashes_depend_on_value_purpose_and_secret(app, make_app):
    here = lookup_hash("1", "a")
    assert here == lookup_hash("1", "a")
    assert len({here, lookup_hash("2", "a"), lookup_hash("1", "b")}) == 3
    with make_app(SECRET_KEY="another-secret-key-0123456789-0123456789").app_context():
        assert lookup_hash("1", "a") != here


def test_nothing_is_sealed_as_nothing(app, clock):
    assert Encrypted("identity.representative").process_bind_param(None, None) is None
    user = make_bidder(clock.now())
    with transaction():
        user.identity.representative = None
    db.session.expire_all()
    assert user.identity.representative is None
