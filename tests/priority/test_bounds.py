from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.errors import OptionError, ProgrammeError
from landrelease.priority import (
    Band,
    Criterion,
    PriorityClass,
    Scheme,
    Threshold,
    explain,
    prioritise,
    read_scheme,
)
from landrelease.priority.scheme.criteria import rank_order_centroid

PEOPLE = Criterion("people", 0, 8, 0.5, unit="people")
ROAD = Criterion("road_m", 0, 4, 0.25, more_is_urgent=False, label="distance to a road", unit="m")
MINES = Criterion("mines", None, 1, 0.25, form="points", unit="yes/no")
THREE = (PEOPLE, ROAD, MINES)
CLASSES = (
    PriorityClass("A", (Threshold("people", at_least=6), Threshold("victims", at_least=1, unit="victims"))),
    PriorityClass("B", (Threshold("road_m", at_most=1),)),
    PriorityClass("C"),
)
cells = st.tuples(
    *(
        st.one_of(st.none(), st.sampled_from(steps))
        for steps in ([-1, 0, 2, 4, 8, 9], [0, 1, 2, 4, 6], [0, 1], [0, 1, 3])
    )
)
tables = st.lists(cells, min_size=1, max_size=5).map(
    lambda rows: pd.DataFrame(rows, columns=["people", "road_m", "mines", "victims"], dtype="float64").assign(
        area_id=[f"HA-{i}" for i in range(len(rows))]
    )
)


def table_of(**columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame({"area_id": [f"A{i}" for i in range(length)], **columns})


def scheme_of(classes=CLASSES, criteria=THREE, **more):
    return Scheme("x", "X", "", False, "", criteria, classes=classes, **more)


def completions(table, columns):
    """Yield the table with each missing value at either end of what it may be; monotone scores have no others."""
    holes = [(row, name) for name in columns for row in np.flatnonzero(table[name].isna())]
    for ends in itertools.product((-100.0, 100.0), repeat=len(holes)):
        full = table.copy()
        for (row, name), value in zip(holes, ends, strict=True):
            full.loc[full.index[row], name] = max(value, 0.0) if name == "mines" else value
        yield full


@settings(max_examples=60, deadline=None)
@given(table=tables, with_classes=st.booleans())
def test_bounds_are_those_of_all_completions(table, with_classes):
    columns = ["people", "road_m", "mines"] + (["victims"] if with_classes else [])
    if table[columns].isna().sum().sum() > 6:
        table = table.head(1)
    criteria = scheme_of() if with_classes else THREE
    found = prioritise(table, criteria, missing="bounds").table.set_index("area_id")
    every = [prioritise(one, criteria).table.set_index("area_id") for one in completions(table, columns)]
    ids = list(found.index)
    for name in ("score", "rank"):
        seen = np.array([one.loc[ids, name].to_numpy(dtype=float) for one in every])
        low, high = ("score_low", "score_high") if name == "score" else ("rank_best", "rank_worst")
        np.testing.assert_allclose(found[low], seen.min(axis=0), atol=1e-12)
        np.testing.assert_allclose(found[high], seen.max(axis=0), atol=1e-12)
        is_one = np.isclose(seen.min(axis=0), seen.max(axis=0), rtol=0, atol=1e-12)
        assert found[name].notna().tolist() == is_one.tolist()
        np.testing.assert_allclose(found[name].dropna().astype(float), seen[0][is_one], atol=1e-12)
    if with_classes:
        names = [set(column) for column in zip(*(one.loc[ids, "priority_class"] for one in every), strict=True)]
        assert [None if pd.isna(one) else {one} for one in found["priority_class"]] == [
            one if len(one) == 1 else None for one in names
        ]
    order = found[["rank_best", "rank_worst"]].apply(tuple, axis=1).tolist()
    assert order == sorted(order)


@settings(max_examples=60, deadline=None)
@given(table=tables)
def test_what_is_known_sums_to_the_lower_score(table):
    ranking = prioritise(table, THREE, missing="bounds")
    parts = ranking.contributions.drop(columns="area_id")
    np.testing.assert_allclose(parts.sum(axis=1), ranking.table["score_low"], atol=1e-12)
    assert parts.isna().equals(ranking.values[list(parts)].isna())
    lowest, highest = (prioritise(table, THREE, missing=one).table.set_index("area_id") for one in ("worst", "best"))
    by_id = ranking.table.set_index("area_id")
    assert by_id["score_low"].equals(lowest["score"].loc[by_id.index].rename("score_low"))
    assert by_id["score_high"].equals(highest["score"].loc[by_id.index].rename("score_high"))


def test_nothing_missing_is_the_ranking_itself():
    table = table_of(people=[1, 8, 3], road_m=[0, 2, 9], mines=[1, 0, 1])
    sure = prioritise(table, THREE).table
    found = prioritise(table, THREE, missing="bounds").table
    pd.testing.assert_frame_equal(found[list(sure)], sure)
    assert (found["rank_best"] == found["rank"]).all()
    none = prioritise(table.iloc[:0], THREE, missing="bounds").table
    assert none.columns.tolist() == [*sure, "score_low", "score_high", "rank_best", "rank_worst"]
    one = prioritise(table.iloc[:1].assign(people=np.nan), THREE, missing="bounds").table
    assert one[["rank", "rank_best", "rank_worst"]].to_numpy().tolist() == [[1, 1, 1]]


def test_bounds_in_sentences():
    table = table_of(people=[8, None, 0], road_m=[4, 0, 4], mines=[0, 1, None])
    ranking = prioritise(table, THREE, missing="bounds")
    assert explain(ranking, "A1") == (
        "A1 is rank 1 of 3 with a score between 0.50 and 1.00 of 1.00. It gets 0.25 of 0.25 for distance to a road "
        "(0 m; 4 or more counts nothing, 0 counts in full) and 0.25 of 0.25 for mines (yes). Not known, and not in the "
        "lower score: up to 0.50 for people."
    )
    assert explain(ranking, "A0").startswith("A0 is between rank 1 and 2 of 3 with a score of 0.50 of 1.00. ")
    assert explain(ranking, "A2").startswith("A2 is rank 3 of 3 with a score between 0.00 and 0.25 of 1.00. ")


def test_points_without_a_most_have_no_bounds():
    victims = Criterion("victims", weight=2, form="points")
    with pytest.raises(OptionError, match="missing='bounds' has no meaning for 'victims'"):
        prioritise(table_of(victims=[1, None]), [victims], missing="bounds")


def test_areas_of_a_class_come_before_those_of_the_next():
    table = table_of(people=[7, 0, 5, 5], road_m=[4, 4, 1, 2], mines=[0, 0, 1, 1], victims=[0, 2, 0, 0])
    ranking = prioritise(table, scheme_of())
    # By score alone the order is A2 (.75), A3 (.69), A0 (.44), A1 (0).
    assert ranking.table[["area_id", "priority_class", "rank"]].to_numpy().tolist() == [
        ["A0", "A", 1], ["A1", "A", 2], ["A2", "B", 3], ["A3", "C", 4],
    ]  # fmt: skip
    assert ranking.table["score"].tolist() == pytest.approx([0.4375, 0, 0.75, 0.6875])
    assert "It is in class A, which comes before all others: people (7 people; 6 or more is enough). It gets" in (
        explain(ranking, "A0")
    )
    assert "It is in class A, which comes before all others: victims (2 victims; 1 or more is enough)." in (
        explain(ranking, "A1")
    )
    assert "It is in class B, which comes after class A: distance to a road (1 m; 1 or less is enough)." in (
        explain(ranking, "A2")
    )
    assert "It is in class C, which comes after class B: it reaches no threshold of another class." in (
        explain(ranking, "A3")
    )
    for method in ("topsis", "promethee"):
        scheme = scheme_of(criteria=THREE[:2])
        assert prioritise(table, scheme, method=method).table["priority_class"].tolist() == ["A", "A", "B", "C"]


def test_a_class_that_hangs_on_what_is_not_known():
    table = table_of(people=[0, 4], road_m=[4, 4], mines=[0, 0], victims=[None, 0])
    with pytest.raises(ValueError, match="victims: 1 area, 'A0'"):
        prioritise(table, scheme_of())
    for missing, order, classes in (("worst", ["A1", "A0"], ["C", "C"]), ("best", ["A0", "A1"], ["A", "C"])):
        found = prioritise(table, scheme_of(), missing=missing)
        assert found.table["area_id"].tolist() == order
        assert found.table["priority_class"].tolist() == classes
    assert "class A, which comes before all others: victims (not known, counted as reached)." in explain(found, "A0")
    open_ = prioritise(table, scheme_of(), missing="bounds")
    assert open_.table["priority_class"].isna().tolist() == [True, False]
    assert open_.table[["rank_best", "rank_worst"]].to_numpy().tolist() == [[1, 2], [1, 2]]
    assert "A0 is between rank 1 and 2 of 2 with a score of 0.00 of 1.00. Its class is open: victims is not known." in (
        explain(open_, "A0")
    )
    dropped = prioritise(table, scheme_of(), missing="drop")
    assert dropped.table["priority_class"].isna().tolist() == [False, True]
    assert explain(dropped, "A0") == "A0 is not ranked: victims is not known."


TIERS = """
name = "two tiers"
source = "a test"
verified = true
weights = "order"
[[class]]
name = "A"
any = [
  { column = "victims", at_least = 1, label = "near", from = { measure = "accidents_within", within_m = 500 } },
]
[[class]]
name = "B"
[[criterion]]
column = "people"
low = 0
high = 8
[[criterion]]
column = "share"
low = 0
high = 1
"""


def test_a_scheme_of_two_tiers_by_order(tmp_path):
    path = tmp_path / "tiers.toml"
    path.write_text(TIERS, encoding="utf-8")
    scheme = read_scheme(path)
    assert [one.weight for one in scheme.criteria] == [0.75, 0.25]
    assert (scheme.weights, scheme.columns, scheme.layers) == ("order", ("people", "share", "victims"), ("accidents",))
    assert scheme.classes[0].any[0] == Threshold("victims", at_least=1, label="near")
    table = table_of(people=[8, 0], share=[1, 0], victims=[0, 3])
    ranking = prioritise(table, scheme)
    assert ranking.table["area_id"].tolist() == ["A1", "A0"]
    assert ranking.weights == "order"
    assert prioritise(table, scheme.criteria).weights == "given"


@pytest.mark.parametrize(("old", "new", "message"), [
    ("low = 0\nhigh = 8", "low = 0\nhigh = 8\nweight = 0.5", 'criterion 1 .people.*: weights = "order" and a weight'),
    ("low = 0\nhigh = 8", 'form = "points"', 'criterion 1 .people.*: points have a number each; weights = "order"'),
    ('weights = "order"', "", "criterion 1 .people.*: .*weight must be a finite number"),
    ('weights = "order"', 'weights = "odrer"', "criterion 1|weights must be one of given, order; got 'odrer'"),
    ('[[class]]\nname = "B"', "", "class 'A' has thresholds: the last class takes what is left"),
    ('name = "B"', 'name = "A"', "two classes have one name; there are A, A"),
    ('name = "B"', "", r"class 2 \(no name\) needs a name"),
    ("at_least = 1", "at_lest = 1", r"class 1 \(A\): unknown key 'at_lest'; did you mean 'at_least'"),
    ("at_least = 1", "at_least = 1, at_most = 2", "needs either at_least or at_most, a finite number; got both"),
    ("at_least = 1", "at_least = inf", "a finite number; got inf"),
    ('column = "victims", at_least = 1', 'column = "people", at_most = 1', "here less of it is urgent, elsewhere"),
    ("within_m = 500", "within = 500", "unknown key 'within'"),
    ('{ column = "victims"', '3, { column = "victims"', "'any' must be tables"),
    ("[[criterion]]\ncolumn = \"share\"", '[[criterion]]\ncolumn = "victims"\nfrom = { measure = "area" }',
     "column 'victims' has another 'from'"),
])  # fmt: skip
def test_what_a_scheme_can_not_mean(tmp_path, old, new, message):
    path = tmp_path / "tiers.toml"
    assert old in TIERS
    path.write_text(TIERS.replace(old, new), encoding="utf-8")
    with pytest.raises(ProgrammeError, match=message):
        read_scheme(path)


def test_weights_by_order_are_the_centroids():
    # Barron and Barrett (1996), Table 1: rank-order centroid weights of four attributes.
    assert rank_order_centroid(4) == pytest.approx([0.5208, 0.2708, 0.1458, 0.0625], abs=5e-5)
    weights = rank_order_centroid(3)
    criteria = tuple(Criterion(name, 0, 1, weight) for name, weight in zip("abc", weights, strict=True))
    assert scheme_of((), criteria, weights="order").weights == "order"
    for wrong in (criteria[::-1], THREE):
        with pytest.raises(OptionError, match="is for criteria of form 'value', weighted by rank_order_centroid"):
            scheme_of((), wrong, weights="order")


def test_a_band_is_not_said_of_a_score_that_is_open():
    table = table_of(mines=[1, None])
    scheme = Scheme("x", "X", "", False, "", (MINES,), bands=(Band("high", 0.2),))
    assert "That is high" in explain(prioritise(table, scheme, missing="bounds"), "A0")
    assert "That is" not in explain(prioritise(table, scheme, missing="bounds"), "A1")
