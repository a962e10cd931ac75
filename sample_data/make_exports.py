"""Write two exports of a synthetic register of areas, a year apart, as such systems write them: no history.

    python sample_data/make_exports.py [FOLDER]

They say what the sample's events say of three of its districts, and the later one has five faults of real exports:
`FAULTS`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import landrelease as lr
from landrelease.geometry import to_crs

HERE = Path(__file__).resolve().parent
DAYS = ("2023-12-31", "2024-12-31")
DISTRICTS = ("SP01", "SP03", "SP04")
FAULTS = {
    "gone": "an open area is not in the export any more, and nobody says why",
    "shrunk": "an open area lost a third of its land, without a release",
    "closed": "an open area is closed, and nobody says how it was released",
    "date_back": "the survey of an open area moved three years back",
    "unreleased": "an area that was released is open again",
}


def make_export(events: gpd.GeoDataFrame, day: str) -> gpd.GeoDataFrame:
    """Return the register as it stood: the last boundary of each area, and what it calls its state."""
    areas = lr.status_on(events, day)
    areas = areas[areas["admin_code"].str.startswith(DISTRICTS) & areas["status"].ne("superseded")]
    drawn = events[events["event"].isin(["suspected", "confirmed", "reopened", "corrected"]) & events.geometry.notna()]
    last = drawn[drawn["event_date"] <= day].drop_duplicates("area_id", keep="last").set_index("area_id").geometry
    is_over = areas["status"].eq("released").to_numpy()
    outline = last.reindex(areas["area_id"]).to_numpy()
    shapes = to_crs(gpd.GeoDataFrame(geometry=np.where(is_over, outline, areas.geometry), crs=events.crs), 4326)
    release = {"cancelled": "cancellation", "reduced": "reduction", "cleared": "clearance", "mixed": "clearance"}
    rows = pd.DataFrame(
        {
            "imsma_id": areas["area_id"].to_numpy(),
            "area_type": areas["hazard_class"].str.lower().to_numpy(),
            "status": areas["status"].replace("released", "closed").to_numpy(),
            "release_method": areas["release_type"].map(release).where(is_over, None).to_numpy(),
            "area_size": areas["reported_area_m2"].round().to_numpy(),
            "surveyed_on": _milliseconds(areas["survey_date"]),
            "closed_on": _milliseconds(areas["release_date"].where(is_over)),
            "organisation": areas["operator"].to_numpy(),
        }
    )
    rounded = shapely.set_precision(shapes.geometry.to_numpy(), 1e-6)
    return gpd.GeoDataFrame(rows, geometry=rounded, crs=4326).sort_values("imsma_id", ignore_index=True)


def _milliseconds(days: pd.Series) -> np.ndarray:
    counts = (days - pd.Timestamp(0)) // pd.Timedelta(milliseconds=1)
    return counts.astype("Int64").to_numpy()


def with_faults(before: gpd.GeoDataFrame, export: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """Return the later export with its faults, and the area that has each."""
    is_open = export["status"].eq("open") & export["imsma_id"].isin(before.loc[before["status"].eq("open"), "imsma_id"])
    is_large = export["area_size"] > export.loc[is_open, "area_size"].median()
    opened = export.loc[is_open & is_large, "imsma_id"].tolist()
    was_over = before["status"].eq("closed") & before["release_method"].eq("cancellation")
    chosen = dict(zip(("gone", "shrunk", "closed", "date_back"), opened, strict=False))
    chosen["unreleased"] = before.loc[was_over, "imsma_id"].iloc[0]
    row = {fault: export.index[export["imsma_id"] == area][0] for fault, area in chosen.items()}
    west, south, east, north = export.geometry[row["shrunk"]].bounds
    half = shapely.box(west, south, west + 2 * (east - west) / 3, north)
    export.loc[row["shrunk"], "geometry"] = export.geometry[row["shrunk"]].intersection(half)
    export.loc[row["closed"], "status"] = "closed"
    export.loc[row["date_back"], "surveyed_on"] -= 3 * 365 * 86_400_000
    export.loc[row["unreleased"], "status"] = "open"
    export.loc[row["unreleased"], ["release_method", "closed_on"]] = None
    return export.drop(index=row["gone"]).reset_index(drop=True), chosen


def main(out: Path) -> None:
    """Write both exports."""
    events, _ = lr.usable_rows(lr.read(HERE / "events.gpkg", "events"), "events")
    before, after = (make_export(events, day) for day in DAYS)
    after, chosen = with_faults(before, after)
    for day, export in zip(DAYS, (before, after), strict=True):
        text = export.to_json(drop_id=True, na="null").replace('}}, {"type"', '}},\n{"type"')
        (out / f"register_{day[:4]}.geojson").write_text(text + "\n", encoding="utf-8", newline="\n")
    for fault, area in chosen.items():
        print(f"{area}: {FAULTS[fault]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
