"""Deposits: confirmed, then applied, returned or forfeited, each exactly once (INV-8)."""
