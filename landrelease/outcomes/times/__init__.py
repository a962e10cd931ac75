"""How soon released land comes into use: from visits (`time_to_use`), and where days are known (`time_to_ends`).

`known` tells which releases can be placed in time, `groups` puts them in groups and communities, `turnbull` estimates a
time that lies between two visits, `tables` are the tables of both with their bootstrap.
"""

from __future__ import annotations

from landrelease.outcomes.times.tables import TimeToUse
from landrelease.outcomes.times.time_to_ends import time_to_ends
from landrelease.outcomes.times.time_to_use import time_to_use

__all__ = ["TimeToUse", "time_to_ends", "time_to_use"]
