"""What an outsider does with a receipt, a checkpoint and a log: check them, trusting nobody."""

from __future__ import annotations

import json
from base64 import b64decode
from hashlib import sha256
from typing import Any

from conftest import browser
from flask import Flask

from bidding.evidence.merkle import hash_leaf, verify_consistency, verify_inclusion
from bidding.evidence.notes import (
    Checkpoint,
    Verifier,
    open_checkpoint,
    parse_note,
    parse_proof,
    parse_verifier,
)


def fetch_log(app: Flask, lot: str) -> dict[str, Any]:
    """The published log of a lot."""
    answer = browser(app).get(f"/api/v1/lots/{lot}/log")
    assert answer.status_code == 200, answer.text
    log: dict[str, Any] = answer.get_json()
    return log


def key_of(log: dict[str, Any]) -> Verifier:
    """The key that the log's first entry names, which is the one it is published with."""
    genesis = json.loads(log["entries"][0])
    assert genesis["key"] == log["key"]
    return parse_verifier(log["key"])


def check_receipt(app: Flask, receipt: dict[str, Any], fields: dict[str, Any]) -> None:
    """The receipt says these things, its proof holds, and its line stands in the log."""
    assert {name: receipt[name] for name in fields} == fields
    assert set(receipt) == {*fields, "entry", "proof"}
    log = fetch_log(app, receipt["lot"])
    proof = parse_proof(receipt["proof"])
    assert proof.extra.decode() == receipt["entry"] == log["entries"][proof.index]
    signed = open_checkpoint(proof.checkpoint, key_of(log))
    leaf = hash_leaf(receipt["entry"].encode())
    assert verify_inclusion(leaf, proof.index, signed.size, proof.path, signed.root)
    line = json.loads(receipt["entry"])
    said = {name: receipt[name] for name in ("seq", "at", "code", "amount", "closes_at")}
    assert {name: line[name] for name in said} == said


def check_sealed_receipt(app: Flask, lot: str, receipt: dict[str, Any]) -> bytes:
    """The salted line leads to a root that is signed with the log's key; returns its leaf.

    How many others are under that root is the same for everyone.
    """
    key = key_of(fetch_log(app, lot))
    leaf = sha256(b"\x00" + b64decode(receipt["salt"]) + receipt["entry"].encode()).digest()
    note = parse_note(receipt["note"])
    assert note.is_signed_by(key)
    origin, kind, hashed = note.text.splitlines()
    assert (origin, kind) == (f"{key.name}/sealed", "leaves")
    path = [b64decode(node) for node in receipt["path"]]
    assert len(path) == 7
    assert verify_inclusion(leaf, receipt["index"], 128, path, b64decode(hashed))
    return leaf


def check_consistent(app: Flask, lot: str, older: str, newer: str) -> tuple[Checkpoint, Checkpoint]:
    """The log of one shown checkpoint is the beginning of that of the other."""
    key = key_of(fetch_log(app, lot))
    old, new = open_checkpoint(older, key), open_checkpoint(newer, key)
    answer = browser(app).get(f"/api/v1/lots/{lot}/log/consistency?from={old.size}&to={new.size}")
    assert answer.status_code == 200, answer.text
    path = [b64decode(node) for node in answer.get_json()["proof"]]
    assert verify_consistency(old.size, old.root, new.size, new.root, path)
    return old, new
