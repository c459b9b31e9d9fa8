"""People: accounts, roles, sessions, identities."""
