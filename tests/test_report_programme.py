"""`landrelease report` as a user meets it: three kinds in three forms, equal to the frames, and what is not known."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from docx import Document as read_docx
from openpyxl import load_workbook

import landrelease as lr
from landrelease.job import outcomes
from landrelease.report.kinds.people import audited

KINDS = ("outcomes", "coordination", "donor")
SAMPLE = lr.sample_programme().parent
AS_OF = "2025-12-31"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, lr.ReportProducts]:
    folder = tmp_path_factory.mktemp("reports")
    return {kind: lr.report_programme(lr.sample_programme(), out=folder, kind=kind) for kind in KINDS}  # type: ignore[arg-type]


def path_of(products: lr.ReportProducts, form: str) -> Path:
    return next(one for one in products.files if one.suffix == f".{form}")


def figures_of(products: lr.ReportProducts) -> dict[tuple[str, str | None, str], dict[str, Any]]:
    rows = list(load_workbook(path_of(products, "xlsx"))["Figures"].iter_rows(values_only=True))
    return {(row[0], row[1], row[2]): dict(zip(rows[0], row, strict=True)) for row in rows[1:]}


def value_of(products: lr.ReportProducts, label: str, key: str = "Value") -> Any:
    found = [row[key] for (*_, name), row in figures_of(products).items() if name == label]
    assert len(found) == 1, label
    return found[0]


def table_of(products: lr.ReportProducts, name: str) -> pd.DataFrame:
    sheet = load_workbook(path_of(products, "xlsx"))[name]
    header = int(re.findall(r"\d+", sheet.freeze_panes)[0]) - 1
    rows = list(sheet.iter_rows(min_row=header, values_only=True))
    return pd.DataFrame(rows[1:], columns=list(rows[0]))


def said(path: Path) -> str:
    if path.suffix == ".html":
        return html.unescape(re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8")))
    word = read_docx(str(path))
    tables = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in word.paragraphs), *tables])


@pytest.fixture(scope="module")
def released() -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Releases and visits of the sample, by public functions alone."""
    import tomllib

    given = tomllib.loads(lr.sample_programme().read_text(encoding="utf-8"))["inputs"]

    def table(name: str) -> Any:
        options = {key: value for key, value in given[name].items() if key != "path"}
        return lr.usable_rows(lr.read(SAMPLE / given[name]["path"], name, **options), name)[0]

    return lr.releases_from(table("events"), end=AS_OF), table("follow_ups")


@pytest.mark.parametrize("kind", KINDS)
def test_all_three_forms_say_every_figure_of_a_kind(reports: dict[str, lr.ReportProducts], kind: str) -> None:
    products = reports[kind]
    assert [path.name for path in products.files] == [f"{kind}.html", f"{kind}.xlsx", f"{kind}.docx"]
    rows = figures_of(products)
    assert len(rows) > 5
    page, word = said(path_of(products, "html")), said(path_of(products, "docx"))
    for (*_, label), row in rows.items():
        for key in ("n", "Method", "What is missing"):
            assert row[key] is not None, (label, key)
        assert row["In words"] in page, label
        assert row["In words"] in word, label
        assert label in page, label
        assert label in word, label
    for gap in products.not_known:
        assert gap.split(": ", 1)[1] in page
        assert gap.split(": ", 1)[1] in word


class Tables(HTMLParser):
    """The tables of a page: caption and rows of text, the header first."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[list[str]]]] = []
        self._into: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "table":
            self.found.append(("", []))
        elif tag == "tr":
            self.found[-1][1].append([])
        elif tag in ("caption", "th", "td"):
            self._into = []

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("caption", "th", "td") and self._into is not None:
            text = " ".join("".join(self._into).split())
            if tag == "caption":
                self.found[-1] = (text, self.found[-1][1])
            else:
                self.found[-1][1][-1].append(text)
            self._into = None


def is_said(value: Any, text: str) -> bool:
    """Tell whether text says a cell of the workbook: a number to the last digit that is printed."""
    if value is None:
        return text in ("–", "")
    if isinstance(value, datetime):
        return text == f"{value:%Y-%m-%d}"
    if isinstance(value, str):
        return text == " ".join(value.split())
    number = re.fullmatch(r"(-?[\d,]+)(\.\d+)?(e[-+]\d+)?( %)?", text)
    if number is None:
        rough = {"<0.1": 0 < value < 0.05, ">-0.1": -0.05 < value < 0, "under 0.1 %": 0 < value < 0.0005,
                 "over 99.9 %": 0.9995 <= value < 1}  # fmt: skip
        return rough.get(text, False)
    step = 10.0 ** (1 - len(number[2] or ".") + int((number[3] or "e0")[1:])) * (0.01 if number[4] else 1)
    said = float("".join(part or "" for part in number.groups()[:3]).replace(",", "")) * (0.01 if number[4] else 1)
    return abs(said - value) <= step * (0.5 + 1e-6) + 1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_all_three_forms_hold_the_same_cells(reports: dict[str, lr.ReportProducts], kind: str) -> None:
    products = reports[kind]
    reader = Tables()
    reader.feed(path_of(products, "html").read_text(encoding="utf-8"))
    word = read_docx(str(path_of(products, "docx")))
    written = [[[" ".join(cell.text.split()) for cell in row.cells] for row in table.rows] for table in word.tables]
    book = load_workbook(path_of(products, "xlsx"))
    of_book = {sheet["A1"].value: sheet for sheet in book}
    compared = 0
    for caption, rows in reader.found:
        assert rows in written, caption
        sheet = of_book.get(caption)
        if sheet is None:
            assert caption in ("Inputs", "Parameters") or not rows[1:] or caption.startswith("Input"), caption
            continue
        header = int(re.findall(r"\d+", sheet.freeze_panes)[0]) - 1
        cells = list(sheet.iter_rows(min_row=header, values_only=True))
        assert [str(one) for one in cells[0][: len(rows[0])]] == rows[0]
        for said_row, row in zip(rows[1:], cells[1:], strict=False):
            for text, value in zip(said_row, row, strict=False):
                assert is_said(value, text), (caption, text, value)
                compared += 1
        assert len(rows) <= len(cells)
    assert compared > 100


def test_outcomes_are_those_of_the_frames(
    reports: dict[str, lr.ReportProducts], released: tuple[gpd.GeoDataFrame, pd.DataFrame]
) -> None:
    products, (releases, visits) = reports["outcomes"], released
    assert value_of(products, "Released") == pytest.approx(releases["area_m2"].sum() / 1e4)
    # the communities of the draws come from the map of units: the estimate itself does not hang on them
    time = lr.time_to_use(releases, visits, as_of=AS_OF, draws=0)
    shares = time.shares.set_index("horizon_months")
    for months in (12, 24):
        label = f"In use {months} months after release"
        assert value_of(products, label) == pytest.approx(shares.loc[months, "used_share_low"])
        assert value_of(products, label, "n") == shares.loc[months, "at_risk_count"]
        assert value_of(products, label, "Missing share") == pytest.approx(time.missing_share)
    assert value_of(products, "In use 60 months after release") is None
    assert value_of(products, "In use 60 months after release", "Note") == "fewer than 10 at risk"
    seen = lr.beneficiaries(lr.beneficiaries_seen(releases, visits, as_of=AS_OF)).table
    direct = seen[(seen["stage_code"] == "confirmed") & (seen["beneficiary_code"] == "direct")].iloc[0]
    table = table_of(products, "Confirmed, direct").set_index("Larger unit")
    assert table.loc["total", "All"] == direct["people_count"]
    assert table.loc["total", "Women"] == direct["women_count"]
    assert ((table.map(lambda cell: cell if isinstance(cell, int) else 0)).isin(range(1, 10))).to_numpy().sum() == 0
    use = table_of(products, "Use by larger unit")
    assert use["Released, ha"].sum() == pytest.approx(releases["area_m2"].sum() / 1e4)
    visit = table_of(products, "Visits")
    assert visit["Nobody has looked at, ha"].sum() == pytest.approx(value_of(products, "Nobody has looked at"))
    assert visit["Bounds then apart by"].iloc[-1] == pytest.approx(0, abs=1e-9)


def test_the_truth_of_the_sample_comes_back_in_hectares_and_cause(
    reports: dict[str, lr.ReportProducts], released: tuple[gpd.GeoDataFrame, pd.DataFrame]
) -> None:
    products = reports["outcomes"]
    samples = pd.read_csv(SAMPLE / "samples.csv")
    assert value_of(products, "Agriculture", "n") == samples["sample_count"].sum()
    areas = table_of(products, "Adjusted areas").set_index("Class")
    share = samples.pivot_table(index="map_class", columns="reference_class", values="sample_count", fill_value=0)
    share = share.div(share.sum(axis=1), axis=0)
    by_hand = (areas["Mapped, ha"].reindex(share.index) @ share).reindex(areas.index)  # Olofsson et al. 2014, eq. 2
    assert areas["Adjusted, ha"].to_numpy() == pytest.approx(by_hand.to_numpy())
    releases, _ = released
    younger = int((~(releases["release_date"].dt.year < 2024)).sum())
    said_of = figures_of(products)["Hectares with error bars", None, "Agriculture"]["Caveats"]
    assert f"{younger} of {len(releases)} releases are not known to be older than the map, of 2024" in said_of
    effect = figures_of(products)["What can be said of the cause", None, "Overall effect"]
    assert effect["From"] < 0.12 < effect["To"] + 0.02  # the year of release itself has none of the 0.12


def test_money_is_that_of_the_files(reports: dict[str, lr.ReportProducts]) -> None:
    flows, index = pd.read_csv(SAMPLE / "funding.csv"), pd.read_csv(SAMPLE / "deflators.csv")
    deflator = index.set_index("year")["deflator"]
    flows["constant"] = flows["amount_usd"] * deflator[2025] / flows["year"].map(deflator)
    products = reports["donor"]
    for kind, label in (("commitment", "Commitments"), ("disbursement", "Disbursements")):
        part = flows[flows["flow_type_code"] == kind]
        assert value_of(products, f"{label}, in dollars of 2025") == pytest.approx(part["constant"].sum())
        share = part.groupby("donor")["constant"].sum() / part["constant"].sum()
        assert value_of(products, f"{label}: share of the largest donor") == pytest.approx(share.max())
        assert value_of(products, f"{label}: Herfindahl index") == pytest.approx((share**2).sum())
    by_year = table_of(products, "Money by year")
    assert by_year["Dollars of 2025"].sum() == pytest.approx(flows["constant"].sum())
    phases = table_of(products, "Phases")
    own = flows[(flows["donor"] == "Province budget") & flows["year"].between(2013, 2017)]
    first = phases[(phases["Phase"] == "first surveys") & (phases["Type of flow"] == "Disbursements")]
    assert first["Domestic, USD"].sum() == pytest.approx(
        own.loc[own["flow_type_code"] == "disbursement", "constant"].sum()
    )


def test_cost_is_divided_by_the_land_of_the_same_releases_only(
    reports: dict[str, lr.ReportProducts], released: tuple[gpd.GeoDataFrame, pd.DataFrame]
) -> None:
    import pyogrio

    events = pyogrio.read_dataframe(SAMPLE / "events.gpkg", read_geometry=False).drop_duplicates("event_id")
    releases = released[0]
    both = releases.assign(usd=releases["release_id"].map(events.set_index("event_id")["cost_usd"]))
    both = both[both["usd"].notna() & (both["area_m2"] > 0) & (both["release_type"] == "cleared")]
    got = value_of(reports["donor"], "Cleared, USD for a hectare")
    assert got == pytest.approx(both["usd"].sum() / both["area_m2"].sum() * 1e4, rel=1e-6)


def test_coordination_counts_every_release_once(
    reports: dict[str, lr.ReportProducts], released: tuple[gpd.GeoDataFrame, pd.DataFrame]
) -> None:
    products = reports["coordination"]
    rows = figures_of(products)
    first = [row for (section, *_), row in rows.items() if section.startswith("Released land that is needed")]
    assert sum(row["Value"] for row in first) == len(released[0])
    gaps = table_of(products, "Needed, no project")
    asked = set(pd.read_csv(SAMPLE / "needs.csv")["admin_code"])
    names = {row.name: row.admin_code for row in gpd.read_file(SAMPLE / "admin_areas.gpkg").itertuples()}
    assert {names[one] for one in gaps["Unit"]} <= asked
    assert len(gaps) == value_of(products, "Needed, no project known")
    shares = table_of(products, "Project shares")
    whole = shares[["On released land", "Likely", "In its district", "Elsewhere"]].sum(axis=1)
    assert whole.to_numpy() == pytest.approx(np.ones(len(shares)))
    near = table_of(products, "On hazardous land") if "On hazardous land" in products_sheets(products) else None
    if near is not None:
        assert near["Distance, m"].max() <= 100


def products_sheets(products: lr.ReportProducts) -> list[str]:
    return list(load_workbook(path_of(products, "xlsx")).sheetnames)


HOSTILE = "<img src=x onerror=document.title='ran'>"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Four squares of hostile names: two released, one of them with a project, and a project on one that is not."""
    shapes = [shapely.box(5e5 + 1000 * i, 4e6, 5e5 + 1000 * i + 100, 4e6 + 100) for i in range(4)]
    names = ["=1+1", HOSTILE, "total", "\u202eX"]
    first = gpd.GeoDataFrame(
        {"event_id": [f"S{name}" for name in names], "area_id": names, "event": "confirmed",
         "event_date": pd.Timestamp("2018-01-01"), "admin_code": ["P1", "P1", "P2", "P2"]},
        geometry=shapes, crs=32630,
    )  # fmt: skip
    second = first.iloc[:2].assign(
        event_id=[f"C{name}" for name in names[:2]], event="cleared", event_date=pd.Timestamp("2020-01-01")
    )
    events = gpd.GeoDataFrame(pd.concat([first, second], ignore_index=True), crs=32630)
    events.to_file(tmp_path / "events.gpkg")
    places = shapely.centroid(np.array([shapes[1], shapes[3]], dtype=object))
    gpd.GeoDataFrame(
        {"project_id": ["=P", "P2"], "location_id": ["=P/1", "P2/1"], "implementer": ["=cmd|x", HOSTILE],
         "sector_code": ["31120", "31120"], "status": "implementation", "start_date": pd.Timestamp("2020-02-01"),
         "end_date": pd.Timestamp("2027-02-01"), "admin_code": ["P1", "P2"], "is_point": True},
        geometry=places, crs=32630,
    ).to_file(tmp_path / "projects.gpkg")  # fmt: skip
    pd.DataFrame({"flow_id": ["1", "2"], "year": [2019, 2020], "donor": ["=HYPERLINK(1)", HOSTILE],
                  "amount_usd": [100.0, None]}).to_csv(tmp_path / "funding.csv", index=False)  # fmt: skip
    (tmp_path / "programme.toml").write_text(
        f'[programme]\nname = "{HOSTILE}"\nas_of = 2024-12-31\n[inputs.events]\npath = "events.gpkg"\n',
        encoding="utf-8",
    )
    return tmp_path / "programme.toml"


def add(programme: Path, text: str) -> Path:
    programme.write_text(programme.read_text(encoding="utf-8") + text, encoding="utf-8")
    return programme


@pytest.mark.parametrize("kind", KINDS)
def test_a_programme_that_has_almost_nothing_says_what_it_would_take(small: Path, tmp_path: Path, kind: Any) -> None:
    products = lr.report_programme(small, out=tmp_path / "out", kind=kind)
    gaps = " ".join(products.not_known)
    wanted = {
        "outcomes": ["follow_ups", "samples", "communities", "panel"],
        "coordination": ["projects"], "donor": ["funding", "capacity", "communities"],
    }  # fmt: skip
    for name in wanted[kind]:
        assert f"[inputs.{name}]" in gaps
    book = load_workbook(path_of(products, "xlsx"))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    page = path_of(products, "html").read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert "Not known:" in page


def test_projects_beside_hazards_are_named_with_hostile_names_as_text(small: Path, tmp_path: Path) -> None:
    add(small, '[inputs.projects]\npath = "projects.gpkg"\n')
    products = lr.report_programme(small, out=tmp_path / "out", kind="coordination")
    near = table_of(products, "On hazardous land")
    assert near["Project"].tolist() == ["P2"]
    assert near["Distance, m"].tolist() == [0.0]
    assert near["Implementer"].tolist() == [HOSTILE]
    assert value_of(products, "Projects in the way") == 1
    assert value_of(products, "Nobody is known to have asked") == 2
    assert "=cmd|x" in table_of(products, "Actors")["Actor"].tolist()


def test_without_deflators_no_amount_is_called_constant(small: Path, tmp_path: Path) -> None:
    add(small, '[inputs.funding]\npath = "funding.csv"\n')
    products = lr.report_programme(small, out=tmp_path / "out", kind="donor")
    assert any("[inputs.deflators]" in gap for gap in products.not_known)
    label = "Type not known, in current dollars"
    assert value_of(products, label) == 100
    assert value_of(products, label, "Missing share") == 0.5
    assert not any("dollars of" in name for *_, name in figures_of(products))
    donors = table_of(products, "Money by donor")
    assert donors["Donor"].tolist() == ["=HYPERLINK(1)", HOSTILE]
    assert donors["Current dollars"].isna().tolist() == [False, True]


def test_the_need_of_a_unit_is_what_its_open_areas_would_cost(small: Path, tmp_path: Path) -> None:
    pd.DataFrame({"year": [2019, 2020, 2024], "deflator": [80, 100, 100]}).to_csv(tmp_path / "d.csv", index=False)
    flows = pd.DataFrame({"flow_id": ["1", "2"], "year": [2019, 2020], "donor": ["A", "B"], "admin_code": ["P2", "P1"],
                          "amount_usd": [400, 700], "flow_type_code": "commitment"})  # fmt: skip
    flows.to_csv(tmp_path / "funding.csv", index=False)
    add(small, '[inputs.funding]\npath = "funding.csv"\n[inputs.deflators]\npath = "d.csv"\nids = "row"\n')
    add(small, "[costs]\nusd_per_m2 = 0\nusd_per_area = 1000\n")
    products = lr.report_programme(small, out=tmp_path / "out", kind="donor", formats="xlsx")
    need = table_of(products, "Need").set_index("Larger unit")
    assert need.loc["P2", "Needed, USD"] == 2000  # two areas are open there
    assert need.loc["P2", "Committed, USD"] == 500  # 400 of 2019 in prices of 2024
    assert need.loc["P2", "At most, USD"] == 1500
    assert pd.isna(need.loc["P1", "Needed, USD"])  # nothing is open there, and nobody says that nothing is needed
    years = table_of(products, "Released by year")
    assert years[["Year", "Reduced, ha", "Cancelled, ha"]].to_numpy().tolist() == [[2020, 0, 0]]


def landrelease(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "landrelease.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_command_writes_what_is_asked_and_says_what_is_not_known(small: Path, tmp_path: Path) -> None:
    done = landrelease("report", small, "--kind", "outcomes", "--out", tmp_path / "out", "--format", "docx")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["outcomes.docx"]
    assert str(tmp_path / "out" / "outcomes.docx") in done.stdout
    assert "Not known: How soon does released land come into use?" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "outcome"], "outcomes"),
        (["--kind", "donor", "--format", "pdf"], "docx"),
        ([], "--kind"),
    ],
)
def test_a_kind_or_a_form_that_is_not_there_is_named(
    small: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = landrelease("report", small, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_inputs_that_can_not_be_used_say_why(small: Path, tmp_path: Path) -> None:
    tables = {
        "communities": {"admin_code": ["P1", "P2"], "people_count": [0, None], "poverty_share": [0.1, None]},
        "panel": {"area_id": ["=1+1", "elsewhere"], "year": [2019, 2019], "value": [1, 2]},
        "capacity": {"institution": ["A"], "indicator_code": ["none_of_it"], "score": [3]},
        "follow_ups": {"follow_up_id": ["1"], "release_id": ["C=1+1"], "visit_date": ["2022-01-01"],
                       "use_code": ["grazing"], "women_count": [3]},
    }  # fmt: skip
    for name, columns in tables.items():
        pd.DataFrame(columns).to_csv(tmp_path / f"{name}.csv", index=False)
        ids = 'ids = "row"\n' if name in ("panel", "capacity") else ""
        add(small, f'[inputs.{name}]\npath = "{name}.csv"\n{ids}')
    products = lr.report_programme(small, out=tmp_path / "out", kind="outcomes")
    gaps = "\n".join(products.not_known)
    assert "two years or more" in gaps
    assert "a share would tell them" in gaps
    assert any("1 row is of areas that no record knows" in note for note in products.notes)
    assert value_of(products, "People") == "withheld"
    assert value_of(products, "In use 12 months after release") is None
    index = [row["Value"] for (*_, name), row in figures_of(products).items() if name.startswith("Concentration index")]
    assert index == [None, None]
    products = lr.report_programme(small, out=tmp_path / "out", kind="donor")
    assert "none_of_it" in "\n".join(products.not_known)


USERS = {"women_count": 60, "girls_count": 47, "men_count": 50, "boys_count": 4, "people_count": 164}


def people(programme: Path, *rows: dict[str, Any], home: str = "P1") -> Path:
    """Add counts of the users of the two releases, and the community that they live in."""
    ids = ["C=1+1", f"C{HOSTILE}"]
    counts = [{"release_id": one, "stage_code": "confirmed", "beneficiary_code": "direct", **row}
              for one, row in zip(ids, rows, strict=False)]  # fmt: skip
    pd.DataFrame(counts).to_csv(programme.parent / "people.csv", index=False)
    pd.DataFrame({"admin_code": [home], "people_count": [1000], "women_count": [500], "poverty_share": [0.5]}).to_csv(
        programme.parent / "homes.csv", index=False
    )
    add(programme, '[inputs.beneficiaries]\npath = "people.csv"\nids = "row"\n')
    return add(programme, '[inputs.communities]\npath = "homes.csv"\n')


def test_the_share_of_women_is_of_the_numbers_that_are_published(small: Path, tmp_path: Path) -> None:
    products = lr.report_programme(people(small, USERS), out=tmp_path / "out", kind="outcomes")
    withheld = table_of(products, "Confirmed, direct").set_index("Larger unit").loc["total"]
    assert withheld["Boys"] == withheld["Of unknown sex or age"] == "withheld"  # 4 and 3
    assert "Women and men" not in products_sheets(products)
    assert any("a share would tell them" in gap for gap in products.not_known)
    many = {"women_count": 60, "girls_count": 47, "men_count": 50, "boys_count": 40, "people_count": 197}
    pd.DataFrame([{"release_id": "C=1+1", "stage_code": "confirmed", "beneficiary_code": "direct", **many}]).to_csv(
        small.parent / "people.csv", index=False
    )
    products = lr.report_programme(small, out=tmp_path / "out", kind="outcomes", formats="xlsx")
    shares = table_of(products, "Women and men").set_index("Measure")["Value"]
    assert shares["Women and girls among those who benefit"] == pytest.approx(107 / 197)
    assert shares["The first over the second; 1 is parity"] == pytest.approx(2 * 107 / 197)


def women_of(tables: pd.DataFrame) -> tuple[str, str]:
    """What a report says where these people benefit: the table of people, and the shares of women or why none."""
    units = pd.DataFrame({"admin_code": ["N", "S", "N1", "S1"], "parent_code": [None, None, "N", "S"],
                          "name": ["North", "South", "n", "s"]})  # fmt: skip
    releases = pd.DataFrame({"release_id": ["R1", "R2"], "admin_code": ["N1", "S1"]})
    records = tables.assign(release_id=["R1", "R2"][: len(tables)], stage_code="confirmed", beneficiary_code="direct")
    homes = pd.DataFrame({"admin_code": ["N1", "S1"], "people_count": 1000, "women_count": [500, 450]})
    frames = {"admin_areas": units, "releases": releases, "beneficiaries": records}
    programme = SimpleNamespace(report=SimpleNamespace(smallest=10, seed=0))
    work: Any = SimpleNamespace(frames=frames, programme=programme)
    found: Any = outcomes.people_of(work)
    rows = found.table.query("stage_code == 'confirmed' and beneficiary_code == 'direct'")
    share = outcomes._women(work, homes.set_index("admin_code"))
    told = share if isinstance(share, str) else str(share.table.to_numpy().tolist())
    return str(audited(rows, 10)["people_count"].tolist()), told


@pytest.mark.parametrize("other", [[], [80]])
@pytest.mark.parametrize("hidden", [9, 10])
def test_no_withheld_number_follows_from_the_table_of_people_and_the_share_of_women(
    hidden: int, other: list[int]
) -> None:
    """Every number of boys and of people of unknown sex of one sum: what the share tells, the table tells already."""
    by_table: dict[str, set[int]] = {}
    by_both: dict[tuple[str, str], set[int]] = {}
    for boys in range(1, hidden):  # in steps of 0.1, 107 / (157 + 8) is 0.6, with fewer boys 0.7: 8 boys were told
        said = {"women_count": [60, *other], "girls_count": [47, *other], "men_count": [50, *other],
                "boys_count": [boys, *other], "people_count": [157 + hidden, *(4 * one for one in other)]}  # fmt: skip
        table, share = women_of(pd.DataFrame(said))
        by_table.setdefault(table, set()).add(boys)
        by_both.setdefault((table, share), set()).add(boys)
    assert sorted(map(sorted, by_both.values())) == sorted(map(sorted, by_table.values()))
    assert min(map(len, by_both.values())) > 1


@pytest.mark.parametrize(
    ("others", "is_told"),
    [
        ({"women_count": 30, "girls_count": 0, "boys_count": 0}, False),  # how many men there are nobody says
        ({"women_count": 30, "girls_count": 0, "boys_count": 0, "men_count": 30}, True),
    ],
)
def test_men_whom_nobody_counted_are_not_no_men(
    small: Path, tmp_path: Path, others: dict[str, int], is_told: bool
) -> None:
    programme = people(small, {**USERS, "boys_count": 40, "people_count": 197}, others)
    products = lr.report_programme(programme, out=tmp_path / "out", kind="outcomes", formats="xlsx")
    assert ("Women and men" in products_sheets(products)) == is_told
    assert any("were not all counted" in gap for gap in products.not_known) != is_told


def test_land_of_no_listed_community_is_told(small: Path, tmp_path: Path) -> None:
    programme = people(small, USERS, home="P2")
    products = lr.report_programme(programme, out=tmp_path / "out", kind="outcomes", formats="xlsx")
    row = figures_of(products)["Who gets what", "Released land per inhabitant", "Share of the poorest fifth"]
    assert "2 of 2 releases name no community that is listed" in row["Caveats"]


def test_a_share_of_money_says_of_which_money(small: Path, tmp_path: Path) -> None:
    flows = pd.DataFrame({"flow_id": ["1", "2"], "year": 2024, "donor": ["A", None], "amount_usd": [600, 400],
                          "flow_type_code": "commitment"})  # fmt: skip
    flows.to_csv(tmp_path / "funding.csv", index=False)
    pd.DataFrame({"year": [2024], "deflator": [1]}).to_csv(tmp_path / "d.csv", index=False)
    add(small, '[inputs.funding]\npath = "funding.csv"\n[inputs.deflators]\npath = "d.csv"\nids = "row"\n')
    products = lr.report_programme(small, out=tmp_path / "out", kind="donor", formats="xlsx")
    label = "Commitments: share of the largest donor"
    assert value_of(products, label) == 1
    assert value_of(products, label, "Note") == "A; of the money whose donor is known, all but 40 %"
    assert table_of(products, "Concentration")["Of unknown donors"].iloc[0] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[report]\ndomestic = ["Nobody"]\n[inputs.funding]\npath = "funding.csv"\n', "Nobody"),
        ('[report]\nphases = { a = [2020, 2019] }\n[inputs.funding]\npath = "funding.csv"\n', "phases"),
        (
            '[report]\nchecklist = "mine.toml"\n[inputs.capacity]\npath = "funding.csv"\nids = "row"\n',
            "mine.toml|institution",
        ),
    ],
)
def test_choices_for_donors_that_can_not_be_meant_are_refused(
    small: Path, tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(lr.LandReleaseError, match=message):
        lr.report_programme(add(small, text), out=tmp_path / "out", kind="donor")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[report]\nsmallest = 1\n", "smallest"),
        ("[report]\nhorizons_months = []\n", "horizons_months"),
        ("[report]\nhorizon = [12]\n", "horizons_months"),
        ('[report]\nedition = "article 7"\n[inputs.follow_ups]\npath = "nothing.csv"\n', "nothing.csv"),
    ],
)
def test_options_that_mean_nothing_are_refused(small: Path, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(lr.LandReleaseError, match=message):
        lr.report_programme(add(small, text), out=tmp_path / "out", kind="outcomes")


BAD = {
    "a code that is none": (
        "projects.csv", {"status": "running"}, "coordination",
        "projects.csv: 1 row: status must be a code of its list (R4): the cell counts as missing.",
    ),
    "a date that is none": (
        "projects.csv", {"start_date": "13.13.2020"}, "coordination",
        "projects.csv: 1 row: start_date must be readable as its type (R3): the cell counts as missing.",
    ),
    "an end before the start": (
        "projects.csv", {"end_date": "2001-01-01"}, "coordination",
        "projects.csv: 1 row: end_date should fit the other columns of its row (R14).",
    ),
    "swapped coordinates": (
        "projects.csv", {"longitude": 36.14, "latitude": -3.0}, "coordination",
        "projects: 1 place lies far from the records, and among them if longitude and latitude are exchanged",
    ),
    "an id that stands twice": (
        "funding.csv", None, "donor", "funding.csv: 1 row: flow_id must be unique",
    ),
    "money below 0": ("funding.csv", {"amount_usd": -5}, "donor", "1 flow is below 0, as money that was taken back"),
    "another currency": (
        "funding.csv", {"currency": "eur"}, "donor", "1 of 1 rows name another currency, the first 'EUR'",
    ),
    "a year that is none": (
        "funding.csv", {"year": "2019/20"}, "donor", "funding: 1 row was set aside: R3 year must be readable",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_no_cell_of_an_input_is_lost_without_a_word(small: Path, tmp_path: Path, case: str) -> None:
    file, changes, kind, expected = BAD[case]
    rows = {
        "projects.csv": {"project_id": "P1", "location_id": "P1/1", "status": "implementation", "is_point": True,
                         "start_date": "2020-01-01", "end_date": "2027-01-01", "longitude": -3.0, "latitude": 36.14},
        "funding.csv": {"flow_id": "1", "year": 2019, "donor": "A", "amount_usd": 100.0},
    }[file]  # fmt: skip
    frame = pd.DataFrame([rows if changes is None else rows | changes] * (1 if changes is not None else 2))
    if changes is None:
        frame["amount_usd"] = [100, 200]
    frame.to_csv(small.parent / file, index=False)
    name = file.removesuffix(".csv")
    more = 'dates = "iso"\ncrs = "EPSG:4326"\n' if name == "projects" else ""
    add(small, f'[inputs.{name}]\npath = "{file}"\n{more}')
    products = lr.report_programme(small, out=tmp_path / "out", kind=kind, formats="html")  # type: ignore[arg-type]
    told = " ".join([*products.notes, *products.not_known, said(path_of(products, "html"))])
    assert expected in told
    if expected.startswith(file):
        assert f"Fix: landrelease check {file} {name} lists them." in told


def test_an_empty_file_says_so_and_what_to_do(small: Path, tmp_path: Path) -> None:
    (small.parent / "funding.csv").write_bytes(b"")
    add(small, '[inputs.funding]\npath = "funding.csv"\n')
    with pytest.raises(lr.DataError, match=r"'funding\.csv' can not be read: it is empty\. Fix: leave the input out"):
        lr.report_programme(small, out=tmp_path / "out", kind="donor")


def test_people_of_a_release_that_is_not_there_are_told(small: Path, tmp_path: Path) -> None:
    add(small, '[inputs.beneficiaries]\npath = "people.csv"\nids = "row"\n')
    rows = {"release_id": ["nobody's"], "stage_code": "confirmed", "beneficiary_code": "direct", "people_count": 40}
    pd.DataFrame(rows).to_csv(small.parent / "people.csv", index=False)
    notes = lr.report_programme(small, out=tmp_path / "out", kind="outcomes", formats="html").notes
    assert notes.count("beneficiaries: 1 record names a release that is not there: in no unit.") == 1


def test_hazardous_areas_that_nobody_can_place_are_counted(small: Path, tmp_path: Path) -> None:
    add(small, '[inputs.projects]\npath = "projects.gpkg"\n')
    products = lr.report_programme(small, out=tmp_path / "out", kind="coordination", formats="xlsx")
    assert value_of(products, "Hazardous areas without a place on record") == 0
    events = gpd.read_file(small.parent / "events.gpkg")
    events.loc[events["area_id"] == "total", "geometry"] = None
    events.loc[events["area_id"] == "\u202eX", "geometry"] = shapely.Point(503_000, 4e6)
    events.to_file(small.parent / "events.gpkg")
    products = lr.report_programme(small, out=tmp_path / "out", kind="coordination", formats="xlsx")
    assert value_of(products, "Hazardous areas without a place on record") == 1
    assert value_of(products, "Hazardous areas known by a point alone") == 1


def test_a_closed_project_with_an_end_to_come_counts_as_one_that_has_not_ended(small: Path, tmp_path: Path) -> None:
    projects = gpd.read_file(small.parent / "projects.gpkg")
    projects.assign(status="closed").to_file(small.parent / "projects.gpkg")
    add(small, '[inputs.projects]\npath = "projects.gpkg"\n')
    products = lr.report_programme(small, out=tmp_path / "out", kind="coordination", formats="xlsx")
    rows = figures_of(products)
    (row,) = [row for (*_, name), row in rows.items() if name == "Projects in the way"]
    assert (row["Value"], row["n"]) == (1, 2)  # as many as are looked at
    assert any("still to come, here not counted as over: 2" in str(row["Caveats"]) for row in rows.values())


def test_the_share_of_women_of_the_sample_is_that_of_the_numbers_beside_it(
    reports: dict[str, lr.ReportProducts],
) -> None:
    for kind in ("outcomes", "donor"):
        total = table_of(reports[kind], "Confirmed, direct").set_index("Larger unit").loc["total"]
        women, men = (total[list(names)].sum() for names in (("Women", "Girls"), ("Men", "Boys")))
        share = table_of(reports[kind], "Women and men").set_index("Measure")["Value"]
        assert share["Women and girls among those who benefit"] == pytest.approx(women / (women + men))
