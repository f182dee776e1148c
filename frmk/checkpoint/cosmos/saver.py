"""LangGraph's checkpoints in one Cosmos DB container."""

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, NoReturn

from azure.cosmos.aio import ContainerProxy
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol

from frmk.checkpoint.cosmos import copying, listing, retention, turns, writing
from frmk.checkpoint.cosmos.charges import Charge, OnCharge
from frmk.checkpoint.cosmos.delta import delta_history
from frmk.checkpoint.cosmos.documents import Documents
from frmk.checkpoint.cosmos.keys import Lane
from frmk.checkpoint.cosmos.payload import Cipher
from frmk.checkpoint.cosmos.records import Records

FOREVER = -1
Lifetime = int | Callable[[RunnableConfig], int | None] | None

# The latest checkpoint and the writes of one or two tasks; more is fetched where more tasks have written.
_LATEST_PAGE = 3
_PAGE = 100


class CosmosSaver(BaseCheckpointSaver[str]):
    """Keep checkpoints in a container that exists: see CHECKPOINTS for what it must look like.

    `container` is a ready `azure.cosmos.aio.ContainerProxy`; nothing is created and no control-plane call is
    made. `ttl` is a lifetime in seconds for what is written from now on, or a function of the run's config
    that returns one (None: the container's own; -1: for ever). `cipher` seals payloads. `on_charge` is told
    what each request cost. `throttle_budget` is how many seconds one operation may go on being throttled.
    With `guard_turns`, a turn that would extend a checkpoint which another turn has extended meanwhile raises
    ConcurrentTurnError.
    """

    def __init__(
        self,
        container: ContainerProxy,
        *,
        serde: SerializerProtocol | None = None,
        ttl: Lifetime = None,
        cipher: Cipher | None = None,
        on_charge: OnCharge | None = None,
        throttle_budget: float = 60.0,
        guard_turns: bool = True,
    ) -> None:
        super().__init__(serde=serde)
        self._documents = Documents(
            container, on_charge=on_charge or _ignore, throttle_budget=throttle_budget
        )
        self._records = Records(self._documents, cipher)
        self._ttl = ttl
        self._guards = guard_turns

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the checkpoint that a config names, or the latest of its namespace."""
        lane, named = Lane.of(config["configurable"]), get_checkpoint_id(config)
        record = await listing.newest(
            self._records,
            lane,
            lane.group(named) if named else lane.span(),
            first=_PAGE if named else _LATEST_PAGE,
        )
        if named:
            turns.saw_named(self._place(lane))
        else:
            turns.saw_latest(self._place(lane), record.checkpoint["checkpoint_id"] if record else None)
        if record is None:
            return None
        return await self._records.tuple(record, self.serde, config["configurable"]["thread_id"])

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield checkpoints, newest first: of a namespace, a thread, or (by a scan) of every thread."""
        wanted = listing.Wanted.of(config, before, filter, limit)
        async for found in listing.tuples(self._records, self.serde, wanted):
            yield found

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,  # noqa: ARG002
    ) -> RunnableConfig:
        """Store a checkpoint. Raises ConcurrentTurnError."""
        configurable = config["configurable"]
        lane, parent = Lane.of(configurable), get_checkpoint_id(config)
        complete = get_checkpoint_metadata(config, metadata)
        document = await writing.checkpoint(
            self._records,
            self.serde,
            writing.Step(lane, parent, self._lifetime(config)),
            checkpoint,
            complete,
        )
        tip = turns.guarded(self._place(lane), parent) if self._guards else None
        await writing.place(self._records, lane, document, only_child=tip is not None)
        if tip is not None:
            tip.checkpoint_id = checkpoint["id"]
        place = {
            "thread_id": configurable["thread_id"],
            "checkpoint_ns": lane.ns,
            "checkpoint_id": checkpoint["id"],
        }
        return {"configurable": place}

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store what a task wrote, beside the checkpoint that it started from."""
        if not writes:
            return
        lane = Lane.of(config["configurable"])
        step = writing.Step(lane, config["configurable"]["checkpoint_id"], self._lifetime(config))
        await writing.task_writes(self._records, self.serde, step, (task_id, task_path), writes)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete everything of a thread."""
        await self._documents.delete_partition(Lane(str(thread_id), "").partition, str(thread_id))

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete the checkpoints of runs, in whatever thread: one query over all partitions finds them."""
        await retention.delete_for_runs(self._documents, run_ids)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy a whole thread to one that holds nothing. Raises ThreadExistsError."""
        await copying.copy_thread(self._records, str(source_thread_id), str(target_thread_id))

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Keep the latest checkpoint of each namespace and what it needs, or ("delete") nothing."""
        for thread_id in map(str, thread_ids):
            if strategy == "delete":
                await self.adelete_thread(thread_id)
            elif strategy == "keep_latest":
                await retention.keep_latest(self._records, self.serde, thread_id)
            else:
                raise ValueError(f"There is no strategy {strategy!r}. Allowed: keep_latest, delete.")

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Return what each channel was last stored as and the writes since, in one pass down the thread."""
        return await delta_history(self._records, self.serde, config, channels)

    def get_next_version(self, current: str | int | None, channel: None) -> str:  # noqa: ARG002
        """Return a version above the present one, unlike any that another writer makes of it."""
        number = 0 if current is None else int(str(current).split(".", 1)[0])
        return f"{number + 1:032}.{random.random():016}"  # noqa: S311 -- tells writers apart, guards nothing

    def _place(self, lane: Lane) -> turns.Place:
        return turns.Place(self._documents.link, lane.partition, lane.ns)

    def _lifetime(self, config: RunnableConfig) -> int | None:
        ttl = self._ttl(config) if callable(self._ttl) else self._ttl
        if ttl is not None and ttl < 1 and ttl != FOREVER:
            raise ValueError(f"A lifetime is 1 second or more, or -1 for ever, and not {ttl!r}.")
        return ttl

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:  # noqa: ARG002
        """Refuse: there is no synchronous twin."""
        _refuse("get_tuple")

    def list(self, config: RunnableConfig | None, **options: Any) -> Any:  # noqa: ARG002
        """Refuse: there is no synchronous twin."""
        _refuse("list")

    def put(self, config: RunnableConfig, *rest: Any, **options: Any) -> RunnableConfig:  # noqa: ARG002
        """Refuse: there is no synchronous twin."""
        _refuse("put")

    def put_writes(self, config: RunnableConfig, *rest: Any, **options: Any) -> None:  # noqa: ARG002
        """Refuse: there is no synchronous twin."""
        _refuse("put_writes")

    def delete_thread(self, thread_id: str) -> None:  # noqa: ARG002
        """Refuse: there is no synchronous twin."""
        _refuse("delete_thread")

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:  # noqa: ARG002
        """Refuse: there is no synchronous twin."""
        _refuse("delete_for_runs")

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:  # noqa: ARG002
        """Refuse: there is no synchronous twin."""
        _refuse("copy_thread")

    def prune(self, thread_ids: Sequence[str], **options: Any) -> None:  # noqa: ARG002
        """Refuse: there is no synchronous twin."""
        _refuse("prune")

    def get_delta_channel_history(self, **options: Any) -> Mapping[str, DeltaChannelHistory]:  # noqa: ARG002
        """Refuse: there is no synchronous twin."""
        _refuse("get_delta_channel_history")


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"CosmosSaver is asynchronous and has no {name!r}. Use `await saver.a{name}(...)`, "
        "or the graph's own ainvoke, astream, aget_state and aupdate_state."
    )


def _ignore(_: Charge) -> None:
    pass
