"""The script that a careful analyst writes for a national register without landrelease.

    python benchmarks/national_script.py FOLDER_OF_INPUTS FOLDER_OF_PRODUCTS

It does with geopandas, rasterstats, pymcdm and folium what `landrelease run` does with the same files: who is released
and who is not, what use parcels and land cover show on released land, which project is near, the account of each unit
and year, a ranking of what is still hazardous, two maps, tables. Inputs are mended, areas are measured in an equal-area
projection, joins use indexes, rasters are read only where a parcel does not say enough, maps are simplified.
`national.py` makes the inputs, and runs and compares the two.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from pymcdm.methods import WSM
from rasterstats import zonal_stats

EQUAL_AREA = "EPSG:6933"
AS_OF, FIRST_YEAR = pd.Timestamp("2025-12-31"), 2013
WITHIN_M, MONTH = 1_000.0, pd.Timedelta(days=30.4375)
COVER_YEAR, COVER_USE = 2024, {40: "agriculture", 50: "housing"}
ENOUGH = 0.5
CRITERIA = {  # column: weight, value that counts nothing, value that counts in full
    "people_within_1km": (0.4, 0.0, 1_500.0),
    "accidents_within_500m": (0.2, 0.0, 3.0),
    "cropland_share": (0.2, 0.0, 1.0),
    "distance_to_settlement_m": (0.1, 5_000.0, 0.0),
    "hazard_area_m2": (0.1, 0.0, 200_000.0),
}


def read(folder: Path) -> dict[str, Any]:
    """Read all inputs into the CRS of the register; mend invalid polygons."""
    events = gpd.read_file(folder / "events.gpkg", use_arrow=True)
    layers = {"events": events}
    for name in ("land_use", "admin_areas"):
        layers[name] = gpd.read_file(folder / f"{name}.gpkg", use_arrow=True).to_crs(events.crs)
    for name in ("projects", "accidents", "settlements"):
        table = pd.read_csv(folder / f"{name}.csv")
        places = gpd.points_from_xy(table["longitude"], table["latitude"], crs="EPSG:4326")
        layers[name] = gpd.GeoDataFrame(table, geometry=places).to_crs(events.crs)
    for name in ("events", "land_use"):
        layers[name]["geometry"] = layers[name].geometry.make_valid(method="structure", keep_collapsed=False)
    return layers


def m2(frame: gpd.GeoDataFrame) -> pd.Series:
    """Return areas in an equal-area projection."""
    return frame.geometry.to_crs(EQUAL_AREA).area


def split(events: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return hazards with their unit, and releases: what is released and not held hazardous by another area."""
    first = events[events["event"].isin(["suspected", "confirmed"])].drop(columns="event_id").reset_index(drop=True)
    parts = gpd.overlay(first[["area_id", "geometry"]], units[["admin_code", "geometry"]], keep_geom_type=True)
    largest = parts.assign(m2=parts.area).sort_values("m2").drop_duplicates("area_id", keep="last")
    first["admin_code"] = first["area_id"].map(largest.set_index("area_id")["admin_code"])
    ended = events[events["event"].isin(["cancelled", "reduced", "cleared"])]
    ended = pd.DataFrame(ended[["event_id", "area_id", "event", "event_date"]]).rename(
        columns={"event_id": "release_id", "event": "release_type", "event_date": "release_date"}
    )
    areas = first.merge(ended, on="area_id", how="left")
    areas["area_m2"] = m2(areas)
    hazards, released = areas[areas["release_id"].isna()], areas[areas["release_id"].notna()]
    meets = released.sindex.query(hazards.geometry, predicate="intersects")[1]
    contested = released.iloc[np.unique(meets)]
    cut = gpd.overlay(contested, hazards[["geometry"]], how="difference", keep_geom_type=True)
    released = pd.concat([released.drop(contested.index), cut], ignore_index=True)
    released["area_m2"] = m2(released)
    return hazards.reset_index(drop=True), released


def parcels_say(released: gpd.GeoDataFrame, land_use: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the share of each release by use, by parcels that were observed after it."""
    pieces = gpd.overlay(
        released[["release_id", "release_date", "area_m2", "geometry"]],
        land_use[["use_code", "observed_date", "geometry"]],
        keep_geom_type=True,
    )
    pieces = pieces[pieces["observed_date"] >= pieces["release_date"]]
    pieces["share"] = m2(pieces) / pieces["area_m2"]
    return pieces.groupby(["release_id", "use_code"], as_index=False)["share"].sum()


def classes_in(areas: gpd.GeoDataFrame, cover: Path) -> pd.DataFrame:
    """Return the share of each area by class of land cover: one row an area, one column a class."""
    return pd.DataFrame(zonal_stats(areas, str(cover), categorical=True), index=areas.index).fillna(0.0)


def cover_says(released: gpd.GeoDataFrame, cover: Path) -> pd.DataFrame:
    """Return the share of each release by use, by land cover of a year after it."""
    later = released[released["release_date"].dt.year < COVER_YEAR].reset_index(drop=True)
    cells = classes_in(later, cover)
    share = cells.div(cells.sum(axis=1), axis=0)
    parts = [pd.DataFrame({"release_id": later["release_id"], "use_code": use, "share": share[code]})
             for code, use in COVER_USE.items() if code in share]  # fmt: skip
    return pd.concat(parts).query("share > 0")


def judge(released: gpd.GeoDataFrame, land_use: gpd.GeoDataFrame, cover: Path) -> gpd.GeoDataFrame:
    """Add the verdict: by parcels where these saw half of the release, else by land cover, else unknown."""
    said = parcels_say(released, land_use).assign(evidence="land_use")
    seen = said.groupby("release_id")["share"].sum()
    rest = released[~released["release_id"].isin(seen.index[seen >= ENOUGH])]
    other = cover_says(rest, cover).assign(evidence="land_cover")
    other_seen = other.groupby("release_id")["share"].sum()
    better = other_seen[(other_seen >= ENOUGH) | (other_seen > seen.reindex(other_seen.index).fillna(0.0))].index
    used = pd.concat([said[~said["release_id"].isin(better)], other[other["release_id"].isin(better)]])
    used["part"] = np.where(used["use_code"] == "none", "unused", "productive")
    shares = used.pivot_table(index="release_id", columns="part", values="share", aggfunc="sum")
    shares = shares.reindex(index=released["release_id"], columns=["productive", "unused"]).fillna(0.0)
    total = shares.sum(axis=1)
    shares = shares.div(total.clip(lower=1.0), axis=0)
    result = released.copy()
    result["productive_m2"] = shares["productive"].to_numpy() * result["area_m2"]
    result["unused_m2"] = shares["unused"].to_numpy() * result["area_m2"]
    result["unknown_m2"] = (result["area_m2"] - result["productive_m2"] - result["unused_m2"]).clip(lower=0.0)
    verdict = np.where(shares["productive"] >= shares["unused"], "productive", "unused")
    result["verdict"] = np.where(total < ENOUGH, "unknown", verdict)
    return result


def near_projects(released: gpd.GeoDataFrame, projects: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the projects within the distance that were active around the release, the nearest first."""
    places = projects[["project_id", "start_date", "end_date", "geometry"]].assign(place=projects.geometry)
    columns = ["release_id", "release_date", "geometry"]
    pairs = gpd.sjoin(released[columns], places, predicate="dwithin", distance=WITHIN_M)
    is_active = (pd.to_datetime(pairs["start_date"]) <= pairs["release_date"] + 60 * MONTH) & (
        pd.to_datetime(pairs["end_date"]) >= pairs["release_date"] - 12 * MONTH
    )
    pairs = pairs[is_active]
    pairs["distance_m"] = pairs.geometry.distance(gpd.GeoSeries(pairs["place"], crs=pairs.crs))
    return pairs.sort_values(["release_id", "distance_m"])[["release_id", "project_id", "distance_m"]]


def account(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the hazardous land of each unit at the end of each year, counted once."""
    years = []
    for year in range(FIRST_YEAR - 1, AS_OF.year + 1):
        end = pd.Timestamp(year, 12, 31)
        held = areas[(areas["event_date"] <= end) & ~(areas["release_date"] <= end)]
        land = held.dissolve("admin_code", method="disjoint_subset").to_crs(EQUAL_AREA).area
        years.append(land.rename("closing_m2").reset_index().assign(year=year))
    table = pd.concat(years).sort_values(["admin_code", "year"])
    table["opening_m2"] = table.groupby("admin_code")["closing_m2"].shift().fillna(0.0)
    return table[table["year"] >= FIRST_YEAR]


def rank(hazards: gpd.GeoDataFrame, layers: dict[str, Any], folder: Path) -> gpd.GeoDataFrame:
    """Return the hazards with their criteria, score and rank."""
    result = hazards.copy()
    result["hazard_area_m2"] = result["area_m2"]
    around = result[["area_id", "geometry"]].assign(geometry=result.buffer(1_000))
    people = zonal_stats(around, str(folder / "population.tif"), stats=["sum"])
    result["people_within_1km"] = [one["sum"] or 0.0 for one in people]
    near = gpd.sjoin(result[["area_id", "geometry"]], layers["accidents"], predicate="dwithin", distance=500)
    result["accidents_within_500m"] = result["area_id"].map(near["area_id"].value_counts()).fillna(0)
    cells = classes_in(result, folder / "landcover_2024.tif")
    result["cropland_share"] = (cells.get(40, 0.0) / cells.sum(axis=1)).fillna(0.0)
    nearest = gpd.sjoin_nearest(result[["area_id", "geometry"]], layers["settlements"][["geometry"]], distance_col="m")
    result["distance_to_settlement_m"] = result["area_id"].map(
        nearest.drop_duplicates("area_id").set_index("area_id")["m"]
    )
    matrix = np.column_stack([
        ((result[name] - low) / (high - low)).clip(0, 1) for name, (_, low, high) in CRITERIA.items()
    ])  # fmt: skip
    weights = np.array([weight for weight, _, _ in CRITERIA.values()])
    method = WSM(normalization_function=lambda column, cost: column)
    result["score"] = method(matrix, weights, np.ones(len(weights)), validation=False)
    result["rank"] = method.rank(result["score"])
    return result.sort_values("rank")


def draw(path: Path, shown: list[tuple[str, gpd.GeoDataFrame, list[str], str]]) -> None:
    """Draw layers with what to show on hover, simplified to 10 m."""
    page = folium.Map(tiles=None, prefer_canvas=True)
    for name, frame, columns, colour in shown:
        light = frame[[*columns, "geometry"]].assign(geometry=frame.simplify(10)).to_crs(4326)
        style = {"color": colour, "weight": 1, "fillOpacity": 0.4}
        folium.GeoJson(
            light.to_json(), name=name, style_function=lambda _, style=style: style,
            tooltip=folium.GeoJsonTooltip(columns),
        ).add_to(page)  # fmt: skip
    west, south, east, north = shown[0][1].to_crs(4326).total_bounds
    page.fit_bounds([[south, west], [north, east]])
    folium.LayerControl().add_to(page)
    page.save(path)


def main(folder: Path, out: Path) -> None:
    """Do the whole work."""
    out.mkdir(parents=True, exist_ok=True)
    layers = read(folder)
    hazards, released = split(layers["events"], layers["admin_areas"])
    released = judge(released, layers["land_use"], folder / "landcover_2024.tif")
    links = near_projects(released, layers["projects"])
    first = links.drop_duplicates("release_id").set_index("release_id")
    released["project_id"] = released["release_id"].map(first["project_id"])
    whole = layers["events"].drop_duplicates("area_id")[["area_id", "event_date", "geometry"]]
    both = pd.concat([hazards, released])[["area_id", "admin_code", "release_date"]]
    balance = account(whole.merge(both.drop_duplicates("area_id"), on="area_id"))
    ranked = rank(hazards, layers, folder)
    tables = {"areas": ranked, "releases": released, "project_links": links, "balance": balance}
    parts = ["productive_m2", "unused_m2", "unknown_m2", "area_m2"]
    tables["use_by_unit"] = released.groupby("admin_code")[parts].sum().reset_index()
    tables["use_by_year"] = released.groupby(released["release_date"].dt.year)[parts].sum().reset_index()
    for name, table in tables.items():
        pd.DataFrame(table.drop(columns="geometry", errors="ignore")).to_csv(out / f"{name}.csv", index=False)
    for name in ("areas", "releases"):
        tables[name].to_file(out / "products.gpkg", layer=name)
    texts = [table.to_html(index=False) for name, table in tables.items() if name.startswith("use_by")]
    (out / "report.html").write_text("\n".join(texts), encoding="utf-8")
    released["released"] = released["release_date"].dt.strftime("%Y-%m-%d")
    draw(out / "map.html", [("hazards", ranked, ["area_id", "event"], "#b2182b"),
                            ("releases", released, ["release_id", "released", "verdict"], "#1a9850")])  # fmt: skip
    draw(out / "priority_map.html", [("hazards", ranked, ["area_id", "rank", "score"], "#b2182b")])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
