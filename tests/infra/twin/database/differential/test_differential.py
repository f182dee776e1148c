"""Seeded operations on the twin's database and on a third-party emulator, through the genuine SDK."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import uvloop
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from tests.database import EMULATOR_KEY, DatabaseProcess, DatabaseServer
from tests.infra.twin.database.differential.differences import allowed
from tests.infra.twin.database.differential.generator import Generator, Operation
from tests.infra.twin.database.differential.sides import Outcome, Side

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning"),  # azure-cosmos does
]

SEEDS = tuple(os.environ.get("SEATRIAL_DIFFERENTIAL_SEEDS", "20261121,4").split(","))
OPERATIONS = int(os.environ.get("SEATRIAL_DIFFERENTIAL_OPERATIONS", "5200"))
LANES = 8
COMPOSITE = [
    [{"path": "/kind", "order": "ascending"}, {"path": "/seq", "order": "descending"}],
    [{"path": "/n", "order": "descending"}, {"path": "/seq", "order": "ascending"}],
]
POLICY = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}],
    "compositeIndexes": COMPOSITE,
}


@asynccontextmanager
async def _sides(
    twin: DatabaseServer, emulator: DatabaseServer
) -> AsyncIterator[tuple[DatabaseProxy, DatabaseProxy]]:
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(twin.database()),
            await stack.enter_async_context(emulator.database()),
        )


async def _container(database: DatabaseProxy, name: str) -> ContainerProxy:
    key = PartitionKey("/pk")
    return await database.create_container(name, partition_key=key, indexing_policy=POLICY, default_ttl=-1)


class Lane:
    """One container on both sides; operations in it follow each other."""

    def __init__(self, name: str, seed: str, sides: tuple[Side, Side]) -> None:
        self._name = name
        self._generator = Generator(f"{seed}/{name}")
        self._sides = sides
        self.kinds: Counter[str] = Counter()
        self.listed: Counter[str] = Counter()
        self.unlisted: list[str] = []

    async def run(self, count: int) -> None:
        for number, operation in enumerate(self._generator.operations(count)):
            ours, theirs = await asyncio.gather(*(side.apply(operation) for side in self._sides))
            self.kinds[operation.kind] += operation.size
            if ours != theirs:
                self._note(number, operation, ours, theirs)
                await asyncio.gather(*(side.forget(operation) for side in self._sides))

    def _note(self, number: int, operation: Operation, ours: Outcome, theirs: Outcome) -> None:
        difference = allowed(operation, ours, theirs)
        if difference is not None:
            self.listed[difference] += 1
            return
        self.unlisted.append(f"{self._name} #{number}: {operation}\n  ours:   {ours!r}\n  theirs: {theirs!r}")


async def _lanes(databases: tuple[DatabaseProxy, DatabaseProxy], seed: str) -> list[Lane]:
    lanes = []
    for number in range(LANES):
        ours, theirs = [Side(await _container(database, f"lane-{number}")) for database in databases]
        lanes.append(Lane(f"lane-{number}", seed, (ours, theirs)))
    return lanes


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


async def _compared(seed: str, state: Path) -> list[Lane]:
    process = DatabaseProcess(state)
    emulator = DatabaseServer(os.environ["SEATRIAL_COSMOS_EMULATOR"], EMULATOR_KEY, None)
    try:
        async with _sides(process.server, emulator) as databases:
            lanes = await _lanes(databases, seed)
            await asyncio.gather(*(lane.run(OPERATIONS // LANES) for lane in lanes))
    finally:
        process.stop()
    return lanes


@pytest.mark.parametrize("seed", SEEDS)
def test_both_databases_answer_alike(
    seed: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    lanes = uvloop.run(_compared(seed, tmp_path))
    kinds = sum((lane.kinds for lane in lanes), Counter[str]())
    listed = sum((lane.listed for lane in lanes), Counter[str]())
    summary = f"differential test, seed {seed}: {kinds.total()} operations ({_told(kinds)})"
    record_property("note", f"{summary}; listed differences met: {_told(listed)}")
    unlisted = [text for lane in lanes for text in lane.unlisted]
    assert not unlisted, f"{len(unlisted)} differences that no list allows:\n" + "\n".join(unlisted[:10])
    assert kinds.total() >= OPERATIONS - LANES
