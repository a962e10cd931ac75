"""Write the data of the sample programme: a synthetic province in the open Atlantic, far from any land.

Nothing here is real: no place, person, organisation, hazard or coordinate. The script has a fixed seed and
writes the same content each time (README.md says what each file is)::

    python sample_data/make_sample.py [FOLDER]
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.affinity import translate

HERE = Path(__file__).resolve().parent
SEED = 2013
PLANE = "EPSG:32624"
DEGREES = "EPSG:4326"
WEST, SOUTH, WIDTH, HEIGHT = 580_000.0, 4_868_000.0, 72_000.0, 54_000.0
"""The province's box in the plane: about longitude -38.0 to -37.1, latitude 43.95 to 44.45. [m]"""
LAST_RELEASE = pd.Timestamp("2024-12-15")
AS_OF = pd.Timestamp("2025-12-31")

DISTRICTS = ["Avelmora", "Čerdava", "Ñandelos", "Оставня", "Tülvenmark", "Łysenvar"]
COMMUNES = """
Abrevó;Ankelvár;Белоярка-Нова;Brødensund;Calmeira;Čižmenec;Dălbora;Dornveiler;Ébersaint;Elmarö;
Fjärdum;Garvança;Горлицява;Hvozdeneř;Îlmara;Jasvená;Käpelnitz;Kővárda;Лесковичне;Lúmbrega;
Málensk;Mirovél;Năruja Nouă;Øksendal Nord;Ólvera Alta;Pšenica;Полинка;Querçal;Rîmna;Rožmeš;
Šandrovo;São Tivo;Świerkola;Tąpadla;Туманець;Ťuhová;Üsküpel;Vörtemark;Žabljen;Żurawol
"""
OPERATORS = ["Églantine", "Weißdorn", "Чебрець", "Juniper"]
DONORS = ["Hazel Fund", "Peuplier", "Stiftung Ährenfeld", "Province budget", "Фонд Калина"]
SYLLABLES = [
    "ra",
    "vel",
    "mó",
    "ska",
    "lín",
    "dor",
    "že",
    "nau",
    "tir",
    "bø",
    "cel",
    "úna",
    "gro",
    "mar",
    "eš",
]

# How many areas have which life, told by `live`. A step with `/` touches a part, one with `?` has no date.
LIVES: dict[str, int] = {
    "suspected confirmed cleared": 61,
    "suspected confirmed reduced/ cleared": 51,
    "suspected cancelled": 46,
    "suspected cancelled/ confirmed reduced/ cleared": 22,
    "suspected confirmed cleared/": 26,
    "suspected reduced": 12,
    "confirmed cleared": 12,
    "suspected confirmed corrected cleared": 8,
    "suspected confirmed cleared reopened": 5,
    "suspected? cancelled": 5,
    "suspected confirmed cleared?": 3,
    "suspected confirmed split": 3,
    "suspected merged": 2,
    "suspected confirmed cleared void": 2,
    "suspected confirmed cleared/ suspended": 2,
    "suspected confirmed suspended": 6,
    "suspected confirmed": 52,
    "confirmed": 13,
    "suspected": 56,
    "suspected?": 13,
}
RELEASES = ("cancelled", "reduced", "cleared")
INTENDED = {
    "agriculture": (
        "agriculture_rainfed",
        "agriculture_rainfed",
        "agriculture_rainfed",
        "agriculture_irrigated",
    ),
    "grazing": ("grazing",),
    "housing": ("housing",),
    "water": ("water",),
    "road": ("road",),
    "community": ("community",),
    "infrastructure": ("infrastructure",),
    "forest": ("forest",),
    "none": ("grazing", "forest", "tourism"),
}
OTHER_USES = ["grazing", "housing", "forest", "agriculture_rainfed", "infrastructure", "other", "tourism"]
COVER_OF_USE = {
    "agriculture_rainfed": 40, "agriculture_irrigated": 40, "agriculture": 40, "housing": 50,
    "infrastructure": 50, "community": 50, "grazing": 30, "forest": 10,
}  # fmt: skip
FILE_USES = {
    "agriculture_rainfed": "crops", "agriculture_irrigated": "irrigated crops", "grazing": "pasture",
    "forest": "woodlot", "water": "water point", "housing": "houses", "road": "road",
    "infrastructure": "works", "community": "school or clinic", "tourism": "visitors",
    "other": "other", "none": "not used",
}  # fmt: skip
FILE_REASONS = {"dispute": "dispute", "fear": "fear", "not_needed": "not needed", "no_means": "no means",
                "infertile": "poor soil", "other": "other"}  # fmt: skip
COUNTS = ["ap_mine_count", "av_mine_count", "cmr_count", "erw_count"]
EVENT_COLUMNS = [
    "event_id", "area_id", "event", "event_date", "date_precision", "recorded_at", "voids_event_id",
    "parent_id", "hazard_class", "contamination_code", "method_code", "blocked_resource_code",
    "intended_use_code", "admin_code", "reported_area_m2", "operator", "donor", "cost_usd",
    "depth_m", *COUNTS, "geometry",
]  # fmt: skip


@dataclass
class Area:
    """A hazardous area while its life is told: what is left of it, and its events so far."""

    area_id: str
    shape: Any
    life: str
    contamination: str
    blocked: str
    admin_code: str
    left: Any = None
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Terrain:
    """What the province is made of before there is any hazard."""

    admin: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    fronts: list[LineString]
    river: LineString

    @property
    def communes(self) -> gpd.GeoDataFrame:
        """The units of level 3 in the plane."""
        return self.admin[self.admin["level"] == 3].to_crs(PLANE).reset_index(drop=True)


def generator(section: str) -> np.random.Generator:
    """Return the random numbers of one section, so that a change in one leaves the others as they are."""
    return np.random.default_rng([SEED, *section.encode()])


def rounded(shapes: Any, digits: int = 1) -> Any:
    """Round the coordinates of one geometry or an array of them."""
    return shapely.transform(shapes, lambda xy: np.round(xy, digits))


def wave(n: int, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise over n steps, standard deviation about 1, with bumps of about `scale` steps."""
    frequency = rng.gamma(2.0, 0.5, 12) / scale
    phase = rng.uniform(0, 2 * np.pi, 12)
    steps = np.arange(n)[:, None]
    return np.cos(2 * np.pi * steps * frequency + phase).sum(axis=1) / np.sqrt(6)


def field_of_noise(shape: tuple[int, int], slope: float, rng: np.random.Generator) -> np.ndarray:
    """Correlated noise on a grid (power law of the given slope), as ranks from 0 to 1."""
    spectrum = np.fft.rfft2(rng.standard_normal(shape))
    rows, columns = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :]
    distance = np.hypot(rows, columns)
    distance[0, 0] = 1.0
    values = np.fft.irfft2(spectrum / distance ** (slope / 2), s=shape)
    ranks = np.empty(values.size)
    ranks[np.argsort(values, axis=None, kind="stable")] = np.linspace(0, 1, values.size)
    return ranks.reshape(shape)


def wandering(points: list[tuple[float, float]], n: int, amplitude: float, rng: np.random.Generator) -> LineString:
    """Return a line through points (km from the south-west corner) that wanders as a front line does. [m]"""
    base = LineString(np.array(points) * 1_000 + [WEST, SOUTH])
    at = np.linspace(0, 1, n)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(base, at, normalized=True))
    ahead = np.gradient(xy, axis=0)
    normal = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T)[:, None]
    km = n * 1_000 / base.length
    ends = np.minimum(1, 8 * np.minimum(at, 1 - at))
    bend = amplitude * (wave(n, 11 * km, rng) + 0.35 * wave(n, 3.5 * km, rng) + 0.09 * wave(n, 1.1 * km, rng))
    return LineString(xy + normal * (bend * ends)[:, None])


def make_outline(rng: np.random.Generator) -> Polygon:
    """Return the province's border. [m]"""
    angle = np.linspace(0, 2 * np.pi, 181)[:-1]
    radius = 0.93 + sum(rng.normal(0, 0.07 / k) * np.cos(k * angle + rng.uniform(0, 6)) for k in range(2, 14))
    x = WEST + WIDTH / 2 * (1 + np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.75 * radius)
    y = SOUTH + HEIGHT / 2 * (1 + np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.75 * radius)
    return Polygon(np.column_stack([x, y]))


def random_points(inside: Polygon, n: int, apart: float, rng: np.random.Generator) -> np.ndarray:
    """Return n points inside a polygon, none closer than `apart` to another. [m]"""
    found: list[np.ndarray] = []
    while len(found) < n:
        xy = rng.uniform([WEST, SOUTH], [WEST + WIDTH, SOUTH + HEIGHT])
        near = apart > 0 and any(np.hypot(*(xy - other)) < apart for other in found)
        if not near and inside.contains(Point(xy)):
            found.append(xy)
    return np.array(found)


def relaxed(points: np.ndarray, sites: np.ndarray, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Move sites to the mean of their nearest points, a few times; return them and each point's site."""
    for _ in range(rounds):
        nearest = np.hypot(*(points[:, None] - sites[None]).transpose(2, 0, 1)).argmin(axis=1)
        sites = np.array([points[nearest == i].mean(axis=0) for i in range(len(sites))])
    return sites, np.hypot(*(points[:, None] - sites[None]).transpose(2, 0, 1)).argmin(axis=1)


def make_communes(outline: Polygon, names: list[str], rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return communes that tile the outline; each border is drawn once, so that they fit exactly."""
    sites, _ = relaxed(random_points(outline, 4_000, 0, rng), random_points(outline, len(names), 4_000, rng), 4)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(sites), extend_to=outline))
    borders = shapely.union_all(shapely.boundary(shapely.intersection(cells, outline)))
    arcs = shapely.segmentize(shapely.get_parts(shapely.line_merge(borders)), 700)
    bent = []
    for arc in shapely.simplify(arcs, 0):
        xy = shapely.get_coordinates(shapely.segmentize(arc, 700))
        if not outline.boundary.distance(Point(xy[len(xy) // 2])) < 1:
            xy[1:-1] += rng.normal(0, 130, (len(xy) - 2, 2))
        bent.append(LineString(xy))
    in_degrees = gpd.GeoSeries(bent, crs=PLANE).to_crs(DEGREES).to_numpy()
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(rounded(in_degrees, 5)))))
    site_points = gpd.GeoSeries(shapely.points(sites), crs=PLANE).to_crs(DEGREES).to_numpy()
    held = [int(np.flatnonzero(shapely.contains(faces, point))[0]) for point in site_points]
    assert len(faces) == len(names) == len(set(held)), "each commune must be one face"
    _, district = relaxed(sites, sites[rng.choice(len(sites), len(DISTRICTS), replace=False)], 8)
    return gpd.GeoDataFrame({"name": names, "district": district}, geometry=faces[held], crs=DEGREES)


def make_admin(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return province, districts and communes in one layer, with codes; the people are counted later."""
    names = [name.strip() for name in COMMUNES.replace("\n", "").split(";")]
    communes = make_communes(make_outline(rng), names, rng)
    rows: list[tuple[str, str, int, str | None, Any]] = [
        ("SP", "Sample province", 1, None, shapely.coverage_union_all(communes.geometry.to_numpy()))
    ]
    below = []
    for i, name in enumerate(DISTRICTS):
        own = communes[communes["district"] == i]
        code = f"SP{i + 1:02d}"
        rows.append((code, name, 2, "SP", shapely.coverage_union_all(own.geometry.to_numpy())))
        for k, commune in enumerate(own.itertuples(), 1):
            below.append((f"{code}{k:02d}", commune.name, 3, code, commune.geometry))
    frame = pd.DataFrame(rows + below, columns=["admin_code", "name", "level", "parent_code", "geometry"])
    frame["geometry"] = [_one_polygon(shape) for shape in frame["geometry"]]
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=DEGREES)


def _one_polygon(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else MultiPolygon(list(parts))


def make_settlements(admin: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return 130 settlements: the first of each commune bears its name."""
    communes = admin[admin["level"] == 3].to_crs(PLANE)
    province = admin[admin["level"] == 1].to_crs(PLANE).geometry.iloc[0].buffer(-1_200)
    points = gpd.GeoSeries(rounded(shapely.points(random_points(province, 130, 1_700, rng)), 0), crs=PLANE)
    size = 52_000 / np.arange(1, 131) ** 0.92
    frame = gpd.GeoDataFrame({"population_count": (size * rng.uniform(0.85, 1.15, 130)).astype(int)}, geometry=points)
    frame = frame.sjoin(communes[["name", "geometry"]], predicate="within").drop(columns="index_right").sort_index()
    taken = frame["name"].duplicated()
    invented = ["".join(rng.choice(SYLLABLES, 3, replace=False)).capitalize() for _ in range(len(frame))]
    frame.loc[taken, "name"] = np.array(invented)[taken.to_numpy()]
    frame.insert(0, "settlement_id", [f"S{i:03d}" for i in range(1, len(frame) + 1)])
    return frame


def make_roads(settlements: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return roads along the shortest tree between the 26 largest places, and some lanes."""
    xy = settlements.get_coordinates().to_numpy()[:26]
    names = settlements["name"].to_numpy()
    joined, rows = [0], []
    while len(joined) < len(xy):
        free = [i for i in range(len(xy)) if i not in joined]
        gap = np.hypot(*(xy[joined][:, None] - xy[free][None]).transpose(2, 0, 1))
        a, b = np.unravel_index(gap.argmin(), gap.shape)
        rows.append((f"{names[joined[a]]} - {names[free[b]]}", (xy[joined[a]], xy[free[b]])))
        joined.append(free[b])
    lines = []
    for _, (start, end) in rows:
        km = [tuple((point - [WEST, SOUTH]) / 1_000) for point in (start, end)]
        n = max(6, int(np.hypot(*(end - start)) / 450))
        lines.append(wandering(km, n, 260, rng))
    frame = gpd.GeoDataFrame({"name": [name for name, _ in rows]}, geometry=lines, crs=PLANE)
    frame.insert(0, "road_id", [f"R{i:02d}" for i in range(1, len(frame) + 1)])
    return frame


def make_terrain() -> Terrain:
    """Return units, settlements, roads, the river and the fronts: a main line, an older one, a ring."""
    rng = generator("terrain")
    admin = make_admin(rng)
    settlements = make_settlements(admin, rng)
    roads = make_roads(settlements, rng)
    main = wandering([(6, 13), (24, 22), (44, 27), (66, 42)], 700, 1_900, rng)
    x, y = (np.array(main.interpolate(0.42, normalized=True).coords[0]) - [WEST, SOUTH]) / 1_000
    older = wandering([(x, y), (x - 4, y + 8), (x - 13, y + 15)], 240, 900, rng)
    town = settlements.geometry.iloc[int(settlements.head(12).distance(main).argmin())]
    turn = np.linspace(0.3, 5.6, 120)
    radius = 3_100 + 350 * wave(120, 30, rng) + 60 * wave(120, 8, rng)
    ring = LineString(np.column_stack([town.x + radius * np.cos(turn), town.y + radius * np.sin(turn)]))
    river = wandering([(1, 40), (20, 33), (35, 18), (48, 12), (60, 1)], 500, 1_500, rng)
    return Terrain(admin, settlements, roads, [main, older, ring], river)


def strip(line: LineString, start: float, length: float, offset: float, width: float, rng: Any) -> Polygon:
    """Return a belt beside a line from `start` on, as mines are laid before a position. [m]"""
    at = np.arange(start, start + length + 1, max(35.0, length / 16))
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(at + 120, line.length))) - xy
    back = xy - shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(at - 120, 0)))
    along = ahead + back
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(np.hypot(*along.T), 1)[:, None]
    middle = offset + np.cumsum(rng.normal(0, 0.08 * width, len(at)))
    half = width / 2 * rng.uniform(0.75, 1.25, len(at))
    left, right = xy + normal * (middle + half)[:, None], xy + normal * (middle - half)[:, None]
    return Polygon(np.vstack([left, right[::-1]]))


def blob(centre: np.ndarray, area: float, stretch: float, angle: float, rng: Any) -> Polygon:
    """Return an irregular patch of the given area, as survey draws it around what people point at. [m, m2]"""
    n = int(rng.integers(11, 24))
    turn = np.sort((np.arange(n) + rng.uniform(-0.3, 0.3, n)) * 2 * np.pi / n)
    radius = 1 + sum(rng.normal(0, 0.3 / k) * np.cos(k * turn + rng.uniform(0, 6)) for k in (2, 3, 4, 5))
    radius = np.maximum(radius, 0.35)
    xy = np.column_stack([radius * np.cos(turn) * stretch, radius * np.sin(turn) / stretch])
    turned = xy @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shape = Polygon(turned)
    return Polygon(centre + turned * np.sqrt(area / shape.area))


def draw_shape(terrain: Terrain, busy: np.ndarray, rng: np.random.Generator) -> tuple[Any, str]:
    """Draw one hazard: a strip in one to three pieces, a patch, a cluster munition strike, a road verge."""
    front = terrain.fronts[rng.choice(3, p=[0.72, 0.17, 0.11])]
    place = rng.choice(len(busy), p=busy) if front is terrain.fronts[0] else rng.integers(len(busy))
    start = front.length * (place + rng.uniform()) / len(busy)
    kind = rng.choice(["strip", "patch", "strike", "verge"], p=[0.61, 0.25, 0.1, 0.04])
    area = float(np.clip(10_000 * rng.lognormal(1.45, 0.85), 5_500, 380_000))
    if kind in ("strip", "verge"):
        width = float(np.clip(np.sqrt(area) * rng.uniform(0.18, 0.38), 25, 140))
        line, offset = front, float(rng.choice([-1, 1]) * rng.normal(270, 110))
        if kind == "verge":
            line = terrain.roads.geometry.iloc[int(rng.integers(len(terrain.roads)))]
            start, width, offset = line.length * rng.uniform(0.05, 0.8), 34.0, float(rng.choice([-24, 24]))
            area = min(area, 60_000)
        pieces = int(rng.choice([1, 2, 3], p=[0.84, 0.12, 0.04]))
        length = area / width / pieces
        shapes = [strip(line, start + i * (length + 140), length, offset, width, rng) for i in range(pieces)]
        return (shapes[0] if pieces == 1 else MultiPolygon(shapes)), kind
    spread = 420 if kind == "patch" else 1_500
    centre = np.array(front.interpolate(start).coords[0]) + rng.normal(0, spread, 2)
    if kind == "strike":
        return blob(centre, max(area, 60_000), 1.6, rng.uniform(0, np.pi), rng), kind
    first = blob(centre, area, rng.uniform(1, 1.35), rng.uniform(0, np.pi), rng)
    if rng.uniform() < 0.08:
        beside = centre + np.sqrt(area) * 1.5 * np.array([1.0, rng.uniform(-0.5, 0.5)])
        return MultiPolygon([first, blob(beside, area / 3, 1.1, 0, rng)]), kind
    return first, kind


def make_shapes(terrain: Terrain, n: int) -> list[tuple[Any, str]]:
    """Return n hazards, each valid, in the province, and overlapping others by no more than a little."""
    rng = generator("shapes")
    province = shapely.union_all(terrain.communes.geometry.to_numpy()).buffer(-300)
    shapely.prepare(province)
    busy = np.exp(0.55 * wave(90, 9, rng))
    busy /= busy.sum()
    kept: list[tuple[Any, str]] = []
    bounds: list[Any] = []
    while len(kept) < n:
        shape, kind = draw_shape(terrain, busy, rng)
        shape = rounded(shape)
        if not shape.is_valid or not province.contains(shape) or not 5_000 <= shape.area <= 400_000:
            continue
        near = [kept[i][0] for i in np.flatnonzero(shapely.intersects(np.array(bounds, dtype=object), shape))]
        if any(shape.intersection(one).area > 0.05 * min(shape.area, one.area) for one in near):
            continue
        kept.append((shape, str(kind)))
        bounds.append(shapely.box(*shape.bounds))
    return kept


def cut(shape: Any, low: float, high: float, rng: np.random.Generator) -> tuple[Any, Any] | None:
    """Cut a shape in two, the first with `low` to `high` of its area; None where no such cut was found.

    The cut runs between vertices that are there, so that both pieces lie in the shape to the last digit.
    """
    parts = list(shapely.get_parts(shape))
    if len(parts) > 1:
        first, rest = parts[0], parts[1:]
        return first, _one_polygon(MultiPolygon(rest))
    ring = shapely.get_coordinates(shape)[:-1]
    n = len(ring)
    for _ in range(120):
        i, j = sorted(rng.choice(n, 2, replace=False))
        if j - i < 2 or n - (j - i) < 2:
            continue
        middle = np.round((ring[i] + ring[j]) / 2 + rng.normal(0, 0.04, 2) * np.hypot(*(ring[j] - ring[i])), 1)
        one = Polygon(np.vstack([ring[i : j + 1], middle]))
        two = Polygon(np.vstack([ring[j:], ring[: i + 1], middle]))
        if low <= two.area / shape.area <= high:
            one, two = two, one
        if not low <= one.area / shape.area <= high or not (one.is_valid and two.is_valid):
            continue
        if shape.covers(LineString([ring[i], middle, ring[j]])) and shape.covers(one) and shape.covers(two):
            return one, two
    return None


def assign_lives(terrain: Terrain) -> list[Area]:
    """Return the areas with their lives: land near people is released first, as programmes do."""
    rng = generator("lives")
    n = sum(LIVES.values())
    shapes = make_shapes(terrain, n)
    middle = gpd.GeoSeries([shape.representative_point() for shape, _ in shapes], crs=PLANE)
    gap = middle.apply(lambda point: terrain.settlements.distance(point).min()).to_numpy()
    road_gap = middle.apply(lambda point: terrain.roads.distance(point).min()).to_numpy()
    lives = np.repeat(list(LIVES), list(LIVES.values()))
    given = np.empty(n, dtype=object)
    given[np.argsort(gap + rng.normal(0, 1_600, n), kind="stable")] = lives[np.argsort(
        np.arange(n) + rng.normal(0, 75, n), kind="stable")]  # fmt: skip
    codes = middle.to_frame("geometry").sjoin(terrain.communes, how="left", predicate="within")["admin_code"]
    areas = []
    for i, (shape, kind) in enumerate(shapes):
        weights = {"strike": ("CMR", "CMR", "CMR", "ERW"), "verge": ("AV", "AV", "IM", "mixed")}.get(
            kind, ("AP", "AP", "AP", "AP", "mixed", "mixed", "AV", "ERW", "unknown"))  # fmt: skip
        blocked = str(rng.choice(["agriculture", "grazing", "forest", "water", "infrastructure", "none"],
                                 p=[0.58, 0.18, 0.11, 0.05, 0.04, 0.04]))  # fmt: skip
        if kind == "verge" or road_gap[i] < 60:
            blocked = "road"
        elif gap[i] < 650:
            blocked = str(rng.choice(["housing", "community", "agriculture"], p=[0.5, 0.2, 0.3]))
        areas.append(Area(f"HA-{i + 1:04d}", shape, str(given[i]), str(rng.choice(weights)), blocked,
                          str(codes.iloc[i]), left=shape))  # fmt: skip
    return areas


def step_dates(steps: list[str], rng: np.random.Generator) -> list[pd.Timestamp]:
    """Return a day for each step of a life, in order: the first survey was in 2012, all else came later."""
    first = pd.Timestamp("2012-03-01") + pd.Timedelta(days=int(rng.integers(0, 300)))
    if rng.uniform() < 0.6:
        span = (0, 4_200) if len(steps) == 1 else (0, 2_900)
        first = pd.Timestamp("2013-01-10") + pd.Timedelta(days=int(rng.triangular(span[0], span[0], span[1])))
    room = (LAST_RELEASE - first).days - 30 * len(steps)
    at = np.sort(rng.beta(0.95, 1.5, len(steps) - 1)) * room
    later = [first + pd.Timedelta(days=int(day) + 28 * (i + 1)) for i, day in enumerate(at)]
    return [
        first,
        *(max(day, pd.Timestamp("2013-01-07") + pd.Timedelta(days=9 * i)) for i, day in enumerate(later)),
    ]


def add_event(area: Area, event: str, day: pd.Timestamp, touched: Any, rng: Any, **more: Any) -> dict[str, Any]:
    """Add one event to an area, with what the records of such an event say."""
    size = round(touched.area * 0.9996 * rng.normal(1, 0.02), -2) if touched is not None else np.nan
    row: dict[str, Any] = {
        "area_id": area.area_id, "event": event, "event_date": day, "date_precision": "day",
        "recorded_at": min(day + pd.Timedelta(days=int(rng.integers(1, 45))), AS_OF),
        "admin_code": area.admin_code, "reported_area_m2": max(size, 100.0) if size == size else size,
        "touched": touched, "day": day,
    }  # fmt: skip
    if event in ("suspected", "confirmed", "reopened"):
        row |= {
            "hazard_class": "CHA" if event == "confirmed" else "SHA",
            "contamination_code": area.contamination,
            "method_code": "TS" if event == "confirmed" and rng.uniform() < 0.6 else "NTS",
            "blocked_resource_code": area.blocked,
        }  # fmt: skip
    if event in (*RELEASES, "suspected", "confirmed", "reopened", "suspended", "handed_over", "Closed"):
        row["operator"] = str(rng.choice(OPERATORS, p=[0.34, 0.28, 0.22, 0.16]))
    if event in RELEASES:
        row |= release_details(area, event, day, size, rng)
    area.events.append(row | more)
    return area.events[-1]


def release_details(area: Area, event: str, day: pd.Timestamp, size: float, rng: Any) -> dict[str, Any]:
    """Return what a release records, and the truth that the evidence will be drawn from (use, since)."""
    price = {"cancelled": 0.03, "reduced": 0.35, "cleared": 1.5}[event] * rng.uniform(0.7, 1.5)
    methods = {"cancelled": ["NTS"], "reduced": ["TS"]}.get(event, ["manual", "manual", "mechanical", "animal"])
    if event == "cleared" and area.contamination in ("CMR", "ERW"):
        methods = ["BAC"]
    intended = str(rng.choice(INTENDED[area.blocked]))
    luck = rng.uniform() - (0.12 if event == "cancelled" else 0)
    use = intended if luck < 0.6 else str(rng.choice(OTHER_USES)) if luck < 0.73 else "none"
    details: dict[str, Any] = {
        "method_code": str(rng.choice(methods)), "donor": str(rng.choice(DONORS)),
        "cost_usd": round(size * price, -1), "contamination_code": area.contamination,
        "intended_use_code": intended if rng.uniform() < 0.88 else None,
        "use": use, "since": day + pd.Timedelta(days=20 + int(rng.exponential(200))),
    }  # fmt: skip
    if event == "cleared":
        details["depth_m"] = float(rng.choice([0.13, 0.2, 0.25, 0.3]))
        means = {"AP": (9, 0.2, 0, 1), "AV": (0.5, 3, 0, 1), "CMR": (0, 0, 14, 2), "ERW": (0, 0, 1, 7)}
        found = rng.poisson(np.array(means.get(area.contamination, (4, 1, 1, 2))) * size / 40_000)
        if rng.uniform() < 0.9:
            details |= dict(zip(COUNTS, (int(count) for count in found), strict=True))
    return details


def live(area: Area, rng: np.random.Generator) -> list[Area]:
    """Tell the life of an area step by step; returns areas that came out of it."""
    steps = area.life.split()
    born: list[Area] = []
    for i, (step, day) in enumerate(zip(steps, step_dates(steps, rng), strict=True)):
        event = step.rstrip("/?")
        if event == "reopened":
            born += reopen(area, day, rng)
        elif event == "split":
            born += split(area, day, rng)
        elif event == "void":
            wrong = area.events[-1]
            add_event(area, "void", day, None, rng, voids=wrong)
            wrong["use"] = None
        elif event == "corrected":
            area.left = rounded(area.left.buffer(float(rng.choice([-6, 14])), join_style="mitre").simplify(2))
            add_event(area, "corrected", day, area.left, rng, geometry=area.left)
        elif event in RELEASES:
            release(area, event, day, rng, is_part=step.endswith("/"), is_undated=step.endswith("?"))
        elif event != "merged":
            shown = area.left if i == 0 or len(area.events) > 1 else None
            row = add_event(area, event, day, area.left, rng, geometry=shown if event != "suspended" else None)
            if step.endswith("?"):
                row |= {"event_date": pd.NaT, "date_precision": "unknown"}
    return born


def release(area: Area, event: str, day: pd.Timestamp, rng: Any, *, is_part: bool, is_undated: bool) -> None:
    """Release a part of an area, or all that is left, and hand most cleared land over."""
    pieces = cut(area.left, 0.15, 0.6, rng) if is_part else None
    if is_part and pieces is None:
        return
    touched, area.left = pieces or (area.left, None)
    said = touched if pieces or rng.uniform() < 0.25 else None
    row = add_event(area, event, day, touched, rng, geometry=said)
    if is_undated:
        row |= {"event_date": pd.NaT, "date_precision": "unknown", "recorded_at": pd.NaT}
    elif pieces is None and rng.uniform() < {"cleared": 0.75, "reduced": 0.4, "cancelled": 0.15}[event]:
        later = day + pd.Timedelta(days=int(rng.integers(15, 240)))
        if "reopened" not in area.life and "void" not in area.life:
            add_event(area, "handed_over", later, None, rng)


def reopen(area: Area, day: pd.Timestamp, rng: Any) -> list[Area]:
    """Suspect a part of released land again, as a new area."""
    pieces = cut(area.shape, 0.1, 0.45, rng)
    again = pieces[0] if pieces else area.shape
    new = Area("", again, "reopened", area.contamination, area.blocked, area.admin_code, left=again)
    add_event(new, "reopened", day, again, rng, geometry=again, parent=area)
    if rng.uniform() < 0.6:
        add_event(new, "confirmed", day + pd.Timedelta(days=40), again, rng)
    if rng.uniform() < 0.4 and day + pd.Timedelta(days=90) < LAST_RELEASE:
        release(new, "cleared", day + pd.Timedelta(days=90), rng, is_part=False, is_undated=False)
    return [new]


def split(area: Area, day: pd.Timestamp, rng: Any) -> list[Area]:
    """Let an area go on as two children, the first of which is cleared later."""
    pieces = cut(area.left, 0.3, 0.7, rng)
    assert pieces is not None, f"{area.area_id} can not be cut"
    children = []
    for k, piece in enumerate(pieces, 1):
        child = Area(
            f"{area.area_id}/{k}",
            piece,
            "child",
            area.contamination,
            area.blocked,
            area.admin_code,
            left=piece,
        )
        add_event(child, "confirmed", day, piece, rng, geometry=piece, parent=area)
        children.append(child)
    add_event(area, "split", day, None, rng)
    area.left = None
    later = min(day + pd.Timedelta(days=int(rng.integers(60, 500))), LAST_RELEASE)
    if later > day:
        release(children[0], "cleared", later, rng, is_part=False, is_undated=False)
    return children


def merge(areas: list[Area], rng: np.random.Generator) -> None:
    """Let each area that merges go on in the nearest confirmed one, whose boundary takes it in."""
    hosts = [area for area in areas if area.life == "suspected confirmed"]
    for area in areas:
        if area.life != "suspected merged":
            continue
        host = hosts.pop(int(np.argmin([area.shape.distance(one.shape) for one in hosts])))
        day = max(area.events[-1]["day"], host.events[-1]["day"]) + pd.Timedelta(days=200)
        both = rounded(_one_polygon(shapely.union_all([area.shape, host.shape])))
        add_event(host, "corrected", day, both, rng, geometry=both)
        add_event(area, "merged", day, None, rng, parent=host)
        host.left, area.left = both, None


def blur_dates(areas: Iterable[Area], rng: np.random.Generator) -> None:
    """Know some dates only to the month or the year, where that leaves their order as it was."""
    for area in areas:
        family = [row for one in areas if one.area_id[:7] == area.area_id[:7] for row in one.events]
        for row in area.events:
            share = rng.uniform()
            if share > 0.12 or row["date_precision"] != "day" or area.life.endswith(("reopened", "void", "split")):
                continue
            period = "Y" if share < 0.04 else "M"
            own = row["day"].to_period(period)
            if sum(other["day"].to_period(period) == own for other in family) == 1:
                row |= {"event_date": own.start_time, "date_precision": "year" if period == "Y" else "month"}


def make_events(terrain: Terrain) -> list[dict[str, Any]]:
    """Return all events in the order in which they happened, numbered, without defects."""
    rng = generator("events")
    areas = assign_lives(terrain)
    reopened = []
    for area in list(areas):
        born = live(area, rng)
        areas += [one for one in born if one.life == "child"]
        reopened += [one for one in born if one.life == "reopened"]
    for number, one in enumerate(reopened, sum(LIVES.values()) + 1):
        one.area_id = f"HA-{number:04d}"
        for row in one.events:
            row["area_id"] = one.area_id
    merge(areas, rng)
    blur_dates(areas + reopened, rng)
    order = {
        "suspected": 0,
        "confirmed": 0,
        "reopened": 0,
        "corrected": 1,
        "cancelled": 2,
        "reduced": 2,
        "cleared": 2,
    }
    rows = [row for area in areas + reopened for row in area.events]
    rows.sort(key=lambda row: (row["day"], order.get(row["event"], 3), row["area_id"]))
    for number, row in enumerate(rows, 1):
        row["event_id"] = f"EV-{number:05d}"
    for row in rows:
        row["parent_id"] = row["parent"].area_id if "parent" in row else None
        row["voids_event_id"] = row["voids"]["event_id"] if "voids" in row else None
    return rows


def events_frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return events as the declared columns."""
    frame = pd.DataFrame(rows).reindex(columns=EVENT_COLUMNS)
    for name in COUNTS:
        frame[name] = frame[name].astype("Int64")
    for name in ("event_date", "recorded_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[ms]")
    frame["geometry"] = [None if not isinstance(shape, shapely.Geometry) else shape for shape in frame["geometry"]]
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=PLANE)


def add_event_defects(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events with eight deliberate defects (README.md names them)."""
    frame = events.copy()
    alone = ~frame["area_id"].duplicated(keep=False)
    open_sha = frame.index[alone & (frame["event"] == "suspected") & (frame["date_precision"] == "day")
                           & (shapely.get_num_coordinates(frame.geometry.to_numpy()) > 9)]  # fmt: skip
    no_shape, bow_tie, negative, in_ha, in_future = open_sha[[3, 9, 15, 21, 27]]
    frame.loc[no_shape, "geometry"] = None
    frame.loc[[bow_tie], "geometry"] = gpd.GeoSeries([_bow_tie(frame.geometry[bow_tie])], index=[bow_tie], crs=PLANE)
    west, south, east, north = frame.geometry[bow_tie].bounds
    frame.loc[bow_tie, "reported_area_m2"] = round((east - west) * (north - south) / 2, -2)
    frame.loc[negative, "reported_area_m2"] *= -1
    frame.loc[in_ha, "reported_area_m2"] /= 10_000
    frame.loc[in_future, "event_date"] = pd.Timestamp("2042-05-17")
    handed = frame.index[frame["event"] == "handed_over"]
    other = frame.loc[[handed[6]]].assign(event_id=frame.loc[handed[2], "event_id"])
    closed = frame.loc[[open_sha[33]]].assign(
        event_id=f"EV-{len(frame) + 1:05d}", event="Closed", event_date=pd.Timestamp("2021-04-22"),
        recorded_at=pd.Timestamp("2021-05-03"), hazard_class=None, blocked_resource_code=None,
        contamination_code=None, method_code=None, reported_area_m2=np.nan, geometry=None,
    )  # fmt: skip
    closed["event_date"] = closed["event_date"].astype("datetime64[ms]")
    closed["recorded_at"] = closed["recorded_at"].astype("datetime64[ms]")
    frame = frame.drop(index=handed[6])
    parts = [frame.loc[: handed[6]], other, frame.loc[handed[6] + 1 :], frame.loc[[handed[10]]], closed]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=PLANE)


def _bow_tie(shape: Polygon) -> Polygon:
    """Swap two corners of a box of about the same place and size."""
    west, south, east, north = np.round(shape.buffer(-5).bounds, 1)
    return Polygon([(west, south), (east, north), (east, south), (west, north)])


def make_land(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return what was released and what became of it: the truth behind visits, parcels and land cover."""
    frame = pd.DataFrame([row for row in rows if row["event"] in RELEASES and row["use"] is not None])
    keep = [
        "event_id",
        "area_id",
        "day",
        "intended_use_code",
        "use",
        "since",
        "date_precision",
        "reported_area_m2",
    ]
    return gpd.GeoDataFrame(frame[keep], geometry=list(frame["touched"]), crs=PLANE)


def make_parcels(land: gpd.GeoDataFrame, events: gpd.GeoDataFrame, terrain: Terrain) -> gpd.GeoDataFrame:
    """Return a cadastre of about 60 % of the released land, by commune, with gaps and overlapping claims."""
    rng = generator("parcels")
    cells = _parcel_cells(land, rng)
    own = cells.assign(key=cells.index).overlay(land[["event_id", "use", "since", "geometry"]], how="intersection")
    own = own.assign(m2=own.area).sort_values(["m2", "event_id"]).drop_duplicates("key", keep="last").set_index("key")
    touched = cells.index.isin(own.index) | (rng.uniform(size=len(cells)) < 0.75)
    cells = cells[touched]
    middle = gpd.GeoDataFrame(geometry=cells.representative_point(), crs=PLANE)
    commune = middle.sjoin(terrain.communes[["admin_code", "geometry"]], how="left")["admin_code"]
    weight = own["m2"].groupby(commune.reindex(own.index)).sum().sample(frac=1, random_state=SEED)
    covered = weight.index[(weight.cumsum() <= 0.70 * weight.sum()).to_numpy()]
    cells = cells[commune.isin(covered).to_numpy() & (rng.uniform(size=len(cells)) > 0.07)]
    survey = pd.Series(pd.to_datetime(["2019-06-30", "2022-09-15", "2024-08-20", "2025-06-10"]))
    by_commune = dict(zip(covered, rng.choice(4, len(covered), p=[0.1, 0.3, 0.35, 0.25]), strict=True))
    observed = survey.iloc[commune[cells.index].map(by_commune).to_numpy()].to_numpy()
    found = own.reindex(cells.index)
    elsewhere = rng.choice(["agriculture_rainfed", "grazing", "forest", "none", "agriculture"], len(cells),
                           p=[0.5, 0.2, 0.1, 0.12, 0.08])  # fmt: skip
    in_use = found["use"].where(found["since"].to_numpy() <= observed, "none")
    use = in_use.where((found["m2"] > 0.3 * cells.area).to_numpy(), elsewhere)
    slip = rng.uniform(size=len(cells)) < 0.06
    use = use.where(~slip, elsewhere)
    open_land = shapely.union_all(shapely.make_valid(_still_open(events)))
    held = shapely.area(shapely.intersection(cells.geometry.to_numpy(), open_land)) > 0.5 * cells.area.to_numpy()
    frame = cells.assign(use_code=np.where(held, "none", use), observed_date=observed.astype("datetime64[ms]"))
    claims = frame.iloc[rng.choice(len(frame), 9, replace=False)].copy()
    claims["geometry"] = [translate(shape, 26, 17) for shape in claims.geometry]
    claims["use_code"] = "grazing"
    frame = pd.concat([frame, claims], ignore_index=True)
    frame.loc[57, "use_code"] = "airstrip"
    frame.insert(0, "land_use_id", [f"P{i:05d}" for i in range(1, len(frame) + 1)])
    frame["geometry"] = rounded(frame.geometry.to_numpy())
    return gpd.GeoDataFrame(frame[["land_use_id", "use_code", "observed_date", "geometry"]], crs=PLANE)


def _still_open(events: gpd.GeoDataFrame) -> np.ndarray:
    """Shapes of areas that nothing released: no one farms there."""
    done = events.loc[events["event"].isin(RELEASES), "area_id"]
    shapes = events.loc[~events["area_id"].isin(done), "geometry"].to_numpy()
    return shapes[~shapely.is_missing(shapes)]


def _parcel_cells(land: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the fields of a bent grid that come near released land; some are two cells in one."""
    nx, ny = 760, 480
    angle = 0.42
    i, j = np.meshgrid(np.arange(nx + 1), np.arange(ny + 1), indexing="ij")
    bend_x = 60 * np.sin(j / 9.0) + 150 * np.sin(i / 31.0) + rng.normal(0, 9, i.shape)
    bend_y = 50 * np.sin(i / 7.0) + 150 * np.sin(j / 23.0) + rng.normal(0, 9, i.shape)
    u, v = i * 125.0 + bend_x - 21_000, j * 165.0 + bend_y - 14_000
    x = np.round(WEST + WIDTH / 2 + (u - 26_000) * np.cos(angle) - (v - 25_000) * np.sin(angle), 1)
    y = np.round(SOUTH + HEIGHT / 2 + (u - 26_000) * np.sin(angle) + (v - 25_000) * np.cos(angle), 1)
    corners = np.stack([np.stack([x[a:nx + a, b:ny + b], y[a:nx + a, b:ny + b]], -1)
                        for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))], axis=2)  # fmt: skip
    joined = rng.uniform(size=(nx // 2, ny)) < 0.3
    key = np.arange(nx * ny).reshape(nx, ny)
    key[1::2][joined] = key[0::2][joined]
    cells = shapely.polygons(corners.reshape(-1, 4, 2))
    tree = shapely.STRtree(cells)
    near = np.unique(tree.query(land.geometry.to_numpy(), predicate="dwithin", distance=160.0)[1])
    keys = np.unique(key.ravel()[near])
    members = np.flatnonzero(np.isin(key.ravel(), keys))
    frame = gpd.GeoDataFrame({"key": key.ravel()[members]}, geometry=cells[members], crs=PLANE)
    whole = frame[frame.geometry.is_valid]
    return whole.dissolve("key").reset_index()[["geometry"]]


@dataclass(frozen=True)
class Grid:
    """A raster's frame in degrees."""

    transform: Affine
    shape: tuple[int, int]

    @classmethod
    def over(cls, admin: gpd.GeoDataFrame, step: float) -> Grid:
        """Return the grid that covers the province in whole steps. [degree]"""
        west, south, east, north = admin.total_bounds
        west, north = np.floor(west / step) * step, np.ceil(north / step) * step
        shape = (int(np.ceil((north - south) / step)), int(np.ceil((east - west) / step)))
        return cls(Affine(step, 0, round(west, 6), 0, -step, round(north, 6)), shape)

    def mark(self, shapes: Iterable[Any], values: Iterable[Any] | None = None, dtype: str = "uint8") -> np.ndarray:
        """Burn shapes (in degrees) into a new array; 0 elsewhere."""
        shapes = list(shapes)
        pairs = zip(shapes, values if values is not None else [1] * len(shapes), strict=True)
        return rasterize(pairs, out_shape=self.shape, transform=self.transform, dtype=dtype)

    def write(self, path: Path, cells: np.ndarray, nodata: float, predictor: int) -> None:
        """Write one band, tiled and compressed."""
        with rasterio.open(
            path, "w", driver="GTiff", height=self.shape[0], width=self.shape[1], count=1, dtype=cells.dtype,
            crs=DEGREES, transform=self.transform, nodata=nodata, compress="deflate", zlevel=9,
            predictor=predictor, tiled=True, blockxsize=256, blockysize=256,
        ) as target:  # fmt: skip
            target.write(cells, 1)


def make_population(terrain: Terrain) -> tuple[Grid, np.ndarray]:
    """Return people per cell: settlements that thin out, and scattered farms."""
    rng = generator("population")
    grid = Grid.over(terrain.admin, 0.0025)
    inside = grid.mark(terrain.admin.loc[terrain.admin["level"] == 1, "geometry"]) == 1
    rows, columns = np.indices(grid.shape)
    lon, lat = _centres(grid.transform, columns, rows)
    people = 0.12 * np.exp(2.2 * field_of_noise(grid.shape, 2.2, rng) - 1.1)
    for place in terrain.settlements.to_crs(DEGREES).itertuples():
        distance = np.hypot((lon - place.geometry.x) * 80_200, (lat - place.geometry.y) * 111_100)
        reach = 140 + 3.2 * np.sqrt(place.population_count)
        share = np.exp(-((distance / reach) ** 1.3)) * inside
        people += 0.9 * place.population_count * share / share.sum()
    people = np.where(people < 0.15, 0.0, people * rng.uniform(0.7, 1.3, grid.shape))
    return grid, np.where(inside, np.round(people, 1), -99_999).astype("float32")


def _centres(transform: Affine, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return transform.c + (columns + 0.5) * transform.a, transform.f + (rows + 0.5) * transform.e


def count_people(terrain: Terrain, grid: Grid, people: np.ndarray) -> None:
    """Fill `population_count` of the units, from the communes upwards, so that the levels agree."""
    admin = terrain.admin
    communes = admin.index[admin["level"] == 3]
    unit = grid.mark(admin.loc[communes, "geometry"], range(1, len(communes) + 1), "int32")
    total = np.bincount(unit.ravel(), weights=np.where(people < 0, 0, people).ravel(), minlength=len(communes) + 1)
    counted = pd.Series(total[1:].round().astype(int), index=admin.loc[communes, "admin_code"])
    by_prefix = [int(counted[counted.index.str.startswith(code)].sum()) for code in admin["admin_code"]]
    admin["population_count"] = by_prefix


def make_land_cover(terrain: Terrain, events: gpd.GeoDataFrame, land: gpd.GeoDataFrame,
                    people: np.ndarray) -> tuple[Grid, dict[int, np.ndarray]]:  # fmt: skip
    """Return two maps in WorldCover codes: fields come back where released land was taken into use."""
    rng = generator("land cover")
    grid = Grid.over(terrain.admin, 0.0025 / 6)
    dense = np.kron(np.where(people < 0, 0, people), np.ones((6, 6)))
    dense = np.pad(dense, [(0, max(0, a - b)) for a, b in zip(grid.shape, dense.shape, strict=True)])
    dense = dense[: grid.shape[0], : grid.shape[1]]
    high, wet = field_of_noise(grid.shape, 3.4, rng), field_of_noise(grid.shape, 3.0, rng)
    fine, drift = field_of_noise(grid.shape, 2.3, rng), field_of_noise(grid.shape, 2.3, rng)
    river = terrain.river.buffer(70).union(terrain.river.interpolate(0.55, normalized=True).buffer(900))
    water = grid.mark(gpd.GeoSeries([river], crs=PLANE).to_crs(DEGREES)) == 1
    first = events.drop_duplicates("area_id")
    shapes = first.geometry[~first.geometry.isna() & first.geometry.is_valid].to_crs(DEGREES)
    mined = grid.mark(shapes) == 1
    inside = grid.mark(terrain.admin.loc[terrain.admin["level"] == 1, "geometry"]) == 1
    maps = {}
    for year in (2020, 2024):
        fine_now = fine if year == 2020 else 0.97 * fine + 0.03 * drift
        cells = _cover_classes(high, wet, fine_now, dense, water)
        cells[mined & (cells == 40)] = 30
        used = land[(land["since"] < f"{year}-05-01") & land["use"].isin(list(COVER_OF_USE))].to_crs(DEGREES)
        burnt = grid.mark(used.geometry, used["use"].map(COVER_OF_USE))
        cells = np.where((burnt > 0) & ~water & (fine_now > 0.12), burnt, cells)
        if year == 2024:
            gap = terrain.fronts[0].interpolate(0.9, normalized=True).buffer(1_600)
            cells[grid.mark(gpd.GeoSeries([gap], crs=PLANE).to_crs(DEGREES)) == 1] = 0
        maps[year] = np.where(inside, cells, 0).astype("uint8")
    return grid, maps


def _cover_classes(high: np.ndarray, wet: np.ndarray, fine: np.ndarray, dense: np.ndarray,
                   water: np.ndarray) -> np.ndarray:  # fmt: skip
    """Return classes by height, wetness and people (WorldCover codes)."""
    cells = np.full(high.shape, 30)
    field_like = 0.5 * (1 - high) + 0.2 * wet + 0.12 * np.log1p(dense) + 0.35 * fine
    cells[field_like > 0.62] = 40
    wooded = 0.6 * high + 0.25 * wet + 0.3 * (1 - fine)
    cells[(wooded > 0.56) & (cells == 30)] = 20
    cells[wooded > 0.68] = 10
    cells[(high > 0.93) & (fine > 0.6)] = 60
    cells[dense * (0.3 + 1.4 * fine) > 40] = 50
    cells[(wet > 0.96) & (high < 0.3)] = 90
    cells[(wet > 0.985) & (high < 0.35) | water] = 80
    return cells


def make_follow_ups(land: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return visits to about 45 % of the releases, as a programme's own sheet writes them."""
    rng = generator("follow-ups")
    chosen = land[(rng.uniform(size=len(land)) < 0.46) & (land["date_precision"] != "unknown")]
    single = ~land["area_id"].duplicated(keep=False)
    rows = []
    for one in chosen.itertuples():
        months = [[6], [12], [6, 12], [12, 24], [6, 12, 24], [24, 60], [12, 60]][rng.choice(7)]
        by_area = bool(single[one.Index]) and rng.uniform() < 0.15
        share = int(rng.integers(25, 95)) if rng.uniform() < 0.25 else 100 if rng.uniform() < 0.6 else None
        for month in months:
            day = one.day + pd.Timedelta(days=int(30.4 * month + rng.integers(-15, 40)))
            if day > pd.Timestamp("2025-12-05"):
                day = pd.Timestamp("2025-12-05") - pd.Timedelta(days=int(rng.integers(0, 90)))
            if day <= one.day or (rows and rows[-1]["key"] == one.event_id and day <= rows[-1]["day"]):
                continue
            rows.append({
                "key": one.event_id, "day": day, "release": None if by_area else one.event_id,
                "area": one.area_id if by_area else None, "seen_pct": share,
                **_seen(one, day, share, rng),
            })  # fmt: skip
    rows.sort(key=lambda row: (row["day"], row["key"]))
    rows.append(rows[-1] | {"release": "EV-99999", "area": None})
    frame = pd.DataFrame(rows).astype({"seen_pct": "Int64"})
    frame.insert(0, "visit_no", [f"V{i:04d}" for i in range(1, len(frame) + 1)])
    frame.insert(3, "visited", frame["day"].dt.strftime("%d/%m/%Y"))
    return frame.drop(columns=["key", "day"])


def _seen(one: Any, day: pd.Timestamp, share: int | None, rng: Any) -> dict[str, Any]:
    """Return what a visitor finds on a release that day."""
    use = one.use if one.since <= day else "none"
    said: dict[str, Any] = {"use_found": FILE_USES[use], "reason": None, "productive_ha": None}
    if use == "none":
        reason = rng.choice(list(FILE_REASONS), p=[0.22, 0.27, 0.16, 0.22, 0.07, 0.06])
        said["reason"] = FILE_REASONS[str(reason)] if rng.uniform() < 0.9 else None
        return said
    if rng.uniform() < 0.3:
        hectares = one.geometry.area / 10_000 * (share or 100) / 100
        said["productive_ha"] = round(float(hectares * rng.uniform(0.55, 0.98)), 2)
    people = rng.poisson(np.array([3.2, 3.6, 1.6, 1.7]) * np.sqrt(one.geometry.area / 40_000))
    said |= dict(zip(["women", "men", "girls", "boys"], (int(count) for count in people), strict=True))
    said |= {
        "disabled": int(rng.binomial(people.sum(), 0.06)), "jobs": int(rng.poisson(0.7)),
        "intended_user": str(rng.choice(["yes", "no"], p=[0.83, 0.17])) if rng.uniform() < 0.9 else None,
        "tenure": str(rng.choice(["title", "custom", "disputed", "public"], p=[0.42, 0.36, 0.09, 0.13])),
    }  # fmt: skip
    for name in ("disabled", "jobs"):
        if rng.uniform() < 0.2:
            said[name] = None
    return said


PROJECT_KINDS = [
    ("31120", "Seeds & tools for returning farmers"),
    ("31140", "Small irrigation"),
    ("31163", "Herds and pasture"),
    ("31220", "Community woodlots"),
    ("14030", "Village wells: 'clean water first'"),
    ("21020", "Rural road repair"),
    ("11220", "Primary school"),
    ("12230", "Health post"),
    ("16040", "Homes for returnees"),
    ("23630", "Power line"),
    ("43040", "Rural development"),
    ("15110", "Відновлення: local administration"),
]
PROJECT_COLUMNS = [
    "project_id", "location_id", "title", "sector_code", "status", "start_date", "end_date", "budget_usd",
    "funder", "implementer", "location_name", "admin_code", "location_class_code", "location_exactness_code",
    "is_point", "longitude", "latitude",
]  # fmt: skip
FUNDERS = ["Aldermoor Development Bank", "Fonds Tilleul", "Ährenfeld Cooperation", "Province budget"]
IMPLEMENTERS = ["Rowan Works", "Агро-Калина", "Coopérative Bruyère", "District office", "Linden Trust"]


def make_projects(terrain: Terrain, land: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return 60 activities: 36 at places (five at two), 19 known to an admin unit only, 5 without a place."""
    rng = generator("projects")
    centre = terrain.admin.to_crs(PLANE).representative_point().to_crs(DEGREES)
    built = land.geometry.representative_point()
    rows = []
    for i in range(60):
        sector, what = PROJECT_KINDS[int(rng.integers(len(PROJECT_KINDS)))]
        start = pd.Timestamp("2014-03-01") + pd.Timedelta(days=int(4_300 * rng.beta(1.5, 1)))
        end = start + pd.Timedelta(days=int(rng.integers(300, 1_500)))
        status = "pipeline" if start > pd.Timestamp("2024-02-01") else "closed" if end < AS_OF else "implementation"
        status = {11: "cancelled", 23: "suspended", 41: "finalisation"}.get(i, status)
        base = {
            "project_id": f"XM-SAMPLE-{i + 1:03d}", "sector_code": sector, "status": status,
            "start_date": start, "end_date": end, "budget_usd": float(round(rng.lognormal(12.6, 0.9), -3)),
            "funder": str(rng.choice(FUNDERS)), "implementer": str(rng.choice(IMPLEMENTERS)),
        }  # fmt: skip
        if i >= 55:
            rows.append(base | {"title": what, "location_id": base["project_id"], "is_point": False})
        elif i >= 36:
            pick = terrain.admin.index[terrain.admin["level"] == (3 if i >= 44 else 2)]
            unit = terrain.admin.loc[rng.choice(pick)]
            rows.append(base | _place(centre[unit.name], base, 1, f"{what}, {unit['name']}", unit, "1"))
        else:
            for k in range(2 if i < 5 else 1):
                near = built.iloc[int(rng.integers(len(built)))] if rng.uniform() < 0.75 else None
                town = terrain.settlements.iloc[int(rng.integers(len(terrain.settlements)))]
                spread = 150 if rng.uniform() < 0.5 else 900
                spot = town.geometry if near is None else translate(near, *rng.normal(0, spread, 2))
                spot = gpd.GeoSeries([spot], crs=PLANE).to_crs(DEGREES).iloc[0]
                inside = terrain.admin[(terrain.admin["level"] == 3) & terrain.admin.contains(spot)].iloc[0]
                rows.append(base | _place(spot, base, k + 1, f"{what}, {inside['name']}", inside,
                                          "2" if near is None else "3"))  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["title"] = frame.groupby("project_id")["title"].transform("first")
    return frame


def _place(spot: Point, base: dict[str, Any], k: int, title: str, unit: pd.Series, kind: str) -> dict[str, Any]:
    return {
        "location_id": f"{base['project_id']}/{k}", "title": title, "location_name": unit["name"],
        "admin_code": unit["admin_code"], "location_class_code": kind, "location_exactness_code": "1",
        "is_point": kind != "1", "longitude": round(spot.x, 5), "latitude": round(spot.y, 5),
    }  # fmt: skip


STATUS_CODES = {"pipeline": "1", "implementation": "2", "finalisation": "3", "closed": "4", "cancelled": "5",
                "suspended": "6"}  # fmt: skip


def projects_xml(projects: pd.DataFrame) -> bytes:
    """Return the projects as IATI 2.03 activities, elements in the order of its schema."""
    root = ET.Element("iati-activities", {"version": "2.03", "generated-datetime": "2026-01-05T00:00:00Z"})
    for _, places in projects.groupby("project_id", sort=True):
        one = places.iloc[0]
        about = {"default-currency": "USD", "xml:lang": "en", "last-updated-datetime": "2026-01-05T00:00:00Z"}
        activity = ET.SubElement(root, "iati-activity", about)
        ET.SubElement(activity, "iati-identifier").text = one["project_id"]
        _named(activity, "reporting-org", one["funder"], {"ref": "XM-SAMPLE", "type": "10"})
        _named(activity, "title", one["title"])
        _named(activity, "description", f"Synthetic activity: {one['title']}.", {"type": "1"})
        _named(activity, "participating-org", one["funder"], {"role": "1", "type": "10"})
        _named(activity, "participating-org", one["implementer"], {"role": "4", "type": "24"})
        ET.SubElement(activity, "activity-status", {"code": STATUS_CODES[one["status"]]})
        for kind, day in _activity_dates(one):
            ET.SubElement(activity, "activity-date", {"type": kind, "iso-date": f"{day:%Y-%m-%d}"})
        ET.SubElement(activity, "recipient-region", {"code": "998", "vocabulary": "1"})
        for place in places[places["longitude"].notna()].to_dict("records"):
            _location(activity, place)
        ET.SubElement(activity, "sector", {"vocabulary": "1", "code": one["sector_code"], "percentage": "100"})
        _commitments(activity, one)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _named(parent: ET.Element, tag: str, text: str, attributes: dict[str, str] | None = None) -> None:
    ET.SubElement(ET.SubElement(parent, tag, attributes or {}), "narrative").text = text


def _activity_dates(one: pd.Series) -> list[tuple[str, pd.Timestamp]]:
    """Planned dates (1, 3) for all, actual ones (2, 4) for what has begun or ended."""
    lag = pd.Timedelta(days=35)
    begun, ended = one["status"] not in ("pipeline", "cancelled"), one["status"] in ("closed", "finalisation")
    dates = [("1", one["start_date"] - lag if begun else one["start_date"])]
    if begun:
        dates.append(("2", one["start_date"]))
    dates.append(("3", one["end_date"] - lag if ended else one["end_date"]))
    return [*dates, ("4", one["end_date"])] if ended else dates


def _location(activity: ET.Element, place: dict[str, Any]) -> None:
    location = ET.SubElement(activity, "location", {"ref": place["location_id"]})
    _named(location, "name", place["location_name"])
    level = {2: "1", 4: "2", 6: "3"}[len(place["admin_code"])]
    ET.SubElement(location, "administrative", {"vocabulary": "A2", "level": level, "code": place["admin_code"]})
    point = ET.SubElement(location, "point", {"srsName": "http://www.opengis.net/def/crs/EPSG/0/4326"})
    ET.SubElement(point, "pos").text = f"{place['latitude']:.5f} {place['longitude']:.5f}"
    ET.SubElement(location, "exactness", {"code": place["location_exactness_code"]})
    ET.SubElement(location, "location-class", {"code": place["location_class_code"]})


def _commitments(activity: ET.Element, one: pd.Series) -> None:
    """Commit the budget in two transactions (type 2) that sum to it."""
    half = round(one["budget_usd"] * 0.4)
    for amount, day in (
        (half, one["start_date"]),
        (one["budget_usd"] - half, one["start_date"] + pd.Timedelta(days=200)),
    ):
        transaction = ET.SubElement(activity, "transaction")
        ET.SubElement(transaction, "transaction-type", {"code": "2"})
        ET.SubElement(transaction, "transaction-date", {"iso-date": f"{day:%Y-%m-%d}"})
        value = ET.SubElement(transaction, "value", {"currency": "USD", "value-date": f"{day:%Y-%m-%d}"})
        value.text = f"{amount:.0f}"
        _named(transaction, "provider-org", one["funder"])


DOING = {
    "farming": 0.36, "collecting": 0.2, "travelling": 0.16, "building": 0.05, "playing": 0.1,
    "clearance": 0.05, "unknown": 0.08,
}  # fmt: skip


def make_accidents(terrain: Terrain, events: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return 90 accidents in and near hazards, most of them before clearance; counts only."""
    rng = generator("accidents")
    shapes = events.drop_duplicates("area_id").dropna(subset="geometry").reset_index(drop=True)
    released = land.groupby("area_id")["day"].max()
    province = shapely.union_all(terrain.communes.geometry.to_numpy())
    rows = []
    while len(rows) < 90:
        one = shapes.iloc[int(rng.integers(len(shapes)))]
        spot = translate(one.geometry.representative_point(), *rng.normal(0, 160, 2))
        last = released.get(one["area_id"], AS_OF) if rng.uniform() < 0.93 else AS_OF
        day = pd.Timestamp("2009-01-01") + pd.Timedelta(days=int(5_900 * rng.beta(1, 1.9)))
        if day >= last or day > pd.Timestamp("2025-11-30") or not province.contains(spot):
            continue
        hurt = 1 + int(rng.poisson(0.35))
        killed = int(rng.binomial(hurt, 0.3))
        who = rng.multinomial(hurt, [0.16, 0.55, 0.08, 0.21])
        is_known = rng.uniform() < 0.88
        rows.append({
            "day": day, "killed_count": killed, "injured_count": hurt - killed,
            **dict(zip(["women_count", "men_count", "girls_count", "boys_count"],
                       (int(count) if is_known else None for count in who), strict=True)),
            "activity_code": str(rng.choice(list(DOING), p=list(DOING.values()))),
            "spot": spot,
        })  # fmt: skip
    frame = pd.DataFrame(sorted(rows, key=lambda row: row["day"]))
    points = gpd.GeoSeries(list(frame.pop("spot")), crs=PLANE).to_crs(DEGREES)
    frame.insert(0, "accident_id", [f"AC-{i:03d}" for i in range(1, len(frame) + 1)])
    frame.insert(1, "accident_date", frame.pop("day").dt.strftime("%Y-%m-%d"))
    counts = ["women_count", "men_count", "girls_count", "boys_count"]
    return frame.astype(dict.fromkeys(counts, "Int64")).assign(longitude=points.x.round(5), latitude=points.y.round(5))


WANTED = {
    "agriculture": 0.3, "agriculture_irrigated": 0.12, "grazing": 0.13, "housing": 0.12, "water": 0.12,
    "road": 0.09, "community": 0.08, "forest": 0.04,
}  # fmt: skip


def make_needs(terrain: Terrain, events: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what communes with hazards asked for, by rank."""
    rng = generator("needs")
    rows = []
    for code in sorted(events["admin_code"].dropna().unique()):
        if rng.uniform() < 0.1:
            continue
        wanted = rng.choice(list(WANTED), 3, replace=False, p=list(WANTED.values()))
        day = pd.Timestamp("2021-02-01") + pd.Timedelta(days=int(rng.integers(0, 1_500)))
        women, men = (int(count) for count in rng.poisson([17, 21]))
        for rank, use in enumerate(wanted[: int(rng.integers(2, 4))], 1):
            rows.append((f"N{len(rows) + 1:03d}", code, f"{day:%Y-%m-%d}", rank, str(use), women, men))
    names = [
        "need_id",
        "admin_code",
        "asked_date",
        "rank",
        "wanted_use_code",
        "women_consulted_count",
        "men_consulted_count",
    ]
    return pd.DataFrame(rows, columns=names)


def make_funding() -> pd.DataFrame:
    """Return yearly flows for mine action (DAC 15250) and for what follows it."""
    rng = generator("funding")
    rows = []
    for year in range(2013, 2026):
        for donor in DONORS:
            for channel in ("ngo", "un", "government", "commercial"):
                if rng.uniform() < 0.55:
                    continue
                code = f"SP{int(rng.integers(1, 7)):02d}" if rng.uniform() < 0.6 else None
                sector = str(rng.choice(["15250", "31120", "21020"], p=[0.75, 0.15, 0.1]))
                amount = round(float(rng.lognormal(12.4, 0.7)), -2)
                rows.append((f"F{len(rows) + 1:04d}", year, donor, channel, sector, code, amount))
    frame = pd.DataFrame(
        rows, columns=["flow_id", "year", "donor", "channel_code", "sector_code", "admin_code", "amount_usd"]
    )
    kinds = np.array(["commitment", "disbursement", None], dtype=object)
    return frame.assign(flow_type_code=generator("flow types").choice(kinds, len(frame), p=[0.4, 0.52, 0.08]))


def make_deflators() -> pd.DataFrame:
    """Return one deflator a year, 100 in 2025."""
    growth = generator("deflators").uniform(0.99, 1.05, 12)
    index = np.r_[1.0, np.cumprod(growth)]
    return pd.DataFrame({"year": range(2013, 2026), "deflator": (100 * index / index[-1]).round(2)})


def make_capacity() -> pd.DataFrame:
    """Return scores of two institutions by the generic checklist at two dates, some never given."""
    rng = generator("capacity")
    codes = [
        "legal_mandate", "national_standards", "accreditation_and_quality", "national_leadership", "national_budget",
        "national_strategy", "information_management", "data_sharing", "disaggregation", "priorities",
        "development_plans", "follow_up", "residual_response", "residual_plan",
    ]  # fmt: skip
    rows = []
    for institution in ("Mine action office of the province", "Civil protection of the province"):
        for code in codes:
            first = int(rng.integers(0, 3))
            for day, score in (("2019-06-30", first), ("2025-06-30", min(first + int(rng.integers(0, 3)), 4))):
                if rng.uniform() < 0.85:
                    rows.append((institution, code, score, min(first + 2, 4), day))
    return pd.DataFrame(rows, columns=["institution", "indicator_code", "score", "target", "assessed_date"])


def make_communities(terrain: Terrain) -> pd.DataFrame:
    """Return who lives in each commune and how many of them are poor; of two communes poverty is not known."""
    rng = generator("communities")
    units = terrain.admin[terrain.admin["level"] == 3].sort_values("admin_code")
    people = units["population_count"].to_numpy()
    poverty = np.clip(rng.beta(3, 6, len(units)) + 0.15 * (people < np.median(people)), 0, 0.95).round(3)
    poverty[rng.choice(len(units), 2, replace=False)] = np.nan
    return pd.DataFrame({
        "admin_code": units["admin_code"].to_numpy(), "people_count": people,
        "women_count": np.round(people * rng.uniform(0.49, 0.54, len(units))).astype(int), "poverty_share": poverty,
        "counted_date": "2021-11-01",
    })  # fmt: skip


def make_beneficiaries(land: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how many people were expected to benefit from about half of the releases, when these were released."""
    rng = generator("beneficiaries")
    rows = []
    for one in land[land["date_precision"] != "unknown"].itertuples():
        if rng.uniform() < 0.5:
            continue
        size = np.sqrt(one.geometry.area / 40_000)
        for kind, scale in (("direct", 4.0), ("indirect", 14.0)):
            if kind == "indirect" and rng.uniform() < 0.6:
                continue
            women, girls, men, boys = (
                int(count) for count in rng.poisson(np.array([1.0, 0.5, 1.1, 0.5]) * scale * size)
            )
            split = [women, girls, men, boys] if rng.uniform() < 0.8 else [None] * 4
            rows.append((one.event_id, "expected", kind, f"{one.day:%Y-%m-%d}", *split, women + girls + men + boys))
    names = ["release_id", "stage_code", "beneficiary_code", "counted_date", "women_count", "girls_count", "men_count",
             "boys_count", "people_count"]  # fmt: skip
    counts = dict.fromkeys([*names[4:]], "Int64")
    return pd.DataFrame(rows, columns=names).astype(counts)


def make_samples(land: gpd.GeoDataFrame, grid: Grid, cover: np.ndarray) -> pd.DataFrame:
    """Return places drawn at random on released land: what the map of 2024 says there, and what was found."""
    rng = generator("samples")
    old = land[land["day"] < "2024-01-01"].reset_index(drop=True)
    m2 = old.geometry.area.to_numpy()
    rows = []
    for i in rng.choice(len(old), 400, p=m2 / m2.sum()):
        west, south, east, north = old.geometry[i].bounds
        spot = Point(rng.uniform([west, south], [east, north]))
        while not old.geometry[i].contains(spot):
            spot = Point(rng.uniform([west, south], [east, north]))
        degrees = gpd.GeoSeries([spot], crs=PLANE).to_crs(DEGREES)[0]
        column, row = (int(np.floor(one)) for one in ~grid.transform * (degrees.x, degrees.y))
        use = str(old["use"][i]) if old["since"][i] < pd.Timestamp("2024-05-01") else "none"
        said = cover[row, column]
        if said:
            rows.append((MAPPED.get(int(said), "other"), MAPPED.get(COVER_OF_USE.get(use, 30), "other")))
    frame = pd.DataFrame(rows, columns=["map_class", "reference_class"])
    return frame.groupby(list(frame.columns)).size().rename("sample_count").reset_index()


MAPPED = {40: "agriculture", 50: "housing"}
"""Classes of the map that its legend knows the use of."""


def make_panel(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the share of each area that was green as a field is, year by year; clearance adds to it, as made here."""
    rng = generator("panel")
    areas = sorted({row["area_id"] for row in rows})
    last = {row["area_id"]: row["day"].year for row in rows if row["event"] in ("cleared", "reduced")}
    found = []
    for area in areas:
        level = rng.uniform(0.05, 0.35)
        for year in range(2013, 2026):
            gain = 0.12 if year > last.get(area, 9999) else 0.0
            value = level + 0.004 * (year - 2013) + gain + rng.normal(0, 0.03)
            if rng.uniform() > 0.03:
                found.append((area, year, round(min(max(value, 0.0), 1.0), 3)))
    return pd.DataFrame(found, columns=["area_id", "year", "value"])


def write_vector(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    """Write a GeoPackage whose time stamps are fixed."""
    path.unlink(missing_ok=True)
    frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio", VERSION="1.2")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8", date_format="%Y-%m-%d")


def make_sample(out: Path) -> None:
    """Write every data file of the sample into a folder."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-01-05T00:00:00.000Z"})
    terrain = make_terrain()
    people_grid, people = make_population(terrain)
    count_people(terrain, people_grid, people)
    rows = make_events(terrain)
    events, land = events_frame(rows), make_land(rows)
    write_vector(terrain.admin, out / "admin_areas.gpkg", "admin_areas")
    roads = terrain.roads.to_crs(DEGREES)
    write_vector(roads.set_geometry(rounded(roads.geometry.to_numpy(), 5), crs=DEGREES), out / "roads.gpkg", "roads")
    write_vector(add_event_defects(events), out / "events.gpkg", "events")
    write_vector(make_parcels(land, events, terrain), out / "land_use.gpkg", "land_use")
    people_grid.write(out / "population.tif", people, -99_999, 3)
    grid, maps = make_land_cover(terrain, events, land, people)
    for year, cells in maps.items():
        grid.write(out / f"landcover_{year}.tif", cells, 0, 1)
    write_csv(make_follow_ups(land), out / "follow_ups.csv")
    projects = make_projects(terrain, land)
    (out / "projects.xml").write_bytes(projects_xml(projects))
    write_csv(projects[PROJECT_COLUMNS], out / "projects.csv")
    write_csv(make_accidents(terrain, events, land), out / "accidents.csv")
    write_csv(make_needs(terrain, events), out / "needs.csv")
    write_csv(make_funding(), out / "funding.csv")
    write_csv(make_deflators(), out / "deflators.csv")
    write_csv(make_capacity(), out / "capacity.csv")
    write_csv(make_communities(terrain), out / "communities.csv")
    write_csv(make_beneficiaries(land), out / "beneficiaries.csv")
    write_csv(make_samples(land, grid, maps[2024]), out / "samples.csv")
    write_csv(make_panel(rows), out / "panel.csv")
    places = terrain.settlements.to_crs(DEGREES)
    places = places.assign(longitude=places.geometry.x.round(5), latitude=places.geometry.y.round(5))
    write_csv(pd.DataFrame(places.drop(columns="geometry")), out / "settlements.csv")


if __name__ == "__main__":
    make_sample(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
