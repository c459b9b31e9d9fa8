"""A creditor who bought a lot pays with its own share of the price (PRI-12, PRI-13)."""
