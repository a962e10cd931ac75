"""Write the golden registry of this form anew: python tests/registry/golden/make_golden.py.

A golden registry is made once for each form of the log, before it is released, and never again: each later version
must open it with the same head and give the same answers.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from unittest import mock

from shapely import Polygon

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))

from oracle_points import as_frame, event, rect  # noqa: E402

from landrelease.registry.store import Registry, append  # noqa: E402
from landrelease.registry.store.store import SCHEMA_VERSION  # noqa: E402

IMSMA = [
    event("1", "A", "suspected", "2020-01-01", rect(0, 0, 100, 100), admin_code="P1", accuracy_m=5.0, revision="1"),
    event("2", "A", "reduced", "2021-06-01", rect(0, 0, 50, 100), admin_code="P1", operator="Un", revision="1"),
    event("3", "B", "confirmed", "2021-01-01", rect(200, 0, 300, 50), admin_code="P2", revision="1"),
    event("4", "B", "cleared", "2021-03-01", Polygon(), admin_code="P2", revision="1"),
]
OPERATOR = [event("1", "B", "cleared", "2022-05-01", rect(200, 0, 300, 20), operator="Deux é", depth_m=0.2)]


def make(path: Path) -> str:
    """Make the registry, one import a month, and return its head."""
    months = iter(range(1, 13))

    def at() -> datetime:
        return datetime(2024, next(months), 10, 12)

    with mock.patch.object(append, "now", at), Registry(path) as registry:
        registry.import_events(as_frame(IMSMA), source="IMSMA", area_ids="shared", profile="imsma", actor="office")
        later = IMSMA[1] | {"revision": "2", "geometry": rect(0, 0, 100, 100)}
        registry.import_events(as_frame([later]), source="IMSMA", area_ids="shared")
        registry.import_events(as_frame(OPERATOR), source="OPERATOR", area_ids="shared")
        registry.void("1~OPERATOR", reason="of another area", actor="office")
        registry.import_events(as_frame([IMSMA[2] | {"operator": "x"}]), source="IMSMA", area_ids="shared")
        return registry.head


if __name__ == "__main__":
    golden = FOLDER / f"registry_v{SCHEMA_VERSION}.gpkg"
    golden.unlink(missing_ok=True)
    golden.with_suffix(".head").write_text(make(golden) + "\n", encoding="ascii")
    print(golden, golden.stat().st_size)
