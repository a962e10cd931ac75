"""Time to use against a known truth: what each way of counting says, how often intervals hold it, what it takes.

    python benchmarks/time_to_use.py [--registers 100]

Land comes into use after a Weibull time (shape 1.1, scale 20 months); visits come every 6 to 24 months, at random.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from landrelease import time_to_ends, time_to_use

AS_OF = "2021-12-31"
HORIZONS = (12, 24, 36)
SHAPE, SCALE = 1.1, 20.0


def truth(months) -> np.ndarray:
    return 1.0 - np.exp(-((np.asarray(months, dtype=float) / SCALE) ** SHAPE))


def synthetic(count: int, seed: int, *, communities: int = 400, rounds: int = 0):
    """Return releases and visits, on any day or every `rounds` months."""
    random = np.random.default_rng(seed)
    community = random.integers(0, communities, count)
    use = SCALE * random.weibull(SHAPE, count)
    first_day = np.datetime64("2012-01-01") + random.integers(0, 6 * 365, count).astype("timedelta64[D]")
    ids = np.array([f"E{i:06d}" for i in range(count)])
    at, visits = np.zeros(count), []
    while at.min() < 130:
        at = at + (rounds or random.uniform(6, 24, count))
        day = first_day + np.round(at * 30.4375).astype("timedelta64[D]")
        seen = np.where(use <= at, "grazing", "none")
        visits.append(
            pd.DataFrame({"release_id": ids, "visit_date": day, "use_code": seen})[day <= np.datetime64(AS_OF)]
        )
    follow_ups = pd.concat(visits, ignore_index=True)
    follow_ups["follow_up_id"] = np.arange(len(follow_ups)).astype(str)
    releases = pd.DataFrame({"release_id": ids, "area_id": ids, "release_date": first_day, "area_m2": 1e4,
                             "admin_code": [f"C{i}" for i in community]})  # fmt: skip
    return releases, follow_ups


def on_visit_date(releases: pd.DataFrame, follow_ups: pd.DataFrame, *, midpoint: bool = False) -> np.ndarray:
    """Return what Kaplan and Meier's estimate says of the day of the first visit that saw use, or of the middle."""
    used = follow_ups[follow_ups["use_code"] != "none"].groupby("release_id")["visit_date"].min()
    unused = follow_ups[follow_ups["use_code"] == "none"].groupby("release_id")["visit_date"].max()
    start = releases.set_index("release_id")["release_date"]
    before = unused.reindex(start.index).fillna(start)
    end = used.reindex(start.index)
    if midpoint:
        end = end - (end - before) / 2
    spells = pd.DataFrame({"release_id": start.index, "end_date": end.fillna(before).dt.normalize().to_numpy(),
                           "end_code": np.where(end.isna(), "open", "used")})  # fmt: skip
    found = time_to_ends(releases, spells, as_of=AS_OF, horizons_months=HORIZONS, draws=0)
    shares = found.shares
    return shares.loc[shares["end_code"] == "used", "end_share"].to_numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registers", type=int, default=100, help="made-up registers for the coverage of intervals")
    registers = parser.parse_args().registers
    ways: dict[str, list[np.ndarray]] = {"truth": [], "visit date": [], "midpoint": [], "low": [], "high": []}
    for seed in range(20):
        releases, visits = synthetic(4_000, seed)
        shares = time_to_use(releases, visits, as_of=AS_OF, horizons_months=HORIZONS, draws=0).shares
        for way, values in (("truth", truth(HORIZONS)), ("visit date", on_visit_date(releases, visits)),
                            ("midpoint", on_visit_date(releases, visits, midpoint=True)),
                            ("low", shares["used_share_low"]), ("high", shares["used_share_high"])):  # fmt: skip
            ways[way].append(np.asarray(values))
    print("4,000 releases, 20 seeds: mean, and the farthest from the truth")
    for way, values in ways.items():
        found = np.array(values)
        print(f"  {way:12}", found.mean(axis=0).round(3), np.abs(found - truth(HORIZONS)).max(axis=0).round(3))
    for name, options in (("visits any day", {}), ("visits at 6, 12, ...", {"rounds": 6})):
        held = np.zeros((2, len(HORIZONS)))
        for seed in range(registers):
            releases, visits = synthetic(1_000, 1_000 + seed, communities=100, **options)
            shares = time_to_use(releases, visits, as_of=AS_OF, horizons_months=HORIZONS, seed=seed).shares
            low, high = (shares[f"interval_share_{side}"].to_numpy() for side in ("low", "high"))
            held += [(low <= truth(HORIZONS)) & (truth(HORIZONS) <= high), high - low]
        print(f"1,000 releases in 100 communities, {name}: 95 % interval holds the truth, mean width")
        print("  ", (held / max(registers, 1)).round(3).tolist())
    releases, visits = synthetic(100_000, 1, communities=4_000)
    for by, column in ((None, {}), ("province", {"province": releases["admin_code"].str[-1]})):
        begin = time.process_time()
        time_to_use(releases.assign(**column), visits, as_of=AS_OF, by=by)
        print(f"100,000 releases, {len(visits):,} visits, by={by}: {time.process_time() - begin:.1f} s CPU")


if __name__ == "__main__":
    main()
