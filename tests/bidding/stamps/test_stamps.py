"""A checkpoint's stamp is asked for through the outbox, verified, and kept once and for all."""

from __future__ import annotations

import dataclasses
import socket
import threading
from datetime import timedelta
from hashlib import sha256

import pytest
from asn1crypto import tsp
from builders import make_sale
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from stamping import OPENSSL, hostile_authority, openssl_verifies

from auction.core.db import db, transaction
from auction.core.outbox import OutboxRow, work_off
from bidding.evidence.outbound import Unreachable, post_bytes
from bidding.evidence.stamps import (
    REST,
    StampAuthority,
    StampKind,
    StampRefused,
    fetch_token,
    load_stamps,
    request_stamp,
    to_response,
    verify_token,
)
from bidding.timestamp_server.authority import ROOT_FILE, make_authority, open_authority
from bidding.timestamp_server.stamping import answer_query
from escrow.demo.stamps import local_timestamps, stamp_folder

NOTE = "luochui.test/sale/1\n1\n4yIyqw==\n\n— luochui.test/sale/1 c2lnbmVk\n"


@pytest.fixture
def sale_id(any_app, clock):
    return make_sale(clock.now()).id


def ask(sale_id, clock, kind=StampKind.GENESIS, note=NOTE):
    with transaction():
        request_stamp(sale_id, kind, note, clock.now())


def rows():
    db.session.rollback()
    return list(db.session.scalars(select(OutboxRow).where(OutboxRow.kind == "request_stamp")))


def stamps_of(sale_id):
    db.session.rollback()
    return load_stamps(sale_id)


def test_both_checkpoints_of_a_sale_are_stamped(any_app, clock, sale_id):
    with local_timestamps(any_app, clock) as authority:
        asked_at = clock.now()
        ask(sale_id, clock)
        clock.advance(seconds=90)
        assert work_off(clock.now()) == 1
        ask(sale_id, clock, StampKind.CLOSE, "another\n")
        work_off(clock.now())
        first, last = stamps_of(sale_id)
        assert (first.kind, last.kind) == (StampKind.GENESIS, StampKind.CLOSE)
        assert first.digest == sha256(NOTE.encode()).digest()
        assert first.note == NOTE
        assert first.requested_at == asked_at
        assert first.stamped_at == asked_at + timedelta(seconds=90)
        assert verify_token(first.token, NOTE.encode(), authority.roots) == first.stamped_at
        with pytest.raises(StampRefused):
            verify_token(last.token, NOTE.encode(), authority.roots)


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_openssl_reads_the_stored_stamp(app, clock, tmp_path):
    sale_id = make_sale(clock.now()).id
    with local_timestamps(app, clock) as authority:
        ask(sale_id, clock)
        work_off(clock.now())
        [stamp] = stamps_of(sale_id)
        response = to_response(stamp.token)
        assert openssl_verifies(tmp_path, response, NOTE.encode(), authority.roots)


def test_the_same_stamp_is_asked_for_and_kept_once(any_app, clock, sale_id):
    with local_timestamps(any_app, clock):
        ask(sale_id, clock)
        ask(sale_id, clock, note="another\n")
        work_off(clock.now())
        with transaction() as session:  # as after a crash between keeping it and saying so
            session.execute(text("UPDATE outbox SET done_at = NULL"))
        assert work_off(clock.now()) == 1
    [stamp] = stamps_of(sale_id)
    assert stamp.note == NOTE


def test_where_no_authority_is_configured_nothing_is_asked_for(any_app, clock, sale_id):
    ask(sale_id, clock)
    assert rows() == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE time_stamp SET stamped_at = 0", "DELETE FROM time_stamp"],
)
def test_a_stamp_is_neither_changed_nor_removed(any_app, clock, sale_id, statement):
    with local_timestamps(any_app, clock):
        ask(sale_id, clock)
        work_off(clock.now())
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(statement))
    assert len(stamps_of(sale_id)) == 1


# ── an authority that is away ───────────────────────────────────────────────────────────────────


def test_an_authority_that_is_away_is_asked_again_later(any_app, clock, sale_id, tmp_path):
    any_app.extensions["luochui.stamp_authority"] = away = StampAuthority(
        "http://127.0.0.1:9/closed", tmp_path / ROOT_FILE
    )
    ask(sale_id, clock)
    ask(sale_id, clock, StampKind.CLOSE)
    assert work_off(clock.now()) == 0
    first, second = rows()
    assert "Unreachable" in first.last_error
    assert second.last_error is None, "the second did not wait for it as well"
    assert second.run_at == away.rests_until == clock.now() + REST
    with local_timestamps(any_app, clock):
        clock.advance(seconds=30)
        assert work_off(clock.now()) == 2
    assert len(stamps_of(sale_id)) == 2


def test_an_authority_that_never_answers_is_given_up_after_the_time_set():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(Unreachable):
            post_bytes(url, b"x", "text/plain", seconds=0.2)


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 "],
)
def test_one_that_answers_byte_by_byte_is_given_up_after_the_same_time(head):
    stop = threading.Event()

    def trickle(server):
        connection, _address = server.accept()
        with connection:
            connection.sendall(head)
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=trickle, args=(server,))
        thread.start()
        try:
            with pytest.raises(Unreachable):
                post_bytes(
                    f"http://127.0.0.1:{server.getsockname()[1]}/", b"x", "text/plain", seconds=0.4
                )
        finally:
            stop.set()
            thread.join(10)


# ── an authority that misbehaves ────────────────────────────────────────────────────────────────


@pytest.fixture
def trusted(tmp_path, clock):
    """The authority whose root is trusted."""
    return open_authority(tmp_path / "trusted", clock.now())


def other_nonce(query: bytes) -> bytes:
    asked = tsp.TimeStampReq.load(query)
    asked["nonce"] = 4711
    return asked.dump(force=True)


def without_nonce(query: bytes) -> bytes:
    asked = tsp.TimeStampReq.load(query)
    del asked["nonce"]
    return asked.dump(force=True)


def other_digest(query: bytes) -> bytes:
    asked = tsp.TimeStampReq.load(query)
    asked["message_imprint"]["hashed_message"] = sha256(b"something else").digest()
    return asked.dump(force=True)


def for_another_use(authority, now):
    """A certificate of the trusted root that is good for signing mail, not for stamping times."""
    key = ec.generate_private_key(ec.SECP256R1())
    root_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "root")])

    def begin(subject, public):
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    root = (
        begin(name, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION])
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    certificate = (
        begin(subject, key.public_key())
        .add_extension(usage, critical=True)
        .sign(root_key, hashes.SHA256())
    )
    return dataclasses.replace(authority, root=root, certificate=certificate, key=key)


def tampered(response: bytes) -> bytes:
    return response[:-1] + bytes([response[-1] ^ 1])


@pytest.mark.parametrize(
    "change",
    [other_nonce, without_nonce, other_digest],
)
def test_a_token_for_another_query_is_refused(trusted, clock, tmp_path, change):
    """A token of yesterday, or of another checkpoint, proves nothing about this one."""

    def reply(query):
        return answer_query(change(query), trusted, clock.now())

    with hostile_authority(reply) as url, pytest.raises(StampRefused):
        fetch_token(StampAuthority(url, tmp_path / "trusted" / ROOT_FILE), NOTE.encode())


def test_the_same_authority_is_believed_when_it_answers_what_was_asked(trusted, clock, tmp_path):
    with hostile_authority(lambda query: answer_query(query, trusted, clock.now())) as url:
        token, at = fetch_token(
            StampAuthority(url, tmp_path / "trusted" / ROOT_FILE), NOTE.encode()
        )
    assert at == clock.now()
    assert verify_token(token, NOTE.encode(), tmp_path / "trusted" / ROOT_FILE) == at


def test_a_token_under_another_root_is_refused(trusted, clock, tmp_path):
    strange = make_authority(clock.now())

    def reply(query):
        return answer_query(query, strange, clock.now())

    with hostile_authority(reply) as url, pytest.raises(StampRefused):
        fetch_token(StampAuthority(url, tmp_path / "trusted" / ROOT_FILE), NOTE.encode())


def test_a_certificate_that_is_not_for_stamping_is_refused(trusted, clock, tmp_path):
    mail = for_another_use(trusted, clock.now())
    (tmp_path / "mail.pem").write_bytes(mail.root.public_bytes(Encoding.PEM))

    def reply(query):
        return answer_query(query, mail, clock.now())

    with hostile_authority(reply) as url, pytest.raises(StampRefused, match="purpose"):
        fetch_token(StampAuthority(url, tmp_path / "mail.pem"), NOTE.encode())


def test_a_token_from_outside_the_certificates_time_is_refused(trusted, clock, tmp_path):
    def reply(query):
        return answer_query(query, trusted, clock.now() + timedelta(days=40 * 365))

    with hostile_authority(reply) as url, pytest.raises(StampRefused):
        fetch_token(StampAuthority(url, tmp_path / "trusted" / ROOT_FILE), NOTE.encode())


@pytest.mark.parametrize("spoil", [tampered, lambda _answer: b"", lambda answer: answer[:200]])
def test_a_spoilt_answer_is_refused(trusted, clock, tmp_path, spoil):
    def reply(query):
        return spoil(answer_query(query, trusted, clock.now()))

    with hostile_authority(reply) as url, pytest.raises(StampRefused):
        fetch_token(StampAuthority(url, tmp_path / "trusted" / ROOT_FILE), NOTE.encode())


def test_a_refusal_is_told_with_its_reason(trusted, clock, tmp_path):
    def reply(_query):
        return answer_query(b"", trusted, clock.now())

    with hostile_authority(reply) as url, pytest.raises(StampRefused, match="not a time-stamp"):
        fetch_token(StampAuthority(url, tmp_path / "trusted" / ROOT_FILE), NOTE.encode())


@pytest.mark.parametrize(
    ("body", "mimetype"), [(b"<h1>Welcome</h1>", "text/html"), (b"x" * 10**6, "text/plain")]
)
def test_what_is_no_answer_of_an_authority_is_none(tmp_path, body, mimetype):
    authority_roots = tmp_path / ROOT_FILE
    with hostile_authority(lambda _query: body, mimetype) as url, pytest.raises(Unreachable):
        fetch_token(StampAuthority(url, authority_roots), NOTE.encode())


def test_a_stamp_that_does_not_hold_is_not_kept_and_asked_for_again(any_app, clock, sale_id):
    strange = make_authority(clock.now())
    with local_timestamps(any_app, clock) as authority:
        open_authority(stamp_folder(any_app), clock.now())
        honest = authority.url
        with hostile_authority(lambda query: answer_query(query, strange, clock.now())) as url:
            authority.url = url
            ask(sale_id, clock)
            assert work_off(clock.now()) == 0
        assert stamps_of(sale_id) == []
        assert "StampRefused" in rows()[0].last_error
        authority.url = honest
        clock.advance(minutes=1)
        assert work_off(clock.now()) == 1
    assert len(stamps_of(sale_id)) == 1
