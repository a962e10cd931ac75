"""For GIS staff: one page with released land by verdict, hazards, projects and units, that opens without internet."""

from pathlib import Path

import landrelease as lr
from landrelease.geometry import to_crs

sample = lr.sample_programme().parent
out = Path(__file__).resolve().parent / "out"
out.mkdir(exist_ok=True)

events, _ = lr.usable_rows(lr.read(sample / "events.gpkg", "events"), "events")
parcels, _ = lr.usable_rows(lr.read(sample / "land_use.gpkg", "land_use"), "land_use")
units = to_crs(lr.read(sample / "admin_areas.gpkg", "admin_areas"), events.crs)
projects = to_crs(lr.read(sample / "projects.xml", "projects"), events.crs)

areas = lr.status_on(events, "2025-12-31")
assessment = lr.assess_use(lr.releases_from(events, end="2025-12-31"), as_of="2025-12-31", land_use=parcels)

page = lr.land_release_map(areas, releases=assessment, projects=projects, admin_areas=units, title="Sample province")
page.save(out / "internal.html")

# For the public: no shape of uncleared land leaves, only its sum by unit.
public = lr.land_release_map(areas, releases=assessment, admin_areas=units, hazards="admin", title="Sample province")
public.save(out / "public.html")
print(f"Open {out / 'internal.html'} and {out / 'public.html'}")
