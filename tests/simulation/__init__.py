"""A whole court lived through from a seed: people, bank and provider outside, our services inside.

    COURTS=5000 pytest tests/escrow/simulation -s      five thousand seeds, on all processors
    COURT=1234 pytest tests/escrow/simulation -s       one of them again, step by step

``script``    what a seed decides: who pays how, what goes wrong
``bank``      the court's bank: money that really came and went, and its statements
``provider``  the payment provider, and the wire to it that breaks
``people``    bidders, on the platform and at their banks
``court``     the clerk and the finance desk, who do what the pages would show them
``world``     time, deaths of processes, and the invariants after every step
"""
