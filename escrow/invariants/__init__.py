"""What must hold of the money at every committed moment, each as one check (INV-7 to INV-11).

    check_invariants(now)  →  a list of Faults, empty when all is well

``booked``     what was booked for each row of another table
``holds``      a hold is resolved once; payments, refunds and payouts are booked as they say
``movements``  every entry of the bank is booked once, or waits where somebody sees it
``plans``      a plan is what its file gives, pays what it says, once, from money that is there
``deadlines``  no clock of the law runs without a warning before it

The nightly command, the crash tests and the simulation call the same functions.
"""

from __future__ import annotations

from datetime import datetime

from escrow.invariants.booked import read_booked
from escrow.invariants.deadlines import check_deadlines
from escrow.invariants.holds import check_holds
from escrow.invariants.movements import check_movements
from escrow.invariants.plans import check_plans
from escrow.ledger import Fault, check_ledger

__all__ = [
    "check_deadlines",
    "check_holds",
    "check_invariants",
    "check_movements",
    "check_plans",
    "read_booked",
]


def check_invariants(now: datetime) -> list[Fault]:
    """Everything that must hold now; reads only, in the caller's session."""
    booked = read_booked()
    return [
        *check_ledger(),
        *check_holds(booked),
        *check_movements(booked),
        *check_plans(booked),
        *check_deadlines(now),
    ]
