"""Settlement: what the buyer still has to pay, and what comes of the price."""
