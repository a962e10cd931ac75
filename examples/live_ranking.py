"""For a workshop: a page on which people move the weights, and what they saved, ranked in Python."""

from pathlib import Path

import landrelease as lr
from landrelease.geometry import to_crs

sample, here = lr.sample_programme().parent, Path(__file__).resolve().parent
events, _ = lr.usable_rows(lr.read(sample / "events.gpkg", "events"), "events")
areas = lr.status_on(events, "2025-12-31")
units = lr.read(sample / "admin_areas.gpkg", "admin_areas")
layers = {
    "population": sample / "population.tif",
    "accidents": to_crs(lr.read(sample / "accidents.csv", "accidents", crs="EPSG:4326"), areas.crs),
    "needs": lr.read(sample / "needs.csv", "needs", crs="EPSG:4326"),
}

scheme = lr.read_scheme(here / "workshop-scheme.toml")
table = lr.criteria_table(areas[areas["area_m2"] > 0], scheme, layers=layers)
ranking = lr.prioritise(table, scheme, missing="worst")

# One file that opens anywhere. It shows exact uncleared land: for internal use.
page = here / "out" / "live.html"
page.parent.mkdir(exist_ok=True)
live = lr.live_ranking(ranking, areas=areas, scheme=scheme, admin_areas=units, title="Provincial workshop", top=20)
live.save(page)
print(f"{page}: {page.stat().st_size / 1e6:.1f} MB")

# For the board and the public: how many of the first 20 areas lie in each unit.
public = here / "out" / "live_public.html"
lr.live_ranking(ranking, areas=areas, scheme=scheme, admin_areas=units, hazards="admin", top=20).save(public)

# What the workshop saved with the button of the page is a scheme like any other: put it beside the page.
saved = here / "out" / "weights.toml"
agreed = lr.read_scheme(saved) if saved.exists() else scheme
print(lr.prioritise(table, agreed, missing="worst").table.head(5).round(2).to_string(index=False))
