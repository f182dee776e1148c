"""Three-valued logic and comparison against an oracle that shares nothing with the engine."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.twin.database.query import run

ABSENT = object()
Oracle = Callable[[dict[str, Any]], Any]
Condition = tuple[str, Oracle]

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 2.0]), st.sampled_from(["", "a", "b"])
)
documents = st.lists(
    st.dictionaries(st.sampled_from("xyz"), scalars | st.lists(scalars, max_size=2)), max_size=6
)
KINDS = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", type(None): "null"}


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "undefined")


def _text(value: Any) -> str:
    return (
        {None: "null", True: "true", False: "false"}[value]
        if value is None or isinstance(value, bool)
        else repr(value)
    )


@st.composite
def _comparison(draw: st.DrawFn) -> Condition:
    key, sign, constant = (
        draw(st.sampled_from("xyz")),
        draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="])),
        draw(scalars),
    )

    def oracle(document: dict[str, Any]) -> Any:
        value = document.get(key, ABSENT)
        if value is ABSENT:
            return ABSENT
        alike = _kind(value) == _kind(constant)
        if sign in ("=", "!="):
            return (alike and value == constant) is (sign == "=")
        if not alike or isinstance(value, list):
            return ABSENT
        low, high = (0, 0) if value is None else (value, constant)
        return {"<": low < high, "<=": low <= high, ">": low > high, ">=": low >= high}[sign]

    return f"c.{key} {sign} {_text(constant)}", oracle


def _both(left: Condition, right: Condition) -> Condition:
    def oracle(document: dict[str, Any]) -> Any:
        values = (left[1](document), right[1](document))
        return False if False in values else ABSENT if ABSENT in values else True

    return f"({left[0]}) AND ({right[0]})", oracle


def _either(left: Condition, right: Condition) -> Condition:
    def oracle(document: dict[str, Any]) -> Any:
        values = (left[1](document), right[1](document))
        return True if True in values else ABSENT if ABSENT in values else False

    return f"({left[0]}) OR ({right[0]})", oracle


def _not(inner: Condition) -> Condition:
    def oracle(document: dict[str, Any]) -> Any:
        value = inner[1](document)
        return ABSENT if value is ABSENT else not value

    return f"NOT ({inner[0]})", oracle


conditions = st.recursive(
    _comparison(),
    lambda inner: st.one_of(
        st.builds(_both, inner, inner), st.builds(_either, inner, inner), st.builds(_not, inner)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(documents, conditions)
def test_a_filter_keeps_what_the_oracle_keeps(found: list[dict[str, Any]], condition: Condition) -> None:
    text, oracle = condition
    expected = [document for document in found if oracle(document) is True]
    assert run(f"SELECT * FROM c WHERE {text}", {}, found) == expected


@settings(max_examples=200, deadline=None)
@given(documents, conditions)
def test_a_condition_has_the_oracles_value(found: list[dict[str, Any]], condition: Condition) -> None:
    text, oracle = condition
    expected = [value for value in map(oracle, found) if value is not ABSENT]
    assert run(f"SELECT VALUE {text} FROM c", {}, found) == expected


RANKS = ["null", "boolean", "number", "string", "array"]


@settings(max_examples=100, deadline=None)
@given(st.lists(scalars, max_size=12), st.sampled_from(["ASC", "DESC"]), st.integers(0, 5), st.integers(0, 5))
def test_ordered_pages_are_those_of_a_plain_sort(values: list[Any], way: str, skip: int, take: int) -> None:
    expected = sorted(
        values,
        key=lambda value: (RANKS.index(_kind(value)), value or 0 if _kind(value) != "string" else value),
    )
    expected = (expected[::-1] if way == "DESC" else expected)[skip : skip + take]
    text = f"SELECT VALUE c.v FROM c ORDER BY c.v {way} OFFSET {skip} LIMIT {take}"
    assert run(text, {}, [{"v": value} for value in values]) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("pqr"), st.integers(-5, 5)), max_size=12))
def test_groups_are_those_of_a_plain_loop(pairs: list[tuple[str, int]]) -> None:
    totals: dict[str, list[int]] = {}
    for key, value in pairs:
        totals.setdefault(key, []).append(value)
    found = run(
        "SELECT c.k, COUNT(1) AS n, SUM(c.v) AS s, MIN(c.v) AS l, MAX(c.v) AS h FROM c GROUP BY c.k",
        {},
        [{"k": key, "v": value} for key, value in pairs],
    )
    assert found == [
        {"k": key, "n": len(values), "s": sum(values), "l": min(values), "h": max(values)}
        for key, values in totals.items()
    ]


def test_one_is_not_true_and_one_is_one_point_zero() -> None:
    found = run(
        "SELECT VALUE [1 = 1.0, 1 = true, 0 != false, null = null, [1] = [1.0], {a: 1} = {a: 2}]", {}, []
    )
    assert found == [[True, False, True, True, True, False]]


def test_undefined_spreads_and_null_does_not() -> None:
    text = "{a: c.no = c.no, b: c.no = null, c: NOT c.no, d: null = null, e: null < 1, f: null <= null}"
    assert run(f"SELECT VALUE {text} FROM c", {}, [{}]) == [{"d": True, "f": True}]
