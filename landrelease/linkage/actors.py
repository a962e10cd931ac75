"""Who works where: actors by sector and province, two of them in one place, and what each province has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landrelease.cells import as_text
from landrelease.checks.arguments import distinct, joined, typed
from landrelease.linkage.provinces import provinces_of

__all__ = ["actor_matrix", "actor_overlaps", "units_of"]

_DEMINING = "152"
"""DAC category of 15250, removal of land mines and explosive remnants of war."""
_NOW = ("planned", "running")


def _by_actor(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row an actor of each row: names stand together, split at `;`."""
    several = frame["implementer"].str.split(";")
    rows = frame.assign(actor=several).explode("actor", ignore_index=True)
    return rows.assign(actor=as_text(rows["actor"].astype("str")))


def actor_overlaps(places: pd.DataFrame, at_land: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of actors of different projects on one release, or in one province and sector, at one time."""
    names = ["project_id", "actor", "start_date", "end_date"]
    actors = _by_actor(pd.DataFrame(places)).dropna(subset="actor")
    units = actors.dropna(subset=["province_code", "sector"]).rename(columns={"province_code": "place_id"})
    units = units[["place_id", "sector", *names]].drop_duplicates()
    on_land = joined(at_land[["release_id", "project_id"]], actors[names].drop_duplicates(), ["project_id"])
    on_land = on_land.rename(columns={"release_id": "place_id"}).assign(sector=None)
    found = [
        _pairs(on_land, ["place_id"]).assign(overlap_code="release", sector_code=None),
        _pairs(units, ["place_id", "sector"]).assign(overlap_code="unit"),
    ]
    found[1]["sector_code"] = found[1]["sector"]
    both = pd.concat([one.astype("object") for one in found if len(one)] or [found[1]], ignore_index=True)
    return typed(both, "coordination_overlaps")


def _pairs(frame: pd.DataFrame, cell: list[str]) -> pd.DataFrame:
    """Return two actors of a cell a row: how many of their projects overlap, how many may, and from when to when."""
    both = joined(frame, frame, cell)
    both = both[(both["actor"] < both["actor_other"]) & (both["project_id"] != both["project_id_other"])]
    first = both[["start_date", "start_date_other"]].max(axis=1, skipna=False)
    last = both[["end_date", "end_date_other"]].min(axis=1, skipna=False)
    is_apart = (both["start_date"] > both["end_date_other"]) | (both["start_date_other"] > both["end_date"])
    is_known = first.notna() & last.notna()
    both = both.assign(
        overlap_count=is_known & ~is_apart,
        unknown_count=~is_known & ~is_apart,
        first_date=first.where(is_known & ~is_apart),
        last_date=last.where(is_known & ~is_apart),
    )
    # one pair of projects with several places in a cell is one pair
    keys = [*cell, "actor", "actor_other"]
    both = both.sort_values(["overlap_count", "unknown_count"], ascending=False, kind="stable")
    both = both.drop_duplicates([*keys, "project_id", "project_id_other"])
    sums = both.groupby(keys).agg(
        overlap_count=("overlap_count", "sum"),
        unknown_count=("unknown_count", "sum"),
        first_date=("first_date", "min"),
        last_date=("last_date", "max"),
    )
    sums = sums[(sums["overlap_count"] > 0) | (sums["unknown_count"] > 0)].reset_index()
    return sums.rename(columns={"actor_other": "other_actor"})


def actor_matrix(places: pd.DataFrame, at_land: pd.DataFrame, land: pd.DataFrame) -> pd.DataFrame:
    """Return actors by sector and province: their projects, and the releases at which they work."""
    keys = ["actor", "sector", "province_code"]
    actors = _by_actor(pd.DataFrame(places))
    once = actors.drop_duplicates([*keys, "project_id"])
    counts = once.assign(is_now=once["project_state_code"].isin(_NOW)).groupby(keys, dropna=False)
    projects = counts.agg(project_count=("project_id", "size"), current_count=("is_now", "sum"))
    # a project counts where its land is, in the sector of its first place
    own = actors.drop_duplicates(["project_id", "actor"])[["project_id", "actor", "sector"]]
    on_land = joined(at_land, own, ["project_id"])
    on_land = joined(on_land, land[["release_id", "province_code"]], ["release_id"])
    groups = on_land.groupby(keys, dropna=False)
    linked = groups.agg(release_count=("release_id", "nunique")).assign(weight=groups["weight"].sum(min_count=1))
    rows = projects.join(linked, how="outer")
    # without a link the weight is 0; with links of unknown weight it is unknown
    rows["weight"] = rows["weight"].mask(rows["release_count"].isna(), 0.0)
    counts_of = ["project_count", "current_count", "release_count"]
    rows = rows.fillna(dict.fromkeys(counts_of, 0)).reset_index().assign(role_code="implementer")
    work = land.assign(actor=land["operator"], sector=_DEMINING).groupby(keys, dropna=False)
    operators = work.agg(release_count=("release_id", "size")).reset_index().assign(role_code="operator")
    both = pd.concat([rows.astype("object"), operators.astype("object")], ignore_index=True)
    both["sector_code"] = both["sector"]
    return typed(both.sort_values(["role_code", *keys], kind="stable"), "coordination_matrix")


def units_of(
    places: pd.DataFrame,
    land: pd.DataFrame,
    asked: pd.DataFrame,
    hazards: pd.DataFrame,
    admin_areas: pd.DataFrame | None,
    level: int | None,
) -> pd.DataFrame:
    """Return each province with what is recorded there, who works there, and whether somebody should."""
    key = "province_code"
    once = pd.DataFrame(places).drop_duplicates([key, "project_id"])
    names = distinct(pd.concat([frame[key] for frame in (land, asked, hazards, places)]))
    if admin_areas is not None:
        own = as_text(admin_areas["admin_code"])
        names = distinct([*own[provinces_of(own, admin_areas, level).eq(own)], *names])
    units = pd.DataFrame(index=pd.Index(names, dtype="str", name=key))
    for name, frame in (("hazard", hazards), ("release", land), ("need", asked), ("project", once)):
        units[f"{name}_count"] = _counted(frame[key], units.index)
    units["released_m2"] = land.groupby(key)["area_m2"].sum(min_count=1).reindex(units.index)
    is_now = once["project_state_code"].isin(_NOW)
    units["current_count"] = _counted(once[key][is_now], units.index)
    units["unknown_count"] = _counted(once[key][once["project_state_code"].eq("unknown")], units.index)
    units["above_count"] = _above(places, units.index, admin_areas, level)
    actors = _by_actor(once[is_now]).dropna(subset="actor").groupby([key, "actor"]).size()
    units["actor_count"] = _counted(actors.reset_index()[key], units.index)
    share = actors / actors.groupby(level=0).transform("sum")
    units["actor_hhi"] = (share**2).groupby(level=0).sum().reindex(units.index)
    has_demand = units[["hazard_count", "release_count", "need_count"]].sum(axis=1) > 0
    may_be = units[["unknown_count", "above_count"]].sum(axis=1) > 0
    states = [units["current_count"] > 0, may_be, has_demand]
    units["unit_gap_code"] = np.select(states, ["covered", "maybe", "gap"], "no_demand")
    return typed(units.reset_index(), "coordination_units")


def _counted(codes: pd.Series, units: pd.Index) -> pd.Series:
    found: pd.Series = codes.value_counts().reindex(units).fillna(0)
    return found


def _above(places: pd.DataFrame, units: pd.Index, admin_areas: pd.DataFrame | None, level: int | None) -> pd.Series:
    """Return for each unit how many projects are known only to a unit above it, the country apart."""
    if admin_areas is None or level is None:
        return pd.Series(np.nan, index=units)
    maybe = places[places["project_state_code"].ne("ended") & places["province_code"].isna()]
    projects = maybe.dropna(subset="admin_code").drop_duplicates(["admin_code", "project_id"])
    levels = pd.Series(admin_areas["level"].to_numpy(), index=as_text(admin_areas["admin_code"]))
    higher = sorted({one for one in levels.dropna() if 0 < one < level})
    total = pd.Series(0.0, index=units)
    for one in higher:
        above = provinces_of(pd.Series(units, index=units), admin_areas, one)
        total += above.map(projects["admin_code"].value_counts()).fillna(0)
    return total
