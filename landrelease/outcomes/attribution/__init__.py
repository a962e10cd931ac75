"""What can be said of release as the cause of a change.

`prepare` joins outcomes and areas, `cells` compares each cohort with its controls year by year, `effects` sums that up
with its error, `checks` grades the words, and `attribute` is the whole.
"""

from __future__ import annotations

from landrelease.outcomes.attribution.attribute import Attribution, attribute

__all__ = ["Attribution", "attribute"]
