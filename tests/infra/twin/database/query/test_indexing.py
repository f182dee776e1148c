"""An ORDER BY that no index serves is refused, as in Azure."""

from typing import Any

import pytest

from infra.twin.database.query import QueryError, run

DEFAULT = {
    "indexingMode": "consistent",
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}],
}
SPARSE = {"includedPaths": [{"path": "/kind/?"}, {"path": "/a/b/*"}], "excludedPaths": [{"path": "/*"}]}
COMPOSITE = {
    **DEFAULT,
    "compositeIndexes": [[{"path": "/a", "order": "ascending"}, {"path": "/b", "order": "descending"}]],
}


def _run(order: str, policy: dict[str, Any]) -> list[Any]:
    return run(f"SELECT * FROM c ORDER BY {order}", {}, [{"a": 1, "b": 1}], indexing=policy)


@pytest.mark.parametrize(
    ("order", "policy"),
    [
        ("c.a", DEFAULT),
        ("c.kind DESC", SPARSE),
        ("c.a.b.c", SPARSE),
        ("c.id", SPARSE),
        ("c._ts", SPARSE),
        ("c.a, c.b DESC", COMPOSITE),
        ("c.a DESC, c.b ASC", COMPOSITE),
    ],
)
def test_an_indexed_order_is_served(order: str, policy: dict[str, Any]) -> None:
    _run(order, policy)


@pytest.mark.parametrize(
    ("order", "policy", "message"),
    [
        ("c._etag", DEFAULT, "specified order-by item is excluded"),
        ("c.payload", SPARSE, "specified order-by item is excluded"),
        ("c.kind.x", SPARSE, "specified order-by item is excluded"),
        ("c.a", {"indexingMode": "none"}, "specified order-by item is excluded"),
        ("c.a", {"includedPaths": [{"path": "/b/?"}], "excludedPaths": []}, "order-by item is excluded"),
        ("c.a, c.b", DEFAULT, "does not have a corresponding composite index"),
        ("c.a, c.b", COMPOSITE, "does not have a corresponding composite index"),
        ("c.b DESC, c.a", COMPOSITE, "does not have a corresponding composite index"),
    ],
)
def test_another_order_is_refused(order: str, policy: dict[str, Any], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        _run(order, policy)
