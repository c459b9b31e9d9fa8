"""Admission of a bidder to one sale (报名)."""
