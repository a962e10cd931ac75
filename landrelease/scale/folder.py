"""The folder of a call: a file for each partition, a manifest, and the ids in the order of the areas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.errors import DataError
from landrelease.put import put

__all__ = ["is_whole", "lay_out", "read_parts", "tidy", "warnings_of"]

_MANIFEST, _AREAS = "_manifest.json", "_areas.parquet"
"""Readers of a folder of Parquet files pass over names that begin so."""


def read_parts(folder: str | Path) -> Any:
    """Read what `map_areas` wrote, as the function would have returned it for all areas at once.

    Parameters
    ----------
    folder : str or Path
        The folder that `map_areas` returned.

    Returns
    -------
    DataFrame or GeoDataFrame
        The rows in the order of the areas, with a new index.

    Raises
    ------
    DataError
        The folder is not of `map_areas`, or partitions are missing.

    Examples
    --------
    >>> read_parts("nowhere")
    Traceback (most recent call last):
    landrelease.errors.DataError: 'nowhere' is no folder of map_areas: it has no _manifest.json.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    if manifest is None:
        raise DataError(f"'{folder}' is no folder of map_areas: it has no {_MANIFEST}.")
    files = [folder / name for name in manifest["partitions"]]
    lost = [file for file in files if not is_whole(file)]
    if lost:
        raise DataError(
            f"{len(lost)} of {len(files)} partitions are missing, the first is {lost[0].name}.\n"
            f"  Fix: call map_areas again; it goes on where it stopped."
        )
    parts = [_read(file) for file in files]
    # what is empty has no say in the types of the others
    parts = [part for part in parts if len(part)] or parts[:1]
    result = pd.concat([part.astype(_types_of(parts)) for part in parts], ignore_index=True)
    ids = pd.read_parquet(folder / _AREAS)[manifest["id"]]
    place = result[manifest["id"]].astype("str").map(pd.Series(np.arange(len(ids)), index=ids)).to_numpy()
    # several rasters in one call: all areas of the first, then all of the second
    layer = pd.factorize(result[manifest["layer"]])[0] if manifest["layer"] else np.zeros(len(result), np.int64)
    return result.iloc[np.lexsort((place, layer))].reset_index(drop=True)


def _types_of(parts: list[pd.DataFrame]) -> dict[Any, Any]:
    """Return the types of columns that are of another one only where a partition knows nothing."""
    types: dict[Any, Any] = {}
    for name in parts[0]:
        known = {part[name].dtype for part in parts if part[name].notna().any()}
        if len(known) == 1 and len({part[name].dtype for part in parts}) > 1:
            types[name] = known.pop()
    return types


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        raise DataError(f"'{folder / _MANIFEST}' is damaged. Fix: remove the folder, or choose another one.") from None
    return found


def lay_out(folder: Path, files: list[Path], ids: pd.Series, manifest: dict[str, Any]) -> None:
    """Make the folder ready: of an earlier call that was another one nothing stays."""
    found = _manifest(folder)
    if (
        found is None
        and folder.exists()
        and (not folder.is_dir() or any(not one.match(".*.tmp*") for one in folder.iterdir()))
    ):
        raise DataError(f"'{folder}' is there and is not of map_areas. Fix: a folder of its own for each result.")
    if found is None or found["key"] != manifest["key"]:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(manifest, indent=2) + "\n"
        put(folder / _MANIFEST, lambda file: file.write_text(text, encoding="utf-8"))
    tidy(folder, files)
    # each time: an earlier call may have ended between the manifest and this
    order = pd.DataFrame({str(ids.name): ids.astype("str")})
    put(folder / _AREAS, lambda file: order.to_parquet(file, index=False))


def tidy(folder: Path, files: list[Path]) -> None:
    """Remove what calls that ended early, or were other ones, left beside the files."""
    kept = {file.name for file in files}
    for old in (*folder.glob("part-*.parquet"), *folder.glob(".*.tmp*")):
        if old.name not in kept:
            old.unlink(missing_ok=True)


def is_whole(file: Path) -> bool:
    """Tell whether a file is there and can be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.read_metadata(file)
    except (FileNotFoundError, pa.ArrowInvalid):
        return False
    return True


def warnings_of(file: Path) -> list[str]:
    """Return what was warned of in a partition."""
    told: list[str] = _said(file)["warnings"]
    return told


def _said(file: Path) -> dict[str, Any]:
    """Return what was kept beside the rows of a partition: warnings, and types that Parquet does not have."""
    import pyarrow.parquet as pq

    kept: dict[str, Any] = json.loads(pq.read_schema(file).metadata[b"PANDAS_ATTRS"])["landrelease"]
    return kept


def _read(file: Path) -> Any:
    import pyarrow.parquet as pq

    has_shapes = b"geo" in (pq.read_schema(file).metadata or {})
    part = gpd.read_parquet(file) if has_shapes else pd.read_parquet(file)
    part.attrs = {}
    types = _said(file)["types"]
    return part.astype({name: types[name] for name, kind in part.dtypes.items() if str(kind) != types[str(name)]})
