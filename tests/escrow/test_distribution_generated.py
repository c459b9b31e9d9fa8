"""Distribution files drawn from seeds: the product and a slow twin give each the same plan.

Here a few hundred, for time; `DISTRIBUTIONS=50000` compares as many as a release asks for.
"""

from __future__ import annotations

import os

import pytest
from generated_distributions import compare_many

DISTRIBUTIONS = int(os.environ.get("DISTRIBUTIONS", "400"))


@pytest.mark.timeout(7200)
def test_product_and_twin_differ_in_no_generated_file():
    differing, happened = compare_many(DISTRIBUTIONS)
    for what, times in sorted(happened.items()):
        print(f"{times:>10,}  {what}")
    assert differing == []
    assert happened["files"] == DISTRIBUTIONS
    # And the files were worth comparing: everything the page knows has happened in them.
    assert {
        "individual", "company", "forfeit", "cost", "reserved-rent", "sale-tax", "home-buyer",
        "construction", "secured", "tax", "policy", "ordinary", "doubled-interest", "fee",
        "held lines", "lines from several lots", "unpaid deductions", "unallocated", "surplus",
        "set-offs in full", "set-offs with a top-up", "fee None", "fee realised", "fee fixed",
        "partly paid claims", "limits reached", "claims on several lots", "resold for less",
        "resold for more",
    } - set(happened) == set()  # fmt: skip
