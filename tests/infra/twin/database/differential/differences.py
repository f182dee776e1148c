"""Every way in which the emulator may answer otherwise than the twin's database, and whose word settles it.

Each has a test of its own in test_listed_differences.py, on the twin's side.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.infra.twin.database.differential.generator import Operation
from tests.infra.twin.database.differential.sides import Outcome

Matches = Callable[[Operation, Outcome, Outcome], bool]
_LEARN = "https://learn.microsoft.com"
_SDK = "https://github.com/Azure/azure-sdk-for-python/blob/main/sdk/cosmos/azure-cosmos"


@dataclass(frozen=True)
class Difference:
    """One difference; `matches` knows it among outcomes, or is None where the generator leaves it out."""

    name: str
    reason: str
    source: str
    matches: Matches | None = None


def _any_etag(operation: Operation, ours: Outcome, theirs: Outcome) -> bool:
    return operation.etag == "*" and (ours.status, theirs.status) == (200, 412)


def _average_of_nothing(operation: Operation, ours: Outcome, theirs: Outcome) -> bool:
    if "AVG(c.f) AS a" not in operation.item or (ours.status, theirs.status) != (200, 200):
        return False
    [row], [other] = ours.value, theirs.value
    return "a" not in row and other == row | {"a": None}


def _merged_nothing(operation: Operation, ours: Outcome, theirs: Outcome) -> bool:
    aggregate = operation.kind == "query" and operation.item.startswith(
        ("SELECT VALUE M", "SELECT VALUE AVG(")
    )
    return aggregate and operation.partition is None and (ours.value, theirs.value) == ([None], [])


DIFFERENCES = (
    Difference(
        "if_match_star_means_that_the_item_exists",
        "The emulator compares * with the ETag and answers 412; it asks for an item, whatever its ETag.",
        f"{_LEARN}/python/api/azure-core/azure.core.matchconditions",
        _any_etag,
    ),
    Difference(
        "the_average_of_no_numbers_is_undefined",
        "The emulator divides zero by zero and writes null; undefined values take no part in an average.",
        f"{_LEARN}/azure/cosmos-db/nosql/query/average",
        _average_of_nothing,
    ),
    Difference(
        "the_sdk_merges_aggregates_of_nothing_to_none",
        "The emulator merges partitions itself; the service leaves that to the SDK, which yields None.",
        f"{_SDK}/azure/cosmos/_execution_context/aggregators.py",
        _merged_nothing,
    ),
    Difference(
        "without_order_by_no_order_is_promised",
        "Both sides' rows are sorted before they are compared, unless the query orders them.",
        f"{_LEARN}/azure/cosmos-db/nosql/query/order-by",
    ),
    Difference(
        "an_ordered_query_over_missing_values_ends",
        "The emulator repeats a page for ever when the key that a composite order stopped at is undefined.",
        f"{_LEARN}/azure/cosmos-db/nosql/query/pagination",
    ),
    Difference(
        "a_cross_partition_aggregate_needs_value",
        "The emulator serves SELECT COUNT(1) AS n over partitions; the gateway and the SDK refuse it.",
        f"{_SDK}/azure/cosmos/_execution_context/aio/execution_dispatcher.py",
    ),
    Difference(
        "group_by_runs_in_one_partition_only",
        "The emulator has no GROUP BY; the service has it, and the Python SDK not over partitions.",
        f"{_SDK}/README.md#limitations",
    ),
    Difference(
        "like_matches_patterns",
        "The emulator has no LIKE.",
        f"{_LEARN}/azure/cosmos-db/nosql/query/keywords#like",
    ),
    Difference(
        "string_tests_can_ignore_case",
        "The emulator refuses or ignores the third argument of STARTSWITH, ENDSWITH and CONTAINS.",
        f"{_LEARN}/azure/cosmos-db/nosql/query/startswith",
    ),
    Difference(
        "a_page_of_an_offset_query_is_bounded",
        "The emulator puts all of OFFSET ... LIMIT in one page, whatever the greatest number of items.",
        f"{_LEARN}/azure/cosmos-db/nosql/query/pagination",
    ),
)


def allowed(operation: Operation, ours: Outcome, theirs: Outcome) -> str | None:
    """Return the name of the listed difference that two outcomes show, or None."""
    matching = (one.name for one in DIFFERENCES if one.matches and one.matches(operation, ours, theirs))
    return next(matching, None)
