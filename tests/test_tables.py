"""The declarations hold together: names say their unit, codes have a list, `describe` and `conform` follow them."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landrelease import OptionError, describe
from landrelease.rules import RULES
from landrelease.tables import CODES, DTYPES, RESULTS, TABLES, USE_GROUPS, conform, sector_group, use_group

ALL = {**TABLES, **RESULTS}
COLUMNS = [(name, column) for name, table in ALL.items() for column in table.columns]
SUFFIXES = {"m2": "_m2", "m": "_m", "usd": "_usd", "share": "_share", "count": "_count"}
# style rule 2: a quantity that is no physical one has no unit to name
WITHOUT_UNIT = {"level", "rank", "year", "score", "target", "value", "class_code", "source_row", "row", "by"}
# nor has a rate or a power
WITHOUT_UNIT |= {"theta", "ratio", "growth", "alone_growth", "last_growth"}
# their unit is that of the line that they are of
WITHOUT_UNIT |= {"published", "expected", "difference", "batch_id"}
# nor has a place in a ranking
WITHOUT_UNIT |= {"tie_group", "score_low", "score_high", "rank_best", "rank_worst"}
WITHOUT_UNIT |= {"distance_to_best", "distance_to_worst"}
# a benefit is in the unit of the score; a rate is of it for each 1,000 USD; a rule names its unit beside it
WITHOUT_UNIT |= {"benefit", "would_benefit", "greedy_benefit", "bound", "gap", "benefit_rate", "line_rate"}
WITHOUT_UNIT |= {"limit", "new_limit", "used", "slack", "benefit_per_unit", "way"}
# a weight is a part of the weights of its scheme
WITHOUT_UNIT |= {"weight", "kendall_tau"}
# their unit is that of the measure that they are of
WITHOUT_UNIT |= {"low", "high", "unknown_low", "unknown_high"}
# a phase and a goal are named by numbers
WITHOUT_UNIT |= {"first_year", "last_year", "goal"}
# IMAS 04.10: what land may be and how it is released
IMAS_EVENTS = {"suspected", "confirmed", "cancelled", "reduced", "cleared"}


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[f"{table}.{column.name}" for table, column in COLUMNS])
def test_a_column_follows_the_conventions(table, column):
    assert column.name == column.name.lower()
    assert column.meaning
    assert column.kind in DTYPES
    if column.unit in SUFFIXES:
        assert column.name.endswith(
            (SUFFIXES[column.unit], f"{SUFFIXES[column.unit]}_low", f"{SUFFIXES[column.unit]}_high")
        )
    for unit, suffix in SUFFIXES.items():
        if column.name.endswith(suffix):
            assert column.unit == unit
    if column.kind in ("number", "count") and not column.unit:
        assert column.name in WITHOUT_UNIT or column.name.endswith(("_rank", "_weight"))
    if column.kind == "date":
        assert column.name.endswith(("_date", "_at"))
    if column.kind == "bool":
        assert column.name.startswith(("is_", "has_")) or column.name == "intended_known"
    if column.kind == "code":
        assert column.codes in CODES
    else:
        assert not column.codes
    if column.name.endswith("_share"):
        assert (column.low, column.high) == (0, 1)
    if column.low is not None and column.high is not None:
        assert column.low < column.high


@pytest.mark.parametrize("name", ALL)
def test_a_table_is_whole(name):
    table = ALL[name]
    assert table.name == name
    assert table.row
    assert len(set(table.names)) == len(table.names)
    assert table.column("no_such_column") is None
    if name in TABLES:
        assert table.column(table.id).is_required
        assert {"source_id", "source_row", "read_findings"} <= set(table.names)
        assert ("geometry" in table.names) == (table.shape != "none")
        assert ("area_before_m2" in table.names) == (table.shape in ("polygon", "any"))


def test_code_lists_are_whole_and_used():
    used = {column.codes for _, column in COLUMNS if column.codes}
    assert used == set(CODES)
    for codes in CODES.values():
        assert codes
        assert all(code == code.strip() and meaning for code, meaning in codes.items())
        assert len({code.casefold() for code in codes}) == len(codes)
    assert set(CODES["event"]) >= IMAS_EVENTS
    assert set(CODES["release_type"]) == {"cancelled", "reduced", "cleared", "mixed"}
    assert set(CODES["hazard_class"]) == {"SHA", "CHA"}
    assert set(CODES["verdict"]) == {"as_intended", "other_productive", "unused", "unknown"}


def test_each_use_code_has_one_group():
    grouped = [code for codes in USE_GROUPS.values() for code in codes]
    assert sorted(grouped) == sorted(CODES["use_code"])
    found = use_group(pd.Series(["grazing", "water", "road", "other", "none", "golf", None]))
    assert found.fillna("-").tolist() == ["agriculture", "natural", "built", "other", "none", "-", "-"]


@pytest.mark.parametrize(
    ("sector", "group"),
    [
        ("31120", "agriculture"),  # agricultural development
        ("311", "agriculture"),
        ("31210", "natural"),  # forestry policy
        ("14030", "natural"),  # basic drinking water
        ("21020", "built"),  # road transport
        ("11220", "built"),  # primary education
        ("12230", "built"),  # basic health infrastructure
        ("16030", "built"),  # housing policy
        ("15250", None),  # removal of land mines: serves no use in particular
        ("51010", None),  # budget support
        ("", None),
        (None, None),
    ],
)
def test_sectors_of_the_dac(sector, group):
    found = sector_group(pd.Series([sector]))[0]
    assert (None if pd.isna(found) else found) == group


@pytest.mark.parametrize("name", ALL)
def test_describe(name):
    frame = describe(name)
    assert frame.columns.tolist() == ["column", "unit", "dtype", "codes", "meaning", "rules"]
    assert frame["column"].tolist() == ALL[name].names
    assert set(" ".join(frame["rules"]).split()) <= set(RULES)
    assert not frame.isna().any().any()
    for row in frame.itertuples():
        column = ALL[name].column(row.column)
        assert (row.codes.split(", ") if row.codes else []) == list(CODES.get(column.codes, {}))


def test_describe_an_unknown_table():
    with pytest.raises(OptionError, match=r"table must be one of areas, .*; got 'evnts'; did you mean 'events'\?"):
        describe("evnts")


def test_describe_a_code_list():
    assert describe("hazard_class")["code"].tolist() == list(CODES["hazard_class"])


@pytest.mark.parametrize("name", TABLES)
def test_conform_gives_all_columns_in_order_and_type(name):
    table = TABLES[name]
    for frame in (pd.DataFrame(), pd.DataFrame({table.id: ["1"], "note": ["x"]})):
        before = frame.copy()
        found = conform(frame, name)
        assert found.columns.tolist() == [one for one in table.names if one != "geometry"]
        assert len(found) == len(frame)
        for column in found:
            assert str(found[column].dtype) == DTYPES[table.column(column).kind]
        assert found.drop(columns=table.id).isna().all().all()
        pd.testing.assert_frame_equal(frame, before)


def test_conform_keeps_the_geometry_and_leaves_other_columns_out():
    box = shapely.box(0, 0, 1, 1)
    frame = gpd.GeoDataFrame(
        {"area_id": ["1"], "note": ["x"], "survey_date": [pd.Timestamp("2020-01-01")]}, geometry=[box]
    )
    found = conform(frame, "areas")
    assert "note" not in found
    assert found["geometry"][0] is box
    assert found["survey_date"].tolist() == [pd.Timestamp("2020-01-01")]
    assert conform(pd.DataFrame(), "use_summary").columns[0] == "by"
