"""Lots and sales: drafting within the law, the panel's decision, publication."""
