"""Seized assets: facts, photos, documents, occupancy, encumbrances, reference price."""
