"""The ranking as a page: the order, how sure it is, where the money ends, and a page for each area."""
