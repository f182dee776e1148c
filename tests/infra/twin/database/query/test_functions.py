"""The built-in functions."""

import pytest

from infra.twin.database.query import QueryError, run

MISSING = "undefined"

CASES = [
    ("STARTSWITH('abc', 'ab')", True),
    ("STARTSWITH('abc', 'AB')", False),
    ("STARTSWITH('abc', 'AB', true)", True),
    ("ENDSWITH('abc', 'bc')", True),
    ("CONTAINS('abc', 'B', true)", True),
    ("CONTAINS(1, 'b')", MISSING),
    ("CONTAINS(c.none, 'b')", MISSING),
    ("STRINGEQUALS('a', 'A', true)", True),
    ("ARRAY_CONTAINS([1, 2], 2.0)", True),
    ("ARRAY_CONTAINS(['1'], 1)", False),
    ("ARRAY_CONTAINS([{a: 1, b: 2}], {a: 1})", False),
    ("ARRAY_CONTAINS([{a: 1, b: 2}], {a: 1}, true)", True),
    ("ARRAY_CONTAINS('ab', 'a')", MISSING),
    ("ARRAY_LENGTH([1, 2])", 2),
    ("ARRAY_LENGTH('ab')", MISSING),
    ("ARRAY_SLICE([1, 2, 3], 1, 1)", [2]),
    ("ARRAY_CONCAT([1], [2], [3])", [1, 2, 3]),
    ("SetUnion([1, 2], [2, 3])", [1, 2, 3]),
    ("SetIntersect([1, 2], [2, 3])", [2]),
    ("IS_DEFINED(c.none)", False),
    ("IS_DEFINED(null)", True),
    ("IS_NULL(c.none)", False),
    ("IS_NULL(null)", True),
    ("IS_NUMBER(true)", False),
    ("IS_BOOL(false)", True),
    ("IS_STRING('')", True),
    ("IS_ARRAY([])", True),
    ("IS_OBJECT({})", True),
    ("IS_OBJECT(null)", False),
    ("IS_PRIMITIVE(null)", True),
    ("IS_PRIMITIVE(c.none)", False),
    ("IS_INTEGER(2.0)", True),
    ("LOWER('AbC')", "abc"),
    ("UPPER('AbC')", "ABC"),
    ("LENGTH('abc')", 3),
    ("LENGTH(1)", MISSING),
    ("SUBSTRING('abcdef', 1, 3)", "bcd"),
    ("SUBSTRING('abc', 5, 3)", ""),
    ("LEFT('abc', 2)", "ab"),
    ("RIGHT('abc', 2)", "bc"),
    ("TRIM('  a ')", "a"),
    ("REVERSE('abc')", "cba"),
    ("REPLACE('abab', 'a', 'c')", "cbcb"),
    ("REPLICATE('ab', 3)", "ababab"),
    ("INDEX_OF('abc', 'c')", 2),
    ("INDEX_OF('abc', 'z')", -1),
    ("CONCAT('a', 'b', 'c')", "abc"),
    ("CONCAT('a', 1)", MISSING),
    ("REGEXMATCH('abcd', 'ABC', 'i')", True),
    ("ToString(1.5)", "1.5"),
    ("ToString([1, 'a'])", '[1,"a"]'),
    ("ToString(c.none)", MISSING),
    ("StringToNumber('1.50')", 1.5),
    ("StringToNumber('x')", MISSING),
    ("StringToNumber('NaN')", MISSING),
    ("StringToBoolean('true')", True),
    ("StringToArray('[1]')", [1]),
    ("StringToObject('[1]')", MISSING),
    ("ABS(-2)", 2),
    ("CEILING(1.2)", 2),
    ("FLOOR(-1.2)", -2),
    ("ROUND(2.5)", 3),
    ("ROUND(-2.5)", -3),
    ("TRUNC(-2.9)", -2),
    ("SIGN(-3)", -1),
    ("SQRT(16)", 4),
    ("SQRT(-1)", MISSING),
    ("POWER(2, 10)", 1024),
    ("POWER(10, 400)", MISSING),
    ("LOG10(1000)", 3),
    ("LOG(8, 2)", 3),
    ("IIF(1 = 1, 'y', 'n')", "y"),
    ("IIF(1, 'y', 'n')", "n"),
    ("1 / 0", MISSING),
    ("7 % 4 + -7 % 4", 0),
    ("1 / 2", 0.5),
    ("4 / 2", 2),
    ("0.1 + 0.2", 0.30000000000000004),
    ("9007199254740993 + 0", 9007199254740992),
    ("5 & 6 | 8 ^ 1", 13),
    ("~0", -1),
    ("-1 >>> 28", 15),
    ("'a' || 1", MISSING),
    ("'a' + 'b'", MISSING),
    ("'ab' LIKE '_b'", True),
    ("'a%b' LIKE 'a!%b' ESCAPE '!'", True),
    ("'axb' LIKE 'a!%b' ESCAPE '!'", False),
    ("'a.b' LIKE 'a.b' AND NOT ('axb' LIKE 'a.b')", True),
    ("'b' LIKE '[^a]'", True),
    ("1 LIKE '1'", MISSING),
    ('"\\u0041\\n\\"" || \'\\\'\'', "A\n\"'"),
    ("0x10", 16),
    ("1e2", 100),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_an_expression_is(text: str, expected: object) -> None:
    found = run(f"SELECT VALUE {text} FROM c", {}, [{"id": "only"}])
    assert found == ([] if expected is MISSING else [expected])
    assert [type(value) for value in found] == ([] if expected is MISSING else [type(found[0])])


def test_the_clock_is_in_milliseconds_and_in_iso() -> None:
    [[milliseconds, text]] = run("SELECT VALUE [GetCurrentTimestamp(), GetCurrentDateTime()]", {}, [])
    assert isinstance(milliseconds, int)
    assert text.endswith("Z")
    assert len(text) == len("2026-01-01T00:00:00.0000000Z")


@pytest.mark.parametrize("text", ["ABS()", "ABS(1, 2)", "CONTAINS('a')", "PI(1)", "COUNT(1, 2)"])
def test_a_wrong_number_of_arguments_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="argument"):
        run(f"SELECT VALUE {text}", {}, [])


def test_a_replicated_string_is_bounded() -> None:
    assert run("SELECT VALUE REPLICATE('a', 1e300)", {}, []) == []
