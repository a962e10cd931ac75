"""Bad disks, crashes, and others at work on the same registry: nothing is lost, and nothing is half there."""

from __future__ import annotations

import json
import multiprocessing
import random
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from oracle_points import as_frame
from store_worker import SIZE, add_batches, add_until_full, rows_of, told_batches

from landrelease.errors import RegistryError
from landrelease.registry.store import Registry
from landrelease.registry.store.chain import GENESIS, Batch

# bad disks


def contents(address: Path) -> list[Any]:
    with Registry(address) as registry:
        return [registry._log.events(), registry._log.batches(), registry._log.set_aside()]


def outcome(path: Path, whole: list[Any]) -> str:
    """Say how a damaged file is answered: refused, found, or as if nothing were."""
    try:
        with Registry(path) as registry:
            if [registry._log.events(), registry._log.batches(), registry._log.set_aside()] == whole:
                return "the same"
            return "found" if registry.verify()["is_broken"].any() else "wrong"
    except RegistryError:
        return "refused"


@pytest.mark.parametrize("is_verified", [False, True])
def test_no_flipped_bit_changes_an_event_unseen(template, tmp_path, is_verified):
    path = tmp_path / "registry.gpkg"
    path.write_bytes(template.read_bytes())
    whole = contents(path)
    if is_verified:
        with Registry(path) as registry:
            registry.verify()
    data, rng = path.read_bytes(), random.Random(17)
    said = []
    bits = [(rng.randrange(len(data)), rng.randrange(8)) for _ in range(100)]
    bits += [(found.start(), 7) for found in re.finditer(b"reduced|office|lr_batch|UNIQUE", data)][:12]  # no text then
    for place, bit in bits:
        damaged = bytearray(data)
        damaged[place] ^= 1 << bit
        path.write_bytes(damaged)
        said.append(outcome(path, whole))
    assert "wrong" not in said
    assert {"the same", "refused"} <= set(said)


def test_a_truncated_file_is_refused(template, tmp_path):
    path = tmp_path / "registry.gpkg"
    data, rng = template.read_bytes(), random.Random(18)
    whole = contents(template)
    sizes = [rng.randrange(1, len(data)) for _ in range(25)] + list(range(4096, len(data), 16 * 4096))
    for size in sizes:
        path.write_bytes(data[:size])
        assert outcome(path, whole) == "refused", size


# other processes


@pytest.fixture(scope="module")
def others() -> Any:
    """Processes of their own, each a fork of one that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["landrelease.registry.store.store", "oracle_points", "psycopg"])
    return context


def is_whole(address: str, size: int = SIZE) -> list[int]:
    """Check that nothing is half there, and return the batches."""
    with Registry(address) as registry:
        assert registry.verify().empty
        batches = registry.batches()
        assert (batches["event_count"] == size).all()
        assert len(registry.events()) == size * len(batches)
    return batches["batch_id"].tolist()


def test_nothing_is_lost_or_half_there_after_a_kill(registry_at, others, tmp_path, backend):
    rng, told = random.Random(19), tmp_path / "told"
    for run in range(20 if backend == "geopackage" else 8):
        before = len(told_batches(told))
        child = others.Process(target=add_batches, args=(registry_at, f"r{run}", 1000, str(told)))
        child.start()
        while child.is_alive() and len(told_batches(told)) == before:
            child.join(0.01)
        child.join(rng.uniform(0, 0.2))
        child.kill()
        child.join()
        assert child.exitcode == -9
        assert set(told_batches(told)) <= set(is_whole(registry_at))
    with Registry(registry_at) as registry:
        assert registry.import_events(as_frame(rows_of("after")), source="S").new_count == SIZE


def test_a_kill_while_the_registry_is_made(others, another):
    rng = random.Random(20)
    for _ in range(5):
        address = another()
        child = others.Process(target=add_batches, args=(address, "r", 1, "/dev/null"))
        child.start()
        child.join(rng.uniform(0.02, 0.2))
        child.kill()
        child.join()
        if "://" not in address and Path(address).exists() and not Path(address).stat().st_size:
            # killed before the first write was whole: an empty file may also be one that was cut off, and is refused
            with pytest.raises(RegistryError, match="never begun"):
                Registry(address)
        else:
            assert len(is_whole(address)) <= 1


def test_writers_side_by_side(registry_at, others, tmp_path):
    told = [tmp_path / f"told{i}" for i in range(4)]
    children = [others.Process(target=add_batches, args=(registry_at, f"w{i}", 25, str(told[i]))) for i in range(4)]
    for child in children:
        child.start()
    while any(child.is_alive() for child in children):
        with Registry(registry_at) as registry:  # a reader never sees half a batch
            assert len(registry.events()) % SIZE == 0
        children[0].join(0.5)
    assert [child.exitcode for child in children] == [0] * 4
    batches = is_whole(registry_at)
    assert batches == list(range(1, 101))
    assert sorted(batch for one in told for batch in told_batches(one)) == batches
    with Registry(registry_at) as registry:
        ids = registry.events()["event_id"]
    assert set(ids) == {f"w{i}.{n}-{k}" for i in range(4) for n in range(25) for k in range(SIZE)}


def test_a_reader_sees_one_moment(copy):
    """What another adds between two reads of a check is not taken for damage."""
    with Registry(copy) as reader, Registry(copy) as writer:
        if "gpkg" in copy:
            writer._log._connection.execute("PRAGMA busy_timeout = 100")
        batches, added = reader._log.batches, []

        def later() -> list[Batch]:
            if not added:
                added.append(1)
                with suppress(RegistryError):  # the file is locked for a writer
                    writer.import_events(as_frame(rows_of("x")), source="S")
            return batches()

        reader._log.batches = later
        assert reader.verify().empty
        assert added


@pytest.mark.parametrize("room", [0, 1, 4096, 3 * 4096, 10 * 4096, 25 * 4096])
def test_a_full_disk(others, tmp_path, room):
    """No file may grow beyond a size: the import that needs more is undone, and says so."""
    path, told = tmp_path / "registry.gpkg", tmp_path / "told"
    add_batches(str(path), "before", 2, "/dev/null")
    child = others.Process(target=add_until_full, args=(str(path), "r", path.stat().st_size + room, str(told)))
    child.start()
    child.join()
    outcome = json.loads(told.read_text())
    assert "can not be written" in outcome["said"]
    assert "Nothing of this call was written" in outcome["said"]
    with Registry(path) as registry:
        assert registry.verify().empty
        batches = registry.batches()
        assert batches["batch_id"].tolist() == [1, 2, *outcome["batches"]]
        assert registry.import_events(as_frame(rows_of("after")), source="S").new_count == SIZE


@pytest.mark.parametrize("limit", [0, 1000, 4096, 5 * 4096])
def test_a_full_disk_when_the_registry_is_made(others, tmp_path, limit):
    path, told = tmp_path / "registry.gpkg", tmp_path / "told"
    child = others.Process(target=add_until_full, args=(str(path), "r", limit, str(told)))
    child.start()
    child.join()
    outcome = json.loads(told.read_text())
    assert "can not be" in outcome["said"]
    assert outcome["batches"] == []
    with Registry(path) as registry:
        assert registry.head == GENESIS
        assert registry.import_events(as_frame(rows_of("after")), source="S").new_count == SIZE
    assert len(is_whole(str(path))) == 1
