"""The long-term store where LangGraph's own tests do not look: lifetimes, limits, odd names, requests."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import GetOp, Item, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore

from frmk.checkpoint.cosmos.charges import Meter
from frmk.checkpoint.cosmos.longterm import CosmosStore
from frmk.checkpoint.cosmos.longterm_documents import ItemTooLargeError, UnstorableValueError
from frmk.checkpoint.cosmos.longterm_filter import FilterError
from frmk.checkpoint.cosmos.longterm_place import MEMORIES
from tests.database import DatabaseClock
from tests.frmk.checkpoint.cosmos.creating import create

SECOND = 1 / 60
ODD = ("a/b", "c#d?e", "\\", "quote\"'", "new\nline", "\u65e5\u672c\u8a9e", "\U0001f600", " ", "%00", "*")


@pytest.fixture
async def container(cosmos_database: DatabaseProxy) -> ContainerProxy:
    return await create(cosmos_database, MEMORIES)


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
async def store(container: ContainerProxy, meter: Meter) -> AsyncIterator[CosmosStore]:
    async with CosmosStore(container, on_charge=meter) as opened:
        yield opened


async def value_of(store: CosmosStore, namespace: tuple[str, ...], key: str, **options: Any) -> Any:
    item = await store.aget(namespace, key, **options)
    return item and item.value


async def scanned(container: ContainerProxy) -> list[dict[str, Any]]:
    return [document async for document in container.query_items("SELECT * FROM c")]


async def test_an_update_keeps_the_time_of_creation(store: CosmosStore) -> None:
    await store.aput(("u",), "alone", {"n": 1})
    await store.abatch([PutOp(("u",), "one", {"n": 1}), PutOp(("u",), "two", {"n": 1})])
    before = {item.key: item for item in await store.asearch(("u",))}
    await store.aput(("u",), "alone", {"n": 2})
    await store.abatch([PutOp(("u",), "one", {"n": 2}), PutOp(("u",), "two", {"n": 2})])
    after = {item.key: item for item in await store.asearch(("u",))}
    assert before.keys() == after.keys() == {"alone", "one", "two"}
    for key, item in after.items():
        assert item.value == {"n": 2}
        assert item.created_at == before[key].created_at
        assert item.updated_at > before[key].updated_at


async def test_an_update_replaces_the_value_and_its_lifetime_whole(
    store: CosmosStore, container: ContainerProxy
) -> None:
    await store.aput(("u",), "k", {"old": 1, "both": 1}, ttl=10)
    await store.aput(("u",), "k", {"new": 1, "both": 2})
    assert await value_of(store, ("u",), "k") == {"new": 1, "both": 2}
    assert [document["ttl"] for document in await scanned(container)] == [-1]


async def test_names_of_any_characters_and_lengths_stay_apart(store: CosmosStore) -> None:
    namespaces = [(label,) for label in ODD] + [(a, b) for a in ODD for b in ODD[:3]]
    namespaces += [("x" * 5_000,), ("x" * 5_001,), ("x" * 5_000, "y" * 3_000)]
    keys = [*ODD, "k" * 2_000, "k" * 2_001, "."]
    await asyncio.gather(*(store.aput(ns, key, {"is": [*ns, key]}) for ns in namespaces for key in keys))
    found = await asyncio.gather(*(store.aget(ns, key) for ns in namespaces for key in keys))
    assert [item and (item.namespace, item.key) for item in found] == [
        (ns, key) for ns in namespaces for key in keys
    ]
    assert all(item and item.value == {"is": [*item.namespace, item.key]} for item in found)
    assert set(await store.alist_namespaces(limit=1_000)) == set(namespaces)
    under = await store.asearch(("x" * 5_000,), limit=1_000)
    assert {item.namespace for item in under} == {("x" * 5_000,), ("x" * 5_000, "y" * 3_000)}


async def test_filters_find_what_the_store_in_memory_finds(store: CosmosStore) -> None:
    chance = random.Random(4)
    scalars: list[Any] = [0, 1, -1, 2.5, 10, True, False, None, "", "a", "B", "1", "true", "it's"]

    def value() -> Any:
        shape = chance.random()
        if shape < 0.7:
            return chance.choice(scalars)
        if shape < 0.85:
            return [chance.choice(scalars) for _ in range(chance.randrange(3))]
        return {name: chance.choice(scalars) for name in chance.sample("pqr", chance.randrange(3))}

    values = [{name: value() for name in chance.sample("abc", chance.randrange(4))} for _ in range(120)]
    memory = InMemoryStore()
    await store.abatch([PutOp(("u", str(n)), "k", item) for n, item in enumerate(values)])
    memory.batch([PutOp(("u", str(n)), "k", _json_told_apart(item)) for n, item in enumerate(values)])
    filters = []
    for _ in range(60):
        wanted, operator = value(), chance.choice(["", "$eq", "$ne"])
        filters.append({chance.choice("abc"): {operator: wanted} if operator else wanted})
    filters.append({"a": "a", "b": {"$ne": 1}})
    for wanted in filters:
        found = await store.asearch(("u",), filter=wanted, limit=200)
        expected = memory.search(("u",), filter=_json_told_apart(wanted), limit=200)
        assert {item.namespace for item in found} == {item.namespace for item in expected}, wanted


def _json_told_apart(value: Any) -> Any:
    """Keep Python from taking true for 1, which JSON does not."""
    if isinstance(value, dict):
        return {name: _json_told_apart(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_json_told_apart(part) for part in value]
    return ("bool", value) if isinstance(value, bool) else value


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({"n": {"$gt": 2}}, {"3", "4"}),
        ({"n": {"$gte": 2, "$lt": 4}}, {"2", "3"}),
        ({"n": {"$lte": 1}}, {"0", "1"}),
        ({"name": {"$gt": "b", "$lte": "d"}}, {"2", "3"}),
        ({"n": {"$ne": 2}}, {"0", "1", "3", "4", "text", "none"}),
        ({"n": {"$ne": None}}, {"0", "1", "2", "3", "4", "text"}),
        ({"n": None}, {"none"}),
        ({"deep": {"er": {"$gte": 3}}}, {"3", "4"}),
        ({"deep": {"er": 1}}, {"1"}),
        ({"tags": ["x", 3]}, {"3"}),
        ({}, {"0", "1", "2", "3", "4", "text", "none"}),
    ],
)
async def test_operators(store: CosmosStore, wanted: dict[str, Any], keys: set[str]) -> None:
    await store.abatch(
        [
            *(
                PutOp(
                    ("u",),
                    str(n),
                    {"n": n, "name": "abcde"[n], "deep": {"er": n, "more": 1}, "tags": ["x", n]},
                )
                for n in range(5)
            ),
            PutOp(("u",), "text", {"n": "3"}),
            PutOp(("u",), "none", {"other": 3}),
        ]
    )
    assert {item.key for item in await store.asearch(("u",), filter=wanted)} == keys


@pytest.mark.parametrize(
    "wanted", [{"n": {"$in": [1]}}, {"n": {"$gt": None}}, {"n": {"$lt": True}}, {"n": object()}]
)
async def test_a_filter_that_cannot_be_is_refused(store: CosmosStore, wanted: dict[str, Any]) -> None:
    with pytest.raises(FilterError):
        await store.asearch(("u",), filter=wanted)


async def test_pages_are_newest_first_and_meet_without_gap(store: CosmosStore) -> None:
    await store.abatch([PutOp(("u",), f"{n:02}", {"n": n}) for n in range(25)])
    await store.aput(("u",), "07", {"n": 100})
    expected = ["07", *(f"{n:02}" for n in reversed(range(25)) if n != 7)]
    found = [
        item.key for offset in range(0, 30, 4) for item in await store.asearch(("u",), limit=4, offset=offset)
    ]
    assert found == expected
    everywhere = [
        item.key for offset in range(0, 30, 10) for item in await store.asearch((), limit=10, offset=offset)
    ]
    assert everywhere == expected
    assert await store.asearch(("u",), limit=0) == []
    with pytest.raises(ValueError, match="limit -1"):
        await store.asearch(("u",), limit=-1)


async def test_a_batch_reads_what_was_there_before_it_writes(store: CosmosStore) -> None:
    await store.aput(("u",), "k", {"n": 1})
    results: list[Any] = await store.abatch(
        [PutOp(("u",), "k", {"n": 2}), GetOp(("u",), "k"), PutOp(("u",), "k", {"n": 3}), SearchOp(("u",))]
    )
    assert results[1].value == {"n": 1}
    assert [item.value for item in results[3]] == [{"n": 1}]
    assert await value_of(store, ("u",), "k") == {"n": 3}


async def test_few_requests(store: CosmosStore, meter: Meter) -> None:
    async def cost(*calls: Any) -> int:
        meter.requests.clear()
        await asyncio.gather(*calls)
        return meter.total

    def puts(count: int) -> list[Any]:
        return [store.aput(("u", str(n)), "k", {"n": n}) for n in range(count)]

    assert await cost(*puts(1)) == 2, "a first put looks for an older one"
    assert await cost(*puts(1)) == 1, "an update"
    assert await cost(*puts(100)) == 2, "a hundred in one partition"
    assert await cost(*puts(101)) == 4, "the hundred and first is a first put of its own"
    assert await cost(store.aget(("u", "1"), "k")) == 1
    assert await cost(*(store.aget(("u", str(n)), "k") for n in range(100))) == 1
    assert await cost(store.asearch(("u",), limit=100)) == 1
    assert await cost(store.alist_namespaces(prefix=("u",))) == 1
    assert await cost(store.adelete(("u", "1"), "k")) == 1
    assert await cost(*(store.adelete(("u", str(n)), "k") for n in range(100))) == 2
    assert meter.request_units > 0


async def test_large_values_go_in_batches_that_the_database_takes(store: CosmosStore, meter: Meter) -> None:
    text = "x" * 400_000
    await asyncio.gather(*(store.aput(("u",), str(n), {"text": text}) for n in range(5)))
    found = await asyncio.gather(*(store.aget(("u",), str(n)) for n in range(5)))
    assert all(item and item.value == {"text": text} for item in found)
    assert meter.requests == {"put": 6, "get": 1}, "two, two and one memory, each time looked for first"


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_value_just_below_the_limit_is_kept(store: CosmosStore) -> None:
    for text in ("x" * 2_090_000, "\u65e5" * 345_000):
        await store.aput(("u",), "k", {"text": text})
        assert await value_of(store, ("u",), "k") == {"text": text}


async def test_a_value_that_is_too_large_fails_alone(store: CosmosStore, container: ContainerProxy) -> None:
    async def put(key: str, size: int) -> None:
        await store.aput(("u",), key, {"text": "x" * size})

    results = await asyncio.gather(
        put("small", 10), put("large", 3_000_000), put("other", 10), return_exceptions=True
    )
    assert [type(result) for result in results] == [type(None), ItemTooLargeError, type(None)]
    assert "'large' in ('u',)" in str(results[1])
    with pytest.raises(ItemTooLargeError, match="the database takes 2,097,152"):
        await store.abatch(
            [PutOp(("u",), "third", {"n": 1}), PutOp(("u",), "large", {"text": "x" * 3_000_000})]
        )
    assert {document["key"] for document in await scanned(container)} == {"small", "other"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": {"b": [1, 2**53 + 1]}}, r"value\.a\.b\[1\]"),
        ({"a": float("nan")}, "no JSON"),
        ({"a": object()}, "no JSON"),
        ({"a": {1: 2}}, "the name 1"),
    ],
)
async def test_a_value_that_would_come_back_changed_is_refused(
    store: CosmosStore, value: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnstorableValueError, match=said):
        await store.aput(("u",), "k", value)


async def test_search_by_meaning_is_refused(container: ContainerProxy, store: CosmosStore) -> None:
    with pytest.raises(NotImplementedError, match="Leave out `query`"):
        await store.asearch(("u",), query="what does she like")
    with pytest.raises(NotImplementedError, match="Leave out `index`"):
        CosmosStore(container, index={"dims": 3})


async def test_memories_expire_by_their_own_lifetime(
    container: ContainerProxy, database_clock: DatabaseClock
) -> None:
    brief = database_clock.brief * SECOND
    async with CosmosStore(container, ttl={"default_ttl": brief, "refresh_on_read": False}) as store:
        await store.aput(("u",), "default", {"n": 1})
        await store.aput(("u",), "longer", {"n": 1}, ttl=10 * brief)
        await store.aput(("u",), "kept", {"n": 1}, ttl=None)
        await store.abatch([PutOp(("b",), "short", {"n": 1}, ttl=brief), PutOp(("b",), "kept", {"n": 1})])
        assert await value_of(store, ("u",), "default") == {"n": 1}
        await database_clock.pass_by(database_clock.brief + 2)
        assert await value_of(store, ("u",), "default") is None
        assert {item.key for item in await store.asearch(())} == {"longer", "kept"}
        assert len(await store.asearch(("b",))) == 1
        assert await store.alist_namespaces() == [("b",), ("u",)]


async def test_reading_starts_a_lifetime_again(
    container: ContainerProxy, meter: Meter, database_clock: DatabaseClock
) -> None:
    lifetime = 2 * database_clock.brief
    async with CosmosStore(container, ttl={"default_ttl": lifetime * SECOND}, on_charge=meter) as store:
        for key in ("got", "found", "left", "spared"):
            await store.aput(("u",), key, {"is": key})
        for _ in range(3):
            await database_clock.pass_by(lifetime / 2)
            assert await value_of(store, ("u",), "got") == {"is": "got"}
            assert len(await store.asearch(("u",), filter={"is": "found"})) == 1
            await store.aget(("u",), "spared", refresh_ttl=False)
        assert {item.key for item in await store.asearch(("u",))} == {"got", "found"}
        await store.aput(("forever",), "k", {"n": 1}, ttl=None)
        meter.requests.clear()
        await store.aget(("forever",), "k")
        assert meter.total == 1, "what does not expire is not written again"


@pytest.mark.parametrize("ttl", [0, -1, float("nan")])
async def test_a_lifetime_that_cannot_be_is_refused(store: CosmosStore, ttl: float) -> None:
    with pytest.raises(ValueError, match="minutes above 0"):
        await store.aput(("u",), "k", {"n": 1}, ttl=ttl)


async def test_deeper_partitions_are_found_by_shorter_prefixes(
    container: ContainerProxy, meter: Meter
) -> None:
    async with CosmosStore(container, partition_depth=2, on_charge=meter) as store:
        made = [("memories",), ("memories", "ann"), ("memories", "ann", "food"), ("memories", "bob")]
        await store.abatch([PutOp(namespace, "k", {"n": 1}) for namespace in made])
        partitions = {
            tuple(document["path"].split(".")): document["pk"] for document in await scanned(container)
        }
        assert len(set(partitions.values())) == 3
        assert {item.namespace for item in await store.asearch(("memories",))} == set(made)
        assert {item.namespace for item in await store.asearch(("memories", "ann"))} == set(made[1:3])
        assert await store.alist_namespaces(prefix=("memories", "ann")) == made[1:3]
        assert await store.adelete_namespace(("memories", "ann")) == 2
        assert {item.namespace for item in await store.asearch(())} == {made[0], made[3]}


async def test_a_namespace_is_deleted_whole_and_nothing_else(
    store: CosmosStore, container: ContainerProxy
) -> None:
    await store.abatch([PutOp(("ann", str(n)), "k", {"n": n}) for n in range(130)])
    await store.abatch([PutOp(("anna",), "k", {"n": 1}), PutOp(("bob", "ann"), "k", {"n": 1})])
    assert await store.adelete_namespace(("ann",)) == 130
    assert {document["path"] for document in await scanned(container)} == {"anna.", "bob.ann."}
    assert await store.adelete_namespace(("ann",)) == 0
    with pytest.raises(ValueError, match="every memory"):
        await store.adelete_namespace(())


class Interloper:
    """Stand for a container in which somebody removes an item just before the next batch."""

    def __init__(self, container: ContainerProxy) -> None:
        self._container = container
        self.victims: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    async def execute_item_batch(self, *args: Any, **options: Any) -> Any:
        while self.victims:
            await self._container.delete_item(self.victims.pop(), options["partition_key"])
        return await self._container.execute_item_batch(*args, **options)


async def test_a_memory_that_vanishes_meanwhile_spoils_no_batch(container: ContainerProxy) -> None:
    between = Interloper(container)
    async with CosmosStore(between) as store:  # type: ignore[arg-type]
        await store.abatch([PutOp(("u",), key, {"n": 1}, ttl=10) for key in "abc"])
        ids = {document["key"]: document["id"] for document in await scanned(container)}
        between.victims = [ids["a"]]
        await store.abatch([PutOp(("u",), "a", None), PutOp(("u",), "b", {"n": 2}, ttl=10)])
        assert await value_of(store, ("u",), "b") == {"n": 2}
        between.victims = [ids["b"]]
        assert len(await store.asearch(("u",))) == 2, "refreshing what was just removed is no error"
        assert [document["key"] for document in await scanned(container)] == ["c"]
        between.victims = [ids["c"]]
        await store.adelete(("u",), "c")
        assert await scanned(container) == []


async def test_two_stores_write_one_key_and_one_of_them_stands(container: ContainerProxy) -> None:
    async with CosmosStore(container) as one, CosmosStore(container) as two:
        for n in range(10):
            await asyncio.gather(
                one.aput(("u",), f"k{n}", {"by": "one"}),
                two.aput(("u",), f"k{n}", {"by": "two"}),
                one.adelete(("u",), f"k{n - 1}"),
                two.adelete(("u",), f"k{n - 1}"),
            )
        left = await one.asearch(("u",))
    assert [item.key for item in left] == ["k9"]
    assert left[0].value["by"] in ("one", "two")


async def test_a_thread_of_its_own_may_call_without_await(store: CosmosStore) -> None:
    def work() -> Item | None:
        store.put(("u",), "k", {"n": 1})
        return store.get(("u",), "k")

    item = await asyncio.to_thread(work)
    assert item is not None
    assert item.value == {"n": 1}
    with pytest.raises(asyncio.InvalidStateError, match=r"await store\.aget"):
        store.get(("u",), "k")


async def test_a_graph_remembers_across_threads(store: CosmosStore) -> None:
    async def note(state: dict[str, Any], runtime: Runtime) -> dict[str, Any]:
        assert runtime.store is not None
        known = await runtime.store.asearch(("ann", "memories"))
        await runtime.store.aput(("ann", "memories"), state["said"], {"text": state["said"]})
        return {"known": sorted(item.key for item in known)}

    graph = StateGraph(dict)
    graph.add_node("note", note)
    graph.add_edge(START, "note")
    graph.add_edge("note", END)
    compiled = graph.compile(store=store)
    first = await compiled.ainvoke({"said": "likes rain"})
    second = await compiled.ainvoke({"said": "has a dog"})
    assert (first["known"], second["known"]) == ([], ["likes rain"])
