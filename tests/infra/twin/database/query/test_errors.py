"""What is refused, and where the error points."""

import json

import pytest

from infra.twin.database.query import QueryError, needs_plan, run


def _error(text: str, parameters: dict[str, object] | None = None) -> dict[str, object]:
    with pytest.raises(QueryError) as raised:
        run(text, parameters or {}, [{"id": "a"}])
    assert raised.value.status == 400
    assert raised.value.code == "BadRequest"
    body = json.loads(raised.value.message.removeprefix("Message: "))
    [error] = body["errors"]
    return dict(error)


CASES = [
    ("selectttt", 0, 9, "SC1001", "Syntax error, incorrect syntax near 'selectttt'."),
    ("SELECT * FROM c WHERE c.Group = 1", 24, 29, "SC1001", "Syntax error, incorrect syntax near 'Group'."),
    ("SELECT * FROM c WHERE", 21, 21, "SC1002", "Syntax error, unexpected end-of-file."),
    ("SELECT * FROM c x y", 18, 19, "SC1001", "Syntax error, incorrect syntax near 'y'."),
    ("SELECT c. FROM c", 10, 14, "SC1001", "Syntax error, incorrect syntax near 'FROM'."),
    ("SELECT * FROM @c", 14, 16, "SC1001", "Syntax error, incorrect syntax near '@c'."),
    ("SELECT 'a", 7, 9, "SC1012", "Syntax error, invalid string literal token ''a'."),
    ("SELECT 1 # 2", 9, 10, "SC1010", "Syntax error, invalid token '#'."),
    ("SELECT d.x FROM c", 7, 8, "SC2001", "Identifier 'd' could not be resolved."),
    ("SELECT * FROM c WHERE c.x = @x", 28, 30, "SC2001", "Identifier '@x' could not be resolved."),
    ("SELECT NOPE(1)", 7, 11, "SC2005", "'NOPE' is not a recognized built-in function name."),
    ("SELECT udf.f(1)", 11, 12, "SC2005", "'F' is not a recognized built-in function name."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "start", "end", "code", "message"), CASES, ids=[case[0] for case in CASES])
def test_an_error_points_at_its_cause(text: str, start: int, end: int, code: str, message: str) -> None:
    assert _error(text) == {
        "severity": "Error",
        "location": {"start": start, "end": end},
        "code": code,
        "message": message,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT *", "only valid with a single input set"),
        ("SELECT * FROM c JOIN t IN c.t", "only valid with a single input set"),
        ("SELECT * FROM c ORDER BY c.a || c.b", "could not be mapped to a document path"),
        ("SELECT * FROM c ORDER BY LOWER(c.a)", "could not be mapped to a document path"),
        (
            "SELECT c.a FROM c GROUP BY c.b",
            "not contained in either an aggregate function or the GROUP BY clause",
        ),
        (
            "SELECT c.a, COUNT(1) FROM c",
            "not contained in either an aggregate function or the GROUP BY clause",
        ),
        ("SELECT * FROM c GROUP BY c.b", "not allowed with GROUP BY"),
        ("SELECT * FROM c WHERE COUNT(1) > 1", "SELECT clause only"),
        ("SELECT TOP -1 * FROM c", "incorrect syntax near '-'"),
        ("SELECT TOP @n * FROM c", "whole number from 0, not 'x'"),
        ("SELECT * FROM c OFFSET @none LIMIT 1", "whole number from 0, not None"),
        ("SELECT * FROM c" + "".join(f" JOIN t{n} IN c.t" for n in range(11)), "maximum number of joins: 10"),
        ("SELECT VALUE " + "(" * 65 + "1" + ")" * 65, "nested deeper than 64 levels"),
        ("SELECT VALUE " + "[" * 65 + "]" * 65, "nested deeper than 64 levels"),
        ("SELECT VALUE " + "- " * 65 + "1", "nested deeper than 64 levels"),
        ("SELECT VALUE " + "1 + " * 201 + "1", "chains more than 200 operators"),
        ("SELECT VALUE " + "(SELECT VALUE " * 65 + "1" + ")" * 65, "more than 64 subqueries"),
        ("SELECT '" + "x" * 512 * 1024 + "'", "maximum limit of 524288 bytes"),
    ],
)
def test_what_cannot_be_run_is_refused(text: str, message: str) -> None:
    assert message in str(_error(text, {"@n": "x"})["message"])


def test_depth_within_every_limit_still_cannot_exhaust_the_stack() -> None:
    text = "1"
    for _ in range(60):
        text = f"({text} + " + " + ".join(["1"] * 190) + ")"
    with pytest.raises(QueryError, match="nested"):
        run(f"SELECT VALUE {text}", {}, [])


def test_thousands_of_conditions_are_one_level() -> None:
    text = " OR ".join(f"c.id = '{n}'" for n in range(5000))
    assert run(f"SELECT VALUE c.id FROM c WHERE {text} OR c.id = 'a'", {}, [{"id": "a"}]) == ["a"]


def test_a_mistake_shows_where_the_plan_is_asked_for_too() -> None:
    with pytest.raises(QueryError, match="SC1001"):
        needs_plan("SELECT FROM c")
