"""Texts that a page must show as they are and never run, and maps that have them at every door."""

from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import shapely

TEXTS = {
    "markup": "<img src=x onerror=window.pwned=1>",
    "event": "'\"><svg onload=window.pwned=1>",
    "closing tag": "</script><script>window.pwned=1</script>",
    "closing style": "</style></textarea></title><b>x",
    "comment": "<!-- --> ]]> <!--<script>",
    "literal": "${window.pwned=1}",
    "backtick": "a`b`;window.pwned=1;`",
    "backslash": "back\\slash\\u0041\\",
    "template": "{{ 7*7 }}",
    "statement": "{% set a=1 %}",
    "template comment": "{# 12",
    "undefined": "{{ nobody.knows.this }}",
    "entity": "&lt;b&gt; &#123;",
    "address": "javascript:window.pwned=1",
    "override": "\u202eright to left\u202c",
    "isolate": "\u2067never ended",
    "zero width": "zero\u200bwidth\u200d\ufeff",
    "separators": "line\u2028paragraph\u2029",
    "surrogate": "lone \ud800 surrogate",
    "script": "\u0642\u0631\u064a\u0629 \u1797\u17bc\u1798\u17b7",
    "placeholder": "{count} {name} {0}",
    "own word": "Internal use: shows exact uncleared land",
    "prototype": "__proto__",
    "long": "<b>" + "long " * 2000,
}
ALL = list(TEXTS.values())
VALUES = pd.Series(ALL, dtype="object")
"""As a column: one of strings can not hold a lone surrogate, one of objects can."""
NAMES = [text for text in ALL if "\ud800" not in text]
"""Those that can be the name of a column."""


def as_shown(text):
    """What a page can show of it: a lone surrogate is no character."""
    return text.replace("\ud800", "\ufffd")


DAY = pd.Timestamp("2020-02-02")
SHOWN = [as_shown(text) for text in ALL]


def frames():
    """Tables with every hostile text as id, name, code, value, column and unit; one row each."""
    n = len(ALL)
    x = [18 + i / 40 for i in range(n)]

    def squares(south):
        return [shapely.box(left, south, left + 0.02, south + 0.02) for left in x]

    extra = dict.fromkeys(NAMES, VALUES)
    areas = gpd.GeoDataFrame(
        {"area_id": VALUES, "status": VALUES, "hazard_class": VALUES, "contamination_code": VALUES, "area_m2": 1e6,
         **extra},
        geometry=squares(44), crs=4326,
    )  # fmt: skip
    releases = gpd.GeoDataFrame(
        {"release_id": VALUES, "verdict": VALUES, "conflict": VALUES, "area_m2": 1.0, "release_date": DAY},
        geometry=squares(44.05), crs=4326,
    )  # fmt: skip
    projects = gpd.GeoDataFrame(
        {"title": VALUES, "project_id": VALUES, "location_id": VALUES, "is_point": True},
        geometry=[shapely.Point(left + 0.01, 44.11) for left in x], crs=4326,
    )  # fmt: skip
    units = gpd.GeoDataFrame(
        {"admin_code": VALUES, "name": VALUES, "`${window.pwned=1}_m2": 1.0},
        geometry=[shapely.box(left, 43.9, left + 1 / 40, 44.2) for left in x], crs=4326,
    )  # fmt: skip
    return SimpleNamespace(areas=areas, releases=releases, projects=projects, units=units)


def ranking():
    """A ranking whose criteria, columns and units are hostile."""
    table = pd.DataFrame({"area_id": SHOWN, "score": 0.5, "rank": range(1, len(ALL) + 1), "priority_class": SHOWN})
    parts = pd.DataFrame({"area_id": SHOWN, **dict.fromkeys(NAMES, 0.1)})
    criteria = [SimpleNamespace(column=text, label=text, unit=text, weight=0.1) for text in NAMES]
    return SimpleNamespace(table=table, contributions=parts, criteria=criteria)
