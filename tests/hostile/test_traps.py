"""Calls of the libraries below that give a wrong answer without a word: our functions that lean on them do not.

The numbers in brackets are those of the catalogue of failures.
"""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from landrelease import (
    CRSError,
    DataError,
    assign_admin,
    check_site,
    compare_exports,
    conflicts_on,
    criteria_table,
    land_balance,
    match_nearby,
    match_overlap,
    match_projects,
    match_raster,
    read_coordinates,
    read_scheme,
    releases_from,
    status_on,
    traverse,
)
from landrelease.geometry import geodesic_area_m2, polygonal, require_same_crs, to_crs
from landrelease.registry.store import Registry
from landrelease.report import put_csv, put_geopackage

UTM, EAST, NORTH = 32624, 500_000.0, 4_880_000.0
DAY = "2024-12-31"


def square(x: float, y: float = 0, width: float = 1, height: float = 1):
    """Return a rectangle in units of 100 m."""
    return shapely.box(EAST + 100 * x, NORTH + 100 * y, EAST + 100 * (x + width), NORTH + 100 * (y + height))


def frame(shapes, crs=UTM, **columns):
    columns = {name: pd.Series(cells, dtype="str") for name, cells in columns.items()}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def events_of(*rows, crs=UTM):
    """Return events from (area_id, event, year, shape)."""
    areas, kinds, years, shapes = zip(*rows, strict=True)
    ids = [f"E{number:03}" for number in range(len(rows))]
    days = pd.to_datetime([f"{year}-01-01" for year in years])
    return frame(shapes, crs, event_id=ids, area_id=areas, event=kinds).assign(event_date=days)


def hazard_m2(events) -> float:
    areas = status_on(events, DAY)
    return float(areas["area_m2"].sum())


AREAS = frame([square(0)], area_id=["A"], hazard_class=["CHA"], status=["open"])
DEGREES = to_crs(frame([square(0)], land_use_id=["L"], use_code=["grazing"], admin_code=["U"], name=["U"]), 4326)


@pytest.mark.parametrize(
    "call",
    [
        lambda areas, layer: match_overlap(areas, layer, by="use_code"),
        lambda areas, layer: match_nearby(areas, layer, within_m=10),
        lambda areas, layer: assign_admin(areas, layer),
        lambda areas, layer: match_projects(
            areas.rename(columns={"area_id": "release_id"}).assign(release_date=pd.NaT),
            layer.rename(columns={"land_use_id": "location_id"}).assign(project_id="P", is_point=True),
            within_m=10,
            months_before=12,
            months_after=12,
        ),
        lambda areas, layer: require_same_crs(areas, layer, "areas", "layer"),
    ],
    ids=["match_overlap", "match_nearby", "assign_admin", "match_projects", "require_same_crs"],
)
@pytest.mark.parametrize("crs", [4326, None])
def test_two_reference_systems_are_refused_not_read_as_nothing_there(call, crs):
    """(17, 18) sjoin and overlay give 0 rows and a warning."""
    layer = DEGREES if crs else DEGREES.set_crs(None, allow_override=True)
    with pytest.raises(CRSError):
        call(AREAS, layer)


def test_a_layer_of_a_ranking_in_another_system_is_moved():
    """(17)"""
    accidents = frame([square(0).centroid], accident_id=["1"]).assign(accident_date=pd.Timestamp("2024-01-01"))
    scheme = read_scheme("community-first")
    here, there = (
        criteria_table(AREAS, scheme, layers={"accidents": to_crs(accidents, crs)}, as_of=DAY) for crs in (UTM, 4326)
    )
    counted = [name for name in here if "accident" in name]
    assert (here[counted] > 0).all().all()
    pd.testing.assert_frame_equal(here[counted], there[counted])
    layer = accidents.set_crs(None, allow_override=True)
    with pytest.raises(CRSError):
        criteria_table(AREAS, scheme, layers={"accidents": layer}, as_of=DAY)


def test_a_site_in_another_system_is_moved_and_one_without_is_refused():
    """(17)"""
    events = events_of(("A", "confirmed", 2015, square(0)))
    site = frame([square(0.4, 0.4, 0.1, 0.1)])
    for crs in (UTM, 4326, 3857):
        assert check_site(events, to_crs(site, crs), buffer_m=0).answer_code == "recorded_hazard"
    with pytest.raises(CRSError):
        check_site(events, site.set_crs(None, allow_override=True), buffer_m=0)


def test_exports_in_two_systems_are_compared_where_they_lie():
    """(17)"""
    assert not len(compare_exports(AREAS, to_crs(AREAS, 4326)))
    with pytest.raises(CRSError):
        compare_exports(AREAS, AREAS.set_crs(None, allow_override=True))


def test_imports_in_two_systems_meet_on_the_ground(tmp_path):
    """(17) A release in degrees of a hazard in metres."""
    hazard = events_of(("A", "confirmed", 2015, square(0)))
    release = to_crs(events_of(("A", "cleared", 2016, square(0, 0, 0.5))).assign(event_id="R"), 4326)
    with Registry(tmp_path / "registry.gpkg") as registry:
        registry.import_events(hazard, source="one")
        registry.import_events(release, source="one")
        with pytest.raises(CRSError):
            registry.import_events(hazard.set_crs(None, allow_override=True), source="one")
        assert status_on(registry.events(), DAY)["area_m2"].iloc[0] == pytest.approx(5000, rel=1e-3)


def test_long_edges_stay_where_they_are():
    """(19) An edge of 1 degree at 48.5 degrees north, which is not straight on another map."""
    degrees = frame([shapely.box(36.0, 48.5, 37.0, 48.6)], 4326)
    there = to_crs(degrees, 32637)
    back = to_crs(there, 4326).geometry[0]
    assert shapely.area(shapely.symmetric_difference(back, degrees.geometry[0])) < 1e-6 * degrees.geometry[0].area
    assert geodesic_area_m2(there) == pytest.approx(geodesic_area_m2(degrees), rel=1e-7)


@pytest.mark.parametrize("latitude", [11.0, 48.5])
@pytest.mark.parametrize("crs", [3857, 32648, 32647, 4326])
def test_land_is_as_large_in_any_map(latitude, crs):
    """(64) In 3857 it would be 5 % more at 11 degrees north, and 128 % more at 48.5; the sphere is the oracle here."""
    west, south, east, north = 104.9, latitude, 104.91, latitude + 0.01
    e2, a = 0.00669437999014, 6378137.0

    def strip(lat):
        sine = np.sin(np.radians(lat))
        root = np.sqrt(e2)
        return (
            a**2
            * (1 - e2)
            / 2
            * (sine / (1 - e2 * sine**2) + np.log((1 + root * sine) / (1 - root * sine)) / (2 * root))
        )

    exact = np.radians(east - west) * (strip(north) - strip(south))
    area = geodesic_area_m2(to_crs(frame([shapely.box(west, south, east, north)], 4326), crs))[0]
    assert area == pytest.approx(exact, rel=1e-6)


def test_overlays_that_leave_lines_and_points_are_land_again():
    """(54) The next overlay of a collection raises."""
    land = shapely.difference(square(0, 0, 2, 1), square(1, 1, 1, 1))
    mixed = shapely.GeometryCollection([land, shapely.LineString([(0, 0), (1, 1)]), shapely.Point(5, 5)])
    assert polygonal(np.array([mixed]))[0].area == pytest.approx(20_000)
    touching = [("A", "confirmed", 2010, square(0, 0, 2, 2)), ("A", "reduced", 2011, square(2, 0, 1, 1)),
                ("A", "reduced", 2012, square(2, 2, 1, 1)), ("A", "cleared", 2013, square(0, 0, 1, 2)),
                ("A", "cleared", 2014, square(-1, 0, 1, 3)), ("A", "cleared", 2015, square(1, 1, 1, 1))]  # fmt: skip
    assert hazard_m2(events_of(*touching)) == pytest.approx(10_000, rel=1e-3)


def test_land_that_only_touches_is_in_no_conflict():
    """(55) A predicate says that what an overlay left still overlaps its neighbour."""
    random = np.random.default_rng(3)
    rows = []
    for number in range(30):
        slant = shapely.Polygon(
            [(EAST, NORTH), (EAST + 97.3, NORTH + random.random() * 90), (EAST + 61.7, NORTH + 133.1)]
        )
        whole = square(-0.5, -0.5, 2, 2)
        at = [shapely.affinity.translate(one, 1000 * number, 0) for one in (slant, shapely.difference(whole, slant))]
        rows += [(f"S{number}", "confirmed", 2010, at[0]), (f"R{number}", "confirmed", 2010, at[1]),
                 (f"R{number}", "cleared", 2012, at[1])]  # fmt: skip
    events = events_of(*rows)
    assert not len(conflicts_on(events, DAY))
    released = releases_from(events, end=DAY)
    assert released["area_m2"].to_numpy() == pytest.approx(released["gross_m2"].to_numpy(), rel=1e-6)


def test_land_that_two_records_hold_is_counted_once():
    """(56, 62) union_all(method="coverage") and dissolve(aggfunc="sum") count it twice."""
    events = events_of(("A", "confirmed", 2015, square(0)), ("B", "confirmed", 2015, square(0.5)))
    balance = land_balance(events, start="2014-01-01", end=DAY)
    assert balance["closing_m2"].iloc[-1] == pytest.approx(15_000, rel=1e-3)
    layer = frame([square(0, 0, 0.6), square(0.3, 0, 0.6)], land_use_id=["1", "2"], use_code=["grazing", "grazing"])
    shares = match_overlap(AREAS, layer, by="use_code").set_index("use_code")["overlap_share"]
    assert shares["grazing"] == pytest.approx(0.9)


def test_land_released_twice_is_released_once():
    """(62) Progress, completion and handover of one piece of land."""
    rows = [("A", "confirmed", 2010, square(0, 0, 2))]
    rows += [("A", kind, 2011 + i, square(0)) for i, kind in enumerate(["reduced", "cleared", "cleared"])]
    balance = land_balance(events_of(*rows), start="2009-01-01", end=DAY)
    flows = balance[["cancelled_m2", "reduced_m2", "cleared_m2"]].abs().sum()
    assert flows.sum() == pytest.approx(10_000, rel=1e-3)
    assert balance["closing_m2"].iloc[-1] == pytest.approx(10_000, rel=1e-3)


def test_a_place_known_to_78_m_is_met_within_78_m():
    """(33) Three decimals of a degree, which a map would draw as a point."""
    place = read_coordinates(pd.Series(["11.575, 104.920"]))
    assert place["accuracy_m"].iloc[0] == pytest.approx(np.hypot(0.0005 * 109_000, 0.0005 * 110_600), rel=0.05)
    events = events_of(("A", "confirmed", 2015, shapely.Point(EAST, NORTH))).assign(accuracy_m=78.0)
    near, far = (frame([shapely.Point(EAST + east, NORTH)]) for east in (70, 90))
    assert check_site(events, near, buffer_m=0).answer_code == "recorded_hazard"
    assert check_site(events, far, buffer_m=0).answer_code == "no_record"


def test_slivers_are_kept_where_they_are_land():
    """(57) A strip of half a metre is land; what a rounding leaves is none."""
    strip = events_of(("A", "confirmed", 2010, square(0)), ("A", "cleared", 2011, square(0, 0, 0.995)))
    assert hazard_m2(strip) == pytest.approx(50, rel=1e-3)
    rounding = events_of(("A", "confirmed", 2010, square(0)), ("A", "cleared", 2011, square(0, 0, 1 - 1e-7)))
    assert status_on(rounding, DAY)["status"].tolist() == ["released"]


def test_an_area_across_a_border_is_split_not_given_to_both():
    """(61) sjoin gives 10,000 m2 for 5,000."""
    units = frame([square(0, 0, 0.5), square(0.5, 0, 2)], admin_code=["W", "E"], name=["W", "E"])
    parts = assign_admin(AREAS, units)
    shares = parts.set_index("admin_code")["overlap_share"]
    assert shares[["W", "E"]].tolist() == pytest.approx([0.5, 0.5])
    assert parts["overlap_m2"].sum() == pytest.approx(geodesic_area_m2(AREAS)[0])


def test_what_nobody_knows_is_not_nought():
    """A sum over nothing known is 0.0 for pandas."""
    events = events_of(("A", "confirmed", 2015, None), ("B", "confirmed", 2015, shapely.Point(EAST, NORTH)))
    areas = status_on(events, DAY)
    assert areas["area_m2"].isna().all()
    assert areas["status"].tolist() == ["open", "open"]
    assert releases_from(events_of(("A", "cleared", 2015, None)), end=DAY)["area_m2"].isna().all()


def perimeter(**columns):
    corners = {"area_id": "A", "point_no": ["1", "2", "3", "4"]}
    return pd.DataFrame({**corners, **columns})


def test_points_are_taken_in_the_order_of_their_numbers():
    """(29) As text, point 10 comes after point 1, and 26,160 of 30,000 m2 are left."""
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    order = sorted(range(12), key=lambda number: str(number + 1))
    points = pd.DataFrame({"area_id": "A", "point_no": [str(i + 1) for i in order],
                           "latitude": [11.5 + 0.001 * np.cos(turn[i]) for i in order],
                           "longitude": [104.9 + 0.001 * np.sin(turn[i]) for i in order]})  # fmt: skip
    polygon = traverse(points).iloc[0]
    assert polygon["message"]
    circle = 12 / 2 * np.sin(np.pi / 6) * (0.001 * 110_600) * (0.001 * 109_100)
    assert geodesic_area_m2(gpd.GeoSeries([polygon.geometry], crs=4326))[0] == pytest.approx(circle, rel=0.01)


LEGS = {
    "latitude": [11.5, None, None, None],
    "longitude": [104.9, None, None, None],
    "distance_m": [None, 100, 100, 100],
}


@pytest.mark.parametrize(("bearings", "says"), [([None, 0, 90, 207], "misses its start"), ([None, 0, 90, 720], "")])
def test_a_perimeter_that_does_not_close_is_no_polygon(bearings, says):
    """(30) A slip of a bearing, closed by force, is 104 m wrong."""
    slip = perimeter(**LEGS, bearing_deg=bearings)
    result = traverse(slip, north="true").iloc[0]
    assert result.geometry is None
    assert says in result["message"]


def test_bearings_without_their_north_are_refused():
    """(32) Six degrees of declination are 52 m at 500 m."""
    with pytest.raises(ValueError, match="north"):
        traverse(perimeter(**LEGS, bearing_deg=[None, 0, 90, 180]))
    with pytest.raises(ValueError, match="declination"):
        traverse(perimeter(**LEGS, bearing_deg=[None, 0, 90, 180]), north="magnetic")


def grid(path, cells, *, crs=UTM, transform=None, nodata=None):
    cells = np.asarray(cells)
    place = {} if transform == "none" else {"transform": transform or from_origin(EAST, NORTH + 200, 100, 100)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(
            path, "w", driver="GTiff", width=cells.shape[1], height=cells.shape[0], count=1, dtype=cells.dtype, crs=crs,
            nodata=nodata, **place,
        ) as file:  # fmt: skip
            file.write(cells, 1)
    return path


FOUR = frame([square(0, 0, 2, 2)], area_id=["A"])


@pytest.mark.parametrize(
    ("cells", "options", "stat"),
    [
        (np.float32([[1, 2], [3, -9999]]), {}, "mean"),
        (np.float32([[1, 2], [3, -9999]]), {"nodata": -1}, "mean"),
        (np.int16([[1, 2], [3, -32768]]), {}, "sum"),
        (np.uint8([[10, 20], [10, 20]]), {"crs": None}, "shares"),
        (np.uint8([[10, 20], [10, 20]]), {"transform": "none"}, "shares"),
    ],
    ids=["fill not declared", "fill declared wrongly", "fill of a whole number", "no CRS", "no place"],
)
@pytest.mark.filterwarnings("ignore::landrelease.errors.DataWarning")
def test_grids_that_would_be_measured_wrongly_are_refused(tmp_path, cells, options, stat):
    """(96, 97, 102) A fill that nobody declared makes a mean of -2,930."""
    path = grid(tmp_path / "grid.tif", cells, **options)
    with pytest.raises((DataError, CRSError)):
        match_raster(FOUR, path, stat=stat)


def test_an_area_partly_off_the_grid_is_covered_in_part(tmp_path):
    """(99) What lies outside is unknown, not absent."""
    cells = grid(tmp_path / "grid.tif", np.uint8([[10, 10], [10, 10]]), nodata=0)
    wide = frame([square(0, 0, 4, 2)], area_id=["A"])
    result = match_raster(wide, cells, stat="shares", legend={10: "agriculture"})
    assert result["class_share"].tolist() == pytest.approx([0.5])
    assert result["covered_share"].tolist() == pytest.approx([0.5])


def test_no_class_between_two_classes_is_invented(tmp_path):
    """(103) A bilinear warp of 10 and 90 makes a class 50."""
    cells = grid(tmp_path / "grid.tif", np.uint8([[10, 90], [90, 10]]), nodata=0)
    result = match_raster(
        to_crs(FOUR, 4326), cells, stat="shares", legend={10: "agriculture", 90: "unknown", 50: "road"}
    )
    assert set(result["class_code"].dropna()) <= {10, 90}


@pytest.mark.filterwarnings("ignore::landrelease.errors.DataWarning")
def test_a_small_file_of_a_huge_grid_is_refused_before_it_is_read(tmp_path):
    """(105) 7 MB that are 298 GiB."""
    path = tmp_path / "sparse.tif"
    with rasterio.open(path, "w", driver="GTiff", width=400_000, height=400_000, count=1, dtype="float32", crs=UTM,
                       transform=from_origin(EAST - 1e6, NORTH + 1e6, 10, 10), SPARSE_OK="TRUE", TILED="YES",
                       blockxsize=16384, blockysize=16384, BIGTIFF="YES"):  # fmt: skip
        pass
    wide = frame([shapely.box(EAST - 9e5, NORTH - 2.9e6, EAST + 2.9e6, NORTH + 9e5)], area_id=["A"])
    with pytest.raises(DataError):
        match_raster(wide, path, stat="sum")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", '=HYPERLINK("http://x.example")'])
def test_text_that_a_spreadsheet_would_run_is_marked(tmp_path, text):
    """(80)"""
    put_csv(tmp_path / "table.csv", pd.DataFrame({"operator": [text, "plain"]}))
    back = pd.read_csv(tmp_path / "table.csv", keep_default_na=False, encoding="utf-8-sig")
    assert back["operator"].tolist()[0].startswith("'")


def test_long_names_are_written_whole_and_stay_apart(tmp_path):
    """(82) A Shapefile cuts 240 letters to 84, and the names of columns to 10."""
    long = "ភូមិអូរតាគុល" * 20
    table = frame([square(0)], area_id=[long], reported_area_m2=["1"], reported_area_ha=["2"])
    put_geopackage(tmp_path / "out.gpkg", {"areas": table})
    back = gpd.read_file(tmp_path / "out.gpkg")
    assert back["area_id"].tolist() == [long]
    assert {"reported_area_m2", "reported_area_ha"} <= set(back)


def test_a_million_vertices(tmp_path):
    """(53) A shape that is valid and large goes into the registry and out again whole."""
    turn = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    ring = np.column_stack([-37.7 + 0.01 * np.cos(turn), 44.1 + 0.01 * np.sin(turn)])
    events = events_of(("A", "confirmed", 2015, shapely.Polygon(ring)), crs=4326)
    with Registry(tmp_path / "registry.gpkg") as registry:
        assert registry.import_events(events, source="one").new_count == 1
        assert shapely.get_num_coordinates(registry.events().geometry[0]) == 1_000_001
