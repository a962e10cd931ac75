"""Tables as files that other tools open: CSV for spreadsheets, one GeoPackage for GIS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

__all__ = ["write_csv", "write_geopackage"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table without its geometry; text that a spreadsheet would take for a formula is marked as text.

    UTF-8 with a byte order mark, so that Excel reads every script; dates as ISO 8601; missing cells empty.
    """
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    for name in plain.columns:
        values = plain[name]
        dtype = values.cat.categories.dtype if isinstance(values.dtype, pd.CategoricalDtype) else values.dtype
        if pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype):
            plain[name] = values.astype("object").map(_as_text, na_action="ignore")
    plain.columns = pd.Index([_as_text(name) for name in plain.columns])
    plain.to_csv(path, index=False, encoding="utf-8-sig", date_format="%Y-%m-%d", lineterminator="\n")


def _as_text(value: Any) -> Any:
    """Mark text that a spreadsheet would take for a formula; all else stays as it is."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def write_geopackage(path: str | Path, layers: Mapping[str, pd.DataFrame]) -> None:
    """Write frames as the layers of one GeoPackage 1.2, plain tables where they have no geometry; replaces the file."""
    import pyogrio

    path = Path(path)
    path.unlink(missing_ok=True)
    for name, frame in layers.items():
        plain = frame.copy() if isinstance(frame, gpd.GeoDataFrame) else pd.DataFrame(frame)
        whole = [column for column in plain.columns if str(plain[column].dtype) in ("Int64", "boolean")]
        plain = plain.astype(dict.fromkeys(whole, "Int64"))
        options: dict[str, Any] = {} if path.exists() else {"dataset_options": {"VERSION": "1.2"}}
        pyogrio.write_dataframe(plain, path, layer=name, driver="GPKG", append=path.exists(), **options)
