"""Logs that were spoilt in one way each: every one is found out, and the answer says where."""

from __future__ import annotations

import json

import pytest
from bidlog_checking import check_log
from bidlog_mutations import check_mutation, load_mutations
from bidlog_scenes import CORPUS, SCENES, write_scene

MUTATIONS = load_mutations()
SAYS = {1: "DOES NOT HOLD: ", 2: "cannot be read: "}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[each["name"] for each in MUTATIONS])
def test_a_spoilt_log_is_found_out(mutation):
    status, said = check_mutation(mutation)
    expected = mutation.get("status", 1)
    assert status == expected, said
    assert said.splitlines()[-1].startswith(f"{SAYS[expected]}{mutation['place']}: ")


def test_the_corpus_is_large_and_names_no_case_twice():
    names = [mutation["name"] for mutation in MUTATIONS]
    assert len(set(names)) == len(names) >= 120


@pytest.mark.parametrize("name", SCENES)
def test_a_log_before_it_is_spoilt_holds_with_everything_held_of_it(name):
    kept = json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))
    for sealed in [None] if name == "running" else [None, "sealed", "own"]:
        receipts = [*kept["receipts"].values(), *kept["proofs"].values()]
        if sealed != "own":
            receipts += kept["sealed_receipts"].values()
        status, said = check_log(
            kept["log"],
            receipts=receipts,
            checkpoints=list(kept["checkpoints"].values()),
            sealed=None if sealed is None else kept[sealed],
        )
        assert status == 0, said
        assert said.endswith("Everything holds.\n")


@pytest.mark.parametrize("name", SCENES)
def test_the_corpus_is_what_the_engine_makes_of_its_sales(name):
    kept = json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))
    assert write_scene(SCENES[name]()) == kept
