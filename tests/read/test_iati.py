"""IATI XML: small files written by hand, hostile files, and the real ones where they are."""

from __future__ import annotations

import json
import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.errors import DataError
from landrelease.read.iati import read_iati
from landrelease.read.iati_place import number
from landrelease.rules import find_problems
from landrelease.tables import CODES, DTYPES, TABLES

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LANDRELEASE_REAL_DATA", ROOT.parent / "shared" / "data"))
PLACE = '<exactness code="1"/><location-class code="2"/>'


@pytest.fixture
def activities(tmp_path):
    """Write activities into a file and read it."""

    def read(*bodies: str, version: str = "2.03") -> gpd.GeoDataFrame:
        parts = [f"<iati-activity default-currency='USD'>{body}</iati-activity>" for body in bodies]
        path = tmp_path / "file.xml"
        path.write_text(f"<iati-activities version='{version}'>{''.join(parts)}</iati-activities>", encoding="utf-8")
        return read_iati(path)

    return read


def identified(body: str, name: str = "XX-1") -> str:
    return f"<iati-identifier> {name} </iati-identifier>{body}"


def findings(frame: gpd.GeoDataFrame, row: int = 0) -> list[list[str]]:
    text = frame["read_findings"].iloc[row]
    return json.loads(text) if isinstance(text, str) else []


def point(latitude: object, longitude: object, rest: str = PLACE) -> str:
    return f"<location><point><pos>{latitude} {longitude}</pos></point>{rest}</location>"


def real(name: str) -> Path:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"real data not there: {name} (set LANDRELEASE_REAL_DATA)")
    return path


def test_every_column_of_an_activity_of_version_2(activities):
    body = """
      <title><narrative xml:lang="fr">Routes</narrative><narrative xml:lang="en">Roads  of
        the north</narrative></title>
      <participating-org role="1"><narrative>Norway</narrative></participating-org>
      <participating-org role="1" ref="XM-DAC-7"/>
      <participating-org role="4"><narrative>Roads Ltd</narrative></participating-org>
      <activity-status code="3"/>
      <activity-date type="1" iso-date="2019-01-01"/><activity-date type="2" iso-date="2019-02-03"/>
      <activity-date type="3" iso-date="2021-12-31"/>
      <sector vocabulary="99" code="X" percentage="90"/>
      <sector code="21020" percentage="40"/><sector vocabulary="1" code="31120" percentage="60"/>
      <transaction><transaction-type code="2"/><value currency="USD">1000.5</value></transaction>
      <transaction><transaction-type code="2"/><value>-200</value></transaction>
      <transaction><transaction-type code="3"/><value currency="EUR">7</value></transaction>
      <location><name><narrative>Bridge</narrative></name>
        <administrative code="P1" level="1" vocabulary="A2"/><administrative code="P1D2" level="2"/>
        <point srsName="http://www.opengis.net/def/crs/EPSG/0/4326"><pos> 7.5
          80.25 </pos></point>
        <exactness code="1"/><location-class code="3"/></location>"""
    frame = activities(identified(body))
    row = frame.iloc[0]
    assert row["project_id"] == row["source_id"] == "XX-1"
    assert row["location_id"] == "XX-1/1"
    assert row["title"] == "Roads of the north"
    assert row["sector_code"] == "31120"
    assert row["status"] == "finalisation"
    assert (row["start_date"], row["end_date"]) == (pd.Timestamp("2019-02-03"), pd.Timestamp("2021-12-31"))
    assert row["budget_usd"] == 800.5
    assert (row["funder"], row["implementer"]) == ("Norway; XM-DAC-7", "Roads Ltd")
    assert (row["location_name"], row["admin_code"]) == ("Bridge", "P1D2")
    assert (row["location_class_code"], row["location_exactness_code"], row["is_point"]) == ("3", "1", True)
    assert (row["geometry"].x, row["geometry"].y) == (80.25, 7.5)
    assert row["source_row"] == 1
    assert findings(frame) == []
    assert frame.crs == "EPSG:4326"
    assert find_problems(frame, "projects").empty


def test_columns_and_dtypes_are_those_of_the_table(activities):
    frame = activities(identified(""))
    assert list(frame.columns) == TABLES["projects"].names
    assert {name: str(frame[name].dtype) for name in frame} == {
        column.name: DTYPES[column.kind] for column in TABLES["projects"].columns
    }


def test_an_activity_of_version_1(activities):
    body = """
      <title>Farms</title><activity-status>Post-completion</activity-status>
      <participating-org role="Funding">Japan</participating-org>
      <participating-org role="implementing">Farmers</participating-org>
      <activity-date type="start-planned" iso-date="2010-01-01"/>
      <activity-date type="end-actual">2012-06-30Z</activity-date>
      <sector vocabulary="DAC-3" code="311" percentage="100"/>
      <sector vocabulary="DAC" code="31110" percentage="30"/>
      <sector vocab="DAC" code="31120" percentage="70"/>
      <transaction><transaction-type code="C">Commitment</transaction-type><value>250</value></transaction>
      <transaction><transaction-type code="D"/><value>100</value></transaction>
      <location><coordinates latitude="-8.5" longitude="125.5" precision="1"/>
        <administrative country="TL" adm1="TL-DI" adm2="TL-DI-3">Dili</administrative></location>"""
    row = activities(identified(body), version="1.03").iloc[0]
    assert (row["status"], row["funder"], row["implementer"]) == ("closed", "Japan", "Farmers")
    assert (row["start_date"], row["end_date"]) == (pd.Timestamp("2010-01-01"), pd.Timestamp("2012-06-30"))
    assert (row["sector_code"], row["budget_usd"]) == ("31120", 250)
    assert (row["admin_code"], row["is_point"], row["location_exactness_code"]) == ("TL-DI-3", True, "1")
    assert row["geometry"].y == -8.5


def test_each_place_is_a_row_and_none_is_one_row_without_a_geometry(activities):
    frame = activities(identified(point(1, 2) + point(3, 4)), identified("", "XX-2"))
    assert frame["location_id"].tolist() == ["XX-1/1", "XX-1/2", "XX-2"]
    assert frame["source_row"].tolist() == [1, 1, 2]
    assert frame.geometry.isna().tolist() == [False, False, True]
    assert find_problems(frame, "projects")[["row", "rule"]].values.tolist() == [[2, "R7"]]


@pytest.mark.parametrize(
    ("rest", "is_place"),
    [
        ('<exactness code="1"/><location-class code="1"/>', False),
        ('<exactness code="1"/><location-class code="2"/>', True),
        ('<exactness code="1"/><location-class code="4"/>', True),
        ('<exactness code="2"/><location-class code="2"/>', False),
        ('<location-class code="2"/>', False),
        ('<exactness code="1"/>', False),
        ("", False),
        (PLACE + '<feature-designation code="ADM2"/>', False),
        (PLACE + '<feature-designation code="ADMF"/>', True),  # an office building is a place
        (PLACE + '<feature-designation code="PPL"/>', True),
    ],
)
def test_only_an_exact_place_that_is_no_region_is_a_point(activities, rest, is_place):
    assert activities(identified(point(1, 2, rest)))["is_point"].tolist() == [is_place]


@pytest.mark.parametrize("precision", ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"])
def test_of_the_older_precisions_only_1_is_a_place(activities, precision):
    place = f'<location><coordinates latitude="1" longitude="2" precision="{precision}"/></location>'
    frame = activities(identified(place), version="1.03")
    assert frame["is_point"].tolist() == [precision == "1"]
    assert frame["location_precision_code"].fillna("none").tolist() == ["none" if precision == "10" else precision]
    expected_class = "1" if precision in list("346789") else "none"
    assert frame["location_class_code"].fillna("none")[0] == expected_class


def test_centroids_said_to_be_exact_are_named(activities):
    region = '<exactness code="1"/><location-class code="1"/>'
    frame = activities(identified(point(4, -73.25, region) * 3 + point(4, -73.25)))
    assert [findings(frame, row)[0][:3] for row in range(3)] == [
        ["R14", "location_exactness_code", "exactness 1, class 1, 4 of the file at this point"]
    ] * 3
    assert findings(frame, 3)[0][:2] == ["R14", "location_class_code"]
    assert frame["is_point"].tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("latitude", "longitude", "rule", "word"),
    [
        ("107.6", "16.5", "R11", "swapped"),
        ("95", "200", "R11", "not on the Earth"),
        ("16.5", "181", "R11", "not on the Earth"),
        ("nan", "3", "R3", "no latitude"),
        ("16,5", "107,6", "R3", "no latitude"),
        ("x", "", "R3", "no latitude"),
        ("0.0", "0", "R7", "stands for a missing"),
    ],
)
def test_coordinates_that_can_not_be_are_told_and_give_no_geometry(activities, latitude, longitude, rule, word):
    frame = activities(identified(point(latitude, longitude)))
    assert frame.geometry.isna().all()
    assert not frame["is_point"].any()
    assert findings(frame)[0][0] == rule
    assert word in findings(frame)[0][3]
    assert rule in find_problems(frame, "projects")["rule"].tolist()


@pytest.mark.parametrize("text", ["7.5, 80.25", "7.5,80.25"])
def test_a_comma_between_the_numbers_is_mended_and_told(activities, text):
    frame = activities(identified(f"<location><point><pos>{text}</pos></point>{PLACE}</location>"))
    assert (frame.geometry.x[0], frame.geometry.y[0]) == (80.25, 7.5)
    assert findings(frame)[0][0] == "R13"


def test_a_point_in_another_crs_is_not_used(activities):
    place = '<location><point srsName="EPSG/0/32644"><pos>400000 830000</pos></point></location>'
    frame = activities(identified(place))
    assert frame.geometry.isna().all()
    assert findings(frame)[0][0] == "R7"


@pytest.mark.parametrize(
    ("body", "budget", "rule"),
    [
        ('<budget><value currency="USD">10</value></budget>', 10.0, None),
        (
            '<budget type="1"><value>10</value></budget><budget type="2"><value>12</value></budget>',
            12.0,
            None,
        ),
        (
            '<transaction><transaction-type code="2"/><value currency="EUR">5</value></transaction>'
            "<budget><value>10</value></budget>",
            10.0,
            None,
        ),
        (
            '<transaction><transaction-type code="2"/><value currency="EUR">5</value></transaction>',
            None,
            "R14",
        ),
        (
            '<transaction><transaction-type code="2"/><value currency="EUR">5</value></transaction>'
            '<transaction><transaction-type code="2"/><value currency="USD">5</value></transaction>',
            None,
            "R14",
        ),
        ('<transaction><transaction-type code="2"/><value>1,000</value></transaction>', None, "R3"),
        ('<transaction><transaction-type code="2"/></transaction>', None, "R3"),
        ("", None, None),
    ],
)
def test_money_is_summed_in_dollars_and_never_converted(activities, body, budget, rule):
    frame = activities(identified(body))
    assert frame["budget_usd"].isna()[0] if budget is None else frame["budget_usd"][0] == budget
    assert [one[0] for one in findings(frame)] == ([rule] if rule else [])


def test_money_without_any_currency_stays_unknown(tmp_path):
    path = tmp_path / "one.xml"
    path.write_text(
        "<iati-activity><iati-identifier>a</iati-identifier><budget><value>5</value></budget></iati-activity>"
    )
    frame = read_iati(path)
    assert frame["budget_usd"].isna().all()
    assert findings(frame)[0][:3] == ["R14", "budget_usd", "no currency"]


def test_a_date_that_no_calendar_has_is_told_and_the_planned_one_stands(activities):
    body = '<activity-date type="2" iso-date="2020-02-30"/><activity-date type="1" iso-date="2020-03-01"/>'
    frame = activities(identified(body + '<activity-date type="4" iso-date="soon"/>'))
    assert frame["start_date"][0] == pd.Timestamp("2020-03-01")
    assert frame["end_date"].isna()[0]
    assert [one[:3] for one in findings(frame)] == [
        ["R3", "start_date", "2020-02-30"],
        ["R3", "end_date", "soon"],
    ]


def test_sectors_without_percentages_leave_the_sector_unknown(activities):
    frame = activities(identified('<sector code="31120"/><sector code="21020"/>'))
    assert frame["sector_code"].isna()[0]
    assert findings(frame)[0][:3] == ["R14", "sector_code", "31120, 21020"]


def test_the_shares_of_a_sector_named_twice_are_added(activities):
    parts = (("1", 30), ("2", 40), ("1", 30))
    body = "".join(f'<sector code="{code}" percentage="{share}"/>' for code, share in parts)
    assert activities(identified(body))["sector_code"][0] == "1"


def test_all_sectors_are_kept_as_stated_and_a_sum_that_is_not_100_is_told(activities):
    frame = activities(
        identified('<sector code="31120" percentage="60"/><sector code="21020" percentage="70"/>'),
        identified('<sector code="31120"/><sector code="3" vocabulary="99" percentage="10"/>', "XX-2"),
        identified('<sector code="311" vocabulary="2" percentage="33.33"/>' * 3, "XX-3"),
    )
    assert frame["sectors"].tolist() == ["31120:60; 21020:70", "31120", "311:99.99"]
    assert findings(frame)[0][:3] == ["R14", "sectors", "31120:60; 21020:70"]
    assert "sum to 130, not 100" in findings(frame)[0][3]
    assert findings(frame, 1) == findings(frame, 2) == []


def test_relations_are_read_and_others_than_the_activity_itself(activities):
    body = """
      <reporting-org ref="GB-1"><narrative>Donor</narrative></reporting-org>
      <other-identifier ref="OLD-1" type="A3"/><other-identifier ref="7" type="A1"/>
      <related-activity ref="P-1" type="1"/><related-activity ref="C-1" type="2"/><related-activity ref="S" type="3"/>
      <related-activity ref="CO-1" type="4"/><related-activity ref="NL-5" type="5"/><related-activity type="5"/>
      <transaction><provider-org provider-activity-id="GB-9"/><receiver-org receiver-activity-id="xx-1"/></transaction>
      <transaction><provider-org provider-activity-id="XX-1"/><receiver-org receiver-activity-id="NGO-3"/></transaction>
      <transaction><receiver-org receiver-activity-id="NGO-3"/></transaction>"""
    row = activities(identified(body)).iloc[0]
    assert row["publisher"] == "GB-1"
    assert row["related_ids"].split("; ") == [
        "part_of:P-1", "has_part:C-1", "same:CO-1", "same:NL-5", "same:OLD-1", "funded_by:GB-9", "funds:NGO-3",
    ]  # fmt: skip
    bare = activities(identified("<reporting-org><narrative>A fund</narrative></reporting-org>")).iloc[0]
    assert bare["publisher"] == "A fund"
    assert pd.isna(bare["related_ids"])


def test_one_sector_of_the_transactions_stands_for_the_activity(activities):
    body = '<transaction><sector code="31120"/></transaction>'
    assert activities(identified(body * 2))["sector_code"][0] == "31120"


def test_a_state_that_is_not_known_keeps_its_text_and_is_a_problem(activities):
    frame = activities(identified('<activity-status code="42"/>' + point(1, 2)))
    assert frame["status"][0] == "42"
    assert find_problems(frame, "projects")[["column", "rule"]].values.tolist() == [["status", "R4"]]


def test_repeated_and_missing_identifiers_keep_location_ids_apart(activities):
    frame = activities(identified(point(1, 2)), identified(point(3, 4)), point(5, 6))
    assert frame["location_id"].tolist() == ["XX-1/1", "XX-1~2/1", "file/3/1"]
    assert frame["source_id"].tolist() == ["XX-1", "XX-1", "file.xml#3"]
    assert [findings(frame, row)[0][0] for row in (1, 2)] == ["R13", "R13"]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["a", "A", "b", "a/1", ""])), min_size=1, max_size=8))
def test_one_row_a_place_or_one_an_activity(tmp_path_factory, shape):
    bodies = "".join(
        f"<iati-activity><iati-identifier>{name}</iati-identifier>{point(1, 2) * places}</iati-activity>"
        for places, name in shape
    )
    path = tmp_path_factory.mktemp("iati") / "x.xml"
    path.write_text(f"<iati-activities>{bodies}</iati-activities>")
    frame = read_iati(path)
    assert frame["source_row"].value_counts().sort_index().tolist() == [max(places, 1) for places, _ in shape]
    assert frame.geometry.notna().sum() == sum(places for places, _ in shape)
    assert not frame["location_id"].str.casefold().duplicated().any()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_back(value):
    assert number(repr(value)) == value


ENTITIES = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE iati-activities [<!ENTITY l0 "lol">{ENTITIES}]>',
        '<!DOCTYPE iati-activities [<!ENTITY l11 SYSTEM "SECRET">]>',
        '<!DOCTYPE iati-activities SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE iati-activities [<!ENTITY % p SYSTEM "SECRET"> %p; <!ENTITY l11 "x">]>',
        "<!-- a --><?pi x?><!DOCTYPE iati-activities>",
    ],
    ids=["billion-laughs", "external-entity", "external-dtd", "parameter-entity", "bare"],
)
def test_a_file_with_a_doctype_is_refused_unread(tmp_path, doctype, encoding):
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret")
    doctype = doctype.replace("SECRET", secret.as_uri())
    body = "<iati-activity><iati-identifier>&l11;</iati-identifier></iati-activity>"
    path = tmp_path / "bad.xml"
    text = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<iati-activities>{body}</iati-activities>'
    path.write_bytes(text.encode(encoding))
    with pytest.raises(DataError, match="DOCTYPE") as caught:
        read_iati(path)
    assert "top secret" not in str(caught.value)


def test_a_doctype_in_a_comment_is_none(tmp_path):
    path = tmp_path / "x.xml"
    path.write_text(
        "<!-- <!DOCTYPE a> --><iati-activity><iati-identifier>a<!-- b --></iati-identifier></iati-activity>"
    )
    assert read_iati(path)["project_id"].tolist() == ["a"]


def test_xinclude_is_not_followed(activities, tmp_path):
    (tmp_path / "secret.txt").write_text("top secret")
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="secret.txt" parse="text"/>'
    frame = activities(identified(f"<title>{include}</title>"))
    assert frame["title"].isna().all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no well-formed XML"),
        (b"<iati-activities><iati-activity>", "no well-formed XML"),
        (b"<iati-activities>&unknown;</iati-activities>", "no well-formed XML"),
        (
            b'<?xml version="1.0" encoding="utf-8"?><iati-activities>\xff</iati-activities>',
            "no well-formed XML",
        ),
        (b"PK\x03\x04", "no well-formed XML"),
        (b"<" + b"a><" * 300 + b"a/>" + b"</a>" * 300, "no well-formed XML"),
        (b"<iati-organisations/>", "holds no iati-activity"),
        (b"<iati-activities/>", "holds no iati-activity"),
    ],
)
def test_what_is_no_iati_file_is_refused(tmp_path, content, words):
    path = tmp_path / "x.xml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_iati(path)
    assert "Fix:" in str(caught.value)
    assert "x.xml" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="can not be opened"):
        read_iati(tmp_path / "none.xml")


@pytest.mark.real
def test_colombia_of_2981_locations_139_are_places():
    frame = read_iati(real("colombia/iati_2.03_aiddata.xml"))
    located = frame[frame.geometry.notna()]
    assert frame["source_row"].nunique() == frame["project_id"].nunique() == 693
    assert len(located) == 2981
    assert located["location_exactness_code"].eq("1").sum() == 2890
    assert located["location_class_code"].eq("1").sum() == 2817
    assert frame["is_point"].sum() == 139
    centre = located.geometry.to_wkb().value_counts()
    assert centre.iloc[0] == 204
    country = located[located.geometry.to_wkb() == centre.index[0]]
    assert (country.geometry.x.iloc[0], country.geometry.y.iloc[0]) == (-73.25, 4.0)
    assert not country["is_point"].any()
    assert frame["status"].isin(list(CODES["project_status"])).all()
    assert frame["location_id"].is_unique
    problems = find_problems(frame, "projects")
    assert (problems["column"] == "location_exactness_code").sum() == 2751
    assert set(problems["rule"]) == {"R7", "R14"}


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "activity_count", "location_count", "point_count"),
    [
        ("iati/iati_1.04_timor_leste.xml", 134, 171, 81),
        ("iati/iati_1.04_honduras.xml", 26, 22, 18),
        ("iati/iati_1.0_worked_example.xml", 1, 0, 0),
        ("iati/malformed/missing_dates.xml", 49, 0, 0),
        ("iati/malformed/big_value.xml", 198, 0, 0),
    ],
)
def test_other_real_files(name, activity_count, location_count, point_count):
    frame = read_iati(real(name))
    assert frame["source_row"].max() == activity_count
    assert frame.geometry.notna().sum() == location_count
    assert frame["is_point"].sum() == point_count
    without = frame.groupby("source_row").size().sum() - location_count
    assert find_problems(frame, "projects")["rule"].eq("R7").sum() == without


@pytest.mark.real
def test_what_the_real_odd_files_say():
    example = read_iati(real("iati/iati_1.0_worked_example.xml")).iloc[0]
    assert example["title"] == "Worked example of an activity report"
    assert (example["start_date"], example["end_date"]) == (
        pd.Timestamp("2010-04-01"),
        pd.Timestamp("2011-03-31"),
    )
    assert pd.isna(example["budget_usd"])  # pounds
    malawi = read_iati(real("iati/malformed/missing_dates.xml")).iloc[0]
    assert (malawi["start_date"], malawi["sector_code"]) == (pd.Timestamp("2010-07-01"), "31120")
    big = read_iati(real("iati/malformed/big_value.xml"))
    assert big["budget_usd"].iloc[0] == 43000
    with pytest.raises(DataError, match=r"broken\.xml.*line 4"):
        read_iati(real("iati/malformed/broken.xml"))
