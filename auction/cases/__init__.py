"""Enforcement cases: parties, claims, and what stands in them."""
