"""The calls of landrelease, all in this file: by their public functions, as they are named today."""

from __future__ import annotations

from typing import Any

import pandas as pd

import landrelease as lr
from engines import OURS, Call, Inputs, engine


@engine("overlap", OURS)
@engine("overlap, defects", OURS)
@engine("overlap, claims", OURS)
def overlap(given: Inputs) -> Call:
    def call() -> pd.DataFrame:
        found = lr.match_overlap(given["areas"], given["layer"], by="use_code")
        return found[found["use_code"] != "unmapped"].rename(columns={"overlap_share": "share"})

    return call


@engine("classes", OURS)
def classes(given: Inputs) -> Call:
    return lambda: _shares(given, given["rasters"][0])


@engine("five years", OURS)
def years(given: Inputs) -> Call:
    several = {str(i): path for i, path in enumerate(given["rasters"])}
    return lambda: _shares(given, several).assign(year=lambda found: found["layer"].astype(int))


def _shares(given: Inputs, rasters: Any) -> pd.DataFrame:
    found = lr.match_raster(given["areas"], rasters, stat="shares")
    return found.rename(columns={"class_share": "share"}).dropna(subset="class_code")


@engine("people", OURS)
def people(given: Inputs) -> Call:
    return lambda: lr.match_raster(given["areas"], given["raster"], stat="sum")


@engine("within 500 m", OURS)
def within(given: Inputs) -> Call:
    return lambda: lr.match_nearby(given["areas"], given["places"], within_m=given["within_m"])


@engine("nearest", OURS)
def nearest(given: Inputs) -> Call:
    return lambda: lr.match_nearby(given["areas"], given["places"], nearest=1).drop_duplicates("area_id")


@engine("union", OURS)
def union(given: Inputs) -> Call:
    return lambda: lr.union_area_m2(given["areas"], by="admin_code").rename(columns={"union_m2": "m2"})
