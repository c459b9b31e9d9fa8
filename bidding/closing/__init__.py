"""The end of a sale: recorded once, told to the rest, and the confirmation letter (成交确认书)."""
