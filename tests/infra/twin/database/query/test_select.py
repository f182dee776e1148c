"""What a query returns, clause by clause."""

import pytest

from infra.twin.database.query import QueryError, run

FAMILY = [
    {"id": "a", "n": 1, "city": "Bern", "tags": ["x", "y"], "kin": [{"name": "Ada", "age": 7}]},
    {"id": "b", "n": 3, "city": "Oslo", "tags": [], "kin": []},
    {"id": "c", "n": 2, "city": "Bern", "tags": ["y"], "a b": {"x": [10, 20]}},
    {"id": "d", "city": None, "kin": [{"name": "Bo", "age": 3}, {"name": "Cy", "age": 9}]},
]

CASES = [
    ("SELECT VALUE c.id FROM c", list("abcd")),
    ("SELECT VALUE root.id FROM root", list("abcd")),
    ("SELECT c.id, c.n FROM c WHERE c.city = 'Bern'", [{"id": "a", "n": 1}, {"id": "c", "n": 2}]),
    ("SELECT c.n FROM c WHERE c.id = 'd'", [{}]),
    ("SELECT f.id AS name, f.n * 2 d, f.n + 1 FROM c AS f WHERE f.n = 1", [{"name": "a", "d": 2, "$1": 2}]),
    ("SELECT VALUE {a: c.id, 'n': c.n, \"l\": [c.n, c.city]} FROM c WHERE c.id = 'd'",
     [{"a": "d", "l": [None]}]),
    ('SELECT VALUE c["a b"].x[1] FROM c', [20]),
    ("SELECT VALUE c['a b']['x'][5] FROM c", []),
    ("SELECT DISTINCT VALUE c.city FROM c", ["Bern", "Oslo", None]),
    ("SELECT DISTINCT c.city FROM c WHERE c.n > 0", [{"city": "Bern"}, {"city": "Oslo"}]),
    ("SELECT TOP 2 VALUE c.id FROM c", ["a", "b"]),
    ("SELECT TOP @n VALUE c.id FROM c", ["a"]),
    ("SELECT VALUE c.id FROM c OFFSET 1 LIMIT 2", ["b", "c"]),
    ("SELECT VALUE c.id FROM c ORDER BY c.n", ["a", "c", "b"]),
    ("SELECT VALUE c.id FROM c ORDER BY c.n DESC OFFSET 0 LIMIT @n", ["b"]),
    ("SELECT VALUE c.id FROM c ORDER BY c.city ASC, c.n DESC", ["d", "c", "a", "b"]),
    ("SELECT VALUE t FROM t IN c.tags", ["x", "y", "y"]),
    ("SELECT c.n, t FROM c JOIN t IN c.tags WHERE c.n = 1", [{"n": 1, "t": "x"}, {"n": 1, "t": "y"}]),
    ("SELECT VALUE k.name FROM c JOIN k IN c.kin WHERE k.age > 5", ["Ada", "Cy"]),
    ("SELECT VALUE k FROM c.kin[0].name AS k", ["Ada", "Bo"]),
    ("SELECT VALUE COUNT(1) FROM c", [4]),
    ("SELECT VALUE COUNT(c.n) FROM c", [3]),
    ("SELECT VALUE COUNT(1) FROM c WHERE c.n > 10", [0]),
    ("SELECT VALUE MIN(c.n) FROM c WHERE c.n > 10", []),
    ("SELECT SUM(c.n) s, AVG(c.n) a, MIN(c.n) l, MAX(c.n) h FROM c", [{"s": 6, "a": 2, "l": 1, "h": 3}]),
    ("SELECT SUM(c.city) AS s, MAX(c.city) AS h FROM c", [{"h": "Oslo"}]),
    ("SELECT VALUE MAX(c.tags) FROM c", []),
    (
        "SELECT c.city, COUNT(1) AS n FROM c GROUP BY c.city",
        [{"city": "Bern", "n": 2}, {"city": "Oslo", "n": 1}, {"city": None, "n": 1}],
    ),
    ("SELECT VALUE COUNT(1) FROM c GROUP BY LOWER(c.city)", [2, 1, 1]),
    ("SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = 'x')", ["a"]),
    ("SELECT VALUE ARRAY(SELECT VALUE k.age FROM k IN c.kin WHERE k.age > 3) FROM c WHERE c.id = 'd'", [[9]]),
    ("SELECT VALUE (SELECT VALUE COUNT(1) FROM k IN c.kin) FROM c", [1, 0, 0, 2]),
    ("SELECT VALUE k.name FROM c JOIN (SELECT VALUE k FROM k IN c.kin WHERE k.age < 8) k", ["Ada", "Bo"]),
    ("SELECT 1 + 2 * 3 AS n, 'a' || \"b\" AS s", [{"n": 7, "s": "ab"}]),
    ("select value c.id from c where c.id in ('a', \"c\") -- a note\n and not (c.n = 1)", ["c"]),
    ("SELECT VALUE c.id FROM c WHERE c.n BETWEEN 2 AND 3 AND c.id NOT IN ('b')", ["c"]),
    ("SELECT VALUE c.id FROM c WHERE c.city LIKE 'B%n' AND c.id NOT LIKE '[b-d]'", ["a"]),
    ("SELECT VALUE c.n > 1 ? 'big' : 'small' FROM c WHERE IS_DEFINED(c.n)", ["small", "big", "big"]),
    ("SELECT VALUE c.n ?? c.id FROM c", [1, 3, 2, "d"]),
    ("SELECT VALUE c.city ?? 'none' FROM c WHERE c.id = 'd'", [None]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_a_query_returns(text: str, expected: list[object]) -> None:
    assert run(text, {"@n": 1}, FAMILY) == expected


def test_whole_documents_come_back_for_star() -> None:
    assert run("SELECT * FROM c WHERE c.n = @n", {"@n": 3}, FAMILY) == [FAMILY[1]]


def test_a_parameter_may_be_an_array_or_a_property_name() -> None:
    found = run(
        "SELECT VALUE c[@key] FROM c WHERE ARRAY_CONTAINS(@ids, c.id)",
        {"@key": "n", "@ids": ["a", "d"]},
        FAMILY,
    )
    assert found == [1]


def test_one_property_ordering_leaves_out_documents_without_it_and_two_do_not() -> None:
    assert run("SELECT VALUE c.id FROM c ORDER BY c.n DESC", {}, FAMILY) == ["b", "c", "a"]
    assert run("SELECT VALUE c.id FROM c ORDER BY c.n DESC, c.id DESC", {}, FAMILY) == ["b", "c", "a", "d"]


def test_types_order_as_the_index_does() -> None:
    values = [{"k": 1}, [2], "b", "a", 2.5, 1, True, False, None]
    documents = [{"v": value} for value in values]
    assert run("SELECT VALUE c.v FROM c ORDER BY c.v", {}, documents) == [
        None, False, True, 1, 2.5, "a", "b", [2], {"k": 1},
    ]  # fmt: skip


def test_equal_keys_come_in_document_order_and_backwards_when_descending() -> None:
    documents = [{"id": str(place), "k": place % 2} for place in range(5)]
    assert run("SELECT VALUE c.id FROM c ORDER BY c.k", {}, documents) == list("02413")
    assert run("SELECT VALUE c.id FROM c ORDER BY c.k DESC", {}, documents) == list("31420")


def test_an_alias_hides_the_name_it_stands_for() -> None:
    with pytest.raises(QueryError, match=r"Identifier 'c' could not be resolved"):
        run("SELECT * FROM c AS d WHERE c.n = 1", {}, FAMILY)


def test_a_scalar_subquery_of_several_rows_is_refused() -> None:
    with pytest.raises(QueryError, match="cannot be greater than one"):
        run("SELECT VALUE (SELECT VALUE k FROM k IN c.kin) FROM c", {}, FAMILY)


def test_joins_are_bounded() -> None:
    wide = [{"id": "w", "l": list(range(101))}]
    with pytest.raises(QueryError, match="more than 1000000 rows"):
        run("SELECT VALUE 1 FROM c JOIN a IN c.l JOIN b IN c.l JOIN d IN c.l", {}, wide)
