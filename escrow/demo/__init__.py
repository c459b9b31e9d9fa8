"""The demonstration court: a fictitious court whose cases went through the real services."""
