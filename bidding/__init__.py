"""Bidding: who may bid in a sale, what an accepted bid is, when the sale ends and who wins."""
