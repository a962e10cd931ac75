"""Synthetic events for the benchmarks: areas on a grid that overlap their neighbours, three events each."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CORNERS, STEP_DEG = 12, 0.02


def events(count: int, seed: int = 1) -> gpd.GeoDataFrame:
    """Return three events for each of `count` areas: recorded, changed in part, released in part or whole."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(count)))
    number = np.arange(count)
    x = 20 + (number % side) * STEP_DEG + rng.uniform(0, 0.012, count)
    y = -10 + (number // side) * STEP_DEG + rng.uniform(0, 0.012, count)
    reach = rng.uniform(0.001, 0.009, count)
    ids = [f"HA-{i:06d}" for i in number]
    first = pd.to_datetime("2008-01-01") + pd.to_timedelta(rng.integers(0, 3000, count), "D")
    whole = rng.random(count) < 0.5
    stages: list[tuple[Any, Any, Any]] = [
        (rng.choice(["suspected", "confirmed"], count), first, _blobs(rng, x, y, reach)),
        (
            rng.choice(["confirmed", "reduced", "corrected"], count),
            first + pd.to_timedelta(rng.integers(30, 900, count), "D"),
            _blobs(rng, x + 0.3 * reach, y, 0.7 * reach),
        ),
        (
            rng.choice(["cleared", "reduced", "cancelled"], count),
            first + pd.to_timedelta(rng.integers(900, 2500, count), "D"),
            np.where(whole, None, _blobs(rng, x, y, 0.8 * reach)),
        ),
    ]
    frames = [
        pd.DataFrame(
            {
                "event_id": [f"{one}/{stage}" for one in ids],
                "area_id": ids,
                "event": kind,
                "event_date": day,
                "recorded_at": day + pd.to_timedelta(rng.integers(0, 400, count), "D"),
                "admin_code": [f"P{i}" for i in number // side * 12 // side],
                "operator": rng.choice(["Operator A", "Operator B"], count),
                "geometry": shape,
            }
        )
        for stage, (kind, day, shape) in enumerate(stages, 1)
    ]
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=4326)


def _blobs(rng: np.random.Generator, x: Any, y: Any, reach: Any) -> Any:
    turn = np.sort(rng.uniform(0, 2 * np.pi, (len(x), CORNERS)), axis=1)
    far = reach[:, None] * rng.uniform(0.6, 1, turn.shape)
    ring = np.stack([x[:, None] + far * np.cos(turn), y[:, None] + far * np.sin(turn)], axis=-1)
    return shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1))
