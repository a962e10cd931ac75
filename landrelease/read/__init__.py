"""Files of the field -> tables with declared columns, and every doubt kept with its row."""

from landrelease.read.table import read

__all__ = ["read"]
