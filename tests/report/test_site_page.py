"""The document for a site: what it says, what it never says, and how it opens and prints."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from opened import SIZES, Opened, assert_report_is_usable
from shapely import LineString, MultiPoint, Point, box

from landrelease.errors import OptionError
from landrelease.registry.site import SiteCheck, check_site
from landrelease.report.site.page import write_site_report

PLANE = "+proj=tmerc +lat_0=10 +lon_0=20 +k=1 +datum=WGS84 +units=m +no_defs"
HOSTILE = ["<img src=x onerror=window.pwned=1>", "</style><script>window.pwned=1</script>", "{{ 7*7 }} ${x} `t`",
           "=HYPERLINK(1)", "حقل الألغام القديم", "Averylongnamewithoutanyspace" * 6]  # fmt: skip


def hostile(number: int) -> str:
    return f"{HOSTILE[number % len(HOSTILE)]} {number}"


class FakeRegistry:
    """Hazards, releases, accidents and rows set aside along a road, every text of them hostile."""

    head = "ab" * 32

    def __init__(self, size: int) -> None:
        self.size = size

    def events(self) -> gpd.GeoDataFrame:
        rows: list[dict[str, Any]] = []
        for i in range(self.size):
            square, name = box(500 * i, -100, 500 * i + 200, 100), hostile(i)
            more = {"area_id": name, "operator": hostile(i + 1), "donor": "Donor X", "accuracy_m": 5.0 + i}
            kinds = ["confirmed", *(["cleared"] if i % 3 else []), *(["accident"] if i % 4 == 1 else []),
                     *(["noted"] if i % 5 == 0 else [])]  # fmt: skip
            for kind in kinds:
                half = box(500 * i, -100, 500 * i + 100, 100)
                shape = {"cleared": half if i % 3 == 1 else None, "accident": Point(500 * i + 20, 10)}.get(kind, square)
                day = {"confirmed": "2015-01-01", "cleared": "2018-05-06"}.get(kind, "2019-02-03")
                rows.append({"event_id": f"{name}:{kind}", "event": kind, "event_date": day, "geometry": shape,
                             "depth_m": 0.2, "ap_mine_count": 3, **more})  # fmt: skip
        frame = pd.DataFrame(rows).drop(columns="geometry")
        frame["event_date"] = pd.to_datetime(frame["event_date"])
        return gpd.GeoDataFrame(frame, geometry=[row["geometry"] for row in rows], crs=PLANE)

    def quarantine(self) -> gpd.GeoDataFrame:
        rows = {"event_id": HOSTILE[:2], "area_id": HOSTILE[:2], "event": ["confirmed", "golf"], "reason": HOSTILE[:2],
                "source": HOSTILE[:2], "batch_id": 1, "row": 0}  # fmt: skip
        return gpd.GeoDataFrame(rows, geometry=[Point(250, 40), None], crs=PLANE)

    def conflicts(self) -> gpd.GeoDataFrame:
        return self.quarantine().iloc[:0]


def checked(size: int, site: Any = None, buffer_m: float = 150.0) -> SiteCheck:
    road = site or LineString([(-200, 20), (500 * size, 20)])
    given = gpd.GeoSeries([road], crs=PLANE)
    return check_site(FakeRegistry(size), given, buffer_m=buffer_m, as_of="2025-12-31")


def written(check: SiteCheck, folder: Path, **options: Any) -> tuple[str, str, pd.DataFrame]:
    """The page, its text without tags, and the records beside it."""
    inputs = [{"name": "Site", "path": HOSTILE[0], "sha256": "cd" * 32}, {"name": "Registry", "path": "r.gpkg"}]
    path = write_site_report(check, folder / "site.html", inputs=inputs, version="1.2.3", **options)
    page = path.read_text(encoding="utf-8")
    text = re.sub(r"\s+", " ", re.sub("<[^>]*>", "", page.split("</head>")[1]))
    return page, text, pd.read_csv(path.with_suffix(".csv"), dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def long_page(tmp_path_factory: pytest.TempPathFactory) -> tuple[SiteCheck, Path]:
    check = checked(40)
    path = tmp_path_factory.mktemp("long") / "site.html"
    write_site_report(check, path, title=HOSTILE[0], inputs=[{"name": "Site", "path": HOSTILE[1]}], version="1.2.3")
    return check, path


def test_the_page_says_the_answer_and_where_it_comes_from(tmp_path: Path) -> None:
    check = checked(3)
    page, text, _ = written(check, tmp_path, title="Road 7")
    for said in (
        *("Road 7", "Recorded hazard", "For internal use", "No record is not evidence of no contamination"),
        *("ab" * 32, "cd" * 32, "1.2.3", "31 December 2025", "150 m", "cleared to 0.2 m", "3 anti-personnel mines"),
        *("Hazardous land: 2", "Releases: 2", "ALERT: ", "Not on record here: records that disagree."),
    ):
        assert said in text, said
    assert "Donor X" not in page
    assert not re.search(r"https?://", page)


@pytest.mark.parametrize("size", [0, 1, 3, 40])
def test_no_page_says_that_land_is_without_danger(tmp_path: Path, size: int) -> None:
    """Neither word stands anywhere in the file, in its styles or in its records, whatever the answer is."""
    sites = [None, Point(0, 90_000), box(0, 90_000, 50, 90_050)] if size else [Point(0, 90_000)]
    for site in sites:
        check = checked(max(size, 1), site) if size else check_site(
            FakeRegistry(1).events().iloc[:0], gpd.GeoSeries([Point(500, 0)], crs=PLANE), buffer_m=0, as_of="2025-12-31"
        )  # fmt: skip
        page, text, _ = written(check, tmp_path)
        assert not re.search(r"\b(clear|safe)\b", page, re.IGNORECASE)
        assert check.sentences[-1] in text
        assert (check.answer_code == "no_record") == ("No record " in text.split("No record is not")[0])


def test_long_lists_are_shortened_with_their_count_and_whole_beside_the_page(
    long_page: tuple[SiteCheck, Path],
) -> None:
    check, path = long_page
    text = re.sub("<[^>]*>", "", path.read_text(encoding="utf-8"))
    records = pd.read_csv(path.with_suffix(".csv"), dtype=str, keep_default_na=False)
    assert len(check.hazards) == 27
    assert "Hazardous land: the nearest 12 of 27; all are in site.csv" in text
    counts = records["list"].value_counts().to_dict()
    expected = {
        name: len(getattr(check, name)) for name in ("hazards", "releases", "accidents", "other", "quarantined")
    }
    assert counts == {name: count for name, count in expected.items() if count}
    assert not records.stack().str.startswith("=").any()


def drawing(page: str, number: int) -> ElementTree.Element:
    found = re.findall(r'(?:srcset|src)="data:image/svg\+xml;base64,([^"]+)"', page)
    assert len(found) == 2
    return ElementTree.fromstring(base64.b64decode(found[number]).decode())


def test_the_drawing_is_true_to_scale(tmp_path: Path) -> None:
    """The hazard of 100 m x 200 m beside the road has the size that the scale bar says."""
    page, _, _ = written(checked(2, LineString([(300, 20), (900, 20)])), tmp_path)
    for number in (0, 1):
        svg = drawing(page, number)
        name = "{http://www.w3.org/2000/svg}"
        bar = next(path for path in svg.iter(f"{name}path") if re.fullmatch(r"M12 .*v5h.*v-5", path.get("d", "")))
        pixels = float(re.search(r"h([\d.]+)v-5", bar.get("d", "")).group(1))  # type: ignore[union-attr]
        label = next(text.text for text in svg.iter(f"{name}text") if text.get("x") == "14")
        metre = pixels / float(label.removesuffix(" m"))  # type: ignore[union-attr]
        hazard = next(path for path in svg.iter(f"{name}path") if path.get("stroke-dasharray") == "7 4")
        xy = np.array([one.split() for one in re.findall(r"[\d.]+ [\d.]+", hazard.get("d", ""))], dtype=float)
        assert np.ptp(xy, axis=0) / metre == pytest.approx([100, 200], abs=3)
        assert {text.text for text in svg.iter(f"{name}text")} >= {"1", "N"}


@pytest.mark.parametrize("site", [Point(550, 50), MultiPoint([(500, 0), (590, 40)]), box(0, 0, 300, 3000)])
def test_any_kind_of_site_is_drawn(tmp_path: Path, site: Any) -> None:
    page, _, _ = written(checked(2, site, 0.0), tmp_path)
    assert len(list(drawing(page, 0))) > 5


def test_a_path_that_can_not_be_a_page(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="is a folder"):
        write_site_report(checked(1), tmp_path)
    with pytest.raises(OptionError, match=r"site\.html"):
        write_site_report(checked(1), tmp_path / "site.csv")


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_it_is_read_used_by_keys_and_printed(
    browser: Any, axe: Any, long_page: tuple[SiteCheck, Path], size: tuple[int, int]
) -> None:
    text = assert_report_is_usable(browser, axe, long_page[1], size)
    for name in HOSTILE[:3]:
        assert name in text


@pytest.mark.browser
def test_each_width_has_its_own_drawing(browser: Any, long_page: tuple[SiteCheck, Path]) -> None:
    opened = Opened(browser, long_page[1])
    for width, drawn in ((1280, 900), (390, 380)):
        opened.page.set_viewport_size({"width": width, "height": 844})
        opened.until(f"[...document.images].every((one) => one.complete && one.naturalWidth === {drawn})")
        assert opened.page.evaluate("document.images.length") == 1
    opened.clean()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("size", [1, 6])
def test_prints_on_two_pages_of_a4(browser: Any, tmp_path: Path, size: int, width: int) -> None:
    path = write_site_report(checked(size), tmp_path / "site.html", title="Road 7", version="1.2.3")
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(path.as_uri())
    pdf = page.pdf(path=tmp_path / "site.pdf", prefer_css_page_size=True, tagged=False)
    page.close()
    (sides,) = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", pdf)}
    assert (sides[2] - sides[0], sides[3] - sides[1]) == pytest.approx((595.3, 841.9), abs=1.0)  # 210 x 297 mm
    assert len(re.findall(rb"/Type /Page\b", pdf)) <= 2
