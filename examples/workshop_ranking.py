"""For a workshop in a province: people agree on an order of what counts, and see which areas that leaves open."""

from pathlib import Path

import landrelease as lr
from landrelease.geometry import to_crs

sample, here = lr.sample_programme().parent, Path(__file__).resolve().parent
events, _ = lr.usable_rows(lr.read(sample / "events.gpkg", "events"), "events")
areas = lr.status_on(events, "2025-12-31")
layers = {
    "population": sample / "population.tif",
    "accidents": to_crs(lr.read(sample / "accidents.csv", "accidents", crs="EPSG:4326"), areas.crs),
    "needs": lr.read(sample / "needs.csv", "needs", crs="EPSG:4326"),
}

# The scheme holds the order that the workshop agreed on; no weight was ever said.
scheme = lr.read_scheme(here / "workshop-scheme.toml")
ranking = lr.prioritise(lr.criteria_table(areas[areas["area_m2"] > 0], scheme, layers=layers), scheme, missing="worst")

# There is money for 20 areas. All weights in that order are tried: who is in by all of them?
found = lr.stability(ranking, top=20)
line = lr.funding_line(ranking, found, top=20)
print(line["line"].value_counts().to_string())
print("\nThe workshop need only talk about these")
open_ones = line[line["line"] == "interchangeable"]
print(open_ones[["area_id", "rank", "in_share"]].round(2).to_string(index=False))

print("\nWhat each criterion decides: the order without it")
print(lr.leave_one_out(ranking, top=20).round(2).to_string(index=False))

last, first_out = ranking.table["area_id"][19], ranking.table["area_id"][20]
print("\nWhat would change who comes last into the money")
print(lr.swap_weights(ranking, last, first_out).sentence)

# One file to print: the order, the line, and a page for each community.
page = lr.write_priority_page(
    here / "out" / "workshop.html",
    ranking,
    name="Sample province",
    as_of="2025-12-31",
    stability=found,
    line=line,
    top=20,
)
print(f"\n{page}: a page for each of the first 20 areas")
