"""For an analyst: is released land in use, and does the account of hazardous land close?"""

import landrelease as lr

sample = lr.sample_programme().parent
as_of = "2025-12-31"

# Read, look at what is wrong, go on with what can be used.
events = lr.read(sample / "events.gpkg", "events")
print(lr.find_problems(events, "events")[["id", "column", "rule", "value", "message"]].to_string(index=False))
events, set_aside = lr.usable_rows(events, "events")
print(f"\n{len(set_aside)} of {len(events) + len(set_aside)} events are set aside.")

# The account: opening, what came, what went, closing; on land counted once.
account = lr.land_balance(events, start="2013-01-01", end=as_of, by="hazard_class")
flows = ["opening_m2", "newly_recorded_m2", "confirmed_m2", "cancelled_m2", "reduced_m2", "cleared_m2", "closing_m2"]
print("\nHazardous land in hectares")
print((account.set_index(["hazard_class", "year"])[flows] / 1e4).round(1).to_string())

# The verdict on each release, and the bounds of what is in productive use.
parcels, _ = lr.usable_rows(lr.read(sample / "land_use.gpkg", "land_use"), "land_use")
cover = [lr.LandCover(sample / f"landcover_{year}.tif", year, "esa-worldcover") for year in (2020, 2024)]
releases = lr.releases_from(events, end=as_of)
assessment = lr.assess_use(releases, as_of=as_of, land_use=parcels, land_cover=cover)
print("\nReleased land, square metres, and the share in productive use at least and at most")
print(lr.use_summary(assessment, by="release_type").round(2).to_string(index=False))
