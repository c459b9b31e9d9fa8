"""Passwords: what is refused, how it is kept, that checking costs the same for nobody."""

from __future__ import annotations

import subprocess
import sys

import pytest

from auction.accounts import passwords
from auction.accounts.passwords import (
    check_new_password,
    hash_password,
    is_outdated,
    verify_password,
)
from auction.core.errors import Invalid


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "demo-only-2026",
        "四个不相干的词连在一起",
        " spaces are kept as they are ",
        "x7!q" * 30,
        "aB3$" * 32,
    ],
)
def test_a_long_and_unknown_password_is_accepted(password):
    check_new_password(password, "name@example.com")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password-short"),
        ("abcdefghi", "password-short"),
        ("九个字也还是太短了", "password-short"),
        ("aB3$" * 32 + "x", "password-long"),
        ("1234567890", "password-known"),
        ("Password123", "password-known"),
        ("woaini1314520", "password-known"),
        ("aaaaaaaaaaaa", "password-known"),
        ("abababababab", "password-known"),
        ("chenxiaoming", "password-known"),
        ("Chenxiaoming1", "password-known"),
        ("chenxiaoming@example.com", "password-known"),
        ("luochui2026", "password-known"),
        ("落槌落槌落槌落槌落槌", "password-known"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password, code):
    with pytest.raises(Invalid) as caught:
        check_new_password(password, "chenxiaoming@example.com", "晓明")
    assert (caught.value.code, caught.value.field) == (code, "password")


def test_the_list_of_known_passwords_only_holds_what_could_be_chosen():
    known = passwords._known()
    assert len(known) > 250
    assert all(len(word) >= passwords.SHORTEST and word == word.casefold() for word in known)


def test_a_hash_is_argon2id_of_the_recommended_size_and_fits_only_its_password():
    stored = hash_password("correct horse battery")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert verify_password(stored, "correct horse battery")
    assert not verify_password(stored, "correct horse batterx")
    assert not verify_password(stored, "")
    assert not is_outdated(stored)


def test_nothing_is_cut_off_a_long_password():
    stored = hash_password("a" * 100 + "b")
    assert not verify_password(stored, "a" * 100 + "c")
    assert not verify_password(stored, "a" * 100)


def test_without_an_account_the_same_work_is_done(monkeypatch):
    worked = []
    real = passwords._hasher

    class Watched:
        def verify(self, stored, password):
            worked.append(stored)
            return real.verify(stored, password)

        def hash(self, password):
            return real.hash(password)

    monkeypatch.setattr(passwords, "_hasher", Watched())
    assert not verify_password(None, "anything at all")
    assert not verify_password(None, "the password of nobody")
    assert all(stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$") for stored in worked)
    assert len(worked) == 2


def test_a_damaged_hash_fits_nothing():
    assert not verify_password("not a hash", "anything")


def test_under_gevent_other_greenlets_run_while_a_password_is_hashed():
    program = """
from gevent import monkey; monkey.patch_all()
import gevent
from auction.accounts.passwords import hash_password, verify_password
ticks = []
def tick():
    while True:
        ticks.append(1)
        gevent.sleep(0.001)
ticker = gevent.spawn(tick)
stored = hash_password("correct horse battery")
assert verify_password(stored, "correct horse battery")
assert not verify_password(stored, "wrong")
assert len(ticks) > 5, len(ticks)
print("free", len(ticks))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("free")
