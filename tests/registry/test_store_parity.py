"""The same script on a file and on a server: the same head, the same events, the same answers, whatever the records."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landrelease.errors import DataError
from landrelease.registry.store import Registry

KINDS = ["suspected", "confirmed", "reopened", "cancelled", "reduced", "cleared", "corrected", "noted", "accident",
         "handed_over", "suspended", "split", "void", "gone", None]  # fmt: skip
ODD = ["", " ", "0", "-0.0", "NaN", "NULL", "ʹ", "é", "e\u0301", "មីន", "地雷", "😀", "a\tb", "a\\nb", "\\N", "\\.",
       "'; --", "\u200b", "\u202e", "x" * 300, '"', "{}", "%s", "?", "\ud800", "a\x00b", "\x1f", None]  # fmt: skip
SHAPES = [
    "POINT (18 44)", "POINT (-0.0 0)", "POINT Z (18 44 120)", "LINESTRING (18 44, 18.1 44.1)", "POLYGON EMPTY",
    "POINT EMPTY", "MULTIPOINT (18 44, 18.1 44.1)", "POLYGON ((18 44, 18.1 44, 18.1 44.1, 18 44.1, 18 44))",
    "POLYGON Z ((18 44 1, 18.1 44 2, 18.1 44.1 3, 18 44.1 4, 18 44 1))",
    "POLYGON ((18 44, 18.1 44.1, 18.1 44, 18 44.1, 18 44))", "POLYGON ((18 44, 18.1 44, 18.2 44, 18 44))",
    "MULTIPOLYGON (((18 44, 18.1 44, 18.1 44.1, 18 44)), ((18.05 44, 18.2 44, 18.2 44.1, 18.05 44)))",
    "GEOMETRYCOLLECTION (POINT (18 44), POLYGON ((18 44, 18.1 44, 18.1 44.1, 18 44)))",
    "GEOMETRYCOLLECTION EMPTY", "MULTIPOLYGON (((18 44, 18.1 44, 18.1 44.1, 18 44)), EMPTY)",
    "MULTIPOINT ((18 44), EMPTY)", "GEOMETRYCOLLECTION (POINT EMPTY, POINT (18 44))",
    "POLYGON ((18 44, 18.3 44, 18.3 44.3, 18 44.3, 18 44), (18.1 44.1, 18.2 44.1, 18.2 44.2, 18.1 44.2, 18.1 44.1))",
    "LINESTRING (18 44, 18 44)", "POINT (500 44)", "POLYGON ((18 44, 18.1 44, 18.1 NaN, 18 44))", "POINT (Inf 44)",
    None,
]  # fmt: skip


def records(rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    """A frame of events such as nobody should send, and somebody does."""

    def some(values: list[Any]) -> pd.Series:
        return pd.Series([values[i] for i in rng.integers(0, len(values), count)], dtype=object)

    texts = [*ODD, *(f"T{i}" for i in range(20))]
    floats = [0.0, -0.0, 1e-320, 1e300, 0.1, -5.0, np.nan, 12.5, 7.0]
    ids = [*(f"E{i}" for i in range(2 * count)), "e1", "Ｅ2", "E3 ", *ODD]
    days = ["2020-01-01", "2020-01-01T10:00:00", "2031-01-01", "1850-01-01", "soon", None, "2019-06-30"]
    table = pd.DataFrame(
        {
            "event_id": some(ids), "area_id": some([f"A{i}" for i in range(6)] + ODD[:6]), "event": some(KINDS),
            "event_date": some(days), "date_precision": some(["day", "month", "year", "unknown", "x", None]),
            "revision": some(["", "1", "2", "10", None, "²", "a"]), "voids_event_id": some(ids),
            "parent_id": some(["A1", None, "A9"]), "operator": some(texts), "admin_code": some(texts),
            "reported_area_m2": some(floats), "accuracy_m": some(floats).astype(float), "depth_m": some(floats),
            "ap_mine_count": some([0, 1, 2.0, 2.5, -1, None, "3", "x"]), "victim_name": some(texts),
        }
    )  # fmt: skip
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkt(some(SHAPES).to_numpy())
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)


def done(registry: Registry, frame: gpd.GeoDataFrame, source: str) -> list[Any]:
    imported = registry.import_events(frame, source=source, area_ids="shared", profile="p", actor="ü")
    counts = [imported.new_count, imported.known_count, imported.conflict_count, imported.quarantined_count]
    assert sum(counts) == imported.row_count == len(frame)
    return [*counts, str(imported), *said(imported.not_taken)]


def said(frame: pd.DataFrame) -> list[Any]:
    """A frame as plain values, its shapes as bytes."""
    table = pd.DataFrame(frame)
    if isinstance(frame, gpd.GeoDataFrame):
        table = table.drop(columns=frame.geometry.name).assign(wkb=frame.geometry.to_wkb(byte_order=1))
    return [list(table.columns), table.astype(object).where(table.notna(), None).to_dict("records")]


def script(registry: Registry, clock: Any, seed: int) -> list[Any]:
    """What is done to a registry, and all that it says after each step."""
    rng, heard = np.random.default_rng(seed), []
    for step in range(4):
        clock(f"2024-0{step + 1}-15T10:00:00.00{step}")
        frame = records(rng, 40)
        heard += [done(registry, frame, "S" if step % 2 else "T"), registry.head]
        heard.append(done(registry, frame.iloc[::-1], "S" if step % 2 else "T"))
        ids = registry.events()["event_id"].tolist()
        for one in rng.permutation(ids)[:3]:
            try:
                heard.append(registry.void(str(one), reason="ü '"))
            except DataError as error:
                heard.append(str(error))
    registry.void(batch_id=1, reason="all of it")
    heard += [registry.head, *said(registry.events()), *said(registry.quarantine()), *said(registry.conflicts())]
    heard += [*said(registry.batches()), *said(registry.verify()), *said(registry.events(known_on="2024-02-20"))]
    for answer in (
        registry.status_on("2024-12-31"),
        registry.status_on("2020-12-31", known_on="2024-02-20"),
        registry.releases_from(),
        registry.land_balance(start="2018-01-01", end="2024-12-31", by="admin_code"),
    ):
        heard += [said(answer.table), answer.event_count, answer.quarantined_count, answer.conflict_count, answer.head]
    return heard


@pytest.mark.postgis
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_both_stores_say_the_same(seed, tmp_path, postgis, opened, clock):
    file, server = opened(tmp_path / "registry.gpkg"), opened(postgis())
    one, other = script(file, clock, seed), script(server, clock, seed)
    for a, b in zip(one, other, strict=True):
        assert a == b
    assert file.head == server.head
    assert not file.verify()["is_broken"].any()
    copies = [tmp_path / "of-server.gpkg", postgis()]
    server.backup(copies[0])
    file.backup(copies[1])
    for address in copies:
        copy = opened(address)
        assert copy.head == file.head
        assert said(copy.events()) == said(file.events())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(2))
def test_a_second_import_of_anything_adds_nothing(seed, registry):
    frame = records(np.random.default_rng(100 + seed), 150)
    first = registry.import_events(frame, source="S")
    head, aside = registry.head, said(registry.quarantine())
    again = registry.import_events(frame, source="S")
    assert again.new_count == 0
    assert again.conflict_count == first.conflict_count == 0
    assert again.quarantined_count == first.quarantined_count > 20
    shuffled = registry.import_events(frame.sample(frac=1, random_state=1), source="S")
    assert (shuffled.new_count, shuffled.conflict_count) == (0, 0)
    assert (registry.head, said(registry.quarantine())) == (head, aside)
    assert not registry.verify()["is_broken"].any()
