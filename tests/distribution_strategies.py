"""Random valid distribution files, small enough for the oracle to try every total."""

from __future__ import annotations

from hypothesis import strategies as st

DAYS = st.sampled_from(["2019-12-31", "2020-01-01", "2021-06-30", "2024-02-29"])
LOTS = ("L1", "L2", "L3")
# Ordinary and secured twice: they meet in groups most often.
CLASSES = (
    "ordinary",
    "ordinary",
    "secured",
    "secured",
    "tax",
    "construction",
    "home-buyer",
    "policy",
)


def _optional(**fields):
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def _claims(draw, number, lots, amounts):
    claim = {
        "id": f"C{number}",
        "class": draw(st.sampled_from(CLASSES)),
    }
    claim |= draw(
        _optional(
            principal=amounts,
            interest=amounts,
            expenses=amounts,
            doubled_interest=amounts,
            fee=st.one_of(st.none(), st.just("realised"), st.integers(0, 12)),
            attached_at=DAYS,
            held=st.just("dispute"),
        )
    )
    if claim["class"] in ("home-buyer", "construction", "secured"):
        several = st.lists(st.sampled_from(lots), min_size=1, unique=True)
        claim["on"] = draw(st.one_of(st.sampled_from(lots), several))
    if claim["class"] == "secured":
        claim["rank"] = draw(st.integers(1, 3))
        claim |= draw(_optional(registered_at=DAYS, limit=amounts))
    if claim["class"] == "tax":
        claim["arose_at"] = draw(DAYS)
    if claim["class"] == "policy":
        claim["reason"] = "court order"
    return claim


@st.composite
def distribution_files(draw):
    """A file of one to three lots and up to six claims, money from far too little to too much."""
    lots = LOTS[: draw(st.integers(1, 3))]
    amounts = draw(st.sampled_from([st.integers(0, 3), st.integers(0, 40), st.integers(0, 200)]))
    money = draw(
        st.sampled_from([st.integers(1, 20), st.integers(1, 300), st.integers(4_900, 16_000)])
    )
    claims = [draw(_claims(number, lots, amounts)) for number in range(draw(st.integers(0, 6)))]
    proceeds = []
    for lot in lots:
        item = {"id": lot, "amount": draw(money)}
        if draw(st.integers(0, 3)) == 0:
            item["forfeit"] = {
                "deposit": draw(st.integers(0, 60)),
                "costs": draw(st.integers(0, 30)),
                "original_price": item["amount"] + draw(st.integers(-20, 80).map(abs)),
            }
        if claims and draw(st.integers(0, 3)) == 0:
            buyer = draw(st.sampled_from(claims))["id"]
            item["set_off"] = {"claim": buyer, "amount": draw(st.integers(0, 300))}
        proceeds.append(item)
    deductions = [
        {
            "id": f"K{number}",
            "kind": draw(st.sampled_from(["cost", "reserved-rent", "sale-tax"])),
            "amount": draw(st.integers(0, 40)),
        }
        | draw(_optional(on=st.sampled_from(lots)))
        for number in range(draw(st.integers(0, 4)))
    ]
    return {
        "format": "distribution/1",
        "currency": "CNY",
        "debtor": draw(st.sampled_from(["individual", "company"])),
        "proceeds": proceeds,
        "deductions": deductions,
        "claims": claims,
    }
