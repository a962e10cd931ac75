"""One layer of a page: what may leave for it, how its rows look, and its block of data."""
