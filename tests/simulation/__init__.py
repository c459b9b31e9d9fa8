"""A whole court lived through from a seed: people, bank and provider outside, our services inside.

    COURTS=5000 pytest -n auto tests/escrow/simulation      five thousand seeds, on all processors
    COURT=1234 pytest tests/escrow/simulation               one of them again, step by step
    COURT=1234 COURT_SALES=300 pytest tests/escrow/simulation      a court like it, with so many sales

``script``    what a seed decides: who pays how, what goes wrong
``bank``      the court's bank: money that really came and went, and its statements
``provider``  the payment provider, and the wire to it that breaks
``people``    bidders, on the platform and at their banks
``court``     the clerk: statements, money that nobody has identified, refunds, the case's end
``rulings``   the bench: deals, defaults and the sales after them, sales set aside
``paying``    the finance desk: plans, their service and objections, payments by hand and in batches
``world``     time, deaths of processes, and the invariants after every step
"""
