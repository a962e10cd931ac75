"""Hectares with error bars: what a map and a sample of looked-at places say together of released land."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import as_text, counted
from landrelease.checks.arguments import column_list, numbers, require_columns, require_share
from landrelease.errors import DataError, OptionError

__all__ = ["AreaEstimate", "adjusted_area"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_SHARED = (
    "domains that share samples share their errors: standard errors of domains do not add in quadrature; for a total "
    "ask again without by"
)


@dataclass(frozen=True)
class AreaEstimate:
    """What `adjusted_area` found, with how it was made.

    Attributes
    ----------
    areas : DataFrame
        One row a domain and class: the `by` columns, land_class, mapped_m2 (what the map says), area_m2 (what it means
        after its errors), se_m2, low_m2, high_m2, users_accuracy_share, users_se_share, producers_accuracy_share,
        producers_se_share. [m2, share]
    domains : DataFrame
        One row a domain: the `by` columns, assessed_m2, not_assessable_m2, not_assessable_count, unmapped_m2,
        unmeasured_count, overall_accuracy_share, overall_se_share. [m2, count, share]
    n : int
        Samples that count, of the map classes that are there.
    missing_share : float
        Share of the land that is not assessable or not mapped: it is in no estimate. Missing where no land is known.
    method : str
        The estimator.
    confidence : float
        Level of the intervals. [share]
    seed : None
        Nothing is drawn.
    caveats : tuple of str
        What a reader must know.
    """

    areas: pd.DataFrame
    domains: pd.DataFrame
    n: int
    missing_share: float
    method: str
    confidence: float
    seed: None
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class _Samples:
    """Samples by where they were taken: counts by reference class, one row a source."""

    keys: dict[tuple[str, ...], int]
    counts: pd.DataFrame
    columns: list[str]
    n_unknown: int


def adjusted_area(
    mapped: pd.DataFrame,
    samples: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    strata: str | Sequence[str] | None = None,
    visits: pd.DataFrame | None = None,
    min_visits: int = 30,
    min_pixels: int = 25,
    confidence: float = 0.95,
) -> AreaEstimate:
    """Estimate the area of each class of land from a map and a sample of places where the truth is known.

    Parameters
    ----------
    mapped : DataFrame
        What the map says, as `mapped_classes` returns it: map_class and mapped_m2, the `by` and `strata` columns, and
        interior_pixel_count where it is known. Rows without a map_class are land that the map does not show. [m2]
    samples : DataFrame
        Places that were looked at: map_class, reference_class, and sample_count where a row is more than one of them.
    by : str or list of str, optional
        The domains that are reported. Without it one domain: all land.
    strata : str or list of str, optional
        Columns that say where samples or visits were taken, besides map_class. A frame that has them speaks for its
        own place only; one that lacks them speaks for all places.
    visits : DataFrame, optional
        Field visits in the form of `samples`, drawn at random within a map class.
    min_visits : int
        From so many visits in a map class (and place) on, they alone speak for it, and `samples` do not.
    min_pixels : int
        A polygon that holds fewer whole pixels is not assessable.
    confidence : float
        Level of the intervals. [share]

    Returns
    -------
    AreaEstimate
        Areas with standard errors, intervals and accuracies, what could not be assessed, and caveats.

    Raises
    ------
    DataError
        A column is missing or holds no numbers; an area or a count is negative; a map class has fewer than two samples.
    OptionError
        An option that can not be meant; `strata` that neither samples nor visits have.

    Notes
    -----
    Of a source h of samples (a map class, in a place), n_h were looked at and the share p_hj was found to be class j.
    A domain with the mapped land A_h has the area sum_h A_h p_hj of class j, with the variance
    sum_h A_h^2 p_hj (1 - p_hj) / (n_h - 1). All land of a domain that rests on one source is taken together before
    it is squared: polygons that share a confusion matrix share its errors, which then do not cancel. User's, producer's
    and overall accuracy and their variances follow the same paper, eq. 1 to 11. Intervals are estimate +/- z SE, cut to
    0 and the land of the domain.

    Polygons with fewer than `min_pixels` whole pixels (or none known) are not assessable: they are in no estimate, and
    never 0.

    References
    ----------
    Olofsson, P. et al. (2014), Good practices for estimating area and assessing accuracy of land change, Remote Sensing
    of Environment 148, 42-57.

    Examples
    --------
    >>> mapped = pd.DataFrame({"map_class": ["crop", "other", None], "mapped_m2": [4e7, 6e7, 1e6]})
    >>> samples = pd.DataFrame({"map_class": ["crop", "crop", "other", "other"], "reference_class":
    ...     ["crop", "other", "crop", "other"], "sample_count": [120, 30, 24, 276]})
    >>> found = adjusted_area(mapped, samples)
    >>> (found.areas[["mapped_m2", "area_m2", "se_m2"]] / 1e4).round().astype(int).values.tolist()
    [[4000, 3680, 161], [6000, 6320, 161]]
    >>> found.domains[["assessed_m2", "unmapped_m2"]].values.tolist()
    [[100000000.0, 1000000.0]]
    >>> adjusted_area(mapped.iloc[:0], samples).areas["area_m2"].isna().all()
    np.True_
    >>> adjusted_area(mapped, samples[samples["map_class"] == "crop"])
    Traceback (most recent call last):
    landrelease.errors.DataError: 1 of 2 map classes have fewer than 2 samples: other (60000000 m2).
      Fix: look at more places there, or give the map class another name that is sampled.
    """
    names, places = column_list("by", by), column_list("strata", strata)
    require_share("confidence", confidence)
    if {"map_class", "reference_class"} & {*names, *places}:
        raise OptionError("by and strata name places and groups; map_class and reference_class are none")
    if min_visits < 2 or min_pixels < 0:
        raise OptionError(f"min_visits must be 2 or more, min_pixels 0 or more; got {min_visits!r}, {min_pixels!r}")
    told = _samples_of(samples, "samples", places)
    seen = None if visits is None else _samples_of(visits, "visits", places)
    _require_strata(places, told, seen)
    land, domains = _land_of(mapped, names, places, min_pixels)
    counts, source = _sources(land, told, seen, min_visits)
    areas, overall = _estimates(land, domains, counts, source, confidence)
    assessed, lost = domains["assessed_m2"].sum(), domains[["not_assessable_m2", "unmapped_m2"]].to_numpy().sum()
    used = np.unique(source[source >= 0])
    return AreaEstimate(
        areas=areas,
        domains=domains.assign(**overall),
        n=int(counts.to_numpy()[used].sum()),
        missing_share=float(lost / (assessed + lost)) if assessed + lost > 0 else float("nan"),
        method="stratified estimator, Olofsson et al. 2014",
        confidence=confidence,
        seed=None,
        caveats=_caveats(
            domains,
            counts.to_numpy()[used],
            int((used >= len(told.counts)).sum()),
            told.n_unknown + (seen.n_unknown if seen else 0),
            is_shared=bool((land["domain"].groupby(source).nunique() > 1).any()),
        ),
    )


def _samples_of(frame: pd.DataFrame, what: str, places: list[str]) -> _Samples:
    """Return samples counted by place and map class; what has no reference class is counted apart."""
    require_columns(frame, what, ["map_class", "reference_class"])
    columns = places if places and set(places) <= set(frame.columns) else []
    held = pd.DataFrame({name: as_text(frame[name]) for name in [*columns, "map_class", "reference_class"]})
    held["count"] = numbers(frame["sample_count"], f"{what}: sample_count") if "sample_count" in frame else 1.0
    if held["count"].isna().any() or (held["count"] != held["count"].round()).any():
        raise DataError(f"{what}: sample_count must be a whole number in each row. Fix: correct the counts.")
    is_known = held[["map_class", "reference_class"]].notna().all(axis=1)
    known = held[is_known]
    keys = [known[name].fillna("") for name in [*columns, "map_class"]]
    table = known["count"].groupby([*keys, known["reference_class"]]).sum().unstack(fill_value=0)
    index = [one if isinstance(one, tuple) else (one,) for one in table.index]
    rows = {tuple(map(str, one)): i for i, one in enumerate(index)}
    return _Samples(rows, table.reset_index(drop=True), columns, int(held.loc[~is_known, "count"].sum()))


def _require_strata(places: list[str], told: _Samples, seen: _Samples | None) -> None:
    if places and not told.columns and not (seen and seen.columns):
        raise OptionError(
            f"strata: neither samples nor visits have {', '.join(places)}.\n"
            "  Fix: leave strata out, or say in a column of samples or visits where each was taken."
        )


def _land_of(
    mapped: pd.DataFrame, names: list[str], places: list[str], min_pixels: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the assessed land by domain, place and map class, and what each domain holds."""
    require_columns(mapped, "mapped", ["map_class", "mapped_m2"])
    require_columns(mapped, "mapped", [*names, *places], error=OptionError)
    mapped = mapped.reset_index(drop=True)
    owner = next((mapped[name] for name in ("release_id", "area_id") if name in mapped), mapped.index.to_series())
    m2 = numbers(mapped["mapped_m2"], "mapped: mapped_m2")
    domain = mapped.groupby(names, dropna=False, sort=True).ngroup() if names else pd.Series(0, index=mapped.index)
    land = pd.DataFrame({"domain": domain.astype("int64"), "m2": m2, "map_class": as_text(mapped["map_class"])})
    land["cell"] = list(zip(*(as_text(mapped[name]).fillna("") for name in [*places, "map_class"]), strict=True))
    is_shown, is_measured = land["map_class"].notna(), m2.notna()
    is_small = pd.Series(False, index=mapped.index)
    if "interior_pixel_count" in mapped:
        pixels = numbers(mapped["interior_pixel_count"], "mapped: interior_pixel_count")
        is_small = is_measured & ~(pixels >= min_pixels)
    first = land["domain"].drop_duplicates().sort_values()
    domains = mapped.loc[first.index, names].reset_index(drop=True) if names else pd.DataFrame(index=[0])

    def summed(values: pd.Series) -> pd.Series:
        return values.groupby(domain).sum().reindex(domains.index, fill_value=0)

    domains["assessed_m2"] = summed(m2.where(~is_small & is_shown, 0.0).fillna(0.0)).astype(float)
    domains["not_assessable_m2"] = summed(m2.where(is_small, 0.0).fillna(0.0)).astype(float)
    small = owner[is_small].groupby(domain[is_small]).nunique().reindex(domains.index, fill_value=0)
    domains["not_assessable_count"] = small.astype("Int64")
    domains["unmapped_m2"] = summed(m2.where(~is_small & ~is_shown, 0.0).fillna(0.0)).astype(float)
    domains["unmeasured_count"] = summed(~is_measured).astype("Int64")
    return land[~is_small & is_shown & (m2 > 0)], domains


def _sources(land: pd.DataFrame, told: _Samples, seen: _Samples | None, min_visits: int) -> tuple[pd.DataFrame, Ints]:
    """Return the counts of all sources, those of the visits last, and the one on which each row of land rests."""
    frames = [told.counts] if seen is None else [told.counts, seen.counts]
    counts = pd.concat(frames, ignore_index=True).fillna(0.0)
    size = counts.to_numpy().sum(axis=1)
    code, unique = pd.factorize(land["cell"])
    chosen = np.full(len(unique), -1, np.int64)
    for i, cell in enumerate(unique):
        of_visits = None if seen is None else seen.keys.get(cell if seen.columns else cell[-1:])
        of_samples = told.keys.get(cell if told.columns else cell[-1:])
        if of_visits is not None and size[len(told.counts) + of_visits] >= min_visits:
            chosen[i] = len(told.counts) + of_visits
        elif of_samples is not None and size[of_samples] >= 2:
            chosen[i] = of_samples
    lacking = np.flatnonzero(chosen < 0)
    if len(lacking):
        m2 = np.bincount(code, land["m2"], minlength=len(unique))
        listed = ", ".join(f"{' '.join(unique[i])} ({m2[i]:.0f} m2)" for i in lacking[:5])
        raise DataError(
            f"{len(lacking)} of {len(unique)} map classes have fewer than 2 samples: {listed}"
            f"{', ...' if len(lacking) > 5 else ''}.\n"
            "  Fix: look at more places there, or give the map class another name that is sampled."
        )
    return counts, chosen[code]


def _estimates(
    land: pd.DataFrame, domains: pd.DataFrame, counts: pd.DataFrame, source: Ints, confidence: float
) -> tuple[pd.DataFrame, dict[str, Floats]]:
    """Return one row a domain and class, and the overall accuracy of each domain."""
    classes = sorted({*map(str, counts.columns), *land["map_class"]})
    tally = counts.reindex(columns=classes, fill_value=0.0).to_numpy()
    size = tally.sum(axis=1, keepdims=True)
    share = np.divide(tally, size, out=np.zeros_like(tally), where=size > 0)
    variance = share * (1 - share) / np.maximum(size - 1, 1)
    # one row a domain, source and map class: land of many polygons that rests on one source is taken together
    own = pd.Index(classes).get_indexer(land["map_class"])
    pair, at = np.unique(np.column_stack([land["domain"], source, own]), axis=0, return_inverse=True)
    m2 = np.bincount(at.ravel(), land["m2"], minlength=len(pair))[:, None].astype(float)
    domain, of, kind = pair.T.astype(np.int64) if len(pair) else np.zeros((3, 0), np.int64)

    def summed(values: Floats, column: Ints | None = None) -> Floats:
        table = np.zeros((len(domains), len(classes)))
        np.add.at(table, domain if column is None else (domain, column), values)
        return table

    area, area_variance = summed(m2 * share[of]), summed(m2**2 * variance[of])
    mapped = summed(m2[:, 0], kind)
    right, right_variance = summed(m2[:, 0] * share[of, kind], kind), summed(m2[:, 0] ** 2 * variance[of, kind], kind)
    whole = mapped.sum(axis=1, keepdims=True)
    has_land = whole > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        producers = right / area
        spread = (1 - producers) ** 2 * right_variance + producers**2 * (area_variance - right_variance)
        columns = {
            "mapped_m2": mapped,
            "area_m2": np.where(has_land, area, np.nan),
            "se_m2": np.where(has_land, np.sqrt(area_variance), np.nan),
            "users_accuracy_share": right / mapped,
            "users_se_share": np.sqrt(right_variance) / mapped,
            "producers_accuracy_share": producers,
            "producers_se_share": np.sqrt(np.maximum(spread, 0.0)) / area,
        }
        overall = {
            "overall_accuracy_share": right.sum(axis=1) / whole[:, 0],
            "overall_se_share": np.sqrt(right_variance.sum(axis=1)) / whole[:, 0],
        }
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * columns["se_m2"]
    columns["low_m2"] = np.maximum(columns["area_m2"] - reach, 0.0)
    columns["high_m2"] = np.minimum(columns["area_m2"] + reach, whole)
    every = np.repeat(np.arange(len(domains)), len(classes))
    table = domains.drop(columns=list(_DOMAIN_COLUMNS)).loc[every].reset_index(drop=True)
    table["land_class"] = pd.Series(classes * len(domains), dtype="str")
    for name in _AREA_COLUMNS:
        table[name] = columns[name].ravel()
    return table, overall


_DOMAIN_COLUMNS = ("assessed_m2", "not_assessable_m2", "not_assessable_count", "unmapped_m2", "unmeasured_count")
_AREA_COLUMNS = ("mapped_m2", "area_m2", "se_m2", "low_m2", "high_m2", "users_accuracy_share", "users_se_share",
                 "producers_accuracy_share", "producers_se_share")  # fmt: skip


def _caveats(
    domains: pd.DataFrame, used: Floats, n_visited: int, n_unknown: int, *, is_shared: bool
) -> tuple[str, ...]:
    """Say what the numbers do not say; `used` are the counts of each source that land rests on."""
    small, unmeasured = int(domains["not_assessable_count"].sum()), int(domains["unmeasured_count"].sum())
    small_m2, unmapped_m2 = domains["not_assessable_m2"].sum(), domains["unmapped_m2"].sum()
    agreeing = int((used.max(axis=1, initial=0.0) == used.sum(axis=1)).sum())
    sources = counted(len(used), "source", "sources")
    told = {
        f"{counted(small, 'polygon is', 'polygons are')} too small for the pixels ({small_m2:.0f} m2): not assessable, "
        "not 0": small,
        f"{unmapped_m2:.0f} m2 are not shown by the map and are in no estimate": unmapped_m2,
        f"{counted(unmeasured, 'row has', 'rows have')} no known area: in no estimate": unmeasured,
        _SHARED: is_shared,
        "samples that were not drawn from this land are a prior: its accuracy may differ from theirs": (
            len(used) - n_visited
        ),
        f"{n_visited} of {sources} by field visits, which must have been drawn at random": n_visited,
        f"{counted(n_unknown, 'sample', 'samples')} without a map class or a reference class: left out": n_unknown,
        f"in {agreeing} of {sources} all samples found one class: its error counts as 0, and the interval "
        "is too narrow": agreeing,
    }
    return tuple(text for text, is_so in told.items() if is_so)
