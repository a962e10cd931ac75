"""Compiled loops of the matching, imported where they are first used: numba takes a while to load."""
