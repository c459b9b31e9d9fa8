"""The books as they leave the house, all from one reading: `escrow.exports.reading`.

Trial balance, journal, the whole ledger for Beancount, the statement of a case. They agree to the
fen because none of them adds up anything but the transfers themselves.
"""
