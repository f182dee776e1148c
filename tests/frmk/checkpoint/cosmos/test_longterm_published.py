"""LangGraph's own tests of a store, run against ours.

From the source distribution langgraph-checkpoint-sqlite 3.1.2 (MIT), tests/test_async_store.py and
tests/test_store.py: every test that asks for no vectors and reads no SQL. Changed in them: the store that
they are given, `await` where the original was synchronous, formatting; two say where ours differs.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.cosmos.aio import DatabaseProxy
from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    Item,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchOp,
)

from frmk.checkpoint.cosmos.longterm import CosmosStore
from frmk.checkpoint.cosmos.longterm_place import MEMORIES
from tests.frmk.checkpoint.cosmos.creating import create


@pytest.fixture
async def store(cosmos_database: DatabaseProxy) -> AsyncIterator[CosmosStore]:
    async with CosmosStore(await create(cosmos_database, MEMORIES)) as opened:
        yield opened


async def test_no_running_loop(store: CosmosStore) -> None:
    with pytest.raises(asyncio.InvalidStateError):
        store.put(("foo", "bar"), "baz", {"val": "baz"})
    with pytest.raises(asyncio.InvalidStateError):
        store.get(("foo", "bar"), "baz")
    with pytest.raises(asyncio.InvalidStateError):
        store.delete(("foo", "bar"), "baz")
    with pytest.raises(asyncio.InvalidStateError):
        store.search(("foo", "bar"))
    with pytest.raises(asyncio.InvalidStateError):
        store.list_namespaces(prefix=("foo",))
    with pytest.raises(asyncio.InvalidStateError):
        store.batch([PutOp(namespace=("foo", "bar"), key="baz", value={"val": "baz"})])


async def test_large_batches_async(store: CosmosStore) -> None:
    calls: list[Any] = []
    for m in range(10):
        for i in range(100):
            namespace = ("test", "foo", "bar", "baz", str(m % 2))
            calls.append(store.aput(namespace, f"key{i}", value={"foo": "bar" + str(i)}))
            calls.append(asyncio.create_task(store.aget(namespace, f"key{i}")))
            calls.append(asyncio.create_task(store.alist_namespaces(prefix=None, max_depth=m + 1)))
            calls.append(asyncio.create_task(store.asearch(("test",))))
            calls.append(store.aput(namespace, f"key{i}", value={"foo": "bar" + str(i)}))
            calls.append(store.adelete(namespace, f"key{i}"))
    results = await asyncio.gather(*calls)
    assert len(results) == 10 * 100 * 6


async def test_abatch_order(store: CosmosStore) -> None:
    await store.aput(("test", "foo"), "key1", {"data": "value1"})
    await store.aput(("test", "bar"), "key2", {"data": "value2"})
    results: list[Any] = await store.abatch(
        [
            GetOp(namespace=("test", "foo"), key="key1"),
            PutOp(namespace=("test", "bar"), key="key2", value={"data": "value2"}),
            SearchOp(namespace_prefix=("test",), filter={"data": "value1"}, limit=10, offset=0),
            ListNamespacesOp(match_conditions=None, max_depth=None, limit=10, offset=0),
            GetOp(namespace=("test",), key="key3"),
        ]
    )
    assert len(results) == 5
    assert isinstance(results[0], Item)
    assert results[0].value == {"data": "value1"}
    assert results[0].key == "key1"
    assert results[1] is None
    assert len(results[2]) == 1
    assert ("test", "foo") in results[3]
    assert ("test", "bar") in results[3]
    assert results[4] is None

    reordered: list[Any] = await store.abatch(
        [
            SearchOp(namespace_prefix=("test",), filter=None, limit=5, offset=0),
            GetOp(namespace=("test", "bar"), key="key2"),
            ListNamespacesOp(match_conditions=None, max_depth=None, limit=5, offset=0),
            PutOp(namespace=("test",), key="key3", value={"data": "value3"}),
            GetOp(namespace=("test", "foo"), key="key1"),
        ]
    )
    assert len(reordered) == 5
    assert len(reordered[0]) == 2
    assert isinstance(reordered[1], Item)
    assert reordered[1].value == {"data": "value2"}
    assert reordered[1].key == "key2"
    assert ("test", "foo") in reordered[2]
    assert ("test", "bar") in reordered[2]
    assert reordered[3] is None
    assert isinstance(reordered[4], Item)
    assert reordered[4].value == {"data": "value1"}
    assert reordered[4].key == "key1"


async def test_batch_get_ops(store: CosmosStore) -> None:
    await store.aput(("test",), "key1", {"data": "value1"})
    await store.aput(("test",), "key2", {"data": "value2"})
    ops = [GetOp(namespace=("test",), key=key) for key in ("key1", "key2", "key3")]
    results: list[Any] = await store.abatch(ops)
    assert len(results) == 3
    assert results[0].key == "key1"
    assert results[1].key == "key2"
    assert results[2] is None


async def test_batch_put_ops(store: CosmosStore) -> None:
    ops = [
        PutOp(namespace=("test",), key="key1", value={"data": "value1"}),
        PutOp(namespace=("test",), key="key2", value={"data": "value2"}),
        PutOp(namespace=("test",), key="key3", value=None),
    ]
    results = await store.abatch(ops)
    assert len(results) == 3
    assert all(result is None for result in results)
    assert len(await store.asearch(("test",), limit=10)) == 2


async def test_batch_search_ops(store: CosmosStore) -> None:
    await store.aput(("test", "foo"), "key1", {"data": "value1"})
    await store.aput(("test", "bar"), "key2", {"data": "value2"})
    ops = [
        SearchOp(namespace_prefix=("test",), filter={"data": "value1"}, limit=10, offset=0),
        SearchOp(namespace_prefix=("test",), filter=None, limit=5, offset=0),
    ]
    results: list[Any] = await store.abatch(ops)
    assert len(results) == 2
    assert len(results[0]) == 1
    assert len(results[1]) == 2


async def test_batch_list_namespaces_ops(store: CosmosStore) -> None:
    await store.aput(("test", "namespace1"), "key1", {"data": "value1"})
    await store.aput(("test", "namespace2"), "key2", {"data": "value2"})
    ops = [ListNamespacesOp(match_conditions=None, max_depth=None, limit=10, offset=0)]
    results: list[Any] = await store.abatch(ops)
    assert len(results) == 1
    assert len(results[0]) == 2
    assert ("test", "namespace1") in results[0]
    assert ("test", "namespace2") in results[0]


async def test_basic_store_ops(store: CosmosStore) -> None:
    uid = uuid.uuid4().hex
    namespace = (uid, "test", "documents")
    value = {"title": "Test Document", "content": "Hello, World!"}
    assert len(await store.asearch((uid,))) == 0

    await store.aput(namespace, "doc1", value)
    item = await store.aget(namespace, "doc1")
    assert item is not None
    assert item.namespace == namespace
    assert item.key == "doc1"
    assert item.value == value
    assert item.created_at is not None
    assert item.updated_at is not None

    updated_value = {"title": "Updated Test Document", "content": "Hello, LangGraph!"}
    await store.aput(namespace, "doc1", updated_value)
    updated = await store.aget(namespace, "doc1")
    assert updated is not None
    assert updated.value == updated_value
    assert updated.updated_at > item.updated_at
    assert await store.aget((uid, "test", "other_documents"), "doc1") is None

    await store.aput(namespace, "doc2", {"title": "Another Document", "content": "Greetings!"})
    items = await store.asearch((uid, "test"), limit=10)
    assert {found.key for found in items} == {"doc1", "doc2"}
    assert len(items) == 2
    assert namespace in await store.alist_namespaces(prefix=(uid, "test"))

    await store.adelete(namespace, "doc1")
    await store.adelete(namespace, "doc2")
    assert await store.aget(namespace, "doc1") is None
    assert await store.aget(namespace, "doc2") is None
    assert len(await store.asearch((uid, "test"), limit=10)) == 0


async def test_list_namespaces(store: CosmosStore) -> None:
    root = str(uuid.uuid4())
    made = [
        (root, "test", "documents", "public", root),
        (root, "test", "documents", "private", root),
        (root, "test", "images", "public", root),
        (root, "test", "images", "private", root),
        (root, "prod", "documents", "public", root),
        (root, "prod", "documents", "some", "nesting", "public", root),
        (root, "prod", "documents", "private", root),
    ]
    for namespace in made:
        await store.aput(namespace, "dummy", {"content": "dummy"})

    found = await store.alist_namespaces(prefix=(root, "test"))
    assert len(found) == 4
    assert all(ns[1] == "test" for ns in found)

    found = await store.alist_namespaces(prefix=(root, "test", "documents"))
    assert len(found) == 2
    assert all(ns[1:3] == ("test", "documents") for ns in found)

    found = await store.alist_namespaces(suffix=("public", root))
    assert len(found) == 4
    assert all(ns[-2] == "public" for ns in found)

    found = await store.alist_namespaces(prefix=(root, "test"), suffix=("public", root))
    assert len(found) == 2
    assert all(ns[1] == "test" and ns[-2] == "public" for ns in found)

    found = await store.alist_namespaces(prefix=(root, "*", "documents"))
    assert len(found) == 5
    assert all(ns[2] == "documents" for ns in found)

    found = await store.alist_namespaces(suffix=("*", "public", root))
    assert len(found) == 4
    assert all(ns[-2] == "public" for ns in found)

    found = await store.alist_namespaces(suffix=("some", "*", "public", root))
    assert found == [(root, "prod", "documents", "some", "nesting", "public", root)]

    assert all(len(ns) <= 3 for ns in await store.alist_namespaces(max_depth=3))
    found = await store.alist_namespaces(max_depth=4, prefix=(root, "*", "documents"))
    assert len(set(found)) == len(found) == 5

    assert len(await store.alist_namespaces(prefix=(root,), limit=3)) == 3
    assert len(await store.alist_namespaces(prefix=(root,), offset=3)) == len(made) - 3
    found = await store.alist_namespaces(prefix=(root,))
    assert len(found) == len(made)
    assert set(found) == set(made)


async def test_search_items(store: CosmosStore) -> None:
    base = "test_search_items"
    made = {
        (base, "documents", "user1"): {"title": "Doc 1", "author": "John Doe", "tags": ["important"]},
        (base, "documents", "user2"): {"title": "Doc 2", "author": "Jane Smith", "tags": ["draft"]},
        (base, "reports", "department1"): {"title": "Report A", "author": "John Doe", "tags": ["final"]},
        (base, "reports", "department2"): {"title": "Report B", "author": "Alice Johnson", "tags": ["draft"]},
    }
    for namespace, value in made.items():
        await store.aput(namespace, f"item_{namespace[-1]}", value)

    docs = await store.asearch((base, "documents"))
    assert len(docs) == 2
    assert all(item.namespace[1] == "documents" for item in docs)
    reports = await store.asearch((base, "reports"))
    assert len(reports) == 2
    assert all(item.namespace[1] == "reports" for item in reports)

    first_page = await store.asearch((base,), limit=2, offset=0)
    second_page = await store.asearch((base,), limit=2, offset=2)
    assert len(first_page) == 2
    assert len(second_page) == 2
    assert {item.key for item in first_page}.isdisjoint({item.key for item in second_page})
    assert len(await store.asearch((base,))) == 4

    john = await store.asearch((base,), filter={"author": "John Doe"})
    assert len(john) == 2
    assert all(item.value["author"] == "John Doe" for item in john)
    drafts = await store.asearch((base,), filter={"tags": ["draft"]})
    assert len(drafts) == 2
    assert all("draft" in item.value["tags"] for item in drafts)


async def test_namespace_segment_boundary(store: CosmosStore) -> None:
    for namespace in [
        ("foo",),
        ("foo", "child"),
        ("foobar",),
        ("uid", "users", "alice"),
        ("uid", "users", "malice"),
        ("user_1",),
        ("userX1",),
    ]:
        await store.aput(namespace, "k", {"v": 1})
    assert {item.namespace for item in await store.asearch(("foo",), limit=100)} == {
        ("foo",),
        ("foo", "child"),
    }
    assert {item.namespace for item in await store.asearch(("user_1",), limit=100)} == {("user_1",)}
    found = await store.alist_namespaces(suffix=("alice",), limit=100)
    assert set(found) == {("uid", "users", "alice")}


@pytest.mark.parametrize("namespace", [("foo.bar",), ("foo", ""), ("foo", 1)])
async def test_abatch_rejects_invalid_namespace_labels(
    store: CosmosStore, namespace: tuple[Any, ...]
) -> None:
    await store.aput(("foo", "bar"), "key", {"original": True})
    for op in (
        GetOp(namespace, "key"),
        GetOp(namespace, "key", refresh_ttl=True),
        PutOp(namespace, "key", {"changed": True}),
        PutOp(namespace, "key", None),
        SearchOp(namespace),
        ListNamespacesOp((MatchCondition("prefix", namespace),)),
        ListNamespacesOp((MatchCondition("suffix", namespace),)),
    ):
        with pytest.raises(InvalidNamespaceError):
            await store.abatch([op])
    item = await store.aget(("foo", "bar"), "key")
    assert item is not None
    assert item.value == {"original": True}


async def test_invalid_namespace_only_fails_its_own_call(store: CosmosStore) -> None:
    await store.aput(("foo", "bar"), "key", {"original": True})
    valid, invalid = await asyncio.gather(
        store.aget(("foo", "bar"), "key"), store.aget(("foo.bar",), "key"), return_exceptions=True
    )
    assert isinstance(valid, Item)
    assert valid.value == {"original": True}
    assert isinstance(invalid, InvalidNamespaceError)


async def test_sync_methods_reject_invalid_namespace_labels(store: CosmosStore) -> None:
    await store.aput(("foo", "bar"), "key", {"original": True})
    for call in (
        lambda: store.get(("foo.bar",), "key"),
        lambda: store.search(("foo.bar",)),
        lambda: store.delete(("foo.bar",), "key"),
        lambda: store.list_namespaces(prefix=("foo.bar",)),
        lambda: store.batch([GetOp(("foo.bar",), "key")]),
    ):
        with pytest.raises(InvalidNamespaceError):
            await asyncio.to_thread(call)
    item = await store.aget(("foo", "bar"), "key")
    assert item is not None
    assert item.value == {"original": True}


async def test_injection_in_filter_values(store: CosmosStore) -> None:
    await store.aput(("docs",), "doc1", {"access": "public", "title": "Public Document"})
    await store.aput(("docs",), "doc2", {"access": "private", "title": "Private Document"})
    await store.aput(("docs",), "doc3", {"access": "secret", "title": "Secret Document"})
    for malicious in (
        "public' OR '1'='1",
        "public'; --",
        "public' UNION SELECT * FROM store --",
        "public\x00' OR '1'='1",
        "''''",
        "public' OR '\u05d0'='\u05d0",
    ):
        assert await store.asearch(("docs",), filter={"access": malicious}) == []
    await store.aput(("docs",), "doc4", {"title": "O'Brien's Document", "access": "public"})
    results = await store.asearch(("docs",), filter={"title": "O'Brien's Document"})
    assert [found.value["title"] for found in results] == ["O'Brien's Document"]


async def test_injection_in_filter_keys(store: CosmosStore) -> None:
    """Named a difference: SQLite's store refuses such a key, ours takes it as the name that it is."""
    await store.aput(("docs",), "private", {"access": "private", "password": "123"})
    for malicious in (
        "access') = 'public' OR '1'='1' OR json_extract(value, '$.",
        'access"] = "private" OR true OR c["value"]["x',
        "access\\",
    ):
        assert await store.asearch(("docs",), filter={malicious: "dummy"}) == []


async def test_numeric_filter_safety(store: CosmosStore) -> None:
    for number, (price, quantity) in enumerate([(10, 5), (20, 3), (30, 1)], start=1):
        await store.aput(("items",), f"item{number}", {"price": price, "quantity": quantity})
    results = await store.asearch(("items",), filter={"price": {"$gt": 15}})
    assert len(results) == 2
    assert all(found.value["price"] > 15 for found in results)
    assert len(await store.asearch(("items",), filter={"price": {"$lt": float("inf")}})) == 3
    assert len(await store.asearch(("items",), filter={"price": {"$gt": float("-inf")}})) == 3
    assert await store.asearch(("items",), filter={"price": {"$eq": float("nan")}}) == []
    assert len(await store.asearch(("items",), filter={"price": {"$lt": 10**100}})) == 3
    await store.aput(("items",), "item4", {"price": -10, "quantity": 0})
    assert [found.key for found in await store.asearch(("items",), filter={"price": {"$lt": 0}})] == ["item4"]


async def test_boolean_filter_safety(store: CosmosStore) -> None:
    await store.aput(("flags",), "flag1", {"active": True, "name": "Feature A"})
    await store.aput(("flags",), "flag2", {"active": False, "name": "Feature B"})
    await store.aput(("flags",), "flag3", {"active": True, "name": "Feature C"})
    results = await store.asearch(("flags",), filter={"active": True})
    assert len(results) == 2
    assert all(found.value["active"] is True for found in results)
    results = await store.asearch(("flags",), filter={"active": False})
    assert [found.value["active"] for found in results] == [False]


async def test_filter_keys_with_hyphens_and_digits(store: CosmosStore) -> None:
    """Named a difference: a nested field is asked for by a mapping, as in memory, not by a dotted path."""
    await store.aput(("docs",), "hyphen", {"access-level": "public", "user": {"access-level": "nested"}})
    await store.aput(("docs",), "digit", {"123abc": "ok", "user": {"123abc": "ok2"}})
    for wanted, key in (
        ({"access-level": "public"}, "hyphen"),
        ({"user": {"access-level": "nested"}}, "hyphen"),
        ({"123abc": "ok"}, "digit"),
        ({"user": {"123abc": "ok2"}}, "digit"),
    ):
        assert [found.key for found in await store.asearch(("docs",), filter=wanted)] == [key]


async def test_search_namespace_metacharacters(store: CosmosStore) -> None:
    for label in ("a*b", "axb", "a?b", "a[b]", "100%", "1000", "Case", "case"):
        await store.aput((label,), "k", {"v": 1})
    for label in ("a*b", "a?b", "a[b]", "100%", "Case"):
        assert [found.namespace for found in await store.asearch((label,))] == [(label,)]


async def test_search_empty_prefix_is_unconstrained(store: CosmosStore) -> None:
    await store.aput(("foo",), "k", {"v": 1})
    await store.aput(("bar", "baz"), "k", {"v": 2})
    assert {found.namespace for found in await store.asearch(())} == {("foo",), ("bar", "baz")}


async def test_namespace_labels_with_trailing_newline(store: CosmosStore) -> None:
    for label in ("foo", "foo\n"):
        await store.aput((label,), "k", {"v": label})
    assert [found.namespace for found in await store.asearch(("foo",))] == [("foo",)]
    assert [found.namespace for found in await store.asearch(("foo\n",))] == [("foo\n",)]
    assert set(await store.alist_namespaces()) == {("foo",), ("foo\n",)}


async def test_batch_allows_empty_search_prefix_and_listing_wildcards(store: CosmosStore) -> None:
    await store.aput(("tenant", "a_%"), "key", {"v": 1})
    await store.aput(("tenant", "b", "child"), "key", {"v": 1})
    wanted = (MatchCondition("prefix", ("tenant", "*")), MatchCondition("suffix", ("*",)))
    results: list[Any] = await store.abatch([SearchOp(()), ListNamespacesOp(wanted)])
    assert len(results[0]) == 2
    assert results[1] == [("tenant", "a_%"), ("tenant", "b", "child")]
