"""The live ranking in a real browser with the network off: it shows what Python makes of the weights that it saves."""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from opened import Opened as AnyPage

import landrelease as lr
from landrelease import cli
from landrelease.maps import live_ranking
from landrelease.priority import (
    Band,
    Criterion,
    PriorityClass,
    Ranking,
    Scheme,
    Threshold,
    explain,
    prioritise,
    read_scheme,
)

pytestmark = pytest.mark.browser
IDS = ["HA-10", "HA-9", "ha-9", "Ñ-1", "N-1", "ﬀ", "\U0001d4b3-1", "Đ 3", "ក", "0", "00", "-1"]
HOSTILE = [
    "<img src=x onerror=window.pwned=1>", "${window.pwned=1}", "a`b", "</script><script>window.pwned=1</script>",
    "{{ 7*7 }}", "{% set a=1 %}", "{# 12", "back\\slash\\u0041 \"quoted\"", "\u202eright to left",
    "\u0642\u0631\u064a\u0629", "&lt;b&gt;", "'\"><svg onload=window.pwned=1>", "zero\u200bwidth", "x" * 10_000,
    "two\nlines\x7f\x01",
]  # fmt: skip
STATE = """() => {
  const { found } = landrelease.livePage.now;
  const pick = (numbers) => found.order.map((row) => (Number.isNaN(numbers[row]) ? null : numbers[row]));
  return {
    area_id: found.order.map((row) => landrelease.liveData.ids[row]),
    score: pick(found.score), rank: pick(found.rank), low: pick(found.low), high: pick(found.high),
    best: pick(found.best), worst: pick(found.worst), text: landrelease.liveWeights.text(),
    said: found.order.map((row) => landrelease.explain(landrelease.liveData, landrelease.liveWeights.weights,
      landrelease.liveWeights.sequence, found, row).replace(/[\\u2068\\u2069]/g, "")),
  };
}"""


class Opened(AnyPage):
    """A live ranking that is open: its order, and the weights that it saves."""

    def __init__(self, browser: Any, path: Path):
        super().__init__(browser, path, (1200, 800))
        self.page.wait_for_selector("body.lr-ready")

    def settled(self) -> Any:
        """Wait until the page has followed the last step."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.page

    def rows(self) -> list[list[str]]:
        """Rank, area and score of the rows that are shown."""
        rows: list[list[str]] = self.settled().evaluate("""() => {
          const text = (row, name) => row.querySelector(`td.lr-${name}`).innerText.split('\\n')[0];
          const rows = [...document.querySelectorAll('.lr-order tbody tr')];
          return rows.map((row) => ['rank', 'area', 'score'].map((name) => text(row, name)));
        }""")
        return rows

    def saved(self, folder: Path) -> Scheme:
        with self.page.expect_download() as caught:
            self.page.click("text=Save the weights")
        path = folder / caught.value.suggested_filename
        caught.value.save_as(path)
        return read_scheme(path)


def squares(count: int) -> list[shapely.Polygon]:
    return [shapely.box(18 + 0.03 * i, 44, 18.02 + 0.03 * i, 44.02) for i in range(count)]


def areas_of(ids: list[str]) -> gpd.GeoDataFrame:
    cells = {
        "area_id": ids,
        "status": "open",
        "area_m2": 3.5e6,
        "admin_code": ["A", "B"] * (len(ids) // 2) + ["A"] * (len(ids) % 2),
    }
    return gpd.GeoDataFrame(cells, geometry=squares(len(ids)), crs=4326)


def units_of() -> gpd.GeoDataFrame:
    boxes = [shapely.box(17.9, 43.9, 18.2, 44.2), shapely.box(18.2, 43.9, 18.6, 44.2)]
    return gpd.GeoDataFrame(
        {"admin_code": ["A", "B"], "name": ["West", "East"], "level": [1, 1]}, geometry=boxes, crs=4326
    )


@pytest.fixture(scope="module")
def simple() -> tuple[pd.DataFrame, Scheme]:
    """Six areas of which different weights put different ones first; the order is easily seen by eye."""
    cells = {
        "area_id": [f"HA-{i}" for i in range(1, 7)],
        "people": [1000, 800, 600, 400, 200, 200],
        "road_m": [500, 500, 250, 100, 0, 0],
        "mines": [0, 0, 1, 0, 1, None],
    }
    criteria = (
        Criterion("people", 0, 1000, 0.5, unit="people"),
        Criterion("road_m", 0, 500, 0.3, more_is_urgent=False, unit="m"),
        Criterion("mines", 0, 1, 0.2, unit="yes/no"),
    )
    return pd.DataFrame(cells), Scheme("s", "Sample scheme", "Nobody", True, "", criteria)


@pytest.fixture
def simple_page(simple: tuple[pd.DataFrame, Scheme], tmp_path: Path) -> Path:
    table, scheme = simple
    path = tmp_path / "live.html"
    ranking = prioritise(table, scheme, missing="worst")
    page = live_ranking(
        ranking, areas=areas_of(list(table["area_id"])), scheme=scheme, admin_areas=units_of(), top=2, title="Workshop"
    )
    page.save(path)
    return path


def same(state: dict[str, Any], ranking: Ranking) -> None:
    """Compare what the page holds with what Python finds: order, ranks and scores to the last bit, and the words."""
    table = ranking.table
    assert state["area_id"] == table["area_id"].tolist()
    listed = lambda values: [None if pd.isna(one) else float(one) for one in values]  # noqa: E731
    assert state["score"] == listed(table["score"])
    assert state["rank"] == listed(table["rank"])
    if ranking.missing == "bounds":
        for key, name in (("low", "score_low"), ("high", "score_high"), ("best", "rank_best"), ("worst", "rank_worst")):
            assert state[key] == listed(table[name])
    assert state["said"][::5] == [explain(ranking, area_id) for area_id in table["area_id"][::5]]


# Random tables and random weights

MISSING = ["raise", "bounds", "worst", "best", "drop"]


def random_case(seed: int, missing: str) -> tuple[pd.DataFrame, Scheme]:
    """Return a table full of ties, ends, halves of the grid and unknown values, and a scheme of any kind."""
    random = np.random.default_rng(seed)
    n, m = int(random.integers(1, 60)), int(random.integers(1, 6))
    ids = random.permutation([*IDS, *(f"B-{i}" for i in range(60))])[:n]
    table = pd.DataFrame({"area_id": ids})
    criteria = []
    has_points = seed % 3 == 0
    for j in range(m):
        name = f"c{j}"
        kind = random.integers(0, 4)
        values = [
            random.integers(0, 4, n) / 3,  # ties, and thirds
            random.integers(-3, 14, n) / 10,  # beyond both ends
            random.normal(50, 40, n),
            (random.integers(0, 40, n) + 0.5) * 1e-12,  # halves of the grid on which scores are compared
        ][kind]
        if has_points and j % 2 == 0:
            values = random.integers(0, 6, n).astype("float64")
            high = None if j == 0 and missing not in ("best", "bounds") else 3.0
            criteria.append(Criterion(name, None, high, float(random.integers(0, 4)) + (j == 0), form="points"))
        else:
            low, high = (0.0, 100.0) if kind == 2 else (0.0, 1.0)
            unit = ["", "people", "share", "m"][random.integers(0, 4)]
            weight = float(random.random()) + 0.01
            criteria.append(Criterion(name, low, high, weight, bool(random.integers(0, 2)), unit=unit))
        if missing != "raise":
            values = np.where(random.random(n) < 0.2, np.nan, values)
        table[name] = values
        if seed % 4 == 1:  # who was asked
            for people in ("women", "men"):
                table[f"{name}_{people}_consulted_count"] = random.choice([0, 1, 7, 1200, np.nan], n)
    classes: tuple[PriorityClass, ...] = ()
    if seed % 2:
        table["tier"] = random.choice([0.0, 1.0, 2.0] if missing == "raise" else [0.0, 1.0, 2.0, np.nan], n)
        classes = (
            PriorityClass("A", (Threshold("tier", at_least=2, label="a school waits"),)),
            PriorityClass("B", (Threshold("tier", at_least=1),)),
            PriorityClass("C"),
        )
    bands = (Band("high", 0.8), Band("medium", 0.4)) if seed % 5 == 0 else ()
    return table, Scheme("r", "Random", "Nobody", False, "", tuple(criteria), {}, bands, "given", classes)


@pytest.mark.parametrize("missing", MISSING)
@pytest.mark.parametrize("seed", range(4))
def test_the_page_ranks_as_python_does(browser: Any, tmp_path: Path, seed: int, missing: str) -> None:
    table, scheme = random_case(100 * MISSING.index(missing) + seed, missing)
    ranking = prioritise(table, scheme, missing=missing)  # type: ignore[arg-type]
    live_ranking(ranking, scheme=scheme).save(tmp_path / "live.html")
    opened = Opened(browser, tmp_path / "live.html")
    same(opened.page.evaluate(STATE), ranking)
    random = np.random.default_rng(seed)
    m = len(scheme.criteria)
    for draw in range(4):
        if draw % 2:  # any doubles
            weights = (random.random(m) * 10.0 ** random.integers(-6, 4)).tolist()
            opened.page.evaluate("(weights) => { landrelease.liveWeights.weights = weights; }", weights)
        else:  # one slider after the other
            for j in range(m):
                opened.page.evaluate(
                    "([j, to]) => landrelease.liveWeights.rate(j, to)", [j, int(random.integers(0, 101))]
                )
        if not any(opened.page.evaluate("landrelease.liveWeights.weights")):
            continue
        opened.page.evaluate("landrelease.livePage.update()")
        state = opened.page.evaluate(STATE)
        (tmp_path / "weights.toml").write_text(state["text"], encoding="utf-8")
        again = read_scheme(tmp_path / "weights.toml")
        assert [one.column for one in again.criteria] == [one.column for one in scheme.criteria]
        same(state, prioritise(table, again, missing=missing))  # type: ignore[arg-type]
    opened.clean()


@pytest.mark.parametrize("weight", [0.1, 0.7, 1.0])
def test_scores_are_compared_on_the_grid_of_python(browser: Any, tmp_path: Path, weight: float) -> None:
    # ten weights of 0.1 sum to 1 if they are rounded once; scores half way between two steps go to the even one
    table = pd.DataFrame({"area_id": [f"A{k:03}" for k in range(400)]}).assign(**{f"c{j}": 0.0 for j in range(10)})
    table["c0"] = (np.arange(400) + 0.5) * 1e-11
    ranking = prioritise(table, [Criterion(f"c{j}", 0, 1, weight) for j in range(10)])
    assert ranking.table["rank"].duplicated().any()
    live_ranking(ranking).save(tmp_path / "live.html")
    opened = Opened(browser, tmp_path / "live.html")
    assert opened.page.evaluate(STATE)["rank"] == ranking.table["rank"].astype(float).tolist()
    for button, shown in (("Next", "51 to 100 of 400"), ("Before", "1 to 50 of 400")):
        opened.page.click(f"text={button}")
        opened.settled()
        assert opened.page.inner_text(".lr-turn span") == shown
    opened.clean()


def test_sums_of_weights_are_rounded_once(browser: Any, simple_page: Path) -> None:
    random = np.random.default_rng(3)
    lists = [(random.random(n) * 10.0 ** random.integers(-17, 17, n)).tolist() for n in range(1, 40)]
    lists += [[], [0.1] * 10, [1e16, 1.0, 1e-16], [1.0, 2.0**-53, 2.0**-106], [1.0, 2.0**-53], [2.0**53, 1.0, 2.0**-60]]
    opened = Opened(browser, simple_page)
    assert opened.page.evaluate("(lists) => lists.map(landrelease.exactSum)", lists) == [
        math.fsum(one) for one in lists
    ]
    opened.clean()


def test_numbers_are_said_as_python_says_them(browser: Any, simple_page: Path) -> None:
    random = np.random.default_rng(4)
    numbers = [0.125, 0.375, 2.5, 3.5, 0.5, 1234567.5, 0.005, 1e-5, 12.25, 99.95, 0.000123456, 1.0, 100.0, 0.1]
    numbers += (random.random(200) * 10.0 ** random.integers(-6, 6, 200)).tolist()
    opened = Opened(browser, simple_page)
    said = opened.page.evaluate(
        """(numbers) => numbers.map((x) =>
          [...[0, 1, 2, 3].map((d) => landrelease.fixedNumber(x, d)), landrelease.plainNumber(x, 3)])""",
        numbers,
    )
    assert said == [[*(f"{x:,.{d}f}" for d in range(4)), f"{x:.3g}"] for x in numbers]
    opened.clean()


# What people do on the page


def test_sliders_move_the_order_the_map_and_the_reasons(
    browser: Any, simple: tuple[pd.DataFrame, Scheme], simple_page: Path, tmp_path: Path
) -> None:
    table, _ = simple
    opened = Opened(browser, simple_page)
    page = opened.page
    assert opened.rows()[:2] == [["1", "HA-3", "0.650"], ["2", "HA-5", "0.600"]]  # by hand: 0.5 * 0.2 + 0.3 + 0.2
    page.click("text=HA-5")
    assert "HA-5 is rank 2 of 6 with a score of 0.60 of 1.00." in page.inner_text("#lr-why").replace(
        "\u2068", ""
    ).replace("\u2069", "")
    colour = """([lon, lat]) => {
      const map = Object.values(window).find((value) => value instanceof L.Map);
      const place = map.latLngToContainerPoint([lat, lon]);
      const box = map.getContainer().getBoundingClientRect();
      for (const tile of document.querySelectorAll('canvas.leaflet-tile')) {
        const at = tile.getBoundingClientRect();
        const [x, y] = [box.left + place.x - at.left, box.top + place.y - at.top];
        if (x < 0 || y < 0 || x >= at.width || y >= at.height) continue;
        const probe = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
        const brush = probe.getContext('2d', { willReadFrequently: true });
        brush.drawImage(tile, x, y, 1, 1, 0, 0, 1, 1);
        const pixel = [...brush.getImageData(0, 0, 1, 1).data];
        if (pixel[3] && Math.abs(pixel[0] - 255) > 2) return pixel.slice(0, 3);
      }
    }"""
    page.wait_for_selector("canvas.leaflet-tile-loaded", state="attached")
    fifth = [18.03 * 1 + 0.03 * 3 + 0.01, 44.01]
    assert page.evaluate(colour, fifth) == [0x00, 0x22, 0x4E]
    page.locator("#lr-weight-0").fill("100")
    page.locator("#lr-weight-1").fill("0")
    page.locator("#lr-weight-2").fill("0")
    assert [row[:2] for row in opened.rows()] == [
        ["1", "HA-1"], ["2", "HA-2"], ["3", "HA-3"], ["4", "HA-4"], ["5", "HA-5"], ["5", "HA-6"],
    ]  # fmt: skip
    assert page.evaluate(colour, fifth) == [0xBC, 0xAF, 0x6F]
    assert page.evaluate(colour, [18.01, 44.01]) == [0x00, 0x22, 0x4E]
    assert "rank 5 of 6, shared with 1 other area" in page.inner_text("#lr-why")
    assert page.inner_text("tr:has-text('HA-5') .lr-change") == "▼ 3"
    assert "In come HA-1, HA-2. Out go HA-3, HA-5." in page.inner_text(".lr-summary").replace("\u2068", "").replace(
        "\u2069", ""
    )
    saved = opened.saved(tmp_path)
    assert [one.weight for one in saved.criteria] == [1, 0, 0]
    assert (saved.title, saved.verified) == ("Sample scheme", False)
    found = prioritise(table, saved, missing="worst").table
    assert [row[1] for row in opened.rows()] == found["area_id"].tolist()
    page.click("text=Back to the start")
    assert opened.rows()[0] == ["1", "HA-3", "0.650"]
    assert opened.saved(tmp_path).verified
    opened.clean()


@pytest.mark.parametrize("missing", ["worst", "bounds"])
def test_weights_saved_on_the_page_of_the_command_and_given_back_to_it(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    programme = lr.sample_programme()
    first = lr.rank_programme(programme, out=tmp_path / "first", missing=missing, draws=20)
    assert first.live == tmp_path / "first" / "live_ranking.html"
    opened = Opened(browser, first.live)
    state = opened.page.evaluate(STATE)
    same(state, first.ranking)
    opened.page.check("label:has-text('weights') input")
    opened.page.locator("#lr-weight-5").fill("71")
    opened.settled()
    moved = opened.page.evaluate(STATE)
    assert moved["area_id"] != state["area_id"]
    opened.saved(tmp_path)
    opened.clean()
    given = ["rank", programme, "--out", tmp_path / "again", "--scheme", tmp_path / "weights.toml"]
    monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, given), "--missing", missing, "--draws", "20"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    with (tmp_path / "again" / "ranking.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    names = ["score", "rank"] + (["score_low", "score_high", "rank_best", "rank_worst"] if missing == "bounds" else [])
    keys = ["score", "rank", "low", "high", "best", "worst"]
    assert [row["area_id"] for row in found] == moved["area_id"]
    for key, name in zip(keys, names, strict=False):
        assert [float(row[name]) if row[name] else None for row in found] == moved[key], name


def test_all_weights_nought_decides_nothing(browser: Any, simple_page: Path) -> None:
    opened = Opened(browser, simple_page)
    for j in range(3):
        opened.page.locator(f"#lr-weight-{j}").fill("0")
    assert opened.rows() == []
    assert "All weights are 0" in opened.page.inner_text(".lr-weights")
    assert opened.page.is_disabled("text=Save the weights")
    opened.page.locator("#lr-weight-1").fill("7")
    assert opened.rows()[0][:2] == ["1", "HA-5"]
    opened.clean()


def test_an_order_by_dragging_and_by_keys(
    browser: Any, simple: tuple[pd.DataFrame, Scheme], simple_page: Path, tmp_path: Path
) -> None:
    table, _ = simple
    opened = Opened(browser, simple_page)
    page = opened.page
    page.check("text=only the order")
    names = lambda: [text.split("\n")[0] for text in page.locator(".lr-criteria label").all_inner_texts()]  # noqa: E731
    assert names() == ["people", "road m", "mines"]
    assert page.locator(".lr-criteria output").all_inner_texts() == ["61.1 %", "27.8 %", "11.1 %"]
    grip = page.locator(".lr-grip").nth(2).bounding_box()
    first = page.locator(".lr-criteria li").first.bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(grip["x"] + 5, first["y"] + 3, steps=6)
    page.mouse.up()
    assert names() == ["mines", "people", "road m"]
    page.get_by_label("More important: road m").focus()
    page.keyboard.press("Enter")
    assert names() == ["mines", "road m", "people"]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "More important: road m"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # already the first
    assert names() == ["road m", "mines", "people"]
    saved = opened.saved(tmp_path)
    assert saved.weights == "order"
    assert [one.column for one in saved.criteria] == ["road_m", "mines", "people"]
    ranking = prioritise(table, saved, missing="worst")
    same(opened.settled().evaluate(STATE), ranking)
    page.check("label:has-text('weights') input")
    same(opened.settled().evaluate(STATE), prioritise(table, opened.saved(tmp_path), missing="worst"))
    assert page.locator("#lr-weight-1").input_value() == "61"
    opened.clean()


def test_units_instead_of_places(browser: Any, simple: tuple[pd.DataFrame, Scheme], tmp_path: Path) -> None:
    table, scheme = simple
    ranking = prioritise(table, scheme, missing="worst")
    page = live_ranking(ranking, areas=areas_of(list(table["area_id"])), admin_areas=units_of(), hazards="admin", top=2)
    page.save(tmp_path / "live.html")
    opened = Opened(browser, tmp_path / "live.html")
    assert "Internal use" not in opened.page.inner_text("body")
    counts = lambda: opened.settled().evaluate("""() => {
      const layer = Object.values(window).find((value) => value && value.header && value.classes);
      return [layer.columns.find((one) => one.name === 'name'), layer.classes[0]].map((one, k) =>
        [0, 1].map((row) => (k ? one[row] : one.value(row))));
    }""")  # noqa: E731
    names, shades = counts()
    assert dict(zip(names, shades, strict=True)) == {"West": 2, "East": 0}  # HA-5 and HA-3 are first, both in the west
    opened.page.fill("#lr-top", "4")  # HA-1 in the west, HA-4 in the east
    names, shades = counts()
    assert dict(zip(names, shades, strict=True)) == {"West": 2, "East": 1}
    # a unit tells its share of the first, and a click lists its areas
    opened.page.mouse.move(*opened.point(18.3, 44.1))
    assert opened.page.inner_text(".lr-tip") == "East\n1 of the first 4; 3 in the ranking"
    opened.page.mouse.click(*opened.point(18.3, 44.1))
    assert [row[1] for row in opened.rows()] == ["HA-4", "HA-2", "HA-6"]
    opened.clean()


def test_hostile_texts_are_shown_as_they_are(browser: Any, tmp_path: Path) -> None:
    n = len(HOSTILE)
    table = pd.DataFrame({"area_id": HOSTILE, "a": np.arange(n) / n, "b": [None, *np.arange(n - 1) / n], "tier": 0.0})
    criteria = (
        Criterion("a", 0, 1, 0.5, label=HOSTILE[0], unit=HOSTILE[3]),
        Criterion("b", 0, 1, 0.5, label=HOSTILE[1], unit=HOSTILE[8]),
    )
    classes = (
        PriorityClass(HOSTILE[3], (Threshold("tier", at_least=1, label=HOSTILE[4]),)),
        PriorityClass(HOSTILE[11]),
    )
    scheme = Scheme(
        HOSTILE[7],
        HOSTILE[14],
        HOSTILE[12],
        False,
        HOSTILE[13],
        criteria,
        {},
        (Band(HOSTILE[2], 0.5),),
        "given",
        classes,
    )
    areas = areas_of(HOSTILE).assign(operator=HOSTILE, **{HOSTILE[4]: HOSTILE})
    units = units_of().assign(name=[HOSTILE[0], HOSTILE[9]])
    ranking = prioritise(table, scheme, missing="worst")
    page = live_ranking(
        ranking, areas=areas, scheme=scheme, admin_areas=units, columns=["operator", HOSTILE[4]], title=HOSTILE[3]
    )
    page.save(tmp_path / "live.html")
    opened = Opened(browser, tmp_path / "live.html")
    shown = opened.page.evaluate(
        "[...document.querySelectorAll('.lr-order tbody button')].map((one) => one.textContent)"
    )
    assert sorted(shown) == sorted(HOSTILE)
    assert opened.page.evaluate("document.querySelector('h1').textContent") == HOSTILE[3]
    for row in range(n):
        opened.page.evaluate("(row) => landrelease.livePage.select(row)", row)
        area_id = opened.page.evaluate("(row) => landrelease.liveData.ids[row]", row)
        text = (
            opened.page.evaluate("document.getElementById('lr-why').textContent")
            .replace("\u2068", "")
            .replace("\u2069", "")
        )
        assert text.count(area_id) >= 3  # the head, the sentence, the fact
        assert explain(ranking, area_id) in text
    for width in (1200, 390):
        opened.page.set_viewport_size({"width": width, "height": 844})
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    opened.page.evaluate("document.body.dataset.part = 'weights'")
    saved = opened.saved(tmp_path)
    assert (saved.name, saved.title, saved.source, saved.note) == (
        scheme.name,
        scheme.title,
        scheme.source,
        scheme.note,
    )
    assert (saved.criteria, saved.classes, saved.bands) == (scheme.criteria, scheme.classes, scheme.bands)
    opened.clean()


def test_an_empty_ranking_opens(browser: Any, simple: tuple[pd.DataFrame, Scheme], tmp_path: Path) -> None:
    table, scheme = simple
    live_ranking(prioritise(table.iloc[:0], scheme)).save(tmp_path / "live.html")
    opened = Opened(browser, tmp_path / "live.html")
    assert opened.rows() == []
    assert "No area" in opened.page.inner_text(".lr-order")
    opened.clean()
