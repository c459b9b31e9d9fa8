"""The corpus of distribution files: what breaks the format is one line and exit 2, the rest a plan."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from corpus_files import content_of, load_cases, load_writer

from escrow.distribute import run


def test_each_broken_file_is_refused_with_its_place_and_each_whole_one_computed(tmp_path, capsys):
    base, path = load_writer("distribution").BASE, tmp_path / "file.json"
    wrong = {}
    for case in load_cases("distribution"):
        path.write_bytes(bytes_of(case, base))
        status = run([str(path)])
        out, err = capsys.readouterr()
        if case["expect"] == "valid":
            if (status, err) != (0, "") or not adds_up(json.loads(out)):
                wrong[case["name"]] = (status, err)
        elif (status, out, err.count("\n"), len(err.splitlines())) != (2, "", 1, 1):
            wrong[case["name"]] = (status, out[:80], err)
        elif not err.startswith(f"{case['expect']}: ") or not err[:-1].isprintable():
            wrong[case["name"]] = err
    assert wrong == {}


def adds_up(plan: dict[str, Any]) -> bool:
    """Every unit that came in is paid, unallocated or surplus."""
    paid = sum(line["amount"] for line in plan["lines"])
    return bool(paid + plan["unallocated"] + plan["surplus"] == plan["total"])


def bytes_of(case: dict[str, Any], base: dict[str, Any]) -> bytes:
    """The content of a case."""
    if "body" in case or "body_b64" in case:
        return content_of(case)
    if "old" in case:
        text = json.dumps(base)
        assert case["old"] in text
        return text.replace(case["old"], case["new"], 1).encode()
    changed = copy.deepcopy(base)
    *way, last = [int(word) if word.isdigit() else word for word in case["path"].split(".")]
    place: Any = changed
    for word in way:
        place = place[word]
    if case.get("drop"):
        del place[last]
    else:
        place[last] = case["value"]
    return json.dumps(changed).encode()


def many_claims(shape: str) -> dict[str, Any]:
    """Ten thousand claims in a form that makes one step of the distribution long."""
    lots = [{"id": f"L{n}", "amount": 3_000_000} for n in range(8 if shape == "lots" else 2)]
    claims = []
    for number in range(10_000):
        claim: dict[str, Any] = {"id": f"C{number}", "class": "ordinary", "fee": "realised"}
        claim["principal"] = 100 + number * 7919 % 100_003
        if shape == "equal":
            claim["principal"] = 10_000
        elif shape == "tiny":
            claim |= {"principal": 1 + number % 3, "fee": 3}
        elif shape == "seizures":
            claim["attached_at"] = (
                f"20{number % 90 + 10}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
            )
        elif shape == "ranks":
            claim |= {"class": "secured", "on": "L0", "rank": number + 1}
        elif shape == "taxes" and number % 2:
            claim |= {"class": "tax", "arose_at": f"2019-{number % 12 + 1:02d}-01"}
        elif shape == "taxes":
            claim |= {"class": "secured", "on": ["L0", "L1"], "rank": number + 1}
            claim["registered_at"] = f"2018-{number % 12 + 1:02d}-01"
        elif shape == "lots":
            claim |= {"class": "construction", "on": [lot["id"] for lot in lots]}
        claims.append(claim)
    return {
        "format": "distribution/1", "currency": "CNY",
        "debtor": "company" if shape == "seizures" else "individual",
        "proceeds": lots, "deductions": [], "claims": claims,
    }  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("shape", ["spread", "equal", "tiny", "seizures", "ranks", "taxes", "lots"])
def test_ten_thousand_claims_are_distributed_soon_whatever_their_shape(shape, tmp_path, capsys):
    path = tmp_path / "file.json"
    path.write_text(json.dumps(many_claims(shape)))
    assert run([str(path)]) == 0
    assert adds_up(json.loads(capsys.readouterr().out))
