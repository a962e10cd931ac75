"""Steps of a run: rank what is still hazardous, draw the funding line, plan within the budget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from landrelease.cells import counted
from landrelease.errors import DataError, LandReleaseError, ProgrammeError, nearest
from landrelease.job.inputs import Work, sha256_of, warnings_noted
from landrelease.job.programme import Priority, Programme
from landrelease.priority import (
    FreeWeights,
    IntervalWeights,
    OrdinalWeights,
    Plan,
    Ranking,
    Scheme,
    budget_sweep,
    criteria_table,
    explain,
    funding_line,
    plan_clearance,
    prioritise,
    read_scheme,
    stability,
)
from landrelease.tables import NO_HAZARD

__all__ = ["costs_of", "places_of", "plan_areas", "plan_tables", "rank_areas", "scheme_of", "write_live", "write_page"]

_LAYERS = ("population", "accidents", "needs", "land_use", "land_cover", "projects", "settlements", "roads",
           "admin_areas")  # fmt: skip
_TOP = 20
"""Areas whose score the report explains; also after how many the line is drawn where nobody says."""
_LINES = (10, 20, 50)
_OPTIONAL = ("method_code", "benefit_share", "team_days", "package_id")


def scheme_of(programme: Programme, priority: Priority) -> Scheme:
    """Return the scheme of the ranking: a file beside the programme file, or a bundled one."""
    beside = programme.path(priority.scheme)
    return read_scheme(beside if beside.suffix == ".toml" and beside.is_file() else priority.scheme)


def rank_areas(work: Work, say: Callable[[str], None], *, draws: int = 10_000, is_line_wanted: bool = False) -> None:
    """Rank what is still hazardous, explain the first areas, and draw the line where the programme file asks for it."""
    frames, priority = work.frames, work.programme.priority
    if priority is None:
        return
    say("Ranking what is still hazardous")
    frames["scheme"] = scheme = scheme_of(work.programme, priority)
    if (beside := work.programme.path(priority.scheme)).is_file():
        work.inputs.append({"name": "scheme", "path": beside.name, "sha256": sha256_of(beside)})
    areas = frames["areas"]
    is_hazard = ~areas["status"].isin(NO_HAZARD)
    placed = areas[is_hazard & ~areas.geometry.isna() & ~areas.geometry.is_empty].reset_index(drop=True)
    layers: dict[str, Any] = {name: frames[name] for name in _LAYERS if name in frames}
    table = criteria_table(placed, scheme, layers=layers, as_of=pd.Timestamp(work.programme.programme.as_of))
    frames["criteria"] = table
    frames["ranking"] = ranking = prioritise(table, scheme, method=priority.method, missing=priority.missing)
    _say_what_is_not_known(work, table[list(scheme.columns)], priority.missing, int(is_hazard.sum()) - len(placed))
    unknown = [one.label or one.column for one in scheme.criteria if table[one.column].isna().all()]
    if unknown and len(table):
        work.notes.append(
            f"The ranking rests on {len(scheme.criteria) - len(unknown)} of {len(scheme.criteria)} criteria; "
            f"not known for any area: {', '.join(unknown)}."
        )
    frames["explanations"] = {area_id: explain(ranking, area_id) for area_id in ranking.table["area_id"].head(_TOP)}
    is_asked = priority.top is not None or priority.budget is not None
    if is_asked:
        say("Drawing weights: how sure is the order?")
        _draw_line(work, ranking, priority, draws)
    elif is_line_wanted:
        say("Drawing weights: how sure is the order?")
        _draw_line_if_any(work, ranking, priority, draws)


_COUNTED = {
    "worst": "counts as nothing",
    "best": "counts in full",
    "bounds": "may be anything: the area has a lowest and a highest score",
    "drop": "leaves the area without a rank",
}


def _say_what_is_not_known(work: Work, table: pd.DataFrame, missing: str, no_place: int) -> None:
    """Note who is not ranked, and how a missing value counts in this ranking."""
    if no_place:
        have = counted(no_place, "hazardous area has", "hazardous areas have")
        work.notes.append(f"{have} no place on record: not ranked, which says nothing of how urgent that is.")
    unknown = table.isna()
    if unknown.any(axis=None):
        areas = counted(int(unknown.any(axis=1).sum()), "area", "areas")
        values = counted(int(unknown.sum().sum()), "value", "values")
        are = "is not known: it" if unknown.sum().sum() == 1 else "are not known: each"
        work.notes.append(f'{values} of {areas} {are} {_COUNTED[missing]} (missing = "{missing}").')


def _draw_line(work: Work, ranking: Ranking, priority: Priority, draws: int) -> None:
    frames = work.frames
    lines = sorted({*_LINES, *([priority.top] if priority.top is not None else [])})
    found = stability(ranking, weights=_weights(priority), draws=draws, top=lines)
    if priority.budget is not None:
        cost = costs_of(work)
        frames["funding_line"] = funding_line(ranking, found, budget=priority.budget, cost=cost)
    else:
        frames["funding_line"] = funding_line(ranking, found, top=priority.top)
    frames["stability"] = found


def _draw_line_if_any(work: Work, ranking: Ranking, priority: Priority, draws: int) -> None:
    """Draw the line after the first areas; where a ranking has none, the notes say why."""
    if ranking.method != "value":
        work.notes.append("How sure the order is, and the funding line, are of method 'value' alone.")
        return
    by_default = priority.model_copy(update={"top": _TOP})
    try:
        _draw_line(work, ranking, by_default, draws)
    except DataError as error:
        work.notes.append(f"How sure the order is can not be said: {error}")
        return
    work.programme = work.programme.model_copy(update={"priority": by_default})
    work.notes.append(f"Nobody said for how many areas there is money: the line is drawn after {_TOP}.")


def _weights(priority: Priority) -> FreeWeights | OrdinalWeights | IntervalWeights | float | None:
    given = priority.weights
    if given == "free":
        return FreeWeights()
    if isinstance(given, list):
        return OrdinalWeights(given)
    return IntervalWeights(given) if isinstance(given, dict) else given


def costs_of(work: Work) -> pd.DataFrame:
    """Return what each ranked area costs, with its administrative unit: from a file, or by its size."""
    frames, programme = work.frames, work.programme
    ranked = frames["ranking"].table["area_id"]
    areas = frames["areas"].drop_duplicates("area_id").set_index("area_id").reindex(ranked)
    if programme.costs is not None and "costs" in frames:
        raise ProgrammeError("costs are given twice, by [costs] and by [inputs.costs]. Fix: leave one of them out.")
    if programme.costs is not None:
        usd = programme.costs.usd_per_area + programme.costs.usd_per_m2 * areas["area_m2"].astype("float64")
        return pd.DataFrame({"area_id": ranked.to_numpy(), "cost_usd": usd.to_numpy()}).astype({"area_id": "str"})
    if "costs" not in frames:
        raise ProgrammeError(
            "what an area costs is not given.\n  Fix: add [inputs.costs] with area_id and cost_usd, or [costs]."
        )
    costs = frames["costs"]
    told = [name for name in _OPTIONAL if name in costs and costs[name].notna().any()]
    return pd.DataFrame(costs[["area_id", "cost_usd", *told]]).reset_index(drop=True)


def plan_areas(work: Work, say: Callable[[str], None]) -> None:
    """Plan within the money, teams and promises of the programme file, and say what other budgets would buy."""
    frames, asked = work.frames, work.programme.plan
    if asked is None:
        return
    if "ranking" not in frames:
        raise ProgrammeError("[plan] needs [priority]: a plan adds up what the ranking says of each area.")
    say("Planning within the budget")
    cost = costs_of(work)
    given = asked.model_dump(exclude={"keep", "curve_count", "infeasible", "budget", "years"}, exclude_none=True)
    if asked.floors:
        cost["admin_code"] = cost["area_id"].map(_units_of(work, list(asked.floors))).astype("str")
        given["place_names"] = _unit_names(work)
    if asked.keep is not None:
        given["keep"] = _kept(work.programme.path(asked.keep))
    given["years"] = asked.years
    frames["plan"] = plan = plan_clearance(
        frames["ranking"], cost=cost, budget=asked.budget, infeasible=asked.infeasible, **given
    )
    work.notes += [f"No plan keeps all the rules: this one does {text}." for text in plan.relaxations["text"]]
    if asked.curve_count:
        say("Planning with other budgets: the benefit curve")
        budgets = [_times(asked.budget, 2 * step / asked.curve_count) for step in range(1, asked.curve_count + 1)]
        frames["curve"] = budget_sweep(frames["ranking"], cost=cost, budgets=budgets, **given)


def _times(budget: float | dict[int, float], factor: float) -> float | dict[int, float]:
    return {year: one * factor for year, one in budget.items()} if isinstance(budget, dict) else budget * factor


def _units_of(work: Work, floors: list[str]) -> pd.Series:
    """Return for each area which of these units it lies in, by its own unit or one above it."""
    ranked = work.frames["ranking"].table["area_id"]
    areas = work.frames["areas"].drop_duplicates("area_id").set_index("area_id")["admin_code"].reindex(ranked)
    parent: dict[str, str] = {}
    if "admin_areas" in work.frames:
        units = work.frames["admin_areas"].drop_duplicates("admin_code").dropna(subset=["parent_code"])
        parent = dict(zip(units["admin_code"].astype("str"), units["parent_code"].astype("str"), strict=True))

    def chain(code: str) -> list[str]:
        found = [code]
        while (above := parent.get(found[-1])) is not None and above not in found:
            found.append(above)
        return found

    known = set(areas.dropna().astype("str"))
    known |= {one for code in known for one in chain(code)}
    for name in floors:
        if name not in known:
            raise DataError(f"plan.floors names '{name}', a unit in which no ranked area lies{nearest(name, known)}")
        within = [one for one in chain(name)[1:] if one in floors]
        if within:
            raise DataError(f"plan.floors names '{name}' and '{within[0]}', which holds it. Fix: leave one out.")
    of = {code: next((one for one in chain(code) if one in floors), None) for code in known}
    found: pd.Series = areas.astype("str").map(of)
    return found


def _unit_names(work: Work) -> dict[str, str]:
    """Return what readers call each administrative unit that has a name."""
    if "admin_areas" not in work.frames:
        return {}
    units = work.frames["admin_areas"].drop_duplicates("admin_code").dropna(subset=["name"])
    return dict(zip(units["admin_code"].astype("str"), units["name"].astype("str"), strict=True))


def _kept(path: Path) -> list[str]:
    """Return the areas of an earlier plan.csv."""
    if not path.is_file():
        raise DataError(f"There is no file '{path}' for plan.keep.")
    try:
        before = pd.read_csv(path, dtype="str", encoding="utf-8-sig")
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"'{path.name}' is no table of a plan: {error}") from None
    lacking = [name for name in ("area_id", "is_selected") if name not in before]
    if lacking:
        raise DataError(f"'{path.name}' lacks {' and '.join(lacking)}. Fix: name the plan.csv of an earlier plan.")
    # spreadsheets write TRUE; another word for it would keep nothing, in silence
    said = before["is_selected"].str.strip().str.casefold()
    wrong = np.flatnonzero(~said.isin(["true", "false"]))
    if len(wrong):
        raise DataError(
            f"'{path.name}': is_selected must be True or False: {len(wrong)} of {len(before)} rows are not, the first "
            f"has {before['is_selected'].iloc[wrong[0]]!r}.\n  Fix: name the plan.csv of an earlier plan."
        )
    # an id that a spreadsheet would take for a formula was written with a mark
    ids = before.loc[said.eq("true"), "area_id"].dropna()
    return ids.str.replace(r"^'(?=[=+\-@])", "", regex=True).tolist()


def plan_tables(frames: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan by name; none where there is no plan."""
    if "plan" not in frames:
        return {}
    plan: Plan = frames["plan"]
    tables = {"plan": plan.table, "plan_rules": plan.rules}
    several = {"plan_packages": plan.packages, "plan_relaxations": plan.relaxations}
    several |= {"benefit_curve": frames["curve"]} if "curve" in frames else {}
    return tables | {name: frame for name, frame in several.items() if len(frame)}


def places_of(work: Work) -> dict[str, str]:
    """Return for each area the names of its unit and of those above it, the smallest first."""
    if "admin_areas" not in work.frames:
        return {}
    units = work.frames["admin_areas"].drop_duplicates("admin_code").set_index("admin_code")[["name", "parent_code"]]
    words: dict[str, str] = {}
    for code in units.index:
        names, at, seen = [], code, set()
        while at in units.index and at not in seen:
            seen.add(at)
            names.append(units.at[at, "name"])
            at = units.at[at, "parent_code"]
        words[str(code)] = ", ".join(str(one) for one in names if not pd.isna(one))
    areas = work.frames["areas"].drop_duplicates("area_id")
    placed = areas.set_index("area_id")["admin_code"].astype("str").map(words).dropna()
    return {str(area_id): place for area_id, place in placed.items() if place}


def write_page(work: Work, path: Path) -> Path:
    """Write the page of the ranking, its line and its plan."""
    from landrelease import __version__
    from landrelease.report import write_priority_page

    frames, programme = work.frames, work.programme
    priority = programme.priority
    assert priority is not None
    with warnings_noted(work):
        return write_priority_page(
            path,
            frames["ranking"],
            name=programme.programme.name,
            as_of=programme.programme.as_of,
            stability=frames.get("stability"),
            line=frames.get("funding_line"),
            top=priority.top,
            budget_usd=priority.budget,
            plan=frames.get("plan"),
            curve=frames.get("curve"),
            places=places_of(work),
            pages=priority.top or _TOP,
            inputs=work.inputs,
            parameters=programme.model_dump(
                mode="json", include={"programme", "priority", "costs", "plan"}, exclude_none=True
            ),
            notes=work.notes,
            version=__version__,
            language=work.language,
        )


def write_live(work: Work, path: Path) -> Path | None:
    """Write the page on which a workshop moves the weights; where it can not show the ranking, the notes say why."""
    from landrelease.maps import live_ranking
    from landrelease.report.language import Words
    from landrelease.report.words import say_day

    frames, about, shown = work.frames, work.programme.programme, work.programme.map
    path.unlink(missing_ok=True)  # no page of an earlier run beside another ranking
    if "ranking" not in frames:
        return None
    try:
        page = live_ranking(
            frames["ranking"],
            areas=frames["areas"],
            scheme=frames["scheme"],
            admin_areas=frames.get("admin_areas"),
            columns=shown.columns,
            hazards=shown.hazards,
            top=_funded_count(work),
            title=Words(work.language).drawn("{0}, {1}", about.name, say_day(about.as_of)),
            language=work.language,
        )
    except LandReleaseError as error:
        work.notes.append(f"No live ranking is written: {' '.join(str(error).split())}")
        return None
    page.save(path)
    return path


def _funded_count(work: Work) -> int:
    """Return for how many areas there is money: as asked, else as many as the budget reaches in most rankings."""
    priority = work.programme.priority
    assert priority is not None
    if priority.budget is not None and "funding_line" in work.frames:
        return max(1, int(work.frames["funding_line"]["in_share"].ge(0.5).sum()))
    return priority.top or _TOP
