"""Long-term memory across threads: LangGraph's store on one Cosmos container."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

from azure.cosmos.aio import ContainerProxy
from langgraph.store.base import (
    NOT_PROVIDED,
    GetOp,
    IndexConfig,
    ListNamespacesOp,
    NotProvided,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    TTLConfig,
    validate_op_namespace,
)
from langgraph.store.base.batch import AsyncBatchedBaseStore

from frmk.checkpoint.cosmos.charges import OnCharge
from frmk.checkpoint.cosmos.longterm_documents import (
    document_id,
    item_of,
    require_storable,
    search_item_of,
)
from frmk.checkpoint.cosmos.longterm_filter import Parameters, condition
from frmk.checkpoint.cosmos.longterm_place import Place
from frmk.checkpoint.cosmos.longterm_reads import (
    Document,
    documents_by_id,
    ids_under,
    namespaces,
    require_page,
    search,
)
from frmk.checkpoint.cosmos.longterm_writes import delete_ids, refresh, together, write

_NO_VECTORS = (
    "CosmosStore offers no search by meaning: it finds by namespace and filter. "
    "Leave out `{}`, and keep vectors in a store made for them."
)


class CosmosStore(AsyncBatchedBaseStore):
    """Keep memories in a ready container whose partition key is `/pk`.

    A partition holds the namespaces that share their first `partition_depth` labels: with 1, all that lies
    under `("alice",)`. A search or listing whose prefix has that many labels is one query in one partition;
    a shorter prefix asks every partition. The depth belongs to the container's data: never change it.

    `ttl` sets the default lifetime, in minutes, and whether reading starts it again (yes, unless told
    otherwise). The database removes what expired by itself, and never shows it. `on_charge` hears of every
    request.

    Calls of one moment share their requests. From a thread other than the loop's, the methods without `a`
    work too; on the loop they raise, naming the one to await.
    """

    supports_ttl = True

    def __init__(
        self,
        container: ContainerProxy,
        *,
        ttl: TTLConfig | None = None,
        index: IndexConfig | None = None,
        partition_depth: int = 1,
        on_charge: OnCharge | None = None,
    ) -> None:
        # The base class cancels it when the store goes, even one that was refused.
        self._task = None
        if index is not None:
            raise NotImplementedError(_NO_VECTORS.format("index"))
        if partition_depth < 1:
            raise ValueError(f"partition_depth is 1 or more, not {partition_depth}.")
        super().__init__()
        self.ttl_config = ttl
        self._place = Place(container, partition_depth, on_charge)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations: all reads see what was there before this call's writes.

        Raises ItemTooLargeError, UnstorableValueError or FilterError before anything is written.
        """
        asked = list(ops)
        for op in asked:
            _require_possible(op)
        results: dict[int, Result] = {}
        for answers in await together((self._gets(asked), self._searches(asked), self._listings(asked))):
            results.update(answers)
        await write(self._place, (op for op in asked if isinstance(op, PutOp)))
        return [results.get(place) for place in range(len(asked))]

    async def aput(
        self,
        namespace: tuple[str, ...],
        key: str,
        value: Mapping[str, Any],
        index: Literal[False] | list[str] | None = None,
        *,
        ttl: float | NotProvided | None = NOT_PROVIDED,
    ) -> None:
        """Put a memory; what cannot be stored is refused before it joins the calls of others."""
        given = None if isinstance(ttl, NotProvided) else ttl
        _require_possible(PutOp(tuple(namespace), str(key), value, index, given))
        await super().aput(namespace, str(key), value, index, ttl=ttl)

    async def asearch(
        self,
        namespace_prefix: tuple[str, ...],
        /,
        *,
        query: str | None = None,
        filter: dict[str, Any] | None = None,  # noqa: A002  # LangGraph's name
        limit: int = 10,
        offset: int = 0,
        refresh_ttl: bool | None = None,
    ) -> list[SearchItem]:
        """Search under a prefix, last written first; refuses `query`, which would need vectors."""
        prefix = tuple(namespace_prefix)
        _require_possible(SearchOp(prefix, filter, limit, offset, query))
        return await super().asearch(
            prefix, query=query, filter=filter, limit=limit, offset=offset, refresh_ttl=refresh_ttl
        )

    async def adelete_namespace(self, prefix: tuple[str, ...]) -> int:
        """Delete everything under a prefix, as when a user leaves; return how many memories that were."""
        if not prefix:
            raise ValueError("Name at least one label: an empty prefix would delete every memory.")
        validate_op_namespace(SearchOp(prefix))
        removed = 0
        while found := await ids_under(self._place, prefix):
            await together(delete_ids(self._place, partition, ids) for partition, ids in found.items())
            removed += sum(len(ids) for ids in found.values())
        return removed

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop the task that gathers calls; the container stays open, for it is the caller's."""
        if self._task is not None:
            self._task.cancel()

    async def _gets(self, asked: list[Op]) -> dict[int, Result]:
        gets = {place: op for place, op in enumerate(asked) if isinstance(op, GetOp)}
        documents = await documents_by_id(self._place, gets.values())
        ids = {place: document_id(op.namespace, op.key) for place, op in gets.items()}
        await self._refresh(
            documents[ids[place]] for place, op in gets.items() if op.refresh_ttl and ids[place] in documents
        )
        return {place: item_of(documents[found]) for place, found in ids.items() if found in documents}

    async def _searches(self, asked: list[Op]) -> dict[int, Result]:
        searches = {place: op for place, op in enumerate(asked) if isinstance(op, SearchOp)}
        pages = await together(search(self._place, op) for op in searches.values())
        await self._refresh(
            document
            for op, page in zip(searches.values(), pages, strict=True)
            if op.refresh_ttl
            for document in page
        )
        return {
            place: [search_item_of(document) for document in page]
            for place, page in zip(searches, pages, strict=True)
        }

    async def _listings(self, asked: list[Op]) -> dict[int, Result]:
        listings = {place: op for place, op in enumerate(asked) if isinstance(op, ListNamespacesOp)}
        found = await together(namespaces(self._place, op) for op in listings.values())
        return dict(zip(listings, found, strict=True))

    async def _refresh(self, documents: Iterable[Document]) -> None:
        await refresh(self._place, documents)


def _require_possible(op: Op) -> None:
    validate_op_namespace(op)
    if isinstance(op, PutOp):
        require_storable(op)
    elif isinstance(op, SearchOp):
        _require_searchable(op)


def _require_searchable(op: SearchOp) -> None:
    if op.query:
        raise NotImplementedError(_NO_VECTORS.format("query"))
    require_page(op.limit, op.offset)
    condition(op.filter or {}, Parameters())
