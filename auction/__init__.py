"""What is sold and for whom: courts, accounts, cases, assets, sales, notices, rulings."""
