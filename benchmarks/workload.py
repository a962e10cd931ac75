"""A synthetic country for the benchmarks: hazards, parcels, projects, units, land cover and people, with real defects.

Everything is seeded and lies in open ocean: the grid of UTM zone 24 between 41 and 46 degrees of latitude. Sizes are
arguments; `country` shrinks both sides of the 400 x 500 km, so that a small land cover of 10 m still covers it all.

    workload = Workload(folder, seed=1, country=1.0)
    workload.hazards(100_000, invalid=0.08, along=0.25)    # made once, then read from the folder
    workload.land_cover(2020)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

CRS = "EPSG:32624"
LEFT, BOTTOM, WIDTH_M, HEIGHT_M = 300_000.0, 4_600_000.0, 400_000.0, 500_000.0
ORIGIN = np.array([LEFT, BOTTOM])
CLASSES = np.array([10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100], dtype="uint8")
"""The classes of ESA WorldCover; 0 is nodata."""
USES = np.array(["agriculture_rainfed", "agriculture_irrigated", "grazing", "forest", "housing", "infrastructure",
                 "water", "none"])  # fmt: skip
PARCEL_USE_P = [0.3, 0.08, 0.25, 0.2, 0.06, 0.03, 0.03, 0.05]
COVERED = 0.5
"""Parcels cover this part of each side of the country: a quarter of its land, in four blocks."""
_MULTI, _HOLED, _SLIVER, _TOUCHING = 0.03, 0.04, 0.01, 0.08
_STRIP, _STEP, _TILE = 512, 64, 512

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Workload:
    """What is made of a seed, kept in a folder: whoever asks twice reads what was made the first time."""

    folder: Path
    seed: int = 1
    country: float = 1.0

    def hazards(self, count: int, *, invalid: float = 0.0, along: float = 0.0, parcels: int = 0) -> gpd.GeoDataFrame:
        """Return hazards: area_id, admin_code, geometry; a share `along` has edges of the parcels."""

        def make() -> gpd.GeoDataFrame:
            edges = self.parcels(parcels).geometry.to_numpy() if along else None
            frame = hazards(count, seed=self.seed, country=self.country, invalid=invalid, along=along, parcels=edges)
            return frame.assign(admin_code=units_of(frame, self.admin_units()))

        of_parcels = f"-of{parcels}" if along else ""
        return self._kept(f"hazards-{count}-invalid{invalid:g}-along{along:g}{of_parcels}", make)

    def parcels(self, count: int, *, invalid: float = 0.0, claims: float = 0.0) -> gpd.GeoDataFrame:
        """Return parcels: land_use_id, use_code, geometry; a share `claims` reaches into its neighbours."""
        return self._kept(
            f"parcels-{count}-invalid{invalid:g}-claims{claims:g}",
            lambda: parcels(count, seed=self.seed + 1, country=self.country, invalid=invalid, claims=claims),
        )

    def projects(self, count: int) -> gpd.GeoDataFrame:
        """Return places of projects: project_id, location_id, geometry (points)."""
        return self._kept(f"projects-{count}", lambda: projects(count, seed=self.seed + 2, country=self.country))

    def admin_units(self, columns: int = 10, rows: int = 12) -> gpd.GeoDataFrame:
        """Return units of one level: admin_code, name, level, geometry."""
        return self._kept(
            f"units-{columns}x{rows}",
            lambda: admin_units(columns, rows, seed=self.seed + 3, country=self.country),
        )

    def land_cover(self, year: int) -> Path:
        """Return the land cover of a year: 10 m, classes of ESA WorldCover, tiles of 512, DEFLATE."""
        path = self._path(f"cover-{year}.tif")
        if not path.exists():
            write_land_cover(path, seed=self.seed + 4, year=year, country=self.country)
        return path

    def population(self) -> Path:
        """Return people in cells of 100 m, float32."""
        path = self._path("people.tif")
        if not path.exists():
            write_population(path, seed=self.seed + 5, country=self.country)
        return path

    def _path(self, name: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"s{self.seed}-c{self.country:g}-{name}"

    def _kept(self, name: str, make: Callable[[], gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
        path = self._path(f"{name}.parquet")
        if not path.exists():
            unfinished = path.with_suffix(".part")
            make().to_parquet(unfinished)
            unfinished.rename(path)
        return gpd.read_parquet(path)


# hazards


def hazards(
    count: int,
    *,
    seed: int,
    country: float = 1.0,
    invalid: float = 0.0,
    along: float = 0.0,
    parcels: Array | None = None,
) -> gpd.GeoDataFrame:
    """Return hazards of 8 to 60 vertices, concave, most of them along front lines, 8 % touching another.

    Some have several parts, a hole, or are slivers. A share `along` follows edges of `parcels`: along one or two
    edges, from the middle of one, over a whole parcel, or across it from corner to corner. A share `invalid` has a
    ring that crosses itself, runs out and back, or has a hole on its border.
    """
    rng = np.random.default_rng([seed, count])
    corners = rng.integers(8, 61, count)
    reach = np.sqrt(np.exp(rng.normal(np.log(8e3), 1.2, count)) / np.pi)
    x, y = _along_fronts(rng, count, country)
    touching = np.flatnonzero(rng.random(count) < _TOUCHING)
    touching = touching[touching > 0]
    other, turn = rng.integers(0, touching), rng.uniform(0, 2 * np.pi, len(touching))
    apart = 0.9 * (reach[touching] + reach[other])
    x[touching], y[touching] = x[other] + apart * np.cos(turn), y[other] + apart * np.sin(turn)
    shapes = _stars(rng, x, y, reach, corners)
    if along:
        assert parcels is not None
        some = np.flatnonzero(rng.random(count) < along)
        shapes[some] = _along_edges(rng, parcels, len(some))
    some = np.flatnonzero(rng.random(count) < invalid)
    shapes[some] = broken(rng, shapes[some], crossing=True)
    return gpd.GeoDataFrame({"area_id": _ids("HA", count)}, geometry=shapes, crs=CRS)


def _ids(prefix: str, count: int) -> Array:
    return np.array([f"{prefix}-{i:07d}" for i in range(count)])


def _along_fronts(rng: np.random.Generator, count: int, country: float) -> tuple[Array, Array]:
    """Return centres: 80 % along 40 front lines, the others anywhere; never more than 2,500 to a line."""
    lines = max(4, round(40 * country), count // 2_500)
    ends = rng.uniform(0, 1, (lines, 2, 2))
    line, at = rng.integers(0, lines, count), rng.random((count, 1))
    side = np.array([WIDTH_M, HEIGHT_M]) * country
    front = (ends[line, 0] + (ends[line, 1] - ends[line, 0]) * at) * side + rng.normal(0, 500, (count, 2))
    anywhere = rng.uniform(0, 1, (count, 2)) * side
    xy = np.where(rng.random((count, 1)) < 0.8, front, anywhere)
    xy = np.clip(xy, 0.01 * side, 0.99 * side) + ORIGIN
    return xy[:, 0].copy(), xy[:, 1].copy()


def _stars(rng: np.random.Generator, x: Array, y: Array, reach: Array, corners: Array) -> Array:
    """Return polygons around centres, with uneven borders; some with a hole, of several parts, or slivers."""
    count = len(x)
    of = np.repeat(np.arange(count), corners)
    place = np.arange(len(of)) - np.repeat(np.cumsum(corners) - corners, corners)
    angle = 2 * np.pi * (place + rng.uniform(0, 0.8, len(of))) / corners[of]
    far = reach[of] * np.exp(rng.normal(0, 0.25, len(of)))
    offset = np.column_stack([far * np.cos(angle), far * np.sin(angle)])
    kind = rng.choice(["plain", "multi", "holed", "sliver"], count,
                      p=[1 - _MULTI - _HOLED - _SLIVER, _MULTI, _HOLED, _SLIVER])  # fmt: skip
    turn = rng.uniform(0, np.pi, count)[of]
    flat = offset * [12.0, 1 / 40]  # a strip some hundred metres long and a metre or two wide
    turned = np.column_stack([
        flat[:, 0] * np.cos(turn) - flat[:, 1] * np.sin(turn), flat[:, 0] * np.sin(turn) + flat[:, 1] * np.cos(turn),
    ])  # fmt: skip
    offset = np.where((kind == "sliver")[of, None], turned, offset)
    shell = offset + np.column_stack([x, y])[of]
    shapes = np.array(shapely.polygons(shapely.linearrings(shell, indices=of)))
    for i in np.flatnonzero(kind == "holed"):
        middle = np.array([x[i], y[i]])
        hole = shapely.transform(shapes[i], lambda xy, middle=middle: middle + 0.4 * (xy - middle))
        shapes[i] = shapely.Polygon(shapes[i].exterior, [hole.exterior])
    for i in np.flatnonzero(kind == "multi"):
        away = 3.2 * reach[i]
        shapes[i] = shapely.multipolygons([shapes[i], shapely.transform(shapes[i], lambda xy, away=away: xy + away)])
    again = np.flatnonzero(~shapely.is_valid(shapes))  # parts that happen to meet
    shapes[again] = shapely.get_geometry(shapes[again], 0)
    return shapes


def _along_edges(rng: np.random.Generator, parcels: Array, count: int) -> Array:
    """Return hazards with vertices and edges of parcels: coordinates alike to the last bit, or on the edge."""
    rings = shapely.get_exterior_ring(shapely.get_geometry(parcels[rng.integers(0, len(parcels), count)], 0))
    shapes = np.empty(count, dtype=object)
    kinds = rng.choice(["edges", "part of an edge", "whole", "corner to corner"], count, p=[0.5, 0.3, 0.1, 0.1])
    inward = np.where(rng.random(count) < 0.5, 1, -1) * rng.uniform(0.05, 0.4, count)
    for i, (ring, kind, share) in enumerate(zip(rings, kinds, inward, strict=True)):
        xy = shapely.get_coordinates(ring)[:-1]
        middle, xy = xy.mean(axis=0), np.roll(xy, -rng.integers(len(xy)), axis=0)
        if kind == "edges":
            xy = np.vstack([xy[:3], xy[1] + share * (middle - xy[1])])
        elif kind == "part of an edge":
            edge = xy[1] - xy[0]
            foot, away = np.array([xy[0] + 0.3 * edge, xy[0] + 0.7 * edge]), share * (middle - xy[0] - edge / 2)
            xy = np.vstack([foot, foot[::-1] + away])
        elif kind == "corner to corner":
            xy = xy[: len(xy) // 2 + 1]
        shapes[i] = shapely.Polygon(xy)
    wrong = np.flatnonzero(~shapely.is_valid(shapes))
    shapes[wrong] = shapely.polygons(rings[wrong])
    return shapes


def broken(rng: np.random.Generator, shapes: Array, *, crossing: bool) -> Array:
    """Return the shapes with rings that are not valid, on whose land every way to repair them agrees."""
    shapes = shapes.copy()
    faults = ["spike", "hole that cuts it", "hole twice", "crossing"][: 4 if crossing else 3]
    for i, fault in enumerate(rng.choice(faults, len(shapes))):
        part = shapely.get_geometry(shapes[i], 0)
        shell, middle = shapely.get_coordinates(part.exterior), np.array(part.point_on_surface().coords[0])
        other, aside = shell[len(shell) // 2], 0.1 * (shell[1] - shell[0])
        # out and back along an edge, where the ring is too uneven for the fault that was drawn
        result = shapely.Polygon(np.insert(shell, 1, [shell[1], shell[0]], axis=0))
        if fault == "crossing":
            west, south, east, north = part.bounds
            result = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
        elif fault == "spike" and part.covers(shapely.LineString([shell[0], (shell[0] + middle) / 2])):
            result = shapely.Polygon(np.insert(shell, 1, [(shell[0] + middle) / 2, shell[0]], axis=0))
        elif fault.startswith("hole"):
            hole = shapely.Polygon([shell[0], middle + aside, other, middle - aside])
            if fault == "hole twice":
                hole = shapely.transform(hole, lambda xy, middle=middle: middle + 0.5 * (xy - middle))
            if hole.is_valid and shapely.Polygon(shell).covers(hole):
                result = shapely.Polygon(shell, [hole.exterior] * (2 if fault == "hole twice" else 1))
        shapes[i] = result
    return shapes


# parcels and units


def parcels(
    count: int, *, seed: int, country: float = 1.0, invalid: float = 0.0, claims: float = 0.0
) -> gpd.GeoDataFrame:
    """Return parcels in four blocks that are valid coverages with shared vertices, on a quarter of the country.

    1 % are slivers between two parts of a parcel, 2 % lie within another, 2 % are of two parts. A share `claims` are
    claims beside the coverage, which overlap what is there. A share `invalid` has rings that are not valid.
    """
    rng = np.random.default_rng([seed, count])
    claimed, slivers, inner = int(count * claims), count // 100, count // 50
    cells = count - claimed - slivers - inner
    rings = np.concatenate([
        _block(rng, block, len(part), country) for block, part in enumerate(np.array_split(np.arange(cells), 4))
    ])  # fmt: skip
    shapes = np.array(shapely.polygons(rings))
    place = rng.permutation(cells)
    split, holed, double = np.split(place[: slivers + 2 * inner], [slivers, slivers + inner])
    parts = [shapes]
    for which, is_filled in ((split, True), (double, False)):
        halves, lens = _halves(rings[which])
        shapes[which] = shapely.multipolygons(halves)
        parts += [lens] if is_filled else []
    hole = rings[holed].mean(axis=1, keepdims=True) + 0.3 * (rings[holed] - rings[holed].mean(axis=1, keepdims=True))
    shapes[holed] = shapely.polygons(rings[holed], hole[:, None, ::-1])
    parts.append(np.array(shapely.polygons(hole)))
    whole = rings[rng.permutation(cells)[:claimed]]
    parts.append(
        np.array(
            shapely.polygons(whole.mean(axis=1, keepdims=True) + 1.2 * (whole - whole.mean(axis=1, keepdims=True)))
        )
    )
    every = np.concatenate(parts)
    some = np.flatnonzero((rng.random(count) < invalid) & (shapely.get_type_id(every) == 3))
    some = some[shapely.get_num_interior_rings(every[some]) == 0]
    every[some] = broken(rng, every[some], crossing=False)
    uses = USES[rng.choice(len(USES), count, p=PARCEL_USE_P)]
    return gpd.GeoDataFrame({"land_use_id": _ids("P", count), "use_code": uses}, geometry=every, crs=CRS)


def _block(rng: np.random.Generator, block: int, count: int, country: float) -> Array:
    """Return the rings of `count` cells in one of four blocks, each with eight vertices that neighbours share."""
    width, height = WIDTH_M * country, HEIGHT_M * country
    columns = int(np.ceil(np.sqrt(count * width / height)))
    rows = int(np.ceil(count / columns))
    corner = ORIGIN + (np.array([block % 2, block // 2]) + 0.25) * [width / 2, height / 2]
    step = np.array([width, height]) * COVERED / 2 / [columns, rows]
    return _grid(rng, corner, step, columns, rows)[:count]


def _grid(rng: np.random.Generator, corner: Array, step: Array, columns: int, rows: int) -> Array:
    """Return the rings of a grid whose corners and edges are moved a little, without their closing vertex."""
    x, y = np.meshgrid(np.arange(columns + 1), np.arange(rows + 1))
    node = corner + step * (np.stack([x, y], axis=-1) + rng.uniform(-0.18, 0.18, (*x.shape, 2)))
    flat = (node[:, :-1] + node[:, 1:]) / 2 + step * rng.uniform(-0.05, 0.05, (rows + 1, columns, 2))
    steep = (node[:-1] + node[1:]) / 2 + step * rng.uniform(-0.05, 0.05, (rows, columns + 1, 2))
    ring = [
        node[:-1, :-1],
        flat[:-1],
        node[:-1, 1:],
        steep[:, 1:],
        node[1:, 1:],
        flat[1:],
        node[1:, :-1],
        steep[:, :-1],
    ]
    return np.stack(ring, axis=2).reshape(columns * rows, 8, 2)


def _halves(rings: Array) -> tuple[Array, Array]:
    """Return cells cut from corner to corner by a lens about a metre wide: the two halves, and the lens."""
    start, end = rings[:, 0], rings[:, 4]
    along = (end - start) / np.linalg.norm(end - start, axis=1, keepdims=True)
    aside = 0.6 * np.column_stack([-along[:, 1], along[:, 0]])
    above, below = (start + end) / 2 + aside, (start + end) / 2 - aside
    lower = np.concatenate([rings[:, :5], below[:, None]], axis=1)
    upper = np.concatenate([rings[:, 4:], start[:, None], above[:, None]], axis=1)
    lens = np.stack([start, below, end, above], axis=1)
    return np.column_stack([shapely.polygons(lower), shapely.polygons(upper)]), np.array(shapely.polygons(lens))


def admin_units(columns: int, rows: int, *, seed: int, country: float = 1.0) -> gpd.GeoDataFrame:
    """Return units without gaps that cover the country and a little more."""
    rng = np.random.default_rng([seed, columns * rows])
    side = np.array([WIDTH_M, HEIGHT_M]) * country
    step = side * 1.1 / [columns, rows]
    rings = _grid(rng, ORIGIN - 0.05 * side, step, columns, rows)
    ids = np.array([f"U{i:03d}" for i in range(len(rings))])
    columns_ = {"admin_code": ids, "name": np.char.replace(ids, "U", "Unit "), "level": np.ones(len(ids), dtype=int)}
    return gpd.GeoDataFrame(columns_, geometry=shapely.polygons(rings), crs=CRS)


def units_of(frame: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> Array:
    """Return the unit of each shape; shapes that touch are of one, so that no land is claimed in two."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    shapes = frame.geometry.to_numpy()
    places = shapely.points(shapely.bounds(shapes)[:, :2])
    one, other = shapely.STRtree(shapes).query(shapes)
    group = connected_components(coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(len(shapes),) * 2))[1]
    first = np.full(group.max() + 1 if len(group) else 0, -1)
    first[group[::-1]] = np.arange(len(group))[::-1]
    found = shapely.STRtree(units.geometry.to_numpy()).nearest(places[first])
    codes: Array = units["admin_code"].to_numpy()[found][group]
    return codes


def projects(count: int, *, seed: int, country: float = 1.0) -> gpd.GeoDataFrame:
    """Return places of projects, 70 % of them around towns."""
    rng = np.random.default_rng([seed, count])
    side = np.array([WIDTH_M, HEIGHT_M]) * country
    towns = rng.uniform(0.05, 0.95, (max(3, round(200 * country**2)), 2)) * side
    near = towns[rng.integers(0, len(towns), count)] + rng.normal(0, 5_000, (count, 2))
    xy = np.where(rng.random((count, 1)) < 0.7, near, rng.uniform(0, 1, (count, 2)) * side)
    xy = np.clip(xy, 0, side) + ORIGIN
    ids = _ids("PR", count)
    return gpd.GeoDataFrame({"project_id": ids, "location_id": ids}, geometry=shapely.points(xy), crs=CRS)


# rasters


def write_land_cover(path: Path, *, seed: int, year: int, country: float = 1.0) -> None:
    """Write classes in 10 m: smooth patches with uneven borders, which move a little from year to year; gaps are 0."""
    import rasterio

    width, height = round(WIDTH_M * country / 10), round(HEIGHT_M * country / 10)
    columns = width // _STEP + 2
    field = _smooth(np.random.default_rng(seed), height // _STEP + 2, columns)
    field += 0.02 * (year - 2020) * _smooth(np.random.default_rng([seed, 1]), *field.shape)
    uneven = np.random.default_rng([seed, 2]).normal(0, 0.03, (_STRIP, columns * _STEP)).astype("float32")
    classes = np.append(np.repeat(CLASSES[np.random.default_rng([seed, 3]).permutation(len(CLASSES))], 3), 0)
    grid = rasterio.transform.from_origin(LEFT, BOTTOM + HEIGHT_M * country, 10, 10)
    unfinished = path.with_suffix(".part")
    with rasterio.open(
        unfinished, "w", driver="GTiff", width=width, height=height, count=1, dtype="uint8", nodata=0, crs=CRS,
        transform=grid, tiled=True, blockxsize=_TILE, blockysize=_TILE, compress="deflate", zlevel=1,
        bigtiff="if_safer", num_threads="all_cpus",
    ) as file:  # fmt: skip
        for top in range(0, height, _STRIP):
            rows = min(_STRIP, height - top)
            at = (top + np.arange(rows)) / _STEP
            low = at.astype(int)
            edge = (field[low] + (field[low + 1] - field[low]) * (at - low)[:, None]).astype("float32")
            between = np.linspace(0, 1, _STEP, endpoint=False, dtype="float32")
            value = (edge[:, :-1, None] + np.diff(edge, axis=1)[:, :, None] * between).reshape(rows, -1)
            value += uneven[:rows, : value.shape[1]]
            number = np.clip(value * 6 + len(classes) / 2, 0, len(classes) - 1).astype("uint8")
            file.write(classes[number][:, :width], 1, window=((top, top + rows), (0, width)))
    unfinished.rename(path)


def _smooth(rng: np.random.Generator, rows: int, columns: int) -> Array:
    """Return a field of mean 0 and deviation 1 with patches of some cells."""
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(rng.normal(size=(rows, columns)), 1.5, mode="wrap")
    return (field - field.mean()) / field.std()


def write_population(path: Path, *, seed: int, country: float = 1.0) -> None:
    """Write people in cells of 100 m: towns, hamlets and empty land; unknown in patches (-99999)."""
    import rasterio

    rng = np.random.default_rng(seed)
    width, height = round(WIDTH_M * country / 100), round(HEIGHT_M * country / 100)
    coarse = _smooth(rng, height // 20 + 1, width // 20 + 1)
    density = np.kron(coarse, np.ones((20, 20)))[:height, :width]
    people = rng.lognormal(0.8 * density, 1.0) * (rng.random(density.shape) < 0.6)
    people[density > 2.2] = -99999
    grid = rasterio.transform.from_origin(LEFT, BOTTOM + HEIGHT_M * country, 100, 100)
    unfinished = path.with_suffix(".part")
    with rasterio.open(
        unfinished, "w", driver="GTiff", width=width, height=height, count=1, dtype="float32", nodata=-99999, crs=CRS,
        transform=grid, tiled=True, blockxsize=256, blockysize=256, compress="deflate",
    ) as file:  # fmt: skip
        file.write(people.astype("float32"), 1)
    unfinished.rename(path)
