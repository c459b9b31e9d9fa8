"""Rulings of the court that move a sale on."""
