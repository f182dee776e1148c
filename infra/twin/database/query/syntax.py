"""The typed syntax tree of a query."""

from dataclasses import dataclass
from typing import Any

from infra.twin.database.query.errors import Span


@dataclass(frozen=True)
class Literal:
    """A constant; `value` is UNDEFINED for the word `undefined`."""

    value: Any


@dataclass(frozen=True)
class Parameter:
    """`@name`, with its sign."""

    name: str
    span: Span


@dataclass(frozen=True)
class Name:
    """An alias of the FROM clause."""

    name: str
    span: Span


@dataclass(frozen=True)
class Member:
    """A value and the steps into it: `c.a["b"][0]`."""

    root: "Expression"
    steps: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Unary:
    """NOT, -, + or ~."""

    operator: str
    operand: "Expression"


@dataclass(frozen=True)
class Binary:
    """Arithmetic, comparison, concatenation or `??`."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Logical:
    """AND or OR over any number of conditions."""

    operator: str
    operands: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Conditional:
    """`condition ? when_true : otherwise`."""

    condition: "Expression"
    when_true: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True)
class In:
    """`value [NOT] IN (candidates)`."""

    value: "Expression"
    candidates: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Between:
    """`value BETWEEN low AND high`."""

    value: "Expression"
    low: "Expression"
    high: "Expression"


@dataclass(frozen=True)
class Like:
    """`value LIKE pattern [ESCAPE escape]`."""

    value: "Expression"
    pattern: "Expression"
    escape: "Expression | None"


@dataclass(frozen=True)
class Call:
    """A built-in function; `name` in upper case."""

    name: str
    arguments: "tuple[Expression, ...]"
    span: Span
    udf: bool = False


@dataclass(frozen=True)
class ObjectOf:
    """`{"key": value}`."""

    properties: "tuple[tuple[str, Expression], ...]"


@dataclass(frozen=True)
class ArrayOf:
    """`[item, ...]`."""

    items: "tuple[Expression, ...]"


@dataclass(frozen=True)
class Subquery:
    """`(SELECT ...)`, `ARRAY(SELECT ...)` or `EXISTS(SELECT ...)`."""

    kind: str
    query: "Query"


Expression = (
    Literal
    | Parameter
    | Name
    | Member
    | Unary
    | Binary
    | Logical
    | Conditional
    | In
    | Between
    | Like
    | Call
    | ObjectOf
    | ArrayOf
    | Subquery
)


@dataclass(frozen=True)
class Column:
    """One item of the SELECT list, with the name that the result has."""

    expression: Expression
    name: str
    span: Span


@dataclass(frozen=True)
class Source:
    """One input: a path or subquery; iterated when it was written `alias IN path`."""

    alias: str
    expression: Expression
    iterated: bool = False


@dataclass(frozen=True)
class Order:
    """One item of ORDER BY."""

    expression: Expression
    descending: bool
    span: Span


@dataclass(frozen=True)
class Query:
    """A query; `columns` is empty for `SELECT *`, and one unnamed for `SELECT VALUE`."""

    columns: tuple[Column, ...]
    value: bool
    distinct: bool = False
    top: Expression | None = None
    sources: tuple[Source, ...] = ()
    where: Expression | None = None
    groups: tuple[Expression, ...] = ()
    orders: tuple[Order, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None
    from_text: str = ""
    where_text: str = ""

    @property
    def star(self) -> bool:
        """Say whether this is `SELECT *`."""
        return not self.columns
