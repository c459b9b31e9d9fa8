"""The ground everything stands on; imports nothing else of ours."""
