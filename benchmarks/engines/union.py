"""Land of each unit, counted once, by the peers: admin_code, m2."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engines import Call, Inputs, engine
from engines.databases import Database, databases


def _dissolve(given: Inputs, method: str) -> Call:
    areas = given["areas"][["admin_code", "geometry"]]

    def call() -> pd.DataFrame:
        land = areas.dissolve("admin_code", method=method).area
        return land.rename("m2").reset_index()

    return call


@engine("union", "dissolve, disjoint_subset")
def disjoint_subset(given: Inputs) -> Call:
    return _dissolve(given, "disjoint_subset")


@engine("union", "dissolve")
def dissolve(given: Inputs) -> Call:
    return _dissolve(given, "unary")


@engine("union", "STRtree, union of what touches")
def touching(given: Inputs) -> Call:
    def call() -> pd.DataFrame:
        shapes, units = given["areas"].geometry.to_numpy(), given["areas"]["admin_code"].to_numpy()
        one, other = shapely.STRtree(shapes).query(shapes)
        one, other = one[units[one] == units[other]], other[units[one] == units[other]]
        pairs = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(len(shapes), len(shapes)))
        group = connected_components(pairs)[1]
        order = np.argsort(group, kind="stable")
        starts = np.flatnonzero(np.diff(group[order], prepend=-1))
        counts = np.diff(np.append(starts, len(order)))
        m2 = shapely.area(shapes)[order][starts]
        for i in np.flatnonzero(counts > 1):
            m2[i] = shapely.union_all(shapes[order[starts[i] : starts[i] + counts[i]]]).area
        return pd.DataFrame({"admin_code": units[order][starts], "m2": m2}).groupby("admin_code", as_index=False).sum()

    return call


def _aggregate(database: Database, given: Inputs) -> pd.DataFrame:
    union = "ST_Union" if type(database).__name__ == "PostGIS" else "ST_Union_Agg"
    return database.ask(f"SELECT admin_code, ST_Area({union}(geom)) AS m2 FROM areas GROUP BY admin_code")


databases("union", {"areas": ("admin_code",)}, _aggregate)
