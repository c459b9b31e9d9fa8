"""Payments: money that comes in for a deposit or a balance, and goes back to who paid it."""
