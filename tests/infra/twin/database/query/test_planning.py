"""Plans, run the way a client does: over partitions apart, then merged."""

from typing import Any

import pytest

from infra.twin.database.query import QueryError, needs_plan, plan, run

PYTHON = [
    "Aggregate",
    "CompositeAggregate",
    "Distinct",
    "MultipleOrderBy",
    "OffsetAndLimit",
    "OrderBy",
    "Top",
]
PLANNED = ["TOP 1 *", "DISTINCT c.a", "VALUE COUNT(1)", "COUNT(1) AS n"]
DOCUMENTS = [{"id": str(n), "_rid": f"r{n}", "n": n % 4, "s": "x" if n % 2 else "y"} for n in range(10)]
HALVES = (DOCUMENTS[:6], DOCUMENTS[6:])


def _info(text: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    planned = plan(text, parameters, PYTHON)
    assert planned["partitionedQueryExecutionInfoVersion"] == 2
    assert planned["queryRanges"] == [
        {"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}
    ]
    return dict(planned["queryInfo"])


def _each(rewritten: str) -> list[list[Any]]:
    served = rewritten.replace("{documentdb-formattableorderbyquery-filter}", "true")
    return [run(served, {"@low": 1}, half) for half in HALVES]


@pytest.mark.parametrize("select", PLANNED)
def test_what_merges_needs_a_plan(select: str) -> None:
    assert needs_plan(f"SELECT {select} FROM c")


@pytest.mark.parametrize("tail", ["ORDER BY c.a", "GROUP BY c.a", "OFFSET 0 LIMIT 1"])
def test_clauses_that_merge_need_a_plan(tail: str) -> None:
    assert needs_plan(f"SELECT c.a FROM c {tail}")


@pytest.mark.parametrize(
    "text", ["SELECT * FROM c", "SELECT VALUE c.a FROM c WHERE c.b > 1", "SELECT t FROM c JOIN t IN c.t"]
)
def test_filters_and_projections_need_none(text: str) -> None:
    assert not needs_plan(text)
    assert _info(text)["rewrittenQuery"] == ""


def test_an_ordered_query_yields_its_keys_beside_the_payload() -> None:
    info = _info("SELECT c.id, c.n AS k FROM c WHERE c.n > @low OR c.n = 0 ORDER BY c.n DESC")
    assert (info["orderBy"], info["orderByExpressions"], info["hasSelectValue"]) == (
        ["Descending"],
        ["c.n"],
        False,
    )
    first, second = _each(info["rewrittenQuery"])
    assert [row["orderByItems"] for row in first] == [[{"item": n}] for n in (3, 2, 0, 0)]
    assert first[0] == {"_rid": "r3", "orderByItems": [{"item": 3}], "payload": {"id": "3", "k": 3}}
    assert [row["payload"]["id"] for row in second] == ["7", "6", "8"]


@pytest.mark.parametrize(
    ("select", "payload"), [("*", DOCUMENTS[0]), ("VALUE c.s", "y"), ("TOP 3 c.s", {"s": "y"})]
)
def test_the_payload_is_what_was_selected(select: str, payload: object) -> None:
    info = _info(f"SELECT {select} FROM c ORDER BY c.id")
    assert _each(info["rewrittenQuery"])[0][0]["payload"] == payload


@pytest.mark.parametrize(
    ("aggregate", "operator", "parts"),
    [
        ("COUNT(1)", "Count", [4, 3]),
        ("SUM(c.n)", "Sum", [7, 6]),
        ("MIN(c.n)", "Min", [1, 1]),
        ("MAX(c.id)", "Max", ["5", "9"]),
        ("AVG(c.n)", "Average", [{"sum": 7, "count": 4}, {"sum": 6, "count": 3}]),
    ],
)
def test_an_aggregate_yields_its_part_per_partition(aggregate: str, operator: str, parts: list[Any]) -> None:
    info = _info(f"SELECT VALUE {aggregate} FROM c WHERE c.n != 0")
    assert (info["aggregates"], info["hasSelectValue"]) == ([operator], True)
    assert _each(info["rewrittenQuery"]) == [[[{"item": part}]] for part in parts]


def test_a_page_takes_from_every_partition_all_that_may_be_skipped() -> None:
    info = _info("SELECT VALUE c.id FROM c OFFSET @o LIMIT @l", {"@o": 2, "@l": 3})
    assert (info["offset"], info["limit"], info["top"]) == (2, 3, None)
    assert [len(part) for part in _each(info["rewrittenQuery"])] == [5, 4]


def test_top_is_told_as_a_number() -> None:
    info = _info("SELECT TOP @n * FROM c", {"@n": 2})
    assert info["top"] == 2
    assert [len(part) for part in _each(info["rewrittenQuery"])] == [2, 2]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT DISTINCT c.s FROM c", "Unordered"),
        ("SELECT DISTINCT VALUE c.s FROM c ORDER BY c.s", "Ordered"),
        ("SELECT DISTINCT c.s, c.n FROM c ORDER BY c.s", "Unordered"),
        ("SELECT c.s FROM c ORDER BY c.s", "None"),
    ],
)
def test_distinct_results_are_merged_by_the_client(text: str, kind: str) -> None:
    assert _info(text)["distinctType"] == kind


def test_distinct_pages_are_distinct_in_each_partition() -> None:
    assert (
        _each(_info("SELECT DISTINCT c.s FROM c OFFSET 0 LIMIT 5")["rewrittenQuery"])
        == [[{"s": "y"}, {"s": "x"}]] * 2
    )


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("SELECT c.s, COUNT(1) AS n FROM c GROUP BY c.s", "None GroupBy NonValueAggregate"),
        ("SELECT COUNT(1) AS n FROM c", "None NonValueAggregate"),
        ("SELECT MIN(c.n) AS l, MAX(c.n) AS h FROM c", "None MultipleAggregates NonValueAggregate"),
    ],
)
def test_features_the_client_lacks_are_named(text: str, features: str) -> None:
    with pytest.raises(QueryError, match=f"which the calling client does not support:\n{features}$"):
        plan(text, {}, PYTHON)
