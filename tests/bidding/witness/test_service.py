"""A witness countersigns what continues the last it signed, and nothing else (C2SP tlog-witness)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from live_room import run_together
from witnesses import HOST, NAME, NOW, ORIGIN, GrowingLog, make_witness

from bidding.evidence.notes import NoteError, Signer, write_base64
from bidding.evidence.witnessing import (
    cosign,
    cosigner,
    find_cosignature,
    parse_submission,
    write_submission,
)
from bidding.witness.keys import KeyFileError, Trust, make_key_file, read_key_file
from bidding.witness.service import FORK, UNPROVEN

EMPTY = sha256(b"").digest()


@pytest.fixture
def log():
    return GrowingLog()


@pytest.fixture
def witness(tmp_path, log):
    return make_witness(tmp_path, logs=(str(log.signer.verifier),))


def kept(witness):
    with witness.memory.transaction() as memory:
        return memory.contradictions()


def last(witness, origin=ORIGIN):
    with witness.memory.transaction() as memory:
        return memory.last_of(origin).size


# ── what is countersigned ───────────────────────────────────────────────────────────────────────


def test_a_growing_log_is_countersigned_step_by_step(witness, log):
    for old, size in ((0, 1), (1, 2), (2, 7), (7, 8)):
        answer = witness.add_checkpoint(log.submission(old, size))
        assert answer.status == 200
        found = find_cosignature(log.note(size) + answer.body, witness.cosigner.verifier)
        assert found.at == NOW
        assert found.line == answer.body
    assert last(witness) == 8
    assert kept(witness) == []


def test_the_line_is_what_the_specification_says_byte_by_byte(witness, log):
    answer = witness.add_checkpoint(log.submission(0, 3))
    dash, name, encoded = answer.body.removesuffix("\n").split(" ")
    raw = b64decode(encoded)
    public = witness.cosigner.key.public_key().public_bytes_raw()
    assert (dash, name) == ("—", NAME)
    assert raw[:4] == sha256(NAME.encode() + b"\n\x04" + public).digest()[:4]
    assert int.from_bytes(raw[4:12], "big") == NOW
    text = f"{ORIGIN}\n3\n{b64encode(log.tree.root(3)).decode()}\n"
    message = f"cosignature/v1\ntime {NOW}\n{text}".encode()
    Ed25519PublicKey.from_public_bytes(public).verify(raw[12:], message)


def test_the_same_checkpoint_is_countersigned_again(witness, log):
    witness.add_checkpoint(log.submission(0, 5))
    assert witness.add_checkpoint(log.submission(5, 5)).status == 200


def test_an_empty_log_has_the_empty_root(witness, log):
    assert witness.add_checkpoint(log.submission(0, 0)).status == 200
    assert witness.add_checkpoint(log.submission(0, 4)).status == 200


def test_signatures_of_others_on_the_checkpoint_are_ignored(witness, log):
    note = log.note(2)
    stranger = Ed25519PrivateKey.generate()
    body = write_submission(0, [], note + cosign("other.example", stranger, note, NOW))
    assert witness.add_checkpoint(body).status == 200


# ── what is refused ─────────────────────────────────────────────────────────────────────────────


def other_key(log):
    return GrowingLog(key=Ed25519PrivateKey.generate()).submission(5, 6)


def another_log(log):
    return GrowingLog(f"{HOST}/sale/S-2", log.signer.key).submission(0, 6)


def no_log_of_that_name(log):
    """A name signed by the right key is still another log."""
    note = log.signer.sign(f"{HOST}/sale/S-2\n6\n{write_base64(log.tree.root(6))}\n")
    return write_submission(0, [], note)


def tampered_root(log):
    note = log.note(6).replace(write_base64(log.tree.root(6)), write_base64(log.tree.root(7)))
    return write_submission(5, log.tree.prove_consistency(5, 6), note)


def spoilt_path(log):
    path = log.tree.prove_consistency(5, 7)
    return write_submission(5, [*path[:-1], EMPTY], log.note(7))


def missing_path(log):
    return write_submission(5, [], log.note(7))


def needless_path(log):
    return write_submission(5, [EMPTY], log.note(5))


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (lambda log: log.submission(5, 6), 200, None),
        (other_key, 403, None),
        (tampered_root, 403, None),
        (another_log, 404, None),
        (no_log_of_that_name, 404, None),
        (lambda log: log.submission(4, 6), 409, "5\n"),
        (lambda log: log.submission(0, 6), 409, "5\n"),
        (lambda log: log.submission(6, 7), 409, "5\n"),
        (lambda log: log.submission(3, 4), 409, "5\n"),
        (lambda log: write_submission(6, [], log.note(5)), 400, None),
        (lambda log: log.rewrite().submission(5, 5), 409, "5\n"),
        (lambda log: log.rewrite().submission(5, 6), 422, None),
        (lambda log: log.rewrite(4).submission(5, 8), 422, None),
        (spoilt_path, 422, None),
        (missing_path, 422, None),
        (needless_path, 422, None),
    ],
)
def test_after_five_entries(witness, log, body, status, told):
    witness.add_checkpoint(log.submission(0, 5))
    answer = witness.add_checkpoint(body(log))
    assert answer.status == status
    if told is not None:
        assert (answer.body, answer.content_type) == (told, "text/x.tlog.size")
    if status != 200:
        assert "—" not in answer.body
        assert last(witness) == 5


def test_a_path_where_nothing_was_signed_before_is_refused(witness, log):
    body = write_submission(0, [EMPTY], log.note(3))
    assert witness.add_checkpoint(body).status == 422


def test_an_empty_log_with_another_root_is_refused(witness, log):
    note = log.signer.sign(f"{ORIGIN}\n0\n{write_base64(log.tree.root(1))}\n")
    assert witness.add_checkpoint(write_submission(0, [], note)).status == 409


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"",
        lambda body: b"\xff" + body,
        lambda body: body.replace(b"old 5", b"old 05"),
        lambda body: body.replace(b"old 5", b"old -5"),
        lambda body: body.replace(b"old 5", b"old"),
        lambda body: body.replace(b"old 5", b"new 5"),
        lambda body: body.replace(b"old 5\n", b"old 5\r\n"),
        lambda body: body.replace(b"old 5", "old ５".encode()),
        lambda body: body.replace(b"old 5\n", b"old 5\nAAAA\n"),
        lambda body: body.replace(b"old 5\n", b"old 5\n!\n"),
        lambda body: body.replace(b"old 5\n", b"old 5\n" + b"A" * 43 + b"=\n" * 1),
        lambda body: body.replace(b"old 5\n", b"old 5\n" + (b"A" * 43 + b"=\n") * 64),
        lambda body: body.replace(b"\n\n", b"\n", 1),
        lambda body: body.rpartition("—".encode())[0],
        lambda body: body[:-1],
        lambda body: body.replace(b"\n6\n", b"\n06\n"),
        lambda body: body.replace(b"\n6\n", b"\n\n"),
        lambda body: body + b"\n",
    ],
)
def test_what_is_no_submission_is_refused(witness, log, change):
    witness.add_checkpoint(log.submission(0, 5))
    body = change(log.submission(5, 6))
    # One more hash is well-formed, but leads nowhere.
    expected = {422} if b"old 5\n" + b"A" * 43 in body and body.count(b"A" * 43) == 1 else {400}
    assert {witness.add_checkpoint(body).status} == expected
    assert last(witness) == 5


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_spoilt_byte_is_countersigned(tmp_path_factory, data):
    log = GrowingLog()
    witness = make_witness(tmp_path_factory.mktemp("w"), logs=(str(log.signer.verifier),))
    body = bytearray(log.submission(0, 5))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != body[place]))
    answer = witness.add_checkpoint(bytes(body))
    assert answer.status in {400, 403, 404, 409, 422}
    assert last(witness) == 0


# ── evidence ────────────────────────────────────────────────────────────────────────────────────


def test_a_fork_is_not_countersigned_and_both_checkpoints_are_kept(witness, log):
    """Whoever rewrites a log has signed both versions; the two notes side by side prove it."""
    witness.add_checkpoint(log.submission(0, 5))
    forged = log.rewrite(3)
    for old in (5, 0, 4):
        assert witness.add_checkpoint(forged.submission(old, 5)).status == 409
    [proof] = kept(witness)
    assert (proof.kind, proof.note, proof.against) == (FORK, forged.note(5), log.note(5))


def test_a_log_that_grew_from_another_past_is_kept_as_unproven(witness, log):
    witness.add_checkpoint(log.submission(0, 5))
    forged = log.rewrite(3)
    assert witness.add_checkpoint(forged.submission(5, 7)).status == 422
    [doubt] = kept(witness)
    assert (doubt.kind, doubt.note) == (UNPROVEN, forged.note(7))


def test_an_outsider_cannot_fill_the_memory(witness, log):
    """Only signed checkpoints are kept, and each of them once."""
    witness.add_checkpoint(log.submission(0, 5))
    for n in range(5):
        witness.add_checkpoint(write_submission(5, [bytes([n]) * 32], log.note(7)))
        witness.add_checkpoint(other_key(log))
    assert len(kept(witness)) == 1


# ── memory ──────────────────────────────────────────────────────────────────────────────────────


def test_each_log_is_remembered_by_itself_and_after_a_new_start(tmp_path):
    key = Ed25519PrivateKey.generate()
    logs = [GrowingLog(f"{HOST}/sale/S-{n}", key) for n in (1, 2)]
    keys = tuple(str(log.signer.verifier) for log in logs)
    make_witness(tmp_path, logs=keys).add_checkpoint(logs[0].submission(0, 5))
    again = make_witness(tmp_path, logs=keys)
    assert again.add_checkpoint(logs[0].submission(0, 6)).body == "5\n"
    assert again.add_checkpoint(logs[1].submission(0, 6)).status == 200
    assert again.add_checkpoint(logs[0].rewrite().submission(5, 5)).status == 409


def test_of_two_submissions_at_once_none_undoes_the_other(tmp_path, log):
    witness = make_witness(tmp_path, logs=(str(log.signer.verifier),))
    witness.add_checkpoint(log.submission(0, 1))
    answers = []
    sizes = range(2, 9)
    run_together(
        *(
            lambda size=size: answers.append(witness.add_checkpoint(log.submission(1, size)))
            for size in sizes
        )
    )
    assert sorted(answer.status for answer in answers) == [200, *[409] * (len(sizes) - 1)]
    [signed] = [answer for answer in answers if answer.status == 200]
    size = last(witness)
    assert find_cosignature(log.note(size) + signed.body, witness.cosigner.verifier) is not None


def test_what_could_not_be_remembered_is_not_signed(witness, log, monkeypatch):
    def fail(*_args):
        raise OSError("disk full")

    monkeypatch.setattr("bidding.witness.memory.Transaction.remember", fail)
    with pytest.raises(OSError, match="disk full"):
        witness.add_checkpoint(log.submission(0, 5))
    monkeypatch.undo()
    assert last(witness) == 0


# ── whom it trusts ──────────────────────────────────────────────────────────────────────────────


def test_every_sale_of_a_trusted_platform_is_a_log(tmp_path):
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    host = "auction.court.example:8443"
    first, second = (
        GrowingLog(f"{host}/sale/2026-沪01拍-{n}", key) for n, key in enumerate((old, new))
    )
    platforms = (
        f"{host}={write_base64(old.public_key().public_bytes_raw())}",
        f"{host}={second.signer.verifier}",
    )
    witness = make_witness(tmp_path, platforms=platforms)
    for log in (first, second):
        assert witness.add_checkpoint(log.submission(0, 3)).status == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"{HOST}/sale/1", 200),
        (f"{HOST}/sale/", 404),
        (f"{HOST}/sale/1/2", 404),
        (f"{HOST}/other/1", 404),
        (f"evil.test/{HOST}/sale/1", 404),
        (f"{HOST}.evil.test/sale/1", 404),
        (f"x{HOST}/sale/1", 404),
    ],
)
def test_a_platform_is_trusted_for_its_own_sales_alone(tmp_path, origin, status):
    log = GrowingLog(origin)
    witness = make_witness(
        tmp_path, platforms=(f"{HOST}={write_base64(log.signer.verifier.public)}",)
    )
    assert witness.add_checkpoint(log.submission(0, 3)).status == status


@pytest.mark.parametrize(
    "text", ["", HOST, f"{HOST}=", f"{HOST}=AAAA", f"a/b={'A' * 43}=", f"={'A' * 43}=", "x=y+z+w"]
)
def test_a_platform_without_a_key_is_refused(text):
    with pytest.raises(NoteError):
        Trust().add_platform(text)


def test_a_witness_key_is_no_log_key():
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with pytest.raises(NoteError):
        Trust().add_log(str(cosigner(NAME, public)))


# ── its own key ─────────────────────────────────────────────────────────────────────────────────


def test_the_key_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "key"
    make_key_file(path, NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    made = read_key_file(path)
    assert (made.name, made.verifier.name) == (NAME, NAME)
    with pytest.raises(FileExistsError):
        make_key_file(path, NAME)
    with pytest.raises(NoteError):
        make_key_file(tmp_path / "other", "two words")
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: "", "holds no key"),
        (lambda text: text.replace("PRIVATE", "PUBLIC"), "holds no key"),
        (lambda text: text.replace(NAME, "another.example"), "not its own"),
        (lambda text: text[:-9] + "\n", "holds no key"),
    ],
)
def test_a_spoilt_key_is_refused(tmp_path, change, why):
    path = tmp_path / "key"
    make_key_file(path, NAME)
    path.write_text(change(path.read_text()))
    with pytest.raises(KeyFileError, match=why):
        read_key_file(path)


def test_a_key_others_can_read_is_refused(tmp_path):
    path = tmp_path / "key"
    make_key_file(path, NAME)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="others"):
        read_key_file(path)


# ── cosignatures ────────────────────────────────────────────────────────────────────────────────


def test_a_cosignature_belongs_to_its_checkpoint_its_time_and_its_witness(log):
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    mine = cosigner(NAME, key.public_key().public_bytes_raw())
    note, text = log.note(3), str(log.checkpoint(3))
    line = cosign(NAME, key, text, NOW)
    later = cosign(NAME, key, text, NOW + 9)
    assert find_cosignature(note, mine) is None
    assert find_cosignature(note + line, mine).at == NOW
    assert find_cosignature(note + line + later, mine).at == NOW + 9
    assert find_cosignature(note + cosign(NAME, other, text, NOW), mine) is None
    assert find_cosignature(note + cosign("other", key, text, NOW), mine) is None
    assert find_cosignature(log.note(4) + line, mine) is None, "replayed under another"
    raw = bytearray(b64decode(line.split(" ")[2]))
    raw[11] ^= 1
    assert find_cosignature(f"{note}— {NAME} {b64encode(raw).decode()}\n", mine) is None
    plain = Signer.of(NAME, key).sign(text).rpartition("\n\n")[2]
    assert find_cosignature(note + plain, mine) is None, "a log's signature is no cosignature"


def test_a_submission_is_read_back_as_it_was_written(log):
    path = log.tree.prove_consistency(3, 7)
    read = parse_submission(write_submission(3, path, log.note(7)))
    assert (read.old, list(read.path), read.note) == (3, path, log.note(7))
