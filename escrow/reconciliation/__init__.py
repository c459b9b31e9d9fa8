"""Ledger, Stripe and bank against each other: what agrees is matched, what does not has an owner.

`match` is the pure core; `sources` tells the movements of all three as rows; `intake` makes each an
item, once; `runs` matches them in the background; in `decisions` a person decides what no rule
could, above the court's limit with a second one; `days` and `months` close what is accounted for.
"""
