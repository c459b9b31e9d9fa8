"""A file that is not exactly right is refused with one line that names the field."""

from __future__ import annotations

import pytest

from escrow.distribution import DistributionFileError, compute_plan, load_json

CLAIM = {"id": "A", "class": "ordinary", "principal": 100}
SECURED = {"id": "S", "class": "secured", "on": "L1", "rank": 1, "registered_at": "2020-01-01"}


def make_file(**changes):
    file = {
        "format": "distribution/1",
        "currency": "CNY",
        "debtor": "individual",
        "proceeds": [{"id": "L1", "amount": 1000}],
        "deductions": [{"id": "K", "kind": "cost", "amount": 1}],
        "claims": [CLAIM, SECURED],
    }
    file |= changes
    return {name: value for name, value in file.items() if value != "(left out)"}


def with_claim(**changes):
    claim = CLAIM | changes
    return make_file(claims=[{k: v for k, v in claim.items() if v != "(left out)"}])


def with_secured(**changes):
    claim = SECURED | changes
    return make_file(claims=[{k: v for k, v in claim.items() if v != "(left out)"}])


def with_lot(**changes):
    return make_file(proceeds=[{"id": "L1", "amount": 1000, **changes}])


def with_deduction(**changes):
    return make_file(deductions=[{"id": "K", "kind": "cost", "amount": 1, **changes}])


REFUSED = [
    ([], "file"),
    (None, "file"),
    (make_file(format="distribution/2"), "format"),
    (make_file(format="(left out)"), "format"),
    (make_file(currency="cny"), "currency"),
    (make_file(currency=156), "currency"),
    (make_file(debtor="person"), "debtor"),
    (make_file(debtor=["individual"]), "debtor"),
    (make_file(proceeds="(left out)"), "proceeds"),
    (make_file(deductions="(left out)"), "deductions"),
    (make_file(claims="(left out)"), "claims"),
    (make_file(proceeds={}), "proceeds"),
    (make_file(proceeds=[1]), "proceeds[0]"),
    (make_file(note="x"), "file"),
    (with_lot(amount=0), "proceeds[0].amount"),
    (with_lot(amount=-5), "proceeds[0].amount"),
    (with_lot(amount=True), "proceeds[0].amount"),
    (with_lot(amount=1000.0), "proceeds[0].amount"),
    (with_lot(amount="1000"), "proceeds[0].amount"),
    (with_lot(amount=None), "proceeds[0].amount"),
    (with_lot(amount=10**400), "proceeds[0].amount"),
    (with_lot(amount=float("inf")), "proceeds[0].amount"),
    (with_lot(colour="red"), "proceeds[0]"),
    (with_lot(id=""), "proceeds[0].id"),
    (with_lot(id="\ud800"), "proceeds[0].id"),
    (with_lot(id="K"), "deductions[0].id"),
    (with_lot(id="A"), "claims[0].id"),
    (with_lot(set_off={"claim": "B", "amount": 1}), "proceeds[0].set_off.claim"),
    (with_lot(set_off={"claim": "L1", "amount": 1}), "proceeds[0].set_off.claim"),
    (with_lot(set_off={"claim": "A"}), "proceeds[0].set_off.amount"),
    (with_lot(set_off={"claim": "A", "amount": 1, "x": 1}), "proceeds[0].set_off"),
    (with_lot(forfeit=7), "proceeds[0].forfeit"),
    (with_lot(forfeit={"deposit": 1, "costs": 1}), "proceeds[0].forfeit.original_price"),
    (
        with_lot(forfeit={"deposit": -1, "costs": 1, "original_price": 1}),
        "proceeds[0].forfeit.deposit",
    ),
    (with_deduction(kind="tax"), "deductions[0].kind"),
    (with_deduction(amount=-1), "deductions[0].amount"),
    (with_deduction(on="L2"), "deductions[0].on"),
    (with_deduction(on=["L1"]), "deductions[0].on"),
    (with_deduction(on="A"), "deductions[0].on"),
    (with_deduction(id="A"), "claims[0].id"),
    (with_claim(**{"class": "wages"}), "claims[0].class"),
    (with_claim(**{"class": None}), "claims[0].class"),
    (with_claim(id="(left out)"), "claims[0].id"),
    (with_claim(principal=-1), "claims[0].principal"),
    (with_claim(principal=False), "claims[0].principal"),
    (with_claim(principal=float("nan")), "claims[0].principal"),
    (with_claim(intrest=1), "claims[0]"),
    (with_claim(fee="realized"), "claims[0].fee"),
    (with_claim(fee=-1), "claims[0].fee"),
    (with_claim(fee=True), "claims[0].fee"),
    (with_claim(fee=1.5), "claims[0].fee"),
    (with_claim(held=True), "claims[0].held"),
    (with_claim(attached_at="2026-02-30"), "claims[0].attached_at"),
    (with_claim(attached_at="20260201"), "claims[0].attached_at"),
    (with_claim(attached_at="2026-W05-1"), "claims[0].attached_at"),
    (with_claim(attached_at="2026-02-01T00:00:00"), "claims[0].attached_at"),
    (with_claim(attached_at="２０２６-02-01"), "claims[0].attached_at"),
    (with_claim(attached_at=20260201), "claims[0].attached_at"),
    (with_claim(**{"class": "policy"}), "claims[0].reason"),
    (with_claim(**{"class": "policy", "reason": " "}), "claims[0].reason"),
    (with_claim(**{"class": "tax"}), "claims[0].arose_at"),
    (with_claim(**{"class": "home-buyer"}), "claims[0].on"),
    (with_claim(**{"class": "construction"}), "claims[0].on"),
    (with_secured(on="(left out)"), "claims[0].on"),
    (with_secured(on=[]), "claims[0].on"),
    (with_secured(on=["L1", "L2"]), "claims[0].on"),
    (with_secured(on=["L1", "L1"]), "claims[0].on"),
    (with_secured(on=[["L1"]]), "claims[0].on"),
    (with_secured(on="K"), "claims[0].on"),
    (with_secured(rank="(left out)"), "claims[0].rank"),
    (with_secured(rank="1"), "claims[0].rank"),
    (with_secured(rank=0), "claims[0].rank"),
    (with_secured(limit=-1), "claims[0].limit"),
    (make_file(claims=[CLAIM, CLAIM]), "claims[1].id"),
    (make_file(currency="EUR", claims=[CLAIM | {"fee": "realised"}]), "claims[0].fee"),
]


@pytest.mark.parametrize(("file", "field"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_file_that_is_not_valid_is_refused_by_field(file, field):
    with pytest.raises(DistributionFileError) as refusal:
        compute_plan(file)
    assert refusal.value.field == field
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(
    "file",
    [
        make_file(),
        make_file(claims=[], deductions=[]),
        make_file(proceeds=[], deductions=[], claims=[CLAIM]),
        make_file(currency="EUR"),
        with_claim(fee=None),
        with_claim(fee=0),
        with_claim(principal="(left out)"),
        with_claim(id="执1号/一"),
        with_claim(**{"class": "tax", "arose_at": "2024-02-29"}),
        with_claim(**{"class": "policy", "reason": "court order"}),
        with_secured(on=["L1"]),
        with_secured(registered_at="(left out)"),
        with_lot(set_off={"claim": "S", "amount": 5000}),
        with_deduction(on="L1"),
    ],
)
def test_the_accepted_twins_give_a_plan(file):
    assert compute_plan(file).document()["format"] == "plan/1"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"\xff",
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 01}',
        b"{} {}",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 5000,
        b'{"\\n\\n": 1, "\\n\\n": 2}',
    ],
    ids=range(14),
)
def test_text_that_is_not_strict_json_is_refused_in_one_line(document):
    with pytest.raises(DistributionFileError) as refusal:
        load_json(document)
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["\n", "\u2028", "x" * 10_000, "\x85", "\ud800", "\x1b[2J"])
def test_a_refusal_stays_one_short_line_whatever_the_file_says(name):
    for file in (make_file(**{name: 1}), with_claim(fee=name), with_deduction(on=name)):
        with pytest.raises(DistributionFileError) as refusal:
            compute_plan(file)
        assert len(str(refusal.value).splitlines()) == 1
        assert len(str(refusal.value)) < 250
        assert str(refusal.value).isprintable()
