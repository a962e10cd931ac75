"""For a national authority: where needs meet no project, who pays in constant prices, and districts side by side."""

import pandas as pd

import landrelease as lr

sample = lr.sample_programme().parent
events, _ = lr.usable_rows(lr.read(sample / "events.gpkg", "events"), "events")
units = lr.read(sample / "admin_areas.gpkg", "admin_areas")
releases = lr.releases_from(events)
hazards = lr.status_on(events, "2024-12-31").query("area_m2 > 0")
projects = lr.read(sample / "projects.xml", "projects").to_crs(releases.crs)

# The records name no unit: each release and area belongs to the one that holds most of it.
for frame, key in ((releases, "release_id"), (hazards, "area_id")):
    parts = lr.assign_admin(frame, units.to_crs(frame.crs)).drop_duplicates(key)
    frame["admin_code"] = frame[key].map(parts.set_index(key)["admin_code"])

matches = lr.match_projects(releases, projects, within_m=1_000, months_before=12, months_after=60, admin_areas=units)
# Each project is shared out over all releases that it may belong to, so that it counts once.
links = matches.drop_duplicates(["release_id", "project_id"])
links = links.assign(
    tier=links["link_level"].map({"on_site": "on_site", "nearby": "likely", "area_level": "same_district"}),
    weight_share=1 / links.groupby("project_id")["release_id"].transform("size"),
)
gaps = lr.coordination_gaps(
    releases, projects, links=links, needs=lr.read(sample / "needs.csv", "needs"), hazards=hazards, within_m=250,
    admin_areas=units, level=2, as_of="2024-12-31",
)  # fmt: skip
print(gaps.releases["gap_code"].value_counts().to_string(), "\n")
print(gaps.hazards[["project_id", "project_state_code", "area_id", "distance_m"]].round().to_string(index=False), "\n")
print(gaps.lag.drop(columns="scope").round().to_string(index=False), "\n")

# Made up, as the province is: give the deflators of your donors (the DAC publishes them by donor and year).
deflators = pd.DataFrame({"year": range(2013, 2026), "deflator": [80 + 2 * i for i in range(13)]})
money = lr.funding_profile(
    lr.read(sample / "funding.csv", "funding"), deflators=deflators, base_year=2025, by=["year"],
    domestic=["Province budget"], phases={"clearance": (2013, 2019), "hand-over": (2020, 2025)}, admin_areas=units,
    level=2,
)  # fmt: skip
print(money.phases[["phase", "flow_type_code", "domestic_share_low", "domestic_share_high"]].round(2).to_string(), "\n")
print(*money.caveats, sep="\n", end="\n\n")

# The same indicators for every district, on rates: a large district is not ahead because it is large.
used = lr.assess_use(
    releases, as_of="2024-12-31", project_links=matches, land_use=lr.read(sample / "land_use.gpkg", "land_use")
)
districts = {code: lr.programme_indicators(releases=part) for code, part in used.groupby(used["admin_code"].str[:4])}
table = lr.compare(districts).table
columns = ["programme", "rate_low", "rate_high", "rank_best", "rank_worst"]
print(table.loc[table["indicator_code"] == "productive", columns].round(2).to_string(index=False))
