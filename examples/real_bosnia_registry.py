"""Real records of Bosnia and Herzegovina in a registry: imported twice, and what each municipality holds.

The data are not part of landrelease. Set LANDRELEASE_REAL_DATA to the folder that holds `bih/`; without it the example
says so and ends.
"""

import os
from pathlib import Path

import pandas as pd

import landrelease as lr

here = Path(__file__).resolve().parent
data = Path(os.environ.get("LANDRELEASE_REAL_DATA", here.parent.parent / "shared" / "data")) / "bih"
as_of = "2024-07-31"

if not data.is_dir():
    print("Skipped: the Bosnian data are not here. Set LANDRELEASE_REAL_DATA to the folder that holds bih/.")
else:
    layers = {
        "suspected sheets": ("suspect_areas.geojson", {"hazard_class": "SHA", "status": "open"}),
        "cleared sheets": (
            "cleared_areas.geojson",
            {"hazard_class": "SHA", "status": "released", "release_type": "cleared"},
        ),
    }
    file = here / "out" / "bosnia_registry.gpkg"
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    with lr.Registry(file) as registry:
        for _ in range(2):
            for source, (name, values) in layers.items():
                areas = lr.read(data / name, "areas", values=values, ids="geometry")
                print(registry.import_areas(areas, as_of=as_of, source=source))
            print("head", registry.head)
        events = registry.events()
        print(len(registry.verify()), "findings")

    units = lr.read(
        data / "geoBoundaries-BIH-ADM3.geojson",
        "admin_areas",
        columns={"shapeID": "admin_code", "shapeName": "name"},
        values={"level": 3},
    )
    areas = lr.status_on(events, as_of)
    is_open = areas["status"].eq("open")
    placed = areas["area_m2"] > 0
    layers_m2 = {
        "open_m2": areas[is_open & placed],
        "released_m2": lr.releases_from(events).query("area_m2 > 0"),
        # two records can claim the same land: it counts once
        "both_m2": lr.conflicts_on(events, as_of).dissolve().assign(area_id="both")[["area_id", "geometry"]],
    }
    parts = {
        name: lr.assign_admin(frame, units).groupby("admin_code", dropna=False)["overlap_m2"].sum()
        for name, frame in layers_m2.items()
    }
    table = pd.DataFrame(parts).fillna(0.0)
    names = units.set_index("admin_code")["name"].reindex(table.index).fillna("in no municipality")
    table.insert(0, "name", names)
    shown = (table.set_index("name") / 1e6).rename(columns=lambda name: name.replace("_m2", "_km2"))
    print(shown.sort_values("open_km2", ascending=False).head(12).round(3))
    rest = sorted(set(units["admin_code"]) - set(table.index))
    print(f"{len(table) - 1 if table.index.isna().any() else len(table)} municipalities with land on record, "
          f"{len(rest)} of {len(units)} without")  # fmt: skip
    print(shown.sum().round(3).to_dict())
    lost = {"open": int((is_open & ~placed).sum()), "released": int((lr.releases_from(events)["area_m2"].isna()).sum())}
    print("records that could not be placed:", lost)
    table.to_csv(here / "out" / "bosnia_municipalities.csv", index=False)
