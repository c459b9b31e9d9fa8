"""What outsiders can check without trusting us: the signed bid log of each sale (bidlog.md)."""
