"""No money of a case leaves for a while: bankruptcy, a stay, an approved delay (CPLI-513.1)."""
