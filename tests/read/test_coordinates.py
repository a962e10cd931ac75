"""Coordinates as they are written: what is read, where it lies by a second way of computing, and what is refused."""

from __future__ import annotations

import math
import random

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from landrelease import CRSError, OptionError
from landrelease.read.coordinates import read_coordinates

GEOD = Geod(ellps="WGS84")
KHMER, ARABIC, BENGALI, WIDE = "០១២៣៤៥៦៧៨៩", "٠١٢٣٤٥٦٧٨٩", "০১২৩৪৫৬৭৮৯", "０１２３４５６７８９"
PHNOM_PENH = (104.92, 11.575)
"""11 degrees 34 minutes 30 seconds north, 104 degrees 55 minutes 12 seconds east."""


def one(text: object, **options: object) -> pd.Series:
    """Read one text."""
    return read_coordinates(pd.Series([text], dtype="object"), **options).iloc[0]  # type: ignore[arg-type]


def place(text: object, **options: object) -> tuple[float, float]:
    row = one(text, **options)
    assert pd.isna(row["message"]), row["message"]
    return row.geometry.x, row.geometry.y


def in_digits(text: str, digits: str) -> str:
    return text.translate(str.maketrans("0123456789", digits))


SAME_PLACE = [
    "11.575, 104.92",
    "11.575,104.92",
    "11.575 104.92",
    "11.575; 104.92",
    "11.575/104.92",
    "(11.575, 104.92)",
    "[11.575\n104.92]",
    "+11.575 +104.92",
    "11,575 104,92",
    "11,575; 104,92",
    "11,575°N, 104,92°E",
    "11.575N 104.92E",
    "N11.575 E104.92",
    "n 11.575, e 104.92",
    "104.92E 11.575N",
    "E104.92 N11.575",
    "11.575 N E 104.92",
    "11.575° 104.92°",
    "lat: 11.575 lon: 104.92",
    "Lat=11.575, Long=104.92",
    "Longitude 104.92 Latitude 11.575",
    "latitude 11.575 N, longitude 104.92 E",
    "11.575 north, 104.92 east",
    "11,575 Nord 104,92 Est",
    "11,575 norte, 104,92 este",
    "11,575 с.ш. 104,92 в.д.",
    "11.575 пн.ш., 104.92 сх.д.",
    "11°34'30\"N 104°55'12\"E",
    "11°34'30''N, 104°55'12''E",
    "11º34’30”N 104º55’12”E",
    "11˚34′30″N 104˚55′12″E",
    "11°34´30˝N 104°55`12“E",
    "N11°34'30\" E104°55'12\"",
    "N 11 34 30 E 104 55 12",
    "11 34 30 N; 104 55 12 E",
    "11:34:30N 104:55:12E",
    "11-34-30N 104-55-12E",
    "11°34'30\" 104°55'12\"",
    "11°34.5'N 104°55.2'E",
    "11°34,5'N, 104°55,2'E",
    "11 34.5 N 104 55.2 E",
    "11 deg 34 min 30 sec N, 104 deg 55 min 12 sec E",
    "11 degrés 34 minutes 30 secondes Nord; 104 degrés 55 minutes 12 secondes Est",
    "11°34'30\"N\u200e \u200f104°55'12\"E\ufeff",
    "１１．５７５，　１０４．９２",
    "១១°៣៤′៣០″ជើង ១០៤°៥៥′១២″កើត",
    "١١٫٥٧٥، ١٠٤٫٩٢",
    "١١°٣٤′٣٠″ شمالاً ١٠٤°٥٥′١٢″ شرقاً",
    *(in_digits("11°34'30\"N 104°55'12\"E", digits) for digits in (KHMER, ARABIC, BENGALI, WIDE)),
]


@pytest.mark.parametrize("text", SAME_PLACE)
def test_every_way_to_write_a_place_is_the_same_place(text):
    row = one(text)
    assert (row.geometry.x, row.geometry.y) == pytest.approx(PHNOM_PENH, abs=1e-9), row["message"]
    assert row["as_written"] == text
    assert row["notation_code"] == ("dms" if any(mark in text for mark in ("3", "៣", "٣", "৩", "３")) else "decimal")


@pytest.mark.parametrize(
    ("text", "lon", "lat"),
    [
        ("11.575 S, 104.92 W", -104.92, -11.575),
        ("-11.575 -104.92", -104.92, -11.575),
        ("−11.575, –104.92", -104.92, -11.575),
        ("0°30'S 0°15'W", -0.25, -0.5),
        ("-0°30' -0°15'", -0.25, -0.5),
        ("12 Sud, 20 Ouest", -20.0, -12.0),
        ("12 sur; 20 oeste", -20.0, -12.0),
        ("90 N 180 E", 180.0, 90.0),
        ("0 N 20 E", 20.0, 0.0),
    ],
)
def test_south_and_west_are_negative(text, lon, lat):
    assert place(text) == pytest.approx((lon, lat), abs=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "nothing is written"),
        (float("nan"), "nothing is written"),
        (pd.NA, "nothing is written"),
        (pd.NaT, "nothing is written"),
        (" ", "nothing is written"),
        ("\u200b", "no pair"),
        (float("inf"), "'inf' is not understood"),
        (True, "'True' is not understood"),
        ("near the old bridge", "'near' is not understood"),
        ("11.575", "no pair"),
        ("11°34'30\"N", "no pair"),
        ("11 34 30 104 55 12", "no pair"),
        ("11.5, 104.9, 35", "no pair"),
        ("1" * 201, "too long"),
        ("11°60'N 104°E", "60 minutes"),
        ("36°10'75\"N 44°E", "75 seconds"),
        ("36 75 N 44 10 E", "75 minutes"),
        ("11.5°30'N 104°E", "decimals before its last part"),
        ("11°34.5'30\"N 104°E", "decimals before its last part"),
        ("-11.575 N, 104.92 E", "a sign beside its letter"),
        ("-11.575 S, 104.92 E", "a sign beside its letter"),
        ("+11.575 S, 104.92 E", "a sign beside its letter"),
        ("N 11.575 S, 104.92 E", "two directions"),
        ("lat 11.575 E, long 104.92 N", "two directions"),
        ("11.575 N, 104.92 N", "latitude twice"),
        ("11.575 E, 104.92 E", "longitude twice"),
        ("11.575 N, 104.92", "only one of its two numbers"),
        ("90.001 20", "not on the Earth"),
        ("104.92, 11.575", "swapped?"),
        ("10 180.5", "not on the Earth"),
        ("91 N 200 E", "not on the Earth"),
        ("0, 0", "missing coordinate"),
        ("48.5 N 18 O", "'O' is east"),
        ("11,104", "its comma can"),
        ("-11,104", "its comma can"),
        ("1.234,5", "its comma can"),
        ("11.567,104", "its comma can"),
        ("1,234.5", "its comma can"),
        ("11,5,104,9", "no pair"),
        ("11 34, 104 55", "declare notation='dms'"),
        ("11.5 - 104.9", "no pair"),
        ("11°34'30'N 104°55'12'E", "is no latitude or longitude"),
        (".5 .5", "is no latitude or longitude"),
        ("1e1 1e1", "is no latitude or longitude"),
        ("113430N 1045512E", "run together"),
        ("491250 1279500", "metres without a zone"),
        ("491250 1279500 12", "is no UTM coordinate"),
        ("48 P", "'P' is not understood"),
        ("48S 491250 1279500", "32 to 40 degrees north"),
        ("48O 491250 1279500", "'O' is no UTM band"),
        ("48Z 491250 1279500", "'Z' is no UTM band"),
        ("61P 491250 1279500", "is no UTM coordinate"),
        ("48Q 491250 1279500", "outside zone 48N and its band"),
        ("48N 491250 9900000", "outside zone 48N and its band"),
        ("48south 491250 900000", "outside zone 48S and its band"),
        ("48P 99999 1279500", "easting 99999 is not"),
        ("48P 1279500 491250", "easting 1279500 is not"),
        ("48P 491250 12795000", "northing 12795000 is not"),
        ("48P 491250 -1279500", "northing -1279500 is not"),
        ("48P 491250N 1279500N", "do not tell one easting and one northing"),
        ("48P 491250E 1279500", "do not tell one easting and one northing"),
        ("VU 912 795", "without its zone"),
        ("48P VU 912 79", "unequal digits"),
        ("48P VU 91279", "unequal digits"),
        ("48P VU 9127 95", "unequal digits"),
        ("48P VU 91 27 95", "needs 1 to 5 digits"),
        ("48P VU", "needs 1 to 5 digits"),
        ("48PVU123456123456", "needs 1 to 5 digits"),
        ("48P VU 9I2 79O", "a letter O, I or L"),
        ("48P IU 912 795", "is no MGRS reference"),
        ("61P VU 912 795", "is no MGRS reference"),
        ("48P AU 912 795", "square AU is not in 48P"),
        ("48X VU 912 795", "outside zone 48N and its band"),
    ],
)
def test_what_can_not_be_read_has_a_reason_and_no_geometry(text, message):
    row = one(text)
    assert message in row["message"]
    assert row.geometry is None
    assert pd.isna(row["notation_code"])
    assert pd.isna(row["accuracy_m"])


def test_a_row_outside_its_band_loses_only_itself():
    read = read_coordinates(pd.Series(["48Q 491250 1279500", "48P 491250 1279500"], index=["a", "b"]))
    assert read.index.tolist() == ["a", "b"]
    assert read.geometry.isna().tolist() == [True, False]
    assert read["notation_code"].isna().tolist() == [True, False]


# accuracy: half of the last place, by hand on a sphere of 111,320 m a degree


@pytest.mark.parametrize(
    ("text", "expected_m"),
    [
        ("0.001, 20.001", 0.0005 * 111_320 * math.sqrt(2)),  # the 78 m of three decimals
        ("0.1 20.1", 0.05 * 111_320 * math.sqrt(2)),
        ("60.001 20.001", 0.0005 * 111_320 * math.hypot(1, 0.5)),
        ("0°01'N 20°01'E", 111_320 / 120 * math.sqrt(2)),
        ("0°00'01\"N 20°00'01\"E", 111_320 / 7200 * math.sqrt(2)),
        ("0°01.5'N 20°01.5'E", 111_320 / 1200 * math.sqrt(2)),
        ("0.00001 20.1", 0.05 * 111_320),
        ("89.9999 20.9999", 0.00005 * 111_694),
        ("48P 491250 1279500", math.hypot(0.5, 0.5)),
        ("48P 491250.25 1279500.25", math.hypot(0.005, 0.005)),
        ("48P VU 9 7", 10_000),
        ("48P VU 91 79", 1_000),
        ("48P VU 912 795", 100),
        ("48P VU 9120 7950", 10),
        ("48P VU 91200 79500", 1),
    ],
)
def test_accuracy_comes_from_the_digits(text, expected_m):
    assert one(text)["accuracy_m"] == pytest.approx(expected_m, rel=0.01)


@pytest.mark.parametrize("text", ["11.566666666666666 104.91666666666667", "48P 491250.1234 1279500.1234"])
def test_digits_below_a_millimetre_were_computed_and_say_nothing(text):
    row = one(text)
    assert row.geometry is not None
    assert pd.isna(row["accuracy_m"])


def test_a_column_of_numbers_is_as_accurate_as_its_digits_at_worst():
    latitudes, longitudes = pd.Series([11.5, 11.0, np.nan, np.nan]), pd.Series([104.9, 104.0, 104.9, np.nan])
    read = read_coordinates(latitudes, longitudes=longitudes)
    assert read["accuracy_m"].round(-2).tolist()[:2] == [7800.0, 77800.0]
    assert read["as_written"].tolist()[:3] == ["11.5 ; 104.9", "11 ; 104", " ; 104.9"]
    assert read["message"].tolist()[2:] == ["only one of latitude and longitude is written", "nothing is written"]


# two columns


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [("11,575", "104,920"), ("11°34'30\"N", "104°55'12\"E"), ("11 34.5 N", "104 55.2 E"), (11.575, 104.92)],
)
def test_latitude_and_longitude_in_two_columns(latitude, longitude):
    read = read_coordinates(pd.Series([latitude]), longitudes=pd.Series([longitude]))
    assert (read.geometry.x[0], read.geometry.y[0]) == pytest.approx(PHNOM_PENH)


@pytest.mark.parametrize(
    ("latitude", "longitude", "message"),
    [
        ("104.92 E", "11.575 N", "contradict the columns"),
        ("1.234,5", "104", "its comma can"),
        ("11 34", "104 55", "declare notation='dms'"),
        ("11, 104", "104", "is no latitude or longitude"),
    ],
)
def test_columns_that_contradict_their_names_are_refused(latitude, longitude, message):
    read = read_coordinates(pd.Series([latitude]), longitudes=pd.Series([longitude]))
    assert message in read["message"][0]


# a notation that is declared


def test_plain_numbers_are_minutes_where_it_is_declared():
    assert place("11 34 30, 104 55 12", notation="dms") == pytest.approx(PHNOM_PENH)
    columns = read_coordinates(pd.Series(["11 34.5"]), longitudes=pd.Series(["104 55.2"]), notation="dms")
    assert (columns.geometry.x[0], columns.geometry.y[0]) == pytest.approx(PHNOM_PENH)


@pytest.mark.parametrize(
    ("text", "notation", "message"),
    [
        ("11.575 104.92", "dms", "is written as decimal, not as dms"),
        ("11°34'N 104°55'E", "decimal", "is written as dms, not as decimal"),
        ("11°34'N 104°55'E", "utm", "is no UTM coordinate"),
        ("11.575 104.92", "mgrs", "is no MGRS reference"),
        ("48P VU 912 795", "decimal", "not understood"),
    ],
)
def test_what_is_written_otherwise_than_declared_is_refused(text, notation, message):
    assert message in one(text, notation=notation)["message"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"notation": "utn"}, "did you mean 'utm'"),
        ({"utm_letter": "zone"}, "band, hemisphere"),
        ({"zone": "48"}, "zone must be"),
        ({"zone": "61P"}, "zone must be"),
        ({"zone": "48I"}, "zone must be"),
        ({"notation": "grid"}, "needs crs="),
        ({"notation": "grid", "crs": "EPSG:4326"}, "needs a projected CRS"),
        ({"notation": "grid", "crs": "EPSG:5513"}, "does not count eastings and northings"),
        ({"crs": "EPSG:99999"}, "no CRS that is known"),
        ({"crs": "EPSG:32648"}, "notation='grid'"),
        ({"crs": "EPSG:4807"}, "in degrees"),
        ({"notation": "mgrs", "crs": "EPSG:4289"}, "on WGS 84 alone"),
        ({"longitudes": pd.Series(["1"]), "notation": "utm"}, "takes one text a row"),
        ({"longitudes": pd.Series(["1"], index=[7])}, "on the index"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(OptionError, match=message.replace("?", r"\?").replace("(", r"\(")):
        read_coordinates(pd.Series(["11.5 104.9"]), **options)


# UTM, against the EPSG definitions


def utm_degrees(zone: int, easting: float, northing: float, *, is_south: bool = False) -> tuple[float, float]:
    code = (32700 if is_south else 32600) + zone
    return Transformer.from_crs(code, 4326, always_xy=True).transform(easting, northing)


@pytest.mark.parametrize(
    "text",
    [
        "48P 491250 1279500",
        "48p 491250,1279500",
        "48P491250 1279500",
        "48 P 0491250 1279500",
        "48P 491250; 1279500",
        "48P 491250mE 1279500mN",
        "48P 491250 m E 1279500 m N",
        "48P E 491250 N 1279500",
        "48P N1279500 E491250",
        "48P 1279500N 491250E",
        "48P Easting: 491250, Northing: 1279500",
        "UTM Zone 48P 491250 1279500",
        "UTM WGS84 48P 491250 1279500",
        "491250 1279500 48P",
        "491250E 1279500N zone 48P",
        "48N 491250 1279500",
        "48 north 491250 1279500",
        "48P 491250,0 1279500,0",
        in_digits("48P 491250 1279500", KHMER),
    ],
)
def test_utm_as_it_is_written(text):
    assert place(text) == pytest.approx(utm_degrees(48, 491_250, 1_279_500), abs=1e-9)


def test_the_letter_s_is_the_south_only_where_it_is_declared():
    text = "48S 491250 3900000"
    assert place(text, utm_letter="band") == pytest.approx(utm_degrees(48, 491_250, 3_900_000), abs=1e-9)
    south = utm_degrees(48, 491_250, 3_900_000, is_south=True)
    assert place(text, utm_letter="hemisphere") == pytest.approx(south, abs=1e-9)
    assert place("48south 491250 3900000") == pytest.approx(south, abs=1e-9)


def test_band_letters_of_the_south_are_the_south():
    assert place("34K 491250 7900000") == pytest.approx(utm_degrees(34, 491_250, 7_900_000, is_south=True), abs=1e-9)
    assert "outside zone" in one("48N 491250 1279500", utm_letter="band")["message"]  # band N ends at 8 degrees
    assert place("32X 491250 9200000") == pytest.approx(utm_degrees(32, 491_250, 9_200_000), abs=1e-9)


def test_a_zone_that_is_declared_serves_texts_without_one():
    expected = utm_degrees(48, 491_250, 1_279_500)
    assert place("491250 1279500", zone="48p") == pytest.approx(expected, abs=1e-9)
    assert place("491250 1279500", zone="48 north") == pytest.approx(expected, abs=1e-9)
    assert place("47P 491250 1279500", zone="48P") == pytest.approx(utm_degrees(47, 491_250, 1_279_500), abs=1e-9)
    assert "run together" in one("113430N 0345512E", zone="36N")["message"]
    assert "band S" in one("491250 1279500", zone="48S")["message"]


def test_groups_of_three_digits_in_metres_are_refused():
    for text in ("48P 491,250 1,279,500", "48P 491.250 1279.500"):
        assert "groups of three" in one(text, notation="utm")["message"]


# MGRS, against its own definition


@pytest.mark.parametrize(
    ("text", "lon", "lat"),
    [
        ("18SUJ2348306479", -(77 + 2 / 60 + 6.86 / 3600), 38 + 53 / 60 + 22.08 / 3600),  # the Washington Monument
        ("4QFJ 12345 67890", -157.916079, 21.409799),  # the example of the standard, in Hawaii
    ],
)
def test_mgrs_of_published_places(text, lon, lat):
    assert GEOD.inv(*place(text), lon, lat)[2] < 2


def test_mgrs_is_the_centre_of_its_square():
    """Zone 48 has columns S to Z from 100 km on and rows from F at the equator: VU begins at 400 km, 1,300 km."""
    centre = utm_degrees(48, 491_250, 1_379_550)
    for text in ("48PVU912795", "48P VU 912 795", "48p vu 912795", "48P, VU, 912, 795", in_digits("48PVU912795", WIDE)):
        assert place(text) == pytest.approx(centre, abs=1e-9)
    assert place("48PVU9120079500") == pytest.approx(utm_degrees(48, 491_200.5, 1_379_500.5), abs=1e-9)
    assert place("VU 912 795", zone="48P") == pytest.approx(centre, abs=1e-9)
    assert "WGS 84 alone" in one("48PVU912795", crs="EPSG:4289")["message"]


def mgrs_of(zone: int, lon: float, lat: float, digits: int) -> tuple[str, float, float]:
    """Write the MGRS reference of a place north of the equator, from the lettering of the standard."""
    transformer = Transformer.from_crs(4326, 32600 + zone, always_xy=True)
    easting, northing = transformer.transform(lon, lat)
    columns = ("STUVWXYZ", "ABCDEFGH", "JKLMNPQR")[zone % 3]
    rows = "ABCDEFGHJKLMNPQRSTUV" if zone % 2 else "FGHJKLMNPQRSTUVABCDE"
    square = columns[int(easting // 100_000) - 1] + rows[int(northing // 100_000) % 20]
    band = "NPQRSTUVWX"[int(lat // 8)]
    side = 10 ** (5 - digits)
    east, north = int(easting % 100_000) // side, int(northing % 100_000) // side
    return f"{zone}{band}{square}{east:0{digits}d}{north:0{digits}d}", easting, northing


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.floats(-2.5, 2.5), st.floats(0.5, 71.5), st.integers(2, 5))
def test_mgrs_comes_back_to_its_square(zone, off, lat, digits):
    lat = min(max(lat, lat // 8 * 8 + 0.02), lat // 8 * 8 + 7.98)
    lon = zone * 6 - 183 + off
    if zone in (31, 32) and 56 <= lat < 64:  # Norway has zones of its own
        return
    text, easting, northing = mgrs_of(zone, lon, lat, digits)
    row = one(text)
    x, y = Transformer.from_crs(4326, 32600 + zone, always_xy=True).transform(row.geometry.x, row.geometry.y)
    side = 10 ** (5 - digits)
    assert max(abs(x - easting), abs(y - northing)) <= side / 2 + 1e-3
    assert row["accuracy_m"] == pytest.approx(side)


# national grids and datums


def test_a_national_grid_is_placed_on_wgs84():
    """The tower of Amersfoort, origin of the Dutch grid: 155000, 463000 is 52.15517440, 5.38720621 in ETRS89."""
    for text in ("155000 463000", "155000,0; 463000,0", "E155000 N463000", "463000N 155000E"):
        row = one(text, notation="grid", crs="EPSG:28992")
        assert GEOD.inv(row.geometry.x, row.geometry.y, 5.38720621, 52.15517440)[2] < 1
        assert row["notation_code"] == "grid"


def test_degrees_on_another_datum_are_placed_on_wgs84():
    row = one("52°09'22.178\"N 5°23'15.500\"E", crs="EPSG:4289")
    assert GEOD.inv(row.geometry.x, row.geometry.y, 5.38720621, 52.15517440)[2] < 1
    assert place("31U 491250 5800000", crs="EPSG:4258") == pytest.approx(
        Transformer.from_crs(25831, 4326, always_xy=True).transform(491_250, 5_800_000), abs=1e-9
    )
    assert place("11.575 104.92", crs=CRS.from_epsg(4326)) == PHNOM_PENH


def test_a_grid_in_feet_has_its_accuracy_in_metres():
    row = one("2000000 500000", notation="grid", crs="EPSG:2264")  # North Carolina, US survey feet
    assert row["accuracy_m"] == pytest.approx(math.hypot(0.5, 0.5) * 0.3048, rel=1e-5)


@pytest.mark.parametrize("text", ["451000 1230000", "463000 155000", "0 0"])
def test_a_place_outside_its_grid_is_refused(text):
    assert (
        "outside the area that 'Amersfoort / RD New' is meant for"
        in one(text, notation="grid", crs="EPSG:28992")["message"]
    )


def test_text_that_is_no_grid_is_refused():
    assert one("bridge", notation="grid", crs="EPSG:28992")["message"] == "is no easting and northing"
    assert "groups of three" in one("155.000 463.000", notation="grid", crs="EPSG:28992")["message"]


def test_an_area_of_use_may_lie_across_the_antimeridian():
    row = one("1400000 5160000", notation="grid", crs="EPSG:2193")  # New Zealand: 160.6 E to 171.2 W
    assert row.geometry.x == pytest.approx(170.4, abs=0.5)


def test_a_grid_without_an_area_of_use_is_taken_at_its_word():
    crs = "+proj=utm +zone=48 +datum=WGS84 +type=crs"
    assert place("491250 1279500", notation="grid", crs=crs) == pytest.approx(utm_degrees(48, 491_250, 1_279_500))


def test_a_datum_without_a_good_operation_stops_the_work():
    with pytest.raises(CRSError, match="crs='Indian 1960'"):
        read_coordinates(pd.Series(["11.575 104.92"]), crs="EPSG:4131")
    assert read_coordinates(pd.Series(["garbage"]), crs="EPSG:4131").geometry.isna().all()


# properties


def written_dms(value: float, letters: str, seed: int) -> str:
    """Write degrees to the thousandth of a second, with the marks of some report."""
    chance = random.Random(seed)
    thousandths = round(abs(value) * 3_600_000)
    degrees, rest = divmod(thousandths, 3_600_000)
    minutes, seconds = divmod(rest, 60_000)
    marks = chance.choice(["°'\"", "º’”", "˚′″", "   ", ":: "])
    text = f"{degrees}{marks[0]}{minutes:02d}{marks[1]}{seconds / 1000:06.3f}{marks[2].strip()}"
    letter = letters[value < 0]
    text = chance.choice([text + letter, f"{text} {letter}", letter + text])
    return in_digits(text, chance.choice(["0123456789", KHMER, ARABIC, BENGALI, WIDE]))


LATITUDES, LONGITUDES = st.floats(-89.9, 89.9), st.floats(-179.9, 179.9)


@settings(max_examples=200, deadline=None)
@given(LATITUDES, LONGITUDES, st.integers(0, 10**6))
def test_dms_comes_back(lat, lon, seed):
    latitude, longitude = written_dms(lat, "NS", seed), written_dms(lon, "EW", seed)
    step = 0.00051 / 3600
    pair = [latitude, longitude] if seed % 2 else [longitude, latitude]
    row = one("; ".join(pair))
    if round(lat, 6) or round(lon, 6):
        assert (row.geometry.x, row.geometry.y) == pytest.approx((lon, lat), abs=step)
        assert row["accuracy_m"] < 0.03


@settings(max_examples=200, deadline=None)
@given(LATITUDES, LONGITUDES, st.integers(3, 8), st.sampled_from([" ", ",", ", ", ";"]), st.booleans())
def test_decimals_come_back(lat, lon, decimals, gap, is_comma):
    text = f"{lat:.{decimals}f}{gap}{lon:.{decimals}f}"
    if is_comma and gap in (" ", ";"):
        text = text.replace(".", ",")
    if float(f"{lat:.{decimals}f}") or float(f"{lon:.{decimals}f}"):
        assert place(text) == pytest.approx((lon, lat), abs=0.51 * 10.0**-decimals)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.floats(-3, 3), st.floats(-79, 83).filter(lambda lat: abs(lat) > 0.1), st.integers(0, 3))
def test_utm_comes_back(zone, off, lat, decimals):
    lon = zone * 6 - 183 + off
    code = (32700 if lat < 0 else 32600) + zone
    easting, northing = Transformer.from_crs(4326, code, always_xy=True).transform(lon, lat)
    read = place(f"{zone} {'south' if lat < 0 else 'north'} {easting:.{decimals}f} {northing:.{decimals}f}")
    assert GEOD.inv(*read, lon, lat)[2] <= 0.8 * 10.0**-decimals


@settings(max_examples=20, deadline=None)
@given(st.floats(20_000, 270_000), st.floats(320_000, 610_000))
def test_a_grid_comes_back(easting, northing):
    lon, lat = Transformer.from_crs(28992, 4326, always_xy=True).transform(easting, northing)
    read = place(f"{easting:.2f} {northing:.2f}", notation="grid", crs="EPSG:28992")
    assert GEOD.inv(*read, lon, lat)[2] <= 0.01


PIECES = st.sampled_from([
    "11", "104.9", "48P", "VU", "N", "S", "E", "W", "O", "°", "'", '"', ",", ";", " ", "-", ".", "lat", "491250",
    "1279500", "60", "៣", "٫", "″", "\u200f", "E 5", "zone", "(", "0", ":", "VU912795",
])  # fmt: skip
GARBAGE = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=9).map("".join))


@settings(max_examples=200, deadline=None)
@given(st.lists(GARBAGE, min_size=1, max_size=8), st.sampled_from(["auto", "decimal", "dms", "utm", "mgrs", "grid"]))
def test_garbage_never_raises_and_is_read_or_told(texts, notation):
    crs = "EPSG:28992" if notation == "grid" else None
    read = read_coordinates(pd.Series(texts, dtype="str"), notation=notation, crs=crs, zone="48P")
    assert isinstance(read, gpd.GeoDataFrame)
    assert (read.geometry.isna() == read["message"].notna()).all()
    assert (read["notation_code"].isna() == read["message"].notna()).all()
    placed = read.geometry.dropna()
    assert placed.x.between(-180, 180).all()
    assert placed.y.between(-90, 90).all()


@settings(max_examples=200, deadline=None)
@given(GARBAGE, GARBAGE)
def test_garbage_in_two_columns_never_raises(latitude, longitude):
    read = read_coordinates(pd.Series([latitude]), longitudes=pd.Series([longitude]))
    assert read.geometry.isna()[0] == pd.notna(read["message"][0])


def test_the_input_is_not_changed_and_an_empty_one_is_empty():
    texts = pd.Series(["11.5 104.9"], index=[3], name="place")
    before = texts.copy()
    read_coordinates(texts)
    pd.testing.assert_series_equal(texts, before)
    empty = read_coordinates(texts.iloc[:0])
    assert list(empty.columns) == ["as_written", "notation_code", "accuracy_m", "message", "geometry"]
    assert empty.crs == "EPSG:4326"
