"""What the pages list is what the package has: rules, keys of the programme file, names, profiles, legends, units."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import landrelease
from landrelease.job.programme import (
    About,
    Balance,
    Costs,
    Input,
    Inputs,
    LandCoverInput,
    Map,
    Match,
    Plan,
    Priority,
    Programme,
    RasterInput,
    Report,
    read_programme,
)
from landrelease.match.legends import bundled_legends, read_legend
from landrelease.priority import read_scheme
from landrelease.priority.scheme.file import bundled_schemes
from landrelease.read.files import SUFFIXES
from landrelease.read.profiles import bundled_profiles, read_profile
from landrelease.read.values import DATE_ORDERS, UNITS
from landrelease.rules import RULES
from landrelease.tables import TABLES

DOCS = Path(__file__).resolve().parents[2] / "docs"
KEYS: dict[str, Any] = {
    "programme": About, "inputs": Inputs, "File inputs": Input, "Rasters": RasterInput, "Land cover": LandCoverInput,
    "match": Match, "balance": Balance, "priority": Priority, "costs": Costs, "plan": Plan,
    "map": Map, "report": Report,
}  # fmt: skip


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def rows_under(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the rows of the first table under a heading, without its head."""
    section = re.split(rf"^#+ {re.escape(heading)}$", text, maxsplit=1, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    lines = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert lines is not None, heading
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()[2:]]


def toml_blocks(name: str) -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)


def test_rules_are_those_of_the_package() -> None:
    told = {row[0]: (row[1], row[2]) for row in rows_under(page("reading"), "The rules")}
    assert told == {number: (rule.text, "must" if rule.is_must else "should") for number, rule in RULES.items()}


@pytest.mark.parametrize("heading", KEYS)
def test_keys_of_the_programme_file(heading: str) -> None:
    rows = rows_under(page("programme"), heading)
    fields = KEYS[heading].model_fields
    assert [row[0].strip("`") for row in rows] == list(fields)
    if heading != "inputs":
        told = {row[0].strip("`"): row[2].strip("`") for row in rows}
        assert told == {name: _default(field) for name, field in fields.items()}


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    if field.default is None:
        return "none"
    if isinstance(field.default, list):
        return str(field.default)
    return f'"{field.default}"' if isinstance(field.default, str) else f"{field.default:g}"


def test_every_section_of_the_programme_file_is_told() -> None:
    assert set(Programme.model_fields) - {"folder"} <= set(KEYS)


def test_examples_of_the_programme_page_can_be_read(tmp_path: Path) -> None:
    smallest, cover, plan, scheme, tiers = toml_blocks("programme")
    path = tmp_path / "programme.toml"
    path.write_text(smallest + cover + plan, encoding="utf-8")
    programme = read_programme(path)
    assert programme.programme.name == "My province"
    assert read_legend(programme.inputs.land_cover[0].legend) == {40: "agriculture", 50: "housing", 30: "grazing"}
    assert programme.plan is not None
    assert programme.plan.budget == {2026: 400_000, 2027: 400_000, 2028: 300_000}
    path.write_text(scheme, encoding="utf-8")
    assert sum(criterion.weight for criterion in read_scheme(path).criteria) == pytest.approx(1.0)
    path.write_text(tiers, encoding="utf-8")
    assert [one.name for one in read_scheme(path).classes] == ["A", "B", "C"]


def test_profiles() -> None:
    told = {row[0].strip("`"): row for row in rows_under(page("reading"), "Profiles")}
    assert sorted(told) == bundled_profiles()
    for name, row in told.items():
        text = (DOCS.parent / "landrelease" / "read" / "profiles" / f"{name}.toml").read_text(encoding="utf-8")
        profile = tomllib.loads(text)
        assert row[1] == ", ".join(profile["tables"])
        assert row[3] == ("yes" if profile["verified"] else "no")


def test_example_of_a_profile_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "my-country.toml"
    path.write_text(toml_blocks("reading")[0], encoding="utf-8")
    assert read_profile(path, "areas")["dates"] == "dmy"


def test_units_dates_formats_legends_and_schemes() -> None:
    units = re.search(r"Known units: (.*?)\.$", page("reading"), re.MULTILINE | re.DOTALL)
    assert units is not None
    assert re.findall(r"`(\w+)`", units[1]) == list(UNITS)
    told = " ".join(row[0] for row in rows_under(page("reading"), "Dates"))
    assert set(re.findall(r'"(\w+)"', told)) == set(DATE_ORDERS)
    formats = " ".join(row[0] for row in rows_under(page("reading"), "Formats"))
    assert set(re.findall(r"`(\.\w+)`", formats)) == {*SUFFIXES, ".xml"}
    assert all(f'"{name}"' in page("programme") for name in bundled_legends())
    assert all(f"`{name}`" in page("programme") for name in bundled_schemes())


def test_api_page_has_every_public_name_once() -> None:
    told = re.findall(r"^\.\. auto(?:function|class|exception):: (\w+)$", page("api"), re.MULTILINE)
    assert sorted(told) == sorted(landrelease.__all__)


def test_conventions_are_numbered_without_gaps_and_cover_what_the_code_cites() -> None:
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. ", page("conventions"), re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    sources = [path.read_text(encoding="utf-8") for path in (DOCS.parent / "landrelease").rglob("*.py")]
    cited = {int(number) for source in sources for number in re.findall(r"\brules? (\d+)\b", source)}
    assert cited
    assert cited <= set(numbers)


def test_tables_that_pages_name_are_declared() -> None:
    told = {row[0].strip("`") for row in rows_under(page("programme"), "inputs")}
    assert told - {"land_cover", "population"} <= set(TABLES)
