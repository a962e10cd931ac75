"""Registries to test on: the same tests run on a GeoPackage file and on PostgreSQL with PostGIS."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from oracle_points import as_frame, event, rect
from shapely import Polygon

from landrelease.registry.store import Registry, append


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A connection to the server of LANDRELEASE_POSTGRES, or skip where none is named; in CI that is a failure."""
    url = os.environ.get("LANDRELEASE_POSTGRES")
    if not url:
        reason = "no PostgreSQL: set LANDRELEASE_POSTGRES to its address, such as .ci/postgres prints it"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        yield connection


@pytest.fixture
def postgis(postgres: Any) -> Iterator[Callable[[], str]]:
    """Make addresses of empty schemas, each a database to a registry, and drop them afterwards."""
    made: list[str] = []

    def schema() -> str:
        made.append(f"lr_test_{uuid4().hex[:12]}")
        postgres.execute(f"CREATE SCHEMA {made[-1]}")
        url = os.environ["LANDRELEASE_POSTGRES"]
        return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{made[-1]},public&application_name={made[-1]}"

    yield schema
    for name in made:
        postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", (name,))
        postgres.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture(params=["geopackage", pytest.param("postgis", marks=pytest.mark.postgis)])
def backend(request: pytest.FixtureRequest) -> str:
    """Name of the store that a test runs on."""
    return str(request.param)


@pytest.fixture
def another(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Make addresses of registries that are not there yet."""
    if backend == "postgis":
        return request.getfixturevalue("postgis")
    return lambda: str(tmp_path / f"registry-{uuid4().hex[:12]}.gpkg")


@pytest.fixture
def registry_at(another: Callable[[], str]) -> str:
    """Address of a registry that is not there yet."""
    return another()


@pytest.fixture
def opened() -> Iterator[Callable[..., Registry]]:
    """Open registries that are closed at the end of the test."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(Registry(*args, **kwargs))


@pytest.fixture
def registry(registry_at: str, opened: Callable[..., Registry]) -> Registry:
    """An empty registry."""
    return opened(registry_at)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the clock of the registry; at first it is the first day of 2024."""
    at = [datetime(2024, 1, 1)]
    monkeypatch.setattr(append, "now", lambda: at[0])

    def set_to(moment: str) -> None:
        at[0] = datetime.fromisoformat(moment)

    return set_to


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of three batches with events, voids, and rows in quarantine and in conflict."""
    path = tmp_path_factory.mktemp("template") / "registry.gpkg"
    crossed = Polygon([(1e6, 1e5), (1e6 + 9, 1e5 + 9), (1e6 + 9, 1e5), (1e6, 1e5 + 9)])
    first = [
        event("1", "A", "suspected", "2020-01-01", rect(0, 0, 100, 100), operator="one", accuracy_m=5),
        event("2", "A", "reduced", "2021-06-01", rect(0, 0, 50, 100), recorded_at="2021-07-01", revision="1"),
        event("3", "B", "confirmed", "2021-01-01", crossed, parent_id="A", reported_area_m2=40),
        event("8", "A", "cleared", "2022-01-01", Polygon()),
    ]
    with Registry(path) as registry:
        registry.import_events(as_frame(first), source="S", profile="p", actor="office")
        second = [first[0] | {"operator": "x"}, first[1] | {"revision": "2"}, event("9", "A", "gone", None, crossed)]
        registry.import_events(as_frame(second), source="S")
        registry.void("3", reason="wrong", actor="office")
        assert [len(registry.events()), len(registry.quarantine()), len(registry.conflicts())] == [6, 2, 1]
    return path


@pytest.fixture
def copy(template: Path, another: Callable[[], str]) -> str:
    """Address of a registry of its own like the template."""
    address = another()
    with Registry(template) as registry:
        registry.backup(address)
    return address
