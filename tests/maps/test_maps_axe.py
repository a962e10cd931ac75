"""Every page that the package makes, in use, by all rules that axe-core has on: WCAG A and AA, and good practice."""

from pathlib import Path

import folium
import geopandas as gpd
import pytest
from opened import Opened

import landrelease as lr
from landrelease.geometry import to_crs

pytestmark = pytest.mark.browser
AS_OF = "2025-12-31"
SIZES = [(1200, 800), (390, 844)]
SCHEME = Path(__file__).parents[2] / "examples" / "workshop-scheme.toml"


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Make each page of the sample once."""
    out, sample = tmp_path_factory.mktemp("pages"), lr.sample_programme().parent
    made = lr.run(lr.sample_programme(), out=out)
    events, _ = lr.usable_rows(lr.read(sample / "events.gpkg", "events"), "events")
    units = to_crs(lr.read(sample / "admin_areas.gpkg", "admin_areas"), events.crs)
    areas, releases = lr.status_on(events, AS_OF), lr.releases_from(events, end=AS_OF)
    layers = {
        "population": sample / "population.tif",
        "accidents": to_crs(lr.read(sample / "accidents.csv", "accidents", crs="EPSG:4326"), areas.crs),
        "needs": lr.read(sample / "needs.csv", "needs", crs="EPSG:4326"),
    }
    scheme = lr.read_scheme(SCHEME)
    with pytest.warns(lr.DataWarning, match="more people may live there"):
        table = lr.criteria_table(areas[areas["area_m2"] > 0], scheme, layers=layers)
    ranking = lr.prioritise(table, scheme, missing="worst")
    registry = lr.Registry(out / "registry.gpkg")
    registry.import_areas(
        lr.read(sample / "register_2024.geojson", "areas", profile=sample / "register.toml"),
        as_of=AS_OF,
        source="sample",
    )
    road = gpd.read_file(sample / "roads.gpkg").query("road_id == 'R24'")
    check = lr.check_site(registry, road, buffer_m=100, as_of=AS_OF)
    lr.timeline_map(lr.status_periods(events), releases=releases, admin_areas=units).save(out / "timeline.html")
    lr.land_release_map(areas, admin_areas=units, hazards="admin", language="ar").save(out / "public.html")
    lr.live_ranking(ranking, areas=areas, scheme=scheme, admin_areas=units, top=20).save(out / "live.html")
    lr.write_site_report(check, out / "site.html", title="Road R24")
    lr.report_programme(lr.sample_programme(), out=out, kind="outcomes", formats=["html"])
    own = folium.Map([44, 18], tiles=None)
    lr.map_layer(areas, "areas", colour_by="status").add_to(own)
    lr.save_page(own, out / "own.html")
    return {path.stem: path for path in [*out.glob("*.html"), made.report, made.map]}


def look_up(opened):
    """Select all, search, open the card of what is found: on a phone in the panel."""
    page = opened.page
    if page.is_visible("#lr-toggle"):
        page.click("#lr-toggle")
    if not page.is_visible("#lr-search"):
        page.click(".lr-box summary")
    page.locator("button:has-text('Select all in view')").first.click()
    page.fill("#lr-search", "a")
    page.keyboard.press("ArrowDown")
    yield
    page.keyboard.press("Enter")
    page.wait_for_selector(".lr-card")
    page.locator(".leaflet-popup").evaluate("(one) => Promise.all(one.getAnimations().map((each) => each.finished))")
    yield


def compare_dates(opened):
    opened.page.click("text=Compare two dates")
    opened.page.wait_for_selector(".lr-divider")
    yield


def make_sheet(opened):
    if opened.page.is_visible("#lr-toggle"):
        opened.page.click("#lr-toggle")
    opened.page.click("button:has-text('Print')")
    opened.page.wait_for_selector(".lr-sheet-bar")
    yield


def walk_parts(opened):
    """Weigh the other way, look at the order, open the reasons: on a phone each in its tab."""
    page = opened.page
    has_tabs = page.is_visible(".lr-tabs")
    page.locator("input[type=radio]").last.check()
    yield
    if has_tabs:
        page.click(".lr-tabs >> text=Map")
        yield
        page.click(".lr-tabs >> text=Order")
        yield
    page.locator(".lr-area button").first.click()
    yield


def read_on(opened):
    """Look at the page as it opens."""
    yield


USES = [
    ("map", look_up), ("map", make_sheet), ("priority_map", look_up), ("public", read_on), ("timeline", compare_dates),
    ("live", walk_parts), ("own", look_up), ("report", read_on), ("priorities", read_on), ("outcomes", read_on),
    ("site", read_on),
]  # fmt: skip
# a map of the caller's own: its heading and landmarks are those that the caller gave it
NOT_OURS = {"own": {"landmark-one-main", "page-has-heading-one", "region"}}


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
@pytest.mark.parametrize(("name", "use"), USES)
def test_no_page_breaks_a_rule(browser, axe, pages, name, use, size):
    opened = Opened(browser, pages[name], size)
    if opened.page.query_selector(".folium-map"):
        opened.painted()
    for _ in use(opened):
        # the canvases of a map reach out of it, cut off by it: axe takes them for a cover of the texts beside it
        opened.page.evaluate(
            "document.querySelectorAll('.leaflet-pane canvas').forEach((one) => (one.style.opacity = '0'))"
        )
        found = axe.run(opened.page, options={"resultTypes": ["violations", "incomplete"]}).response
        # what axe leaves to a person are texts that something covers: a list above them, the edge of a box that scrolls
        asked = [one for one in found["incomplete"] if one["id"] != "color-contrast"]
        broken = [one for one in [*found["violations"], *asked] if one["id"] not in NOT_OURS.get(name, ())]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in broken] == []
        assert {"color-contrast", "document-title", "html-has-lang"} <= {one["id"] for one in found["passes"]}
    opened.clean()


def test_a_broken_page_is_seen(browser, axe, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<html><p style='color:#bbb'>faint</p><button></button><img src='data:,'>", encoding="utf-8")
    opened = Opened(browser, page)
    found = {one["id"] for one in axe.run(opened.page).response["violations"]}
    assert {"color-contrast", "button-name", "image-alt", "html-has-lang", "landmark-one-main"} <= found
    opened.context.close()
