"""The one way money leaves by bank: a plan's payments, refunds, returns from suspense.

Whatever owes money registers as a source (`sources`). A payout is one bank transfer of one such
debt: chosen into a batch (`choosing`), approved by another person under step-up (`batches`), held
in the books and written into a pain.001 file (`writing`), or sent by hand and declared (`by_hand`);
booked when the statement shows it (`confirming`), owed again when it comes back. A constraint lets
each debt have one living payout, whichever way it goes.
"""
