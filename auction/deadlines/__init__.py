"""The law's clocks: rows with an owner and a state, never only a comment."""
