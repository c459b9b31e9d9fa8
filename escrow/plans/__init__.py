"""Distribution plans: drafted from the books and the claims, approved by a second person, paid.

`inputs` turns a case into a distribution file; `escrow.distribution` computes; `services` keeps the
plan's state; `booking` posts it; `payouts` pays it line by line; `closing` proves the case empty.
"""
