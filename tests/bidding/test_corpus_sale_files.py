"""The corpus of sale files: what breaks the format is named in one line, what keeps it is replayed."""

from __future__ import annotations

import copy
import io
import json
from typing import Any

from corpus_files import content_of, load_cases, load_writer

from bidding.replay import main
from bidding.salefile import parse_sale_file


def test_each_broken_file_is_refused_with_its_place_and_each_whole_one_replayed(
    monkeypatch, capsys
):
    base = base_file()
    wrong = {}
    for case in load_cases("sale_file"):
        content = file_of(case, base)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
        status = main(["-"])
        out, err = capsys.readouterr()
        if case["expect"] == "valid":
            told = [event.get("reason") for event in json.loads(out)["events"]] if out else err
            if (status, told) != (0, case["answers"]):
                wrong[case["name"]] = told
        elif (status, out, err.count("\n")) != (2, "", 1) or not err.isascii():
            wrong[case["name"]] = (status, out[:80], err)
        elif not err.startswith(f"not a valid sale file: {case['expect']}: "):
            wrong[case["name"]] = err
    assert wrong == {}


def base_file() -> dict[str, Any]:
    """The file that every case changes; it is valid itself."""
    base = load_writer("sale_file").BASE
    assert parse_sale_file(json.dumps(base).encode())
    return base


def file_of(case: dict[str, Any], base: dict[str, Any]) -> bytes:
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
