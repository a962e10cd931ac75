"""The frames that the matching functions return, column by column."""

from __future__ import annotations

from landrelease.tables.columns import (
    Column,
    code,
    count,
    flag,
    m2,
    number,
    result,
    share,
    text,
)

__all__ = ["MATCH_RESULTS"]

_OWNER = text("area_id", "the id column of the first argument: area_id, release_id, ...")

MATCH_RESULTS = (
    result(
        "match_overlap", "an area and a class of the layer",
        _OWNER, text("use_code", "the column named by `by`: its classes and `unmapped`"),
        m2("overlap_m2", "land of the area in that class"),
        share("overlap_share", "the same as a share of the area; sums to 1"),
    ),
    result(
        "match_raster_shares", "an area and a class of the raster (stat='shares')",
        _OWNER, Column("class_code", "count", "value of the cells"),
        text("use_code", "what the legend says of the class; missing where it says nothing"),
        m2("class_m2", "land of the area in that class"),
        share("class_share", "the same as a share of the area"),
        share("covered_share", "share of the area that valid cells cover"),
    ),
    result(
        "match_raster_value", "an area (stat='sum' or 'mean')",
        _OWNER, number("value", "sum or mean of the cells, by their covered fraction; missing if none is valid"),
        share("covered_share", "share of the area that valid cells cover"),
    ),
    result(
        "match_raster_layers", "as in the two tables above, for each raster of a mapping; their columns follow",
        _OWNER, text("layer", "key of the mapping, as it was given: a number stays a number"),
    ),
    result(
        "assign_admin", "an area and an administrative unit",
        _OWNER, text("admin_code", "the unit; missing for land in none"),
        m2("overlap_m2", "land of the area in the unit"),
        share("overlap_share", "the same as a share of the area"),
    ),
    result(
        "match_nearby", "an area and a feature that is near",
        _OWNER, text("feature_id", "id of the feature"),
        number("distance_m", "shortest distance; 0 where they touch", "m"),
    ),
    result(
        "union_area_m2", "a group of areas; the columns of `by` stand first",
        count("area_count", "areas with a polygon"),
        m2("sum_m2", "land of all of them, as often as it is held; missing where none has a polygon"),
        m2("union_m2", "the same land counted once"),
    ),
    result(
        "match_projects", "a release and a place of a project",
        text("release_id", "the release"), text("project_id", "the project"),
        text("location_id", "the place"), code("link_level", "how close the place is known to be"),
        number("distance_m", "shortest distance; missing at area level", "m"),
        number("months_apart", "from the release to the project's start; negative if it began before", "months",
                low=None),
        flag("is_sector_match", "whether the sector serves the intended use; missing where not known"),
        id="release_id",
    ),
    result(
        "sector_shares", "a project and a sector",
        text("project_id", "the project"), text("sector_code", "OECD DAC sector, as stated"),
        share("sector_share", "part of the project; missing where its sectors have no percentages"),
        flag("is_rebased", "whether the percentages did not sum to 100"),
        id="project_id",
    ),
    result(
        "duplicate_projects", "a record that is not counted by itself",
        text("project_id", "the record"),
        text("counted_as", "the record that stands for it; missing where several do"),
        code("reason", "why", "same_project_code"),
        id="project_id",
    ),
    result(
        "project_weights", "a release and a project that may be on it",
        text("release_id", "the release"), text("project_id", "the project, as it is counted"),
        code("tier", "how close its closest place is known to be", "project_tier"),
        share("weight_share", "part of the project's money and people that goes to the release; missing where the "
              "land of the release or of the unit is not known"),
        count("location_count", "places of the project that may be on the release"),
        number("months_apart", "from the release to the project's start; negative if it began before", "months",
               low=None),
        id="release_id",
    ),
    result(
        "project_totals", "a project, as it is counted; the four shares sum to 1",
        text("project_id", "the project"),
        count("record_count", "records of it, its own among them"), count("location_count", "its places"),
        share("on_site_share", "part that goes to releases that a place is on"),
        share("likely_share", "part that goes to releases that a place may be on"),
        share("same_district_share", "part that goes to releases of the same unit"),
        share("elsewhere_share", "part that goes to no release"),
        number("budget_usd", "largest that one of its records states", "usd", low=None),
        code("reason", "why all of it is elsewhere", "no_weight_code"),
        id="project_id",
    ),
)  # fmt: skip
