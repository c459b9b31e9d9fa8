"""One byte changed anywhere is found out."""

from __future__ import annotations

import json

import pytest
from bidlog_checking import check_log
from bidlog_scenes import CORPUS, SCENES
from hypothesis import given, settings
from hypothesis import strategies as st

LOGS = {
    name: json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))["log"]
    for name in SCENES
}
often = settings(max_examples=3 * settings.default.max_examples, deadline=None)


@often
@given(st.sampled_from(sorted(LOGS)), st.data(), st.integers(1, 255))
def test_a_byte_changed_in_a_line_is_found_out(name, data, flip):
    log = LOGS[name]
    n = data.draw(st.integers(0, len(log["entries"]) - 1), label="entry")
    line = bytearray(log["entries"][n].encode())
    line[data.draw(st.integers(0, len(line) - 1), label="byte")] ^= flip
    entries = list(log["entries"])
    entries[n] = line.decode(errors="replace")
    status, said = check_log({**log, "entries": entries})
    assert status == 1, said


@often
@given(st.sampled_from(sorted(LOGS)), st.data(), st.integers(1, 255))
def test_a_byte_changed_in_a_file_is_found_out_or_changes_nothing(name, data, flip):
    written = bytearray(json.dumps(LOGS[name], ensure_ascii=False).encode())
    written[data.draw(st.integers(0, len(written) - 1), label="byte")] ^= flip
    status, said = check_log(bytes(written))
    assert status in {1, 2} or json.loads(written) == LOGS[name], said


@pytest.mark.parametrize("flip", [0x01, 0x20])
def test_no_byte_of_a_short_log_can_be_changed(flip):
    log = LOGS["withdrawn"]
    for n, line in enumerate(log["entries"]):
        raw = line.encode()
        for place in range(len(raw)):
            spoilt = bytearray(raw)
            spoilt[place] ^= flip
            entries = list(log["entries"])
            entries[n] = spoilt.decode(errors="replace")
            status, said = check_log({**log, "entries": entries})
            assert status == 1, (n, place, said)


@often
@given(st.sampled_from(["receipts", "sealed_receipts", "checkpoints"]), st.data())
def test_a_byte_changed_in_what_somebody_kept_is_found_out_or_changes_nothing(kind, data):
    kept = json.loads((CORPUS / "sold.json").read_text(encoding="utf-8"))
    file = kept[kind][data.draw(st.sampled_from(sorted(kept[kind])), label="file")]
    text = file if isinstance(file, str) else json.dumps(file, ensure_ascii=False)
    written = bytearray(text.encode())
    place = data.draw(st.integers(0, len(written) - 1), label="byte")
    written[place] ^= data.draw(st.integers(1, 255), label="flip")
    given_as = "checkpoints" if kind == "checkpoints" else "receipts"
    status, said = check_log(kept["log"], **{given_as: [bytes(written)]})
    assert status in {1, 2} or json.loads(written) == file, said
