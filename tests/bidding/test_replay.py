"""`python -m bidding.replay`: the sale file is read to the letter, and what is wrong is one line."""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bidding.engine import Refusal
from bidding.replay import main, replay_sale
from bidding.salefile import SaleFileError, parse_sale_file

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "data" / "bidding.json").read_text("utf-8"))
DROP = object()
VALID: dict[str, Any] = {
    "format": "sale/1",
    "sale": {
        "stage": "first",
        "currency": "CNY",
        "start_price": 70000000,
        "increment": 500000,
        "opens_at": "2026-11-02T10:00:00.000+08:00",
        "closes_at": "2026-11-03T10:00:00.000+08:00",
        "extension_window_s": 300,
        "extension_s": 300,
        "countdown_s": 86400,
        "leader_raises": True,
        "instructions": True,
    },
    "bidders": [{"code": "K7Q2"}, {"code": "P1XC", "priority": 1}, {"code": "Z9", "barred": True}],
    "events": [
        {"at": "2026-11-02T10:00:00.000+08:00", "type": "bid", "code": "K7Q2",
         "amount": 70000000, "key": "a1"},
        {"at": "2026-11-02T10:05:00.000+08:00", "type": "instruct", "code": "P1XC",
         "limit": 80000000},
        {"at": "2026-11-02T10:06:00.000+08:00", "type": "cancel", "code": "P1XC"},
        {"at": "2026-11-02T11:00:00.000+08:00", "type": "suspend", "ground": "系统故障"},
        {"at": "2026-11-02T12:00:00.000+08:00", "type": "resume"},
        {"at": "2026-11-02T13:00:00.000+08:00", "type": "withdraw", "ground": "撤回"},
    ],
    "until": "2026-11-03T11:00:00.000+08:00",
}  # fmt: skip


def changed(path: str, value: object) -> dict[str, Any]:
    """The valid sale file with one thing at `path` set, or dropped."""
    sale_file = copy.deepcopy(VALID)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = sale_file
    for step in way:
        place = place[step]
    if value is DROP:
        del place[last]
    else:
        place[last] = value
    return sale_file


def run(content: bytes, monkeypatch, capsys) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    status = main(["-"])
    out, err = capsys.readouterr()
    return status, out, err


def assert_refused(content: bytes, place: str, monkeypatch, capsys) -> None:
    status, out, err = run(content, monkeypatch, capsys)
    assert (status, out) == (2, "")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert err.isascii()
    assert f": {place}: " in err


def test_the_example_of_the_format_is_valid(monkeypatch, capsys):
    status, out, err = run(json.dumps(VALID).encode(), monkeypatch, capsys)
    assert (status, err) == (0, "")
    outcome = json.loads(out)
    assert outcome["status"] == "withdrawn"
    assert outcome["ended_at"] == "2026-11-02T05:00:00.000Z"
    assert [bid["auto"] for bid in outcome["bids"]] == [False, True]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("until", DROP),
        ("bidders", []),
        ("events", []),
        ("bidders.1.priority", DROP),
        ("bidders.1.priority", 10**20),
        ("bidders.2.barred", False),
        ("events.0.key", DROP),
        ("events.0.key", ""),
        ("events.3.ground", DROP),
        ("events.5.ground", DROP),
        ("events.0.at", "2026-11-02T10:00:00+08:00"),
        ("events.0.at", "2026-11-02T02:00:00.5Z"),
        ("events.0.at", "2026-11-01T23:00:00.12-03:00"),
        ("until", "2026-11-02T13:00:00.000+08:00"),
        ("sale.stage", "selloff"),
        ("sale.extension_window_s", 0),
        ("sale.extension_s", 0),
        ("sale.countdown_s", 0),
        ("sale.closes_at", "9999-01-01T00:00:00Z"),
        ("events.0.amount", None),
        ("events.0.amount", [{"a": [True]}]),
    ],
)
def test_what_the_format_allows_is_read(path, value):
    assert replay_sale(parse_sale_file(json.dumps(changed(path, value)).encode()))


@pytest.mark.parametrize("text", ["1" + "0" * 20_000, "-" + "9" * 20_000, "1e999999999999", "7e7"])
def test_an_amount_of_any_length_is_a_malformed_amount_in_a_valid_file(text):
    content = json.dumps(VALID).replace('"amount": 70000000', f'"amount": {text}')
    outcome = replay_sale(parse_sale_file(content.encode()))
    assert outcome["events"][0] == {"event": 0, "accepted": False, "reason": Refusal.MALFORMED}


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("format", "sale/2", "format"),
        ("format", ["sale/1"], "format"),
        ("format", DROP, "file"),
        ("sale", DROP, "file"),
        ("bidders", DROP, "file"),
        ("events", DROP, "file"),
        ("extra", 1, "file"),
        ("line\nbreak", 1, "file"),
        ("竞买" * 1000, 1, "file"),
        ("until", None, "until"),
        ("until", "2026-11-02T12:59:59.999+08:00", "events[5].at"),
        ("until", "tomorrow", "until"),
        ("sale", [], "sale"),
        ("sale.extra", 1, "sale"),
        ("sale.countdown_s", DROP, "sale"),
        ("sale.stage", "third", "sale.stage"),
        ("sale.stage", None, "sale.stage"),
        ("sale.stage", [], "sale.stage"),
        ("sale.currency", "cny", "sale.currency"),
        ("sale.currency", "CNY\n", "sale.currency"),
        ("sale.currency", 156, "sale.currency"),
        ("sale.start_price", 0, "sale"),
        ("sale.start_price", -1, "sale"),
        ("sale.start_price", True, "sale"),
        ("sale.start_price", 70000000.0, "sale"),
        ("sale.start_price", "70000000", "sale"),
        ("sale.start_price", None, "sale"),
        ("sale.start_price", 10**15 + 1, "sale"),
        ("sale.increment", 0, "sale"),
        ("sale.increment", False, "sale"),
        ("sale.increment", 10**500, "sale"),
        ("sale.extension_s", -1, "sale"),
        ("sale.extension_s", 300.0, "sale"),
        ("sale.extension_window_s", True, "sale"),
        ("sale.countdown_s", "86400", "sale"),
        ("sale.countdown_s", 10**12, "sale"),
        ("sale.countdown_s", 10**400, "sale"),
        ("sale.leader_raises", 1, "sale.leader_raises"),
        ("sale.leader_raises", "true", "sale.leader_raises"),
        ("sale.instructions", None, "sale.instructions"),
        ("sale.closes_at", "2026-11-02T10:00:00.000+08:00", "sale"),
        ("sale.closes_at", "2026-11-02T02:00:00.000Z", "sale"),
        ("sale.closes_at", "2026-11-01T10:00:00.000+08:00", "sale"),
        ("sale.closes_at", "9999-12-31T23:59:59.999Z", "sale"),
        ("sale.opens_at", "0001-01-01T00:00:00.000+08:00", "sale.opens_at"),
        ("sale.opens_at", 1793584800, "sale.opens_at"),
        ("bidders", {}, "bidders"),
        ("bidders.0", "K7Q2", "bidders[0]"),
        ("bidders.0", {}, "bidders[0]"),
        ("bidders.0.code", 7, "bidders[0].code"),
        ("bidders.0.code", "", "bidders[0].code"),
        ("bidders.1.code", "K7Q2", "bidders[1].code"),
        ("bidders.0.name", "张三", "bidders[0]"),
        ("bidders.1.priority", 0, "bidders[1]"),
        ("bidders.1.priority", -1, "bidders[1]"),
        ("bidders.1.priority", True, "bidders[1]"),
        ("bidders.1.priority", 1.0, "bidders[1]"),
        ("bidders.1.priority", "1", "bidders[1]"),
        ("bidders.1.priority", None, "bidders[1].priority"),
        ("bidders.2.barred", 1, "bidders[2].barred"),
        ("bidders.2.barred", None, "bidders[2].barred"),
        ("events", None, "events"),
        ("events", {}, "events"),
        ("events.0", [], "events[0]"),
        ("events.0", None, "events[0]"),
        ("events.0.type", "outbid", "events[0].type"),
        ("events.0.type", ["bid"], "events[0].type"),
        ("events.0.type", DROP, "events[0].type"),
        ("events.0.at", DROP, "events[0]"),
        ("events.0.code", DROP, "events[0]"),
        ("events.0.code", None, "events[0].code"),
        ("events.0.amount", DROP, "events[0]"),
        ("events.0.limit", 1, "events[0]"),
        ("events.0.key", 1, "events[0].key"),
        ("events.0.key", None, "events[0].key"),
        ("events.0.ground", "x", "events[0]"),
        ("events.1.limit", DROP, "events[1]"),
        ("events.1.amount", 1, "events[1]"),
        ("events.1.key", "k", "events[1]"),
        ("events.2.code", 1, "events[2].code"),
        ("events.2.limit", 1, "events[2]"),
        ("events.3.ground", 1, "events[3].ground"),
        ("events.3.ground", None, "events[3].ground"),
        ("events.3.code", "K7Q2", "events[3]"),
        ("events.4.ground", "x", "events[4]"),
        ("events.5.key", "x", "events[5]"),
        ("events.0.at", "2026-11-02T10:05:00.001+08:00", "events[1].at"),
        ("events.5.at", "2026-11-02T11:59:59.999+08:00", "events[5].at"),
        ("events.5.at", "2026-11-02T12:30:00.000+09:00", "events[5].at"),
        ("events.5.at", "2026-11-03T11:00:00.001+08:00", "events[5].at"),
    ],
)  # fmt: skip
def test_what_the_format_does_not_allow_is_named(path, value, place, monkeypatch, capsys):
    content = json.dumps(changed(path, value) if path.isascii() else {**VALID, path: value})
    assert_refused(content.encode(), place, monkeypatch, capsys)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-02T10:00:00.0000+08:00", "2026-11-02T10:00:00.000", "2026-11-02T10:00:00",
        "2026-11-02T10:00:00.+08:00", "2026-11-02T10:00:00,000+08:00", "2026-11-02 10:00:00+08:00",
        "2026-11-02T10:00:00.000+0800", "2026-11-02T10:00:00.000+08", "2026-11-02T10:00+08:00",
        "2026-11-02t10:00:00z", "2026-11-02T10:00:00.000+08:00 ", "2026-11-02T10:00:00Z\n",
        "20261102T100000Z", "2026-W45-1T10:00:00Z", "2026-11-02", "", "2026-02-30T10:00:00Z",
        "2026-13-01T10:00:00Z", "2026-11-02T24:00:00Z", "2026-11-02T10:60:00Z",
        "2026-11-02T10:00:60Z", "2026-11-02T10:00:00+24:00", "2026-11-02T10:00:00+08:60",
        "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-08:00", "+2026-11-02T10:00:00Z",
        "２０２６-11-02T10:00:00Z",
    ],
)  # fmt: skip
def test_a_time_is_written_in_one_way(text, monkeypatch, capsys):
    content = json.dumps(changed("events.0.at", text)).encode()
    assert_refused(content, "events[0].at", monkeypatch, capsys)


GOOD = json.dumps(VALID)


@pytest.mark.parametrize(
    "content",
    [
        b"", b" \n", b"null", b"[]", b'"sale/1"', b"1", b"{", b"{}}", b"\x00", b"\xff\xfe",
        GOOD.encode() + b"x", GOOD.encode() + GOOD.encode(), GOOD[:-1].encode(),
        GOOD.encode("utf-8-sig"), GOOD.encode("utf-16"), GOOD.encode("utf-32"),
        GOOD.replace("K7Q2", "落").encode("gb18030"),
        GOOD.replace("K7Q2", "\n").replace("\\n", "\n").encode(),
        b"[" * 100_000, b'{"format":' * 100_000, b"[" * 100_000 + b"]" * 100_000,
        GOOD.replace("70000000,", "NaN,").encode(),
        GOOD.replace('"amount": 70000000', '"amount": NaN').encode(),
        GOOD.replace('"amount": 70000000', '"amount": -Infinity').encode(),
        GOOD.replace('"amount": 70000000', '"amount": 070000000').encode(),
        GOOD.replace('"amount": 70000000', '"amount": 70000000,').encode(),
        GOOD.replace('"amount": 70000000', '"amount": {"a": 1, "a": 1}').encode(),
        GOOD.replace('"amount": 70000000', '"amount": ' + "[" * 99_999 + "]" * 99_999).encode(),
        GOOD.replace('{"format"', '{"format": "sale/1", "format"').encode(),
        GOOD.replace('"code": "K7Q2"', '"code": "K7Q2", "code": "K7Q2"', 1).encode(),
        GOOD.replace('"code"', '"co\\u0064e": "K7Q2", "code"', 1).encode(),
    ],
    ids=lambda content: ascii(content[:24]),
)  # fmt: skip
def test_what_is_not_one_strict_json_object_is_not_a_sale_file(content, monkeypatch, capsys):
    assert_refused(content, "file", monkeypatch, capsys)


def test_a_start_price_of_any_length_is_not_a_start_price(monkeypatch, capsys):
    content = GOOD.replace('"start_price": 70000000', '"start_price": 1' + "0" * 20_000)
    assert_refused(content.encode(), "sale", monkeypatch, capsys)


def test_a_close_that_leaves_the_calendar_is_said_in_one_line(monkeypatch, capsys):
    sale_file = changed("sale.closes_at", "9999-12-30T10:00:00Z")
    sale_file["events"] = [
        {"at": "2026-11-02T10:00:00+08:00", "type": "suspend"},
        {"at": "2030-11-02T10:00:00+08:00", "type": "resume"},
    ]
    del sale_file["until"]
    status, out, err = run(json.dumps(sale_file).encode(), monkeypatch, capsys)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "years" in err


def test_codes_no_terminal_can_show_are_printed_all_the_same(monkeypatch, capsys):
    content = GOOD.replace("K7Q2", "\\ud800\\u0007").encode()
    status, out, _ = run(content, monkeypatch, capsys)
    assert status == 0
    assert json.loads(out)["bids"][0]["code"] == "\ud800\u0007"


def test_an_error_is_raised_with_its_place():
    with pytest.raises(SaleFileError, match=r"^sale\.stage: "):
        parse_sale_file(json.dumps(changed("sale.stage", "x")).encode())


class TestCommand:
    """The command as anyone runs it: alone, without configuration."""

    def call(self, *arguments: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "bidding.replay", *arguments],
            cwd=ROOT, env={}, input=content, capture_output=True, check=False,
        )  # fmt: skip

    def test_a_file_is_replayed(self, tmp_path):
        for case in CASES[6], CASES[-1]:
            path = tmp_path / "拍卖.json"
            path.write_text(json.dumps(case["sale_file"]), "utf-8")
            done = self.call(str(path))
            assert (done.returncode, done.stderr) == (0, b"")
            assert json.loads(done.stdout) == case["outcome"]

    def test_standard_input_is_replayed(self):
        done = self.call("-", content=json.dumps(CASES[0]["sale_file"]).encode())
        assert (done.returncode, done.stderr) == (0, b"")
        assert json.loads(done.stdout) == CASES[0]["outcome"]

    @pytest.mark.parametrize("arguments", [[], ["a", "b"], ["/nowhere/sale.json"], ["."], ["-"]])
    def test_whatever_is_wrong_is_one_line_and_status_2(self, arguments):
        done = self.call(*arguments, content=b"\xff" + b"[" * 50_000)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.count(b"\n") == 1

    def test_the_engine_needs_nothing_but_the_standard_library(self):
        code = (
            "import sys, bidding.replay\n"
            "ours = {m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)\n"
            "print(sorted(name for name in ours if not name.startswith('_')))"
        )
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + code],
            capture_output=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == b"['bidding']"
