"""The formats of the transparency-log world, against examples that others published."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from bidlog_builder import b64, path_of, root_of, sign, write_checkpoint, write_key
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding import verify

# The reference tree of the Certificate Transparency implementations.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

# The example of the note format (golang.org/x/mod/sumdb/note).
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ADVICE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6K"
    "E6RyyBwJnAM=\n"
)


def test_roots_are_those_of_the_reference_tree():
    leaves = [verify.hash_leaf(leaf) for leaf in LEAVES]
    roots = verify.find_roots(leaves, set(range(9)))
    assert [roots[size].hex() for size in range(9)] == ROOTS


@given(st.integers(1, 70), st.data())
def test_a_path_leads_from_its_own_place_only(size, data):
    leaves = [sha256(bytes([n])).digest() for n in range(size)]
    n = data.draw(st.integers(0, size - 1))
    path, root = path_of(leaves, n), root_of(leaves)
    assert verify.find_roots(leaves, {size})[size] == root
    assert verify.follow_path(leaves[n], n, size, path) == root
    other = data.draw(st.integers(0, size))
    if other != n:
        assert verify.follow_path(leaves[n], other, size, path) != root
    assert verify.follow_path(leaves[n], n, size, [*path, root]) != root
    assert verify.follow_path(leaves[n], n, size + size, path) != root
    if path:
        assert verify.follow_path(leaves[n], n, size, path[:-1]) != root


def test_a_published_note_is_read_as_signed():
    key, note = verify.parse_key(NEUMANN), verify.parse_note(ADVICE)
    assert verify.is_signed(note, key)
    assert not verify.is_signed(note._replace(text=note.text + "x\n"), key)
    assert not verify.is_signed(note, verify.parse_key(write_key(name="PeterNeumann")))


def test_signatures_of_witnesses_are_passed_over_and_a_broken_own_one_is_not():
    note = write_checkpoint(["line"])
    witness = f"— witness.example/w1 {b64(b'wit1' + bytes(72))}\n"
    key = verify.parse_key(write_key())
    assert verify.is_signed(verify.parse_note(note + witness), key)
    own = note.splitlines()[-1] + "\n"
    broken = own[:-12] + ("A" if own[-12] != "A" else "B") + own[-11:]
    assert not verify.is_signed(verify.parse_note(note + broken), key)
    assert not verify.is_signed(verify.parse_note(note.replace(own, witness)), key)


def test_a_checkpoint_may_carry_extension_lines_but_no_empty_ones():
    body = f"origin\n3\n{b64(bytes(32))}\n"
    assert verify.parse_checkpoint(verify.parse_note(sign(body + "more\n"))).size == 3
    for wrong in ("origin\n3\n", f"origin\n\n{b64(bytes(32))}\n", body.replace("\n3", "\n+3")):
        with pytest.raises(ValueError):
            verify.parse_checkpoint(verify.parse_note(sign(wrong)))


@pytest.mark.parametrize("text", ["QQ", "QQ=", "QR==", "QQ==\n", " QQ==", "QQ==QQ==", "Q-_=", "é"])
def test_base_64_is_written_in_one_way(text):
    with pytest.raises(ValueError):
        verify.read_base64(text)
    assert verify.read_base64("QQ==") == b"A"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def write_compact(fields, **how):
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), **how)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), JSON))
def test_a_line_is_canonical_in_one_writing_only(fields):
    line = write_compact(fields, sort_keys=True)
    assert verify.parse_line(line) == fields
    for other in (
        json.dumps(fields, sort_keys=True, ensure_ascii=False),
        json.dumps(fields, sort_keys=True, separators=(",", ":")),
        write_compact(dict(sorted(fields.items(), reverse=True))),
    ):
        if other != line:
            with pytest.raises(ValueError):
                verify.parse_line(other)
