"""The command: `landrelease run | check | describe`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from landrelease.errors import LandReleaseError

__all__ = ["app", "main"]

app = typer.Typer(
    name="landrelease",
    help="Is land released from mines in productive use? Verdicts, accounts, priorities and maps.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
DONE, PROBLEMS, UNUSABLE = 0, 1, 2


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
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the products.")] = Path("out"),
) -> None:
    """Read all inputs, judge, rank, and write the report, the maps and the tables."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from landrelease.job import run

    console = Console(stderr=True)
    bar = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*bar, console=console, transient=True) as progress:
        task = progress.add_task("Starting", total=None)
        products = run(programme, out=out, progress=lambda step: progress.update(task, description=step))
    typer.echo(products.headline)
    for path in (
        products.report,
        products.map,
        products.priority_map,
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
    from landrelease.report import write_csv
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
        write_csv(problems, csv)
    if problems.empty:
        typer.echo(f"{len(frame):,} rows of '{file.name}' follow every rule of '{table}'.")
        raise typer.Exit(DONE)
    _print_problems(problems, len(frame), rows, file.name)
    raise typer.Exit(PROBLEMS)


def _from_programme(programme: Path | None, table: str, file: Path) -> dict[str, Any]:
    """Return the options that a programme file gives to a table; of several inputs, to the one of that file."""
    if programme is None:
        return {}
    from landrelease.programme import Input, read_programme

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
