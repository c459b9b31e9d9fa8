"""The finance desk's pages: what came, what must go back, what is owed, what a case still holds."""
