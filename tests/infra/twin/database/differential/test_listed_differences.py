"""For each listed difference: what the twin's database does, as the vendor's documentation says."""

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from tests.database import DatabaseProcess, DatabaseServer
from tests.infra.twin.database.differential.differences import DIFFERENCES

pytestmark = pytest.mark.twin

COMPOSITE = [[{"path": "/n", "order": "ascending"}, {"path": "/k", "order": "ascending"}]]


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseServer]:
    process = DatabaseProcess(tmp_path_factory.mktemp("differences"))
    yield process.server
    process.stop()


@pytest.fixture
async def items(twin: DatabaseServer) -> AsyncIterator[ContainerProxy]:
    policy = {"includedPaths": [{"path": "/*"}], "excludedPaths": [], "compositeIndexes": COMPOSITE}
    async with twin.database() as database:
        container = await database.create_container(
            "c", partition_key=PartitionKey("/pk"), indexing_policy=policy
        )
        for k in range(6):
            named = {"n": k // 2} if k > 2 else {}
            await container.create_item(
                {"id": f"item-{k}", "pk": "ab"[k % 2], "k": k, "word": f"Ash-{k}"} | named
            )
        yield container


async def _all(items: ContainerProxy, text: str, partition: str | None = "a", **options: Any) -> list[Any]:
    scope = {} if partition is None else {"partition_key": partition}
    return [row async for row in items.query_items(text, **scope, **options)]


def test_every_listed_difference_has_a_test_and_a_source() -> None:
    module = sys.modules[__name__]
    assert [one.name for one in DIFFERENCES if not hasattr(module, f"test_{one.name}")] == []
    assert all(
        one.source.startswith(("https://learn.microsoft.com/", "https://github.com/Azure/"))
        for one in DIFFERENCES
    )


async def test_if_match_star_means_that_the_item_exists(items: ContainerProxy) -> None:
    await items.replace_item(
        "item-0", {"id": "item-0", "pk": "a", "k": 10}, match_condition=MatchConditions.IfPresent
    )
    assert await _all(items, "SELECT VALUE c.k FROM c WHERE c.id = 'item-0'") == [10]
    with pytest.raises(CosmosHttpResponseError) as raised:
        await items.replace_item("none", {"id": "none", "pk": "a"}, match_condition=MatchConditions.IfPresent)
    assert raised.value.status_code in {404, 412}


async def test_the_average_of_no_numbers_is_undefined(items: ContainerProxy) -> None:
    assert await _all(items, "SELECT COUNT(1) AS n, AVG(c.none) AS a FROM c") == [{"n": 3}]


@pytest.mark.parametrize("aggregate", ["MIN(c.none)", "MAX(c.none)", "AVG(c.none)"])
async def test_the_sdk_merges_aggregates_of_nothing_to_none(items: ContainerProxy, aggregate: str) -> None:
    assert await _all(items, f"SELECT VALUE {aggregate} FROM c", None) == [None]
    assert await _all(items, f"SELECT VALUE {aggregate} FROM c") == []


async def test_without_order_by_no_order_is_promised(items: ContainerProxy) -> None:
    rows = await _all(items, "SELECT VALUE c.k FROM c", None)
    assert sorted(rows) == [0, 1, 2, 3, 4, 5]


async def test_an_ordered_query_over_missing_values_ends(items: ContainerProxy) -> None:
    text = "SELECT VALUE c.k FROM c ORDER BY c.n, c.k"
    assert await _all(items, text, max_item_count=1) == [0, 2, 4]
    assert await _all(items, text, None, max_item_count=1) == [0, 1, 2, 3, 4, 5]


async def test_a_cross_partition_aggregate_needs_value(items: ContainerProxy) -> None:
    with pytest.raises(CosmosHttpResponseError) as raised:
        await _all(items, "SELECT COUNT(1) AS n FROM c", None)
    assert raised.value.status_code == 400
    assert await _all(items, "SELECT VALUE COUNT(1) FROM c", None) == [6]
    assert await _all(items, "SELECT COUNT(1) AS n FROM c") == [{"n": 3}]


async def test_group_by_runs_in_one_partition_only(items: ContainerProxy) -> None:
    text = "SELECT c.n, COUNT(1) AS rows FROM c GROUP BY c.n"
    assert await _all(items, text) == [{"rows": 2}, {"n": 2, "rows": 1}]
    with pytest.raises(CosmosHttpResponseError, match="GroupBy") as raised:
        await _all(items, text, None)
    assert raised.value.status_code == 400


async def test_like_matches_patterns(items: ContainerProxy) -> None:
    assert await _all(items, "SELECT VALUE c.k FROM c WHERE c.word LIKE '_sh-[4-9]%'") == [4]


async def test_string_tests_can_ignore_case(items: ContainerProxy) -> None:
    assert await _all(items, "SELECT VALUE c.k FROM c WHERE STARTSWITH(c.word, 'ASH', true)") == [0, 2, 4]
    assert await _all(items, "SELECT VALUE c.k FROM c WHERE STARTSWITH(c.word, 'ASH')") == []


async def test_a_page_of_an_offset_query_is_bounded(items: ContainerProxy) -> None:
    text = "SELECT VALUE c.k FROM c ORDER BY c.k OFFSET 1 LIMIT 2"
    pages = items.query_items(text, partition_key="a", max_item_count=1).by_page()
    assert [[row async for row in page] async for page in pages] == [[2], [4]]
