"""The inbox: what a person must learn, written in the transaction of the act it tells of."""
