from __future__ import annotations

import math
import pickle
import tomllib
from fractions import Fraction
from importlib import resources

import pytest

from landrelease.errors import OptionError, ProgrammeError
from landrelease.priority import Criterion, Measure, bundled_schemes, read_scheme
from landrelease.priority.scheme.criteria import _MEASURES
from landrelease.priority.scheme.measures import MEASURES
from landrelease.tables import CODES

GOOD = """
name = "mine"
source = "own"
verified = true
[[criterion]]
column = "people"
low = 0
high = 10
weight = 1
from = { measure = "people_within", within_m = 500 }
"""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", 0, 1, 1), "name of a column"),
        (("x", 0, 1), "weight must be a finite number of 0 or more; got nan"),
        (("x", 0, 1, -1), "got -1"),
        (("x", 0, 1, math.inf), "got inf"),
        (("x", 0, 1, True), "got True"),
        (("x", 0, 1, "2"), "got '2'"),
        (("x", None, 1, 1), "needs low and high"),
        (("x", 1, 1, 1), "high must be greater than low"),
        (("x", 0, math.nan, 1), "high must be a finite number"),
        (
            ("x", 0, 1, 1, True, "point"),
            "form must be one of value, points; got 'point'; did you mean 'points'",
        ),
        (("x", 0, None, 1, True, "points"), "has no low"),
        (("x", None, 0, 1, True, "points"), "high above 0"),
        (("x", None, None, 1, False, "points"), "can not be reversed"),
    ],
)
def test_a_criterion_that_can_not_mean_anything_is_refused(arguments, message):
    with pytest.raises(OptionError, match=message):
        Criterion(*arguments)


def test_the_most_that_a_criterion_gives():
    assert Criterion("x", 0, 9, 0.4).most == 0.4
    assert Criterion("x", weight=2, form="points").most == math.inf
    assert Criterion("x", None, 3, 2, form="points").most == 6
    assert Criterion("x", weight=0, form="points").most == 0


def test_the_names_a_reader_sees():
    assert Criterion("people_near", 0, 1, 1).name == "people near"
    assert Criterion("people_near", 0, 1, 1, label="people").name == "people"


def test_every_declared_measure_has_a_function():
    assert set(_MEASURES) == set(MEASURES)


@pytest.mark.parametrize("name", bundled_schemes())
def test_bundled_schemes_say_where_they_come_from(name):
    scheme = read_scheme(name)
    assert scheme.name == name
    assert not scheme.verified
    assert "nverified" in scheme.note
    assert len(scheme.source) > 30
    assert all(one.label for one in scheme.criteria)
    assert pickle.loads(pickle.dumps(scheme)) == scheme


@pytest.mark.parametrize("name", ["community-first", "gichd-development"])
def test_weights_are_the_rank_order_centroids_of_the_criteria(name):
    # Barron and Barrett (1996): the i-th of m weights is the mean of 1/k over k = i..m, counted over m.
    weights = [one.weight for one in read_scheme(name).criteria]
    m = len(weights)
    exact = [sum(Fraction(1, k) for k in range(i, m + 1)) / m for i in range(1, m + 1)]
    assert sum(exact) == 1
    assert weights == pytest.approx([float(one) for one in exact], abs=1e-15)
    assert math.fsum(weights) == pytest.approx(1, abs=1e-12)


def test_the_landmine_impact_survey_counts_as_described():
    scheme = read_scheme("landmine-impact-survey")
    by_column = {one.column: one for one in scheme.criteria}
    assert all(one.form == "points" for one in scheme.criteria)
    assert (by_column["recent_victims"].weight, by_column["recent_victims"].high) == (2, None)
    assert (by_column["has_mines"].most, by_column["has_uxo"].most) == (2, 1)
    blockages = [one for name, one in by_column.items() if name.startswith("blocks_")]
    assert len(blockages) == 10
    assert sum(one.most for one in blockages) == 10
    assert [(band.name, band.at_least) for band in scheme.bands] == [("high", 11), ("medium", 6), ("low", 1)]
    # A record's one code for what it blocks counts in exactly one of the ten.
    told = [scheme.sources[one.column].args["codes"] for one in blockages if one.column in scheme.sources]
    flat = [code for codes in told for code in codes]
    assert sorted(flat) == sorted(set(CODES["blocked_resource_code"]) - {"none"})


def test_community_first_reads_the_layers_of_the_sample():
    scheme = read_scheme("community-first")
    assert set(scheme.sources) == {one.column for one in scheme.criteria}
    assert set(scheme.layers) == {"needs", "population", "accidents", "land_cover"}


def test_a_file_is_read_as_its_bundled_twin(tmp_path):
    text = (resources.files("landrelease.priority.scheme") / "bundled" / "community-first.toml").read_text("utf-8")
    path = tmp_path / "ours.toml"
    path.write_text(text, "utf-8")
    assert read_scheme(path) == read_scheme(str(path)) == read_scheme("community-first")


def test_measures_get_their_defaults(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    scheme = read_scheme(path)
    assert scheme.title == "mine"
    assert scheme.verified
    assert scheme.sources["people"] == Measure("people_within", {"within_m": 500, "layer": "population"})
    assert scheme.layers == ("population",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "mine"', 'nam = "mine"', "unknown key 'nam'; did you mean 'name'"),
        ('source = "own"', "", "has no 'source'"),
        ("verified = true", 'verified = "yes"', "'verified' must be true or false; got 'yes'"),
        ("weight = 1", "wieght = 1", r"criterion 1 \(people\): unknown key 'wieght'; did you mean 'weight'"),
        ("weight = 1", "weight = true", "'weight' must be a number; got True"),
        ("weight = 1", "weight = -1", "weight must be a finite number"),
        ("high = 10", "high = -1", "high must be greater than low"),
        ("weight = 1", 'weight = 1\nform = "ponts"', "did you mean 'points'"),
        ('"people_within"', '"people_withn"', "measure must be one of .* did you mean 'people_within'"),
        ("within_m = 500", "withn_m = 500", "unknown key 'withn_m'; did you mean 'within_m'"),
        (", within_m = 500", "", "needs within_m"),
        ("within_m = 500", "within_m = -5", "within_m must be a finite number of 0 or more"),
        ("within_m = 500", "within_m = nan", "within_m must be a finite number of 0 or more"),
        ("within_m = 500", 'within_m = "500 m"', "'within_m' must be a number"),
        ("[[criterion]]", "[criterion]", "'criterion' must be a list"),
        ("[[criterion]]", "[[band]]\nname = 'x'\n[[criterion]]", "band 1 needs name and at_least"),
        ('name = "mine"', "name = mine", "is no TOML"),
    ],
)
def test_a_scheme_with_a_mistake_is_refused_with_its_place(tmp_path, old, new, message):
    assert old in GOOD
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ProgrammeError, match=message) as raised:
        read_scheme(path)
    assert "mine.toml" in str(raised.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('{ measure = "blocked_resource", codes = ["watr"] }', "unknown code 'watr'; did you mean 'water'"),
        ('{ measure = "share_of_class" }', "needs use_codes or class_codes"),
        ('{ measure = "share_of_class", class_codes = ["40"] }', "class_codes must be whole numbers"),
        ('{ measure = "share_of_class", use_codes = ["cropland"] }', "unknown code 'cropland'"),
        ('{ measure = "accidents_within", within_m = 1, count = "dead" }', "victims; got 'dead'"),
        ('{ measure = "accidents_within", within_m = 1, months = 2.5 }', "'months' must be a whole number"),
        ('{ measure = "column", name = "x", values = { a = "b" } }', "values must be numbers"),
        ('{ measure = "community_rank", same_use = true }', "needs unnamed"),
        ('{ measure = "distance_to" }', "needs layer"),
        ('{ within_m = 3 }', "measure must be one of"),
        ('"people_within"', "'from' must be a table"),
    ],
)  # fmt: skip
def test_a_measure_with_a_mistake_is_refused(tmp_path, source, message):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace('{ measure = "people_within", within_m = 500 }', source))
    with pytest.raises(ProgrammeError, match=message):
        read_scheme(path)


def test_a_column_twice_an_empty_list_and_a_file_that_is_not_there(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD + GOOD[GOOD.index("[[criterion]]") :])
    with pytest.raises(ProgrammeError, match=r"criterion 2 \(people\): the column stands in an earlier"):
        read_scheme(path)
    path.write_text("name = 'x'\nsource = 'y'\nverified = false\n")
    with pytest.raises(ProgrammeError, match=r"has no \[\[criterion\]\]"):
        read_scheme(path)
    with pytest.raises(ProgrammeError, match=r"nowhere\.toml' can not be read: No such file"):
        read_scheme(tmp_path / "nowhere.toml")
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(ProgrammeError, match="not UTF-8"):
        read_scheme(path)


def test_schemes_are_valid_toml_with_unique_names():
    folder = resources.files("landrelease.priority.scheme") / "bundled"
    names = [tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))["name"] for name in bundled_schemes()]
    assert names == list(bundled_schemes())
