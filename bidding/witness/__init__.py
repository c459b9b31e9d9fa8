"""A witness: another office countersigns the bid logs it has seen grow, and nothing else.

A program of its own for another machine. It needs the standard library, `cryptography` and the
pure modules of `bidding.evidence`; it knows neither the database nor the application.
"""
