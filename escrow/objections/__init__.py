"""A plan is served on every creditor and the debtor, and each may object (CPLI-509.1, CPLI-510.1).

`rules` says what follows what, pure; `serving` records service and releases what nobody disputes;
`lodging` takes an objection through answers and lawsuit to its end; `reserves` keeps the disputed
money back, line by line.
"""
