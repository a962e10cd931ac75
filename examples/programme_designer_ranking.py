"""For a programme designer: which areas first, and a reason for each that can be said aloud."""

from dataclasses import replace

import landrelease as lr
from landrelease.geometry import to_crs

sample = lr.sample_programme().parent
events, _ = lr.usable_rows(lr.read(sample / "events.gpkg", "events"), "events")
areas = lr.status_on(events, "2025-12-31")
hazards = areas[areas["area_m2"] > 0]

scheme = lr.read_scheme("community-first")
accidents = to_crs(lr.read(sample / "accidents.csv", "accidents", crs="EPSG:4326"), areas.crs)
layers = {
    "population": sample / "population.tif",
    "accidents": accidents,
    "needs": lr.read(sample / "needs.csv", "needs", crs="EPSG:4326"),
    "land_cover": lr.LandCover(sample / "landcover_2024.tif", 2024, "esa-worldcover"),
}
table = lr.criteria_table(hazards, scheme, layers=layers)
print(lr.check_criteria(table, scheme.criteria).to_string(index=False))

ranking = lr.prioritise(table, scheme, missing="worst")
print()
for area_id in ranking.table["area_id"].head(3):
    print(lr.explain(ranking, area_id), "\n")

# What if accidents weighed double? The order changes; the page shows by how much.
heavier = [replace(one, weight=one.weight * 2) if "accidents" in one.column else one for one in scheme.criteria]
other = lr.prioritise(table, heavier, missing="worst")
both = ranking.table.merge(other.table, on="area_id", suffixes=("", "_if_accidents_weigh_double"))
print(both.head(10)[["area_id", "rank", "rank_if_accidents_weigh_double"]].to_string(index=False))
