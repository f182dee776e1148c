"""Transactional batches: all operations on one partition key, or none."""

import json
from typing import Any

from infra.twin.database.charges import REFUSED
from infra.twin.database.items import Condition, Items, Outcome
from infra.twin.database.problems import CosmosProblem, invalid, too_large

MAX_OPERATIONS = 100
MAX_BYTES = 2 * 1024 * 1024
_FAILED_DEPENDENCY = 424


class BatchFailedError(Exception):
    """Undo the transaction, and carry the results of its operations."""

    def __init__(self, results: list[dict[str, Any]]) -> None:
        super().__init__("an operation of the batch failed")
        self.results = results


def check(operations: Any, size: int) -> list[dict[str, Any]]:
    """Return the operations of a batch; raise CosmosProblem for one over the service's limits."""
    if size > MAX_BYTES:
        raise too_large()
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise invalid("The batch request body must be an array of operations.")
    if not operations:
        raise invalid("The batch request must have at least one operation.")
    if len(operations) > MAX_OPERATIONS:
        raise invalid("Batch request has more operations than what is supported.")
    return operations


def execute(items: Items, operations: list[dict[str, Any]], *, minimal: bool) -> list[dict[str, Any]]:
    """Return the results in order; raise BatchFailedError with them when one operation fails."""
    done: list[dict[str, Any]] = []
    for operation in operations:
        try:
            outcome = _one(items, operation)
        except CosmosProblem as problem:
            raise BatchFailedError(_failed(problem, len(done), len(operations))) from problem
        done.append(_result(outcome, minimal=minimal and operation.get("operationType") != "Read"))
    return done


def _one(items: Items, operation: dict[str, Any]) -> Outcome:
    kind = operation.get("operationType")
    condition = Condition(match=operation.get("ifMatch"), none_match=operation.get("ifNoneMatch"))
    if kind in {"Read", "Delete"}:
        act = items.read if kind == "Read" else items.delete
        return act(_id(operation), condition)
    body = operation.get("resourceBody")
    if not isinstance(body, dict):
        raise invalid(f"The operation {kind!r} has no resourceBody.")
    if kind in {"Create", "Upsert"}:
        write = items.create if kind == "Create" else items.upsert
        return write(body, condition)
    if kind in {"Replace", "Patch"}:
        change = items.replace if kind == "Replace" else items.patch
        return change(_id(operation), body, condition)
    raise invalid(f"Operation type '{kind}' is not supported in Batch.")


def _id(operation: dict[str, Any]) -> str:
    given = operation.get("id")
    if not isinstance(given, str):
        raise invalid("The operation has no id.")
    return given


def _result(outcome: Outcome, *, minimal: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"statusCode": outcome.status, "requestCharge": round(outcome.charge, 2)}
    if outcome.etag is not None:
        result["eTag"] = outcome.etag
    if outcome.text is not None and not minimal:
        result["resourceBody"] = json.loads(outcome.text)
    return result


def _failed(problem: CosmosProblem, index: int, count: int) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = [
        {"statusCode": _FAILED_DEPENDENCY, "requestCharge": 0} for _ in range(count)
    ]
    results[index] = {
        "statusCode": problem.status,
        "subStatusCode": problem.sub_status,
        "requestCharge": REFUSED,
        "message": problem.message,
    }
    return results
