"""What visits, maps and rasters say of each release: dates, shares and the newest, by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely import box

from landrelease.errors import DataError, OptionError
from landrelease.match.legends import LandCover
from landrelease.outcomes.evidence import (
    COLUMNS,
    from_follow_ups,
    from_land_cover,
    from_land_use,
    match_follow_ups,
)
from landrelease.tables import RESULTS

UTM = 32630
X, Y = 500_000, 4_800_000
AS_OF = pd.Timestamp("2025-12-31")


def at(shape):
    return None if shape is None else shapely.transform(shape, lambda xy: xy * 10 + (X, Y))


def releases_of(*shapes, dates="2020-06-30", area_m2=10_000.0, **columns) -> gpd.GeoDataFrame:
    """Releases E0, E1, ... of areas A0, A1, ...; 100 units are 10,000 m2."""
    count = len(shapes)
    dates = [dates] * count if isinstance(dates, str) or dates is None else dates
    frame = {
        "release_id": pd.Series([f"E{i}" for i in range(count)], dtype="str"),
        "area_id": pd.Series([f"A{i}" for i in range(count)], dtype="str"),
        "release_date": pd.to_datetime(pd.Series(dates, dtype="object")),
        "area_m2": area_m2,
    }
    return gpd.GeoDataFrame({**frame, **columns}, geometry=[at(shape) for shape in shapes], crs=UTM)


SQUARE = box(0, 0, 10, 10)


def visits_of(*rows, columns=("release_id", "area_id", "visit_date", "use_code")) -> pd.DataFrame:
    visits = pd.DataFrame(rows, columns=list(columns)).assign(follow_up_id=[f"V{i}" for i in range(len(rows))])
    return visits.assign(visit_date=pd.to_datetime(visits["visit_date"]))


def map_of(*rows) -> gpd.GeoDataFrame:
    """Polygons of use: code, day, shape."""
    codes, days, shapes = zip(*rows, strict=True) if rows else ((), (), ())
    return gpd.GeoDataFrame(
        {"use_code": pd.Series(codes, dtype="str"), "observed_date": pd.to_datetime(pd.Series(days, dtype="object"))},
        geometry=[at(shape) for shape in shapes], crs=UTM,
    )  # fmt: skip


def told(found: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """Shares by release, use and day; what rounding left along an edge is left out."""
    assert list(found.columns)[:4] == COLUMNS
    kept = found[found["share"] > 1e-6]
    days = kept["evidence_date"].dt.strftime("%Y-%m-%d")
    return dict(zip(zip(kept["release_id"], kept["use_code"], days, strict=True), kept["share"], strict=True))


# which release a visit speaks of


def link(releases: pd.DataFrame, *rows, as_of=AS_OF) -> list[tuple[str | None, str]]:
    found = match_follow_ups(releases, visits_of(*rows), as_of=as_of)
    assert found["follow_up_id"].tolist() == [f"V{i}" for i in range(len(rows))]
    ids = found["release_id"].astype(object).where(found["release_id"].notna(), None)
    assert ((found["reason"] == "") == found["release_id"].notna()).all()
    return list(zip(ids, found["reason"], strict=True))


def test_a_visit_names_its_release():
    releases = releases_of(SQUARE, SQUARE)
    assert link(
        releases,
        ("E1", None, "2021-01-01", "grazing"),
        ("E0", None, "2020-06-30", "grazing"),  # on the day of the release
        ("E0", None, "2020-06-29", "grazing"),
        ("E9", None, "2021-01-01", "grazing"),
        ("E0", "A1", "2021-01-01", "none"),  # the release goes before the area
    ) == [
        ("E1", ""), ("E0", ""), (None, "the visit was before the release"), (None, "no release has that id"),
        ("E0", ""),
    ]  # fmt: skip


def test_a_visit_to_an_area_means_its_latest_earlier_release():
    releases = releases_of(SQUARE, SQUARE, SQUARE, dates=["2018-05-01", "2020-05-01", "2022-05-01"], area_id="A")
    assert link(
        releases,
        (None, "A", "2018-04-30", "grazing"),
        (None, "A", "2018-05-01", "grazing"),
        (None, "A", "2020-04-30", "grazing"),
        (None, "A", "2020-05-01", "grazing"),
        (None, "A", "2025-01-01", "grazing"),
        (None, "B", "2025-01-01", "grazing"),
        (None, None, "2025-01-01", "grazing"),
    ) == [
        (None, "no release of that area on or before the visit"), ("E0", ""), ("E0", ""), ("E1", ""), ("E2", ""),
        (None, "no release of that area on or before the visit"), (None, "the visit names no release and no area"),
    ]  # fmt: skip


def test_where_a_visit_could_mean_several_releases_it_means_none():
    same_day = releases_of(SQUARE, SQUARE, SQUARE, dates=["2018-05-01", "2020-05-01", "2020-05-01"], area_id="A")
    assert link(same_day, (None, "A", "2019-01-01", "none"), (None, "A", "2021-01-01", "none")) == [
        ("E0", ""), (None, "ambiguous: the area has several releases of that day"),
    ]  # fmt: skip
    half_dated = releases_of(SQUARE, SQUARE, dates=["2018-05-01", None], area_id="A")
    assert link(half_dated, (None, "A", "2019-01-01", "none")) == [
        (None, "ambiguous: the area has several releases, not all dated")
    ]
    # an undated release that is the only one is the one
    undated = releases_of(SQUARE, dates=None)
    assert link(undated, (None, "A0", "2019-01-01", "none"), ("E0", None, "2019-01-01", "none")) == [("E0", "")] * 2


def test_visits_that_can_not_be_used_say_why():
    releases = releases_of(SQUARE)
    assert link(
        releases,
        ("E0", None, None, "grazing"),
        ("E0", None, "2026-01-01", "grazing"),
        ("E0", None, "2025-12-31", "grazing"),
        ("E0", None, "2021-01-01", None),
        ("E0", None, "2021-01-01", "fallow"),
        (None, "A0", "2026-01-01", "grazing"),
    ) == [
        (None, "the visit has no date"),
        (None, "the visit is after the day of the assessment"),
        ("E0", ""),
        (None, "the visit says nothing of the use that can be read"),
        (None, "the visit says nothing of the use that can be read"),
        (None, "the visit is after the day of the assessment"),
    ]


@pytest.mark.parametrize(
    ("precision", "released", "visited", "is_linked"),
    [
        # a release of an unknown day of 2020 carries the last day of its period
        ("year", "2020-12-31", "2020-01-01", True),
        ("year", "2020-12-31", "2019-12-31", False),
        ("month", "2020-06-30", "2020-06-01", True),
        ("month", "2020-06-30", "2020-05-31", False),
        ("day", "2020-06-30", "2020-06-29", False),
        (None, "2020-06-30", "2020-06-29", False),
    ],
)
def test_a_named_release_of_unknown_day_may_be_visited_within_its_period(precision, released, visited, is_linked):
    releases = releases_of(SQUARE, dates=released, date_precision=precision)
    (found,) = link(releases, ("E0", None, visited, "grazing"))
    assert found == (("E0", "") if is_linked else (None, "the visit was before the release"))

    # by its area the same
    reason = "" if is_linked else "no release of that area on or before the visit"
    assert link(releases, (None, "A0", visited, "grazing")) == [("E0" if is_linked else None, reason)]


def test_where_the_order_of_a_visit_and_the_releases_is_not_known_the_visit_means_none():
    # E0 on a day of 2018, E1 some day in 2020, E2 some day in June 2022
    releases = releases_of(
        SQUARE, SQUARE, SQUARE, dates=["2018-05-01", "2020-12-31", "2022-06-30"], area_id="A",
        date_precision=["day", "year", "month"],
    )  # fmt: skip
    unknown = (None, "ambiguous: the order of the area's releases and the visit is not known")
    assert link(
        releases,
        (None, "A", "2019-12-31", "none"),
        (None, "A", "2020-01-01", "none"),  # E1 may have been yet to come
        (None, "A", "2020-12-30", "none"),
        (None, "A", "2020-12-31", "none"),
        (None, "A", "2022-05-31", "none"),
        (None, "A", "2022-06-15", "none"),
        (None, "A", "2022-07-01", "none"),
    ) == [("E0", ""), unknown, unknown, ("E1", ""), ("E1", ""), unknown, ("E2", "")]
    same_year = releases_of(
        SQUARE, SQUARE, dates=["2020-12-31", "2020-05-01"], area_id="A", date_precision=["year", "day"]
    )
    assert link(same_year, (None, "A", "2023-01-01", "none"), (None, "A", "2019-01-01", "none")) == [
        unknown, (None, "no release of that area on or before the visit"),
    ]  # fmt: skip


def test_a_year_that_is_written_as_its_first_day_is_that_year():
    releases = releases_of(SQUARE, dates="2020-01-01", date_precision="year")
    assert link(releases, ("E0", None, "2019-12-31", "none"), ("E0", None, "2020-01-01", "none")) == [
        (None, "the visit was before the release"), ("E0", ""),
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    released=st.lists(st.tuples(st.sampled_from("AB"), st.one_of(st.none(), st.integers(1, 9))), max_size=6),
    visited=st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 9)), min_size=1, max_size=6),
)
def test_any_visits_by_area_against_a_search(released, visited):
    releases = releases_of(*[SQUARE] * len(released), dates=[d and f"2020-01-0{d}" for _, d in released])
    releases["area_id"] = pd.Series([area for area, _ in released], dtype="str")
    expected = []
    for area, day in visited:
        own = [(d, f"E{i}") for i, (name, d) in enumerate(released) if name == area]
        dates = [d for d, _ in own]
        if len(own) > 1 and None in dates:
            expected.append((None, "ambiguous: the area has several releases, not all dated"))
            continue
        before = [(d or 0, name) for d, name in own if d is None or d <= day]
        latest = [name for d, name in before if d == max(before)[0]]
        if len(latest) == 1:
            expected.append((latest[0], ""))
        elif latest:
            expected.append((None, "ambiguous: the area has several releases of that day"))
        else:
            expected.append((None, "no release of that area on or before the visit"))
    assert link(releases, *[(None, area, f"2020-01-0{day}", "none") for area, day in visited]) == expected


def test_ids_that_are_numbers_and_codes_that_are_categories_are_read_as_text():
    releases = releases_of(SQUARE, SQUARE).assign(release_id=[1, 2], area_id=[11, 12])
    visits = visits_of((1, None, "2021-01-01", "none"), (None, 12, "2021-01-01", "grazing"))  # floats, with gaps
    visits = visits.astype({"use_code": "category"})
    assert match_follow_ups(releases, visits, as_of="2025-12-31")["release_id"].tolist() == ["1", "2"]


@pytest.mark.parametrize("as_of", [20251231, "31/12/2025", None, "soon"])
def test_the_day_of_the_assessment_must_be_a_date(as_of):
    with pytest.raises(OptionError, match="as_of must be a date such as"):
        match_follow_ups(releases_of(SQUARE), visits_of(), as_of=as_of)


def test_links_of_empty_tables_and_wrong_ones():
    found = match_follow_ups(releases_of(SQUARE), visits_of(), as_of=AS_OF)
    assert list(found.columns) == RESULTS["match_follow_ups"].names
    assert found.empty
    assert link(releases_of(), ("E0", None, "2021-01-01", "none")) == [(None, "no release has that id")]
    with pytest.raises(DataError, match="release_id"):
        match_follow_ups(releases_of(SQUARE).drop(columns="release_id"), visits_of(), as_of=AS_OF)
    with pytest.raises(DataError, match="follow_up_id"):
        match_follow_ups(releases_of(SQUARE), visits_of().drop(columns="follow_up_id"), as_of=AS_OF)


# what the latest visit saw

SAW = ("release_id", "visit_date", "use_code", "observed_share", "productive_area_m2")


@pytest.mark.parametrize(
    ("use", "seen", "productive_m2", "expected"),
    [
        ("grazing", None, None, {"grazing": 1.0}),
        ("none", None, None, {"none": 1.0}),
        ("grazing", 0.6, None, {"grazing": 0.6}),
        ("none", 0.6, None, {"none": 0.6}),
        ("grazing", None, 2_500, {"grazing": 0.25, "none": 0.75}),
        ("grazing", 0.6, 2_500, {"grazing": 0.25, "none": 0.35}),
        ("grazing", 0.2, 2_500, {"grazing": 0.2}),  # no more is used than was seen
        ("grazing", None, 99_999, {"grazing": 1.0}),  # no more than there is
        ("grazing", None, 0, {"none": 1.0}),
        ("none", None, 2_500, {"none": 1.0}),
        ("grazing", 0.0, None, {}),
        ("grazing", 1.7, None, {"grazing": 1.0}),
    ],
)
def test_what_a_visit_saw(use, seen, productive_m2, expected):
    visits = visits_of(("E0", "2021-01-01", use, seen, productive_m2), columns=SAW)
    found = from_follow_ups(releases_of(SQUARE), visits, as_of=AS_OF)
    assert told(found) == pytest.approx({("E0", name, "2021-01-01"): share for name, share in expected.items()})


def test_the_latest_visit_that_can_be_read_speaks():
    visits = visits_of(
        ("E0", None, "2023-01-01", "none"),
        ("E0", None, "2021-01-01", "grazing"),
        ("E0", None, "2024-01-01", None),  # went there, wrote nothing down
        ("E0", None, "2026-01-01", "grazing"),  # not yet
        ("E1", None, "2020-01-01", "grazing"),  # too early
    )
    found = from_follow_ups(releases_of(SQUARE, SQUARE), visits, as_of=AS_OF)
    assert told(found) == {("E0", "none", "2023-01-01"): 1.0}
    turned = from_follow_ups(releases_of(SQUARE, SQUARE), visits.iloc[::-1], as_of=AS_OF)
    assert told(turned) == told(found)


def test_no_visit_at_all():
    for visits in (visits_of(), visits_of(("E9", None, "2021-01-01", "none"))):
        assert told(from_follow_ups(releases_of(SQUARE), visits, as_of=AS_OF)) == {}


# what maps of use show


def test_maps_from_the_day_of_the_release_on_count():
    layer = map_of(
        ("grazing", "2020-06-30", box(0, 0, 2, 10)),
        ("housing", "2020-06-29", box(2, 0, 4, 10)),  # the day before
        ("road", "2025-12-31", box(4, 0, 5, 10)),
        ("forest", "2026-01-01", box(5, 0, 6, 10)),  # after the day of the assessment
        ("water", None, box(6, 0, 7, 10)),  # nobody knows when
        ("fallow", "2022-01-01", box(7, 0, 8, 10)),  # not a use code
        (None, "2022-01-01", box(8, 0, 9, 10)),
        ("none", "2022-01-01", box(9, 0, 9.5, 10)),  # seen unused
    )
    found = from_land_use(releases_of(SQUARE), layer, as_of=AS_OF)
    assert told(found) == pytest.approx(
        {
            ("E0", "grazing", "2020-06-30"): 0.2,
            ("E0", "road", "2025-12-31"): 0.1,
            ("E0", "none", "2022-01-01"): 0.05,
        },
        abs=1e-6,
    )


def test_each_release_has_its_own_first_day():
    layer = map_of(("grazing", "2019-01-01", box(0, 0, 10, 10)), ("housing", "2021-01-01", box(0, 0, 5, 10)))
    releases = releases_of(SQUARE, SQUARE, SQUARE, SQUARE, dates=["2018-01-01", "2020-01-01", "2022-01-01", None])
    found = from_land_use(releases, layer, as_of=AS_OF)
    assert told(found) == pytest.approx(
        {
            ("E0", "housing", "2021-01-01"): 0.5,  # the newer map on top
            ("E0", "grazing", "2019-01-01"): 0.5,
            ("E1", "housing", "2021-01-01"): 0.5,
        },
        abs=1e-6,
    )


def test_the_newest_map_wins_polygon_by_polygon_not_class_by_class():
    layer = map_of(
        ("grazing", "2022-01-01", box(0, 0, 10, 10)),  # all was pasture
        ("grazing", "2024-01-01", box(0, 0, 2, 10)),  # a fifth still is
        ("housing", "2024-01-01", box(2, 0, 6, 10)),  # two fifths were built on
    )
    for one in (layer, layer.iloc[::-1], layer.iloc[[1, 0, 2]]):
        assert told(from_land_use(releases_of(SQUARE), one, as_of=AS_OF)) == pytest.approx(
            {
                ("E0", "grazing", "2024-01-01"): 0.2,
                ("E0", "housing", "2024-01-01"): 0.4,
                ("E0", "grazing", "2022-01-01"): 0.4,
            },
            abs=1e-6,
        )


def test_within_one_map_overlapping_uses_share_the_land_also_where_there_is_an_older_map():
    layer = map_of(
        ("road", "2021-01-01", SQUARE),
        ("grazing", "2024-01-01", box(0, 0, 6, 10)),
        ("housing", "2024-01-01", box(4, 0, 8, 10)),
    )
    assert told(from_land_use(releases_of(SQUARE), layer, as_of=AS_OF)) == pytest.approx(
        {
            ("E0", "grazing", "2024-01-01"): 0.5,
            ("E0", "housing", "2024-01-01"): 0.3,
            ("E0", "road", "2021-01-01"): 0.2,
        },
        abs=1e-6,
    )


def test_a_neighbour_that_only_touches_lends_no_date():
    layer = map_of(("grazing", "2021-01-01", SQUARE), ("road", "2024-01-01", box(10, 0, 20, 10)))
    assert told(from_land_use(releases_of(SQUARE), layer, as_of=AS_OF)) == pytest.approx(
        {("E0", "grazing", "2021-01-01"): 1.0}, abs=1e-6
    )


def test_codes_of_a_map_may_be_categories_and_its_days_text():
    layer = map_of(("grazing", "2021-01-01", box(0, 0, 5, 10)), (None, "2021-01-01", box(5, 0, 6, 10)))
    layer["observed_date"] = layer["observed_date"].dt.strftime("%Y-%m-%d")
    found = from_land_use(releases_of(SQUARE), layer.astype({"use_code": "category"}), as_of=AS_OF)
    assert told(found) == pytest.approx({("E0", "grazing", "2021-01-01"): 0.5}, abs=1e-6)


def test_maps_and_releases_without_shapes_or_days_say_nothing():
    layer = map_of(("grazing", "2021-01-01", None), ("grazing", "2021-01-01", shapely.Polygon()))
    assert told(from_land_use(releases_of(SQUARE), layer, as_of=AS_OF)) == {}
    field = map_of(("grazing", "2021-01-01", SQUARE))
    assert told(from_land_use(releases_of(None, shapely.Polygon()), field, as_of=AS_OF)) == {}
    assert told(from_land_use(releases_of(), field, as_of=AS_OF)) == {}
    assert told(from_land_use(releases_of(SQUARE), map_of(), as_of=AS_OF)) == {}
    assert told(from_land_use(releases_of(SQUARE, dates=None), field, as_of=AS_OF)) == {}
    no_day = field.drop(columns="observed_date")
    assert told(from_land_use(releases_of(SQUARE), no_day, as_of=AS_OF)) == {}
    with pytest.raises(DataError, match="'land_use' has no column 'use_code'"):
        from_land_use(releases_of(SQUARE), field.drop(columns="use_code"), as_of=AS_OF)


cell = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 10), st.integers(1, 10))


@settings(max_examples=30, deadline=None)
@given(
    patches=st.lists(
        st.tuples(st.sampled_from(["grazing", "housing", "none"]), st.integers(2018, 2027), cell), max_size=6
    ),
    released=st.integers(2018, 2024),
)
def test_any_maps_against_a_count_of_cells(patches, released):
    rows, cells = [], []
    for code, year, (left, low, wide, high) in patches:
        rows.append((code, f"{year}-01-01", box(left, low, left + wide, low + high)))
        cells.append((code, year, {(x, y) for x in range(left, left + wide) for y in range(low, low + high)}))
    expected: dict[tuple[str, str, str], float] = {}
    for place in ((x, y) for x in range(10) for y in range(10)):
        here = [(year, code) for code, year, held in cells if place in held and released <= year <= 2025]
        newest = max((year for year, _ in here), default=None)
        codes = sorted({code for year, code in here if year == newest})
        for code in codes:
            key = ("E0", code, f"{newest}-01-01")
            expected[key] = expected.get(key, 0.0) + 0.01 / len(codes)
    found = from_land_use(releases_of(SQUARE, dates=f"{released}-01-01"), map_of(*rows), as_of=AS_OF)
    assert told(found) == pytest.approx(expected, abs=1e-6)


# what land cover shows


@pytest.fixture
def cover(tmp_path):
    def cover(cells, year, *, legend=None, left=0.0, name=""):
        """A raster of cells of 20 m from the south-west corner of the first release on."""
        cells = np.array(cells, dtype="uint8")
        path = tmp_path / f"cover_{year}{name}.tif"
        grid = from_origin(X + left * 10, Y + cells.shape[0] * 20, 20, 20)
        with rasterio.open(path, "w", driver="GTiff", width=cells.shape[1], height=cells.shape[0], count=1,
                           dtype="uint8", crs=UTM, nodata=0, transform=grid) as file:  # fmt: skip
            file.write(cells[np.newaxis])
        return LandCover(path, year, legend or {1: "agriculture", 2: "housing", 3: "unused", 4: "unknown", 5: "none"})

    return cover


ALL = np.ones((5, 5))


def test_a_legend_says_what_classes_mean_and_unknown_stays_unknown(cover):
    cells = np.zeros((5, 5))
    for column, code in enumerate((1, 2, 3, 4, 9)):  # 9 is in no legend
        cells[:, column] = code
    found = from_land_cover(releases_of(SQUARE), [cover(cells, 2021)], as_of=AS_OF)
    assert told(found) == pytest.approx(
        {("E0", code, "2021-12-31"): 0.2 for code in ("agriculture", "housing", "none")}, abs=1e-6
    )


def test_classes_of_one_use_are_one_and_nodata_is_nothing(cover):
    cells = np.zeros((5, 5))
    cells[:, :4] = (1, 2, 3, 5)
    found = from_land_cover(
        releases_of(SQUARE),
        [cover(cells, 2021, legend={1: "grazing", 2: "grazing", 3: "unused", 5: "none"})],
        as_of=AS_OF,
    )
    assert told(found) == pytest.approx(
        {("E0", "grazing", "2021-12-31"): 0.4, ("E0", "none", "2021-12-31"): 0.4}, abs=1e-6
    )


@pytest.mark.parametrize(
    ("released", "years", "expected"),
    [
        ("2020-01-01", [2020], None),  # the year of the release is not after it
        ("2020-12-31", [2021], 2021),
        ("2020-12-31", [2019, 2021, 2024, 2022], 2024),  # the latest
        ("2020-12-31", [2024, 2026], 2024),  # not yet
        ("2020-12-31", [2025], 2025),
        ("2024-12-31", [2019, 2021, 2024, 2022], None),
        (None, [2024], None),  # an undated release has no year after it
    ],
)
def test_the_year_of_the_land_cover(cover, released, years, expected):
    found = from_land_cover(releases_of(SQUARE, dates=released), [cover(ALL, year) for year in years], as_of=AS_OF)
    assert told(found) == pytest.approx({("E0", "agriculture", f"{expected}-12-31"): 1.0} if expected else {})


def test_land_cover_is_dated_by_the_last_day_of_its_year_and_that_must_have_come(cover):
    early = pd.Timestamp("2021-06-30")
    assert told(from_land_cover(releases_of(SQUARE, dates="2019-01-01"), [cover(ALL, 2021)], as_of=early)) == {}


def test_each_release_has_its_own_latest_year_and_an_older_raster_serves_where_the_newer_ends(cover):
    releases = releases_of(
        box(0, 0, 10, 10), box(20, 0, 30, 10), box(0, 0, 10, 10), dates=["2019-01-01"] * 2 + ["2022-06-01"]
    )
    wide = cover(np.full((5, 20), 2), 2021)
    narrow = cover(ALL, 2023)
    found = from_land_cover(releases, [wide, narrow], as_of=AS_OF)
    assert told(found) == pytest.approx(
        {
            ("E0", "agriculture", "2023-12-31"): 1.0,
            ("E1", "housing", "2021-12-31"): 1.0,
            ("E2", "agriculture", "2023-12-31"): 1.0,
        },
        abs=1e-6,
    )


def test_rasters_of_one_year_are_tiles(cover):
    tiles = [cover(ALL * 2, 2021, name="w"), cover(ALL, 2021, left=10, name="e")]
    releases = releases_of(box(5, 0, 15, 10), box(0, 0, 4, 4), box(12, 0, 14, 4))
    for given_tiles in (tiles, tiles[::-1]):
        assert told(from_land_cover(releases, given_tiles, as_of=AS_OF)) == pytest.approx(
            {
                ("E0", "housing", "2021-12-31"): 0.5,
                ("E0", "agriculture", "2021-12-31"): 0.5,
                ("E1", "housing", "2021-12-31"): 1.0,
                ("E2", "agriculture", "2021-12-31"): 1.0,
            },
            abs=1e-6,
        )


def test_land_that_two_tiles_of_a_year_show_counts_once(cover):
    cells = np.zeros((5, 5))
    cells[:, :] = 4  # unknown
    cells[:, 0] = 1
    tiles = [cover(cells, 2021, name="a"), cover(cells, 2021, name="b")]
    assert told(from_land_cover(releases_of(SQUARE), tiles, as_of=AS_OF)) == pytest.approx(
        {("E0", "agriculture", "2021-12-31"): 0.2}, abs=1e-6
    )


@pytest.mark.parametrize(
    ("newer", "older", "enough", "expected"),
    [
        # columns of five that each year shows
        (1, 5, 0.5, {("housing", "2021"): 1.0}),  # a sliver hides no full view
        (2, 5, 0.4, {("agriculture", "2023"): 0.4}),
        (3, 5, 0.5, {("agriculture", "2023"): 0.6}),
        (2, 1, 0.5, {("agriculture", "2023"): 0.4}),  # none shows enough: the one that shows most
        (1, 2, 0.5, {("housing", "2021"): 0.4}),
        (2, 2, 0.5, {("agriculture", "2023"): 0.4}),  # equal: the newer
        (0, 1, 0.5, {("housing", "2021"): 0.2}),
        (0, 0, 0.0, {}),
    ],
)
def test_the_year_that_shows_enough_of_a_release_decides(cover, newer, older, enough, expected):
    rasters = []
    for year, code, count in ((2023, 1, newer), (2021, 2, older)):
        cells = np.zeros((5, 5))
        cells[:, :count] = code
        rasters.append(cover(cells, year))
    found = told(from_land_cover(releases_of(SQUARE), rasters, as_of=AS_OF, enough=enough))
    assert found == pytest.approx({("E0", use, f"{year}-12-31"): share for (use, year), share in expected.items()})


def test_no_land_cover_at_all(cover):
    assert told(from_land_cover(releases_of(SQUARE), [], as_of=AS_OF)) == {}
    assert told(from_land_cover(releases_of(None), [cover(ALL, 2021)], as_of=AS_OF)) == {}
    assert told(from_land_cover(releases_of(), [cover(ALL, 2021)], as_of=AS_OF)) == {}
    assert told(from_land_cover(releases_of(box(500, 500, 510, 510)), [cover(ALL, 2021)], as_of=AS_OF)) == {}
