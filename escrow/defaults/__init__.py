"""A sold sale that comes to nothing: the buyer's default, and a sale set aside, both by ruling.

`waterfall` is pure: what a forfeited deposit is used for (CN16-24.1). `services` carries a ruling
out in one transaction; `undoing` puts a released price back; `forfeits` hands the deposits to the
distribution when the lot is finally sold; `receivables` is what others owe the court.
"""
