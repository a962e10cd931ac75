"""The house stands: imports point down only, the package loads quickly, and public functions are explained."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import landrelease

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "landrelease"
# each line may import from the lines above it; rooms on one line do not import each other
LAYERS = [
    ("errors",),
    ("geometry",),
    ("cells", "put", "said"),
    ("tables",),
    ("checks",),
    ("rules",),
    ("read",),
    ("match",),
    ("registry",),
    ("outcomes", "priority", "linkage"),
    ("maps",),
    ("report", "scale"),
    ("job",),
    ("cli",),
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
HEAVY = (
    "folium",
    "matplotlib",
    "dask",
    "distributed",
    "sqlalchemy",
    "jinja2",
    "branca",
    "exactextract",
    "rasterio",
    "openpyxl",
    "docx",
    "lxml",
    "numba",
)
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(module: Path) -> str:
    return module.parts[0].removesuffix(".py")


def rooms_imported(module: Path) -> set[str]:
    """Rooms that a module imports, at its top or within a function."""
    here = ["landrelease", *module.with_suffix("").parts]
    rooms = set()
    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) - node.level] if node.level else []
            whole = ".".join([*start, *([node.module] if node.module else [])])
            names = [f"{whole}.{one.name}" for one in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "landrelease":
                rooms.add(parts[1] if len(parts) > 1 else "")
    return rooms


def test_every_module_has_a_layer():
    assert {room_of(module) for module in MODULES} <= set(LEVEL)


@pytest.mark.parametrize("module", MODULES, ids=[str(module) for module in MODULES])
def test_imports_point_down(module):
    room = room_of(module)
    for other in rooms_imported(module) - {room}:
        # a file that is run by name may ask for the version
        if other in LEVEL:
            assert LEVEL[other] < LEVEL[room], f"{module} imports from '{other}', which stands above or beside it"
        else:
            assert other in ("__version__", ""), f"{module} imports '{other}' from the package itself"


def test_importing_the_package_loads_no_heavy_library():
    code = f"import sys, landrelease; print([one for one in {HEAVY!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there():
    assert landrelease.__all__ == sorted(landrelease.__all__)
    assert all(getattr(landrelease, name) is not None for name in landrelease.__all__)
    assert set(dir(landrelease)) == set(landrelease.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'raed'"):
        landrelease.raed  # noqa: B018


WITHOUT_EXAMPLE = {"plan_programme", "rank_programme", "report_programme", "run"}
"""A whole programme takes longer than a doctest may; the examples and the README run it."""
FUNCTIONS = [name for name in landrelease.__all__ if inspect.isfunction(getattr(landrelease, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_is_explained(name):
    function = getattr(landrelease, name)
    text = inspect.getdoc(function) or ""
    headings = {
        line for line, rule in zip(text.splitlines(), text.splitlines()[1:], strict=False) if set(rule) == {"-"}
    }
    signature = inspect.signature(function)
    wanted = {"Examples"} if name not in WITHOUT_EXAMPLE else set()
    wanted |= {"Parameters"} if signature.parameters else set()
    wanted |= {"Returns"} if signature.return_annotation not in (None, "None") and signature.parameters else set()
    assert wanted <= headings
    assert ">>>" in text or name in WITHOUT_EXAMPLE
    assert text.splitlines()[0].endswith(".")
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.name in text
        assert parameter.kind is not parameter.VAR_POSITIONAL


@pytest.mark.parametrize("name", FUNCTIONS)
def test_options_are_given_by_name(name):
    """Data and the id or table that says what is asked may stand alone; all that has a default is named."""
    for parameter in inspect.signature(getattr(landrelease, name)).parameters.values():
        if parameter.default is not parameter.empty:
            assert parameter.kind is parameter.KEYWORD_ONLY, f"{name}({parameter.name}=...)"
        assert len(parameter.name) > 1
