"""Threads brought over from langchain-azure-cosmosdb's saver to ours.

What is there already is left alone, so an import that was interrupted is started again, and one that is
complete does nothing. Let no turn run on the source meanwhile.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import ormsgpack
from azure.cosmos.aio import ContainerProxy
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import WRITES_IDX_MAP, BaseCheckpointSaver, ChannelVersions, Checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from frmk.checkpoint.cosmos import migrate_source as source_documents
from frmk.checkpoint.cosmos.migrate_source import SourceCheckpoint, SourceWrite, Writes
from frmk.checkpoint.cosmos.payload import Cipher
from frmk.checkpoint.cosmos.saver import CosmosSaver, Lifetime

# Of a namespace in the target: how many writes each task of each checkpoint has.
Present = dict[str, Counter[str]]


@dataclass(slots=True)
class ThreadReport:
    """Say what became of one thread; with a dry run, what would become of it."""

    thread_id: str
    namespaces: int = 0
    checkpoints: int = 0
    checkpoints_imported: int = 0
    writes: int = 0
    writes_imported: int = 0
    # Writes whose checkpoint the source does not have: nothing in the target could hold them.
    writes_without_checkpoint: int = 0
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)


def importing_saver(
    container: ContainerProxy, *, cipher: Cipher | None = None, ttl: Lifetime = None
) -> CosmosSaver:
    """Return the saver to import with.

    It leaves the objects in a state serialised as they are: their classes need not be installed here, and
    none is changed by a round through this process. It lets a thread have branches.
    """
    serde = JsonPlusSerializer(__unpack_ext_hook__=ormsgpack.Ext)
    return CosmosSaver(container, serde=serde, cipher=cipher, ttl=ttl, guard_turns=False)


async def import_threads(
    source: ContainerProxy,
    target: BaseCheckpointSaver[Any],
    *,
    threads: Sequence[str] | None = None,
    dry_run: bool = False,
) -> AsyncIterator[ThreadReport]:
    """Import threads, all of them or those named, and yield a report of each as it is done.

    A thread that cannot be read ends with an error in its report, and the others go on. A dry run reads and
    decodes everything and writes nothing.
    """
    if threads is None:
        found = await source_documents.thread_namespaces(source)
        for thread_id, namespaces in found.items():
            yield await _import(_Importer(source, target, dry_run), thread_id, namespaces)
        return
    for thread_id in dict.fromkeys(threads):
        found = await source_documents.thread_namespaces(source, thread_id)
        if thread_id in found:
            yield await _import(_Importer(source, target, dry_run), thread_id, found[thread_id])
        else:
            yield ThreadReport(thread_id, error="The source holds no checkpoint of this thread.")


@dataclass(frozen=True, slots=True)
class _Importer:
    source: ContainerProxy
    target: BaseCheckpointSaver[Any]
    dry_run: bool


async def _import(importer: _Importer, thread_id: str, namespaces: Sequence[str]) -> ThreadReport:
    report = ThreadReport(thread_id, namespaces=len(namespaces))
    try:
        writes = await source_documents.writes(importer.source, thread_id)
        report.writes = sum(len(made) for tasks in writes.values() for made in tasks.values())
        for namespace in namespaces:
            await _import_namespace(importer, report, namespace, writes)
        report.writes_without_checkpoint = sum(
            len(made) for tasks in writes.values() for made in tasks.values()
        )
    except Exception as error:  # noqa: BLE001  # one thread's trouble must not end the import of the others
        report.error = f"{type(error).__name__}: {error}"
    return report


async def _import_namespace(
    importer: _Importer, report: ThreadReport, namespace: str, writes: Writes
) -> None:
    present = await _present(importer.target, report.thread_id, namespace)
    async for checkpoint in source_documents.checkpoints(importer.source, report.thread_id, namespace):
        report.checkpoints += 1
        if checkpoint.checkpoint_id not in present:
            await _import_checkpoint(importer, report.thread_id, namespace, checkpoint)
            report.checkpoints_imported += 1
        tasks = writes.pop((namespace, checkpoint.checkpoint_id), {})
        known = present.get(checkpoint.checkpoint_id, Counter())
        place = _config(report.thread_id, namespace, checkpoint.checkpoint_id)
        for task_id, made in tasks.items():
            if known[task_id] < len(made):
                await _import_writes(importer, place, task_id, made)
                report.writes_imported += len(made) - known[task_id]


async def _import_checkpoint(
    importer: _Importer, thread_id: str, namespace: str, stored: SourceCheckpoint
) -> None:
    serde = importer.target.serde
    checkpoint = _with_text_versions(serde.loads_typed(stored.state))
    metadata = serde.loads_typed(stored.metadata)
    if not importer.dry_run:
        parent = _config(thread_id, namespace, stored.parent_id)
        await importer.target.aput(parent, checkpoint, metadata, checkpoint["channel_versions"])


def _with_text_versions(checkpoint: Checkpoint) -> Checkpoint:
    """Return a checkpoint with versions of our saver's kind: the counts of the source do not compare."""
    seen = checkpoint["versions_seen"]
    return {
        **checkpoint,
        "channel_versions": _text_versions(checkpoint["channel_versions"]),
        "versions_seen": {node: _text_versions(versions) for node, versions in seen.items()},
    }


def _text_versions(versions: ChannelVersions) -> ChannelVersions:
    return {
        channel: version if isinstance(version, str) else f"{int(version):032}.{0:016}"
        for channel, version in versions.items()
    }


async def _import_writes(
    importer: _Importer, place: RunnableConfig, task_id: str, made: Sequence[SourceWrite]
) -> None:
    serde = importer.target.serde
    values = [(write.channel, serde.loads_typed(write.value)) for write in made]
    # Apart, as LangGraph makes them: a task's results count once, its errors and interrupts are replaced.
    special = [pair for pair in values if pair[0] in WRITES_IDX_MAP]
    ordinary = [pair for pair in values if pair[0] not in WRITES_IDX_MAP]
    for group in (ordinary, special):
        if group and not importer.dry_run:
            await importer.target.aput_writes(place, group, task_id)


async def _present(target: BaseCheckpointSaver[Any], thread_id: str, namespace: str) -> Present:
    place: RunnableConfig = {"configurable": {"thread_id": thread_id, "checkpoint_ns": namespace}}
    present: Present = {}
    async for found in target.alist(place):
        pending = found.pending_writes or []
        present[found.checkpoint["id"]] = Counter(task_id for task_id, _, _ in pending)
    return present


def _config(thread_id: str, namespace: str, checkpoint_id: str | None) -> RunnableConfig:
    place: Mapping[str, Any] = {"thread_id": thread_id, "checkpoint_ns": namespace}
    if checkpoint_id is not None:
        place = {**place, "checkpoint_id": checkpoint_id}
    return {"configurable": dict(place)}
