"""Shares of the classes of a layer in each area, by the peers: area_id, use_code, share."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from engines import Call, Inputs, engine
from engines.databases import Database, databases

TASKS = ("overlap", "overlap, defects")
Array = np.ndarray[Any, Any]


def _both(given: Inputs) -> tuple[Array, Array]:
    """Return the shapes of both sides; where they are not known to be valid, made so."""
    both = given["areas"].geometry.to_numpy().copy(), given["layer"].geometry.to_numpy().copy()
    if not given["is_valid"]:
        for shapes in both:
            bad = ~shapely.is_valid(shapes)
            shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return both


def _summed(given: Inputs, own: Array, left: Array, right: Array, m2: Array) -> pd.DataFrame:
    uses = given["layer"]["use_code"].to_numpy()[right]
    parts = pd.DataFrame({"area": left, "use_code": uses, "m2": m2}).groupby(["area", "use_code"], as_index=False).sum()
    at = parts["area"].to_numpy()
    share = parts["m2"] / shapely.area(own)[at]
    ids = given["areas"]["area_id"].to_numpy()[at]
    return pd.DataFrame({"area_id": ids, "use_code": parts["use_code"], "share": share})


def _two_threads(given: Inputs) -> Call:
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

    def call() -> pd.DataFrame:
        own, layer = _both(given)
        tree = shapely.STRtree(layer)

        def one(some: Array) -> tuple[Array, Array, Array]:
            left, right = tree.query(own[some], predicate="intersects")
            left = some[left]
            return left, right, shapely.area(shapely.intersection(own[left], layer[right]))

        with ThreadPoolExecutor(workers) as threads:
            found = list(threads.map(one, np.array_split(np.arange(len(own)), max(1, len(own) // 2_000))))
        return _summed(given, own, *(np.concatenate(parts) for parts in zip(*found, strict=True)))

    return call


def _contains_shortcut(given: Inputs) -> Call:
    def call() -> pd.DataFrame:
        own, layer = _both(given)
        left, right = shapely.STRtree(layer).query(own)
        shapely.prepare(layer)
        inside = shapely.contains_properly(layer[right], own[left])
        m2 = shapely.area(own)[left]
        m2[~inside] = shapely.area(shapely.intersection(own[left[~inside]], layer[right[~inside]]))
        return _summed(given, own, left[m2 > 0], right[m2 > 0], m2[m2 > 0])

    return call


def _overlay(given: Inputs) -> Call:
    areas, layer = given["areas"][["area_id", "geometry"]], given["layer"][["use_code", "geometry"]]

    def call() -> pd.DataFrame:
        pieces = gpd.overlay(areas, layer, how="intersection", keep_geom_type=True)
        m2 = pieces.area.groupby([pieces["area_id"], pieces["use_code"]]).sum().rename("m2").reset_index()
        whole = areas.geometry if given["is_valid"] else areas.geometry.make_valid()
        own = pd.Series(whole.area.to_numpy(), index=areas["area_id"]).reindex(m2["area_id"]).to_numpy()
        return m2.assign(share=m2["m2"] / own).drop(columns="m2")

    return call


def _dask(given: Inputs) -> Call:
    import dask
    import dask_geopandas

    areas, layer = given["areas"][["area_id", "geometry"]], given["layer"][["use_code", "geometry"]]
    one_layer = dask.delayed(layer, name="layer", pure=False)

    def part(some: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> pd.DataFrame:
        near = layer.iloc[layer.sindex.intersection(some.total_bounds)]
        return _overlay({**given, "areas": some, "layer": near})()

    def call() -> pd.DataFrame:
        meta = pd.DataFrame({"area_id": pd.Series(dtype="str"), "use_code": pd.Series(dtype="str"), "share": 0.0})
        order = np.argsort(areas.hilbert_distance().to_numpy())  # a spatial_shuffle takes seconds more
        spread = dask_geopandas.from_geopandas(areas.iloc[order].reset_index(drop=True), npartitions=8)
        return spread.map_partitions(part, one_layer, meta=meta.iloc[:0]).compute(scheduler="threads")

    return call


for _task in TASKS:
    engine(_task, "two threads, STRtree + intersection")(_two_threads)
    engine(_task, "STRtree, contains shortcut")(_contains_shortcut)
    engine(_task, "geopandas.overlay")(_overlay)
    engine(_task, "dask-geopandas, threads", "dask_geopandas")(_dask)


def _by_sql(database: Database, given: Inputs) -> pd.DataFrame:
    areas, layer = "areas", "layer"
    if not given["is_valid"]:
        areas, layer = "valid_areas", "valid_layer"
        database.keep(areas, "SELECT area_id, ST_MakeValid(geom) AS geom FROM areas")
        database.keep(layer, "SELECT use_code, ST_MakeValid(geom) AS geom FROM layer")
    return database.ask(
        f"SELECT a.area_id, l.use_code, SUM(ST_Area(ST_Intersection(a.geom, l.geom))) / MIN(ST_Area(a.geom)) AS share "
        f"FROM {areas} a JOIN {layer} l ON ST_Intersects(a.geom, l.geom) GROUP BY a.area_id, l.use_code"
    )


for _task in TASKS:
    databases(_task, {"areas": ("area_id",), "layer": ("use_code",)}, _by_sql)


@engine("overlap, claims", "STRtree + intersection, shared out by faces")
def shared_out(given: Inputs) -> Call:
    """Share land that several classes claim: all borders in an area cut it into faces."""

    def call() -> pd.DataFrame:
        own, layer = _both(given)
        left, right = shapely.STRtree(layer).query(own, predicate="intersects")
        order = np.argsort(left, kind="stable")
        left, right = left[order], right[order]
        pieces = shapely.intersection(own[left], layer[right])
        m2 = shapely.area(pieces)
        left, right, pieces, m2 = left[m2 > 0], right[m2 > 0], pieces[m2 > 0], m2[m2 > 0]
        uses = given["layer"]["use_code"].to_numpy()
        starts = np.flatnonzero(np.diff(left, prepend=-1))
        for some in np.split(np.arange(len(left)), starts[1:]):
            if len(some) > 1 and m2[some].sum() > shapely.area(shapely.union_all(pieces[some])) * (1 + 1e-9):
                m2[some] = _shared_m2(pieces[some], uses[right[some]])
        return _summed(given, own, left, right, m2)

    return call


def _shared_m2(pieces: Array, uses: Array) -> Array:
    lines = shapely.union_all(shapely.boundary(pieces))
    faces = shapely.get_parts(shapely.polygonize([lines]))
    # a point of a sliver may lie on its border: whether a piece holds a face is asked of its land
    covers = shapely.area(shapely.intersection(pieces[:, None], faces[None, :])) > shapely.area(faces) / 2
    names, use = np.unique(uses, return_inverse=True)
    claimed = np.array([covers[use == i].any(axis=0) for i in range(len(names))])
    # of several pieces of one class, the first takes the face
    first = np.array([covers[i] & ~covers[:i][use[:i] == use[i]].any(axis=0) for i in range(len(pieces))])
    per_class = shapely.area(faces) / np.maximum(claimed.sum(axis=0), 1)
    result: Array = (first * per_class).sum(axis=1)
    return result
