"""Loops that are compiled at their first use; only the functions that run them import this."""
