"""Requests about items: point operations, queries, batches, whole partitions."""

from collections.abc import Iterator
from typing import Any

from infra.twin.database import batch, engine
from infra.twin.database.access import rights as actions
from infra.twin.database.access.rights import BATCH_ACTIONS, Rights
from infra.twin.database.account import Account
from infra.twin.database.answers import RANGE, in_container, json_reply, lsn_of, text_reply
from infra.twin.database.calls import Address, Call, Reply
from infra.twin.database.charges import METADATA, query_charge, write_charge
from infra.twin.database.content import MAX_ITEM, parse, parse_object
from infra.twin.database.engine import Query
from infra.twin.database.items import Condition, Items, Outcome
from infra.twin.database.paging import Demand, Page, item_count
from infra.twin.database.partition import KeyDefinition, PartitionKey
from infra.twin.database.problems import (
    CONTAINER_CHANGED,
    CROSS_PARTITION_QUERY_NOT_SERVABLE,
    RANGE_GONE,
    READ_SESSION_NOT_AVAILABLE,
    CosmosProblem,
    invalid,
    not_rehearsed,
)
from infra.twin.database.rows import Container, Stored

_KEY = "x-ms-documentdb-partitionkey"
_SINGLE = {"GET": "read", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}
_FLAGS = (
    ("x-ms-cosmos-is-query-plan-request", "plan"),
    ("x-ms-documentdb-isquery", "query"),
    ("x-ms-cosmos-is-batch-request", "batch"),
    ("x-ms-documentdb-is-upsert", "upsert"),
)
_ACTIONS = {
    "read": actions.READ,
    "replace": actions.REPLACE,
    "patch": actions.REPLACE,
    "delete": actions.DELETE,
    "create": actions.CREATE,
    "upsert": actions.UPSERT,
    "query": actions.QUERY,
    "plan": actions.QUERY,
    "feed": actions.QUERY,
    "delete-partition": actions.DELETE,
}


def operation_of(call: Call, address: Address) -> str:
    """Return the name of what a request does, as counts and faults know it."""
    if address.kind == "partitionkeydelete":
        return "delete-partition"
    if address.kind != "docs":
        return "metadata"
    if address.single:
        return _SINGLE.get(call.method, call.method.lower())
    if call.method == "GET":
        return "changes" if call.header("a-im") else "feed"
    return next((name for header, name in _FLAGS if call.flag(header)), _of_content(call))


def _of_content(call: Call) -> str:
    return "query" if "query+json" in (call.header("content-type") or "") else "create"


class Documents:
    """Answer requests about the items of a container."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def answer(self, call: Call, address: Address, rights: Rights) -> Reply:
        """Return the reply to a request about items."""
        operation = operation_of(call, address)
        container = self._container(call, address)
        if operation == "batch":
            return self._batch(call, address, container, rights)
        if operation not in _ACTIONS:
            raise not_rehearsed(f"{operation} on items")
        rights.demand(_ACTIONS[operation], address)
        whole = {
            "plan": self._plan,
            "query": self._query,
            "feed": self._query,
            "delete-partition": self._delete_partition,
        }
        if operation in whole:
            return whole[operation](call, container)
        return self._point(call, address, container)

    def _plan(self, call: Call, container: Container) -> Reply:
        planned = engine.plan(_query(call), call.header("x-ms-cosmos-supported-query-features"))
        return json_reply(200, planned, METADATA, in_container(container, container.lsn))

    def _container(self, call: Call, address: Address) -> Container:
        container = self.account.container(address)
        wanted = call.header("x-ms-cosmos-intended-collection-rid")
        if wanted is not None and wanted != container.rid:
            raise invalid(
                "CollectionRid in request header does not match the container's: it was made anew.",
                sub_status=CONTAINER_CHANGED,
            )
        if lsn_of(call.header("x-ms-session-token")) > container.lsn:
            raise CosmosProblem(
                404,
                "The read session is not available for the input session token. "
                "Learn more: https://aka.ms/cosmosdb-tsg-not-found",
                sub_status=READ_SESSION_NOT_AVAILABLE,
            )
        return container

    def _point(self, call: Call, address: Address, container: Container) -> Reply:
        items = self._items(call, container)
        condition = Condition(match=call.header("if-match"), none_match=call.header("if-none-match"))
        if call.method == "GET":
            return _answered(call, container, items.read(address.item, condition), container.lsn)
        with self.account.store.transaction():
            outcome = _write(items, call, address, condition)
            lsn = self.account.write(container)
        return _answered(call, container, outcome, lsn)

    def _items(self, call: Call, container: Container) -> Items:
        key = self._key(call, container)
        if key is None or not KeyDefinition.of(container.properties).is_whole(key):
            raise invalid("PartitionKey value must be supplied for this operation.")
        return Items(store=self.account.store, container=container, key=key, now=self.account.now)

    def _key(self, call: Call, container: Container) -> PartitionKey | None:
        text = call.header(_KEY)
        return None if text is None else KeyDefinition.of(container.properties).of_header(text)

    def _batch(self, call: Call, address: Address, container: Container, rights: Rights) -> Reply:
        operations = batch.check(parse(call.body, limit=batch.MAX_BYTES), len(call.body))
        for operation in operations:
            rights.demand(BATCH_ACTIONS.get(str(operation.get("operationType")), actions.CREATE), address)
        items = self._items(call, container)
        if len(items.key.components) > 1:
            raise invalid("A transactional batch on hierarchical partition keys is not supported.")
        lsn = container.lsn
        try:
            with self.account.store.transaction():
                results = batch.execute(items, operations, minimal=_minimal(call))
                lsn = self.account.write(container)
            status = 200
        except batch.BatchFailedError as failed:
            results, status = failed.results, 207
        charge = sum(float(result["requestCharge"]) for result in results)
        return json_reply(status, results, charge, in_container(container, lsn))

    def _delete_partition(self, call: Call, container: Container) -> Reply:
        if call.method != "POST":
            raise not_rehearsed(f"{call.method} on a partition")
        items = self._items(call, container)
        with self.account.store.transaction():
            self.account.store.remove_partition(container, items.key.canonical)
            lsn = self.account.write(container)
        return Reply(status=200, headers=in_container(container, lsn), charge=write_charge(0, 0))

    def _query(self, call: Call, container: Container) -> Reply:
        query = Query("SELECT * FROM c", {}) if call.method == "GET" else _query(call)
        key = self._key(call, container)
        if key is None and call.method != "GET":
            _check_across(call, query)
        _check_range(call)
        scope = f"{container.rid} {key.canonical if key else '*'}"
        demand = Demand(
            query=query,
            scope=scope,
            indexing=container.properties.get("indexingPolicy") or {},
            count=item_count(call.header("x-ms-max-item-count")),
            continuation=call.header("x-ms-continuation"),
        )
        page = self.account.pager.page(
            demand, self._scan(container, key), streams=not engine.needs_plan(query)
        )
        return _paged(container, page)

    def _scan(self, container: Container, key: PartitionKey | None) -> Any:
        definition = KeyDefinition.of(container.properties)
        if key is not None and not definition.is_whole(key):
            raise not_rehearsed("queries by a prefix of a hierarchical partition key")
        canonical = None if key is None else key.canonical

        def scan(after: int) -> Iterator[Stored]:
            return self.account.store.scan(container, canonical, self.account.now, after=after)

        return scan


def _check_range(call: Call) -> None:
    if call.header("x-ms-start-epk") or call.header("x-ms-end-epk"):
        raise not_rehearsed("queries over a part of a physical partition")
    wanted = call.header("x-ms-documentdb-partitionkeyrangeid")
    if wanted not in {None, RANGE}:
        raise CosmosProblem(410, f"The partition key range {wanted!r} is gone.", sub_status=RANGE_GONE)


def _check_across(call: Call, query: Query) -> None:
    """Refuse a query over all partitions that nobody allowed, or that the SDK must put together."""
    if call.header("x-ms-documentdb-partitionkeyrangeid") is not None:
        return
    if not call.flag("x-ms-documentdb-query-enablecrosspartition"):
        raise invalid(
            "Cross partition query is required but disabled. Please set "
            "x-ms-documentdb-query-enablecrosspartition to true, specify x-ms-documentdb-partitionkey, or "
            "revise your query to avoid this exception."
        )
    if engine.needs_plan(query):
        raise invalid(
            "The provided cross partition query can not be directly served by the gateway. This is a first "
            "chance (internal) exception that all newer clients will know how to handle gracefully.",
            sub_status=CROSS_PARTITION_QUERY_NOT_SERVABLE,
        )


def _write(items: Items, call: Call, address: Address, condition: Condition) -> Outcome:
    if call.method == "DELETE":
        return items.delete(address.item, condition)
    document = parse_object(call.body, limit=MAX_ITEM)
    if call.method == "PUT":
        return items.replace(address.item, document, condition)
    if call.method == "PATCH":
        return items.patch(address.item, document, condition)
    if call.method != "POST":
        raise not_rehearsed(f"{call.method} on items")
    write = items.upsert if call.flag("x-ms-documentdb-is-upsert") else items.create
    return write(document, condition)


def _answered(call: Call, container: Container, outcome: Outcome, lsn: int) -> Reply:
    headers = in_container(container, lsn)
    if outcome.etag is not None:
        headers["etag"] = outcome.etag
    text = None if _minimal(call) and call.method != "GET" else outcome.text
    return text_reply(outcome.status, text, outcome.charge, headers)


def _minimal(call: Call) -> bool:
    return "return=minimal" in (call.header("prefer") or "")


def _query(call: Call) -> Query:
    return Query.of_body(parse(call.body))


def _paged(container: Container, page: Page) -> Reply:
    headers = in_container(container, container.lsn) | {"x-ms-item-count": str(len(page.results))}
    if page.continuation is not None:
        headers["x-ms-continuation"] = page.continuation
    text = f'{{"_rid":"{container.rid}","Documents":[{",".join(page.results)}],"_count":{len(page.results)}}}'
    charge = query_charge(page.loaded, sum(map(len, page.results)))
    return text_reply(200, text, charge, headers)
