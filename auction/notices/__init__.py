"""Notices to parties and the announcement with its items (CN16-12 to CN16-16)."""
