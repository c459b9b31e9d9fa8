"""Money after the hammer: ledger, payments, settlement, default, distribution, reconciliation.

The third package in the order a sale happens: it may import ``auction`` and ``bidding``, neither
imports it.  What a sale's end causes here arrives as an event.
"""
