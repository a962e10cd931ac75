"""The pages of a whole run in a real browser, with the network off, on records named to break them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import landrelease as lr

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=window.pwned=1>", "${window.pwned=1}", "a`b", "</script><script>window.pwned=1</script>",
    "{{ 7*7 }}", "{% set a=1 %}", "{# 12", "=HYPERLINK(1)", "Đorđe ខ្មែរ حقل",
]  # fmt: skip


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> lr.Products:
    """Run the job on areas, units, projects and visits whose every text is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    n = len(HOSTILE)
    squares = [shapely.box(500_000 + 300 * i, 0, 500_200 + 300 * i, 200) for i in range(n)]
    recorded = {"event_id": [f"{name}:1" for name in HOSTILE], "area_id": HOSTILE, "event": "suspected",
                "event_date": "2020-01-01", "operator": HOSTILE}  # fmt: skip
    first = gpd.GeoDataFrame(recorded, geometry=squares, crs=32630)
    half = [shapely.box(*square.bounds[:2], square.bounds[0] + 100, 200) for square in squares]
    second = first.assign(event_id=[f"{name}:2" for name in HOSTILE], event="cleared", event_date="2021-01-01")
    events = pd.concat([first, second.set_geometry(half)], ignore_index=True)
    gpd.GeoDataFrame(events, crs=32630).to_file(folder / "events.gpkg")
    visits = {
        "follow_up_id": HOSTILE,
        "release_id": [f"{name}:2" for name in HOSTILE],
        "use_code": "grazing",
        "visit_date": "2022-02-02",
    }
    pd.DataFrame(visits).to_csv(folder / "visits.csv", index=False)
    units = {"admin_code": HOSTILE[:2], "name": HOSTILE[2:4], "level": 1}
    boxes = [shapely.box(499_000, -500, 501_000, 500), shapely.box(501_000, -500, 504_000, 500)]
    gpd.GeoDataFrame(units, geometry=boxes, crs=32630).to_file(folder / "units.gpkg")
    places = {
        "project_id": HOSTILE,
        "location_id": HOSTILE,
        "title": HOSTILE,
        "is_point": True,
        "start_date": "2021-03-01",
    }
    middles = [square.centroid for square in squares]
    gpd.GeoDataFrame(places, geometry=middles, crs=32630).to_file(folder / "projects.gpkg")
    (folder / "scheme.toml").write_text(
        'name = "{{ 7*7 }}"\nsource = "<b>x</b>"\nverified = false\n[[criterion]]\ncolumn = "hazard_area_m2"\n'
        'label = "${window.pwned=1}"\nlow = 0\nhigh = 50000\nweight = 1\nfrom = { measure = "area" }\n',
        encoding="utf-8",
    )
    inputs = "".join(
        f'[inputs.{name}]\npath = "{file}"\n'
        for name, file in [("events", "events.gpkg"), ("follow_ups", "visits.csv"), ("admin_areas", "units.gpkg"),
                           ("projects", "projects.gpkg")]
    )  # fmt: skip
    (folder / "p.toml").write_text(
        f'[programme]\nname = "{{{{ 7*7 }}}} <img src=x onerror=window.pwned=1>"\nas_of = 2025-12-31\n{inputs}'
        '[balance]\nstart = 2020-01-01\nend = 2022-12-31\nby = "area_id"\n[priority]\nscheme = "scheme.toml"\n',
        encoding="utf-8",
    )
    return lr.run(folder / "p.toml", out=folder / "out")


def opened(browser: Any, path: Path, width: int) -> tuple[Any, list[str], list[str]]:
    page = browser.new_context(viewport={"width": width, "height": 850}, offline=True).new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return page, said, asked


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("product", ["map", "priority_map", "report"])
def test_pages_are_whole_and_quiet(browser: Any, products: lr.Products, product: str, width: int) -> None:
    path = getattr(products, product)
    page, said, asked = opened(browser, path, width)
    if product != "report":
        page.wait_for_selector("body.lr-ready")
        page.wait_for_function("document.querySelector('canvas.leaflet-tile-loaded')")
    text = page.inner_text("body")
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert page.evaluate("window.pwned") is None
    assert "{{ 7*7 }}" in text
    assert "49 <img" not in text
    assert "no record is not evidence of no contamination" in text.lower()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.context.close()


def test_the_report_shows_every_name_as_it_is(browser: Any, products: lr.Products) -> None:
    page, _, _ = opened(browser, products.report, 1280)
    text = page.inner_text("body")
    for name in HOSTILE:
        assert name in text
    page.context.close()
