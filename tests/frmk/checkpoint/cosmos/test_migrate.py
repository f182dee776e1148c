"""Threads that langchain-azure-cosmosdb wrote, imported: genuine documents, recorded (official/record.py)."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from langgraph.types import Command

from frmk.checkpoint.cosmos import CosmosSaver
from frmk.checkpoint.cosmos.encryption import AesGcmCipher
from frmk.checkpoint.cosmos.migrate import ThreadReport, import_threads, importing_saver
from tests.database import DatabaseServer
from tests.frmk.checkpoint.cosmos.official.graphs import asking
from tests.frmk.checkpoint.cosmos.official.imported import STORED, differences

OFFICIAL = Path(__file__).parent / "official"
RECORDED = json.loads((OFFICIAL / "recorded.json").read_text())
THREADS = sorted({lane["thread_id"] for lane in RECORDED["read_by_the_official_saver"]})


async def container_with(database: DatabaseProxy, documents: list[dict[str, Any]]) -> ContainerProxy:
    source = await database.create_container("official", PartitionKey("/partition_key"))
    for document in documents:
        await source.create_item(document)
    return source


@pytest.fixture
async def source(cosmos_database: DatabaseProxy) -> ContainerProxy:
    return await container_with(cosmos_database, RECORDED["documents"])


async def reports(source: ContainerProxy, target: CosmosSaver, **options: Any) -> dict[str, ThreadReport]:
    return {report.thread_id: report async for report in import_threads(source, target, **options)}


async def scanned(container: ContainerProxy) -> list[dict[str, Any]]:
    return [document async for document in container.query_items("SELECT * FROM c")]


def unstamped(documents: list[dict[str, Any]]) -> list[str]:
    return sorted(
        json.dumps(
            {name: part for name, part in document.items() if not name.startswith("_")}, sort_keys=True
        )
        for document in documents
    )


async def test_everything_comes_over_as_the_official_saver_reads_it(
    source: ContainerProxy, container: ContainerProxy
) -> None:
    found = await reports(source, importing_saver(container))
    assert sorted(found) == THREADS
    kinds = Counter(document["id"].partition("$")[0] for document in RECORDED["documents"])
    assert sum(report.checkpoints_imported for report in found.values()) == kinds["checkpoint"]
    assert sum(report.writes_imported for report in found.values()) == kinds["writes"]
    assert all(report.error is None and not report.writes_without_checkpoint for report in found.values())
    assert await differences(RECORDED["read_by_the_official_saver"], container) == []


async def test_an_import_done_again_changes_nothing(
    source: ContainerProxy, container: ContainerProxy
) -> None:
    await reports(source, importing_saver(container))
    before = await scanned(container)
    again = await reports(source, importing_saver(container))
    assert {(r.checkpoints_imported, r.writes_imported) for r in again.values()} == {(0, 0)}
    assert sorted(document["_etag"] for document in await scanned(container)) == sorted(
        document["_etag"] for document in before
    )


class StoppedError(Exception):
    pass


class StoppingSaver(CosmosSaver):
    """Die at one of the requests that write."""

    left = 0

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoppedError

    async def aput(self, *args: Any, **options: Any) -> Any:
        self._count()
        return await super().aput(*args, **options)

    async def aput_writes(self, *args: Any, **options: Any) -> None:
        self._count()
        await super().aput_writes(*args, **options)


async def test_an_import_that_was_interrupted_goes_on(
    source: ContainerProxy, cosmos_database: DatabaseProxy, container: ContainerProxy
) -> None:
    for stop_after in (1, 2, 4):
        saver = StoppingSaver(container, serde=importing_saver(container).serde, guard_turns=False)
        saver.left = stop_after
        stopped = await reports(source, saver, threads=["chat:1"])
        assert "StoppedError" in str(stopped["chat:1"].error)
    done = await reports(source, importing_saver(container), threads=["chat:1"])
    assert done["chat:1"].error is None
    other = await cosmos_database.create_container("other", PartitionKey("/pk"))
    await reports(source, importing_saver(other), threads=["chat:1"])
    assert unstamped(await scanned(container)) == unstamped(await scanned(other))


async def test_a_dry_run_says_the_same_and_writes_nothing(
    source: ContainerProxy, container: ContainerProxy
) -> None:
    dry = await reports(source, importing_saver(container), dry_run=True)
    assert await scanned(container) == []
    assert dry == await reports(source, importing_saver(container))


async def test_one_thread_by_name(source: ContainerProxy, container: ContainerProxy) -> None:
    found = await reports(source, importing_saver(container), threads=["nested", "nobody", "nested"])
    assert found["nested"].namespaces == 2
    assert "no checkpoint of this thread" in str(found["nobody"].error)
    assert {document["pk"] for document in await scanned(container)} == {"nested"}


async def test_a_broken_thread_is_reported_and_the_others_go_on(
    cosmos_database: DatabaseProxy, container: ContainerProxy
) -> None:
    broken = [dict(document) for document in RECORDED["documents"]]
    hit = [d for d in broken if d["id"].startswith("checkpoint$asking$")]
    hit[0]["checkpoint"] = base64.b64encode(b"\xc1 no msgpack").decode()
    del next(d for d in broken if d["id"].startswith("writes$failing$"))["value"]
    source = await container_with(cosmos_database, broken)
    found = await reports(source, importing_saver(container))
    assert {thread for thread, report in found.items() if report.error} == {"asking", "failing"}
    assert "KeyError 'value'" in str(found["failing"].error)
    assert found["chat:1"].checkpoints_imported == 8


async def test_writes_of_a_checkpoint_that_is_gone_are_counted(
    cosmos_database: DatabaseProxy, container: ContainerProxy
) -> None:
    gone = min(d["id"] for d in RECORDED["documents"] if d["id"].startswith("checkpoint$chat:1$$"))
    lost = sum(d["id"].startswith(f"writes{gone.removeprefix('checkpoint')}$") for d in RECORDED["documents"])
    source = await container_with(cosmos_database, [d for d in RECORDED["documents"] if d["id"] != gone])
    found = await reports(source, importing_saver(container), threads=["chat:1"])
    assert found["chat:1"].writes_without_checkpoint == lost > 0


async def test_classes_that_are_not_installed_here_come_over_untouched(
    source: ContainerProxy, container: ContainerProxy
) -> None:
    await reports(source, importing_saver(container), threads=["chat:1"])
    latest = await CosmosSaver(container, serde=STORED).aget_tuple(
        {"configurable": {"thread_id": "chat:1", "checkpoint_ns": ""}}
    )
    assert latest is not None
    _, _, trip = latest.checkpoint["channel_values"]["trip"]
    module, name, arguments, *_ = ormsgpack.unpackb(trip)
    assert (module, name, arguments) == ("__main__", "Trip", {"city": "Lisbon", "nights": 3})


async def test_an_imported_thread_can_be_sealed(source: ContainerProxy, container: ContainerProxy) -> None:
    cipher = AesGcmCipher({"k": b"k" * 32}, seal_with="k")
    await reports(source, importing_saver(container, cipher=cipher))
    assert all(
        document["data"]["sealed"] for document in await scanned(container) if document["kind"] != "chunk"
    )
    sealed = CosmosSaver(container, cipher=cipher)
    state = await sealed.aget_tuple({"configurable": {"thread_id": "nested", "checkpoint_ns": ""}})
    assert state is not None
    assert state.checkpoint["channel_values"]["log"] == ["asked", "asked", "searched"]


async def test_an_imported_thread_goes_on_where_it_waited(
    source: ContainerProxy, container: ContainerProxy
) -> None:
    await reports(source, importing_saver(container), threads=["asking"])
    graph = asking(CosmosSaver(container))
    place = {"configurable": {"thread_id": "asking"}}
    waiting = await graph.aget_state(place)
    assert [found.value for found in waiting.interrupts] == [{"question": "Book it?"}]
    assert await graph.ainvoke(Command(resume="yes"), place) == {"messages": [], "log": ["asked", "yes"]}
    history = [state async for state in graph.aget_state_history(place)]
    assert [
        state.parent_config and state.parent_config["configurable"]["checkpoint_id"] for state in history
    ] == [
        *(state.config["configurable"]["checkpoint_id"] for state in history[1:]),
        None,
    ]


@pytest.mark.official
async def test_the_recording_is_what_the_official_saver_still_writes(
    database_server: DatabaseServer, cosmos_database: DatabaseProxy, container: ContainerProxy
) -> None:
    command = [sys.executable, str(OFFICIAL / "record.py"), database_server.endpoint, database_server.key]
    command += [database_server.certificate] if database_server.certificate else []
    path = os.pathsep.join([os.environ["SEATRIAL_OFFICIAL_SAVER"], str(Path.cwd())])
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        capture_output=True,
        timeout=100,
        env=os.environ | {"PYTHONPATH": path},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    fresh = json.loads(done.stdout)
    assert shape(fresh["documents"]) == shape(RECORDED["documents"])
    source = await container_with(cosmos_database, fresh["documents"])
    found = await reports(source, importing_saver(container))
    assert all(report.error is None for report in found.values())
    assert await differences(fresh["read_by_the_official_saver"], container) == []


def shape(documents: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    """Return what does not change from one recording to the next: ids do."""
    return Counter(
        (document["id"].split("$")[:2][0], document["thread_id"], document.get("channel"), *sorted(document))
        for document in documents
    )
