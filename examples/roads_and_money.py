"""For a programme designer: which blocked road first, and what release is worth beside its cost, both as ranges."""

import landrelease as lr

sample = lr.sample_programme().parent
events, _ = lr.usable_rows(lr.read(sample / "events.gpkg", "events"), "events")
areas = lr.status_on(events, "2025-12-31")
hazards = areas[areas["area_m2"] > 0]

roads = lr.read(sample / "roads.gpkg", "roads")
places = lr.read(sample / "settlements.csv", "settlements", crs="EPSG:4326")
access = lr.access_gain(roads, places, hazards, speed_kmh=40)
print(access, "\n")
first = access.order[access.order["rank"] <= 3]
print(first[["theta", "rank", "area_id", "marginal_gain", "growth"]].to_string(index=False), "\n")

# What stands below is made up, as the province is: put your own costs, risks and yields in its place.
table = hazards[["area_id", "area_m2", "intended_use_code"]].assign(deaths_averted_per_year=0.01)
for end, usd_m2, deaths in (("_low", 0.3, 0.002), ("", 0.6, 0.01), ("_high", 1.2, 0.03)):
    table[f"cost_usd{end}"] = usd_m2 * table["area_m2"]
    table[f"deaths_averted_per_year{end}"] = deaths
crops = dict.fromkeys(("agriculture_rainfed", "agriculture_irrigated", "agriculture"), (0.01, 0.03, 0.06))
other = dict.fromkeys(
    ("grazing", "forest", "water", "housing", "road", "infrastructure", "community"), (0, 0.002, 0.01)
)
worth = lr.benefit_cost(
    table,
    vsl_usd=(2_000, 100_000, 400_000),
    discount_rate=(0.03, 0.05, 0.10),
    years=20,
    production_usd_m2=crops | other,
)
print(worth, "\n")
print(
    worth.sensitivity.pivot(index=["vsl_usd", "source"], columns="discount_rate", values="ratio").round(2).to_string()
)
