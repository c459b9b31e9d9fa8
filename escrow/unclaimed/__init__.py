"""Money that its payee does not, or cannot, take: notices, and deposit with a notary (CN17F-14)."""
