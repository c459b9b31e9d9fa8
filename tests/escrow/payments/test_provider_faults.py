"""Whatever the provider does wrong, at whichever call, the end is that of a faultless day.

F-21 and F-22 of the fault matrix. What we and the provider hold at the end is compared with the
same story without any fault.
"""

from __future__ import annotations

import pytest
from payment_stage import open_stage
from payment_story import CALLS, end_of, play

FAULTS = [
    "rate_limit",
    "server_error",
    "server_error_after",
    "drop_before",
    "drop_after",
    "malformed",
    "wrong_amount",
    "hang_before",
    "hang_after",
]


@pytest.fixture(scope="module")
def faultless():
    return {}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_end_is_that_of_a_faultless_day(make_app, clock, tmp_path, faultless, fault, call):
    if call not in faultless:
        (tmp_path / "quiet").mkdir()
        with open_stage(make_app, clock, tmp_path / "quiet") as stage:
            faultless[call] = end_of(stage, *play(stage, call))
    patience = 0.3 if fault.startswith("hang") else None
    with open_stage(make_app, clock, tmp_path, patience=patience) as stage:

        def misbehave():
            stage.tell(fault, method="POST", path=CALLS[call], seconds=1)

        found = end_of(stage, *play(stage, call, misbehave))
    assert found == faultless[call]
    assert found["alarms"] == []
