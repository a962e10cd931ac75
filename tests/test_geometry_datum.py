"""Datum shifts: which operation is taken, which are refused and with what, against the parameters of the register."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pyproj.network
import pytest
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.transformer import TransformerGroup

from landrelease import CRSError, find_problems, read
from landrelease import geometry as ours

GEOD = Geod(ellps="WGS84")


def at(crs: object, x: float, y: float) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"accident_id": ["1"]}, geometry=[shapely.Point(x, y)], crs=crs)


def shifted(lon: float, lat: float, major: float, flattening: float, shift: tuple[float, float, float]) -> list[float]:
    """Three parameters by hand: to geocentric coordinates, add, and back on WGS 84 (EPSG Guidance Note 7-2, 2.4.3)."""
    phi, lam = math.radians(lat), math.radians(lon)
    squared = flattening * (2 - flattening)
    nu = major / math.sqrt(1 - squared * math.sin(phi) ** 2)
    x = nu * math.cos(phi) * math.cos(lam) + shift[0]
    y = nu * math.cos(phi) * math.sin(lam) + shift[1]
    z = nu * (1 - squared) * math.sin(phi) + shift[2]
    flat = 1 / 298.257223563
    squared = flat * (2 - flat)
    phi = math.atan2(z, math.hypot(x, y) * (1 - squared))
    for _ in range(20):
        nu = 6_378_137.0 / math.sqrt(1 - squared * math.sin(phi) ** 2)
        phi = math.atan2(z + squared * nu * math.sin(phi), math.hypot(x, y))
    return [math.degrees(math.atan2(y, x)), math.degrees(phi)]


EVEREST = (6_377_276.345, 1 / 300.8017)
"""Everest 1830 (1937 Adjustment), EPSG:7015."""
THAILAND = (210.0, 814.0, 289.0)
"""Indian 1975 to WGS 84 (2), EPSG:1304. [m]"""
BANGKOK = (100.5, 13.7)


def test_operations_that_disagree_are_refused_with_all_that_is_needed_to_choose():
    with pytest.raises(CRSError) as caught:
        ours.check_crs(at(4240, *BANGKOK), "areas")
    first, *candidates, how, or_how = str(caught.value).splitlines()
    assert first == (
        "'areas': 2 operations from EPSG:4240 to EPSG:4326 are stated good to 10 m here, but they disagree by 188 m:"
    )
    assert candidates == [
        "  EPSG:1812 'Indian 1975 to WGS 84 (4)': 3 m, for Thailand - onshore",
        "  EPSG:1304 'Indian 1975 to WGS 84 (2)': 5 m, for Thailand - onshore plus offshore Gulf of Thailand; "
        "188 m from the first",
    ]
    assert "read(..., operation='EPSG:...')" in how
    assert "+towgs84=" in or_how


@pytest.mark.parametrize("name", ["EPSG:1304", "Indian 1975 to WGS 84 (2)"])
@pytest.mark.parametrize("epsg", [4240, 24047], ids=["degrees", "UTM"])
def test_a_declared_operation_is_the_one_that_is_used(tmp_path, name, epsg):
    x, y = Transformer.from_crs(4240, epsg, always_xy=True).transform(*BANGKOK)
    path = tmp_path / "accidents.csv"
    path.write_text(f"accident_id,lon,lat\n1,{x},{y}\n")
    with pytest.raises(CRSError, match=r"'accidents\.csv': 2 operations .* disagree by 188 m"):
        read(path, "accidents", crs=epsg)
    accidents = read(path, "accidents", crs=epsg, operation=name)
    true = shifted(*BANGKOK, *EVEREST, THAILAND)
    place = ours.to_crs(accidents, 4326).geometry.iloc[0]
    assert GEOD.inv(place.x, place.y, *true)[2] < 0.01
    assert ours.operation_to_wgs84(accidents)[:3] == ("Indian 1975 to WGS 84 (2)", "EPSG:1304", 5.0)
    # and back, but for what the ellipsoidal height takes with it
    back = ours.to_crs(ours.to_crs(accidents, 4326), accidents.crs).geometry.iloc[0]
    assert back.distance(accidents.geometry.iloc[0]) < (1e-2 if epsg == 24047 else 1e-7)
    told = find_problems(accidents, "accidents")
    assert told[["row", "rule"]].values.tolist() == [[-1, "R13"]]
    assert "EPSG:1304 'Indian 1975 to WGS 84 (2)' (5 m)" in told["message"].iloc[0]


def test_declared_parameters_are_taken_and_told():
    parameters = "+proj=longlat +a={} +rf=300.8017 +towgs84={},{},{}".format(EVEREST[0], *THAILAND)
    frame = at(parameters, *BANGKOK)
    ours.check_crs(frame, "accidents")
    place = ours.to_crs(frame, 4326).geometry.iloc[0]
    assert GEOD.inv(place.x, place.y, *shifted(*BANGKOK, *EVEREST, THAILAND))[2] < 0.01
    operation = ours.operation_to_wgs84(frame)
    assert math.isnan(operation.accuracy_m)
    assert operation.code is None
    assert "x=210 y=814 z=289" in operation.pipeline
    told = find_problems(frame, "accidents")
    assert told.loc[told["rule"] == "R13", "message"].str.contains("accuracy unknown").tolist() == [True]


@pytest.mark.parametrize(
    ("crs", "operation", "message"),
    [
        (4131, "EPSG:1304", r"'EPSG:1304' is no operation from EPSG:4131 to EPSG:4326\. There are:\n  EPSG:1542 "),
        (32648, "EPSG:1304", r"'EPSG:1304' is no operation from EPSG:32648 to EPSG:4326\. There is none\."),
        (4240, "Indian", "'Indian' is no operation from EPSG:4240"),
    ],
)
def test_an_operation_of_another_datum_can_not_be_declared(crs, operation, message):
    with pytest.raises(CRSError, match=message):
        ours.declared_crs(CRS.from_epsg(crs), operation)


def test_a_declared_operation_serves_its_place_only():
    """Declared for Viet Nam near 16 degrees north, and the data lie in Phnom Penh."""
    bound = ours.declared_crs(CRS.from_epsg(4131), "EPSG:1542")
    with pytest.raises(CRSError, match=r"'Indian 1960 to WGS 84 \(2\)' is meant for Vietnam.* lie at 104\.9 to 104\.9"):
        ours.check_crs(at(bound, 104.9, 11.6), "areas")
    assert ours.operation_to_wgs84(at(bound, 107.5, 16.4)).accuracy_m == 44


@pytest.mark.parametrize(
    ("epsg", "x", "y", "candidate"),
    [
        (4230, 44.3, 33.3, "EPSG:1135 'ED50 to WGS 84 (3)': accuracy unknown, for Iraq"),
        (4255, 63.0, 34.0, "EPSG:1246 'Herat North to WGS 84 (1)': accuracy unknown, for Afghanistan"),
        (4209, 28.0, -13.0, "'Arc 1950 to WGS 84 (8)': 41 m, for Zambia"),
        (4131, 104.9, 11.6, "declare it: read(..., operation='EPSG:...')"),
        (3148, 490_000.0, 1_282_000.0, "+towgs84="),
    ],
)
def test_what_is_known_of_the_place_is_told_with_the_refusal(epsg, x, y, candidate):
    with pytest.raises(CRSError, match=f"No operation from EPSG:{epsg} to EPSG:4326 is good to 10 m") as caught:
        ours.operation_to_wgs84(at(epsg, x, y))
    assert candidate in str(caught.value)


def test_a_renamed_datum_is_refused():
    wkt = (
        'GEOGCS["GCS_X",DATUM["D_Our_Own",SPHEROID["Everest",6377276.345,300.8017]],PRIMEM["Greenwich",0],'
        'UNIT["Degree",0.0174532925199433]]'
    )
    with pytest.raises(CRSError, match="No operation from GCS_X to EPSG:4326 is good to 10 m: none is known here"):
        ours.check_crs(at(wkt, 104.9, 11.6), "areas")


def test_an_operation_is_not_taken_to_the_other_side_of_the_earth():
    """The areas of some operations run over 180 degrees: they do not hold every longitude."""
    assert ours.operation_to_wgs84(at(4284, 37.0, 48.0)).accuracy_m == 3
    with pytest.raises(CRSError, match="is good to 10 m"):
        ours.operation_to_wgs84(at(4284, -100.0, 50.0))


def test_without_a_place_only_what_needs_none_is_taken():
    beyond = at(4240, 461.0, 13.7)
    with pytest.raises(CRSError, match="no coordinate lies within"):
        ours.check_crs(beyond, "areas")
    with pytest.raises(CRSError, match="the place of the data can not be told"):
        ours.to_crs(beyond, 4326)
    nothing = gpd.GeoDataFrame(geometry=[None, shapely.Point()], crs=4240)
    assert ours.check_crs(nothing, "areas").to_epsg() == 4240
    assert ours.to_crs(nothing, 4326).geometry.isna().tolist() == [True, False]


def test_a_grid_that_can_not_be_fetched_is_no_operation():
    """With its network on and nobody there, PROJ answers with infinity and no error."""
    before = pyproj.network.is_network_enabled()
    pyproj.network.set_network_enabled(True)
    try:
        first = TransformerGroup(4277, 4326, always_xy=True, allow_ballpark=False).transformers[0]
        if np.isfinite(first.transform(-1.05, 52.05)).all():
            pytest.skip("the grid is there")
        operation = ours.operation_to_wgs84(at(4277, -1.05, 52.05))
        place = ours.to_crs(at(4277, -1.05, 52.05), 4326).geometry.iloc[0]
    finally:
        pyproj.network.set_network_enabled(before)
    assert (operation.name, operation.accuracy_m) == ("OSGB36 to WGS 84 (6)", 2.0)
    assert np.isfinite([place.x, place.y]).all()


@pytest.mark.parametrize(("epsg", "y", "degrees"), [(32733, 1_280_000, "-78.6"), (32633, 9_000_000, "81.1")])
def test_the_wrong_half_of_the_earth_is_refused(epsg, y, degrees):
    with pytest.raises(CRSError, match=rf"EPSG:{epsg}, which puts it at {degrees} degrees north: no mined land"):
        ours.check_crs(at(epsg, 500_000, y), "areas")


@pytest.mark.parametrize(
    ("crs", "x", "y", "name", "accuracy_m"),
    [
        (4326, 18.0, 44.0, "no change of datum", 0),
        (32634, 500_000, 4_870_000, "no change of datum", 0),
        (3857, 2e6, 5e6, "no change of datum", 0),
        (25834, 500_000, 4_870_000, "ETRS89 to WGS 84 (1)", 1),
        (3906, 18.0, 44.0, "MGI 1901 to WGS 84 (4)", 1),
    ],
)
def test_operations_are_named_for_the_record(crs, x, y, name, accuracy_m):
    operation = ours.operation_to_wgs84(at(crs, x, y))
    assert (operation.name, operation.accuracy_m) == (name, accuracy_m)
    moved = ours.to_crs(at(crs, x, y), 4326).geometry.iloc[0]
    if crs != 4326:  # the pipeline that is told is the one that is used
        assert Transformer.from_pipeline(operation.pipeline).transform(x, y) == pytest.approx((moved.x, moved.y))
