"""The command: `landrelease run | rank | plan | report | check | compare | site | describe`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.errors import DataError, LandReleaseError, OptionError

__all__ = ["app", "main"]

app = typer.Typer(
    name="landrelease",
    help="Is land released from mines in productive use? Verdicts, accounts, priorities and maps.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
DONE, PROBLEMS, UNUSABLE = 0, 1, 2
_Language = Annotated[str, typer.Option("--language", help="Language of the pages: en, ar, es, fr, km, lo, pt or uk.")]


def _version(shown: bool) -> None:
    if shown:
        from landrelease import __version__

        typer.echo(f"landrelease {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


@app.command("run")
def run_command(
    programme: Annotated[Path, typer.Argument(help="A programme file (TOML).")],
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder of the products.")] = Path("out"),
    scheduler: Annotated[
        str | None, typer.Option(help="Match on a dask cluster: tcp://HOST:PORT of its scheduler.")
    ] = None,
    language: _Language = "en",
) -> None:
    """Read all inputs, judge, rank, and write the report, the maps and the tables."""
    from landrelease.job import run

    with _steps() as say:
        products = run(programme, out=out, progress=say, scheduler=scheduler, language=language)  # type: ignore[arg-type]
    typer.echo(products.headline)
    for path in (
        products.report,
        products.map,
        products.priority_map,
        products.priorities,
        products.live,
        products.geopackage,
        products.tables,
        products.run,
    ):
        if path is not None:
            typer.echo(f"  {path}")
    for note in products.notes:
        typer.echo(f"Note: {note}")
    if products.problem_count:
        typer.echo(f"{products.problem_count:,} problems in the data: section 6 of the report, tables/problems.csv")


@contextmanager
def _steps() -> Iterator[Any]:
    """Show the step that a job is at, and how long it has taken."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*bar, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting", total=None)
        yield lambda step: progress.update(task, description=step)


@app.command("rank")
def rank_command(
    programme: Annotated[Path, typer.Argument(help="A programme file (TOML) that has a priority table.")],
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder of the products.")] = Path("out"),
    scheme: Annotated[
        str | None, typer.Option(help="A scheme, such as the weights that were saved from live_ranking.html.")
    ] = None,
    method: Annotated[str | None, typer.Option(help="value, topsis or promethee.")] = None,
    missing: Annotated[
        str | None, typer.Option(help="What a missing value counts as: raise, bounds, worst, best or drop.")
    ] = None,
    draws: Annotated[int, typer.Option(help="How many rankings with other weights the sureness rests on.")] = 10_000,
    top: Annotated[int | None, typer.Option(help="How many areas are funded.")] = None,
    budget: Annotated[float | None, typer.Option(help="Or what there is to spend, in USD.")] = None,
    language: _Language = "en",
) -> None:
    """Rank what is still hazardous, and say how sure that is and where the money ends."""
    from landrelease.job import rank_programme

    with _steps() as say:
        products = rank_programme(
            programme,
            out=out,
            scheme=scheme,
            method=method,
            missing=missing,
            draws=draws,
            top=top,
            budget=budget,
            progress=say,
            language=language,  # type: ignore[arg-type]
        )
    _print_ranking(products)
    for path in (products.page, products.live, *products.tables):
        if path is not None:
            typer.echo(f"  {path}")
    for note in products.notes:
        typer.echo(f"Note: {note}")
    if products.live is not None:
        same = f" --missing {missing}" if missing is not None else ""
        typer.echo(
            f"Open {products.live} to move the weights, and save them there; then\n"
            f"  landrelease rank {programme} --scheme weights.toml{same}"
        )


_SIDES = {"in": "surely in", "interchangeable": "interchangeable", "out": "surely out"}
_SHOWN = 10


def _print_ranking(products: Any) -> None:
    """Print the first areas with their ties and how sure each is."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table, line = products.ranking.table, products.line
    count = min(len(table), _SHOWN)
    grid = Table(title=f"The first {count} of {len(table):,} areas", title_justify="left")
    ties = [_tie(table, i) for i in range(count)]
    more = [*(["tie"] if any(ties) else []), *(["at the line", "why"] if line is not None else [])]
    for heading in ("rank", "area", "score", *more):
        grid.add_column(heading, justify="right" if heading in ("rank", "score") else "left", overflow="fold")
    for i in range(count):
        row = table.iloc[i]
        cells = [_ends(row, "rank", "rank_best", "rank_worst", "{:,.0f}"), row["area_id"]]
        cells += [_ends(row, "score", "score_low", "score_high", "{:,.2f}")]
        cells += [ties[i]] if any(ties) else []
        if line is not None:
            cells += [_SIDES.get(line["line"].iloc[i], "-"), line["reason"].iloc[i].split(":")[0]]
        grid.add_row(*(Text(cell) for cell in cells))
    Console(width=None if sys.stdout.isatty() else 140).print(grid)
    if line is not None:
        counts = line["line"].value_counts()
        said = ", ".join(f"{counts.get(code, 0):,} {words}" for code, words in _SIDES.items())
        typer.echo(f"At the funding line: {said}. What was drawn: {products.stability.said}.")


def _ends(row: Any, name: str, low: str, high: str, form: str) -> str:
    """Say a number, or the two between which it lies; a dash where there is none."""
    from pandas import isna

    if not isna(row[name]):
        return form.format(row[name])
    return f"{form.format(row[low])} to {form.format(row[high])}" if low in row else "-"


def _tie(table: Any, at: int) -> str:
    """Say with how many areas one shares its rank, and whether anything distinguishes them."""
    row = table.iloc[at]
    alike = int((table["tie_group"] == row["tie_group"]).sum()) - 1
    same = int((table["rank"] == row["rank"]).sum()) - 1
    if not same > 0:
        return f"nothing distinguishes it from {alike:,} other{'s' * (alike > 1)}" if alike else ""
    what = f"with {same:,} other{'s' * (same > 1)}"
    return f"{what}; nothing distinguishes them" if alike == same else f"{what}, by equal scores"


@app.command("plan")
def plan_command(
    programme: Annotated[Path, typer.Argument(help="A programme file (TOML) that has a priority and a plan table.")],
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder of the products.")] = Path("out"),
    language: _Language = "en",
) -> None:
    """Plan what to clear with the money, the teams and the promises that the programme file gives."""
    from landrelease.job import plan_programme

    with _steps() as say:
        products = plan_programme(programme, out=out, progress=say, language=language)  # type: ignore[arg-type]
    plan = products.plan
    typer.echo(
        f"{len(plan.selected):,} of {len(plan.table):,} areas for {plan.spent_usd:,.0f} USD: a benefit of "
        f"{plan.benefit:,.4g}, at most {plan.gap:.2%} below the best that is possible."
    )
    for told, amount in (
        ("The most benefit per dollar first would reach", plan.greedy_benefit),
        ("Keeping the previous plan costs a benefit of", plan.price_of_keeping),
    ):
        if amount == amount:  # missing where it means nothing
            typer.echo(f"{told} {amount:,.4g}.")
    for path in (products.page, *products.tables):
        typer.echo(f"  {path}")
    for note in products.notes:
        typer.echo(f"Note: {note}")


@app.command("report")
def report_command(
    programme: Annotated[Path, typer.Argument(help="A programme file (TOML).")],
    kind: Annotated[str, typer.Option(help="outcomes, coordination or donor.")],
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder of the report.")] = Path("out"),
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="html, xlsx or docx; may be repeated. All three without it.")
    ] = None,
    language: _Language = "en",
) -> None:
    """Write a monitoring report, every figure with its n, missing share, method and caveats."""
    from landrelease.job.report import FORMATS, report_programme

    with _steps() as say:
        products = report_programme(
            programme, out=out, kind=kind, formats=formats or FORMATS, progress=say, language=language,  # type: ignore[arg-type]
        )  # fmt: skip
    for path in products.files:
        typer.echo(f"  {path}")
    for gap in products.not_known:
        typer.echo(f"Not known: {gap}")
    for note in products.notes:
        typer.echo(f"Note: {note}")


@app.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="A file that `read` takes.")],
    table: Annotated[str, typer.Argument(help="The table that its rows are: events, areas, follow_ups, ...")],
    csv: Annotated[Path | None, typer.Option("--csv", help="Write every problem to this file.")] = None,
    profile: Annotated[str | None, typer.Option(help="A bundled profile or a TOML file.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer or sheet.")] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of the coordinates, such as EPSG:4326.")] = None,
    operation: Annotated[
        str | None, typer.Option(help="Operation from the datum to EPSG:4326, such as EPSG:1812.")
    ] = None,
    dates: Annotated[str | None, typer.Option(help="How dates are written: iso, dmy, mdy, year, ...")] = None,
    decimal: Annotated[str | None, typer.Option(help="The decimal mark: . or ,")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of a CSV or Shapefile.")] = None,
    ids: Annotated[str | None, typer.Option(help="Where ids come from: column, geometry or row.")] = None,
    programme: Annotated[
        Path | None, typer.Option(help="Take the options of this table from a programme file.")
    ] = None,
    rows: Annotated[int, typer.Option(help="How many problems to print.")] = 30,
) -> None:
    """List the rows of a file that break the rules of its table."""
    from landrelease.read import read
    from landrelease.report import put_csv
    from landrelease.rules import find_problems

    options: dict[str, Any] = _from_programme(programme, table, file)
    given = {
        "profile": profile,
        "layer": layer,
        "crs": crs,
        "operation": operation,
        "dates": dates,
        "decimal": decimal,
        "encoding": encoding,
        "ids": ids,
    }
    options |= {key: value for key, value in given.items() if value is not None}
    frame = read(file, table, **options)
    problems = find_problems(frame, table)
    if csv is not None:
        put_csv(csv, problems)
    if problems.empty:
        typer.echo(f"{len(frame):,} rows of '{file.name}' follow every rule of '{table}'.")
        raise typer.Exit(DONE)
    _print_problems(problems, len(frame), rows, file.name)
    raise typer.Exit(PROBLEMS)


def _from_programme(programme: Path | None, table: str, file: Path) -> dict[str, Any]:
    """Return the options that a programme file gives to a table; of several inputs, to the one of that file."""
    if programme is None:
        return {}
    from landrelease.job.programme import Input, read_programme

    several = getattr(read_programme(programme).inputs, table, [])
    for one in several if isinstance(several, list) else []:
        if isinstance(one, Input) and (len(several) == 1 or Path(one.path).name == file.name):
            return one.options()
    return {}


def _print_problems(problems: Any, n_rows: int, shown: int, name: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from landrelease.rules import RULES

    console = Console(width=None if sys.stdout.isatty() else 140)
    counts = (
        problems.groupby(["rule", "column"], sort=True)
        .agg(count=("row", "size"), message=("message", "first"))
        .reset_index()
    )
    plural = "problem" if len(problems) == 1 else "problems"
    summary = Table(title=f"{len(problems):,} {plural} in {n_rows:,} rows of '{name}'", title_justify="left")
    for heading in ("rule", "column", "problems", "what must be so", "the first"):
        summary.add_column(heading, justify="right" if heading == "problems" else "left", overflow="fold")
    for one in counts.itertuples():
        rule = RULES[one.rule]
        summary.add_row(one.rule, Text(one.column), f"{one.count:,}", rule.text, Text(one.message))
    console.print(summary)
    detail = Table(title=f"The first {min(shown, len(problems))}", title_justify="left")
    for heading in ("row", "id", "column", "rule", "value", "message"):
        detail.add_column(heading, overflow="fold")
    for one in problems.head(shown).itertuples(index=False):
        detail.add_row(*(Text(str(cell)) for cell in one))
    if shown:
        console.print(detail)


@app.command("compare")
def compare_command(
    old: Annotated[Path, typer.Argument(help="The earlier export of areas: a file that `read` takes.")],
    new: Annotated[Path, typer.Argument(help="The later export of the same areas.")],
    csv: Annotated[Path | None, typer.Option("--csv", help="Write every change to this file.")] = None,
    tolerance: Annotated[float, typer.Option(help="Width of a strip that is no change. [m]")] = 1.0,
    profile: Annotated[str | None, typer.Option(help="A bundled profile or a TOML file.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer or sheet.")] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of the coordinates, such as EPSG:4326.")] = None,
    dates: Annotated[str | None, typer.Option(help="How dates are written: iso, dmy, mdy, year, ...")] = None,
    ids: Annotated[str | None, typer.Option(help="Where ids come from: column, geometry or row.")] = None,
    programme: Annotated[Path | None, typer.Option(help="Take the options of the areas from a programme file.")] = None,
    rows: Annotated[int, typer.Option(help="How many rows of vanished land to print.")] = 30,
) -> None:
    """Say what changed between two exports of areas, and first which hazardous land vanished without a release."""
    from landrelease.registry.compare import compare_exports
    from landrelease.report import put_csv

    given = {"profile": profile, "layer": layer, "crs": crs, "dates": dates, "ids": ids}
    options = {key: value for key, value in given.items() if value is not None}
    frames = [_usable_areas(file, _from_programme(programme, "areas", file) | options) for file in (old, new)]
    changes = compare_exports(*frames, tolerance_m=tolerance)
    if csv is not None:
        put_csv(csv, changes)
    many, changed = len(changes), changes["area_id"].nunique()
    typer.echo(
        f"{len(frames[0]):,} areas in '{old.name}', {len(frames[1]):,} in '{new.name}': "
        f"{many:,} change{'s' * (many != 1)} in {changed:,} area{'s' * (changed != 1)}."
    )
    _print_changes(changes, rows)
    raise typer.Exit(PROBLEMS if changes["is_danger"].any() else DONE)


def _usable_areas(file: Path, options: dict[str, Any]) -> Any:
    """Read areas; say what of them can not be compared as it is."""
    from landrelease.read import read
    from landrelease.rules import find_problems, usable_rows

    frame = read(file, "areas", **options)
    usable, set_aside = usable_rows(frame, "areas")
    repeats = find_problems(frame, "areas")["rule"].tolist().count("R2")
    for count, what in ((repeats, "with an id that stands before: compared as '...~2'"), (len(set_aside), "set aside")):
        if count:
            typer.echo(f"Note: {file.name}: {count:,} row{'s' * (count != 1)} {what} (landrelease check lists them)")
    # the words of the file stay: a status that is no code is a change worth seeing
    return frame.loc[usable.index].assign(area_id=usable["area_id"], geometry=usable.geometry)


def _print_changes(changes: Any, shown: int) -> None:
    import geopandas as gpd
    import numpy as np
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from landrelease.geometry import geodesic_area_m2, polygonal
    from landrelease.tables import CODES

    def grid(title: str, headings: list[str], rows: list[list[str]]) -> None:
        table = Table(title=title, title_justify="left")
        for heading in headings:
            table.add_column(heading, justify="right" if heading in ("m2", "rows") else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)

    console = Console(width=None if sys.stdout.isatty() else 140)
    danger = changes[changes["is_danger"]]
    if len(danger):
        # rows of areas that overlapped name the same land: in all it is counted once
        land = polygonal(np.array([danger.union_all()], dtype=object))
        land_m2 = geodesic_area_m2(gpd.GeoSeries(land, crs=changes.crs))[0]
        told = danger.head(shown)
        sizes = [f"{-m2:,.0f}" if m2 == m2 else "not known" for m2 in told["difference_m2"]]
        texts = told[["area_id", "old", "new", "message"]].fillna("").to_numpy(dtype=str).tolist()
        grid(
            f"Ask first: {land_m2:,.0f} m2 of mapped hazardous land vanished without a release "
            f"({len(told):,} of {len(danger):,} rows)",
            ["area", "m2", "status before", "status now", "why"],
            [[area, size, *rest] for (area, *rest), size in zip(texts, sizes, strict=True)],
        )
    count = changes["change_code"].value_counts()
    meanings = [[code, f"{count[code]:,}", text] for code, text in CODES["change_code"].items() if code in count]
    grid("All changes", ["change", "rows", "what it is"], meanings)


@app.command("site")
def site_command(
    file: Annotated[Path, typer.Argument(help="The plot, the road or the project: any file of shapes that has a CRS.")],
    buffer: Annotated[float, typer.Option("--buffer", help="How far around it the answer reaches, in metres.")],
    registry: Annotated[str | None, typer.Option(help="A registry: its file, or postgresql://...")] = None,
    events: Annotated[Path | None, typer.Option(help="Or a file of events.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="The day of the answer, such as 2025-12-31; today without it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the document here, its records beside it.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What the site is called; its file's name without it.")] = None,
    layer: Annotated[str | None, typer.Option(help="Layer or sheet of the site's file.")] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of the site, where its file does not say.")] = None,
) -> None:
    """Tell what is recorded of a site and around it, and write the document of two pages.

    Ends with 1 where a hazard is recorded, with 0 else: which is no evidence that there is none.
    """
    from landrelease import __version__
    from landrelease.read import read
    from landrelease.registry.site import check_site
    from landrelease.report.site.page import write_site_report

    # a road is any shape with a name; its rules say nothing of what it is for
    shapes: Any = read(file, "roads", ids="row", layer=layer, crs=crs)
    given = shapes.geometry.set_axis(shapes["source_row"].astype(str))
    with _records(registry, events, is_for_report=out is not None) as records:
        check = check_site(records, given, buffer_m=buffer, as_of=as_of)
        inputs = [_input("Site", file), _input("Events", events) if events else {"name": "Registry", "path": registry}]
    doubts = int(shapes["read_findings"].notna().sum())
    if doubts:
        typer.echo(f"Note: {doubts:,} features of '{file.name}' were changed in reading.")
    typer.echo("\n".join(check.sentences))
    if out is not None:
        page = write_site_report(check, out, title=title or file.stem, inputs=inputs, version=__version__)
        typer.echo(f"  {page}\n  {page.with_suffix('.csv')}")
    raise typer.Exit(PROBLEMS if check.answer_code == "recorded_hazard" else DONE)


def _input(name: str, path: Path) -> dict[str, str]:
    from landrelease.job.inputs import sha256_of

    return {"name": name, "path": path.name, "sha256": sha256_of(path)}


@contextmanager
def _records(registry: str | None, events: Path | None, *, is_for_report: bool) -> Iterator[Any]:
    """Open a registry, all of it verified where a report rests on it; or a file of events, with what it can not use."""
    if (registry is None) == (events is None):
        raise OptionError("Give either --registry or --events.")
    if events is not None:
        yield _EventsFile(events)
        return
    from landrelease.registry.store import Registry

    assert registry is not None
    if "://" not in registry and not Path(registry).exists():
        raise DataError(f"There is no registry '{registry}'. Fix: its path, or --events with a file of events.")
    with Registry(registry) as opened:
        if is_for_report:
            broken = opened.verify().query("is_broken")
            if len(broken):
                first = broken.iloc[0]
                raise DataError(
                    f"'{registry}' can not be trusted: {len(broken)} of its invariants are broken, the first "
                    f"{first['invariant']}: {first['message']}.\n  Fix: go back to a backup."
                )
        yield opened


class _EventsFile:
    """A file of events, as a site check asks a registry."""

    head = ""

    def __init__(self, path: Path) -> None:
        import geopandas as gpd

        from landrelease.read import read
        from landrelease.rules import usable_rows

        frame: Any = read(path, "events")
        self._usable, set_aside = usable_rows(frame, "events")
        set_aside = set_aside[~set_aside["reason"].str.startswith("R2 ")]  # what repeats a whole row adds nothing
        rows = set_aside.assign(source=path.name, row=set_aside["source_row"])
        self._aside = gpd.GeoDataFrame(rows, geometry=frame.geometry.name, crs=frame.crs)

    def events(self) -> Any:
        return self._usable

    def quarantine(self) -> Any:
        return self._aside

    def conflicts(self) -> Any:
        return self._aside.iloc[:0]


@app.command("describe")
def describe_command(
    table: Annotated[str | None, typer.Argument(help="A table or a code list; without it all tables.")] = None,
) -> None:
    """Show the columns, units, codes and rules of a table, or the meaning of a code list."""
    from rich.console import Console
    from rich.table import Table

    from landrelease.tables import RESULTS, TABLES, describe

    console = Console(width=None if sys.stdout.isatty() else 140)
    if table is None:
        listing = Table("table", "one row is")
        for one in (*TABLES.values(), *RESULTS.values()):
            listing.add_row(one.name, one.row)
        console.print(listing)
        return
    frame = describe(table)
    order = [name for name in ("code", "column", "unit", "dtype", "meaning", "codes", "rules") if name in frame]
    grid = Table(title=table, title_justify="left")
    for name in order:
        grid.add_column(name, overflow="fold", no_wrap=name in ("column", "code"))
    for row in frame[order].to_numpy(dtype=str):
        grid.add_row(*row)
    console.print(grid)


def main() -> None:
    """Run the command; errors are said in their own form and end with exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a letter must not end the run
    try:
        app()
    except LandReleaseError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(UNUSABLE)
    except OSError as error:
        typer.echo(f"A file can not be read or written: {error}", err=True)
        sys.exit(UNUSABLE)


if __name__ == "__main__":
    main()
