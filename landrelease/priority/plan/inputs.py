"""What a planner gives, read into arrays: nothing unknown is guessed, and no area is lost on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from warnings import warn

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import as_text, counted
from landrelease.checks.arguments import is_number, require_whole
from landrelease.errors import DataError, DataWarning, OptionError, nearest
from landrelease.priority.plan.problem import Bools, Floats, Ints, Problem
from landrelease.priority.score.ranking import Ranking
from landrelease.priority.values import as_numbers

__all__ = ["Asked", "PerYear", "amount_of", "read_asked", "warn_of_scores"]

PerYear = float | Mapping[int, float]
Texts = npt.NDArray[np.object_]
_SURVEY = ("NTS", "TS")


@dataclass(frozen=True)
class Asked:
    """All areas in the order of the ranking, and the problem of those that can be planned.

    `place` (of each area of the problem) is its row in `areas`; `method` names the method of each option.
    """

    areas: pd.DataFrame
    problem: Problem
    place: Ints
    method: Texts
    kept: Bools
    years: tuple[int, ...]
    has_year_labels: bool
    capacity_names: tuple[str, ...]
    floor_names: tuple[str, ...]
    package_names: tuple[str, ...]
    floors_by: str
    place_names: Mapping[str, str]
    capacity_in: str
    benefit: str

    def label(self, area: int) -> str:
        """Return the id of an area of the problem."""
        return str(self.areas["area_id"].iloc[self.place[area]])

    def place_name(self, group: str) -> str:
        """Return what readers call a group of areas."""
        if group in self.place_names or self.floors_by == "admin_code":
            return self.place_names.get(group, group)
        return f"{self.floors_by.removesuffix('_code').replace('_', ' ')} {group}"


def read_asked(
    ranking: Ranking | pd.DataFrame,
    *,
    cost: Any,
    budget: PerYear,
    years: int,
    benefit: str,
    capacity: Any,
    capacity_in: str,
    floors: Mapping[Any, float] | None,
    floors_by: str,
    place_names: Mapping[Any, str] | None,
    must: Iterable[Any] | None,
    never: Iterable[Any] | None,
    keep: Iterable[Any] | None,
    packages: Mapping[Any, float] | None,
    discount_rate: float,
) -> Asked:
    """Read and check all that `plan_clearance` is given."""
    labels, money = _years(budget, years)
    areas = _benefits(ranking, benefit)
    options = _options(cost, capacity_in, uses_capacity=capacity is not None)
    amount_of("discount_rate", discount_rate)
    named = {name: _ids_of(name, given, areas) for name, given in (("must", must), ("never", never))}
    both = sorted(named["must"] & named["never"])
    if both:
        raise OptionError(f"must and never both name {_some(both)}. Fix: take them from one of the two")
    kept_ids = _as_ids(keep)
    rows, room = _capacity(capacity, labels, options, capacity_in)
    group_names, floor = _named_money("floors", floors, options, floors_by)
    package_names, setup = _named_money("packages", packages, options, "package_id")
    _require_known_packages(options, packages)
    areas["group"] = _one_each(options, floors_by, areas) if floors_by in options.columns else None
    areas["package_id"] = _one_each(options, "package_id", areas) if packages is not None else None
    areas["is_kept"] = areas["area_id"].isin(kept_ids)
    _warn(options, areas, has_share=isinstance(cost, pd.DataFrame) and "benefit_share" in cost.columns)
    options = _joined(options, areas, rows if capacity is not None else (), capacity_in)
    areas["why_code"], areas["why"] = _whys(areas, options, named["never"])
    _warn_kept(areas, kept_ids)
    areas["lacking"] = options[options["why"].ne("")].groupby("area")["method_code"].agg(_listed_methods)
    can = areas["why"].eq("").to_numpy()
    _require_plannable(areas, named["must"], "must")
    is_must = areas["area_id"].isin(named["must"]).to_numpy() | (areas["is_kept"].to_numpy() & can)
    usable = options[options["why"].eq("") & can[options["area"].to_numpy(int)]].sort_values(["area", "order"])
    place = np.flatnonzero(can)
    number = np.full(len(areas), -1)
    number[place] = np.arange(len(place))
    row = usable["method_code"].map({name: i for i, name in enumerate(rows)}).fillna(-1 if rows != ("",) else 0)
    problem = Problem(
        area=number[usable["area"].to_numpy(int)],
        value=usable["gives"].to_numpy(float), cost=usable["cost_usd"].to_numpy(float),
        work=usable["work"].to_numpy(float), row=row.to_numpy(np.int64),
        group=_coded(areas["group"].iloc[place], group_names),
        package=_coded(areas["package_id"].iloc[place], package_names),
        must=is_must[place], factor=np.power(1.0 + discount_rate, -np.arange(len(labels), dtype=np.float64)),
        budget=money, capacity=room, floor=floor, setup=setup,
    )  # fmt: skip
    return Asked(
        areas, problem, place, usable["method_code"].to_numpy(object), areas["is_kept"].to_numpy()[place], labels,
        isinstance(budget, Mapping), rows, group_names, package_names, floors_by,
        {str(code): name for code, name in (place_names or {}).items()}, capacity_in, benefit,
    )  # fmt: skip


def amount_of(what: str, value: Any) -> float:
    """Return a finite number of 0 or more."""
    if not is_number(value) or value < 0:
        raise OptionError(f"{what} must be a finite number of 0 or more; got {value!r}")
    return float(value)


def _years(budget: PerYear, years: int) -> tuple[tuple[int, ...], Floats]:
    """Return the labels of the years and the money of each."""
    require_whole("years", years, 1)
    if not isinstance(budget, Mapping):
        return tuple(range(1, years + 1)), np.full(years, amount_of("budget", budget))
    wrong = [one for one in budget if isinstance(one, bool) or not isinstance(one, int | np.integer)]
    if wrong or not budget:
        got = repr(wrong[0]) if wrong else "none"
        raise OptionError(f"budget must be a number, or {{year: number}} with whole years; got the year {got}")
    labels = tuple(sorted(int(one) for one in budget))
    if years not in (1, len(labels)):
        raise OptionError(f"budget names {len(labels)} years, and years is {years}. Fix: leave years out")
    return labels, np.array([amount_of(f"budget of {label}", budget[label]) for label in labels])


def _benefits(ranking: Ranking | pd.DataFrame, benefit: str) -> pd.DataFrame:
    """Return area_id, rank and gives, in the order of the ranking."""
    table = ranking.table if isinstance(ranking, Ranking) else ranking
    if not isinstance(table, pd.DataFrame) or "area_id" not in table.columns:
        raise DataError("the ranking must be what prioritise returns, or a frame with area_id and the benefit")
    source = table
    if isinstance(ranking, Ranking) and benefit not in table.columns:
        source = ranking.values
    if benefit not in source.columns:
        known = [str(one) for one in dict.fromkeys([*table.columns, *source.columns]) if one != "area_id"]
        raise OptionError(
            f"benefit '{benefit}' is no column of the ranking; it has {', '.join(known)}{nearest(benefit, known)}"
        )
    ids = as_text(table["area_id"])
    wrong = ids.isna() | ids.duplicated(keep=False)
    if wrong.any():
        raise DataError(f"{int(wrong.sum())} of {len(ids)} rows of the ranking have a missing or repeated area_id")
    given = source.set_index(as_text(source["area_id"]))[benefit].reindex(ids)
    gives = as_numbers(given, f"column '{benefit}' of the ranking")
    if (gives < 0).any():
        first = int(np.flatnonzero(gives < 0)[0])
        raise DataError(
            f"{int((gives < 0).sum())} of {len(ids)} areas have a benefit ('{benefit}') below 0, "
            f"'{ids.iloc[first]}' has {gives[first]:g}. Benefits are added up, so they must count from 0.\n"
            "  Fix: benefit='a column that counts from 0'; net flows and other differences can not be added up."
        )
    rank = table["rank"].to_numpy() if "rank" in table.columns else pd.array([pd.NA] * len(ids), "Int64")
    frame = pd.DataFrame({"area_id": ids.to_numpy(), "rank": rank, "gives": gives})
    return frame.astype({"area_id": "str", "rank": "Int64"})


def _options(cost: Any, capacity_in: str, *, uses_capacity: bool) -> pd.DataFrame:
    """Return one row an area and method: area_id, method_code, cost_usd, share, work and what else was given."""
    if isinstance(cost, pd.Series | Mapping):
        given = pd.Series(cost, dtype="object" if not len(cost) else None)
        cost = pd.DataFrame({"area_id": given.index, "cost_usd": given.to_numpy()})
    if not isinstance(cost, pd.DataFrame) or not {"area_id", "cost_usd"} <= set(cost.columns):
        has = ", ".join(map(str, cost.columns)) if isinstance(cost, pd.DataFrame) else type(cost).__name__
        raise DataError(f"cost must be {{area_id: USD}} or a frame with area_id and cost_usd; got {has}")
    options = cost.reset_index(drop=True).copy()
    options["area_id"] = as_text(options["area_id"])
    options["method_code"] = as_text(options["method_code"]) if "method_code" in options.columns else ""
    options["cost_usd"] = as_numbers(options["cost_usd"], "cost_usd")
    missing = options["area_id"].isna() | options["method_code"].isna()
    if missing.any():
        raise DataError(
            f"{int(missing.sum())} of {len(options)} rows of cost have no area_id or no method_code, "
            f"the first is row {int(np.flatnonzero(missing)[0])}.\n"
            "  Fix: give each row both; a file is read with the codes of method_code alone, and another is missing."
        )
    options["method_code"] = options["method_code"].fillna("")
    twice = options.duplicated(["area_id", "method_code"], keep=False)
    if twice.any():
        first = options[twice].iloc[0]
        raise DataError(
            f"{int(twice.sum())} of {len(options)} rows of cost give the same area and method more than once, such as "
            f"'{first['area_id']}'{' by ' + first['method_code'] if first['method_code'] else ''}.\n"
            "  Fix: keep one row for each area and method; a missing method is a method too."
        )
    _require(options, options["cost_usd"] <= 0, "cost_usd", "be above 0",
             "a cost that is not known is left empty: the area is then listed, and not planned")  # fmt: skip
    options["share"] = as_numbers(options["benefit_share"], "benefit_share") if "benefit_share" in options else 1.0
    outside = (options["share"] < 0) | (options["share"] > 1)
    _require(options, outside, "benefit_share", "lie from 0 to 1", "1 is all that the score of the area is for")
    options["work"] = 0.0
    if uses_capacity:
        if capacity_in not in options.columns:
            raise OptionError(
                f"capacity is counted in '{capacity_in}', which is no column of cost.\n"
                "  Fix: add the column, or name another with capacity_in=..."
            )
        options["work"] = as_numbers(options[capacity_in], capacity_in)
        _require(options, options["work"] < 0, capacity_in, "be 0 or more", "correct it, or leave it empty")
    return options


def _require(options: pd.DataFrame, wrong: pd.Series, column: str, what: str, fix: str) -> None:
    if wrong.any():
        first = options[wrong].iloc[0]
        raise DataError(
            f"{column} must {what}: {int(wrong.sum())} of {len(options)} rows of cost do not, "
            f"'{first['area_id']}' has {first[column]:g}.\n  Fix: {fix}."
        )


def _as_ids(given: Iterable[Any] | None) -> set[str]:
    if given is None:
        return set()
    if isinstance(given, str):
        raise OptionError(f"ids are given as a list; got the text {given!r}. Fix: [{given!r}]")
    return set(as_text(pd.Series(list(given), dtype="object")).dropna())


def _ids_of(name: str, given: Iterable[Any] | None, areas: pd.DataFrame) -> set[str]:
    """Return ids that must stand in the ranking."""
    ids = _as_ids(given)
    unknown = sorted(ids - set(areas["area_id"]))
    if unknown:
        raise DataError(
            f"{name} names {len(unknown)} of {len(ids)} areas that are not in the ranking: {_some(unknown)}"
            f"{nearest(unknown[0], areas['area_id'])}"
        )
    return ids


def _capacity(
    capacity: Any, years: tuple[int, ...], options: pd.DataFrame, capacity_in: str
) -> tuple[tuple[str, ...], Floats]:
    """Return the names of the rows of capacity ("" is all methods) and what each has in each year."""
    if capacity is None:
        return (), np.zeros((0, len(years)))
    by_method = capacity if isinstance(capacity, Mapping) else {"": capacity}
    known = [one for one in options["method_code"].unique() if one]
    for name in capacity if isinstance(capacity, Mapping) else ():
        if name not in known:
            raise DataError(
                f"capacity names the method {name!r}, which cost does not have; it has "
                f"{', '.join(known) or 'no method_code'}{nearest(str(name), known)}"
            )
    room: list[list[float]] = []
    for name, given in by_method.items():
        what = f"capacity of {name}" if name else "capacity"
        each = given if isinstance(given, Mapping) else dict.fromkeys(years, given)
        if set(each) != set(years):
            raise OptionError(f"{what} must name the years of the budget, {_some([str(one) for one in years])}")
        room.append([amount_of(f"{what} in {year}", each[year]) for year in years])
    return tuple(by_method), np.array(room).reshape(len(by_method), len(years))


def _named_money(
    name: str, given: Mapping[Any, float] | None, options: pd.DataFrame, column: str
) -> tuple[tuple[str, ...], Floats]:
    """Return the names of groups or packages, and the money of each."""
    if not given:
        return (), np.zeros(0)
    if column not in options.columns:
        raise OptionError(f"{name} need the column '{column}' in cost, which says where each area belongs")
    options[column] = as_text(options[column])
    known = list(options[column].dropna().unique())
    names = as_text(pd.Series(list(given), dtype="object")).tolist()
    for one in names:
        if one not in known:
            raise DataError(
                f"{name} names '{one}', to which no area of cost belongs; '{column}' has {_some(sorted(known))}"
                f"{nearest(str(one), known)}"
            )
    return tuple(names), np.array([amount_of(f"{name}: '{one}'", value) for one, value in given.items()])


def _require_known_packages(options: pd.DataFrame, packages: Mapping[Any, float] | None) -> None:
    if packages is None or "package_id" not in options.columns:
        return
    named = as_text(options["package_id"]).dropna()
    lacking = sorted(set(named) - set(as_text(pd.Series(list(packages), dtype="object"))))
    if lacking:
        raise DataError(
            f"packages says nothing of {len(lacking)} packages of cost: {_some(lacking)}.\n"
            "  Fix: give each what it costs to set up; 0 if that is nothing."
        )


def _one_each(options: pd.DataFrame, column: str, areas: pd.DataFrame) -> pd.Series:
    """Return the group or package of each area; it must be one."""
    known = options.assign(**{column: as_text(options[column])}).dropna(subset=[column])
    count = known.groupby("area_id")[column].nunique()
    if (count > 1).any():
        raise DataError(f"{int((count > 1).sum())} areas have more than one {column}, such as '{count.idxmax()}'")
    return areas["area_id"].map(known.drop_duplicates("area_id").set_index("area_id")[column])


def _warn(options: pd.DataFrame, areas: pd.DataFrame, *, has_share: bool) -> None:
    """Tell what is legal and probably not meant."""
    ids = options["area_id"]
    others = sorted(set(ids[~ids.isin(areas["area_id"])]))
    if others:
        warn(
            f"{counted(len(others), 'area of cost is', 'areas of cost are')} not in the ranking, and not planned: "
            f"{_some(others)}",
            DataWarning, stacklevel=4,
        )  # fmt: skip
    surveyed = options["method_code"].isin(_SURVEY)
    cleared = ~surveyed & options["method_code"].ne("")
    both = ids[surveyed & ids.isin(ids[cleared])].nunique()
    if both and not has_share:
        warn(
            f"{counted(both, 'area', 'areas')} can be surveyed or cleared for the same benefit, and the cheaper is "
            "always taken. Fix: a column benefit_share in cost.",
            DataWarning, stacklevel=4,
        )  # fmt: skip


def _warn_kept(areas: pd.DataFrame, kept_ids: set[str]) -> None:
    """Tell which areas of the previous plan are not kept."""
    gone = sorted(kept_ids - set(areas["area_id"]))
    if gone:
        warn(
            f"{len(gone)} of {len(kept_ids)} areas of keep are not in the ranking any more: {_some(gone)}",
            DataWarning, stacklevel=4,
        )  # fmt: skip
    lost = areas[areas["is_kept"] & areas["why"].ne("")]
    if len(lost):
        first = lost.iloc[0]
        warn(
            f"{len(lost)} of {len(kept_ids)} areas of keep are not kept: '{first['area_id']}': {first['why']}",
            DataWarning, stacklevel=4,
        )  # fmt: skip


def warn_of_scores(ranking: Ranking | pd.DataFrame, benefit: str, selected: Iterable[str]) -> None:
    """Tell where a sum of scores is not what the ranking means."""
    if not isinstance(ranking, Ranking) or benefit != "score":
        return
    if ranking.method == "topsis" and len(ranking.table):
        warn(
            "the plan adds up closenesses of TOPSIS, which are no amounts: two areas of 0.4 need not be worth more "
            "than one of 0.7. Fix: method='value', or benefit= a column that is an amount.",
            DataWarning, stacklevel=3,
        )  # fmt: skip
    names = [one.name for one in ranking.classes]
    if not names:
        return
    place = pd.Index(names).get_indexer(pd.Index(ranking.table["priority_class"]))
    is_in = ranking.table["area_id"].isin(list(selected)).to_numpy()
    last = int(place[is_in].max(initial=-1))
    passed = np.flatnonzero(~is_in & (place >= 0) & (place < last))
    if len(passed):
        first = ranking.table.iloc[passed[0]]
        are = counted(len(passed), "area is", "areas are")
        warn(
            f"the plan adds up scores and does not know classes: {are} out, the first is "
            f"'{first['area_id']}' of class {first['priority_class']}, while some of class {names[last]} are in. "
            "Fix: must= the areas that come first.",
            DataWarning, stacklevel=3,
        )  # fmt: skip


def _joined(options: pd.DataFrame, areas: pd.DataFrame, rows: tuple[str, ...], capacity_in: str) -> pd.DataFrame:
    """Return the options of the ranked areas, with what each gives and why it can not be used."""
    place = pd.Series(np.arange(len(areas)), index=areas["area_id"])
    options["area"] = options["area_id"].map(place)
    options = options[options["area"].notna()].astype({"area": "int64"})
    options["order"] = np.arange(len(options))
    options["gives"] = areas["gives"].to_numpy()[options["area"].to_numpy()] * options["share"]
    is_limited = options["method_code"].isin(rows) | ("" in rows)
    options["work"] = options["work"].where(is_limited, 0.0)
    why = np.select(
        [options["cost_usd"].isna(), options["share"].isna(), options["work"].isna()],
        ["no cost is known", "no benefit_share is known", f"no {capacity_in} are known"], "",
    )  # fmt: skip
    options["why"] = why
    return options


def _whys(areas: pd.DataFrame, options: pd.DataFrame, never: set[str]) -> tuple[pd.Series, pd.Series]:
    """Return why an area can not be planned, as a code and in words; empty where it can."""
    first = options.drop_duplicates("area").set_index("area")["why"]
    can = areas.index.isin(options.loc[options["why"].eq(""), "area"])
    why = areas.index.to_series().map(first).astype("object").fillna("no cost is known").mask(can, "")
    code = why.where(why.eq(""), "unknown_cost")
    for is_so, name, words in (
        (areas["gives"].isna(), "unknown_benefit", "no benefit is known: the ranking has none for it"),
        (areas["area_id"].isin(never), "never", "never: left out on request"),
    ):
        why, code = why.mask(is_so, words), code.mask(is_so, name)
    return code, why


def _listed_methods(methods: pd.Series) -> str:
    return ", ".join(one for one in methods if one)


def _require_plannable(areas: pd.DataFrame, must: set[str], name: str) -> None:
    wrong = areas[areas["area_id"].isin(must) & areas["why"].ne("")]
    if len(wrong):
        raise DataError(
            f"{len(wrong)} of {len(must)} areas of {name} can not be planned: "
            f"'{wrong['area_id'].iloc[0]}': {wrong['why'].iloc[0]}.\n  Fix: give what is missing, or leave it out."
        )


def _coded(values: pd.Series, names: tuple[str, ...]) -> Ints:
    return np.asarray(values.map({name: i for i, name in enumerate(names)}).fillna(-1), dtype=np.int64)


def _some(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
