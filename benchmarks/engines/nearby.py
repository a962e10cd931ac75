"""The nearest place, and all places within a distance, by the peers: area_id, feature_id, distance_m."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from engines import Call, Inputs, engine
from engines.databases import Database, databases

_TABLES = {"areas": ("area_id",), "places": ("project_id",)}


def _pairs(given: Inputs, left: object, right: object) -> pd.DataFrame:
    ids, places = given["areas"]["area_id"].to_numpy(), given["places"]["project_id"].to_numpy()
    return pd.DataFrame({"area_id": ids[left], "feature_id": places[right]})


@engine("nearest", "query_nearest")
def query_nearest(given: Inputs) -> Call:
    def call() -> pd.DataFrame:
        tree = shapely.STRtree(given["places"].geometry.to_numpy())
        shapes = given["areas"].geometry.to_numpy()
        (left, right), distance = tree.query_nearest(shapes, return_distance=True, all_matches=False)
        return _pairs(given, left, right).assign(distance_m=distance)

    return call


@engine("nearest", "sjoin_nearest")
def sjoin_nearest(given: Inputs) -> Call:
    areas, places = given["areas"][["area_id", "geometry"]], given["places"][["project_id", "geometry"]]

    def call() -> pd.DataFrame:
        found = gpd.sjoin_nearest(areas, places, distance_col="distance_m").drop_duplicates("area_id")
        return found.rename(columns={"project_id": "feature_id"})

    return call


@engine("nearest", "k-d tree for a bound, boxes, distance")
def bounded(given: Inputs) -> Call:
    from scipy.spatial import cKDTree

    def call() -> pd.DataFrame:
        shapes, places = given["areas"].geometry.to_numpy(), given["places"].geometry.to_numpy()
        first = shapely.get_coordinates(
            shapely.get_point(shapely.get_exterior_ring(shapely.get_geometry(shapes, 0)), 0)
        )
        reach = cKDTree(shapely.get_coordinates(places)).query(first)[0]
        box = shapely.bounds(shapes) + reach[:, None] * [-1, -1, 1, 1]
        left, right = shapely.STRtree(places).query(shapely.box(*box.T))
        distance = shapely.distance(shapes[left], places[right])
        order = np.lexsort((distance, left))
        nearest = order[np.flatnonzero(np.diff(left[order], prepend=-1))]
        return _pairs(given, left[nearest], right[nearest]).assign(distance_m=distance[nearest])

    return call


def _knn(database: Database, given: Inputs) -> pd.DataFrame:
    return database.ask(
        "SELECT a.area_id, p.project_id AS feature_id, ST_Distance(a.geom, p.geom) AS distance_m "
        "FROM areas a JOIN places p ON ST_KNN(a.geom, p.geom, 1, FALSE)"
    ).drop_duplicates("area_id")


def _lateral(database: Database, given: Inputs) -> pd.DataFrame:
    return database.ask(
        "SELECT a.area_id, p.project_id AS feature_id, p.distance_m FROM areas a CROSS JOIN LATERAL "
        "(SELECT project_id, a.geom <-> q.geom AS distance_m FROM places q ORDER BY a.geom <-> q.geom LIMIT 1) p"
    )


databases("nearest", _TABLES, _knn, "SedonaDB")
databases("nearest", _TABLES, _lateral, "PostGIS")


@engine("within 500 m", "STRtree boxes + dwithin")
def boxes(given: Inputs) -> Call:
    def call() -> pd.DataFrame:
        shapes, places = given["areas"].geometry.to_numpy(), given["places"].geometry.to_numpy()
        box = shapely.bounds(shapes) + given["within_m"] * np.array([-1, -1, 1, 1])
        left, right = shapely.STRtree(places).query(shapely.box(*box.T))
        near = shapely.dwithin(shapes[left], places[right], given["within_m"])
        return _pairs(given, left[near], right[near])

    return call


@engine("within 500 m", "sjoin dwithin")
def sjoin(given: Inputs) -> Call:
    areas, places = given["areas"][["area_id", "geometry"]], given["places"][["project_id", "geometry"]]

    def call() -> pd.DataFrame:
        found = gpd.sjoin(areas, places, predicate="dwithin", distance=given["within_m"])
        return found.rename(columns={"project_id": "feature_id"})

    return call


def _dwithin(database: Database, given: Inputs) -> pd.DataFrame:
    return database.ask(
        f"SELECT a.area_id, p.project_id AS feature_id FROM areas a "
        f"JOIN places p ON ST_DWithin(a.geom, p.geom, {given['within_m']:.1f})"
    )


databases("within 500 m", _TABLES, _dwithin)
