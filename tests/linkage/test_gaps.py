"""Coordination gaps: cases worked out by hand, other names, unknown things, bad input, and Colombia's records."""

from __future__ import annotations

import os
from collections import Counter
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from landrelease import CRSError, DataError, OptionError, coordination_gaps, read
from landrelease.tables import DTYPES, RESULTS

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LANDRELEASE_REAL_DATA", ROOT.parent / "shared" / "data"))
DAY = "2022-12-31"
UNITS = pd.DataFrame(
    {
        "admin_code": ["C", "N", "S", "N1", "N2", "S1"],
        "parent_code": [None, "C", "C", "N", "N", "S"],
        "level": [0, 1, 1, 2, 2, 2],
    }
)


def releases() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "release_id": ["R1", "R2", "R3", "R4", "R5"],
            "release_date": pd.to_datetime(["2020-01-01", "2020-01-01", "2021-01-01", None, "2022-06-30"]),
            "admin_code": ["N1", "N1", "N2", "N1", "S1"],
            "intended_use_code": ["grazing", "road", None, "road", "road"],
            "area_m2": [100.0, 200.0, 300.0, 400.0, None],
            "operator": ["Op", "Op", "Op", None, "Op"],
        }
    )


def projects() -> gpd.GeoDataFrame:
    frame = pd.DataFrame(
        {
            "project_id": ["P1", "P1", "P2", "P3", "P4", "P5"],
            "location_id": ["P1/1", "P1/2", "P2", "P3", "P4", "P5"],
            "implementer": ["Farm aid; Roads", "Farm aid; Roads", "Roads", "Wells", None, "Gone"],
            "sector_code": ["31120", "31120", "31130", "14030", "31120", "31120"],
            "status": [None, None, "implementation", "pipeline", None, "cancelled"],
            "start_date": pd.to_datetime(["2020-03-01"] * 2 + ["2019-01-01", "2024-01-01", None, "2020-01-01"]),
            "end_date": pd.to_datetime(["2021-12-31"] * 2 + [None, None, None, None]),
            "admin_code": ["N1", "N2", "N1", "S", "N1", "N1"],
            "is_point": [True, False, True, True, None, True],
        }
    )
    points = gpd.points_from_xy([500_000 + one for one in (10, 500, 1_000, 5_000, 10, 10)], [10] * 6)
    return gpd.GeoDataFrame(frame, geometry=points, crs=32630)


def links() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "release_id": ["R1", "R1", "R2", "R3", "R4", "R5"],
            "project_id": ["P1", "P2", "P4", "P1", "P1", "P3"],
            "weight_share": [0.5, 0.4, 1.0, 0.2, 0.1, 0.5],
            "tier": ["on_site", "likely", "likely", "same_district", "on_site", "likely"],
        }
    )


def needs() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "need_id": ["1", "2", "3", "4"],
            "admin_code": ["N1", "N1", "N2", "S1"],
            "rank": [2, 1, 1, 1],
            "wanted_use_code": ["agriculture_rainfed", "water", "road", None],
            "asked_date": pd.to_datetime([None, "2021-01-01", "2021-01-01", "2023-05-01"]),
        }
    )


def hazards() -> gpd.GeoDataFrame:
    boxes = [shapely.box(500_000 + one, 0, 500_000 + other, 20) for one, other in ((0, 20), (5_000, 5_020), (0, 9_999))]
    frame = pd.DataFrame(
        {
            "area_id": ["H1", "H2", "H3"],
            "status": ["open", None, "released"],
            "hazard_class": ["CHA", "SHA", "SHA"],
            "admin_code": ["N1", "S1", "N1"],
        }
    )
    return gpd.GeoDataFrame(frame, geometry=boxes, crs=32630)


def found_gaps(**other):
    given_ = {
        "releases": releases(), "projects": projects(), "links": links(), "needs": needs(), "hazards": hazards(),
        "ranking": pd.DataFrame({"area_id": ["H2", "H1"], "rank": [1, 2]}), "admin_areas": UNITS, "level": 1,
    }  # fmt: skip
    given_ |= other
    return coordination_gaps(given_.pop("releases"), given_.pop("projects"), as_of=DAY, **given_)


def test_gaps_and_lags_by_hand():
    rows = found_gaps().releases.set_index("release_id")
    # R2's P4 has no date; R3 is known to the district only; R5's unit was asked after the day
    assert rows["gap_code"].tolist() == ["served", "served", "district_only", "served", "unknown"]
    assert rows["project_tier"].tolist() == ["on_site", "likely", "same_district", "on_site", "likely"]
    assert rows["project_count"].tolist() == [2, 1, 0, 1, 1]
    assert rows["need_count"].tolist()[:4] == [2, 2, 1, 2]
    assert pd.isna(rows["need_count"].iloc[4])
    assert rows["wanted_use_code"].tolist()[:3] == ["water", "water", "road"]
    # grazing is agriculture, which N1 wants; a road it does not; R3 has no intention; R5 no need
    assert rows["is_need_match"].tolist()[:2] == [True, False]
    assert rows["is_need_match"].iloc[[2, 4]].isna().all()
    # P2 began before R1, has no end, and runs: it was there
    assert rows["lag_code"].tolist() == ["started", "unknown", "not_yet", "unknown", "not_yet"]
    assert rows["lag_days"].tolist()[0] == 0
    assert rows["lag_days"].iloc[1:].isna().all()
    assert rows.loc["R1", "first_project_id"] == "P2"
    without = found_gaps(links=links().drop(index=1)).releases.set_index("release_id")
    assert without.loc["R1", ["lag_days", "lag_code", "first_project_id"]].tolist() == [60.0, "started", "P1"]


def test_a_project_that_ended_before_the_release_is_no_lag():
    over = projects()
    over["end_date"] = over["end_date"].mask(over["project_id"] == "P1", pd.Timestamp("2019-12-31"))
    over["start_date"] = over["start_date"].mask(over["project_id"] == "P1", pd.Timestamp("2019-01-01"))
    rows = found_gaps(projects=over, links=links().drop(index=1)).releases
    assert rows["lag_code"].tolist()[0] == "not_yet"
    # with no end, and not said to run, it may have been there: unknown
    open_ended = over.assign(end_date=pd.NaT)
    assert found_gaps(projects=open_ended, links=links().drop(index=1)).releases["lag_code"].tolist()[0] == "unknown"


def test_median_lag_by_hand():
    # lags 10, 20, 30 and three that wait since 5, 25 and 40 days on:
    # S(10) = 1 - 1/5 = .8, S(20) = .8 x 3/4 = .6, S(30) = .6 x 1/2 = .3: the median is 30; of those started alone 20
    day = pd.Timestamp("2022-12-31")
    released = [day - pd.Timedelta(days=one) for one in (100, 100, 100, 5, 25, 40)]
    land = pd.DataFrame({"release_id": list("abcdef"), "release_date": released})
    starts = [released[0] + pd.Timedelta(days=one) for one in (10, 20, 30)]
    works = pd.DataFrame({"project_id": list("xyz"), "start_date": starts})
    pairs = pd.DataFrame({"release_id": list("abc"), "project_id": list("xyz"), "weight_share": 1.0, "tier": "likely"})
    lag = coordination_gaps(land, works, links=pairs, as_of=day).lag
    assert lag.loc[0, ["release_count", "started_count", "not_yet_count", "unknown_count"]].tolist() == [6, 3, 3, 0]
    assert lag.loc[0, ["median_days", "median_started_days"]].tolist() == [30.0, 20.0]
    none = coordination_gaps(land, works, links=pairs.iloc[:1], as_of=day).lag
    assert np.isnan(none["median_days"][0])
    assert none["median_started_days"][0] == 10


def test_projects_in_the_way():
    rows = found_gaps().hazards
    # P3 is planned on H2, which ranks first; P1 ended in 2021; P4 does not say that it is a point; H3 is released
    assert rows[["project_id", "area_id", "rank", "distance_m", "project_state_code"]].values.tolist() == [
        ["P3", "H2", 1, 0.0, "planned"]
    ]
    wide = found_gaps(within_m=990.0).hazards
    assert wide[["project_id", "area_id", "rank"]].values.tolist() == [["P3", "H2", 1], ["P2", "H1", 2]]
    assert wide["distance_m"].tolist() == pytest.approx([0, 980], rel=1e-3)
    assert found_gaps(ranking=None).hazards["rank"].isna().all()
    # a centroid is never on anything
    assert found_gaps(projects=projects().assign(is_point=False), within_m=1e6).hazards.empty
    assert found_gaps(projects=pd.DataFrame(projects().drop(columns="geometry"))).hazards.empty


def test_overlaps_by_hand():
    rows = found_gaps().overlaps
    told = rows[["overlap_code", "place_id", "sector_code", "actor", "other_actor", "overlap_count", "unknown_count"]]
    # R1: P1 (Farm aid; Roads) and P2 (Roads), whose end is not known; P1's two actors are one project;
    # in N the same two projects in sector 311, and P4 has no actor
    assert told.fillna("-").values.tolist() == [
        ["release", "R1", "-", "Farm aid", "Roads", 0, 1],
        ["unit", "N", "311", "Farm aid", "Roads", 0, 1],
    ]
    dated = projects()
    dated["end_date"] = dated["end_date"].mask(dated["project_id"] == "P2", pd.Timestamp("2020-06-30"))
    rows = found_gaps(projects=dated).overlaps
    assert rows[["overlap_count", "unknown_count"]].values.tolist() == [[1, 0], [1, 0]]
    assert rows.loc[0, ["first_date", "last_date"]].tolist() == [
        pd.Timestamp("2020-03-01"),
        pd.Timestamp("2020-06-30"),
    ]
    apart = dated.assign(end_date=dated["end_date"].mask(dated["project_id"] == "P2", pd.Timestamp("2020-02-29")))
    assert found_gaps(projects=apart).overlaps.empty


def test_matrix_and_units_by_hand():
    found = found_gaps()
    rows = found.matrix[["role_code", "actor", "sector_code", "province_code"]].fillna("-").values.tolist()
    names = ["project_count", "current_count", "release_count", "weight"]
    figures = found.matrix[names].astype(float).fillna(-1).values.tolist()
    cells = dict(zip(map(tuple, rows), figures, strict=True))
    # P1 is at R1 and R4, both in N; P4 has no actor, and no date; the cancelled P5 is nowhere
    assert cells["implementer", "Farm aid", "311", "N"] == pytest.approx([1, 0, 2, 0.6])
    assert cells["implementer", "Roads", "311", "N"] == pytest.approx([2, 1, 2, 1.0])
    assert cells["implementer", "Wells", "140", "S"] == pytest.approx([1, 1, 1, 0.5])
    assert cells["implementer", "-", "311", "N"] == pytest.approx([1, 0, 1, 1.0])
    assert cells["operator", "Op", "152", "N"][2] == 3
    assert cells["operator", "-", "152", "N"][2] == 1
    assert "Gone" not in set(found.matrix["actor"].dropna())
    units = found.units.set_index("province_code")
    columns = ["hazard_count", "release_count", "need_count", "project_count", "current_count", "unknown_count"]
    assert units.loc["N", columns].tolist() == [1, 4, 3, 3, 1, 1]
    assert units.loc["S", columns].tolist() == [1, 1, 0, 1, 1, 0]
    assert units["released_m2"].fillna(-1).to_dict() == {"N": 1000.0, "S": -1}
    assert units["unit_gap_code"].tolist() == ["covered", "covered"]
    assert units["actor_hhi"].tolist() == [1.0, 1.0]


def test_a_project_known_to_the_unit_above_may_be_here():
    found = found_gaps(level=2).units.set_index("province_code")
    # P3 is known to S alone: it may be in S1; P1 in N2 has ended, and nobody else is there
    assert found["unit_gap_code"].to_dict() == {"N1": "covered", "N2": "gap", "S1": "maybe"}
    assert found["above_count"].to_dict() == {"N1": 0, "N2": 0, "S1": 1}
    country = projects()
    country["admin_code"] = country["admin_code"].mask(country["project_id"] == "P3", "C")
    assert found_gaps(level=2, projects=country).units.set_index("province_code").loc["S1", "unit_gap_code"] == "gap"


def test_herfindahl_of_actors():
    # three projects of A, one of B: (3/4)^2 + (1/4)^2 = 0.625
    works = pd.DataFrame(
        {"project_id": list("abcd"), "implementer": ["A", "A", "A", "B"], "admin_code": "N", "status": "implementation"}
    )
    found = coordination_gaps(releases(), works, links=links().iloc[:0], as_of=DAY).units.set_index("province_code")
    assert found.loc["N", "actor_hhi"] == 0.625
    assert found.loc["N1", "unit_gap_code"] == "gap"


def test_relabelling_changes_nothing():
    found = found_gaps()
    names = {one: f"x-{i}" for i, one in enumerate(["R3", "R5", "R1", "R4", "R2"])}
    works = {one: f"q-{i}" for i, one in enumerate(["P5", "P2", "P4", "P1", "P3"])}
    other = found_gaps(
        releases=releases().assign(release_id=releases()["release_id"].map(names)),
        projects=projects().assign(project_id=projects()["project_id"].map(works)),
        links=links().assign(release_id=links()["release_id"].map(names), project_id=links()["project_id"].map(works)),
    )
    back = {new: old for old, new in (names | works).items()}
    for name in ("releases", "hazards", "overlaps", "lag", "matrix", "units"):
        frame = getattr(other, name).replace(back)
        pd.testing.assert_frame_equal(frame, getattr(found, name), check_dtype=False)


def test_order_of_rows_changes_nothing():
    found = found_gaps()
    other = found_gaps(
        projects=projects().iloc[::-1], links=links().iloc[::-1], needs=needs().iloc[::-1], hazards=hazards().iloc[::-1]
    )
    for name in ("releases", "hazards", "overlaps", "lag", "matrix"):
        pd.testing.assert_frame_equal(getattr(other, name), getattr(found, name))


STATES = st.sampled_from(["on_site", "likely", "same_district", None])


@settings(max_examples=15)
@given(st.lists(st.tuples(st.booleans(), STATES, st.sampled_from([None, 2019, 2020, 2021, 2030])), max_size=8))
def test_each_release_is_in_one_column(cases):
    """Against a second program that says it in words: nothing unknown is anywhere else, and the columns add up."""
    count = len(cases)
    land = pd.DataFrame(
        {"release_id": [f"R{i}" for i in range(count)], "admin_code": [f"U{i}" for i in range(count)]}
    ).assign(release_date=pd.Timestamp("2020-06-01"))
    works = pd.DataFrame(
        {
            "project_id": [f"P{i}" for i in range(count)],
            "start_date": pd.to_datetime([None if one[2] is None else f"{one[2]}-06-01" for one in cases]),
            "end_date": pd.Timestamp("2031-01-01"),
        }
    )
    pairs = pd.DataFrame({"release_id": land["release_id"], "project_id": works["project_id"], "weight_share": 1.0})
    pairs["tier"] = pd.Series([one[1] for one in cases], dtype="str")
    asked = land.loc[np.array([one[0] for one in cases], dtype=bool), ["admin_code"]]
    asked = asked.assign(need_id=asked["admin_code"])
    found = coordination_gaps(land, works, links=pairs.dropna(), needs=asked, as_of=DAY)
    for (is_asked, tier, year), row in zip(cases, found.releases.itertuples(), strict=True):
        served = {"on_site": "served", "likely": "served", "same_district": "district_only", None: "gap"}[tier]
        assert row.gap_code == (served if is_asked else "unknown")
        if tier in ("same_district", None) or year == 2030:
            assert row.lag_code == "not_yet"
        elif year is None:
            assert row.lag_code == "unknown"
        else:
            days = max(0, (pd.Timestamp(f"{year}-06-01") - pd.Timestamp("2020-06-01")).days)
            assert (row.lag_code, row.lag_days) == ("started", days)
    whole = found.lag.iloc[0]
    assert whole["started_count"] + whole["not_yet_count"] + whole["unknown_count"] == whole["release_count"] == count


def test_empty_inputs():
    found = coordination_gaps(
        releases().iloc[:0], projects().iloc[:0], links=links().iloc[:0], needs=needs().iloc[:0],
        hazards=hazards().iloc[:0], ranking=pd.DataFrame({"area_id": [], "rank": []}), as_of=DAY,
    )  # fmt: skip
    assert found.n == 0
    assert np.isnan(found.missing_share)
    for name in ("releases", "hazards", "overlaps", "matrix", "units"):
        frame = getattr(found, name)
        assert frame.empty
        table = RESULTS[f"coordination_{name}"]
        assert {one: str(frame[one].dtype) for one in frame} == {one.name: DTYPES[one.kind] for one in table.columns}
    assert found.lag["release_count"].tolist() == [0]
    assert coordination_gaps(releases(), projects().iloc[:0], links=links().iloc[:0], as_of=DAY).n == 5
    # nobody was asked: nothing is a gap
    unasked = found_gaps(needs=None)
    assert set(unasked.releases["gap_code"]) == {"unknown"}
    assert unasked.missing_share == 1
    assert "releases of which nobody is known to have asked, so that their gap is unknown: 5 of 5" in unasked.caveats


def test_what_is_left_out_is_said():
    late = pd.concat([releases(), releases().tail(1).assign(release_id="R9", release_date=pd.Timestamp("2023-05-01"))])
    found = found_gaps(releases=late.assign(date_precision="year"))
    said = " / ".join(found.caveats)
    for words in ("releases after the day, left out: 1", "places of cancelled projects, left out: 1",
                  "releases known to the month or year, whose last day counts, so that their lag may be longer: 5",
                  "releases without a date, so that their lag is unknown: 1",
                  "projects that name no implementer, in the matrix as unknown and in no overlap: 1"):  # fmt: skip
        assert words in said
    assert "closed by status" not in said


def test_a_closed_project_whose_end_is_still_to_come_is_told_and_still_warned_of():
    late = projects()
    own = late["project_id"].eq("P1")
    late.loc[own, ["status", "end_date"]] = ["closed", pd.Timestamp("2030-01-01")]
    found = found_gaps(projects=late)
    assert "projects closed by status whose end date is still to come, here not counted as over: 1" in found.caveats
    assert "P1" in set(found.hazards["project_id"])


def test_hazards_without_a_place_are_counted():
    lost = hazards()
    lost.loc[lost["area_id"] == "H1", "geometry"] = None
    lost.loc[lost["area_id"] == "H2", "geometry"] = shapely.Point(505_000, 0)
    said = found_gaps(hazards=lost).caveats
    assert any(one == "hazardous areas without a place on record, in no project's way here: 1" for one in said)
    assert any(one.startswith("hazardous areas known by a point alone, ") and one.endswith(": 1") for one in said)
    assert not [one for one in found_gaps().caveats if "hazardous area" in one]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight_share": 1.5}, r"weight_share must be from 0 to 1: 6 of 6 rows are not, the first has 1\.5"),
        ({"weight_share": -0.1}, "weight_share must be from 0 to 1"),
        ({"weight_share": 0.5}, "the weights of 1 of 4 projects sum to more than 1, those of 'P1' to 1.5"),
        ({"tier": "nearby"}, "tier must be one of on_site, likely, same_district: 6 rows are not, first 'nearby'"),
        ({"release_id": "R7"}, "stand twice"),
        (
            {"release_id": [f"X{i}" for i in range(6)]},
            "6 of 6 rows name a release that 'releases' lacks, the first 'X0'",
        ),
    ],
)
def test_bad_links(change, message):
    with pytest.raises(DataError, match=message):
        found_gaps(links=links().assign(**change))


def test_a_weight_that_is_not_known():
    found = found_gaps(links=links().assign(weight_share=None))
    known = found.matrix[found.matrix["role_code"] == "implementer"]
    assert known["weight"][known["release_count"] > 0].isna().all()
    assert "links without a weight, so that the weights in the matrix are at least what they say: 6" in found.caveats
    pd.testing.assert_frame_equal(found.releases, found_gaps().releases)


def test_bad_input():
    with pytest.raises(DataError, match="'links' has no column 'tier'"):
        found_gaps(links=links().drop(columns="tier"))
    with pytest.raises(DataError, match="release_id must stand once: 1 of 6 rows repeat one, the first 'R1'"):
        found_gaps(releases=pd.concat([releases(), releases().head(1)]))
    with pytest.raises(DataError, match="1 rows have no project_id"):
        found_gaps(projects=projects().assign(project_id=[None, *["P"] * 5]))
    with pytest.raises(CRSError):
        found_gaps(hazards=hazards().to_crs(4326))
    with pytest.raises(DataError, match="'hazards' has no geometry"):
        found_gaps(hazards=pd.DataFrame(hazards().drop(columns="geometry")))
    with pytest.raises(DataError, match="rank must hold finite numbers of 1 or more"):
        found_gaps(ranking=pd.DataFrame({"area_id": ["H1"], "rank": [0]}))
    with pytest.raises(OptionError, match="admin_areas and level go together"):
        found_gaps(level=None)
    with pytest.raises(OptionError, match=r"level must be one of 'admin_areas' \(0, 1, 2\); got 3"):
        found_gaps(level=3)
    with pytest.raises(OptionError, match="as_of must be a date"):
        coordination_gaps(releases(), projects(), links=links(), as_of="soon")


def test_inputs_are_not_changed():
    before = [releases(), projects(), links(), needs(), hazards()]
    frames = [one.copy() for one in before]
    coordination_gaps(frames[0], frames[1], links=frames[2], needs=frames[3], hazards=frames[4], as_of=DAY)
    for one, other in zip(before, frames, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))


@pytest.mark.real
def test_colombia_by_municipality():
    """Suspected minefields against the projects of AidData, by municipality; checked with sets of codes."""
    if not (REAL / "colombia").exists():
        pytest.skip("real data not there: colombia (set LANDRELEASE_REAL_DATA)")
    folder = REAL / "colombia"
    towns = gpd.read_file(folder / "municipios.geojson")[["MPIO_CDPMP", "DPTO_CCDGO", "DPTO_CNMBR", "geometry"]]
    towns = towns.set_axis(["admin_code", "parent_code", "name", "geometry"], axis=1)
    towns["geometry"] = shapely.make_valid(towns.geometry.to_numpy())
    above = towns[["parent_code", "name"]].drop_duplicates("parent_code")
    above = above.rename(columns={"parent_code": "admin_code"}).assign(parent_code="CO", level=1)
    country = pd.DataFrame({"admin_code": ["CO"], "level": [0]})
    units = pd.concat([towns.drop(columns="geometry").assign(level=2), above, country], ignore_index=True)

    def town_of(frame):
        inside = gpd.sjoin(frame[["geometry"]], towns, predicate="within").groupby(level=0)["admin_code"].first()
        return inside.reindex(frame.index)

    events = read(folder / "events_1990_2019.csv", "events", profile="colombia-events", crs="EPSG:4326")
    hazards = events[events["event"] == "suspected"].drop_duplicates("area_id")
    hazards = hazards.assign(admin_code=town_of(hazards), status="open")
    works = read(folder / "iati_2.03_aiddata.xml", "projects")
    works["admin_code"] = town_of(works)
    # a name that says department or country is known to no municipality
    is_large = works["location_name"].str.startswith("Departamento", na=False)
    works["admin_code"] = works["admin_code"].mask(is_large, works["admin_code"].str[:2])
    works["admin_code"] = works["admin_code"].mask(works["location_name"].eq("Republic of Colombia"), "CO")
    works["admin_code"] = works["admin_code"].mask(works["location_name"].str.contains("Colombia", na=False), "CO")
    nothing = pd.DataFrame({"release_id": [], "project_id": [], "weight_share": [], "tier": []})
    found = coordination_gaps(
        pd.DataFrame({"release_id": []}), works, links=nothing, hazards=hazards, as_of="2012-06-30", within_m=1_000,
        admin_areas=units, level=2,
    )  # fmt: skip
    day = pd.Timestamp("2012-06-30")
    covered, maybe, large = set(), set(), set()
    for row in works[["admin_code", "start_date", "end_date"]].itertuples():
        if pd.isna(row.admin_code) or row.admin_code == "CO" or row.end_date < day:
            continue
        (covered if len(row.admin_code) == 5 else large).add(row.admin_code)
    maybe = {one for one in towns["admin_code"] if one[:2] in large} - covered
    mined = Counter(hazards["admin_code"].dropna())
    units_found = found.units.set_index("province_code")
    assert units_found["hazard_count"][lambda one: one > 0].to_dict() == mined
    for state, wanted in (("covered", covered), ("maybe", maybe), ("gap", set(mined) - covered - maybe)):
        assert set(units_found.index[units_found["unit_gap_code"] == state]) == wanted
    assert min(len(covered), len(maybe)) > 10
    # not one centroid of a region is in the way of a hazard, and who is lies within the distance
    is_place = works.set_index("location_id")["is_point"].fillna(False)
    assert len(found.hazards) > 0
    assert is_place.loc[found.hazards["location_id"]].all()
    points = works.set_index("location_id").geometry, hazards.set_index("area_id").geometry
    for row in found.hazards.itertuples():
        one, other = points[0][row.location_id], points[1][row.area_id]
        apart = Geod(ellps="WGS84").inv(one.x, one.y, other.x, other.y)[2]
        assert row.distance_m == pytest.approx(apart, abs=0.01)
    # the file names no implementer: nobody is said to overlap with nobody
    assert found.overlaps.empty
    assert found.matrix["actor"].isna().all()


def test_overlaps_against_all_pairs():
    rng = np.random.default_rng(5)
    count = 60
    begin = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 2_000, count), unit="D")
    works = pd.DataFrame(
        {
            "project_id": [f"P{i}" for i in range(count)],
            "implementer": rng.choice(list("ABCD"), count),
            "sector_code": rng.choice(["311", "14030"], count),
            "admin_code": rng.choice(["N", "S"], count),
            "start_date": begin,
            "end_date": begin + pd.to_timedelta(rng.integers(0, 400, count), unit="D"),
        }
    )
    works["end_date"] = works["end_date"].mask(rng.random(count) < 0.1)
    rows = coordination_gaps(releases().iloc[:0], works, links=links().iloc[:0], as_of=DAY).overlaps
    told = {
        (row.place_id, row.sector_code, row.actor, row.other_actor): (row.overlap_count, row.unknown_count)
        for row in rows.itertuples()
    }
    wanted: dict[tuple[str, ...], list[int]] = {}
    for one, other in combinations(works.itertuples(), 2):
        is_same = one.admin_code == other.admin_code and one.sector_code[:3] == other.sector_code[:3]
        if not is_same or one.implementer == other.implementer:
            continue
        cell = wanted.setdefault(
            (one.admin_code, one.sector_code[:3], *sorted((one.implementer, other.implementer))), [0, 0]
        )
        if one.start_date > other.end_date or other.start_date > one.end_date:
            continue
        cell[1 if pd.isna(one.end_date) or pd.isna(other.end_date) else 0] += 1
    assert told == {key: tuple(value) for key, value in wanted.items() if any(value)}
