"""A distribution file says what came in and who is owed; the plan says who is paid (CPLI-508.1).

Pure: no database, no clock, no web.  All amounts are integers of the currency's minor unit and
every division is exact.  The way of one file through this package:

``fields``  strict JSON, and taking an object's fields one by one
``files``   what a distribution file may say
``fees``    the statutory execution fee
``groups``  paying claims of one rank pro rata when the money is short
``plan``    the finished plan, its JSON, and why each line is what it is
``steps``   the order in which the law pays, on top of all above
"""

from __future__ import annotations

from escrow.distribution.fees import FeeSlice, execution_fee, fee_slices
from escrow.distribution.fields import DistributionFileError, load_json
from escrow.distribution.plan import ClaimResult, Explanation, Plan, PlanLine, SetOffResult
from escrow.distribution.steps import compute_plan

__all__ = [
    "ClaimResult",
    "DistributionFileError",
    "Explanation",
    "FeeSlice",
    "Plan",
    "PlanLine",
    "SetOffResult",
    "compute_plan",
    "execution_fee",
    "fee_slices",
    "load_json",
]
