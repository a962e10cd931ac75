"""Time to use: visits as they are made in the field, each with a count by hand, and a simulation with a known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landrelease import DataError, OptionError, match_follow_ups, time_to_use
from landrelease.cells import months_between
from landrelease.tables import RESULTS

DAY = "2025-12-31"


def releases_of(count: int, *, date="2020-01-31", first: int = 0, **columns) -> pd.DataFrame:
    ids = [f"E{first + i}" for i in range(count)]
    return pd.DataFrame({"release_id": ids, "area_id": ids, "release_date": pd.to_datetime([date] * count),
                         "admin_code": [f"C{i}" for i in range(count)], **columns})  # fmt: skip


def visits_of(*rows) -> pd.DataFrame:
    """Visits: release number (or several), day, use, further columns."""
    made = [
        {"release_id": f"E{number}", "visit_date": pd.Timestamp(day), "use_code": use, **(more[0] if more else {})}
        for numbers, day, use, *more in rows
        for number in ([numbers] if isinstance(numbers, int) else numbers)
    ]
    columns = ["release_id", "visit_date", "use_code", *(rows[0][3] if rows and len(rows[0]) > 3 else ())]
    frame = pd.DataFrame(made, columns=columns)
    return frame.assign(follow_up_id=frame.index.astype("str"))


def shares(found) -> list[list[float]]:
    return found.shares[["used_share_low", "used_share_high"]].to_numpy().tolist()


def one(releases, visits, **options):
    return time_to_use(releases, visits, as_of=DAY, draws=0, **options)


BACK_TO_BACK = ((range(20), "2021-01-31", "grazing"), (range(20, 40), "2021-01-31", "none"),
                (range(20, 40), "2022-01-31", "housing"))  # fmt: skip


def test_back_to_back_visits():
    found = one(releases_of(40), visits_of((range(40), "2020-01-31", "none"), *BACK_TO_BACK))
    assert found.shares["horizon_months"].tolist() == [12, 24, 60]
    assert shares(found)[:2] == [[0.5, 0.5], [1.0, 1.0]]
    assert found.shares["at_risk_count"].tolist() == [40, 20, 0]
    assert found.shares["used_share_low"].isna().tolist() == [False, False, True]
    assert found.curve[["from_months", "to_months", "used_share_low", "used_share_high"]].values.tolist() == [
        [0.0, 12.0, 0.0, 0.5], [12.0, 24.0, 0.5, 1.0],
    ]  # fmt: skip
    assert found.groups[["median_months_low", "median_months_high"]].values.tolist() == [[0.0, 12.0]]


def test_a_band_within_a_flat_interval():
    found = one(releases_of(40), visits_of(*BACK_TO_BACK), horizons_months=(6, 18))
    assert shares(found) == [[0.0, 0.5], [0.5, 1.0]]


def test_never_visited_is_neither_used_nor_unused():
    visits = visits_of(*BACK_TO_BACK)
    found = one(releases_of(140), visits)
    assert shares(found)[:2] == [[0.5, 0.5], [1.0, 1.0]]
    told = found.groups.iloc[0]
    assert (told["release_count"], told["followed_count"], told["not_seen_count"]) == (140, 40, 100)
    assert told["not_known_share"] == pytest.approx(100 / 140)
    assert (found.n, found.missing_share) == (40, pytest.approx(100 / 140))
    assert (found.records["seen_code"] == "not_seen").sum() == 100
    assert found.caveats[0].startswith("100 of 140 releases were not seen")


def test_all_censored():
    found = one(releases_of(30), visits_of((range(30), "2022-01-31", "none")))
    assert shares(found)[:2] == [[0.0, 0.0], [0.0, 0.0]]
    assert np.isnan(shares(found)[2]).all()
    assert found.curve.empty
    assert found.groups[["followed_count", "ended_count"]].values.tolist() == [[30, 0]]
    assert found.groups["median_months_low"].isna().all()


def test_nobody_visited():
    found = one(releases_of(30), visits_of())
    assert found.shares["used_share_low"].isna().all()
    assert found.groups["not_seen_count"].tolist() == [30]


def test_no_releases():
    for by in (None, "admin_code"):
        found = one(releases_of(0), visits_of(), by=by)
        assert found.shares["used_share_low"].isna().all()
        assert len(found.shares) == (0 if by else 3)
        assert len(found.records) == len(found.differences) == len(found.curve) == 0


def test_one_cohort_has_no_differences():
    found = one(releases_of(40, release_type="cleared"), visits_of(*BACK_TO_BACK), by="release_type")
    assert found.shares["release_type"].tolist() == ["cleared"] * 3
    assert found.differences.empty


def test_visits_before_the_release_are_set_aside():
    visits = visits_of((range(40), "2019-06-30", "grazing"), *BACK_TO_BACK, (range(5), "2026-02-01", "none"))
    found = one(releases_of(40), visits)
    assert shares(found)[:2] == [[0.5, 0.5], [1.0, 1.0]]
    said = [text for text in found.caveats if "visits are not used" in text]
    assert said == ["45 of 105 visits are not used: the visit is after the day of the assessment (5); "
                    "the visit was before the release (40)."]  # fmt: skip


def test_use_that_goes_back_counts_from_its_first_day():
    visits = visits_of(*BACK_TO_BACK, (range(7), "2023-01-31", "none"), (range(7), "2024-01-31", "grazing"))
    found = one(releases_of(40), visits)
    assert shares(found)[:2] == [[0.5, 0.5], [1.0, 1.0]]
    assert found.records["has_gone_back"].sum() == 7
    assert any(text.startswith("7 of 40 releases were in use and later seen unused") for text in found.caveats)


def test_two_verdicts_on_one_day_are_neither():
    """E0 is unclear at 12 and in use at 24: it came into use somewhere up to 24."""
    visits = visits_of((0, "2021-01-31", "none"), (0, "2021-01-31", "grazing"), (0, "2022-01-31", "grazing"))
    found = one(releases_of(1), visits).records.iloc[0]
    assert (found["seen_code"], found["used_by_months"], found["unclear_day_count"], found["visit_count"]) == (
        "in_use", 24.0, 1, 1,
    )  # fmt: skip
    assert np.isnan(found["unused_until_months"])
    alone = one(releases_of(1), visits.iloc[:2])
    assert alone.records["seen_code"].tolist() == ["not_seen"]
    assert any("on one day" in text for text in alone.caveats)


def test_two_visits_of_one_day_that_agree_are_one():
    found = one(releases_of(1), visits_of((0, "2021-01-31", "grazing"), (0, "2021-01-31", "housing"))).records
    assert found[["used_by_months", "unclear_day_count", "visit_count"]].values.tolist() == [[12.0, 0, 2]]


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        ({"observed_share": 0.4}, "not_seen"),
        ({"observed_share": 0.5}, "in_use"),
        ({"observed_share": 0.0}, "not_seen"),
        ({"productive_area_m2": 40.0}, "not_in_use"),
        ({"productive_area_m2": 50.0}, "in_use"),
        ({"productive_area_m2": 0.0}, "not_in_use"),
        ({"observed_share": 0.6, "productive_area_m2": 30.0}, "in_use"),
    ],
)
def test_a_visit_counts_as_its_verdict(seen, code):
    found = one(releases_of(1, area_m2=100.0), visits_of((0, "2021-01-31", "grazing", seen)))
    assert found.records["seen_code"].tolist() == [code]


def test_releases_that_can_not_be_placed_are_left_out_and_counted():
    releases = pd.concat([
        releases_of(1), releases_of(1, first=1, date=None), releases_of(1, first=2, date="2026-01-15"),
        releases_of(1, first=3, area_m2=0.0), releases_of(1, first=4, date_precision="unknown"),
    ], ignore_index=True)  # fmt: skip
    found = one(releases, visits_of((range(5), "2021-01-31", "grazing")))
    assert found.records["seen_code"].tolist() == ["in_use", "undated", "later", "no_land", "undated"]
    assert found.groups[["followed_count", "not_seen_count", "left_out_count"]].values.tolist() == [[1, 0, 4]]


@pytest.mark.parametrize(
    ("precision", "date", "lower", "upper"),
    [
        ("day", "2020-06-30", 6.0, 18.0),
        ("month", "2020-06-30", 6.0, 18 + 29 / 31),
        ("year", "2020-12-31", 0.0, 23 + 29 / 31),
    ],
)
def test_a_rough_day_of_release_widens_the_interval(precision, date, lower, upper):
    """Seen unused on 30 December 2020, in use on 30 December 2021; the release on any day of June, or of 2020."""
    releases = releases_of(1, date=date, date_precision=precision)
    found = one(releases, visits_of((0, "2020-12-30", "none"), (0, "2021-12-30", "grazing"))).records.iloc[0]
    assert found["unused_until_months"] == pytest.approx(lower)
    assert found["used_by_months"] == pytest.approx(upper)


def test_use_on_the_day_of_the_release():
    visits = visits_of((range(10), "2020-01-31", "grazing"), (range(10, 40), "2020-01-31", "none"),
                       (range(40), "2021-01-31", "grazing"))  # fmt: skip
    found = one(releases_of(40), visits, horizons_months=(1, 12))
    assert found.curve[["from_months", "to_months", "used_share_high"]].values.tolist() == [
        [0.0, 0.0, 0.25], [0.0, 12.0, 1.0],
    ]  # fmt: skip
    assert shares(found) == [[0.25, 1.0], [1.0, 1.0]]


def test_fewer_than_ten_at_risk_are_not_printed():
    for count, is_shown in ((9, False), (10, True)):
        found = one(releases_of(count), visits_of((range(count), "2021-01-31", "grazing")), horizons_months=[12])
        assert found.shares["used_share_low"].notna().tolist() == [is_shown]
        assert found.shares["note"].tolist() == ["no interval: draws=0" if is_shown else "fewer than 10 at risk"]
        assert len(found.curve) == is_shown
        assert found.groups["median_months_low"].notna().tolist() == [is_shown]


def test_groups_of_releases_visits_and_made_ones():
    releases = releases_of(40, intended_use_code=["grazing"] * 20 + ["road"] * 19 + [None])
    visits = visits_of(*BACK_TO_BACK).assign(owner_sex_code=["woman"] * 20 + ["man"] * 20 + ["man"] * 19 + ["woman"])
    by_sector = one(releases, visits, by="sector")
    assert by_sector.groups["sector"].fillna("-").tolist() == ["agriculture", "built", "-"]
    assert by_sector.groups["release_count"].tolist() == [20, 19, 1]
    by_sex = one(releases, visits, by="owner_sex_code")
    # the visits to E39 name a man and a woman: not known whose it is
    assert by_sex.groups["owner_sex_code"].fillna("-").tolist() == ["man", "woman", "-"]
    assert by_sex.groups["release_count"].tolist() == [19, 20, 1]
    assert by_sex.shares.loc[by_sex.shares["horizon_months"] == 12, "used_share_low"].tolist()[:2] == [0.0, 1.0]
    by_year = one(releases, visits, by="release_year")
    assert by_year.groups["release_year"].tolist() == [2020]


def test_differences_by_hand():
    """Women: all by 12 months. Men: half by 12, all by 24. At 6 months nobody knows of either."""
    releases = releases_of(60, sex=["woman"] * 20 + ["man"] * 40)
    visits = visits_of((range(40), "2021-01-31", "grazing"), (range(40, 60), "2021-01-31", "none"),
                       (range(60), "2022-01-31", "grazing"))  # fmt: skip
    found = one(releases, visits, by="sex", reference="man", horizons_months=(6, 12)).differences
    assert found[["sex", "reference"]].values.tolist() == [["woman", "man"]] * 2
    assert found[["difference_low", "difference_high"]].values.tolist() == [[-0.5, 1.0], [0.5, 0.5]]
    assert one(releases, visits, by="sex").differences["reference"].tolist() == ["man"] * 3  # the largest
    with pytest.raises(OptionError, match="reference must be a group of by='sex' \\(man, woman\\); got 'men'"):
        one(releases, visits, by="sex", reference="men")


def test_bootstrap_draws_whole_communities():
    """Communities that are all alike within: 200 releases know no more than 20 communities do."""
    ids = np.arange(200)
    visits = visits_of(([i for i in ids if i % 20 < 10], "2021-01-31", "grazing"),
                       ([i for i in ids if i % 20 >= 10], "2021-01-31", "none"),
                       (range(200), "2023-01-31", "grazing"))  # fmt: skip
    releases = releases_of(200, village=[f"V{i % 20}" for i in ids])
    width = {}
    for column in ("village", "release_id"):
        found = time_to_use(releases, visits, as_of=DAY, cluster_by=column, horizons_months=[12], draws=400)
        assert shares(found) == [[0.5, 0.5]]
        width[column] = (found.shares["interval_share_high"] - found.shares["interval_share_low"]).iloc[0]
    assert width["village"] == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 20), rel=0.2)
    assert width["release_id"] == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 200), rel=0.2)


def test_few_communities_have_no_interval():
    releases = releases_of(40, village=[f"V{i % 9}" for i in range(40)])
    found = time_to_use(releases, visits_of(*BACK_TO_BACK), as_of=DAY, cluster_by="village", draws=100)
    assert found.shares["interval_share_low"].isna().all()
    assert found.shares["note"].tolist()[0] == "no interval: fewer than 10 communities"
    assert found.shares["used_share_low"].notna().tolist() == [True, True, False]


def test_releases_without_a_community_stand_alone():
    releases = releases_of(40).assign(admin_code=None)
    found = time_to_use(releases, visits_of(*BACK_TO_BACK), as_of=DAY, draws=100)
    assert found.groups["cluster_count"].tolist() == [40]
    assert any(text.startswith("40 of 40 releases name no community") for text in found.caveats)


def test_names_and_order_change_nothing_and_nor_do_inputs():
    random = np.random.default_rng(4)
    releases, visits = simulated(300, 4)
    releases["province"] = random.choice(["N", "S"], 300)
    before = releases.copy(), visits.copy()
    found = time_to_use(releases, visits, as_of=DAY, by="province", draws=100, seed=3)
    pd.testing.assert_frame_equal(releases, before[0])
    pd.testing.assert_frame_equal(visits, before[1])
    names = {name: f"X{i:03d}" for i, name in enumerate(random.permutation(releases["release_id"]))}
    order = random.permutation(300)
    other = time_to_use(
        releases.assign(release_id=releases["release_id"].map(names)).iloc[order],
        visits.assign(release_id=visits["release_id"].map(names)).sample(frac=1, random_state=1),
        as_of=DAY, by="province", draws=100, seed=3,
    )  # fmt: skip
    for table in ("shares", "differences", "curve", "groups"):
        pd.testing.assert_frame_equal(getattr(found, table), getattr(other, table), atol=1e-4)
    assert found.caveats == other.caveats
    assert (found.seed, found.draws, found.cluster_by) == (3, 100, "admin_code")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "provinse"}, "by: neither 'releases' nor 'follow_ups' has a column 'provinse'"),
        ({"by": "release_id"}, "by: 'release_id' is a column of the result"),
        ({"cluster_by": "village", "draws": 100}, "cluster_by: 'releases' has no column 'village'"),
        ({"horizons_months": ()}, "horizons_months must be numbers above 0"),
        ({"horizons_months": (0, 12)}, "horizons_months must be numbers above 0"),
        ({"horizons_months": 12}, "horizons_months must be numbers above 0"),
        ({"draws": -1}, "draws must be 0 .no interval. or a whole number of 100 or more"),
        ({"draws": 20}, "draws must be 0 .no interval. or a whole number of 100 or more"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"min_observed_share": 2}, "min_observed_share must be from 0 to 1"),
        ({"as_of": "soon"}, "as_of must be a date"),
    ],
)
def test_options_that_can_not_be(options, message):
    with pytest.raises(OptionError, match=message):
        time_to_use(releases_of(3), visits_of((0, "2021-01-31", "none")), **{"as_of": DAY, "draws": 0, **options})


@pytest.mark.parametrize("ids", [["E0", "E0"], ["E0", None]])
def test_releases_need_an_id_each(ids):
    with pytest.raises(DataError, match="needs a release_id in each row"):
        one(releases_of(2).assign(release_id=ids), visits_of())


def test_tables_are_as_declared():
    releases, visits = simulated(200, 1)
    found = time_to_use(releases.assign(kind="a"), visits, as_of=DAY, by="kind", draws=100)
    for name in ("shares", "differences", "curve", "groups", "records"):
        declared = {one for one in RESULTS[f"time_to_use_{name}"].names if one != "end_code"}
        assert set(getattr(found, name)) == {*declared, "kind"} - {"by"}, name


def test_months_of_a_leap_year():
    days = pd.to_datetime(pd.Series(["2020-02-29", "2019-03-01", "2020-01-31"]))
    later = pd.to_datetime(pd.Series(["2021-02-28", "2020-03-01", "2020-02-01"]))
    assert months_between(days, later).round(3).tolist() == [11.968, 12.0, 0.032]


SHAPE, SCALE = 1.1, 20.0


def simulated(count: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Land comes into use after a Weibull time; visits come every 6 to 24 months until the end of 2021."""
    random = np.random.default_rng(seed)
    use = SCALE * random.weibull(SHAPE, count)
    first_day = np.datetime64("2012-01-01") + random.integers(0, 6 * 365, count).astype("timedelta64[D]")
    ids = np.array([f"E{i}" for i in range(count)])
    at, visits = np.zeros(count), []
    for _ in range(10):
        at = at + random.uniform(6, 24, count)
        day = first_day + np.round(at * 30.4375).astype("timedelta64[D]")
        seen = pd.DataFrame({"release_id": ids, "visit_date": day, "use_code": np.where(use <= at, "grazing", "none")})
        visits.append(seen[day <= np.datetime64("2021-12-31")])
    follow_ups = pd.concat(visits, ignore_index=True)
    releases = pd.DataFrame({"release_id": ids, "release_date": first_day,
                             "admin_code": [f"C{i}" for i in random.integers(0, 50, count)]})  # fmt: skip
    return releases, follow_ups.assign(follow_up_id=follow_ups.index.astype("str"))


def test_known_truth_is_found_where_the_visit_date_misses_it():
    """The mean of 20 seeds within 0.01, each within 0.06; the first visit that saw use is off by half and more."""
    months = np.array([12.0, 24.0, 36.0])
    truth = 1 - np.exp(-((months / SCALE) ** SHAPE))
    found, naive = [], []
    for seed in range(20):
        releases, visits = simulated(4_000, seed)
        estimate = one(releases, visits, horizons_months=months)
        found.append(estimate.shares[["used_share_low", "used_share_high"]].to_numpy())
        # nobody is lost before 36 months, so that the estimate of Kaplan and Meier is a plain share
        naive.append((estimate.records["used_by_months"] <= 12).mean())
    both = np.array(found)
    assert np.abs(both.mean(axis=0) - truth[:, None]).max() < 0.01
    assert np.abs(both - truth[None, :, None]).max() < 0.06
    assert np.mean(naive) < truth[0] / 2


def test_links_are_those_of_match_follow_ups():
    """A visit that names its area only speaks of the latest release of it."""
    releases = pd.DataFrame({"release_id": ["E1", "E2"], "area_id": ["A", "A"],
                             "release_date": pd.to_datetime(["2020-01-31", "2021-01-31"])})  # fmt: skip
    visits = pd.DataFrame({"follow_up_id": ["1", "2"], "area_id": ["A", "A"], "use_code": ["none", "grazing"],
                           "visit_date": pd.to_datetime(["2020-07-31", "2022-01-31"])})  # fmt: skip
    assert match_follow_ups(releases, visits, as_of=DAY)["release_id"].tolist() == ["E1", "E2"]
    found = one(releases, visits).records
    assert found["seen_code"].tolist() == ["not_in_use", "in_use"]
    assert found["used_by_months"].tolist()[1] == 12.0
