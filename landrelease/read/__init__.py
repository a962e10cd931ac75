"""Files of the field -> tables with declared columns, and every doubt kept with its row."""

from landrelease.read.coordinates import read_coordinates
from landrelease.read.table import read
from landrelease.read.traverse import traverse

__all__ = ["read", "read_coordinates", "traverse"]
