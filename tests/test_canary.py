"""Nothing of a person leaves: names planted in every input are looked for in every byte that comes out.

Each table of a programme gets columns that it does not declare, as real exports have them, with a token in every
cell. Then everything is run that writes or prints, also on rows that are broken, and all of it is searched: files as
they are, what pages carry packed, numbers as text and as bytes, what is printed, warned and raised.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import re
import shutil
import struct
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import landrelease
from landrelease import (
    Registry,
    check_site,
    compare_exports,
    events_from_areas,
    find_problems,
    history_of,
    read,
    require_valid,
    usable_rows,
    write_site_report,
)
from landrelease.cli import main
from landrelease.errors import LandReleaseError
from landrelease.report import put_csv, put_geopackage

SAMPLE = landrelease.sample_programme().parent
PERSONAL = (
    "victim_name",
    "phone",
    "informant",
    "deminer",
    "notes",
    "NationalId",
    "photo",
    "Date of birth",
    "ethnicity",
)
TABLES = {
    "events": "events.gpkg", "follow_ups": "follow_ups.csv", "land_use": "land_use.gpkg", "accidents": "accidents.csv",
    "admin_areas": "admin_areas.gpkg", "needs": "needs.csv", "funding": "funding.csv", "settlements": "settlements.csv",
    "roads": "roads.gpkg",
}  # fmt: skip
TOKEN = "zqcanary"
PLACE = (-37.6963951, 44.1584357)
"""The exact place of one accident: it may stand in a registry, never in a product."""


def token(table: str, column: str) -> str:
    return f"{TOKEN}-{table}-{column}".replace(" ", "-").lower()


def planted(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the frame with a token in every cell of columns that the table does not declare."""
    return frame.assign(**{name: token(table, name) for name in PERSONAL})


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The sample programme, with persons in every input, and an accident at an exact place."""
    folder = tmp_path_factory.mktemp("canary") / "programme"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("*.py", "*.md"))
    for table, name in TABLES.items():
        path = folder / name
        if path.suffix == ".csv":
            frame = planted(pd.read_csv(path, dtype="str", keep_default_na=False), table)
            if table == "accidents":
                frame.loc[0, ["longitude", "latitude"]] = [str(number) for number in PLACE]
            frame.to_csv(path, index=False)
        else:
            layer = str(pyogrio.list_layers(path)[0, 0])
            frame = planted(pyogrio.read_dataframe(path), table)
            path.unlink()
            pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG")
    activities = (folder / "projects.xml").read_text(encoding="utf-8")
    person = "".join(f"<{name}>{token('projects', name)}</{name}>" for name in ("telephone", "email", "website"))
    name = f"<person-name><narrative>{token('projects', 'person')}</narrative></person-name>"
    contact = f'<contact-info type="1">{name}{person}</contact-info>'
    about = f"<description><narrative>{token('projects', 'about')}</narrative></description>"
    activities = activities.replace("<activity-status", contact + about + "<activity-status")
    (folder / "projects.xml").write_text(activities, encoding="utf-8")
    areas = gpd.GeoDataFrame(
        {"area_id": ["X1", "X2", "X2"], "hazard_class": ["CHA", "SHA", "other"], "status": ["open", "closed", "open"]},
        geometry=gpd.points_from_xy([-37.7, -37.6, -37.6], [44.1, 44.2, 44.2]).buffer(0.001), crs=4326,
    )  # fmt: skip
    planted(areas, "areas").to_file(folder / "areas.geojson")
    own = (folder / "programme.toml").read_text(encoding="utf-8")
    (folder / "programme.toml").write_text(own[: own.index("[costs]")], encoding="utf-8")
    with (folder / "programme.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[inputs.areas]]\npath = "areas.geojson"\n')
        file.write('\n[inputs.costs]\npath = "costs.csv"\nids = "row"\n[plan]\nbudget = 10\ncurve_count = 1\n')
    costs = pd.DataFrame({"area_id": ["HA-0142", "HA-0052"], "cost_usd": [5, 6]})
    planted(costs, "costs").to_csv(folder / "costs.csv", index=False)
    return folder


def layers_of(content: bytes) -> Iterator[bytes]:
    """Yield bytes and all that is packed in them: base64 and gzip, as pages carry their tables."""
    yield content
    for packed in re.findall(rb"[A-Za-z0-9+/=]{100,}", content):
        try:
            inside = base64.b64decode(packed + b"=" * (-len(packed) % 4))
        except ValueError:
            continue
        yield gzip.decompress(inside) if inside.startswith(b"\x1f\x8b") else inside


def leaks(content: bytes) -> set[str]:
    """Return the tokens in some bytes, also in those that are packed, and in the other half of UTF-16."""
    found: set[bytes] = set()
    for layer in layers_of(content):
        for form in (layer, layer.replace(b"\0", b"")):
            found |= set(re.findall(TOKEN.encode() + rb"[-a-z_]*", form.lower()))
    return {one.decode() for one in found}


def assert_silent(said: Any, where: str) -> None:
    content = said if isinstance(said, bytes) else str(said).encode(errors="replace")
    assert not leaks(content), (where, sorted(leaks(content))[:5])


def assert_no_file_leaks(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert_silent(path.read_bytes(), path.name)


def text_of(call: Callable[[], Any]) -> str:
    """Return all that a call says: its result, its warnings, or what it raises with where."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = repr(call())
        except Exception as error:
            result = "".join(traceback.format_exception_only(error))
    return result + "".join(str(one.message) for one in caught)


def command(*arguments: str) -> str:
    """Return all that a command prints, warns and raises."""
    out, err = io.StringIO(), io.StringIO()

    def run() -> None:
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(SystemExit):
            patch.setattr(sys, "argv", ["landrelease", *arguments])
            patch.setenv("COLUMNS", "400")
            main()

    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        said = text_of(run)
    assert out.getvalue() or err.getvalue()
    return said + out.getvalue() + err.getvalue()


@pytest.fixture(scope="module")
def products(folder) -> str:
    """Do the whole job; return what it said."""
    return command("run", str(folder / "programme.toml"), "--out", str(folder.parent / "out"))


def test_the_canaries_are_there(folder):
    """A search that finds nothing would find nothing."""
    for name in [*TABLES.values(), "projects.xml", "areas.geojson", "costs.csv"]:
        assert leaks((folder / name).read_bytes()), name
    packed = base64.b64encode(gzip.compress((token("events", "phone") + str(list(range(99)))).encode()))
    assert leaks(b"<script>" + packed + b"</script>")
    assert leaks(token("events", "phone").encode("utf-16"))
    assert sum(len(PERSONAL) for _ in [*TABLES, "areas"]) + 5 >= 50


def test_no_product_of_the_job_has_one(folder, products):
    assert (folder.parent / "out" / "report.html").exists(), products
    assert_no_file_leaks(folder.parent / "out")
    assert_silent(products, "run")


def test_no_product_has_the_exact_place_of_an_accident(folder, products):
    exact = [str(abs(number)).encode() for number in PLACE] + [struct.pack("<d", number) for number in PLACE]
    for path in (folder.parent / "out").rglob("*"):
        if path.is_file():
            assert not any(one in layer for layer in layers_of(path.read_bytes()) for one in exact), path.name


def test_a_map_refuses_columns_that_are_of_persons(folder, products):
    """Also where they are asked for, and what it says then does not quote them."""
    areas = planted(read(folder / "areas.geojson", "areas"), "areas")
    for column in PERSONAL:
        said = text_of(
            lambda column=column: landrelease.land_release_map(areas, columns=[column]).save(folder / "m.html")
        )
        assert_silent(said, column)
    assert not (folder / "m.html").exists()


def pages_of(folder: Path) -> dict[str, Callable[[], Any]]:
    """Every builder of a page, given all the columns that the files have."""
    events, _ = usable_rows(read(folder / "events.gpkg", "events"), "events")
    areas, _ = usable_rows(read(folder / "areas.geojson", "areas"), "areas")
    units = planted(read(folder / "admin_areas.gpkg", "admin_areas"), "admin_areas")
    # persons in a column whose name ends as a total does
    units = units.assign(victim_name_m2=units["phone"])
    areas, on_day = planted(areas, "areas"), planted(landrelease.status_on(events, "2025-12-31"), "events")
    releases = planted(landrelease.releases_from(events), "events")
    periods = planted(landrelease.status_periods(events), "events")
    ranking = landrelease.prioritise(
        on_day.assign(people_count=1.0),
        [landrelease.Criterion("people_count", low=0, high=10, weight=1.0)],
    )
    projects = planted(read(folder / "projects.xml", "projects"), "projects")
    columns = {"visit_no": "follow_up_id", "visited": "visit_date", "release": "release_id", "area": "area_id"}
    visits = planted(read(folder / "follow_ups.csv", "follow_ups", columns=columns, dates="dmy"), "follow_ups")
    visits = visits.assign(use_code="agriculture")

    towns = planted(read(folder / "settlements.csv", "settlements", crs="EPSG:4326"), "settlements")
    roads = planted(read(folder / "roads.gpkg", "roads"), "roads")
    at_once = releases.head(9).assign(release_id=[f"R{i}" for i in range(9)], admin_code="N")
    gaps = landrelease.coordination_gaps(
        at_once,
        projects.assign(admin_code="N"),
        links=pd.DataFrame({"release_id": ["R1"], "project_id": projects["project_id"].iloc[:1], "weight_share": 1.0,
                            "tier": "on_site"}),
        hazards=landrelease.geometry.to_crs(on_day, projects.crs).assign(admin_code="N"),
        as_of="2025-12-31",
    )  # fmt: skip

    def alone(frame: Any, table: Any) -> Any:
        chart = folium.Map(tiles=None)
        landrelease.map_layer(frame, table).add_to(chart)
        return chart

    all_of = {"releases": releases, "projects": projects, "admin_areas": units}
    return {
        "exact": lambda: landrelease.land_release_map(on_day, **all_of),
        "admin": lambda: landrelease.land_release_map(on_day, hazards="admin", **all_of),
        "none": lambda: landrelease.land_release_map(areas, hazards="none", **all_of),
        "priority": lambda: landrelease.priority_map(on_day, ranking, admin_areas=units),
        "timeline": lambda: landrelease.timeline_map(periods, releases=releases, admin_areas=units),
        "verdict": lambda: landrelease.verdict_map(
            landrelease.assess_use(releases, as_of="2025-12-31", follow_ups=visits),
            as_of="2025-12-31",
            follow_ups=visits,
            admin_areas=units,
        ),
        "bounds": lambda: landrelease.bounds_map(
            units, units[["admin_code"]].assign(low=0.0, high=1.0), low="low", high="high"
        ),
        "coordination": lambda: landrelease.coordination_map(
            gaps, at_once, projects=projects.assign(admin_code="N"), areas=on_day, admin_areas=units
        ),
        "live": lambda: landrelease.live_ranking(ranking, areas=on_day, admin_areas=units),
        "live by unit": lambda: landrelease.live_ranking(ranking, areas=on_day, admin_areas=units, hazards="admin"),
        "settlements": lambda: alone(towns, "settlements"),
        "roads": lambda: alone(roads, "roads"),
        "areas": lambda: alone(areas, "areas"),
        "releases": lambda: alone(releases, "releases"),
        "projects": lambda: alone(projects, "projects"),
        "units": lambda: alone(units, "admin_areas"),
    }


# builders and writers of the package, and the test of this module that looks at what each leaves
LOOKED_AT = {
    **dict.fromkeys(
        ["land_release_map", "priority_map", "timeline_map", "verdict_map", "bounds_map", "coordination_map",
         "live_ranking", "map_layer", "save_page"], "test_no_page_has_one_whatever_the_tables_hold",
    ),
    **dict.fromkeys(["raster_layer", "hillshade_layer", "tile_layer", "swipe"], "no table of records goes in"),
    **dict.fromkeys(["write_csv", "write_geojson", "write_geopackage", "static_map"], "test_no_writer_writes_one"),
    **dict.fromkeys(["write_report", "write_priority_page", "run"], "test_no_product_of_the_job_has_one"),
    **dict.fromkeys(["rank_programme", "plan_programme", "report_programme"], "test_no_command_prints_one"),
    "write_site_report": "test_no_byte_of_a_registry_has_one",
}  # fmt: skip


def test_each_builder_and_each_writer_is_looked_at():
    ours = {name for name in landrelease.__all__ if name.startswith("write_") or name.endswith("_programme")}
    ours |= {*landrelease.maps.__all__, "run"} - {"sample_programme"}
    assert set(LOOKED_AT) == ours - {"sample_programme"}
    assert {test for test in LOOKED_AT.values() if test.startswith("test_")} <= set(globals())


def test_no_writer_writes_one(folder, tmp_path):
    """Frames with all their columns, given to each writer of files; what it refuses it says without quoting."""
    events, _ = usable_rows(read(folder / "events.gpkg", "events"), "events")
    areas = planted(landrelease.status_on(events, "2025-12-31"), "events")
    units = planted(read(folder / "admin_areas.gpkg", "admin_areas"), "admin_areas")
    releases = planted(landrelease.releases_from(events), "events")
    layers = {"areas": areas, "releases": releases, "admin_areas": units}
    said = text_of(lambda: landrelease.write_geopackage(tmp_path / "a.gpkg", layers, styles=True))
    for name, frame in layers.items():
        said += text_of(lambda name=name, frame=frame: landrelease.write_csv(tmp_path / f"{name}.csv", frame))
        said += text_of(lambda name=name, frame=frame: landrelease.write_geojson(tmp_path / f"{name}.geojson", frame))
    said += text_of(
        lambda: landrelease.static_map(tmp_path / "a.svg", areas, releases=releases, admin_areas=units, title="x")
    )
    assert_silent(said, "writers")
    written = {path.name for path in tmp_path.iterdir()}
    assert {"a.gpkg", "a.svg", "areas.csv", "areas.geojson", "releases.csv"} <= written, said
    assert_no_file_leaks(tmp_path)


def test_no_page_has_one_whatever_the_tables_hold(folder, tmp_path):
    for name, chart in pages_of(folder).items():
        made = chart()
        landrelease.save_page(made, tmp_path / f"{name}.html")
        made.save(tmp_path / f"{name}_folium.html")
        page = (tmp_path / f"{name}.html").read_bytes()
        # the page is searched as it is unpacked: what it may show is found there
        assert any(b'"columns"' in layer for layer in layers_of(page)), name
        assert b"o record is not evidence of no contamination" in page, name
    assert_no_file_leaks(tmp_path)


COMMANDS = [
    ["check", "{}/events.gpkg", "events", "--csv", "{}/../said/events.csv"],
    ["check", "{}/follow_ups.csv", "follow_ups", "--programme", "{}/programme.toml"],
    ["check", "{}/areas.geojson", "areas"],
    ["check", "{}/accidents.csv", "accidents"],
    ["check", "{}/accidents.csv", "accidents", "--crs", "EPSG:4326", "--dates", "dmy"],
    ["check", "{}/accidents.csv", "areas"],
    ["check", "{}/projects.xml", "projects"],
    ["describe", "events"],
    ["compare", "{}/areas.geojson", "{}/areas.geojson", "--csv", "{}/../said/changes.csv"],
    ["site", "{}/areas.geojson", "--buffer", "500", "--events", "{}/events.gpkg", "--out", "{}/../said/site.html"],
    ["run", "{}/areas.geojson"],
    ["rank", "{}/programme.toml", "--out", "{}/../said/rank"],
    ["plan", "{}/programme.toml", "--out", "{}/../said/plan"],
    ["plan", "{}/areas.geojson"],
    ["report", "{}/programme.toml", "--kind", "outcomes", "--out", "{}/../said/report"],
    ["report", "{}/programme.toml", "--kind", "coordination", "--out", "{}/../said/report"],
    ["report", "{}/programme.toml", "--kind", "donor", "--out", "{}/../said/report"],
]  # fmt: skip


def test_each_command_is_looked_at():
    from landrelease.cli import app

    assert {one.name for one in app.registered_commands} == {arguments[0] for arguments in COMMANDS}


@pytest.mark.parametrize("arguments", COMMANDS)
def test_no_command_prints_one(folder, arguments):
    (folder.parent / "said").mkdir(exist_ok=True)
    said = command(*(one.format(folder) for one in arguments))
    assert_silent(said, " ".join(arguments[:2]))
    if arguments[0] == "report":
        assert len(list((folder.parent / "said" / "report").glob(f"{arguments[3]}.*"))) == 3, said
    for path in (folder.parent / "said").rglob("*"):
        if path.is_file():
            assert_silent(path.read_bytes(), path.name)


def test_no_byte_of_a_registry_has_one(folder, tmp_path):
    """Events, quarantine, conflicts, voids and the copy; also of rows that can not be taken."""
    events = read(folder / "events.gpkg", "events")
    areas = usable_rows(read(folder / "areas.geojson", "areas"), "areas")[0]
    broken = events.head(9).copy()
    broken["event_id"] = [None, "B1", "B1", "B3", "B4", "B5", "B6", "B7", "B8"]
    broken["event"] = ["cleared", "cleared", "confirmed", "Closed", "void", "cleared", "confirmed", "split", "void"]
    changed = events.head(5).assign(operator="another")
    with Registry(tmp_path / "registry.gpkg") as registry:
        results = [registry.import_events(one, source="one", actor="centre") for one in (events, broken, changed)]
        results.append(registry.import_events(events_from_areas(areas, as_of="2025-12-31"), source="snapshot"))
        assert sum(one.quarantined_count for one in results) > 0
        assert sum(one.conflict_count for one in results) > 0
        registry.void(registry.events()["event_id"].iloc[0], reason="entered twice")
        for result in results:
            assert_silent(str(result), "import")
            assert_silent(result.not_taken.to_csv() + result.findings.to_csv(), "what was not taken")
        frames = {"quarantine": registry.quarantine(), "conflicts": registry.conflicts(), "events": registry.events(),
                  "verify": registry.verify(), "batches": registry.batches()}  # fmt: skip
        for name, frame in frames.items():
            assert_silent(frame.to_csv() + "".join(frame.columns), name)
            put_csv(tmp_path / f"{name}.csv", frame)
        put_geopackage(tmp_path / "frames.gpkg", frames)
        check = check_site(registry, areas, buffer_m=100, as_of="2025-12-31")
        assert_silent(repr(check), "site")
        write_site_report(check, tmp_path / "site.html")
        registry.backup(tmp_path / "copy.gpkg")
    assert_no_file_leaks(tmp_path)


def test_no_result_of_a_function_carries_one(folder):
    """Frames that are made of the records, not those that reading gives back as the file has them."""
    events, areas = read(folder / "events.gpkg", "events"), read(folder / "areas.geojson", "areas")
    usable, area_rows = usable_rows(events, "events")[0], usable_rows(areas, "areas")[0]
    calls: dict[str, Callable[[], Any]] = {
        "status_on": lambda: landrelease.status_on(usable, "2025-12-31"),
        "releases_from": lambda: landrelease.releases_from(usable),
        "conflicts_on": lambda: landrelease.conflicts_on(usable, "2025-12-31"),
        "land_balance": lambda: landrelease.land_balance(usable, start="2013-01-01", end="2025-12-31"),
        "events_from_areas": lambda: events_from_areas(area_rows, as_of="2025-12-31"),
        "history_of": lambda: history_of(usable, usable["area_id"].iloc[0]),
        "compare_exports": lambda: compare_exports(area_rows, area_rows.iloc[:1]),
        "find_problems": lambda: find_problems(events, "events"),
    }
    for name, call in calls.items():
        assert_silent(call().to_csv(), name)


def broken_inputs(folder: Path) -> dict[str, Callable[[], Any]]:
    accidents = folder / "accidents.csv"
    text = accidents.read_text(encoding="utf-8")
    ragged, quoted, cut = folder / "ragged.csv", folder / "quoted.csv", folder / "cut.csv"
    ragged.write_text(text.replace("\nAC-002", ",one more\nAC-002"), encoding="utf-8")
    quoted.write_text(text.replace(token("accidents", "phone"), '"' + token("accidents", "phone"), 1), encoding="utf-8")
    cut.write_text(text[: text.rindex(TOKEN) + 20], encoding="utf-8")
    half, latin = folder / "half.geojson", folder / "latin.csv"
    half.write_text((folder / "areas.geojson").read_text(encoding="utf-8")[:-300], encoding="utf-8")
    latin.write_bytes(text.replace(TOKEN, TOKEN + "é").encode("cp1252"))
    at = {"crs": "EPSG:4326"}
    return {
        "ragged": lambda: read(ragged, "accidents", **at),
        "quoted": lambda: read(quoted, "accidents", **at),
        "cut": lambda: len(read(cut, "accidents", **at)),
        "half": lambda: read(half, "areas"),
        "latin": lambda: read(latin, "accidents", **at),
        "no crs": lambda: read(accidents, "accidents"),
        "no id": lambda: read(accidents, "areas", **at),
        "unknown column": lambda: read(accidents, "accidents", columns={"victim": "accident_id"}, **at),
        "filter": lambda: read(accidents, "accidents", where={"activity_code": "none"}, **at),
        "must": lambda: require_valid(read(folder / "areas.geojson", "areas"), "areas"),
    }


def test_no_error_says_one(folder):
    for name, call in broken_inputs(folder).items():
        said = text_of(call)
        assert name == "cut" or "Error" in said, name
        assert_silent(said, name)


def test_errors_are_of_our_own_kind(folder):
    for name, call in broken_inputs(folder).items():
        if name != "cut":
            with pytest.raises(LandReleaseError):
                call()


def test_a_filter_on_a_column_of_persons_does_not_list_them(folder):
    path = folder / "accidents.csv"
    assert_silent(text_of(lambda: read(path, "accidents", where={"victim_name": "nobody"}, crs="EPSG:4326")), "where")
