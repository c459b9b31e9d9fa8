"""A bidder's own desk: what needs them now, their lots, their papers."""
