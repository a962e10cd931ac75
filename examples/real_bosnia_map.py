"""Real land of Bosnia and Herzegovina on one page: suspected, cleared, and accidents by municipality.

The data are not part of landrelease. Set LANDRELEASE_REAL_DATA to the folder that holds `bih/`; without it the example
says so and ends.
"""

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd

import landrelease as lr

AS_OF = "2024-07-31"
here = Path(__file__).resolve().parent
data = Path(os.environ.get("LANDRELEASE_REAL_DATA", here.parent.parent / "shared" / "data")) / "bih"

if not data.is_dir():
    print("Skipped: the Bosnian data are not here. Set LANDRELEASE_REAL_DATA to the folder that holds bih/.")
else:
    suspected = {"hazard_class": "SHA", "status": "open"}
    cleared = {"hazard_class": "SHA", "status": "released", "release_type": "cleared"}
    areas = lr.read(data / "suspect_areas.geojson", "areas", values=suspected, ids="geometry")
    cleared_areas = lr.read(data / "cleared_areas.geojson", "areas", values=cleared, ids="geometry")
    # rows without a shape have the same ids in both files
    cleared_areas["area_id"] = "cleared " + cleared_areas["area_id"]
    units = lr.read(
        data / "geoBoundaries-BIH-ADM3.geojson", "admin_areas",
        columns={"shapeID": "admin_code", "shapeName": "name"}, values={"level": 3},
    )  # fmt: skip
    accidents = lr.read(data / "incidents.geojson", "accidents", ids="geometry")
    # a point lies in one municipality, or in none: the program says how many lie beyond the borders
    where = gpd.sjoin(
        accidents[["accident_id", "geometry"]], units[["admin_code", "geometry"]], how="left", predicate="intersects"
    )
    found = where.drop_duplicates("accident_id")["admin_code"].value_counts(dropna=False)
    units["accidents_on_record"] = units["admin_code"].map(found).fillna(0).astype(int)
    # the larger places, by GeoNames; 0 stands there for a population that is not known
    towns = pd.read_csv(data / "geonames_places.csv")
    places = gpd.GeoDataFrame(
        {
            "settlement_id": towns["geonameid"],
            "name": towns["name"],
            "population_count": towns["population"].where(towns["population"] > 0),
        },
        geometry=gpd.points_from_xy(towns["longitude"], towns["latitude"]),
        crs=4326,
    )

    events = lr.events_from_areas(pd.concat([areas, cleared_areas], ignore_index=True), as_of=AS_OF)
    chart = lr.land_release_map(
        lr.status_on(events, AS_OF),
        releases=lr.releases_from(events, end=AS_OF),
        base=[
            lr.map_layer(units, "admin_areas", colour_by="accidents_on_record", name="Municipalities"),
            lr.map_layer(places, "settlements"),
        ],
        title="Bosnia and Herzegovina, map sheets of July 2024",
    )
    page = here / "out" / "bosnia.html"
    page.parent.mkdir(exist_ok=True)
    chart.save(page)
    print(f"{page}: {page.stat().st_size / 1e6:.1f} MB")
    beyond = len(accidents) - units["accidents_on_record"].sum()
    print(f"{len(accidents)} accidents, {beyond} of them in no municipality")
