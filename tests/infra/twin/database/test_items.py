"""Items over the wire, with the SDK: conditions, limits, expiry, batches, pages, charges."""

import json
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.cosmos import CosmosClient, PartitionKey, SSLConfiguration, exceptions
from azure.cosmos.aio import ContainerProxy, DatabaseProxy

from tests.database import DatabaseClock, DatabaseServer

ETAG = {"match_condition": MatchConditions.IfNotModified}


REFUSED = (exceptions.CosmosHttpResponseError, exceptions.CosmosBatchOperationError)
LARGE = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")


async def refusal(awaitable: Any) -> Any:
    with pytest.raises(REFUSED) as refused:
        await awaitable
    return refused.value


async def test_the_life_of_an_item(items: ContainerProxy) -> None:
    made = await items.create_item({"id": "a", "pk": "p", "n": 1.0, "t": "gr\u00fc\u00df \U0001f600"})
    assert made["n"] == 1
    assert made["_self"].endswith(f"docs/{made['_rid']}/")
    assert (await refusal(items.create_item({"id": "a", "pk": "p"}))).status_code == 409
    await items.create_item({"id": "a", "pk": "q"})
    changed = await items.replace_item("a", {"id": "a", "pk": "p", "n": 2})
    assert changed["_rid"] == made["_rid"]
    assert changed["_etag"] != made["_etag"]
    assert await items.read_item("a", "p") == changed
    await items.delete_item("a", "p")
    assert (await refusal(items.read_item("a", "p"))).status_code == 404
    assert (await refusal(items.replace_item("b", {"id": "b", "pk": "p"}))).status_code == 404
    assert (await refusal(items.delete_item("b", "p"))).status_code == 404


async def test_a_stale_etag_stops_every_write(items: ContainerProxy) -> None:
    old = (await items.create_item({"id": "a", "pk": "p"}))["_etag"]
    await items.upsert_item({"id": "a", "pk": "p", "n": 1})
    for write in (
        items.replace_item("a", {"id": "a", "pk": "p"}, etag=old, **ETAG),
        items.upsert_item({"id": "a", "pk": "p"}, etag=old, **ETAG),
        items.delete_item("a", "p", etag=old, **ETAG),
        items.patch_item("a", "p", [{"op": "set", "path": "/n", "value": 9}], etag=old, **ETAG),
    ):
        assert (await refusal(write)).status_code == 412
    assert (await items.read_item("a", "p"))["n"] == 1


@pytest.mark.parametrize("item", ["", "a/b", "a\\b", "a?b", "a#b", "x" * 1024, "\u00e4" * 512])
async def test_illegal_ids_are_refused(items: ContainerProxy, item: str) -> None:
    body = [("create", ({"id": item, "pk": "p"},))]
    assert (await refusal(items.execute_item_batch(body, "p"))).status_code == 400


async def test_the_longest_id_and_odd_characters_are_kept(items: ContainerProxy) -> None:
    for item in ("x" * 1023, "a b%20c", "\u00e4\u00f6 \U0001f600", "$'\"&+=;,:@"):
        await items.create_item({"id": item, "pk": item})
        assert (await items.read_item(item, item))["id"] == item


@LARGE
async def test_an_item_over_two_megabytes_is_refused(items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p", "data": "x" * (2 * 1024 * 1024 - 100)})
    assert (
        await refusal(items.create_item({"id": "b", "pk": "p", "data": "x" * 2_097_152}))
    ).status_code == 413


async def test_the_key_of_the_document_must_be_that_of_the_request(items: ContainerProxy) -> None:
    wrong = await refusal(items.execute_item_batch([("create", ({"id": "a", "pk": "q"},))], "p"))
    assert wrong.status_code == 400
    missing = await items.create_item({"id": "a"})
    assert "pk" not in missing
    assert (await refusal(items.read_item("a", "p"))).status_code == 404


@pytest.mark.parametrize("ttl", [0, -2, 1.5, None, "1", 2_147_483_648])
async def test_illegal_lifetimes_are_refused(items: ContainerProxy, ttl: Any) -> None:
    refused = await refusal(items.create_item({"id": "a", "pk": "p", "ttl": ttl}))
    assert refused.status_code == 400
    assert "Ensure to provide a nonzero positive integer" in str(refused)


async def test_items_expire_and_their_ids_are_free_again(
    items: ContainerProxy, database_clock: DatabaseClock
) -> None:
    await items.create_item({"id": "a", "pk": "p", "ttl": database_clock.brief})
    await items.create_item({"id": "b", "pk": "p"})
    assert (await items.read_item("a", "p"))["ttl"] == database_clock.brief
    await database_clock.pass_by(database_clock.brief + 2)
    assert [one["id"] async for one in items.query_items("SELECT c.id FROM c", partition_key="p")] == ["b"]
    assert (await refusal(items.read_item("a", "p"))).status_code == 404
    await items.create_item({"id": "a", "pk": "p"})


async def test_a_container_without_ttl_keeps_everything(
    cosmos_database: DatabaseProxy, database_clock: DatabaseClock
) -> None:
    container = await cosmos_database.create_container("plain", PartitionKey("/pk"))
    await container.create_item({"id": "a", "pk": "p", "ttl": 1})
    await database_clock.pass_by(3)
    assert (await container.read_item("a", "p"))["ttl"] == 1


async def test_a_batch_is_whole_or_nothing(items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    with pytest.raises(exceptions.CosmosBatchOperationError) as failed:
        await items.execute_item_batch(
            [("create", ({"id": "b", "pk": "p"},)), ("create", ({"id": "a", "pk": "p"},)), ("read", ("a",))],
            "p",
        )
    assert failed.value.error_index == 1
    assert [one["statusCode"] for one in failed.value.operation_responses] == [424, 409, 424]
    assert (await refusal(items.read_item("b", "p"))).status_code == 404
    done = await items.execute_item_batch(
        [
            ("upsert", ({"id": "b", "pk": "p", "n": 1},)),
            ("patch", ("b", [{"op": "incr", "path": "/n", "value": 4}])),
            ("read", ("b",)),
            ("replace", ("a", {"id": "a", "pk": "p", "n": 7})),
            ("delete", ("a",)),
        ],
        "p",
    )
    assert [one["statusCode"] for one in done] == [201, 200, 200, 200, 204]
    assert done[2]["resourceBody"]["n"] == 5


@LARGE
async def test_a_batch_has_its_limits(items: ContainerProxy) -> None:
    many = [("upsert", ({"id": str(n), "pk": "p"},)) for n in range(101)]
    assert (await refusal(items.execute_item_batch(many, "p"))).status_code == 400
    assert len(await items.execute_item_batch(many[:100], "p")) == 100
    heavy = [("upsert", ({"id": str(n), "pk": "p", "data": "x" * 1_050_000},)) for n in range(2)]
    assert (await refusal(items.execute_item_batch(heavy, "p"))).status_code == 413


async def test_a_stale_etag_in_a_batch_undoes_it(items: ContainerProxy) -> None:
    old = (await items.create_item({"id": "a", "pk": "p"}))["_etag"]
    await items.upsert_item({"id": "a", "pk": "p"})
    change = ("replace", ("a", {"id": "a", "pk": "p"}), {"if_match_etag": old})
    with pytest.raises(exceptions.CosmosBatchOperationError) as failed:
        await items.execute_item_batch([("create", ({"id": "b", "pk": "p"},)), change], "p")
    assert failed.value.status_code == 412
    assert (await refusal(items.read_item("b", "p"))).status_code == 404


async def test_patches_change_parts_under_a_condition(items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p", "list": [1], "n": 1})
    operations = [
        {"op": "add", "path": "/list/0", "value": 0},
        {"op": "set", "path": "/deep", "value": {"x": 1}},
        {"op": "remove", "path": "/n"},
    ]
    done = await items.patch_item("a", "p", operations, filter_predicate="from c where c.n = 1")
    assert (done["list"], done["deep"], "n" in done) == ([0, 1], {"x": 1}, False)
    again = items.patch_item("a", "p", operations, filter_predicate="from c where c.n = 1")
    assert (await refusal(again)).status_code == 412
    for path in ("/id", "/pk", "/_ts", "/absent/x"):
        assert (
            await refusal(items.patch_item("a", "p", [{"op": "set", "path": path, "value": 1}]))
        ).status_code == 400


async def test_pages_follow_each_other_while_items_go(items: ContainerProxy) -> None:
    for n in range(25):
        await items.create_item({"id": f"{n:02}", "pk": "p", "n": n})
    seen: list[str] = []
    async for page in items.query_items("SELECT c.id FROM c", partition_key="p", max_item_count=4).by_page():
        for one in [one["id"] async for one in page]:
            seen.append(one)
            await items.delete_item(one, "p")
    assert seen == [f"{n:02}" for n in range(25)]


async def test_an_ordered_query_is_paged_without_loss(items: ContainerProxy) -> None:
    for n in range(25):
        await items.create_item({"id": str(n), "pk": "p", "n": n})
    query = items.query_items(
        "SELECT VALUE c.n FROM c ORDER BY c.n DESC", partition_key="p", max_item_count=4
    )
    sizes, seen = [], []
    async for page in query.by_page():
        found = [one async for one in page]
        sizes.append(len(found))
        seen += found
        for n in found:
            await items.delete_item(str(n), "p")
    assert seen == list(reversed(range(25)))
    assert sizes == [4] * 6 + [1]


async def test_a_token_of_another_query_is_refused(items: ContainerProxy) -> None:
    for n in range(3):
        await items.create_item({"id": str(n), "pk": "p"})
    pages = items.query_items("SELECT * FROM c", partition_key="p", max_item_count=1).by_page()
    await anext(pages)
    token = pages.continuation_token
    other = items.query_items("SELECT c.id FROM c", partition_key="p", max_item_count=1).by_page(token)
    with pytest.raises(exceptions.CosmosHttpResponseError, match="Invalid Continuation Token"):
        await anext(other)


async def test_queries_over_partitions_are_put_together(items: ContainerProxy) -> None:
    for n in range(30):
        await items.create_item({"id": str(n), "pk": f"p{n % 3}", "n": n})
    ordered = items.query_items("SELECT c.n FROM c WHERE c.n < 9 ORDER BY c.n DESC")
    assert [one["n"] async for one in ordered] == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert [one async for one in items.query_items("SELECT VALUE COUNT(1) FROM c")] == [30]
    top = items.query_items("SELECT TOP 2 VALUE c.n FROM c ORDER BY c.n")
    assert [one async for one in top] == [0, 1]


async def test_a_partition_is_removed_alone(items: ContainerProxy) -> None:
    for key in ("p", "q"):
        await items.create_item({"id": "a", "pk": key})
    await items.delete_all_items_by_partition_key("p")
    assert [one["pk"] async for one in items.read_all_items()] == ["q"]


async def test_charges_grow_with_size_and_index(cosmos_database: DatabaseProxy) -> None:
    async def charge(container: ContainerProxy, fields: dict[str, Any]) -> float:
        made = await container.create_item({"id": str(len(json.dumps(fields))), "pk": "p", **fields})
        return float(made.get_response_headers()["x-ms-request-charge"])

    full = await cosmos_database.create_container("full", PartitionKey("/pk"))
    bare = await cosmos_database.create_container(
        "bare",
        PartitionKey("/pk"),
        indexing_policy={"includedPaths": [{"path": "/pk/?"}], "excludedPaths": [{"path": "/*"}]},
    )
    many = {f"f{n}": n for n in range(50)}
    assert await charge(full, {}) == 5
    assert 49 < await charge(full, {"data": "x" * 102_000}) < 51
    assert await charge(full, many) > await charge(bare, many) == 5


@pytest.fixture
async def narrow(cosmos_database: DatabaseProxy) -> ContainerProxy:
    """Yield a container that indexes `n` alone, with a small item and two of 100 KB."""
    container = await cosmos_database.create_container(
        "narrow",
        PartitionKey("/pk"),
        indexing_policy={"includedPaths": [{"path": "/n/?"}], "excludedPaths": [{"path": "/*"}]},
    )
    for n, size in enumerate((0, 102_400, 102_400)):
        await container.create_item({"id": str(n), "pk": "p", "n": n, "data": "x" * size})
    return container


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("SELECT c.id FROM c WHERE c.n < 1", [0]),
        ("SELECT c.id FROM c WHERE c.n IN (0) AND c.data = ''", [0]),
        ("SELECT c.id FROM c WHERE c.n = 0 OR c.n = 1", [0, 1]),
        ("SELECT c.id FROM c WHERE c.n = 0 OR c.data = ''", [2]),
        ("SELECT c.id FROM c WHERE c.id = '0' AND c.n BETWEEN 0 AND 2", [0]),
        ("SELECT c.id FROM c WHERE c.data = ''", [2]),
        ("SELECT c.id FROM c WHERE NOT (c.n < 1)", [1, 1]),
        ("SELECT VALUE COUNT(1) FROM c WHERE c.n < 2", [1]),
        ("SELECT c.id FROM c WHERE c.n >= 0 ORDER BY c.n", [0, 1, 1]),
        ("SELECT c.id FROM c ORDER BY c.n DESC", [1, 1, 0]),
        ("SELECT c.id FROM c ORDER BY c.n OFFSET 0 LIMIT 1", [0]),
        ("SELECT c.id FROM c ORDER BY c.n OFFSET 1 LIMIT 1", [1]),
        ("SELECT TOP 1 c.id FROM c ORDER BY c.n", [0]),
        ("SELECT c.id FROM c WHERE c.data = '' ORDER BY c.n", [2]),
    ],
)
async def test_a_query_is_charged_for_what_its_page_loads_by_the_index(
    narrow: ContainerProxy, text: str, pages: list[int]
) -> None:
    charges: list[float] = []

    def note(answer: Any) -> None:
        charges.append(float(answer.http_response.headers["x-ms-request-charge"]))

    query = narrow.query_items(text, partition_key="p", max_item_count=1, raw_response_hook=note)
    async for _ in query:
        pass
    large = (100 - 1) / 99 * 9  # what 100 KB cost beyond a small item
    assert [round((charge - 2.3) / large) for charge in charges] == pages


async def test_session_tokens_advance_and_the_future_is_not_served(items: ContainerProxy) -> None:
    first = (await items.create_item({"id": "a", "pk": "p"})).get_response_headers()["x-ms-session-token"]
    second = (await items.upsert_item({"id": "a", "pk": "p"})).get_response_headers()["x-ms-session-token"]
    assert int(second.rpartition("#")[2]) == int(first.rpartition("#")[2]) + 1
    late = await refusal(items.read_item("a", "p", session_token="0:-1#999999"))
    assert (late.status_code, late.sub_status) == (404, 1002)


async def test_an_item_that_the_caller_has_is_not_sent_again(items: ContainerProxy) -> None:
    made = await items.create_item({"id": "a", "pk": "p"})
    condition = {"etag": made["_etag"], "match_condition": MatchConditions.IfModified}
    assert not await items.read_item("a", "p", **condition)


def test_the_sync_client_works_with_verification(database_server: DatabaseServer) -> None:
    if database_server.certificate is None:
        pytest.skip("an emulator's certificate is its own")
    trusted = SSLConfiguration()
    trusted.SSLCaCerts = database_server.certificate
    with CosmosClient(database_server.endpoint, database_server.key, ssl_config=trusted) as client:
        database = client.create_database_if_not_exists("sync")
        container = database.create_container_if_not_exists("c", PartitionKey("/pk"), offer_throughput=400)
        container.upsert_item({"id": "a", "pk": "p"})
        assert container.read_item("a", "p")["id"] == "a"
        assert list(container.query_items("SELECT VALUE c.id FROM c", partition_key="p")) == ["a"]
        assert container.get_throughput().offer_throughput == 400
        assert container.replace_throughput(500).offer_throughput == 500
        client.delete_database("sync")
