"""The registry: every event ever recorded, in one file or one database, added to and never rewritten.

A value comes in through `intake`, is numbered and hashed by `append` with the forms of `chain`, stands in a `log`
(`sqlite` or `postgres`), and comes out through `frames` in `results`; `verify` holds all of it against the invariants.
`opening` finds the log and checks it, `record` is what it can be asked, and `store` what changes it.
"""

from landrelease.registry.store.results import Answer, Import
from landrelease.registry.store.store import Registry

__all__ = ["Answer", "Import", "Registry"]
