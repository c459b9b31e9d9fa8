"""A small RFC 3161 time-stamp server: for the demonstration court and for tests, never for a court.

A stamp is worth what its maker is trusted for. A court asks an authority of its own choice
(`TSA_URL`, `TSA_ROOTS`); this one shows the whole way without one.
"""
