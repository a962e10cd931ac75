"""Legends: what each class of a map says of use, against the published nomenclatures."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from landrelease.errors import OptionError, ProgrammeError
from landrelease.match import legends
from landrelease.match.legends import LandCover, bundled_legends, read_legend
from landrelease.tables import CODES

FOLDER = Path(legends.__file__).parent
SAYS = {*CODES["use_code"], "unused", "unknown"}

# classes as the product user manuals list them
WORLDCOVER = {10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100}
CGLS = {0, 20, 30, 40, 50, 60, 70, 80, 90, 100, *range(111, 117), *range(121, 127), 200}
# the 44 classes of CORINE level 3 in the order of the nomenclature: the grid codes are 1 to 44
CORINE = [
    111, 112, 121, 122, 123, 124, 131, 132, 133, 141, 142,
    211, 212, 213, 221, 222, 223, 231, 241, 242, 243, 244,
    311, 312, 313, 321, 322, 323, 324, 331, 332, 333, 334, 335,
    411, 412, 421, 422, 423, 511, 512, 521, 522, 523,
]  # fmt: skip


def test_the_three_legends_come_with_the_package():
    assert bundled_legends() == ["cgls-lc100", "corine", "esa-worldcover"]


@pytest.mark.parametrize("name", ["cgls-lc100", "corine", "esa-worldcover"])
def test_every_class_says_something_allowed_and_has_a_name_and_a_source(name):
    document = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert document["name"]
    assert document["source"]
    assert all(one["name"] and one["use"] in SAYS for one in document["classes"].values())
    assert set(read_legend(name).values()) <= SAYS
    # a map from above sees no disuse
    assert not {"unused", "none"} & set(read_legend(name).values())


@pytest.mark.parametrize(("name", "classes"), [("esa-worldcover", WORLDCOVER), ("cgls-lc100", CGLS)])
def test_the_global_maps_have_their_classes_and_tell_crops_and_buildings_only(name, classes):
    legend = read_legend(name)
    assert set(legend) == classes
    assert {code: use for code, use in legend.items() if use != "unknown"} == {40: "agriculture", 50: "housing"}


def test_corine_reads_the_same_by_grid_code_and_by_three_digits():
    legend = read_legend("corine")
    assert len(CORINE) == 44
    grid = {code for code in legend if code < 100}
    assert set(range(1, 45)) <= grid
    assert set(CORINE) <= set(legend)
    for place, code in enumerate(CORINE, start=1):
        assert legend[place] == legend[code], (place, code)
    document = tomllib.loads((FOLDER / "corine.toml").read_text(encoding="utf-8"))["classes"]
    for place, code in enumerate(CORINE, start=1):
        assert document[str(place)]["name"] == document[str(code)]["name"]


def test_corine_forest_and_water_are_not_read_as_use():
    legend = read_legend("corine")
    assert {legend[code] for code in CORINE if code >= 311} == {"unknown"}
    assert {legend[code] for code in CORINE if 211 <= code <= 244} <= {
        "agriculture", "agriculture_rainfed", "agriculture_irrigated", "grazing", "unknown",
    }  # fmt: skip


def test_a_legend_of_ones_own(tmp_path):
    assert read_legend({40: "grazing", 10: "unused", 20: "unknown", 30: "none"}) == {
        40: "grazing", 10: "unused", 20: "unknown", 30: "unused",
    }  # fmt: skip
    assert read_legend({}) == {}
    path = tmp_path / "ours.toml"
    path.write_text('[classes]\n1 = { name = "rice", use = "agriculture_irrigated" }\n', encoding="utf-8")
    assert read_legend(path) == read_legend(str(path)) == {1: "agriculture_irrigated"}


@pytest.mark.parametrize(
    ("legend", "error", "message"),
    [
        ({40: "crops"}, OptionError, "class 40 says 'crops'"),
        ({40: "grazin"}, OptionError, "did you mean 'grazing'"),
        ({40: None}, OptionError, "class 40 says None"),
        ({"crops": "grazing"}, OptionError, "class 'crops' is not the whole number of a cell"),
        ({4.5: "grazing"}, OptionError, r"class 4\.5 is not the whole number of a cell"),
        (
            "esa",
            OptionError,
            r"There is no legend 'esa'\s+Fix: one of cgls-lc100, corine, esa-worldcover, or a TOML file",
        ),
        ("esa-worldcove", OptionError, r"did you mean 'esa-worldcover'\?"),
        ("absent.toml", OptionError, "There is no legend 'absent.toml'"),
    ],
)
def test_wrong_legends_are_named(legend, error, message):
    with pytest.raises(error, match=message):
        read_legend(legend)


@pytest.mark.parametrize(
    "text",
    ["[classes", "name = 'x'", "[classes]\n1 = 'grazing'\n", "[classes]\na = { use = 'grazing' }\n",
     "[classes]\n1 = { name = 'x' }\n", "classes = 3\n"],
)  # fmt: skip
def test_wrong_files_are_named(tmp_path, text):
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProgrammeError, match=re.escape("needs [classes]")):
        read_legend(path)


def test_a_land_cover_is_a_path_a_year_and_a_legend():
    cover = LandCover("map.tif", 2024, {1: "grazing"})
    assert (cover.path, cover.year, cover.legend) == ("map.tif", 2024, {1: "grazing"})
    assert cover == LandCover("map.tif", 2024, {1: "grazing"})
