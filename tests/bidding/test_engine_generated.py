"""Sales drawn from seeds: engine and twin, two writings of the rules, decide each the same way.

Here a share of them, for time; `SALES=100000` compares as many as a release asks for.
"""

from __future__ import annotations

import os

import pytest
from generated_sales import compare_many

from bidding.engine import Refusal

SALES = int(os.environ.get("SALES", "20000"))


@pytest.mark.timeout(3600)
def test_engine_and_twin_differ_in_no_generated_sale():
    differing, happened = compare_many(SALES)
    for what, times in sorted(happened.items()):
        print(f"{times:>10,}  {what}")
    assert differing == []
    assert happened["sales"] == SALES
    # And the sales were worth comparing: everything the rules know has happened in them.
    wanted = {reason.value for reason in Refusal} | {"sold", "unsold", "withdrawn", "suspended"}
    wanted |= {"open", "scheduled", "extensions", "automatic bids", "repeats", "accepted"}
    assert wanted - set(happened) == set()
    assert happened["bids"] > 2 * SALES
