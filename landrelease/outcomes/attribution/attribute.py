"""What can be said of release as the cause of a change: differences in differences, and the checks that grade it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from landrelease.checks.arguments import require_draws, require_whole
from landrelease.errors import DataError, check_option
from landrelease.outcomes.attribution.cells import Cells, baci_cells, cohort_cells, placebo_cells
from landrelease.outcomes.attribution.checks import Found, check, wording_of
from landrelease.outcomes.attribution.effects import (
    Aggregates,
    aggregates,
    cells_table,
    detectable,
    intervals,
    joint_test,
    overall_without,
)
from landrelease.outcomes.attribution.prepare import Bools, Prepared, prepare, without_guard
from landrelease.tables import conform

__all__ = ["Attribution", "attribute"]

Wording = Literal["descriptive", "consistent with", "supported"]


@dataclass(frozen=True)
class Attribution:
    """What `attribute` found, with every check that its wording rests on.

    Attributes
    ----------
    wording : str
        How strong a sentence the checks allow: descriptive, consistent with, supported.
    sentence : str
        The result in words of that strength.
    effects : DataFrame
        Table `attribution_effects`: the overall effect, by year since release, by cohort, by release type, and the
        same by other ways. In the unit of the outcome.
    cells : DataFrame
        Table `attribution_cells`: ATT(g,t), one row a year of release and a year.
    checks : DataFrame
        Table `attribution_checks`: what was checked, and what came of it.
    without : DataFrame
        Table `attribution_without`: the overall effect without each group.
    excluded : DataFrame
        Table `attribution_excluded`: how many areas could not be compared, and why.
    detectable_effect : float
        The smallest overall effect that would be seen in 4 of 5 such studies. [unit of the outcome]
    outcome : str
        Column of the panel that was compared.
    method : str
        How it was compared.
    n : int
        Areas that were compared: released ones and controls.
    missing_share : float
        Areas and years without an outcome; none was filled in. [share]
    draws, seed : int
        Of the bootstrap.
    caveats : tuple of str
        What a reader must know beside the numbers.
    """

    wording: Wording
    sentence: str
    effects: pd.DataFrame
    cells: pd.DataFrame
    checks: pd.DataFrame
    without: pd.DataFrame
    excluded: pd.DataFrame
    detectable_effect: float
    outcome: str
    method: str
    n: int
    missing_share: float
    draws: int
    seed: int
    caveats: tuple[str, ...]


def attribute(
    panel: pd.DataFrame,
    areas: pd.DataFrame,
    *,
    outcome: str,
    released: str = "release_date",
    cluster: str = "admin_code",
    leave_out: str | None = None,
    match_by: Sequence[str] = (),
    controls: Literal["not_yet", "never"] = "not_yet",
    buffer_m: float | None = None,
    placebo_years: int = 2,
    draws: int = 999,
    seed: int = 0,
) -> Attribution:
    """Compare areas after their release with areas not yet released, and grade what can be said by the checks.

    Parameters
    ----------
    panel : DataFrame
        One row an area and year: the id column of `areas`, `year`, and the outcome. A missing outcome stays missing.
    areas : DataFrame
        One row an area. Columns `status` and `release_type` are heeded where it has them: cancelled areas are a
        placebo and neither released nor controls.
    outcome : str
        Column of `panel`: any number, or yes and no.
    released : str
        Column of `areas` with the date or the year of release; missing where it is not released.
    cluster : str
        Column of `areas`: within one of its values areas may be alike in what is not seen, such as a district.
    leave_out : str, optional
        Column of `areas` whose values are left out one after the other; that of `cluster` where none is named.
    match_by : sequence of str
        Columns of `areas`: a released area is compared only with controls that share all of them, such as soil.
    controls : {'not_yet', 'never'}
        Whether an area is a control until it is released, or only if it is never released.
    buffer_m : float, optional
        Areas this near to released land are no controls from then on, and released areas this near to land that was
        released before them are left out. Needs geometry. [m]
    placebo_years : int
        How long before the true release the placebo date lies. [years]
    draws : int
        Draws of the bootstrap of the clusters; 0 for none, and intervals of Student's t alone.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Attribution
        The graded sentence, effects, cells, checks, and how they were made.

    Raises
    ------
    OptionError
        A column or option is not there.
    DataError
        Two rows for an area and year; rows of unknown areas; nothing released within the panel; no control at all.
    CRSError
        `buffer_m` is given and the areas have no CRS.

    Notes
    -----
    ATT(g,t) is the mean change of areas released in g from the last year before g to t, less that of the controls.
    A control of t is released, or near released land, after both t and the base year only. With `match_by` the controls
    of each stratum are weighted by its released areas. A year is seen as released from its first day: the year of
    release itself holds months before it. Only areas with an outcome in both years enter a cell. Errors are those of
    clusters; intervals take the wider of a multiplier bootstrap and Student's t, whose degrees of freedom count
    clusters within cohorts. `supported` needs every check passed; `consistent with` none failed, and the trends before
    release tested; all else is `descriptive`. Fewer than ten clusters of either kind fail: a choice of this package.

    References
    ----------
    Callaway, B. and Sant'Anna, P. (2021), Difference-in-differences with multiple time periods, J. Econometrics 225,
    200-230.

    Examples
    --------
    Forty areas in twenty districts; half are released in 2012, and their outcome rises by 1 from then on:

    >>> areas = pd.DataFrame({"area_id": [f"A{one}" for one in range(40)],
    ...     "admin_code": [f"D{one % 20}" for one in range(40)], "release_year": [2012.0] * 20 + [None] * 20})
    >>> rows = [(f"A{one}", year, one % 7 + 0.01 * (one * year % 11) + (one < 20 and year >= 2012))
    ...     for one in range(40) for year in range(2007, 2016)]
    >>> panel = pd.DataFrame(rows, columns=["area_id", "year", "lights"])
    >>> found = attribute(panel, areas, outcome="lights", released="release_year")
    >>> found.wording, found.effects["effect"].round(1).tolist()[0]
    ('consistent with', 1.0)
    >>> found.checks.set_index("check_code")["result_code"].to_dict()
    {'effect': 'passed', 'pre_trend': 'passed', 'placebo_date': 'passed', 'cancelled': 'open',
     'leave_one_out': 'passed', 'spillover': 'open', 'clusters': 'passed'}

    An outcome that is not known stays unknown:

    >>> panel.loc[panel["year"] == 2009, "lights"] = None
    >>> attribute(panel, areas, outcome="lights", released="release_year").missing_share
    0.1111111111111111

    Where all are released nothing is left to compare with:

    >>> attribute(panel, areas.iloc[:20], outcome="lights", released="release_year")
    Traceback (most recent call last):
    landrelease.errors.DataError: 180 of 360 rows of 'panel' have no year or no area of 'areas', ...
    >>> attribute(panel.iloc[:180], areas.iloc[:20], outcome="lights", released="release_year")
    Traceback (most recent call last):
    landrelease.errors.DataError: none of 20 released areas has a control: ...
    """
    check_option("controls", controls, ("not_yet", "never"))
    require_draws(draws, seed)
    require_whole("placebo_years", placebo_years, 1)
    match_by = [match_by] if isinstance(match_by, str) else list(match_by)
    found = prepare(
        panel, areas, outcome=outcome, released=released, cluster=cluster, leave_out=leave_out or cluster,
        match_by=match_by, only_never=controls == "never", buffer_m=buffer_m,
    )  # fmt: skip
    is_released = found.is_released
    cells = _main_cells(found, is_released, buffer_m)
    parts = [("", "", aggregates(cells, ["overall", "event", "cohort", "simple", "dynamic"]))]
    parts += _by_release_type(found, is_released)
    others = {
        "baci": baci_cells(found, is_released),
        "placebo_date": placebo_cells(found, is_released, placebo_years),
        "cancelled": cohort_cells(found, found.is_cancelled, is_placebo=True),
    }
    if buffer_m is not None:
        unguarded = without_guard(found)
        others["unguarded"] = cohort_cells(unguarded, unguarded.is_released)
    parts += [(code, "", aggregates(one, ["overall"])) for code, one in others.items()]
    effects = pd.concat([_effect_rows(*part, draws, seed) for part in parts], ignore_index=True)
    freedom = float(parts[0][2].freedom[0])
    without = pd.DataFrame({"group": found.groups, "effect": overall_without(cells)})
    checks = check(Found(effects, joint_test(cells), without, freedom, buffer_m, placebo_years))
    smallest = detectable(effects["effect_se"].iloc[0], freedom)
    wording, sentence = wording_of(checks, effects.iloc[0], outcome, smallest)
    excluded = _excluded(found, is_released)
    return Attribution(
        wording=wording, sentence=sentence, effects=conform(effects, "attribution_effects"),
        cells=conform(cells_table(cells), "attribution_cells"), checks=conform(checks, "attribution_checks"),
        without=conform(without, "attribution_without"),
        excluded=conform(excluded, "attribution_excluded"), detectable_effect=smallest,
        outcome=outcome, method=_method(controls, match_by, cluster, buffer_m, draws, seed),
        n=len(areas) - int(excluded["area_count"].sum()),
        missing_share=found.missing_share, draws=draws, seed=seed, caveats=_caveats(found, cells),
    )  # fmt: skip


def _main_cells(found: Prepared, is_released: Bools, buffer_m: float | None) -> Cells:
    """Return the cells, or say why there is nothing to compare."""
    cells = cohort_cells(found, is_released)
    after = cells.year >= cells.cohort
    if not len(cells.effect):
        years = f"{found.years[0]:.0f} and {found.years[-1]:.0f}"
        raise DataError(
            f"none of {int(is_released.sum())} released areas has a year before its release and one after it: none was "
            f"released after the first and up to the last year of the panel, {years}.\n"
            "  Fix: add earlier or later years, or check the column of the release."
        )
    if not (cells.known & after).any():
        near = "" if buffer_m is None else f" farther than {buffer_m:,.0f} m from released land"
        raise DataError(
            f"none of {int(is_released.sum())} released areas has a control: no other area is still unreleased{near} "
            "and has an outcome in the same years.\n"
            "  Fix: add areas that are not released yet, or fewer columns in match_by, or a smaller buffer_m."
        )
    return cells


def _by_release_type(found: Prepared, is_released: Bools) -> list[tuple[str, str, Aggregates]]:
    kinds = sorted(set(found.kind[is_released]))
    if len(kinds) < 2:
        return []
    parts = [(kind, cohort_cells(found, is_released & (found.kind == kind))) for kind in kinds]
    return [("release_type", str(kind), aggregates(one, ["overall"])) for kind, one in parts]


def _effect_rows(code: str, group: str, found: Aggregates, draws: int, seed: int) -> pd.DataFrame:
    near = intervals(found, draws=draws, seed=seed)
    return pd.DataFrame({
        "effect_code": [code or label[0] for label in found.labels],
        "group": [group or label[1] or None for label in found.labels],
        "years_since_release": [label[2] for label in found.labels],
        "effect": found.effect, "effect_se": near.error, "effect_low": near.low, "effect_high": near.high,
        "band_low": near.band_low, "band_high": near.band_high,
        "released_count": found.released_count, "control_count": found.control_count,
    })  # fmt: skip


def _excluded(found: Prepared, is_released: Bools) -> pd.DataFrame:
    early = is_released & (found.released <= found.years[0])
    near = is_released & ~early & (found.released <= found.years[-1]) & (found.exposed < found.released)
    counts = dict(found.excluded)
    counts["released in the first year of the panel or before it"] = int(early.sum())
    counts["near land that was released before it"] = int(near.sum())
    rows = [(reason, count) for reason, count in counts.items() if count]
    return pd.DataFrame(rows, columns=["reason", "area_count"])


def _method(
    controls: str, match_by: list[str], cluster: str, buffer_m: float | None, draws: int, seed: int
) -> str:  # fmt: skip
    parts = [
        "group-time average effects (Callaway and Sant'Anna 2021)",
        "controls never released" if controls == "never" else "controls not yet released",
        *([f"matched by {', '.join(match_by)}"] if match_by else []),
        *([f"none within {buffer_m:,.0f} m of released land"] if buffer_m is not None else []),
        f"errors by {cluster}",
        f"multiplier bootstrap of {draws:,} draws with seed {seed}" if draws else "Student's t, no bootstrap",
    ]
    return "; ".join(parts)


def _caveats(found: Prepared, cells: Cells) -> tuple[str, ...]:
    after = cells.year >= cells.cohort
    empty = int((after & ~cells.known).sum())
    gaps = np.diff(found.years) > 1
    single = int((np.count_nonzero(cells.size_by_cluster, axis=0) == 1).sum())
    missing, last = found.missing_share, found.years[-1]
    said = {
        "Trends that look alike before release are no proof that they would have stayed alike.": True,
        "What released land nearby does to a released area is part of its effect.": True,
        f"{missing:.1%} of areas and years have no outcome; a cell holds only areas seen in both its years.": missing
        > 0,
        f"{empty} of {int(after.sum())} cohorts and years after release have no control and are in no mean.": empty > 0,
        f"The panel leaves out years between {found.years[0]:.0f} and {last:.0f}: the base is the last year before "
        "release that it has.": gaps.any(),
        f"{single} cohorts lie in one cluster each: how far such a cluster is off can not be seen.": single > 0,
        f"{found.unplaced_count} released areas have no geometry: what lies near them may be among the "
        "controls.": found.unplaced_count > 0,
        "A cancelled area may come into use because the suspicion ended: that too would be seen "
        "there.": found.is_cancelled.any(),
    }
    return tuple(sentence for sentence, is_so in said.items() if is_so)
