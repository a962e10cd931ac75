"""The same functions over partitions of the areas: what one process can not hold or can not wait for.

An area is matched with what lies near it and with nothing else. So the areas are cut into partitions of neighbours,
each partition gets the part of each layer that it can reach, and the functions run on it unchanged: here one after the
other, or on the workers of dask. Each partition becomes a file, and a file that is there is not computed again.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.errors import DataError, DataWarning, OptionError
from landrelease.geometry import require_crs, require_same_crs
from landrelease.match import assign_admin, match_nearby, match_overlap, match_projects, match_raster
from landrelease.match.ids import id_column
from landrelease.match.nearby import check_distance
from landrelease.outcomes import assess_use
from landrelease.scale.content import content_key
from landrelease.scale.folder import is_whole, lay_out, tidy, warnings_of
from landrelease.scale.partitions import Box, Source, around, bounds_of, cut, head_of, number_of
from landrelease.scale.tasks import Task, done, workers

__all__ = ["map_areas"]

_REACH: dict[Callable[..., Any], dict[str, float | str]] = {
    assess_use: {"land_use": 0.0},
    assign_admin: {},
    match_nearby: {"layer": "within_m"},
    match_overlap: {"layer": 0.0},
    match_projects: {"projects": "within_m"},
    match_raster: {},
}
"""What may be mapped, and how far an area looks into each layer that may be cut, or the option that says it. [m]"""


def map_areas(
    function: Callable[..., pd.DataFrame],
    areas: gpd.GeoDataFrame | str | Path,
    *,
    out: str | Path,
    layers: Mapping[str, gpd.GeoDataFrame | str | Path | None] | None = None,
    options: Mapping[str, Any] | None = None,
    reach_m: float | None = None,
    partition_rows: int = 5_000,
    client: Any = None,
) -> Path:
    """Run a function over partitions of the areas and write the result of each as a Parquet file.

    Parameters
    ----------
    function : callable
        `match_overlap`, `match_raster`, `match_nearby`, `match_projects`, `assign_admin`, `assess_use`, or one of your
        own that takes areas and returns a table with their id. What it says of an area may depend on nothing but that
        area, what of the `layers` lies within `reach_m` of it, and the `options`.
    areas : GeoDataFrame or path
        Areas with an id, each once; or a GeoParquet file, or a folder of such, with the boxes of its shapes
        (`to_parquet(..., write_covering_bbox=True)`). Rows of one `area_id` stay in one partition.
    out : str or Path
        Folder of the results, seen by all workers. What it holds of an earlier call is replaced, unless that call was
        the same: then what is finished is kept.
    layers : mapping of str to GeoDataFrame or path, optional
        Arguments of the function that are cut to what lies near each partition, in the CRS of the areas; files as for
        the areas. Rows without a geometry, or that say that theirs is no place (`is_point`), go to every partition, and
        so does a table without geometries.
    options : mapping of str to value, optional
        All other arguments of the function, which every partition gets whole.
    reach_m : float, optional
        How far a function of your own looks from an area. [m]
    partition_rows : int
        Areas in a partition.
    client : distributed.Client, optional
        Of a cluster of dask whose workers have the same landrelease. Without it a worker is started for each core of
        this machine; where dask is not installed, or one partition is left to do, this process does the work.

    Returns
    -------
    Path
        The folder: `part-*.parquet`, with `_manifest.json` and `_areas.parquet` beside them. `read_parts` reads it.

    Raises
    ------
    OptionError
        A function of landrelease that needs all areas at once; a layer that may not be cut; an argument that the
        function does not take, or a value that can not be told from another one.
    CRSError
        The areas or a layer have no CRS, or they differ: a transformation is chosen by the place of the data, and could
        be another one for each partition.
    DataError
        Areas without an id, or with repeated ones; a file that is no GeoParquet or has no boxes; a folder that holds
        other files; whatever the function raises, with a note on the partition.

    Warns
    -----
    DataWarning
        What the function warned of, each text once.

    Notes
    -----
    Partitions are runs along the Hilbert curve through the middles of the boxes. A file is written under another name
    and then renamed, so that one that is there is whole. A call is the same if its key is: a hash of the function, the
    version of landrelease, the options, the content of frames, and the name, size and time of files. A worker does one
    partition at a time, with as many threads as it has.

    Examples
    --------
    >>> import shapely, tempfile
    >>> shapes = [shapely.box(x, 0, x + 100, 100) for x in (500_000, 510_000)] + [None]
    >>> areas = gpd.GeoDataFrame({"area_id": ["A", "B", "C"]}, geometry=shapes, crs=32630)
    >>> farm = gpd.GeoDataFrame({"use_code": ["grazing"]}, geometry=[shapely.box(5e5, 0, 5e5 + 25, 100)], crs=32630)
    >>> from landrelease.scale import read_parts
    >>> folder = map_areas(match_overlap, areas, layers={"layer": farm}, options={"by": "use_code"},
    ...                    out=tempfile.mkdtemp())
    >>> read_parts(folder).round(2)[["area_id", "use_code", "overlap_share"]].values.tolist()
    [['A', 'grazing', 0.25], ['A', 'unmapped', 0.75], ['B', 'unmapped', 1.0], ['C', nan, nan]]
    >>> none = map_areas(match_overlap, areas.iloc[:0], layers={"layer": farm}, options={"by": "use_code"}, out=folder)
    >>> len(read_parts(none))
    0
    """
    from landrelease import __version__

    given = {name: _source(layer) for name, layer in (layers or {}).items() if layer is not None}
    given_options, source = dict(options or {}), _source(areas)
    reach = _reach_of(function, list(given), given_options, reach_m)
    # a table without places has nothing to be cut by
    given_options |= {name: given.pop(name) for name in list(given) if not _has_places(given[name])}
    if isinstance(partition_rows, bool) or not isinstance(partition_rows, int) or partition_rows < 1:
        raise OptionError(f"partition_rows must be a number of areas, 1 or more; got {partition_rows!r}")
    head = head_of(source, "areas")
    crs = require_crs(head, "areas")
    for name, layer in given.items():
        require_same_crs(head, head_of(layer, name), "areas", name)
    key = id_column(head, "areas")
    bounds = bounds_of(source, [key, "area_id"], "areas")
    _require_ids(bounds[key], key)
    number = number_of(bounds, partition_rows)
    count = int(number.max()) + 1 if len(number) else 1
    digest = content_key(function, __version__, given_options, reach, source, given, number)
    folder = Path(out).resolve()
    files = [folder / f"part-{i:05d}-{digest[:12]}.parquet" for i in range(count)]
    lay_out(folder, files, bounds[key], {
        "landrelease": __version__, "function": f"{function.__module__}.{function.__qualname__}", "key": digest,
        "id": key, "layer": "layer" if isinstance(given_options.get("raster"), Mapping) else None,
        "areas": len(bounds), "partitions": [file.name for file in files],
    })  # fmt: skip
    todo = [i for i, file in enumerate(files) if not is_whole(file)]

    def tasks() -> Iterator[tuple[int, Task]]:
        for i in todo:
            mine = np.flatnonzero(number == i)
            box = _box_of(bounds.iloc[mine])
            boxes = {name: around(box, crs, reach[name]) for name in given}
            parts = {
                name: layer if isinstance(layer, Path) else cut(layer, boxes[name]) for name, layer in given.items()
            }
            own = source if isinstance(source, Path) else source.iloc[mine]
            ids = bounds[key].iloc[mine]
            yield i, Task(function, own, ids, box, parts, boxes, given_options, files[i], __version__)

    with workers(client, len(todo)) as cluster:
        done(tasks(), cluster, count)
    tidy(folder, files)
    for text in dict.fromkeys(text for file in files for text in warnings_of(file)):
        warnings.warn(text, DataWarning, stacklevel=2)
    return folder


def _source(given: Any) -> Source:
    return Path(given).resolve() if isinstance(given, str | Path) else given


def _has_places(layer: Source) -> bool:
    return isinstance(layer, Path) or (isinstance(layer, gpd.GeoDataFrame) and layer.active_geometry_name is not None)


def _reach_of(
    function: Callable[..., Any], layers: list[str], options: dict[str, Any], reach_m: float | None
) -> dict[str, float]:
    """Return how far from an area each layer matters; refuse what would be wrong on a part of the areas. [m]"""
    name = getattr(function, "__qualname__", "")
    if not inspect.isfunction(function) or function.__closure__ or "<lambda>" in name:
        raise OptionError("function must be one that has a name and takes all it needs as arguments: def ...")
    try:
        inspect.signature(function).bind(None, **dict.fromkeys([*layers, *options]))
    except TypeError as error:
        raise OptionError(f"{name}() can not be called so: {error}. Fix: layers={{...}}, options={{...}}") from None
    for twice in set(layers) & set(options):
        raise OptionError(f"'{twice}' stands in layers and in options: it is one argument of {name}.")
    known = _REACH.get(function)
    if known is None:
        if function.__module__.split(".")[0] == "landrelease":
            allowed = ", ".join(one.__name__ for one in _REACH)
            raise OptionError(
                f"{name} needs all areas at once: its result is not that of its parts. These do: {allowed}"
            )
        if layers and reach_m is None:
            raise OptionError(f"Say how far {name} looks from an area: reach_m=0 for what touches it. [m]")
        return dict.fromkeys(layers, _metres(reach_m if reach_m is not None else 0.0))
    if reach_m is not None:
        raise OptionError(f"reach_m is for functions of your own: how far {name} looks is known.")
    for layer in layers:
        if layer not in known:
            raise OptionError(f"{name} needs the whole of '{layer}': options={{'{layer}': ...}}")
    # what is as far as the distance counts, also where rounding or the antimeridian lies between
    return {layer: _metres(options[by]) + 1.0 if isinstance(by := known[layer], str) else by for layer in layers}


def _metres(distance: float) -> float:
    check_distance(distance)
    return float(distance)


def _require_ids(ids: pd.Series, key: str) -> None:
    texts = ids.astype("str")
    for wrong, what in ((ids.isna(), "have no"), (texts.duplicated(), "repeat their")):
        if wrong.any():
            raise DataError(
                f"{int(wrong.sum())} of {len(ids)} rows of 'areas' {what} {key}, first row {int(wrong.argmax())}.\n"
                f"  Fix: usable_rows() keeps repeated ids under new ones and sets aside what has none."
            )


def _box_of(bounds: pd.DataFrame) -> Box | None:
    placed = bounds[bounds["is_placed"]]
    if placed.empty:
        return None
    low, high = placed[["west", "south"]].min(), placed[["east", "north"]].max()
    return float(low["west"]), float(low["south"]), float(high["east"]), float(high["north"])
